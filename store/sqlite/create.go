package sqlite

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"path"

	"rapporteur/qa"
)

// CreateVersion decides what an upload is and writes it, with its job, in one transaction; package
// ingest describes the rules. keep runs just before the commit.
func (s *Store) CreateVersion(ctx context.Context, u qa.Upload, v qa.Version, keep func() error) (qa.Receipt, error) {
	return s.create(ctx, u, v, nil, keep)
}

// CreateExtracted is CreateVersion for a file that was read already; package ingest describes it.
func (s *Store) CreateExtracted(ctx context.Context, u qa.Upload, v qa.Version, t qa.Text, chunks []qa.Chunk, keep func() error) (qa.Receipt, error) {
	return s.create(ctx, u, v, func(tx *sql.Tx, r qa.Receipt) (qa.Receipt, error) {
		if r.Version.State != qa.StateQueued {
			return r, nil // the same bytes were read before
		}
		if r.Outcome == qa.VerdictUnchanged { // they wait to be read
			r.Outcome = qa.VerdictNewVersion
			if r.Document.Live == "" {
				r.Outcome = qa.VerdictIngested
			}
		}
		read := r.Version
		read.Title = cmp.Or(read.Title, t.Title, path.Base(r.Document.Source))
		read.Language, read.Pages, read.PagesWithoutText = v.Language, v.Pages, v.PagesWithoutText
		read.Recognised, read.Hidden, read.Chunks = v.Recognised, v.Hidden, len(chunks)
		if err := saveChunks(ctx, tx, read, t, chunks); err != nil {
			return r, err
		}
		_, saved, err := findVersion(ctx, tx, read.ID)
		r.Version = saved.value
		return r, err
	}, keep)
}

// create admits an upload and runs then, unless it is nil, before the transaction ends.
func (s *Store) create(ctx context.Context, u qa.Upload, v qa.Version, then func(*sql.Tx, qa.Receipt) (qa.Receipt, error), keep func() error) (qa.Receipt, error) {
	var r qa.Receipt
	err := s.write(ctx, func(tx *sql.Tx) (err error) {
		if r, err = admit(ctx, tx, u, v); err != nil {
			return err
		}
		if then != nil {
			if r, err = then(tx, r); err != nil {
				return err
			}
		}
		if err := noteOrigin(ctx, tx, r.Document.ID, u.Origin); err != nil {
			return err
		}
		if r.Outcome != qa.VerdictUnchanged && s.hook != nil {
			if err := s.hook(ctx, tx, qa.Work{Version: r.Version.ID, Collection: r.Document.Collection, Size: r.Version.Size}); err != nil {
				return err
			}
		}
		return keep()
	})
	if err != nil {
		return qa.Receipt{}, err
	}
	return r, nil
}

// row is a document or version as found, with its internal number.
type row[T any] struct {
	seq   int64
	value T
}

func admit(ctx context.Context, tx *sql.Tx, u qa.Upload, v qa.Version) (qa.Receipt, error) {
	target, err := meant(ctx, tx, u)
	if err != nil {
		return qa.Receipt{}, err
	}
	if target != nil {
		return follow(ctx, tx, target, u, v)
	}
	if u.Origin == "" {
		known, err := sameBytes(ctx, tx, u.Collection, v.Hash)
		if err != nil || known != nil {
			return deref(known), err
		}
	}
	if target, err = findSource(ctx, tx, u.Collection, u.Source); err != nil {
		return qa.Receipt{}, err
	}
	if target == nil {
		return first(ctx, tx, u, v)
	}
	newest, err := newestVersion(ctx, tx, target.seq)
	if err != nil {
		return qa.Receipt{}, err
	}
	if target.value.Live == "" && newest.State == qa.StateFailed {
		return follow(ctx, tx, target, u, v)
	}
	return qa.Receipt{}, qa.E(qa.Conflict, "source_exists", u.Source, string(target.value.ID))
}

// meant finds the document that the upload names as the one to go on with, nil if it names none.
func meant(ctx context.Context, tx *sql.Tx, u qa.Upload) (*row[qa.Document], error) {
	switch {
	case u.Document != "":
		d, err := scanDocument(tx.QueryRowContext(ctx, "SELECT "+documentColumns+" WHERE d.id = ? AND ? IN ('', d.collection)", u.Document, u.Collection))
		if errors.Is(err, sql.ErrNoRows) {
			return nil, qa.E(qa.NotFound, "document_unknown")
		}
		return d, err
	case u.Replace:
		return findSource(ctx, tx, u.Collection, u.Source)
	}
	return nil, nil
}

func findSource(ctx context.Context, tx *sql.Tx, c qa.CollectionID, source string) (*row[qa.Document], error) {
	d, err := scanDocument(tx.QueryRowContext(ctx, "SELECT "+documentColumns+" WHERE d.source_key = ?", sourceKey(c, source)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return d, err
}

// sourceKey stands for a source in the index, which must not hold words.
func sourceKey(c qa.CollectionID, source string) string {
	h := sha256.Sum256([]byte(string(c) + "\x00" + source))
	return hex.EncodeToString(h[:])
}

// sameBytes finds a version of the collection that holds, or will hold, these very bytes.
func sameBytes(ctx context.Context, tx *sql.Tx, c qa.CollectionID, hash string) (*qa.Receipt, error) {
	rows := tx.QueryRowContext(ctx, "SELECT "+pairColumns+` WHERE v.hash = ? AND d.collection = ?
		AND v.state IN ('live', 'extracted', 'queued') ORDER BY v.seq DESC LIMIT 1`, hash, c)
	d, v, err := scanPair(rows)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &qa.Receipt{Document: d.value, Version: v.value, Outcome: qa.VerdictUnchanged}, nil
}

func newestVersion(ctx context.Context, tx *sql.Tx, document int64) (qa.Version, error) {
	_, v, err := scanPair(tx.QueryRowContext(ctx, "SELECT "+pairColumns+" WHERE v.document = ? ORDER BY v.seq DESC LIMIT 1", document))
	return v.value, err
}

// first writes a new document with its first version.
func first(ctx context.Context, tx *sql.Tx, u qa.Upload, v qa.Version) (qa.Receipt, error) {
	d := qa.Document{
		ID: v.Document, Collection: u.Collection, Source: u.Source, Title: cmp.Or(u.Title, path.Base(u.Source)),
		CreatedAt: v.CreatedAt, UpdatedAt: v.CreatedAt,
	}
	name, err := insertName(ctx, tx, d.Source, v.Title, d.Title, u.Validator)
	if err != nil {
		return qa.Receipt{}, err
	}
	seq, err := insert(ctx, tx, `INSERT INTO documents (id, collection, source_key, name, titled, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, d.ID, d.Collection, sourceKey(d.Collection, d.Source), name, u.Title != "", micros(d.CreatedAt), micros(d.UpdatedAt))
	if err != nil {
		return qa.Receipt{}, err
	}
	v, err = insertVersion(ctx, tx, seq, name, v, u.Validator)
	return qa.Receipt{Document: d, Version: v, Outcome: qa.VerdictIngested}, err
}

// follow writes a further version of a document, unless its newest one has the same bytes.
func follow(ctx context.Context, tx *sql.Tx, d *row[qa.Document], u qa.Upload, v qa.Version) (qa.Receipt, error) {
	newest, err := newestVersion(ctx, tx, d.seq)
	if err != nil {
		return qa.Receipt{}, err
	}
	if newest.Hash == v.Hash && newest.State != qa.StateFailed {
		return qa.Receipt{Document: d.value, Version: newest, Outcome: qa.VerdictUnchanged}, nil
	}
	var titled bool
	if err := tx.QueryRowContext(ctx, "SELECT titled FROM documents WHERE seq = ?", d.seq).Scan(&titled); err != nil {
		return qa.Receipt{}, err
	}
	if v.Title == "" && titled {
		v.Title = d.value.Title
	}
	_, err = tx.ExecContext(ctx, "UPDATE documents SET titled = max(titled, ?), updated_at = ? WHERE seq = ?", u.Title != "", micros(v.CreatedAt), d.seq)
	if err != nil {
		return qa.Receipt{}, err
	}
	v.Document, d.value.UpdatedAt = d.value.ID, v.CreatedAt
	outcome := qa.VerdictNewVersion
	if d.value.Live == "" && newest.State == qa.StateFailed {
		outcome = qa.VerdictIngested
	}
	name, err := insertName(ctx, tx, d.value.Source, v.Title, cmp.Or(v.Title, d.value.Title), u.Validator)
	if err != nil {
		return qa.Receipt{}, err
	}
	v, err = insertVersion(ctx, tx, d.seq, name, v, u.Validator)
	return qa.Receipt{Document: d.value, Version: v, Outcome: outcome}, err
}

func insertName(ctx context.Context, tx *sql.Tx, source, title, shown string, w qa.Validator) (int64, error) {
	return insert(ctx, tx, "INSERT INTO names (source, title, shown, etag, modified) VALUES (?, ?, ?, ?, ?)", source, title, shown, w.ETag, w.Modified)
}

func insertVersion(ctx context.Context, tx *sql.Tx, document, name int64, v qa.Version, w qa.Validator) (qa.Version, error) {
	v = qa.Version{ID: v.ID, Document: v.Document, Hash: v.Hash, Validator: w, Size: v.Size, MediaType: v.MediaType, Title: v.Title,
		State: qa.StateQueued, Rev: 1, Embedded: 1, CreatedAt: v.CreatedAt}
	_, err := insert(ctx, tx, `INSERT INTO versions (id, document, name, hash, size, media_type, state, rev, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, v.ID, document, name, v.Hash, v.Size, v.MediaType, v.State, v.Rev, micros(v.CreatedAt))
	return v, err
}

// insert runs an INSERT and gives the internal number of its row.
func insert(ctx context.Context, tx *sql.Tx, query string, args ...any) (int64, error) {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

func deref(r *qa.Receipt) qa.Receipt {
	if r == nil {
		return qa.Receipt{}
	}
	return *r
}
