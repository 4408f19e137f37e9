package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// compactFrom is the least number of blank chunks for which the file is rewritten. Below it, they
// take less than a megabyte.
const compactFrom = 2000

// DeleteDocument erases a document of the scope with its versions, texts, chunks and vectors, and what kept
// conversations and feedback quote of it, and returns the hashes of its originals. Its words are overwritten in place (see the first migration for why rows
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
		if err := errors.Join(eraseFromTurns(ctx, tx, id), eraseFromFeedback(ctx, tx, id)); err != nil {
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
	return hashes, s.reclaim(ctx)
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
	_, err = tx.ExecContext(ctx, "UPDATE names SET source = '', title = '', shown = '', etag = '', modified = '' WHERE id IN (SELECT value FROM json_each(?))", codec.List(names))
	if err != nil {
		return nil, err
	}
	if err := blankText(ctx, tx, versions); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE readings SET report = '' WHERE version IN (SELECT value FROM json_each(?))", codec.List(versions))
	if err != nil {
		return nil, err
	}
	// Versions and lives follow by their foreign keys.
	_, err = tx.ExecContext(ctx, "DELETE FROM documents WHERE seq = ?", document)
	slices.Sort(hashes)
	return slices.Compact(hashes), err
}

// blankText overwrites what was read of versions, and the vectors made of it. The rows stay, empty, until
// the file is compacted.
func blankText(ctx context.Context, tx *sql.Tx, versions []int64) error {
	list := codec.List(versions)
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
	if _, err := tx.ExecContext(ctx, "UPDATE room SET blank = blank + ?", n); err != nil {
		return err
	}
	err = blankVectors(ctx, tx, "chunk IN (SELECT id FROM chunks WHERE version IN (SELECT value FROM json_each(?)))", list)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM progress WHERE version IN (SELECT value FROM json_each(?))", list)
	return err
}

// compact gives the room of blank rows back when there are at least as many as from and as many as
// rows with words, or so many of the rows of vectors: its cost is spread over the deletions that made it
// worth it. It holds writers off while it copies the file once; readers go on.
func (s *Store) compact(ctx context.Context, from int) error {
	worth, err := s.worthCompacting(ctx, from)
	if err != nil || !worth {
		return public(err)
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		for _, query := range []string{
			"DELETE FROM names WHERE source = '' AND id NOT IN (SELECT name FROM versions)",
			"DELETE FROM texts WHERE content = ''",
			"DELETE FROM chunks WHERE text = ''",
			"DELETE FROM readings WHERE report = ''",
			"DELETE FROM chunk_vectors WHERE length(vector) = 0",
			"DELETE FROM sentence_vectors WHERE length(vector) = 0",
			"DELETE FROM questions WHERE text = '' AND (number = 0 OR conversation NOT IN (SELECT seq FROM conversations))",
			"DELETE FROM turns WHERE answer = ''",
			"DELETE FROM feedback_words WHERE words = ''",
			"UPDATE room SET blank = 0, vectors = 0, turns = 0, rewrite = 1",
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

func (s *Store) worthCompacting(ctx context.Context, from int) (bool, error) {
	var blank, vectors, turns, rewrite int
	err := s.writer.QueryRowContext(ctx, "SELECT blank, vectors, turns, rewrite FROM room").Scan(&blank, &vectors, &turns, &rewrite)
	if err != nil || rewrite != 0 || max(blank, vectors, turns) < from {
		return rewrite != 0, err
	}
	var chunks, allVectors, allTurns int
	err = s.writer.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM chunks),
		(SELECT count(*) FROM chunk_vectors) + (SELECT count(*) FROM sentence_vectors), (SELECT count(*) FROM turns) + (SELECT count(*) FROM feedback_words)`).Scan(&chunks, &allVectors, &allTurns)
	return blank >= max(from, chunks-blank) || vectors >= max(from, allVectors-vectors) || turns >= max(from, allTurns-turns), err
}

// truncate moves the log into the file and empties it. It waits for readers, at most busyTimeout;
// when one holds on longer, the next deletion, Tend or the last Close does it.
func (s *Store) truncate(ctx context.Context) error {
	_, err := s.emptyLog(ctx)
	return err
}

func (s *Store) emptyLog(ctx context.Context) (done bool, err error) {
	var busy, log, moved int
	err = s.writer.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
	return busy == 0, public(err)
}

// Tend empties the log once for each removal, unless a reader is in the way: a removal that was cut short
// may have left words there. It is meant to be called from time to time; where nothing is to be done it costs
// a small query.
func (s *Store) Tend(ctx context.Context) error {
	var newest int64
	err := s.readers.QueryRowContext(ctx, "SELECT (SELECT coalesce(max(revision), 0) FROM changes WHERE kind = 'removed') + (SELECT forgotten FROM room)").Scan(&newest)
	if err != nil {
		return public(err)
	}
	s.mu.Lock()
	due := newest > s.emptied
	s.mu.Unlock()
	if !due {
		return nil
	}
	done, err := s.emptyLog(ctx)
	if done {
		s.mu.Lock()
		s.emptied = newest
		s.mu.Unlock()
	}
	return err
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
