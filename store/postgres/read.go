package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// indexLag is how long after its replacement a version still answers a question about the live
// versions. In-memory indexes learn of a publication a moment after it is committed; until then
// their hits are all of the old version, and dropping those would leave an answer with nothing.
const indexLag = 5 * time.Second

// holds reports whether the scope covers the document, whichever version is asked for.
func holds(s qa.Scope, d qa.Document) bool {
	return s.Holds(d.Collection) && (len(s.Documents) == 0 || slices.Contains(s.Documents, d.ID))
}

// documentsIn is the condition of holds in SQL, on alias d.
func documentsIn(a *args, s qa.Scope) string {
	sql := "true"
	if !s.Everything {
		sql = "d.collection = ANY(" + a.add(texts(s.Collections)) + ")"
	}
	if len(s.Documents) > 0 {
		sql += " AND d.id = ANY(" + a.add(texts(s.Documents)) + ")"
	}
	return sql
}

// covered is the condition in SQL, on aliases d and v, of the versions that a scope covers; live is that of
// those in force.
func covered(a *args, s qa.Scope, live func(*args) string) string {
	sql := documentsIn(a, s)
	switch {
	case len(s.Versions) > 0:
		return sql + " AND v.state IN ('live', 'superseded') AND v.id = ANY(" + a.add(texts(s.Versions)) + ")"
	case !s.AsOf.IsZero():
		at := a.add(stored(s.AsOf))
		return sql + " AND EXISTS (SELECT 1 FROM lives WHERE lives.version = v.seq AND since <= " + at +
			" AND coalesce(until, 'infinity') > " + at + ")"
	}
	return sql + " AND " + live(a)
}

// Passages loads the chunks of the hits that the scope holds, in the order of the hits and with
// their scores. Hits outside the scope, or gone since, are left out. A version that was replaced less
// than indexLag ago counts as live.
func (s *Store) Passages(ctx context.Context, scope qa.Scope, hits []qa.Hit) ([]qa.Passage, error) {
	ids := make([]int64, len(hits))
	for i, h := range hits {
		ids[i] = int64(h.Chunk)
	}
	var a args
	chunks := a.add(ids)
	where := covered(&a, scope, func(a *args) string {
		return "(v.state = 'live' OR v.state = 'superseded' AND v.superseded_at > " + a.add(s.Now().Add(-indexLag)) + ")"
	})
	found := make(map[qa.ChunkID]qa.Passage, len(hits))
	err := s.read(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "SELECT v.id, v.language, "+chunkFields+", "+documentFields+` FROM chunks c
			JOIN versions v ON v.seq = c.version JOIN documents d ON d.seq = v.document`+documentJoins+
			" WHERE c.id = ANY("+chunks+") AND "+where, a...)
		return each(rows, err, func(r scanner) error {
			p, err := scanPassage(r)
			found[p.ID] = p
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	out := make([]qa.Passage, 0, len(found))
	for _, h := range hits {
		if p, ok := found[h.Chunk]; ok {
			p.Score = h.Score
			out = append(out, p)
		}
	}
	return out, nil
}

func scanPassage(r scanner) (qa.Passage, error) {
	var p qa.Passage
	var d row[qa.Document]
	ct, cDone := chunkTargets(&p.Chunk)
	dt, dDone := documentTargets(&d)
	targets := append([]any{&p.Version, &p.Language}, ct...)
	if err := r.Scan(append(targets, dt...)...); err != nil {
		return p, err
	}
	dDone()
	p.Document = d.value
	return p, cDone()
}

// Collections lists the collections that the scope covers, by name, with their live documents.
func (s *Store) Collections(ctx context.Context, scope qa.Scope) (out []qa.Collection, err error) {
	var a args
	where := documentsIn(&a, scope)
	err = s.read(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "SELECT d.collection, count(d.live) FROM documents d WHERE "+where+" GROUP BY d.collection ORDER BY d.collection", a...)
		return each(rows, err, func(r scanner) error {
			var c qa.Collection
			err := r.Scan(&c.ID, &c.Documents)
			out = append(out, c)
			return err
		})
	})
	return out, err
}

// newestOf says in SQL that v is the version of d that was uploaded last.
const newestOf = "v.seq = (SELECT max(seq) FROM versions WHERE document = d.seq)"

// Documents lists up to n documents of the scope with their newest version, in the order of their
// ids (that of arrival), after the given one; "" starts.
func (s *Store) Documents(ctx context.Context, scope qa.Scope, after qa.DocumentID, n int) ([]qa.Listed, error) {
	var a args
	where := newestOf + " AND " + documentsIn(&a, scope) + " AND d.id > " + a.add(after)
	return s.list(ctx, where+" ORDER BY d.id LIMIT "+a.add(n), a)
}

// Titles gives the n documents of the scope that have a live version and arrived last, newest first.
func (s *Store) Titles(ctx context.Context, scope qa.Scope, n int) (out []qa.Document, err error) {
	var a args
	where := "d.live IS NOT NULL AND " + documentsIn(&a, scope)
	err = s.read(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "SELECT "+documentColumns+" WHERE "+where+" ORDER BY d.id DESC LIMIT "+a.add(n), a...)
		return each(rows, err, func(r scanner) error {
			d, err := scanDocument(r)
			if err == nil {
				out = append(out, d.value)
			}
			return err
		})
	})
	return out, err
}

// Unreadable lists up to n documents of the scope of which the newest version could not be read, or not
// all of it, in the order of their arrival: the answer to a question may stand there.
func (s *Store) Unreadable(ctx context.Context, scope qa.Scope, n int) ([]qa.Listed, error) {
	var a args
	where := "(v.state = 'failed' OR v.pages_without_text <> '[]') AND " + newestOf + " AND " + documentsIn(&a, scope)
	return s.list(ctx, where+" ORDER BY d.id LIMIT "+a.add(n), a)
}

func (s *Store) list(ctx context.Context, where string, a args) (out []qa.Listed, err error) {
	err = s.read(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "SELECT "+pairColumns+" WHERE "+where, a...)
		return each(rows, err, func(r scanner) error {
			d, v, err := scanPair(r)
			out = append(out, qa.Listed{Document: d.value, Newest: v.value})
			return err
		})
	})
	return out, err
}

// Document finds a document of the scope with all its versions, newest first. NotFound
// document_unknown.
func (s *Store) Document(ctx context.Context, scope qa.Scope, id qa.DocumentID) (qa.Document, []qa.Version, error) {
	var a args
	return s.document(ctx, "d.id = "+a.add(id)+" AND "+documentsIn(&a, scope), a)
}

// FindSource finds the document of a collection that came from a source, with all its versions, newest first.
// NotFound document_unknown.
func (s *Store) FindSource(ctx context.Context, scope qa.Scope, c qa.CollectionID, source string) (qa.Document, []qa.Version, error) {
	var a args
	return s.document(ctx, "d.source_key = "+a.add(sourceKey(c, source))+" AND "+documentsIn(&a, scope), a)
}

func (s *Store) document(ctx context.Context, where string, a args) (doc qa.Document, versions []qa.Version, err error) {
	err = s.read(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "SELECT "+pairColumns+" WHERE "+where+" ORDER BY v.seq DESC", a...)
		return each(rows, err, func(r scanner) error {
			d, v, err := scanPair(r)
			doc, versions = d.value, append(versions, v.value)
			return err
		})
	})
	if err == nil && versions == nil {
		err = qa.E(qa.NotFound, "document_unknown")
	}
	return doc, versions, err
}

// Text gives the text of a version of a document of the scope; "" is the live one. NotFound
// document_unknown, or version_unknown for a version without text.
func (s *Store) Text(ctx context.Context, scope qa.Scope, id qa.DocumentID, version qa.VersionID) (qa.Text, qa.Version, error) {
	d, versions, err := s.Document(ctx, scope, id)
	if err != nil {
		return qa.Text{}, qa.Version{}, err
	}
	if version == "" {
		version = d.Live
	}
	at := slices.IndexFunc(versions, func(v qa.Version) bool { return v.ID == version })
	if at < 0 {
		return qa.Text{}, qa.Version{}, qa.E(qa.NotFound, "version_unknown")
	}
	var t qa.Text
	err = s.read(ctx, func(ctx context.Context, q querier) (err error) {
		t, err = loadText(ctx, q, version)
		return err
	})
	return t, versions[at], err
}

func loadText(ctx context.Context, q querier, version qa.VersionID) (t qa.Text, err error) {
	var seq int64
	var pages, blocks string
	err = q.QueryRow(ctx, `SELECT v.seq, t.title, t.language, t.pages, t.blocks, t.content
		FROM texts t JOIN versions v ON v.seq = t.version WHERE v.id = $1`, version).
		Scan(&seq, &t.Title, &t.Language, &pages, &blocks, &t.Content)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, qa.E(qa.NotFound, "version_unknown")
	}
	if err == nil {
		t.Pages, err = codec.UnpackPages(pages)
	}
	if err == nil {
		t.Blocks, err = codec.UnpackBlocks(blocks)
	}
	if err == nil {
		t.Reading, err = loadReading(ctx, q, seq)
	}
	return t, err
}

// Reading gives the ingestion report of a version of the scope, also of one that could not be read; an empty
// one where nothing was reported. NotFound version_unknown.
func (s *Store) Reading(ctx context.Context, scope qa.Scope, id qa.VersionID) (report qa.Reading, err error) {
	var a args
	where := "v.id = " + a.add(id) + " AND " + documentsIn(&a, scope)
	err = s.read(ctx, func(ctx context.Context, q querier) error {
		var seq int64
		err := q.QueryRow(ctx, "SELECT v.seq FROM versions v JOIN documents d ON d.seq = v.document WHERE "+where, a...).Scan(&seq)
		if errors.Is(err, pgx.ErrNoRows) {
			return qa.E(qa.NotFound, "version_unknown")
		}
		if err == nil {
			report, err = loadReading(ctx, q, seq)
		}
		return err
	})
	return report, err
}

func loadReading(ctx context.Context, q querier, version int64) (qa.Reading, error) {
	var report string
	err := q.QueryRow(ctx, "SELECT report FROM readings WHERE version = $1 ORDER BY id DESC LIMIT 1", version).Scan(&report)
	if errors.Is(err, pgx.ErrNoRows) {
		return qa.Reading{}, nil
	}
	if err != nil {
		return qa.Reading{}, err
	}
	return codec.UnpackReading(report)
}

// saveReading appends a report; an empty one says nothing and is not kept.
func saveReading(ctx context.Context, tx pgx.Tx, version int64, r qa.Reading) error {
	if len(r.Pages) == 0 && len(r.Attachments) == 0 && r.Created.IsZero() && r.Modified.IsZero() {
		return nil
	}
	report, err := codec.PackReading(r)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO readings (version, report) VALUES ($1, $2)", version, report)
	return err
}
