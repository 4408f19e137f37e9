package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"unicode/utf8"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// Reading gives the ingestion report of a version of the scope, also of one that could not be read.
// Of a version stored before there were reports it says what the text and its pages tell: characters
// and pages that gave none. NotFound version_unknown.
func (s *Store) Reading(ctx context.Context, scope qa.Scope, id qa.VersionID) (qa.Reading, error) {
	where, args := documentsIn(scope)
	_, v, err := scanPair(s.readers.QueryRowContext(ctx, "SELECT "+pairColumns+" WHERE v.id = ? AND "+where, append([]any{id}, args...)...))
	if errors.Is(err, sql.ErrNoRows) {
		return qa.Reading{}, qa.E(qa.NotFound, "version_unknown")
	}
	if err != nil {
		return qa.Reading{}, public(err)
	}
	r, known, err := loadReading(ctx, s.readers, v.seq)
	if err == nil && !known {
		r, err = rebuiltReading(ctx, s.readers, v)
	}
	return r, public(err)
}

func loadReading(ctx context.Context, q querier, version int64) (r qa.Reading, known bool, err error) {
	var report string
	err = q.QueryRowContext(ctx, "SELECT report FROM readings WHERE version = ? AND report != '' ORDER BY id DESC LIMIT 1", version).Scan(&report)
	if errors.Is(err, sql.ErrNoRows) {
		return qa.Reading{}, false, nil
	}
	if err == nil {
		r, err = codec.UnpackReading(report)
	}
	return r, err == nil, err
}

// rebuiltReading makes a report of what is stored beside it.
func rebuiltReading(ctx context.Context, q querier, v row[qa.Version]) (qa.Reading, error) {
	var packedPages, content string
	err := q.QueryRowContext(ctx, "SELECT pages, content FROM texts WHERE version = ? AND content != ''", v.seq).Scan(&packedPages, &content)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return qa.Reading{}, err
	}
	var pages []qa.Page
	if content != "" {
		if pages, err = codec.UnpackPages(packedPages); err != nil {
			return qa.Reading{}, err
		}
	}
	var r qa.Reading
	for n := 1; n <= v.value.Pages; n++ {
		page := qa.PageReading{Number: n}
		if n <= len(pages) {
			page.Characters = utf8.RuneCountInString(content[pages[n-1].Start:pages[n-1].End])
		}
		if slices.Contains(v.value.PagesWithoutText, n) {
			page.Unread = string(qa.VerdictNoText)
		}
		r.Pages = append(r.Pages, page)
	}
	if v.value.Pages == 0 && content != "" {
		r.Pages = []qa.PageReading{{Characters: utf8.RuneCountInString(content)}}
	}
	return r, nil
}

// saveReading appends a report; an empty one says nothing and is not kept.
func saveReading(ctx context.Context, tx *sql.Tx, version int64, r qa.Reading) error {
	if len(r.Pages) == 0 && len(r.Attachments) == 0 && r.Created.IsZero() && r.Modified.IsZero() {
		return nil
	}
	report, err := codec.PackReading(r)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO readings (version, report) VALUES (?, ?)", version, report)
	return err
}

// Titles gives the n documents of the scope that have a live version and arrived last, newest first.
func (s *Store) Titles(ctx context.Context, scope qa.Scope, n int) ([]qa.Document, error) {
	where, args := documentsIn(scope)
	var out []qa.Document
	rows, err := s.readers.QueryContext(ctx, "SELECT "+documentColumns+" WHERE d.live IS NOT NULL AND "+where+" ORDER BY d.id DESC LIMIT ?", append(args, n)...)
	err = each(rows, err, func(r scanner) error {
		d, err := scanDocument(r)
		if err == nil {
			out = append(out, d.value)
		}
		return err
	})
	return out, public(err)
}

// Unreadable lists up to n documents of the scope of which the newest version could not be read, or not
// all of it, in the order of their arrival: the answer to a question may stand there.
func (s *Store) Unreadable(ctx context.Context, scope qa.Scope, n int) ([]qa.Listed, error) {
	where, args := documentsIn(scope)
	var out []qa.Listed
	rows, err := s.readers.QueryContext(ctx, "SELECT "+pairColumns+` WHERE (v.state = 'failed' OR v.pages_without_text != '[]')
		AND v.seq = (SELECT max(seq) FROM versions WHERE document = d.seq) AND `+where+" ORDER BY d.id LIMIT ?", append(args, n)...)
	err = each(rows, err, func(r scanner) error {
		d, v, err := scanPair(r)
		out = append(out, qa.Listed{Document: d.value, Newest: v.value})
		return err
	})
	return out, public(err)
}
