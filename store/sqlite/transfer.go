package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// Export reads the whole library as it is at one moment, while others go on writing: first what belongs to no
// document, then each document, each conversation and each feedback, one at a time in memory. It ends with the first error of a
// function.
func (s *Store) Export(ctx context.Context, to qa.RecordWriter) error {
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return public(err)
	}
	defer tx.Rollback()
	l, err := exportLibrary(ctx, tx)
	if err != nil {
		return public(err)
	}
	if err := to.Library(l); err != nil {
		return err
	}
	var documents []int64
	rows, err := tx.QueryContext(ctx, "SELECT seq FROM documents ORDER BY seq")
	err = each(rows, err, func(r scanner) error {
		var seq int64
		err := r.Scan(&seq)
		documents = append(documents, seq)
		return err
	})
	if err != nil {
		return public(err)
	}
	for _, seq := range documents {
		d, err := exportDocument(ctx, tx, seq, l.Encoder.Dimensions)
		if err != nil {
			return public(err)
		}
		if err := to.Document(d); err != nil {
			return err
		}
	}
	if err := exportConversations(ctx, tx, to.Conversation); err != nil {
		return err
	}
	return exportFeedback(ctx, tx, to.Feedback)
}

func exportLibrary(ctx context.Context, tx *sql.Tx) (l qa.LibraryRecord, err error) {
	err = tx.QueryRowContext(ctx, "SELECT fingerprint, dimensions FROM encoders WHERE live = 1").Scan(&l.Encoder.Fingerprint, &l.Encoder.Dimensions)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return l, err
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+keyFields+", hash FROM keys ORDER BY created_at, id")
	err = each(rows, err, func(r scanner) error {
		var k qa.KeyRecord
		var err error
		k.Key, err = scanKey(withHash{r, &k.Hash})
		l.Keys = append(l.Keys, k)
		return err
	})
	if err != nil {
		return l, err
	}
	l.Removed, err = tombstones(ctx, tx)
	return l, err
}

// withHash is a row of keys with one more column.
type withHash struct {
	scanner
	hash *[]byte
}

// Scan reads the hash after the fields of a key.
func (r withHash) Scan(into ...any) error { return r.scanner.Scan(append(into, r.hash)...) }

func exportDocument(ctx context.Context, tx *sql.Tx, seq int64, dimensions int) (out qa.DocumentRecord, err error) {
	if err := tx.QueryRowContext(ctx, "SELECT titled FROM documents WHERE seq = ?", seq).Scan(&out.Titled); err != nil {
		return out, err
	}
	var versions []int64
	rows, err := tx.QueryContext(ctx, "SELECT "+pairColumns+" WHERE v.document = ? ORDER BY v.seq", seq)
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
		if err := exportVersion(ctx, tx, number, dimensions, &out.Versions[i]); err != nil {
			return out, err
		}
	}
	return out, nil
}

// exportVersion completes what belongs to the version with an internal number.
func exportVersion(ctx context.Context, tx *sql.Tx, seq int64, dimensions int, v *qa.VersionRecord) error {
	err := tx.QueryRowContext(ctx, "SELECT n.source, n.title, n.shown FROM versions v JOIN names n ON n.id = v.name WHERE v.seq = ?", seq).
		Scan(&v.Source, &v.Given, &v.Shown)
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, "SELECT since, until FROM lives WHERE version = ? ORDER BY since", seq)
	err = each(rows, err, func(r scanner) error {
		var since, until sql.NullInt64
		err := r.Scan(&since, &until)
		v.Lives = append(v.Lives, qa.Period{Since: fromMicros(since), Until: fromMicros(until)})
		return err
	})
	if err != nil {
		return err
	}
	if v.Reading, _, err = loadReading(ctx, tx, seq); err != nil {
		return err
	}
	if v.Text, err = exportText(ctx, tx, seq); err != nil {
		return err
	}
	if v.Text == nil {
		v.Title = v.Given
		return nil
	}
	rows, err = tx.QueryContext(ctx, "SELECT "+chunkFields+" FROM chunks c WHERE c.version = ? AND c.text != '' ORDER BY c.ordinal", seq)
	if v.Chunks, err = scanChunks(rows, err, v.ID); err != nil {
		return err
	}
	return exportVectors(ctx, tx, seq, dimensions, v)
}

func exportText(ctx context.Context, tx *sql.Tx, version int64) (*qa.Text, error) {
	var t qa.Text
	var pages, blocks string
	err := tx.QueryRowContext(ctx, "SELECT title, language, pages, blocks, content FROM texts WHERE version = ? AND content != ''", version).
		Scan(&t.Title, &t.Language, &pages, &blocks, &t.Content)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		t.Pages, err = codec.UnpackPages(pages)
	}
	if err == nil {
		t.Blocks, err = codec.UnpackBlocks(blocks)
	}
	return &t, err
}

// exportVectors reads the vectors of the live encoder.
func exportVectors(ctx context.Context, tx *sql.Tx, version int64, dimensions int, v *qa.VersionRecord) error {
	for table, unpack := range map[string]func(qa.ChunkID, []byte) error{
		"chunk_vectors": func(id qa.ChunkID, raw []byte) error {
			x, err := codec.UnpackVector(raw, dimensions)
			v.Vectors = append(v.Vectors, qa.ChunkVector{Chunk: id, Vector: x})
			return err
		},
		"sentence_vectors": func(id qa.ChunkID, raw []byte) error {
			x, err := codec.UnpackSentences(raw, dimensions)
			v.Sentences = append(v.Sentences, qa.ChunkSentences{Chunk: id, Sentences: x})
			return err
		},
	} {
		rows, err := tx.QueryContext(ctx, `SELECT x.chunk, x.vector FROM chunks c
			CROSS JOIN `+table+` x ON x.chunk = c.id AND x.encoder = (SELECT id FROM encoders WHERE live = 1)
			WHERE c.version = ? AND length(x.vector) > 0 ORDER BY c.ordinal`, version)
		err = each(rows, err, func(r scanner) error {
			var id qa.ChunkID
			var raw sql.RawBytes
			if err := r.Scan(&id, &raw); err != nil {
				return err
			}
			if err := unpack(id, raw); err != nil {
				return qa.E(qa.Internal, "database_damaged").Because(err)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Import fills an empty library with the documents, then the conversations, then the feedback that from gives, in one transaction.
// Chunks keep their ids; the feed is written anew; versions that still wait for a step get their job. Conflict
// library_not_empty.
func (s *Store) Import(ctx context.Context, l qa.LibraryRecord, from qa.RecordReader) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		var used bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM documents) OR EXISTS (SELECT 1 FROM keys) OR EXISTS (SELECT 1 FROM conversations) OR EXISTS (SELECT 1 FROM feedback)").Scan(&used); err != nil {
			return err
		}
		if used {
			return qa.E(qa.Conflict, "library_not_empty")
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
		if err := importConversations(ctx, tx, from.Conversation); err != nil {
			return err
		}
		return importFeedback(ctx, tx, from.Feedback)
	})
	if err == nil {
		s.wake()
	}
	return err
}

// importLibrary gives the vectors to be filled, nil where there are none.
func (s *Store) importLibrary(ctx context.Context, tx *sql.Tx, l qa.LibraryRecord) (v *Vectors, err error) {
	for _, query := range []string{"DELETE FROM changes", "DELETE FROM encoders"} { // of documents that were removed
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return nil, err
		}
	}
	for _, k := range l.Keys {
		_, err := tx.ExecContext(ctx, "INSERT INTO keys (id, name, prefix, hash, write, admin, collections, created_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			k.ID, k.Name, k.Prefix, k.Hash, k.Write, k.Admin, codec.List(k.Collections), micros(k.CreatedAt), micros(k.RevokedAt))
		if err != nil {
			return nil, err
		}
	}
	for _, t := range l.Removed {
		if err := tell(ctx, tx, qa.Change{Kind: qa.ChangeRemoved, Document: t.Document, At: t.At}); err != nil {
			return nil, err
		}
	}
	if l.Encoder.Fingerprint == "" {
		return nil, nil
	}
	return s.openVectors(ctx, tx, l.Encoder, true)
}

func (s *Store) importDocument(ctx context.Context, tx *sql.Tx, d qa.DocumentRecord, vectors *Vectors) error {
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
	seq, err := insert(ctx, tx, `INSERT INTO documents (id, collection, source_key, name, titled, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, d.ID, d.Collection, sourceKey(d.Collection, d.Source), names[0], d.Titled, micros(d.CreatedAt), micros(d.UpdatedAt))
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
	_, err = tx.ExecContext(ctx, "UPDATE documents SET live = (SELECT seq FROM versions WHERE id = ?) WHERE seq = ?", d.Live, seq)
	if err != nil {
		return err
	}
	for _, line := range d.History() {
		if err := tell(ctx, tx, line); err != nil {
			return err
		}
	}
	return nil
}

func importVersion(ctx context.Context, tx *sql.Tx, document, name int64, v qa.VersionRecord, vectors *Vectors) error {
	seq, err := insert(ctx, tx, `INSERT INTO versions (id, document, name, hash, size, media_type, state, rev, verdict, failure, language,
		pages, pages_without_text, recognised, hidden, chunks, created_at, published_at, superseded_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, v.ID, document, name, v.Hash, v.Size, v.MediaType, v.State, v.Rev,
		v.Verdict, v.Failure, v.Language, v.Pages, codec.List(v.PagesWithoutText), v.Recognised, v.Hidden, len(v.Chunks),
		micros(v.CreatedAt), micros(v.PublishedAt), micros(v.SupersededAt))
	if err != nil {
		return err
	}
	for _, p := range v.Lives {
		if _, err := tx.ExecContext(ctx, "INSERT INTO lives (version, since, until) VALUES (?, ?, ?)", seq, micros(p.Since), micros(p.Until)); err != nil {
			return err
		}
	}
	if err := saveReading(ctx, tx, seq, v.Reading); err != nil || v.Text == nil {
		return err
	}
	t := v.Text
	_, err = tx.ExecContext(ctx, "INSERT INTO texts (version, name, title, language, pages, blocks, content) VALUES (?, ?, ?, ?, ?, ?, ?)",
		seq, v.Title, t.Title, t.Language, codec.PackPages(t.Pages), codec.PackBlocks(t.Blocks), t.Content)
	if err != nil {
		return err
	}
	if err := importChunks(ctx, tx, seq, v.Chunks); err != nil || vectors == nil {
		return err
	}
	return vectors.fill(ctx, tx, seq, v)
}

func importChunks(ctx context.Context, tx *sql.Tx, version int64, chunks []qa.Chunk) error {
	insert, err := tx.PrepareContext(ctx, "INSERT INTO chunks (id, version, ordinal, start, stop, pages, section, text, blocks, header) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, c := range chunks {
		_, err := insert.ExecContext(ctx, c.ID, version, c.Ordinal, c.Start, c.End, codec.PackPages(c.Pages), codec.List(c.Section), c.Text, codec.PackBlocks(c.Blocks), c.Header)
		if err != nil {
			return err
		}
	}
	return nil
}

// fill stores the vectors of a version that has none.
func (v *Vectors) fill(ctx context.Context, tx *sql.Tx, version int64, r qa.VersionRecord) error {
	var chunks, sentences []packedVector
	for _, x := range r.Vectors {
		if !v.sound(x.Vector) {
			return qa.E(qa.Internal, "internal").Because(fmt.Errorf("import: no vector of %d finite numbers for chunk %d", v.dimensions, x.Chunk))
		}
		chunks = append(chunks, packedVector{x.Chunk, codec.PackVector(x.Vector)})
	}
	for _, x := range r.Sentences {
		sentences = append(sentences, packedVector{x.Chunk, codec.PackSentences(x.Sentences)})
	}
	had, err := v.append(ctx, tx, "chunk_vectors", version, chunks)
	if err != nil {
		return err
	}
	hadSentences, err := v.append(ctx, tx, "sentence_vectors", version, sentences)
	if err != nil || cmp.Or(had, hadSentences) == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO progress (version, encoder, chunks, sentences) VALUES (?, ?, ?, ?)", version, v.encoder, had, hadSentences)
	return err
}
