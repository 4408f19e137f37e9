package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgvector/pgvector-go"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// undefinedTable is what the database says of vectors that another process dropped.
const undefinedTable = "42P01"

// gone gives a query on dropped vectors its code.
func gone(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == undefinedTable {
		return qa.E(qa.Conflict, "encoder_mismatch").Because(err)
	}
	return err
}

// PendingChunks gives up to n chunks of a version that have no vector, in order; none when the version
// is gone. Conflict encoder_mismatch.
func (v *Vectors) PendingChunks(ctx context.Context, id qa.VersionID, n int) ([]qa.Chunk, error) {
	return v.pending(ctx, v.chunks(), id, n)
}

// PendingSentences gives up to n chunks of a version whose sentences have no vectors, in order; none when
// the version is gone. Conflict encoder_mismatch.
func (v *Vectors) PendingSentences(ctx context.Context, id qa.VersionID, n int) ([]qa.Chunk, error) {
	return v.pending(ctx, v.sentences(), id, n)
}

func (v *Vectors) pending(ctx context.Context, table string, id qa.VersionID, n int) (out []qa.Chunk, err error) {
	err = v.store.read(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "SELECT "+chunkFields+` FROM chunks c JOIN versions v ON v.seq = c.version
			WHERE v.id = $1 AND NOT EXISTS (SELECT 1 FROM `+table+" x WHERE x.chunk = c.id) ORDER BY c.ordinal LIMIT $2", id, n)
		out, err = scanChunks(rows, err, id)
		return gone(err)
	})
	return out, err
}

// SaveVectors stores vectors of chunks of a version; one that is there already stays as it is. With the
// last one, the feed is told if the version is or was live. NotFound version_unknown when it has no text
// or is gone; Conflict encoder_mismatch; Internal for a vector that is none of this encoder.
func (v *Vectors) SaveVectors(ctx context.Context, id qa.VersionID, list []qa.ChunkVector) error {
	out := make([]vectorRow, len(list))
	for i, c := range list {
		if !v.sound(c.Vector) {
			return qa.E(qa.Internal, "internal").Because(fmt.Errorf("save vectors: no vector of %d finite numbers for chunk %d", v.dimensions, c.Chunk))
		}
		out[i] = vectorRow{c.Chunk, pgvector.NewHalfVector(c.Vector)}
	}
	told := false
	err := v.store.write(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		told, err = v.saveVectors(ctx, tx, id, out)
		return gone(err)
	})
	if err == nil && told {
		v.store.wake()
	}
	return err
}

// SaveSentences stores the vectors of the sentences of chunks of a version; what is there already stays
// as it is. Errors are those of SaveVectors.
func (v *Vectors) SaveSentences(ctx context.Context, id qa.VersionID, list []qa.ChunkSentences) error {
	out := make([]vectorRow, len(list))
	for i, c := range list {
		for _, s := range c.Sentences {
			if len(s.Codes) != v.dimensions || !finite(s.Scale) || s.Start < 0 || s.End < s.Start {
				return qa.E(qa.Internal, "internal").Because(fmt.Errorf("save sentences: no sound vector for %v of chunk %d", s.Span, c.Chunk))
			}
		}
		out[i] = vectorRow{c.Chunk, codec.PackSentences(c.Sentences)}
	}
	return v.store.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, _, err := v.save(ctx, tx, sentenceRows, id, out)
		return gone(err)
	})
}

// sound reports whether x can be kept: half precision ends at 65,504.
func (v *Vectors) sound(x []float32) bool {
	for _, f := range x {
		if !finite(f) || f > 65504 || f < -65504 {
			return false
		}
	}
	return len(x) == v.dimensions
}

func finite(f float32) bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }

// vectorRow is a row to be: the vector, or those of the sentences, of a chunk.
type vectorRow struct {
	chunk qa.ChunkID
	value any
}

// The two kinds of rows that an encoder makes.
type rowKind int

const (
	chunkRows rowKind = iota
	sentenceRows
)

func (v *Vectors) saveVectors(ctx context.Context, tx pgx.Tx, id qa.VersionID, list []vectorRow) (told bool, err error) {
	added, now, err := v.save(ctx, tx, chunkRows, id, list)
	if err != nil || added == 0 {
		return false, err
	}
	d, version, err := findVersion(ctx, tx, id)
	if err != nil || now < version.value.Chunks {
		return false, err
	}
	live, err := v.isLive(ctx, tx)
	if err != nil || !live {
		return false, err
	}
	var published bool
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM lives WHERE version = $1)", version.seq).Scan(&published)
	if err != nil || !published {
		return false, err
	}
	return true, tell(ctx, tx, qa.Change{Kind: qa.ChangeEmbedded, Collection: d.value.Collection, Document: d.value.ID, Version: id, At: v.store.Now()})
}

// save appends rows for the chunks that have none, and gives how many those were and how many chunks of
// the version now have a vector of their own. The version is locked: whether its vectors are current cannot
// change meanwhile.
func (v *Vectors) save(ctx context.Context, tx pgx.Tx, kind rowKind, id qa.VersionID, list []vectorRow) (added, now int, err error) {
	if _, err := v.isLive(ctx, tx); err != nil {
		return 0, 0, err
	}
	var seq int64
	var current bool
	err = tx.QueryRow(ctx, "SELECT seq, state IN ('extracted', 'live') FROM versions WHERE id = $1 AND chunks > 0 FOR UPDATE", id).Scan(&seq, &current)
	if errors.Is(err, pgx.ErrNoRows) { // gone, not read yet, or failed
		err = qa.E(qa.NotFound, "version_unknown")
	}
	if err != nil {
		return 0, 0, err
	}
	if added, err = v.append(ctx, tx, kind, seq, current, list); err != nil {
		return 0, 0, err
	}
	chunks, sentences := added, 0
	if kind == sentenceRows {
		chunks, sentences = 0, added
	}
	err = tx.QueryRow(ctx, `INSERT INTO progress AS p (version, encoder, chunks, sentences) VALUES ($1, $2, $3, $4)
		ON CONFLICT (version, encoder) DO UPDATE SET chunks = p.chunks + excluded.chunks, sentences = p.sentences + excluded.sentences
		RETURNING chunks`, seq, v.encoder, chunks, sentences).Scan(&now)
	return added, now, err
}

// append copies the rows that are not there yet; the lock on the version keeps others from adding them meanwhile.
func (v *Vectors) append(ctx context.Context, tx pgx.Tx, kind rowKind, version int64, current bool, list []vectorRow) (added int, err error) {
	table, columns := v.chunks(), []string{"chunk", "embedding", "version", "current"}
	if kind == sentenceRows {
		table, columns = v.sentences(), []string{"chunk", "vector"}
	}
	lacking, err := v.lackingRows(ctx, tx, table, version, list)
	if err != nil || len(lacking) == 0 {
		return 0, err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(len(lacking), func(i int) ([]any, error) {
		return []any{int64(lacking[i].chunk), lacking[i].value, version, current}[:len(columns)], nil
	}))
	return len(lacking), err
}

// lackingRows gives the rows of list that the table has not, each once; a chunk of another version is an error.
func (v *Vectors) lackingRows(ctx context.Context, tx pgx.Tx, table string, version int64, list []vectorRow) ([]vectorRow, error) {
	ids := make([]int64, len(list))
	for i, r := range list {
		ids[i] = int64(r.chunk)
	}
	there := make(map[int64]bool, len(list))
	rows, err := tx.Query(ctx, "SELECT c.id, x.chunk IS NOT NULL FROM chunks c LEFT JOIN "+table+
		" x ON x.chunk = c.id WHERE c.version = $1 AND c.id = ANY($2)", version, ids)
	err = each(rows, err, func(r scanner) error {
		var id int64
		var has bool
		err := r.Scan(&id, &has)
		there[id] = has
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []vectorRow
	for i, r := range list {
		has, known := there[ids[i]]
		if !known {
			return nil, qa.E(qa.Internal, "internal").Because(fmt.Errorf("chunk %d is none of the version, for %s", r.chunk, table))
		}
		if !has {
			out, there[ids[i]] = append(out, r), true
		}
	}
	return out, nil
}

// Unfinished lists the versions that wait for a step or lack a vector of this encoder: first those that
// are not yet searchable, then the others, each oldest first. Superseded versions are among them only
// while the vectors are made beside the live ones: where a version was replaced before it had all its
// vectors, it gets the others when it is made live again. Conflict encoder_mismatch.
func (v *Vectors) Unfinished(ctx context.Context) (out []qa.VersionID, err error) {
	if out, err = v.store.Unfinished(ctx); err != nil {
		return nil, err
	}
	err = v.store.read(ctx, func(ctx context.Context, q querier) error {
		live, err := v.isLive(ctx, q)
		if err != nil {
			return err
		}
		rows, err := q.Query(ctx, "SELECT v.id FROM "+v.lacking()+" AND (v.state = 'live' OR v.state = 'superseded' AND NOT $1) ORDER BY v.seq", live)
		more, err := column[qa.VersionID](rows, err)
		out = append(out, more...)
		return err
	})
	return out, err
}

// Vectors gives the vectors of the chunks of a version that are stored, in the order of the chunks; none
// unless search reads those of this encoder.
func (v *Vectors) Vectors(ctx context.Context, id qa.VersionID) (out []qa.ChunkVector, err error) {
	err = v.store.read(ctx, func(ctx context.Context, q querier) error {
		if live, err := v.isLive(ctx, q); err != nil || !live {
			return ifGone(err)
		}
		rows, err := q.Query(ctx, "SELECT x.chunk, x.embedding FROM versions v JOIN chunks c ON c.version = v.seq JOIN "+v.chunks()+
			" x ON x.chunk = c.id WHERE v.id = $1 ORDER BY c.ordinal", id)
		return ifGone(gone(each(rows, err, func(r scanner) error {
			var c qa.ChunkVector
			var h pgvector.HalfVector
			err := r.Scan(&c.Chunk, &h)
			c.Vector = h.Slice()
			out = append(out, c)
			return err
		})))
	})
	return out, err
}

// Sentences gives the vectors of the sentences of chunks, in the order asked; chunks of which they are
// not stored are left out. None unless search reads those of this encoder.
func (v *Vectors) Sentences(ctx context.Context, ids []qa.ChunkID) ([]qa.ChunkSentences, error) {
	found := make(map[qa.ChunkID]qa.ChunkSentences, len(ids))
	err := v.store.read(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "SELECT x.chunk, x.vector FROM "+v.sentences()+
			" x WHERE x.chunk = ANY($1) AND EXISTS (SELECT 1 FROM encoders WHERE id = $2 AND live)", numbers(ids), v.encoder)
		return ifGone(gone(each(rows, err, func(r scanner) error {
			var c qa.ChunkSentences
			var raw []byte
			if err := r.Scan(&c.Chunk, &raw); err != nil {
				return err
			}
			var err error
			if c.Sentences, err = codec.UnpackSentences(raw, v.dimensions); err != nil {
				return qa.E(qa.Internal, "database_damaged").Because(err)
			}
			found[c.Chunk] = c
			return nil
		})))
	})
	if err != nil {
		return nil, err
	}
	out := make([]qa.ChunkSentences, 0, len(found))
	for _, id := range ids {
		if c, ok := found[id]; ok {
			out = append(out, c)
		}
	}
	return out, nil
}

// ifGone makes vectors that were dropped read as none.
func ifGone(err error) error {
	if qa.CodeOf(err) == "encoder_mismatch" {
		return nil
	}
	return err
}

func numbers(ids []qa.ChunkID) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}
