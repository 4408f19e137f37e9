package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
)

// noteOrigin notes where a document came from, which it may have come from before.
func noteOrigin(ctx context.Context, tx pgx.Tx, id qa.DocumentID, origin string) error {
	_, err := tx.Exec(ctx, "INSERT INTO origins (document, origin) SELECT seq, $1 FROM documents WHERE id = $2 ON CONFLICT DO NOTHING", origin, id)
	return err
}

// Recall tells what CreateVersion would say of an upload that changes nothing: one that replaces its source by the
// bytes of its newest version, and comes from where it came from before. It writes nothing; false leaves the
// upload to CreateVersion.
func (s *Store) Recall(ctx context.Context, u qa.Upload, hash string) (qa.Receipt, bool, error) {
	if !u.Replace || u.Document != "" {
		return qa.Receipt{}, false, nil
	}
	var a args
	found, err := s.list(ctx, "d.source_key = "+a.add(sourceKey(u.Collection, u.Source))+" AND v.hash = "+a.add(hash)+
		" AND v.state <> 'failed' AND "+newestOf+" AND EXISTS (SELECT 1 FROM origins WHERE document = d.seq AND origin = "+a.add(u.Origin)+")", a)
	if err != nil || len(found) == 0 {
		return qa.Receipt{}, false, err
	}
	return qa.Receipt{Document: found[0].Document, Version: found[0].Newest, Outcome: qa.VerdictUnchanged}, true, nil
}

// OnlyFrom lists the documents of a collection that came from this origin and from nowhere else, with their
// newest version, in the order of their arrival.
func (s *Store) OnlyFrom(ctx context.Context, c qa.CollectionID, origin string) ([]qa.Listed, error) {
	var a args
	mark := a.add(origin)
	return s.list(ctx, "d.collection = "+a.add(c)+" AND "+newestOf+
		" AND EXISTS (SELECT 1 FROM origins WHERE document = d.seq AND origin = "+mark+
		") AND NOT EXISTS (SELECT 1 FROM origins WHERE document = d.seq AND origin <> "+mark+") ORDER BY d.id", a)
}

// exportOrigins gives nil for a document that never came from a folder.
func exportOrigins(ctx context.Context, tx pgx.Tx, document int64) ([]string, error) {
	rows, err := tx.Query(ctx, "SELECT origin FROM origins WHERE document = $1 ORDER BY origin", document)
	out, err := column[string](rows, err)
	if slices.Equal(out, []string{""}) {
		out = nil
	}
	return out, err
}

func importOrigins(ctx context.Context, tx pgx.Tx, d qa.DocumentRecord) error {
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
