package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	pgxvec "github.com/pgvector/pgvector-go/pgx"

	"rapporteur/qa"
	"rapporteur/store/postgres/migrations"
)

// What each connection is told once: the types of pgvector, and how its index is searched. A list of 80
// candidates finds .91 of the ten nearest of 100,000 vectors of texts, 480 would find .99 in four times the time
// (docs/benchmarks.md); what a filter takes away is made up for by going on with the search, up to so many rows. A process that is stopped in the middle of a transaction must not
// keep others from the rows that it locked: the database ends the transaction for it.
const connectionSettings = `SET hnsw.ef_search = 80; SET hnsw.iterative_scan = 'relaxed_order';
	SET hnsw.max_scan_tuples = 100000; SET hnsw.scan_mem_multiplier = 4;
	SET idle_in_transaction_session_timeout = '20s'`

// ready prepares a new connection of the pool.
func ready(ctx context.Context, conn *pgx.Conn) error {
	if err := pgxvec.RegisterTypes(ctx, conn); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, connectionSettings)
	return err
}

// Vectors are those that one encoder made: the live ones, which search reads, or those of a generation
// that is made beside them. Once another encoder has taken their place, by whatever process, nothing
// more is saved or read: Conflict encoder_mismatch.
type Vectors struct {
	store      *Store
	encoder    int64 // encoders.id
	dimensions int
}

// chunks and sentences name the tables of the encoder.
func (v *Vectors) chunks() string    { return fmt.Sprintf("chunk_vectors_%d", v.encoder) }
func (v *Vectors) sentences() string { return fmt.Sprintf("sentence_vectors_%d", v.encoder) }

// UseEncoder gives the live vectors of the library, which must be those of e; the first encoder ever
// used becomes theirs. Conflict encoder_mismatch when they are another one's.
func (s *Store) UseEncoder(ctx context.Context, e qa.Encoder) (v *Vectors, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if err = lockEncoders(ctx, tx); err != nil {
			return err
		}
		v, err = s.liveVectors(ctx, tx, e)
		if err == nil && v == nil {
			err = qa.E(qa.Conflict, "encoder_mismatch")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Encoder names the encoder of the live vectors; the zero Encoder when there are none yet.
func (s *Store) Encoder(ctx context.Context) (e qa.Encoder, err error) {
	err = s.read(ctx, func(ctx context.Context, q querier) error {
		err := q.QueryRow(ctx, "SELECT fingerprint, dimensions FROM encoders WHERE live").Scan(&e.Fingerprint, &e.Dimensions)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return e, err
}

// Rebuild gives vectors of e to be made beside the live ones, until Flip. What an earlier call left
// unfinished is gone on with; what was begun for a third encoder is erased. Where the live vectors are
// e's already, or where there are none, it gives those.
func (s *Store) Rebuild(ctx context.Context, e qa.Encoder) (v *Vectors, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if err = lockEncoders(ctx, tx); err != nil {
			return err
		}
		if err = dropEncoders(ctx, tx, "NOT live AND fingerprint <> $1", e.Fingerprint); err != nil {
			return err
		}
		if v, err = s.liveVectors(ctx, tx, e); err != nil || v != nil {
			return err
		}
		v, err = s.openVectors(ctx, tx, e, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Flip makes rebuilt vectors the live ones and drops the others, in one transaction; it tells the feed. Conflict
// reindex_unfinished while a version that has a text lacks a vector. For vectors that are live it does nothing.
func (v *Vectors) Flip(ctx context.Context) error {
	if err := v.Tend(ctx); err != nil {
		return err
	}
	flipped := false
	err := v.store.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockEncoders(ctx, tx); err != nil {
			return err
		}
		live, err := v.isLive(ctx, tx)
		if err != nil || live {
			return err
		}
		var unfinished bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM "+v.lacking()+")").Scan(&unfinished); err != nil {
			return err
		}
		if unfinished {
			return qa.E(qa.Conflict, "reindex_unfinished")
		}
		flipped = true
		if err := dropEncoders(ctx, tx, "id <> $1", v.encoder); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE encoders SET live = true WHERE id = $1", v.encoder); err != nil {
			return err
		}
		return tell(ctx, tx, qa.Change{Kind: qa.ChangeReindexed, At: v.store.Now()})
	})
	if err == nil && flipped {
		v.store.wake()
	}
	return err
}

// lacking are the versions v of which the text is stored but not all vectors of the encoder, in SQL.
func (v *Vectors) lacking() string {
	return fmt.Sprintf(`versions v LEFT JOIN progress p ON p.version = v.seq AND p.encoder = %d
		WHERE v.chunks > 0 AND coalesce(p.chunks + p.sentences, 0) < 2 * v.chunks`, v.encoder)
}

// isLive reports whether search reads these vectors; Conflict encoder_mismatch when they were dropped.
func (v *Vectors) isLive(ctx context.Context, q querier) (live bool, err error) {
	err = q.QueryRow(ctx, "SELECT live FROM encoders WHERE id = $1", v.encoder).Scan(&live)
	if errors.Is(err, pgx.ErrNoRows) {
		err = qa.E(qa.Conflict, "encoder_mismatch")
	}
	return live, err
}

// lockEncoders lets one process at a time change which encoders there are.
func lockEncoders(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrations.Lock))
	return err
}

// liveVectors gives the live vectors when they are those of e, and makes e's live when there are none
// yet; nil when they are another encoder's.
func (s *Store) liveVectors(ctx context.Context, tx pgx.Tx, e qa.Encoder) (*Vectors, error) {
	var live string
	err := tx.QueryRow(ctx, "SELECT fingerprint FROM encoders WHERE live").Scan(&live)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	if err == nil && live != e.Fingerprint {
		return nil, nil
	}
	return s.openVectors(ctx, tx, e, true)
}

// openVectors finds the vectors of e, or begins them.
func (s *Store) openVectors(ctx context.Context, tx pgx.Tx, e qa.Encoder, live bool) (*Vectors, error) {
	if e.Fingerprint == "" || e.Dimensions <= 0 {
		return nil, qa.E(qa.Internal, "internal").Because(fmt.Errorf("encoder %q of %d dimensions", e.Fingerprint, e.Dimensions))
	}
	v := &Vectors{store: s}
	err := tx.QueryRow(ctx, "SELECT id, dimensions FROM encoders WHERE fingerprint = $1", e.Fingerprint).Scan(&v.encoder, &v.dimensions)
	if errors.Is(err, pgx.ErrNoRows) {
		return s.beginVectors(ctx, tx, e, live)
	}
	if err == nil && v.dimensions != e.Dimensions {
		err = qa.E(qa.Conflict, "encoder_mismatch")
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// beginVectors makes the tables of an encoder. Embeddings stand apart from texts, in rows of one page (STORAGE
// PLAIN): a scan reads nothing else. current is true for the vectors of the live version of a document, and of one
// that waits to take its place: the index holds those alone.
func (s *Store) beginVectors(ctx context.Context, tx pgx.Tx, e qa.Encoder, live bool) (*Vectors, error) {
	v := &Vectors{store: s, dimensions: e.Dimensions}
	err := tx.QueryRow(ctx, "INSERT INTO encoders (fingerprint, dimensions, live) VALUES ($1, $2, $3) RETURNING id",
		e.Fingerprint, e.Dimensions, live).Scan(&v.encoder)
	if err != nil {
		return nil, err
	}
	for _, query := range []string{
		fmt.Sprintf(`CREATE TABLE %s (chunk bigint PRIMARY KEY REFERENCES chunks (id) ON DELETE CASCADE,
			version bigint NOT NULL, current boolean NOT NULL, embedding halfvec(%d) NOT NULL)`, v.chunks(), v.dimensions),
		fmt.Sprintf("ALTER TABLE %s ALTER COLUMN embedding SET STORAGE PLAIN, ALTER COLUMN embedding SET STATISTICS 0", v.chunks()),
		fmt.Sprintf("CREATE INDEX ON %s (version)", v.chunks()),
		fmt.Sprintf("CREATE TABLE %s (chunk bigint PRIMARY KEY REFERENCES chunks (id) ON DELETE CASCADE, vector bytea NOT NULL)", v.sentences()),
		fmt.Sprintf("ALTER TABLE %s ALTER COLUMN vector SET STATISTICS 0", v.sentences()),
	} {
		if _, err := tx.Exec(ctx, query); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// dropEncoders forgets the encoders that the condition names, with their vectors.
func dropEncoders(ctx context.Context, tx pgx.Tx, where string, arg any) error {
	rows, err := tx.Query(ctx, "DELETE FROM encoders WHERE "+where+" RETURNING id", arg)
	ids, err := column[int64](rows, err)
	if err != nil {
		return err
	}
	for _, id := range ids {
		v := Vectors{encoder: id}
		if _, err := tx.Exec(ctx, fmt.Sprintf("DROP TABLE %s, %s", v.chunks(), v.sentences())); err != nil {
			return err
		}
	}
	return nil
}

// encoders gives the numbers of all encoders that have vectors.
func encoders(ctx context.Context, q querier) ([]int64, error) {
	rows, err := q.Query(ctx, "SELECT id FROM encoders ORDER BY id")
	return column[int64](rows, err)
}
