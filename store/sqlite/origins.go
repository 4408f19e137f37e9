package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"rapporteur/qa"
)

// noteOrigin notes where a document came from, which it may have come from before.
func noteOrigin(ctx context.Context, tx *sql.Tx, id qa.DocumentID, origin string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO origins (document, origin) SELECT seq, ? FROM documents WHERE id = ? ON CONFLICT DO NOTHING", origin, id)
	return err
}

// Recall tells what CreateVersion would say of an upload that changes nothing: one that replaces its source by the
// bytes of its newest version, and comes from where it came from before. It writes nothing; false leaves the
// upload to CreateVersion.
func (s *Store) Recall(ctx context.Context, u qa.Upload, hash string) (qa.Receipt, bool, error) {
	if !u.Replace || u.Document != "" {
		return qa.Receipt{}, false, nil
	}
	d, v, err := scanPair(s.readers.QueryRowContext(ctx, "SELECT "+pairColumns+` WHERE d.source_key = ? AND v.hash = ? AND v.state != 'failed'
		AND v.seq = (SELECT max(seq) FROM versions WHERE document = d.seq)
		AND EXISTS (SELECT 1 FROM origins WHERE document = d.seq AND origin = ?)`, sourceKey(u.Collection, u.Source), hash, u.Origin))
	if errors.Is(err, sql.ErrNoRows) {
		return qa.Receipt{}, false, nil
	}
	return qa.Receipt{Document: d.value, Version: v.value, Outcome: qa.VerdictUnchanged}, err == nil, public(err)
}

// OnlyFrom lists the documents of a collection that came from this origin and from nowhere else, with their
// newest version, in the order of their arrival.
func (s *Store) OnlyFrom(ctx context.Context, c qa.CollectionID, origin string) (out []qa.Listed, err error) {
	rows, err := s.readers.QueryContext(ctx, "SELECT "+pairColumns+` WHERE d.collection = ?
		AND v.seq = (SELECT max(seq) FROM versions WHERE document = d.seq)
		AND EXISTS (SELECT 1 FROM origins WHERE document = d.seq AND origin = ?)
		AND NOT EXISTS (SELECT 1 FROM origins WHERE document = d.seq AND origin != ?) ORDER BY d.id`, c, origin, origin)
	err = each(rows, err, func(r scanner) error {
		d, v, err := scanPair(r)
		out = append(out, qa.Listed{Document: d.value, Newest: v.value})
		return err
	})
	return out, public(err)
}

// exportOrigins gives nil for a document that never came from a folder.
func exportOrigins(ctx context.Context, tx *sql.Tx, document int64) (out []string, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT origin FROM origins WHERE document = ? ORDER BY origin", document)
	err = each(rows, err, func(r scanner) error {
		var origin string
		err := r.Scan(&origin)
		out = append(out, origin)
		return err
	})
	if slices.Equal(out, []string{""}) {
		out = nil
	}
	return out, err
}

func importOrigins(ctx context.Context, tx *sql.Tx, d qa.DocumentRecord) error {
	if d.Origins == nil {
		return noteOrigin(ctx, tx, d.ID, "")
	}
	for _, origin := range d.Origins {
		if err := noteOrigin(ctx, tx, d.ID, origin); err != nil {
			return err
		}
	}
	return nil
}
