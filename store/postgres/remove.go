package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
	"rapporteur/store/postgres/talk"
)

// DeleteDocument removes a document of the scope with its versions, texts, chunks and vectors, and what kept
// conversations and feedback quote of it, and returns the hashes of its originals. Its rows are gone for every reader; what they leave in the files of the database
// goes with Purge. NotFound document_unknown.
func (s *Store) DeleteDocument(ctx context.Context, scope qa.Scope, id qa.DocumentID) (hashes []string, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		var a args
		var seq int64
		var c qa.CollectionID
		err = tx.QueryRow(ctx, "SELECT d.seq, d.collection FROM documents d WHERE d.id = "+a.add(id)+" AND "+documentsIn(&a, scope)+" FOR UPDATE", a...).Scan(&seq, &c)
		if errors.Is(err, pgx.ErrNoRows) {
			return qa.E(qa.NotFound, "document_unknown")
		}
		if err != nil {
			return err
		}
		if err := talk.EraseDocument(ctx, tx, id); err != nil {
			return err
		}
		if hashes, err = erase(ctx, tx, seq); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM changes WHERE document = $1", id); err != nil {
			return err
		}
		return tell(ctx, tx, qa.Change{Kind: qa.ChangeRemoved, Collection: c, Document: id, At: s.Now()})
	})
	if err != nil {
		return nil, err
	}
	s.wake()
	return hashes, nil
}

// erase deletes the rows of a document, which nobody else changes meanwhile.
func erase(ctx context.Context, tx pgx.Tx, document int64) ([]string, error) {
	rows, err := tx.Query(ctx, "SELECT hash FROM versions WHERE document = $1", document)
	hashes, err := column[string](rows, err)
	if err != nil {
		return nil, err
	}
	for _, query := range []string{
		"DELETE FROM names WHERE id IN (SELECT name FROM versions WHERE document = $1 UNION SELECT name FROM documents WHERE seq = $1)",
		"DELETE FROM documents WHERE seq = $1", // all else follows by its foreign keys
	} {
		if _, err := tx.Exec(ctx, query, document); err != nil {
			return nil, err
		}
	}
	slices.Sort(hashes)
	return slices.Compact(hashes), nil
}

// Unreferenced calls do if no version refers to the original with this hash. No upload of the same
// bytes can be acknowledged until do returns, by whatever process: uploads place their original inside their
// transaction, and both hold the lock of the bytes.
func (s *Store) Unreferenced(ctx context.Context, hash string, do func() error) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockKeys(ctx, tx, bytesKey(hash)); err != nil {
			return err
		}
		var used bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM versions WHERE hash = $1)", hash).Scan(&used); err != nil || used {
			return err
		}
		return do()
	})
}
