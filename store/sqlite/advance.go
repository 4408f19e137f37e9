package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// Version finds a version by id.
func (s *Store) Version(ctx context.Context, id qa.VersionID) (qa.Document, qa.Version, error) {
	d, v, err := findVersion(ctx, s.readers, id)
	return d.value, v.value, public(err)
}

// querier is the database or a transaction of it.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func findVersion(ctx context.Context, q querier, id qa.VersionID) (row[qa.Document], row[qa.Version], error) {
	d, v, err := scanPair(q.QueryRowContext(ctx, "SELECT "+pairColumns+" WHERE v.id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		err = qa.E(qa.NotFound, "version_unknown")
	}
	return d, v, err
}

// Unfinished lists the versions that still wait for a step, oldest first.
func (s *Store) Unfinished(ctx context.Context) ([]qa.VersionID, error) {
	var out []qa.VersionID
	rows, err := s.readers.QueryContext(ctx, "SELECT id FROM versions WHERE state IN ('queued', 'extracted') ORDER BY seq")
	err = each(rows, err, func(r scanner) error {
		var id qa.VersionID
		err := r.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, public(err)
}

// SaveChunks makes a queued version extracted, with its text and chunks.
func (s *Store) SaveChunks(ctx context.Context, v qa.Version, t qa.Text, chunks []qa.Chunk) error {
	return s.write(ctx, func(tx *sql.Tx) error { return saveChunks(ctx, tx, v, t, chunks) })
}

func saveChunks(ctx context.Context, tx *sql.Tx, v qa.Version, t qa.Text, chunks []qa.Chunk) error {
	seq, err := claim(ctx, tx, v, qa.StateQueued)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE versions SET state = 'extracted', language = ?, pages = ?,
		pages_without_text = ?, recognised = ?, hidden = ?, chunks = ? WHERE seq = ?`,
		v.Language, v.Pages, codec.List(v.PagesWithoutText), v.Recognised, v.Hidden, len(chunks), seq)
	if err != nil {
		return err
	}
	if err := saveReading(ctx, tx, seq, t.Reading); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO texts (version, name, title, language, pages, blocks, content) VALUES (?, ?, ?, ?, ?, ?, ?)",
		seq, v.Title, t.Title, t.Language, codec.PackPages(t.Pages), codec.PackBlocks(t.Blocks), t.Content)
	if err != nil {
		return err
	}
	return insertChunks(ctx, tx, seq, chunks)
}

// claim is the compare-and-set on Rev that begins every change of a version.
func claim(ctx context.Context, tx *sql.Tx, v qa.Version, states ...qa.State) (seq int64, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE versions SET rev = rev + 1
		WHERE id = ? AND rev = ? AND state IN (SELECT value FROM json_each(?)) RETURNING seq`, v.ID, v.Rev, codec.List(states)).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, qa.E(qa.Conflict, "stale_version")
	}
	return seq, err
}

func insertChunks(ctx context.Context, tx *sql.Tx, version int64, chunks []qa.Chunk) error {
	insert, err := tx.PrepareContext(ctx, "INSERT INTO chunks (version, ordinal, start, stop, pages, section, text, blocks, header) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, c := range chunks {
		_, err := insert.ExecContext(ctx, version, c.Ordinal, c.Start, c.End, codec.PackPages(c.Pages), codec.List(c.Section), c.Text, codec.PackBlocks(c.Blocks), c.Header)
		if err != nil {
			return err
		}
	}
	return nil
}

// Publish makes an extracted version live with v.Verdict and the one that was live superseded. A
// version older than the live one is superseded at once: uploads end in the order they came.
func (s *Store) Publish(ctx context.Context, v qa.Version) (qa.State, error) {
	state := qa.StateLive
	err := s.write(ctx, func(tx *sql.Tx) error {
		seq, err := claim(ctx, tx, v, qa.StateExtracted)
		if err != nil {
			return err
		}
		d, _, err := findVersion(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE versions SET verdict = ? WHERE seq = ?", v.Verdict, seq); err != nil {
			return err
		}
		late, err := isLate(ctx, tx, d.seq, seq)
		if err != nil {
			return err
		}
		if late {
			state = qa.StateSuperseded
			_, err = tx.ExecContext(ctx, "UPDATE versions SET state = 'superseded', superseded_at = ? WHERE seq = ?", micros(s.Now()), seq)
			return err
		}
		return s.makeLive(ctx, tx, d, v.ID)
	})
	if err != nil {
		return "", err
	}
	s.wake()
	return state, nil
}

// isLate reports whether the document already had a version live that is newer than seq.
func isLate(ctx context.Context, tx *sql.Tx, document, seq int64) (late bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM lives JOIN versions v ON v.seq = lives.version
		WHERE v.document = ? AND v.seq > ?)`, document, seq).Scan(&late)
	return late, err
}

// makeLive puts a version in the place of the live one and tells the feed.
func (s *Store) makeLive(ctx context.Context, tx *sql.Tx, d row[qa.Document], id qa.VersionID) error {
	now := s.Now()
	if old := d.value.Live; old != "" {
		if err := supersede(ctx, tx, d.value, now); err != nil {
			return err
		}
	}
	for _, q := range []struct {
		query string
		args  []any
	}{
		{"UPDATE versions SET state = 'live', published_at = ?, superseded_at = NULL WHERE id = ?", []any{micros(now), id}},
		{"INSERT INTO lives (version, since) SELECT seq, ? FROM versions WHERE id = ?", []any{micros(now), id}},
		{"UPDATE documents SET updated_at = ?, live = (SELECT seq FROM versions WHERE id = ?) WHERE seq = ?", []any{micros(now), id, d.seq}},
	} {
		if _, err := tx.ExecContext(ctx, q.query, q.args...); err != nil {
			return err
		}
	}
	return tell(ctx, tx, qa.Change{Kind: qa.ChangePublished, Collection: d.value.Collection, Document: d.value.ID, Version: id, At: now})
}

func supersede(ctx context.Context, tx *sql.Tx, d qa.Document, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE versions SET state = 'superseded', rev = rev + 1, superseded_at = ? WHERE id = ?", micros(now), d.Live)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE lives SET until = ? WHERE until IS NULL
		AND version = (SELECT seq FROM versions WHERE id = ?)`, micros(now), d.Live)
	if err != nil {
		return err
	}
	return tell(ctx, tx, qa.Change{Kind: qa.ChangeSuperseded, Collection: d.Collection, Document: d.ID, Version: d.Live, At: now})
}

// Rollback makes a superseded version of a document live again, in one transaction; the live
// version stays as it is when it is the one asked for. NotFound document_unknown, version_unknown;
// Conflict version_not_superseded for a version that was never live.
func (s *Store) Rollback(ctx context.Context, scope qa.Scope, document qa.DocumentID, version qa.VersionID) (qa.Document, error) {
	err := s.write(ctx, func(tx *sql.Tx) error {
		d, v, err := findVersion(ctx, tx, version)
		if err != nil {
			return err
		}
		if d.value.ID != document || !holds(scope, d.value) {
			return qa.E(qa.NotFound, "version_unknown")
		}
		if v.value.State == qa.StateLive {
			return nil
		}
		if v.value.State != qa.StateSuperseded {
			return qa.E(qa.Conflict, "version_not_superseded")
		}
		if _, err := claim(ctx, tx, v.value, qa.StateSuperseded); err != nil {
			return err
		}
		if v.value.Embedded < 1 && s.hook != nil { // what it lacks is made up for
			if err := s.hook(ctx, tx, qa.Work{Version: version, Collection: d.value.Collection, Size: v.value.Size}); err != nil {
				return err
			}
		}
		return s.makeLive(ctx, tx, d, version)
	})
	if err != nil {
		return qa.Document{}, err
	}
	s.wake()
	d, _, err := s.Document(ctx, scope, document)
	return d, err
}

// Fail ends a version that waits for a step; what was read of it is erased, but for its report: r, or
// the one it had when r is empty.
func (s *Store) Fail(ctx context.Context, v qa.Version, r qa.Reading) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		seq, err := claim(ctx, tx, v, qa.StateQueued, qa.StateExtracted)
		if err != nil {
			return err
		}
		return fail(ctx, tx, seq, v, r)
	})
}

func fail(ctx context.Context, tx *sql.Tx, seq int64, v qa.Version, r qa.Reading) error {
	if err := blankText(ctx, tx, []int64{seq}); err != nil {
		return err
	}
	if err := saveReading(ctx, tx, seq, r); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE versions SET state = 'failed', verdict = ?, failure = ?, pages = ?,
		pages_without_text = ?, recognised = ?, hidden = ?, chunks = 0 WHERE seq = ?`,
		v.Verdict, v.Failure, v.Pages, codec.List(v.PagesWithoutText), v.Recognised, v.Hidden, seq)
	return err
}

// Cancel ends the work on the newest version of a document that still waits for a step, as Fail does, with
// the verdict canceled. NotFound document_unknown; Conflict nothing_to_cancel.
func (s *Store) Cancel(ctx context.Context, scope qa.Scope, document qa.DocumentID) (id qa.VersionID, err error) {
	where, args := documentsIn(scope)
	err = s.write(ctx, func(tx *sql.Tx) error {
		_, v, err := scanPair(tx.QueryRowContext(ctx, "SELECT "+pairColumns+" WHERE d.id = ? AND "+where+
			" ORDER BY v.state IN ('queued', 'extracted') DESC, v.seq DESC LIMIT 1", append([]any{document}, args...)...))
		if errors.Is(err, sql.ErrNoRows) {
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
