package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
)

// Publish makes an extracted version live with v.Verdict and the one that was live superseded. A
// version older than the live one is superseded at once: uploads end in the order they came.
func (s *Store) Publish(ctx context.Context, v qa.Version) (state qa.State, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		state = qa.StateLive
		d, err := lockDocumentOf(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		seq, err := claim(ctx, tx, v, qa.StateExtracted)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE versions SET verdict = $1 WHERE seq = $2", v.Verdict, seq); err != nil {
			return err
		}
		late, err := isLate(ctx, tx, d.seq, seq)
		if err != nil {
			return err
		}
		if late {
			state = qa.StateSuperseded
			_, err = tx.Exec(ctx, "UPDATE versions SET state = 'superseded', superseded_at = $1 WHERE seq = $2", stored(s.Now()), seq)
			if err != nil {
				return err
			}
			return markCurrent(ctx, tx, seq, false)
		}
		return s.makeLive(ctx, tx, d, seq, v.ID)
	})
	if err != nil {
		return "", err
	}
	s.wake()
	return state, nil
}

// lockDocumentOf finds the document of a version and keeps others from changing it. Who changes both locks the
// document first. A version that is gone is stale to who worked on it.
func lockDocumentOf(ctx context.Context, tx pgx.Tx, id qa.VersionID) (row[qa.Document], error) {
	var seq int64
	err := tx.QueryRow(ctx, "SELECT seq FROM documents WHERE seq = (SELECT document FROM versions WHERE id = $1) FOR UPDATE", id).Scan(&seq)
	if errors.Is(err, pgx.ErrNoRows) {
		return row[qa.Document]{}, qa.E(qa.Conflict, "stale_version")
	}
	if err != nil {
		return row[qa.Document]{}, err
	}
	d, err := scanDocument(tx.QueryRow(ctx, "SELECT "+documentColumns+" WHERE d.seq = $1", seq))
	if err != nil {
		return row[qa.Document]{}, err
	}
	return *d, nil
}

// isLate reports whether the document already had a version live that is newer than seq.
func isLate(ctx context.Context, tx pgx.Tx, document, seq int64) (late bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM lives JOIN versions v ON v.seq = lives.version
		WHERE v.document = $1 AND v.seq > $2)`, document, seq).Scan(&late)
	return late, err
}

// makeLive puts a version in the place of the live one and tells the feed.
func (s *Store) makeLive(ctx context.Context, tx pgx.Tx, d row[qa.Document], seq int64, id qa.VersionID) error {
	now := s.Now()
	old := d.value.Live
	if old != "" {
		if err := supersede(ctx, tx, old, now); err != nil {
			return err
		}
	}
	if err := markCurrent(ctx, tx, seq, true); err != nil {
		return err
	}
	for _, q := range []struct {
		query string
		args  []any
	}{
		{"UPDATE versions SET state = 'live', published_at = $1, superseded_at = NULL WHERE seq = $2", []any{stored(now), seq}},
		{"INSERT INTO lives (version, since) VALUES ($2, $1)", []any{stored(now), seq}},
		{"UPDATE documents SET updated_at = $1, live = $2 WHERE seq = $3", []any{stored(now), seq, d.seq}},
	} {
		if _, err := tx.Exec(ctx, q.query, q.args...); err != nil {
			return err
		}
	}
	change := qa.Change{Collection: d.value.Collection, Document: d.value.ID, At: now}
	var lines []qa.Change
	if old != "" {
		change.Kind, change.Version = qa.ChangeSuperseded, old
		lines = append(lines, change)
	}
	change.Kind, change.Version = qa.ChangePublished, id
	return tell(ctx, tx, append(lines, change)...)
}

func supersede(ctx context.Context, tx pgx.Tx, id qa.VersionID, now time.Time) error {
	var seq int64
	err := tx.QueryRow(ctx, "UPDATE versions SET state = 'superseded', rev = rev + 1, superseded_at = $1 WHERE id = $2 RETURNING seq", stored(now), id).Scan(&seq)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE lives SET until = $1 WHERE until IS NULL AND version = $2", stored(now), seq); err != nil {
		return err
	}
	return markCurrent(ctx, tx, seq, false)
}

// Rollback makes a superseded version of a document live again, in one transaction; the live
// version stays as it is when it is the one asked for. NotFound document_unknown, version_unknown;
// Conflict version_not_superseded for a version that was never live.
func (s *Store) Rollback(ctx context.Context, scope qa.Scope, document qa.DocumentID, version qa.VersionID) (qa.Document, error) {
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		d, err := lockDocumentOf(ctx, tx, version)
		if err != nil || d.value.ID != document || !holds(scope, d.value) {
			if err == nil || qa.CodeOf(err) == "stale_version" {
				err = qa.E(qa.NotFound, "version_unknown")
			}
			return err
		}
		_, v, err := findVersion(ctx, tx, version)
		if err != nil {
			return err
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
		return s.makeLive(ctx, tx, d, v.seq, version)
	})
	if err != nil {
		return qa.Document{}, err
	}
	s.wake()
	d, _, err := s.Document(ctx, scope, document)
	return d, err
}
