package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"rapporteur/qa"
	"rapporteur/store/codec"
	"rapporteur/store/postgres/talk"
)

// Export reads the whole library as it is at one moment, while others go on writing: first what belongs to no
// document, then each document, each conversation and each feedback, one at a time in memory. It ends with the first error of a
// function.
func (s *Store) Export(ctx context.Context, to qa.RecordWriter) error {
	return public(pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		l, v, err := exportLibrary(ctx, tx)
		if err != nil {
			return err
		}
		if err := to.Library(l); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT seq FROM documents ORDER BY seq")
		documents, err := column[int64](rows, err)
		if err != nil {
			return err
		}
		for _, seq := range documents {
			d, err := exportDocument(ctx, tx, seq, v)
			if err != nil {
				return err
			}
			if err := to.Document(d); err != nil {
				return err
			}
		}
		if err := talk.Export(ctx, tx, to.Conversation); err != nil {
			return err
		}
		return talk.ExportFeedback(ctx, tx, to.Feedback)
	}))
}

// exportLibrary gives the live vectors too, nil where there are none.
func exportLibrary(ctx context.Context, tx pgx.Tx) (l qa.LibraryRecord, v *Vectors, err error) {
	found := Vectors{}
	err = tx.QueryRow(ctx, "SELECT id, fingerprint, dimensions FROM encoders WHERE live").Scan(&found.encoder, &l.Encoder.Fingerprint, &found.dimensions)
	if err == nil {
		v, l.Encoder.Dimensions = &found, found.dimensions
	} else if !errors.Is(err, pgx.ErrNoRows) {
		return l, nil, err
	}
	rows, err := tx.Query(ctx, "SELECT "+keyFields+", hash FROM keys ORDER BY created_at, id")
	err = each(rows, err, func(r scanner) error {
		var k qa.KeyRecord
		var err error
		k.Key, err = scanKey(withHash{r, &k.Hash})
		l.Keys = append(l.Keys, k)
		return err
	})
	if err != nil {
		return l, nil, err
	}
	l.Removed, err = tombstones(ctx, tx)
	return l, v, err
}

// withHash is a row of keys with one more column.
type withHash struct {
	scanner
	hash *[]byte
}

// Scan reads the hash after the fields of a key.
func (r withHash) Scan(into ...any) error { return r.scanner.Scan(append(into, r.hash)...) }

func exportDocument(ctx context.Context, tx pgx.Tx, seq int64, vectors *Vectors) (out qa.DocumentRecord, err error) {
	if err := tx.QueryRow(ctx, "SELECT titled FROM documents WHERE seq = $1", seq).Scan(&out.Titled); err != nil {
		return out, err
	}
	var versions []int64
	rows, err := tx.Query(ctx, "SELECT "+pairColumns+" WHERE v.document = $1 ORDER BY v.seq", seq)
	err = each(rows, err, func(r scanner) error {
		d, v, err := scanPair(r)
		out.Document, versions = d.value, append(versions, v.seq)
		out.Versions = append(out.Versions, qa.VersionRecord{Version: v.value})
		return err
	})
	if err != nil {
		return out, err
	}
	if out.Origins, err = exportOrigins(ctx, tx, seq); err != nil {
		return out, err
	}
	for i, number := range versions {
		if err := exportVersion(ctx, tx, number, vectors, &out.Versions[i]); err != nil {
			return out, err
		}
	}
	return out, nil
}

// exportVersion completes what belongs to the version with an internal number.
func exportVersion(ctx context.Context, tx pgx.Tx, seq int64, vectors *Vectors, v *qa.VersionRecord) error {
	err := tx.QueryRow(ctx, "SELECT n.source, n.title, n.shown FROM versions v JOIN names n ON n.id = v.name WHERE v.seq = $1", seq).
		Scan(&v.Source, &v.Given, &v.Shown)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, "SELECT since, until FROM lives WHERE version = $1 ORDER BY since", seq)
	err = each(rows, err, func(r scanner) error {
		var since time.Time
		var until *time.Time
		err := r.Scan(&since, &until)
		v.Lives = append(v.Lives, qa.Period{Since: since.UTC(), Until: read(until)})
		return err
	})
	if err != nil {
		return err
	}
	if v.Reading, err = loadReading(ctx, tx, seq); err != nil {
		return err
	}
	t, err := loadText(ctx, tx, v.ID)
	if qa.CodeOf(err) == "version_unknown" { // nothing was read yet
		v.Title = v.Given
		return nil
	}
	if err != nil {
		return err
	}
	t.Reading, v.Text = qa.Reading{}, &t
	rows, err = tx.Query(ctx, "SELECT "+chunkFields+" FROM chunks c WHERE c.version = $1 ORDER BY c.ordinal", seq)
	if v.Chunks, err = scanChunks(rows, err, v.ID); err != nil || vectors == nil {
		return err
	}
	return vectors.export(ctx, tx, seq, v)
}

// export reads the vectors of a version.
func (v *Vectors) export(ctx context.Context, tx pgx.Tx, version int64, out *qa.VersionRecord) error {
	rows, err := tx.Query(ctx, "SELECT x.chunk, x.embedding FROM chunks c JOIN "+v.chunks()+" x ON x.chunk = c.id WHERE c.version = $1 ORDER BY c.ordinal", version)
	err = each(rows, err, func(r scanner) error {
		var c qa.ChunkVector
		var h pgvector.HalfVector
		err := r.Scan(&c.Chunk, &h)
		c.Vector = h.Slice()
		out.Vectors = append(out.Vectors, c)
		return err
	})
	if err != nil {
		return err
	}
	rows, err = tx.Query(ctx, "SELECT x.chunk, x.vector FROM chunks c JOIN "+v.sentences()+" x ON x.chunk = c.id WHERE c.version = $1 ORDER BY c.ordinal", version)
	return each(rows, err, func(r scanner) error {
		var c qa.ChunkSentences
		var raw []byte
		if err := r.Scan(&c.Chunk, &raw); err != nil {
			return err
		}
		var err error
		if c.Sentences, err = codec.UnpackSentences(raw, v.dimensions); err != nil {
			return qa.E(qa.Internal, "database_damaged").Because(err)
		}
		out.Sentences = append(out.Sentences, c)
		return nil
	})
}

// Import fills an empty library with the documents, then the conversations, then the feedback that from gives, in one transaction,
// during which nobody else reads or writes it. Chunks keep their ids; the feed is written anew; versions that still wait for a step get
// their job. The index of the vectors is made afterwards, by Tend. Conflict library_not_empty.
func (s *Store) Import(ctx context.Context, l qa.LibraryRecord, from qa.RecordReader) error {
	return s.fill(ctx, l, from, func(ctx context.Context, tx pgx.Tx) error {
		var used bool
		err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM documents) OR EXISTS (SELECT 1 FROM keys) OR EXISTS (SELECT 1 FROM conversations) OR EXISTS (SELECT 1 FROM feedback)").Scan(&used)
		if err == nil && used {
			err = qa.E(qa.Conflict, "library_not_empty")
		}
		return err
	})
}

// Replace is Import for a library that may hold something: all of it gives way in the same transaction.
// Processes that follow the feed must have stopped: it does not tell them of each document that went. Conflict
// library_in_use while another process is connected.
func (s *Store) Replace(ctx context.Context, l qa.LibraryRecord, from qa.RecordReader) error {
	return s.fill(ctx, l, from, func(ctx context.Context, tx pgx.Tx) error {
		var others int
		err := tx.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
			AND application_name = current_setting('application_name') AND backend_type = 'client backend'`).Scan(&others)
		if err != nil {
			return err
		}
		if others > int(s.pool.Stat().TotalConns()) {
			return qa.E(qa.Conflict, "library_in_use")
		}
		_, err = tx.Exec(ctx, "TRUNCATE documents, versions, lives, names, texts, chunks, readings, keys, conversations, feedback CASCADE")
		return err
	})
}

// fill makes room and writes the records, in one transaction. It is not bounded in time: a library may be large.
func (s *Store) fill(ctx context.Context, l qa.LibraryRecord, from qa.RecordReader, makeRoom func(context.Context, pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockEncoders(ctx, tx); err != nil {
			return err
		}
		// Who sweeps originals asks this table which are needed, and must wait for the answer.
		if _, err := tx.Exec(ctx, "LOCK TABLE documents, versions, keys, changes IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		if err := makeRoom(ctx, tx); err != nil {
			return err
		}
		v, err := s.importLibrary(ctx, tx, l)
		for err == nil {
			var d qa.DocumentRecord
			if d, err = from.Document(); err == nil {
				err = s.importDocument(ctx, tx, d, v)
			}
		}
		if !errors.Is(err, io.EOF) {
			return err
		}
		if err := talk.Import(ctx, tx, from.Conversation); err != nil {
			return err
		}
		if err := talk.ImportFeedback(ctx, tx, from.Feedback); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "SELECT setval(pg_get_serial_sequence('chunks', 'id'), greatest((SELECT max(id) FROM chunks), nextval(pg_get_serial_sequence('chunks', 'id'))))")
		return err
	})
	if err == nil {
		s.wake()
	}
	return public(err)
}

// importLibrary gives the vectors to be filled, nil where there are none.
func (s *Store) importLibrary(ctx context.Context, tx pgx.Tx, l qa.LibraryRecord) (*Vectors, error) {
	if _, err := tx.Exec(ctx, "DELETE FROM changes"); err != nil { // of documents that were removed
		return nil, err
	}
	if err := dropEncoders(ctx, tx, "$1", true); err != nil {
		return nil, err
	}
	for _, k := range l.Keys {
		_, err := tx.Exec(ctx, "INSERT INTO keys (id, name, prefix, hash, write, admin, collections, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			k.ID, k.Name, k.Prefix, k.Hash, k.Write, k.Admin, codec.List(k.Collections), stored(k.CreatedAt), stored(k.RevokedAt))
		if err != nil {
			return nil, err
		}
	}
	removed := make([]qa.Change, len(l.Removed))
	for i, t := range l.Removed {
		removed[i] = qa.Change{Kind: qa.ChangeRemoved, Document: t.Document, At: t.At}
	}
	if err := tell(ctx, tx, removed...); err != nil {
		return nil, err
	}
	if l.Encoder.Fingerprint == "" {
		return nil, nil
	}
	return s.openVectors(ctx, tx, l.Encoder, true)
}

func (s *Store) importDocument(ctx context.Context, tx pgx.Tx, d qa.DocumentRecord, vectors *Vectors) error {
	names := make([]int64, len(d.Versions))
	for i, v := range d.Versions {
		var err error
		if names[i], err = insertName(ctx, tx, v.Source, v.Given, v.Shown, v.Validator); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		return qa.E(qa.Internal, "internal").Because(fmt.Errorf("import: document %s has no version", d.ID))
	}
	var seq int64
	err := tx.QueryRow(ctx, `INSERT INTO documents (id, collection, source_key, name, titled, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING seq`, d.ID, d.Collection, sourceKey(d.Collection, d.Source), names[0],
		d.Titled, stored(d.CreatedAt), stored(d.UpdatedAt)).Scan(&seq)
	if err != nil {
		return err
	}
	if err := importOrigins(ctx, tx, d); err != nil {
		return err
	}
	for i, v := range d.Versions {
		if err := importVersion(ctx, tx, seq, names[i], v, vectors); err != nil {
			return err
		}
		if v.State.Pending() && s.hook != nil {
			if err := s.hook(ctx, tx, qa.Work{Version: v.ID, Collection: d.Collection, Size: v.Size}); err != nil {
				return err
			}
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE documents SET live = (SELECT seq FROM versions WHERE id = $1) WHERE seq = $2", d.Live, seq); err != nil {
		return err
	}
	return tell(ctx, tx, d.History()...)
}

func importVersion(ctx context.Context, tx pgx.Tx, document, name int64, v qa.VersionRecord, vectors *Vectors) error {
	var seq int64
	err := tx.QueryRow(ctx, `INSERT INTO versions (id, document, name, hash, size, media_type, state, rev, verdict, failure, language,
		pages, pages_without_text, recognised, hidden, chunks, created_at, published_at, superseded_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING seq`,
		v.ID, document, name, v.Hash, v.Size, v.MediaType, v.State, v.Rev, v.Verdict, v.Failure, v.Language, v.Pages,
		codec.List(v.PagesWithoutText), v.Recognised, v.Hidden, len(v.Chunks), stored(v.CreatedAt), stored(v.PublishedAt), stored(v.SupersededAt)).Scan(&seq)
	if err != nil {
		return err
	}
	for _, p := range v.Lives {
		if _, err := tx.Exec(ctx, "INSERT INTO lives (version, since, until) VALUES ($1, $2, $3)", seq, stored(p.Since), stored(p.Until)); err != nil {
			return err
		}
	}
	if err := saveReading(ctx, tx, seq, v.Reading); err != nil || v.Text == nil {
		return err
	}
	t := v.Text
	_, err = tx.Exec(ctx, "INSERT INTO texts (version, name, title, language, pages, blocks, content) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		seq, v.Title, t.Title, t.Language, codec.PackPages(t.Pages), codec.PackBlocks(t.Blocks), t.Content)
	if err != nil {
		return err
	}
	if err := importChunks(ctx, tx, seq, v.Chunks); err != nil || vectors == nil {
		return err
	}
	return vectors.fill(ctx, tx, seq, v)
}

func importChunks(ctx context.Context, tx pgx.Tx, version int64, chunks []qa.Chunk) error {
	columns := []string{"id", "version", "ordinal", "start", "stop", "pages", "section", "text", "blocks", "header"}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"chunks"}, columns, pgx.CopyFromSlice(len(chunks), func(i int) ([]any, error) {
		c := chunks[i]
		return []any{int64(c.ID), version, c.Ordinal, c.Start, c.End, codec.PackPages(c.Pages), codec.List(c.Section), c.Text, codec.PackBlocks(c.Blocks), c.Header}, nil
	}))
	return err
}

// fill copies the vectors of a version that has none.
func (v *Vectors) fill(ctx context.Context, tx pgx.Tx, version int64, r qa.VersionRecord) error {
	current := r.State == qa.StateExtracted || r.State == qa.StateLive
	_, err := tx.CopyFrom(ctx, pgx.Identifier{v.chunks()}, []string{"chunk", "version", "current", "embedding"},
		pgx.CopyFromSlice(len(r.Vectors), func(i int) ([]any, error) {
			x := r.Vectors[i]
			if !v.sound(x.Vector) {
				return nil, qa.E(qa.Internal, "internal").Because(fmt.Errorf("import: no vector of %d finite numbers for chunk %d", v.dimensions, x.Chunk))
			}
			return []any{int64(x.Chunk), version, current, pgvector.NewHalfVector(x.Vector)}, nil
		}))
	if err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{v.sentences()}, []string{"chunk", "vector"},
		pgx.CopyFromSlice(len(r.Sentences), func(i int) ([]any, error) {
			return []any{int64(r.Sentences[i].Chunk), codec.PackSentences(r.Sentences[i].Sentences)}, nil
		}))
	if err != nil || len(r.Vectors)+len(r.Sentences) == 0 {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO progress (version, encoder, chunks, sentences) VALUES ($1, $2, $3, $4)",
		version, v.encoder, len(r.Vectors), len(r.Sentences))
	return err
}
