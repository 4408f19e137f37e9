package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"path"
	"slices"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
)

// CreateVersion decides what an upload is and writes it, with its job, in one transaction; package
// ingest describes the rules. keep runs just before the commit.
func (s *Store) CreateVersion(ctx context.Context, u qa.Upload, v qa.Version, keep func() error) (qa.Receipt, error) {
	return s.create(ctx, u, v, nil, keep)
}

// CreateExtracted is CreateVersion for a file that was read already; package ingest describes it.
func (s *Store) CreateExtracted(ctx context.Context, u qa.Upload, v qa.Version, t qa.Text, chunks []qa.Chunk, keep func() error) (qa.Receipt, error) {
	return s.create(ctx, u, v, func(ctx context.Context, tx pgx.Tx, r qa.Receipt) (qa.Receipt, error) {
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

// create admits an upload and runs then, unless it is nil, before the transaction ends. Uploads of the same
// source, or of the same bytes, wait for each other: the second finds what the first one wrote.
func (s *Store) create(ctx context.Context, u qa.Upload, v qa.Version, then func(context.Context, pgx.Tx, qa.Receipt) (qa.Receipt, error), keep func() error) (qa.Receipt, error) {
	var r qa.Receipt
	err := s.writeAsked(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if err := lockKeys(ctx, tx, bytesKey(v.Hash), sourceKey(u.Collection, u.Source)); err != nil {
			return err
		}
		if r, err = admit(ctx, tx, u, v); err != nil {
			return err
		}
		if then != nil {
			if r, err = then(ctx, tx, r); err != nil {
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

// bytesKey stands for the original with this hash among the keys of lockKeys.
func bytesKey(hash string) string { return "bytes " + hash }

// lockKeys holds, until the transaction ends, what the keys stand for; always in the same order, so that
// nobody waits in a circle.
func lockKeys(ctx context.Context, tx pgx.Tx, keys ...string) error {
	numbers := make([]int64, len(keys))
	for i, k := range keys {
		h := sha256.Sum256([]byte(k))
		numbers[i] = int64(binary.BigEndian.Uint64(h[:]))
	}
	slices.Sort(numbers)
	// One statement: each takes the time of a journey to the database.
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(n) FROM unnest($1::bigint[]) n", slices.Compact(numbers))
	return err
}

func admit(ctx context.Context, tx pgx.Tx, u qa.Upload, v qa.Version) (qa.Receipt, error) {
	target, err := meant(ctx, tx, u)
	if err != nil {
		return qa.Receipt{}, err
	}
	if target != nil {
		return follow(ctx, tx, target, u, v)
	}
	if u.Origin == "" {
		known, err := sameBytes(ctx, tx, u.Collection, v.Hash)
		if err != nil {
			return qa.Receipt{}, err
		}
		if known != nil {
			return *known, nil
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
func meant(ctx context.Context, tx pgx.Tx, u qa.Upload) (*row[qa.Document], error) {
	switch {
	case u.Document != "":
		d, err := scanDocument(tx.QueryRow(ctx, "SELECT "+documentColumns+" WHERE d.id = $1 AND $2 IN ('', d.collection)", u.Document, u.Collection))
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, qa.E(qa.NotFound, "document_unknown")
		}
		return d, err
	case u.Replace:
		return findSource(ctx, tx, u.Collection, u.Source)
	}
	return nil, nil
}

func findSource(ctx context.Context, q querier, c qa.CollectionID, source string) (*row[qa.Document], error) {
	d, err := scanDocument(q.QueryRow(ctx, "SELECT "+documentColumns+" WHERE d.source_key = $1", sourceKey(c, source)))
	if errors.Is(err, pgx.ErrNoRows) {
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
func sameBytes(ctx context.Context, tx pgx.Tx, c qa.CollectionID, hash string) (*qa.Receipt, error) {
	d, v, err := scanPair(tx.QueryRow(ctx, "SELECT "+pairColumns+` WHERE v.hash = $1 AND d.collection = $2
		AND v.state IN ('live', 'extracted', 'queued') ORDER BY v.seq DESC LIMIT 1`, hash, c))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &qa.Receipt{Document: d.value, Version: v.value, Outcome: qa.VerdictUnchanged}, nil
}

func newestVersion(ctx context.Context, tx pgx.Tx, document int64) (qa.Version, error) {
	_, v, err := scanPair(tx.QueryRow(ctx, "SELECT "+pairColumns+" WHERE v.document = $1 ORDER BY v.seq DESC LIMIT 1", document))
	return v.value, err
}

// first writes a new document with its first version.
func first(ctx context.Context, tx pgx.Tx, u qa.Upload, v qa.Version) (qa.Receipt, error) {
	d := qa.Document{
		ID: v.Document, Collection: u.Collection, Source: u.Source, Title: cmp.Or(u.Title, path.Base(u.Source)),
		CreatedAt: v.CreatedAt, UpdatedAt: v.CreatedAt,
	}
	name, err := insertName(ctx, tx, d.Source, v.Title, d.Title, u.Validator)
	if err != nil {
		return qa.Receipt{}, err
	}
	var seq int64
	err = tx.QueryRow(ctx, `INSERT INTO documents (id, collection, source_key, name, titled, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING seq`, d.ID, d.Collection, sourceKey(d.Collection, d.Source), name,
		u.Title != "", stored(d.CreatedAt), stored(d.UpdatedAt)).Scan(&seq)
	if err != nil {
		return qa.Receipt{}, err
	}
	v, err = insertVersion(ctx, tx, seq, name, v, u.Validator)
	return qa.Receipt{Document: d, Version: v, Outcome: qa.VerdictIngested}, err
}

// follow writes a further version of a document, unless its newest one has the same bytes.
func follow(ctx context.Context, tx pgx.Tx, d *row[qa.Document], u qa.Upload, v qa.Version) (qa.Receipt, error) {
	var titled bool
	err := tx.QueryRow(ctx, "SELECT titled FROM documents WHERE seq = $1 FOR UPDATE", d.seq).Scan(&titled)
	if errors.Is(err, pgx.ErrNoRows) {
		err = qa.E(qa.NotFound, "document_unknown") // removed meanwhile
	}
	if err != nil {
		return qa.Receipt{}, err
	}
	newest, err := newestVersion(ctx, tx, d.seq)
	if err != nil {
		return qa.Receipt{}, err
	}
	if newest.Hash == v.Hash && newest.State != qa.StateFailed {
		return qa.Receipt{Document: d.value, Version: newest, Outcome: qa.VerdictUnchanged}, nil
	}
	if v.Title == "" && titled {
		v.Title = d.value.Title
	}
	_, err = tx.Exec(ctx, "UPDATE documents SET titled = titled OR $1, updated_at = $2 WHERE seq = $3", u.Title != "", stored(v.CreatedAt), d.seq)
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

func insertName(ctx context.Context, tx pgx.Tx, source, title, shown string, w qa.Validator) (id int64, err error) {
	err = tx.QueryRow(ctx, "INSERT INTO names (source, title, shown, etag, modified) VALUES ($1, $2, $3, $4, $5) RETURNING id",
		source, title, shown, w.ETag, w.Modified).Scan(&id)
	return id, err
}

func insertVersion(ctx context.Context, tx pgx.Tx, document, name int64, v qa.Version, w qa.Validator) (qa.Version, error) {
	v = qa.Version{ID: v.ID, Document: v.Document, Hash: v.Hash, Validator: w, Size: v.Size, MediaType: v.MediaType, Title: v.Title,
		State: qa.StateQueued, Rev: 1, Embedded: 1, CreatedAt: v.CreatedAt}
	_, err := tx.Exec(ctx, `INSERT INTO versions (id, document, name, hash, size, media_type, state, rev, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, v.ID, document, name, v.Hash, v.Size, v.MediaType, v.State, v.Rev, stored(v.CreatedAt))
	return v, err
}
