package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"rapporteur/qa"
)

// DeleteDocument erases a document of the scope with its versions, texts and chunks, and returns the
// hashes of its originals. The deleted bytes are overwritten (secure_delete) and the log is emptied,
// so that no file of the library holds them. NotFound document_unknown.
func (s *Store) DeleteDocument(ctx context.Context, scope qa.Scope, id qa.DocumentID) ([]string, error) {
	where, args := documentsIn(scope)
	var hashes []string
	err := s.write(ctx, func(tx *sql.Tx) error {
		d, err := scanDocument(tx.QueryRowContext(ctx, "SELECT "+documentColumns+" WHERE d.id = ? AND "+where, append([]any{id}, args...)...))
		if errors.Is(err, sql.ErrNoRows) {
			return qa.E(qa.NotFound, "document_unknown")
		}
		if err != nil {
			return err
		}
		if hashes, err = hashesOf(ctx, tx, d.seq); err != nil {
			return err
		}
		// Versions, lives, texts and chunks follow by their foreign keys.
		if _, err := tx.ExecContext(ctx, "DELETE FROM documents WHERE seq = ?", d.seq); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM changes WHERE document = ?", id); err != nil {
			return err
		}
		return tell(ctx, tx, qa.Change{Kind: qa.ChangeRemoved, Collection: d.value.Collection, Document: id, At: s.Now()})
	})
	if err != nil {
		return nil, err
	}
	s.wake()
	return hashes, s.truncate(ctx)
}

func hashesOf(ctx context.Context, tx *sql.Tx, document int64) ([]string, error) {
	var out []string
	rows, err := tx.QueryContext(ctx, "SELECT DISTINCT hash FROM versions WHERE document = ?", document)
	err = each(rows, err, func(r scanner) error {
		var h string
		err := r.Scan(&h)
		out = append(out, h)
		return err
	})
	return out, err
}

// truncate moves the log into the file and empties it. It waits for readers, at most busyTimeout;
// when one holds on longer, the next deletion or the last Close does it.
func (s *Store) truncate(ctx context.Context) error {
	var busy, log, moved int
	return public(s.writer.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved))
}

// Unreferenced calls do if no version refers to the original with this hash. No upload of the same
// bytes can be acknowledged until do returns: uploads place their original inside their
// transaction, and this holds the one writing transaction.
func (s *Store) Unreferenced(ctx context.Context, hash string, do func() error) error {
	// Most originals are referred to: ask without keeping writers out first.
	used, err := refers(ctx, s.readers, hash)
	if err != nil || used {
		return public(err)
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		used, err := refers(ctx, tx, hash)
		if err != nil || used {
			return err
		}
		return do()
	})
}

func refers(ctx context.Context, q querier, hash string) (used bool, err error) {
	err = q.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM versions WHERE hash = ?)", hash).Scan(&used)
	return used, err
}
