package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"rapporteur/qa"
)

// compactFrom is the least number of blank chunks for which the file is rewritten. Below it, they
// take less than a megabyte.
const compactFrom = 2000

// DeleteDocument erases a document of the scope with its versions, texts and chunks, and returns the
// hashes of its originals. Its words are overwritten in place (see the first migration for why rows
// are not simply deleted) and the log is emptied, so that no file of the library holds them. NotFound
// document_unknown.
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
		if hashes, err = erase(ctx, tx, d.seq); err != nil {
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
	if err := s.compact(ctx, compactFrom); err != nil {
		return hashes, err
	}
	return hashes, s.truncate(ctx)
}

// erase blanks the words of a document and deletes the rest of it.
func erase(ctx context.Context, tx *sql.Tx, document int64) (hashes []string, err error) {
	var versions, names []int64
	rows, err := tx.QueryContext(ctx, "SELECT seq, name, hash FROM versions WHERE document = ?", document)
	err = each(rows, err, func(r scanner) error {
		var seq, name int64
		var hash string
		err := r.Scan(&seq, &name, &hash)
		versions, names, hashes = append(versions, seq), append(names, name), append(hashes, hash)
		return err
	})
	if err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE names SET source = '', title = '', shown = '' WHERE id IN (SELECT value FROM json_each(?))", packed(names))
	if err != nil {
		return nil, err
	}
	if err := blankText(ctx, tx, versions); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE readings SET report = '' WHERE version IN (SELECT value FROM json_each(?))", packed(versions))
	if err != nil {
		return nil, err
	}
	// Versions and lives follow by their foreign keys.
	_, err = tx.ExecContext(ctx, "DELETE FROM documents WHERE seq = ?", document)
	slices.Sort(hashes)
	return slices.Compact(hashes), err
}

// blankText overwrites what was read of versions. The rows stay, empty, until the file is compacted.
func blankText(ctx context.Context, tx *sql.Tx, versions []int64) error {
	list := packed(versions)
	_, err := tx.ExecContext(ctx, `UPDATE texts SET name = '', title = '', language = '', pages = '', blocks = '', content = ''
		WHERE version IN (SELECT value FROM json_each(?))`, list)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `UPDATE chunks SET pages = '', section = '', text = '', blocks = '', header = ''
		WHERE text != '' AND version IN (SELECT value FROM json_each(?))`, list)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE room SET blank = blank + ?", n)
	return err
}

// compact gives the room of blank rows back when there are at least as many as from and as many as
// rows with words, so that its cost is spread over the deletions that made it worth it. It holds
// writers off while it copies the file once; readers go on.
func (s *Store) compact(ctx context.Context, from int) error {
	var blank, rewrite, chunks int
	err := s.writer.QueryRowContext(ctx, "SELECT blank, rewrite, (SELECT count(*) FROM chunks) FROM room").Scan(&blank, &rewrite, &chunks)
	if err != nil {
		return public(err)
	}
	if rewrite == 0 && (blank < from || blank < chunks-blank) {
		return nil
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		for _, query := range []string{
			"DELETE FROM names WHERE source = '' AND id NOT IN (SELECT name FROM versions)",
			"DELETE FROM texts WHERE content = ''",
			"DELETE FROM chunks WHERE text = ''",
			"DELETE FROM readings WHERE report = ''",
			"UPDATE room SET blank = 0, rewrite = 1",
		} {
			if _, err := tx.ExecContext(ctx, query); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	// The copy of the file stands on disk while it is made: memory is scarcer.
	for _, query := range []string{"PRAGMA temp_store = FILE", "VACUUM", "PRAGMA temp_store = MEMORY", "UPDATE room SET rewrite = 0"} {
		if _, err := s.writer.ExecContext(ctx, query); err != nil {
			return public(err)
		}
	}
	return nil
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
