package sqlite

import (
	"database/sql"
	"encoding/json"

	"rapporteur/qa"
)

// Columns in the order of their scans, with the joins they need: documents d and versions v, each
// with the row of words that names it, and the latter with what is stored of its live vectors.
const (
	documentFields = "d.seq, d.id, d.collection, coalesce(lt.name, dn.shown), dn.source, coalesce(l.id, ''), d.created_at, d.updated_at"
	documentJoins  = ` JOIN names dn ON dn.id = d.name LEFT JOIN versions l ON l.seq = d.live LEFT JOIN texts lt ON lt.version = d.live`
	versionFields  = `v.seq, v.id, v.hash, v.size, v.media_type, coalesce(vt.name, vn.title), vn.etag, vn.modified, v.state, v.rev, v.verdict, v.failure,
		v.language, v.pages, v.pages_without_text, v.recognised, v.hidden, v.chunks,
		CASE WHEN e.id IS NULL OR v.chunks = 0 THEN 1.0 ELSE coalesce(p.chunks + p.sentences, 0) / (2.0 * v.chunks) END,
		v.created_at, v.published_at, v.superseded_at`
	documentColumns = documentFields + " FROM documents d" + documentJoins
	pairColumns     = documentFields + ", " + versionFields + ` FROM versions v JOIN names vn ON vn.id = v.name
		LEFT JOIN texts vt ON vt.version = v.seq JOIN documents d ON d.seq = v.document
		LEFT JOIN encoders e ON e.live = 1 LEFT JOIN progress p ON p.version = v.seq AND p.encoder = e.id` + documentJoins
)

// scanner is a row of a query.
type scanner interface{ Scan(into ...any) error }

// documentTargets are where the fields of a document are read to; done completes it.
func documentTargets(d *row[qa.Document]) (targets []any, done func()) {
	var created, updated sql.NullInt64
	return []any{&d.seq, &d.value.ID, &d.value.Collection, &d.value.Title, &d.value.Source, &d.value.Live, &created, &updated}, func() {
		d.value.CreatedAt, d.value.UpdatedAt = fromMicros(created), fromMicros(updated)
	}
}

// versionTargets are where the fields of a version are read to; done completes it.
func versionTargets(v *row[qa.Version]) (targets []any, done func() error) {
	var created, published, superseded sql.NullInt64
	var without string
	x := &v.value
	targets = []any{&v.seq, &x.ID, &x.Hash, &x.Size, &x.MediaType, &x.Title, &x.Validator.ETag, &x.Validator.Modified, &x.State, &x.Rev,
		&x.Verdict, &x.Failure, &x.Language, &x.Pages, &without, &x.Recognised, &x.Hidden, &x.Chunks, &x.Embedded, &created, &published, &superseded}
	return targets, func() error {
		x.CreatedAt, x.PublishedAt, x.SupersededAt = fromMicros(created), fromMicros(published), fromMicros(superseded)
		if without == "[]" {
			return nil
		}
		return json.Unmarshal([]byte(without), &x.PagesWithoutText)
	}
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
func each(rows *sql.Rows, err error, f func(r scanner) error) error {
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
