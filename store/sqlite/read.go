package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

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

// documentsIn is the condition of holds in SQL, on alias d, with its arguments.
func documentsIn(s qa.Scope) (string, []any) {
	sql, args := "1", []any(nil)
	if !s.Everything {
		sql, args = "d.collection IN (SELECT value FROM json_each(?))", []any{codec.List(s.Collections)}
	}
	if len(s.Documents) > 0 {
		sql += " AND d.id IN (SELECT value FROM json_each(?))"
		args = append(args, codec.List(s.Documents))
	}
	return sql, args
}

// readable is the condition in SQL, on aliases d and v, under which passages may be read.
func readable(s qa.Scope, now time.Time) (string, []any) {
	sql, args := documentsIn(s)
	switch {
	case len(s.Versions) > 0:
		sql += " AND v.state IN ('live', 'superseded') AND v.id IN (SELECT value FROM json_each(?))"
		args = append(args, codec.List(s.Versions))
	case !s.AsOf.IsZero():
		sql += " AND EXISTS (SELECT 1 FROM lives WHERE lives.version = v.seq AND since <= ? AND coalesce(until, ?) > ?)"
		at := s.AsOf.UnixMicro()
		args = append(args, at, at+1, at)
	default:
		sql += " AND (v.state = 'live' OR v.state = 'superseded' AND v.superseded_at > ?)"
		args = append(args, now.Add(-indexLag).UnixMicro())
	}
	return sql, args
}

// Passages loads the chunks of the hits that the scope holds, in the order of the hits and with
// their scores. Hits outside the scope, or gone since, are left out. A version that was replaced less
// than indexLag ago counts as live.
func (s *Store) Passages(ctx context.Context, scope qa.Scope, hits []qa.Hit) ([]qa.Passage, error) {
	ids := make([]int64, len(hits))
	for i, h := range hits {
		ids[i] = int64(h.Chunk)
	}
	where, args := readable(scope, s.Now())
	found := make(map[qa.ChunkID]qa.Passage, len(hits))
	rows, err := s.readers.QueryContext(ctx, "SELECT v.id, v.language, "+chunkFields+", "+documentFields+` FROM chunks c
		JOIN versions v ON v.seq = c.version JOIN documents d ON d.seq = v.document`+documentJoins+`
		WHERE c.id IN (SELECT value FROM json_each(?)) AND `+where, append([]any{codec.List(ids)}, args...)...)
	err = each(rows, err, func(r scanner) error {
		p, err := scanPassage(r)
		found[p.ID] = p
		return err
	})
	if err != nil {
		return nil, public(err)
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
func (s *Store) Collections(ctx context.Context, scope qa.Scope) ([]qa.Collection, error) {
	where, args := documentsIn(scope)
	var out []qa.Collection
	rows, err := s.readers.QueryContext(ctx, "SELECT d.collection, count(d.live) FROM documents d WHERE "+where+
		" GROUP BY d.collection ORDER BY d.collection", args...)
	err = each(rows, err, func(r scanner) error {
		var c qa.Collection
		err := r.Scan(&c.ID, &c.Documents)
		out = append(out, c)
		return err
	})
	return out, public(err)
}

// Documents lists up to n documents of the scope with their newest version, in the order of their
// ids (that of arrival), after the given one; "" starts.
func (s *Store) Documents(ctx context.Context, scope qa.Scope, after qa.DocumentID, n int) ([]qa.Listed, error) {
	where, args := documentsIn(scope)
	var out []qa.Listed
	rows, err := s.readers.QueryContext(ctx, "SELECT "+pairColumns+
		" WHERE v.seq = (SELECT max(seq) FROM versions WHERE document = d.seq) AND "+where+
		" AND d.id > ? ORDER BY d.id LIMIT ?", append(args, after, n)...)
	err = each(rows, err, func(r scanner) error {
		d, v, err := scanPair(r)
		out = append(out, qa.Listed{Document: d.value, Newest: v.value})
		return err
	})
	return out, public(err)
}

// Document finds a document of the scope with all its versions, newest first. NotFound
// document_unknown.
func (s *Store) Document(ctx context.Context, scope qa.Scope, id qa.DocumentID) (qa.Document, []qa.Version, error) {
	return s.document(ctx, scope, "d.id", string(id))
}

// FindSource finds the document of a collection that came from a source, with all its versions, newest first.
// NotFound document_unknown.
func (s *Store) FindSource(ctx context.Context, scope qa.Scope, c qa.CollectionID, source string) (qa.Document, []qa.Version, error) {
	return s.document(ctx, scope, "d.source_key", sourceKey(c, source))
}

// document finds the document of the scope that has a value in a column, with all its versions.
func (s *Store) document(ctx context.Context, scope qa.Scope, column, value string) (qa.Document, []qa.Version, error) {
	where, args := documentsIn(scope)
	var doc qa.Document
	var versions []qa.Version
	rows, err := s.readers.QueryContext(ctx, "SELECT "+pairColumns+" WHERE "+column+" = ? AND "+where+" ORDER BY v.seq DESC",
		append([]any{value}, args...)...)
	err = each(rows, err, func(r scanner) error {
		d, v, err := scanPair(r)
		doc, versions = d.value, append(versions, v.value)
		return err
	})
	if err == nil && versions == nil {
		err = qa.E(qa.NotFound, "document_unknown")
	}
	return doc, versions, public(err)
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
	var seq int64
	var pages, blocks string
	err = s.readers.QueryRowContext(ctx, `SELECT v.seq, t.title, t.language, t.pages, t.blocks, t.content
		FROM texts t JOIN versions v ON v.seq = t.version WHERE v.id = ? AND t.content != ''`, version).
		Scan(&seq, &t.Title, &t.Language, &pages, &blocks, &t.Content)
	if errors.Is(err, sql.ErrNoRows) {
		return qa.Text{}, qa.Version{}, qa.E(qa.NotFound, "version_unknown")
	}
	if err == nil {
		t.Pages, err = codec.UnpackPages(pages)
	}
	if err == nil {
		t.Blocks, err = codec.UnpackBlocks(blocks)
	}
	if err == nil {
		t.Reading, _, err = loadReading(ctx, s.readers, seq)
	}
	return t, versions[at], public(err)
}
