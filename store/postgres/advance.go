package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// Version finds a version by id.
func (s *Store) Version(ctx context.Context, id qa.VersionID) (d qa.Document, v qa.Version, err error) {
	err = s.read(ctx, func(ctx context.Context, q querier) error {
		document, version, err := findVersion(ctx, q, id)
		d, v = document.value, version.value
		return err
	})
	return d, v, err
}

func findVersion(ctx context.Context, q querier, id qa.VersionID) (row[qa.Document], row[qa.Version], error) {
	d, v, err := scanPair(q.QueryRow(ctx, "SELECT "+pairColumns+" WHERE v.id = $1", id))
	if errors.Is(err, pgx.ErrNoRows) {
		err = qa.E(qa.NotFound, "version_unknown")
	}
	return d, v, err
}

// Unfinished lists the versions that still wait for a step, oldest first.
func (s *Store) Unfinished(ctx context.Context) (out []qa.VersionID, err error) {
	err = s.read(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "SELECT id FROM versions WHERE state IN ('queued', 'extracted') ORDER BY seq")
		out, err = column[qa.VersionID](rows, err)
		return err
	})
	return out, err
}

// SaveChunks makes a queued version extracted, with its text and chunks.
func (s *Store) SaveChunks(ctx context.Context, v qa.Version, t qa.Text, chunks []qa.Chunk) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error { return saveChunks(ctx, tx, v, t, chunks) })
}

func saveChunks(ctx context.Context, tx pgx.Tx, v qa.Version, t qa.Text, chunks []qa.Chunk) error {
	seq, err := claim(ctx, tx, v, qa.StateQueued)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE versions SET state = 'extracted', language = $1, pages = $2,
		pages_without_text = $3, recognised = $4, hidden = $5, chunks = $6 WHERE seq = $7`,
		v.Language, v.Pages, codec.List(v.PagesWithoutText), v.Recognised, v.Hidden, len(chunks), seq)
	if err != nil {
		return err
	}
	if err := saveReading(ctx, tx, seq, t.Reading); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO texts (version, name, title, language, pages, blocks, content) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		seq, v.Title, t.Title, t.Language, codec.PackPages(t.Pages), codec.PackBlocks(t.Blocks), t.Content)
	if err != nil {
		return err
	}
	return insertChunks(ctx, tx, seq, chunks)
}

// claim is the compare-and-set on Rev that begins every change of a version.
func claim(ctx context.Context, tx pgx.Tx, v qa.Version, states ...qa.State) (seq int64, err error) {
	err = tx.QueryRow(ctx, `UPDATE versions SET rev = rev + 1
		WHERE id = $1 AND rev = $2 AND state = ANY($3) RETURNING seq`, v.ID, v.Rev, texts(states)).Scan(&seq)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, qa.E(qa.Conflict, "stale_version")
	}
	return seq, err
}

// texts gives words of a type of their own as the driver takes a list of them.
func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

func insertChunks(ctx context.Context, tx pgx.Tx, version int64, chunks []qa.Chunk) error {
	columns := []string{"version", "ordinal", "start", "stop", "pages", "section", "text", "blocks", "header"}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"chunks"}, columns, pgx.CopyFromSlice(len(chunks), func(i int) ([]any, error) {
		c := chunks[i]
		return []any{version, c.Ordinal, c.Start, c.End, codec.PackPages(c.Pages), codec.List(c.Section), c.Text, codec.PackBlocks(c.Blocks), c.Header}, nil
	}))
	return err
}

// Fail ends a version that waits for a step; what was read of it is erased, but for its report: r, or
// the one it had when r is empty.
func (s *Store) Fail(ctx context.Context, v qa.Version, r qa.Reading) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		seq, err := claim(ctx, tx, v, qa.StateQueued, qa.StateExtracted)
		if err != nil {
			return err
		}
		return fail(ctx, tx, seq, v, r)
	})
}

func fail(ctx context.Context, tx pgx.Tx, seq int64, v qa.Version, r qa.Reading) error {
	for _, query := range []string{
		"DELETE FROM chunks WHERE version = $1", // their vectors follow by their foreign keys
		"DELETE FROM texts WHERE version = $1",
		"DELETE FROM progress WHERE version = $1",
	} {
		if _, err := tx.Exec(ctx, query, seq); err != nil {
			return err
		}
	}
	if err := saveReading(ctx, tx, seq, r); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE versions SET state = 'failed', verdict = $1, failure = $2, pages = $3,
		pages_without_text = $4, recognised = $5, hidden = $6, chunks = 0 WHERE seq = $7`,
		v.Verdict, v.Failure, v.Pages, codec.List(v.PagesWithoutText), v.Recognised, v.Hidden, seq)
	return err
}

// Cancel ends the work on the newest version of a document that still waits for a step, as Fail does, with
// the verdict canceled. NotFound document_unknown; Conflict nothing_to_cancel.
func (s *Store) Cancel(ctx context.Context, scope qa.Scope, document qa.DocumentID) (id qa.VersionID, err error) {
	err = s.writeAsked(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var a args
		_, v, err := scanPair(tx.QueryRow(ctx, "SELECT "+pairColumns+" WHERE "+documentsIn(&a, scope)+" AND d.id = "+a.add(document)+
			" ORDER BY v.state IN ('queued', 'extracted') DESC, v.seq DESC LIMIT 1", a...))
		if errors.Is(err, pgx.ErrNoRows) {
			return qa.E(qa.NotFound, "document_unknown")
		}
		if err != nil {
			return err
		}
		if !v.value.State.Pending() {
			return qa.E(qa.Conflict, "nothing_to_cancel")
		}
		if _, err := claim(ctx, tx, v.value, qa.StateQueued, qa.StateExtracted); err != nil {
			return err
		}
		id = v.value.ID
		v.value.Verdict, v.value.Failure = qa.VerdictCanceled, string(qa.VerdictCanceled)
		return fail(ctx, tx, v.seq, v.value, qa.Reading{})
	})
	return id, err
}
