package postgres

import (
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
)

// Columns in the order of their scans, with the joins they need: documents d and versions v, each with the row
// of words that names it, and the latter with what is stored of its live vectors.
const (
	documentFields = "d.seq, d.id, d.collection, coalesce(lt.name, dn.shown), dn.source, coalesce(l.id, ''), d.created_at, d.updated_at"
	documentJoins  = ` JOIN names dn ON dn.id = d.name LEFT JOIN versions l ON l.seq = d.live LEFT JOIN texts lt ON lt.version = d.live`
	versionFields  = `v.seq, v.id, v.hash, v.size, v.media_type, coalesce(vt.name, vn.title), vn.etag, vn.modified, v.state, v.rev, v.verdict, v.failure,
		v.language, v.pages, v.pages_without_text, v.recognised, v.hidden, v.chunks,
		CASE WHEN e.id IS NULL OR v.chunks = 0 THEN 1.0 ELSE coalesce(p.chunks + p.sentences, 0) / (2.0 * v.chunks) END::float8,
		v.created_at, v.published_at, v.superseded_at`
	documentColumns = documentFields + " FROM documents d" + documentJoins
	pairColumns     = documentFields + ", " + versionFields + ` FROM versions v JOIN names vn ON vn.id = v.name
		LEFT JOIN texts vt ON vt.version = v.seq JOIN documents d ON d.seq = v.document
		LEFT JOIN encoders e ON e.live LEFT JOIN progress p ON p.version = v.seq AND p.encoder = e.id` + documentJoins
)

// row is a document or version as found, with its internal number.
type row[T any] struct {
	seq   int64
	value T
}

// scanner is a row of a query.
type scanner interface{ Scan(into ...any) error }

// documentTargets are where the fields of a document are read to; done completes it.
func documentTargets(d *row[qa.Document]) (targets []any, done func()) {
	x := &d.value
	return []any{&d.seq, &x.ID, &x.Collection, &x.Title, &x.Source, &x.Live, &x.CreatedAt, &x.UpdatedAt}, func() {
		x.CreatedAt, x.UpdatedAt = x.CreatedAt.UTC(), x.UpdatedAt.UTC()
	}
}

// versionTargets are where the fields of a version are read to; done completes it.
func versionTargets(v *row[qa.Version]) (targets []any, done func() error) {
	var published, superseded *time.Time
	var without string
	x := &v.value
	targets = []any{&v.seq, &x.ID, &x.Hash, &x.Size, &x.MediaType, &x.Title, &x.Validator.ETag, &x.Validator.Modified, &x.State, &x.Rev,
		&x.Verdict, &x.Failure, &x.Language, &x.Pages, &without, &x.Recognised, &x.Hidden, &x.Chunks, &x.Embedded,
		&x.CreatedAt, &published, &superseded}
	return targets, func() error {
		x.CreatedAt, x.PublishedAt, x.SupersededAt = x.CreatedAt.UTC(), read(published), read(superseded)
		if without == "[]" {
			return nil
		}
		return json.Unmarshal([]byte(without), &x.PagesWithoutText)
	}
}

// stored is how a time is stored, to the microsecond; the zero time is NULL.
func stored(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.Truncate(time.Microsecond)
	return &t
}

// read is the inverse of stored.
func read(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func scanDocument(r scanner) (*row[qa.Document], error) {
	var d row[qa.Document]
	targets, done := documentTargets(&d)
	if err := r.Scan(targets...); err != nil {
		return nil, err
	}
	done()
	return &d, nil
}

func scanPair(r scanner) (d row[qa.Document], v row[qa.Version], err error) {
	dt, dDone := documentTargets(&d)
	vt, vDone := versionTargets(&v)
	if err := r.Scan(append(dt, vt...)...); err != nil {
		return d, v, err
	}
	dDone()
	v.value.Document = d.value.ID
	return d, v, vDone()
}

// each runs f on every row and closes them.
func each(rows pgx.Rows, err error, f func(r scanner) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// column collects the only column of every row.
func column[T any](rows pgx.Rows, err error) ([]T, error) {
	var out []T
	err = each(rows, err, func(r scanner) error {
		var x T
		err := r.Scan(&x)
		out = append(out, x)
		return err
	})
	return out, err
}
