package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// PendingChunks gives up to n chunks of a version that have no vector, in order; none when the version
// is gone. Conflict encoder_mismatch.
func (v *Vectors) PendingChunks(ctx context.Context, id qa.VersionID, n int) ([]qa.Chunk, error) {
	return v.pending(ctx, "chunk_vectors", id, n)
}

// PendingSentences gives up to n chunks of a version whose sentences have no vectors, in order; none when
// the version is gone. Conflict encoder_mismatch.
func (v *Vectors) PendingSentences(ctx context.Context, id qa.VersionID, n int) ([]qa.Chunk, error) {
	return v.pending(ctx, "sentence_vectors", id, n)
}

func (v *Vectors) pending(ctx context.Context, table string, id qa.VersionID, n int) ([]qa.Chunk, error) {
	if _, err := v.isLive(ctx, v.store.readers); err != nil {
		return nil, public(err)
	}
	rows, err := v.store.readers.QueryContext(ctx, "SELECT "+chunkFields+` FROM chunks c JOIN versions v ON v.seq = c.version
		WHERE v.id = ? AND NOT EXISTS (SELECT 1 FROM `+table+` x WHERE x.chunk = c.id AND x.encoder = ?)
		AND c.text != '' ORDER BY c.ordinal LIMIT ?`, id, v.encoder, n)
	out, err := scanChunks(rows, err, id)
	return out, public(err)
}

// SaveVectors stores vectors of chunks of a version; one that is there already stays as it is. With the
// last one, the feed is told if the version is or was live. NotFound version_unknown when it has no text
// or is gone; Conflict encoder_mismatch; Internal for a vector that is none of this encoder.
func (v *Vectors) SaveVectors(ctx context.Context, id qa.VersionID, list []qa.ChunkVector) error {
	out := make([]packedVector, len(list))
	for i, c := range list {
		if !v.sound(c.Vector) {
			return qa.E(qa.Internal, "internal").Because(fmt.Errorf("save vectors: no vector of %d finite numbers for chunk %d", v.dimensions, c.Chunk))
		}
		out[i] = packedVector{c.Chunk, codec.PackVector(c.Vector)}
	}
	told := false
	err := v.store.write(ctx, func(tx *sql.Tx) (err error) {
		told, err = v.saveVectors(ctx, tx, id, out)
		return err
	})
	if told {
		v.store.wake()
	}
	return err
}

// SaveSentences stores the vectors of the sentences of chunks of a version; what is there already stays
// as it is. Errors are those of SaveVectors.
func (v *Vectors) SaveSentences(ctx context.Context, id qa.VersionID, list []qa.ChunkSentences) error {
	out := make([]packedVector, len(list))
	for i, c := range list {
		for _, s := range c.Sentences {
			if len(s.Codes) != v.dimensions || !finite(s.Scale) || s.Start < 0 || s.End < s.Start {
				return qa.E(qa.Internal, "internal").Because(fmt.Errorf("save sentences: no sound vector for %v of chunk %d", s.Span, c.Chunk))
			}
		}
		out[i] = packedVector{c.Chunk, codec.PackSentences(c.Sentences)}
	}
	return v.store.write(ctx, func(tx *sql.Tx) error {
		_, _, err := v.save(ctx, tx, "sentence_vectors", id, out)
		return err
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

// packedVector is a row to be: the vector, or those of the sentences, of a chunk.
type packedVector struct {
	chunk qa.ChunkID
	raw   []byte
}

func (v *Vectors) saveVectors(ctx context.Context, tx *sql.Tx, id qa.VersionID, list []packedVector) (told bool, err error) {
	added, now, err := v.save(ctx, tx, "chunk_vectors", id, list)
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
	err = tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM lives WHERE version = ?)", version.seq).Scan(&published)
	if err != nil || !published {
		return false, err
	}
	return true, tell(ctx, tx, qa.Change{Kind: qa.ChangeEmbedded, Collection: d.value.Collection, Document: d.value.ID, Version: id, At: v.store.Now()})
}

// save appends rows for the chunks that have none, and gives how many those were and how many chunks of
// the version now have a vector of their own.
func (v *Vectors) save(ctx context.Context, tx *sql.Tx, table string, id qa.VersionID, list []packedVector) (added, now int, err error) {
	if _, err := v.isLive(ctx, tx); err != nil {
		return 0, 0, err
	}
	_, version, err := findVersion(ctx, tx, id)
	if err == nil && version.value.Chunks == 0 { // not read yet, or failed
		err = qa.E(qa.NotFound, "version_unknown")
	}
	if err != nil {
		return 0, 0, err
	}
	if added, err = v.append(ctx, tx, table, version.seq, list); err != nil {
		return 0, 0, err
	}
	chunks, sentences := added, 0
	if table == "sentence_vectors" {
		chunks, sentences = 0, added
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO progress (version, encoder, chunks, sentences) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET chunks = chunks + excluded.chunks, sentences = sentences + excluded.sentences RETURNING chunks`,
		version.seq, v.encoder, chunks, sentences).Scan(&now)
	return added, now, err
}

func (v *Vectors) append(ctx context.Context, tx *sql.Tx, table string, version int64, list []packedVector) (added int, err error) {
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+table+` (chunk, encoder, vector)
		SELECT id, ?, ? FROM chunks WHERE id = ? AND version = ? ON CONFLICT DO NOTHING`)
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	for _, p := range list {
		res, err := insert.ExecContext(ctx, v.encoder, p.raw, p.chunk, version)
		if err != nil {
			return 0, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return 0, err
		}
		added += int(n)
		if n > 0 {
			continue
		}
		if err := belongs(ctx, tx, p.chunk, version); err != nil {
			return 0, err
		}
	}
	return added, nil
}

// belongs makes sure that a chunk is one of a version.
func belongs(ctx context.Context, q querier, c qa.ChunkID, version int64) error {
	var is bool
	err := q.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM chunks WHERE id = ? AND version = ?)", c, version).Scan(&is)
	if err == nil && !is {
		err = qa.E(qa.Internal, "internal").Because(fmt.Errorf("chunk %d is none of the version", c))
	}
	return err
}

// Unfinished lists the versions that wait for a step or lack a vector of this encoder: first those that
// are not yet searchable, then the others, each oldest first. Superseded versions are among them only
// while the vectors are made beside the live ones: where a version was replaced before it had all its
// vectors, it gets the others when it is made live again. Conflict encoder_mismatch.
func (v *Vectors) Unfinished(ctx context.Context) ([]qa.VersionID, error) {
	live, err := v.isLive(ctx, v.store.readers)
	if err != nil {
		return nil, public(err)
	}
	out, err := v.store.Unfinished(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := v.store.readers.QueryContext(ctx, "SELECT v.id FROM "+v.lacking()+
		" AND (v.state = 'live' OR v.state = 'superseded' AND NOT ?) ORDER BY v.seq", live)
	err = each(rows, err, func(r scanner) error {
		var id qa.VersionID
		err := r.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, public(err)
}

// Vectors gives the vectors of the chunks of a version that are stored, in the order of the chunks; none
// unless search reads those of this encoder.
func (v *Vectors) Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error) {
	var out []qa.ChunkVector
	rows, err := v.store.readers.QueryContext(ctx, `SELECT x.chunk, x.vector FROM versions v
		CROSS JOIN chunks c ON c.version = v.seq
		CROSS JOIN chunk_vectors x ON x.chunk = c.id AND x.encoder = (SELECT id FROM encoders WHERE live = 1 AND id = ?)
		WHERE v.id = ? AND length(x.vector) > 0 ORDER BY c.ordinal`, v.encoder, id)
	err = each(rows, err, func(r scanner) error {
		var c qa.ChunkVector
		var raw sql.RawBytes
		if err := r.Scan(&c.Chunk, &raw); err != nil {
			return err
		}
		var err error
		if c.Vector, err = codec.UnpackVector(raw, v.dimensions); err != nil {
			return qa.E(qa.Internal, "database_damaged").Because(err)
		}
		out = append(out, c)
		return nil
	})
	return out, public(err)
}

// Sentences gives the vectors of the sentences of chunks, in the order asked; chunks of which they are
// not stored are left out. None unless search reads those of this encoder.
func (v *Vectors) Sentences(ctx context.Context, ids []qa.ChunkID) ([]qa.ChunkSentences, error) {
	found := make(map[qa.ChunkID]qa.ChunkSentences, len(ids))
	rows, err := v.store.readers.QueryContext(ctx, `SELECT x.chunk, x.vector FROM sentence_vectors x
		WHERE x.chunk IN (SELECT value FROM json_each(?)) AND x.encoder = (SELECT id FROM encoders WHERE live = 1 AND id = ?)
		AND length(x.vector) > 0`, codec.List(ids), v.encoder)
	err = each(rows, err, func(r scanner) error {
		var c qa.ChunkSentences
		var raw sql.RawBytes
		if err := r.Scan(&c.Chunk, &raw); err != nil {
			return err
		}
		var err error
		if c.Sentences, err = codec.UnpackSentences(raw, v.dimensions); err != nil {
			return qa.E(qa.Internal, "database_damaged").Because(err)
		}
		found[c.Chunk] = c
		return nil
	})
	if err != nil {
		return nil, public(err)
	}
	out := make([]qa.ChunkSentences, 0, len(found))
	for _, id := range ids {
		if c, ok := found[id]; ok {
			out = append(out, c)
		}
	}
	return out, nil
}
