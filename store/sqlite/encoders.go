package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"rapporteur/qa"
)

// Vectors are those that one encoder made: the live ones, which search reads, or those of a generation
// that is made beside them. Once another encoder has taken their place, by whatever process, nothing
// more is saved or read: Conflict encoder_mismatch.
type Vectors struct {
	store      *Store
	encoder    int64 // encoders.id
	dimensions int
}

// UseEncoder gives the live vectors of the library, which must be those of e; the first encoder ever
// used becomes theirs. Conflict encoder_mismatch when they are another one's.
func (s *Store) UseEncoder(ctx context.Context, e qa.Encoder) (*Vectors, error) {
	var v *Vectors
	err := s.write(ctx, func(tx *sql.Tx) (err error) {
		v, err = s.liveVectors(ctx, tx, e)
		if err == nil && v == nil {
			err = qa.E(qa.Conflict, "encoder_mismatch")
		}
		return err
	})
	return v, err
}

// Encoder names the encoder of the live vectors; the zero Encoder when there are none yet.
func (s *Store) Encoder(ctx context.Context) (qa.Encoder, error) {
	var e qa.Encoder
	err := s.readers.QueryRowContext(ctx, "SELECT fingerprint, dimensions FROM encoders WHERE live = 1").Scan(&e.Fingerprint, &e.Dimensions)
	if errors.Is(err, sql.ErrNoRows) {
		return qa.Encoder{}, nil
	}
	return e, public(err)
}

// Rebuild gives vectors of e to be made beside the live ones, until Flip. What an earlier call left
// unfinished is gone on with; what was begun for a third encoder is erased. Where the live vectors are
// e's already, or where there are none, it gives those.
func (s *Store) Rebuild(ctx context.Context, e qa.Encoder) (*Vectors, error) {
	var v *Vectors
	erased := false
	err := s.write(ctx, func(tx *sql.Tx) (err error) {
		if erased, err = eraseEncoders(ctx, tx, "live = 0 AND fingerprint != ?", e.Fingerprint); err != nil {
			return err
		}
		if v, err = s.liveVectors(ctx, tx, e); err != nil || v != nil {
			return err
		}
		v, err = s.openVectors(ctx, tx, e, false)
		return err
	})
	if err == nil && erased {
		err = s.reclaim(ctx)
	}
	return v, err
}

// Flip makes rebuilt vectors the live ones and erases the others, in one transaction, which holds
// writers off while it overwrites them; it tells the feed. Conflict reindex_unfinished while a version
// that has a text lacks a vector. For vectors that are live it does nothing.
func (v *Vectors) Flip(ctx context.Context) error {
	flipped := false
	err := v.store.write(ctx, func(tx *sql.Tx) error {
		live, err := v.isLive(ctx, tx)
		if err != nil || live {
			return err
		}
		var unfinished bool
		err = tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+v.lacking()+")").Scan(&unfinished)
		if err != nil {
			return err
		}
		if unfinished {
			return qa.E(qa.Conflict, "reindex_unfinished")
		}
		flipped = true
		return v.replace(ctx, tx)
	})
	if err != nil || !flipped {
		return err
	}
	v.store.wake()
	return v.store.reclaim(ctx)
}

func (v *Vectors) replace(ctx context.Context, tx *sql.Tx) error {
	if _, err := eraseEncoders(ctx, tx, "id != ?", v.encoder); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE encoders SET live = 1 WHERE id = ?", v.encoder); err != nil {
		return err
	}
	return tell(ctx, tx, qa.Change{Kind: qa.ChangeReindexed, At: v.store.Now()})
}

// lacking are the versions v of which the text is stored but not all vectors of the encoder, in SQL.
func (v *Vectors) lacking() string {
	return fmt.Sprintf(`versions v LEFT JOIN progress p ON p.version = v.seq AND p.encoder = %d
		WHERE v.chunks > 0 AND coalesce(p.chunks + p.sentences, 0) < 2 * v.chunks`, v.encoder)
}

// isLive reports whether search reads these vectors; Conflict encoder_mismatch when they were erased.
func (v *Vectors) isLive(ctx context.Context, q querier) (live bool, err error) {
	err = q.QueryRowContext(ctx, "SELECT live FROM encoders WHERE id = ?", v.encoder).Scan(&live)
	if errors.Is(err, sql.ErrNoRows) {
		err = qa.E(qa.Conflict, "encoder_mismatch")
	}
	return live, err
}

// liveVectors gives the live vectors when they are those of e, and makes e's live when there are none
// yet; nil when they are another encoder's.
func (s *Store) liveVectors(ctx context.Context, tx *sql.Tx, e qa.Encoder) (*Vectors, error) {
	var live string
	err := tx.QueryRowContext(ctx, "SELECT fingerprint FROM encoders WHERE live = 1").Scan(&live)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if err == nil && live != e.Fingerprint {
		return nil, nil
	}
	return s.openVectors(ctx, tx, e, true)
}

// openVectors finds the vectors of e, or begins them.
func (s *Store) openVectors(ctx context.Context, tx *sql.Tx, e qa.Encoder, live bool) (*Vectors, error) {
	if e.Fingerprint == "" || e.Dimensions <= 0 {
		return nil, qa.E(qa.Internal, "internal").Because(fmt.Errorf("encoder %q of %d dimensions", e.Fingerprint, e.Dimensions))
	}
	v := &Vectors{store: s}
	err := tx.QueryRowContext(ctx, "SELECT id, dimensions FROM encoders WHERE fingerprint = ?", e.Fingerprint).Scan(&v.encoder, &v.dimensions)
	if errors.Is(err, sql.ErrNoRows) {
		v.dimensions = e.Dimensions
		v.encoder, err = insert(ctx, tx, "INSERT INTO encoders (fingerprint, dimensions, live) VALUES (?, ?, ?)", e.Fingerprint, e.Dimensions, live)
	}
	if err == nil && v.dimensions != e.Dimensions {
		err = qa.E(qa.Conflict, "encoder_mismatch")
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// eraseEncoders blanks the vectors of the encoders that the condition names, and forgets them.
func eraseEncoders(ctx context.Context, tx *sql.Tx, where string, arg any) (erased bool, err error) {
	which := "encoder IN (SELECT id FROM encoders WHERE " + where + ")"
	if err := blankVectors(ctx, tx, which, arg); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM progress WHERE "+which, arg); err != nil {
		return false, err
	}
	res, err := tx.ExecContext(ctx, "DELETE FROM encoders WHERE "+where, arg)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// blankVectors overwrites the vectors of the rows that the condition names. The rows stay, empty, until
// the file is compacted.
func blankVectors(ctx context.Context, tx *sql.Tx, where string, arg any) error {
	for _, table := range []string{"chunk_vectors", "sentence_vectors"} {
		res, err := tx.ExecContext(ctx, "UPDATE "+table+" SET vector = x'' WHERE length(vector) > 0 AND "+where, arg)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if _, err := tx.ExecContext(ctx, "UPDATE room SET vectors = vectors + ?", n); err != nil {
			return err
		}
	}
	return nil
}

// reclaim gives room back where it is worth it, and leaves nothing of what was blanked in the log.
func (s *Store) reclaim(ctx context.Context) error {
	if err := s.compact(ctx, compactFrom); err != nil {
		return err
	}
	return s.truncate(ctx)
}
