package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

const feedbackFields = `f.seq, f.id, f.owner, f.answer, f.conversation, f.at, f.useful, f.reasons, f.collections, f.erased, w.words
	FROM feedback f JOIN feedback_words w ON w.feedback = f.seq AND w.words != ''`

// SaveFeedback keeps a feedback, in the place of an earlier one of the same owner about the same answer, whose id it
// then takes; it gives that id. The collections of the documents that it cites are added to its own. Words of
// documents that were erased meanwhile are not kept.
func (s *Store) SaveFeedback(ctx context.Context, f qa.Feedback) (qa.FeedbackID, error) {
	err := s.write(ctx, func(tx *sql.Tx) error {
		gone, err := removed(ctx, tx, f.Documents())
		if err != nil {
			return err
		}
		f, _ = f.Without(gone)
		if f.Collections, err = collectionsOf(ctx, tx, f); err != nil {
			return err
		}
		var seq int64
		err = tx.QueryRowContext(ctx, "SELECT seq, id FROM feedback WHERE owner = ? AND answer = ?", f.Owner, f.Answer.ID).Scan(&seq, &f.ID)
		if errors.Is(err, sql.ErrNoRows) {
			return addFeedback(ctx, tx, f)
		}
		if err != nil {
			return err
		}
		return replaceFeedback(ctx, tx, seq, f)
	})
	return f.ID, err
}

// collectionsOf are those of the documents that a feedback cites, and its own.
func collectionsOf(ctx context.Context, tx *sql.Tx, f qa.Feedback) ([]qa.CollectionID, error) {
	out := slices.Clone(f.Collections)
	rows, err := tx.QueryContext(ctx, "SELECT DISTINCT collection FROM documents WHERE id IN (SELECT value FROM json_each(?))",
		codec.List(qa.Turn{Answer: f.Answer}.Documents()))
	err = each(rows, err, func(r scanner) error {
		var c qa.CollectionID
		err := r.Scan(&c)
		out = append(out, c)
		return err
	})
	slices.Sort(out)
	return slices.Compact(out), err
}

func addFeedback(ctx context.Context, tx *sql.Tx, f qa.Feedback) error {
	seq, err := insert(ctx, tx, `INSERT INTO feedback (id, owner, answer, conversation, at, useful, reasons, collections, erased)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, f.ID, f.Owner, f.Answer.ID, f.Answer.Conversation, micros(f.At), f.Useful,
		codec.List(f.Reasons), codec.List(f.Collections), f.Erased)
	if err != nil {
		return err
	}
	return saveFeedbackWords(ctx, tx, seq, f)
}

// replaceFeedback puts a feedback in the place of the one with an internal number.
func replaceFeedback(ctx context.Context, tx *sql.Tx, seq int64, f qa.Feedback) error {
	if err := blankFeedback(ctx, tx, []int64{seq}); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "UPDATE feedback SET conversation = ?, at = ?, useful = ?, reasons = ?, collections = ?, erased = ? WHERE seq = ?",
		f.Answer.Conversation, micros(f.At), f.Useful, codec.List(f.Reasons), codec.List(f.Collections), f.Erased, seq)
	if err != nil {
		return err
	}
	return saveFeedbackWords(ctx, tx, seq, f)
}

func saveFeedbackWords(ctx context.Context, tx *sql.Tx, seq int64, f qa.Feedback) error {
	words, err := codec.PackFeedback(f)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO feedback_words (feedback, words) VALUES (?, ?)", seq, words); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO feedback_documents (document, feedback) SELECT value, ? FROM json_each(?)", seq, codec.List(f.Documents()))
	return err
}

// blankFeedback blanks the words of the feedback with these internal numbers; the log is emptied by the next Tend.
func blankFeedback(ctx context.Context, tx *sql.Tx, list []int64) error {
	these := codec.List(list)
	for _, query := range []string{
		"DELETE FROM feedback_documents WHERE feedback IN (SELECT value FROM json_each(?))",
		"UPDATE room SET forgotten = forgotten + 1, turns = turns + (SELECT count(*) FROM feedback_words WHERE words != '' AND feedback IN (SELECT value FROM json_each(?)))",
		"UPDATE feedback_words SET words = '' WHERE words != '' AND feedback IN (SELECT value FROM json_each(?))",
	} {
		if _, err := tx.ExecContext(ctx, query, these); err != nil {
			return err
		}
	}
	return nil
}

// Feedback lists what was sent, newest first, whoever sent it.
func (s *Store) Feedback(ctx context.Context, search qa.FeedbackSearch) ([]qa.Feedback, error) {
	where, args := "f.at >= ?", []any{search.Since.UnixMicro()}
	if search.Useful != nil {
		where, args = where+" AND f.useful = ?", append(args, *search.Useful)
	}
	if search.Collection != "" {
		where, args = where+" AND ? IN (SELECT value FROM json_each(f.collections))", append(args, search.Collection)
	}
	if a := search.After; a != (qa.FeedbackMark{}) {
		where, args = where+" AND (f.at, f.id) < (?, ?)", append(args, micros(a.At), a.ID)
	}
	rows, err := s.readers.QueryContext(ctx, "SELECT "+feedbackFields+" WHERE "+where+" ORDER BY f.at DESC, f.id DESC LIMIT ?", append(args, search.Limit)...)
	return scanFeedbackList(rows, err)
}

// FeedbackOn gives what the owner sent about these answers.
func (s *Store) FeedbackOn(ctx context.Context, owner string, answers []string) ([]qa.Feedback, error) {
	rows, err := s.readers.QueryContext(ctx, "SELECT "+feedbackFields+" WHERE f.owner = ? AND f.answer IN (SELECT value FROM json_each(?)) ORDER BY f.seq", owner, codec.List(answers))
	return scanFeedbackList(rows, err)
}

func scanFeedbackList(rows *sql.Rows, err error) (out []qa.Feedback, _ error) {
	err = each(rows, err, func(r scanner) error {
		f, err := scanFeedback(r)
		out = append(out, f.value)
		return err
	})
	return out, public(err)
}

func scanFeedback(r scanner) (f row[qa.Feedback], err error) {
	var at sql.NullInt64
	var reasons, collections, words string
	x := &f.value
	if err := r.Scan(&f.seq, &x.ID, &x.Owner, &x.Answer.ID, &x.Answer.Conversation, &at, &x.Useful, &reasons, &collections, &x.Erased, &words); err != nil {
		return f, err
	}
	x.At = fromMicros(at)
	if err := errors.Join(list(reasons, &x.Reasons), list(collections, &x.Collections)); err != nil {
		return f, err
	}
	return f, codec.UnpackFeedback(words, x)
}

// list reads a JSON list; an empty one stays nil.
func list[T any](packed string, into *[]T) error {
	if packed == "[]" {
		return nil
	}
	return json.Unmarshal([]byte(packed), into)
}

// WithdrawFeedback erases a feedback of the owner; no file of the library holds its words afterwards. NotFound
// feedback_unknown.
func (s *Store) WithdrawFeedback(ctx context.Context, owner string, id qa.FeedbackID) error {
	n, err := s.forgetFeedback(ctx, "id = ? AND owner = ?", id, owner)
	if err == nil && n == 0 {
		err = qa.E(qa.NotFound, "feedback_unknown")
	}
	return err
}

// ForgetFeedback erases the feedback sent before a time, whoever sent it, and says how many.
func (s *Store) ForgetFeedback(ctx context.Context, since time.Time) (int, error) {
	var any bool
	err := s.readers.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM feedback WHERE at < ?)", micros(since)).Scan(&any)
	if err != nil || !any {
		return 0, public(err)
	}
	return s.forgetFeedback(ctx, "at < ?", micros(since))
}

func (s *Store) forgetFeedback(ctx context.Context, where string, args ...any) (forgotten int, err error) {
	err = s.write(ctx, func(tx *sql.Tx) (err error) {
		forgotten, err = deleteFeedback(ctx, tx, where, args...)
		return err
	})
	if err != nil || forgotten == 0 {
		return 0, err
	}
	return forgotten, s.reclaim(ctx)
}

// deleteFeedback blanks the words of the feedback of a condition, deletes the rest of it and says how many there were.
func deleteFeedback(ctx context.Context, tx *sql.Tx, where string, args ...any) (int, error) {
	var list []int64
	rows, err := tx.QueryContext(ctx, "SELECT seq FROM feedback WHERE "+where, args...)
	err = each(rows, err, func(r scanner) error {
		var seq int64
		err := r.Scan(&seq)
		list = append(list, seq)
		return err
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	if err := blankFeedback(ctx, tx, list); err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM feedback WHERE seq IN (SELECT value FROM json_each(?))", codec.List(list))
	return len(list), err
}

// eraseFromFeedback takes the words of a document out of the feedback that may hold them.
func eraseFromFeedback(ctx context.Context, tx *sql.Tx, document qa.DocumentID) error {
	var found []row[qa.Feedback]
	rows, err := tx.QueryContext(ctx, "SELECT "+feedbackFields+" WHERE f.seq IN (SELECT feedback FROM feedback_documents WHERE document = ?)", document)
	err = each(rows, err, func(r scanner) error {
		f, err := scanFeedback(r)
		found = append(found, f)
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range found {
		rest, _ := f.value.Without(func(d qa.DocumentID) bool { return d == document })
		if err := replaceFeedback(ctx, tx, f.seq, rest); err != nil {
			return err
		}
	}
	return nil
}

// exportFeedback reads all feedback, in the order in which it first came.
func exportFeedback(ctx context.Context, tx *sql.Tx, write func(qa.Feedback) error) error {
	rows, err := tx.QueryContext(ctx, "SELECT "+feedbackFields+" ORDER BY f.seq")
	return public(each(rows, err, func(r scanner) error {
		f, err := scanFeedback(r)
		if err != nil {
			return err
		}
		return write(f.value)
	}))
}

// importFeedback writes what next gives until io.EOF.
func importFeedback(ctx context.Context, tx *sql.Tx, next func() (qa.Feedback, error)) error {
	for {
		f, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = addFeedback(ctx, tx, f)
		}
		if err != nil {
			return err
		}
	}
}
