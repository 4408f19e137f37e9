package talk

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
	"rapporteur/store/codec"
	"rapporteur/store/postgres/purge"
)

const feedbackFields = "f.seq, f.id, f.owner, f.answer, f.conversation, f.at, f.useful, f.reasons, f.collections, f.erased, f.words"

// SaveFeedback keeps a feedback, in the place of an earlier one of the same owner about the same answer, whose id it
// then takes; it gives that id. The collections of the documents that it cites are added to its own. Words of
// documents that were erased meanwhile are not kept.
func (s *Store) SaveFeedback(ctx context.Context, given qa.Feedback) (id qa.FeedbackID, err error) {
	err = s.WriteAsked(ctx, func(ctx context.Context, tx pgx.Tx) error {
		gone, err := removed(ctx, tx, given.Documents())
		if err != nil {
			return err
		}
		f, _ := given.Without(gone)
		if f.Collections, err = collectionsOf(ctx, tx, f); err != nil {
			return err
		}
		id, err = saveFeedback(ctx, tx, f)
		return err
	})
	return id, err
}

// collectionsOf are those of the documents that a feedback cites, and its own.
func collectionsOf(ctx context.Context, tx pgx.Tx, f qa.Feedback) ([]qa.CollectionID, error) {
	rows, err := tx.Query(ctx, "SELECT DISTINCT collection FROM documents WHERE id = ANY($1)", qa.Turn{Answer: f.Answer}.Documents())
	found, err := collect(rows, err, pgx.RowTo[qa.CollectionID])
	out := slices.Concat(f.Collections, found)
	slices.Sort(out)
	return slices.Compact(out), err
}

func saveFeedback(ctx context.Context, tx pgx.Tx, f qa.Feedback) (id qa.FeedbackID, err error) {
	words, err := codec.PackFeedback(f)
	if err != nil {
		return "", err
	}
	var seq int64
	var replaced bool
	err = tx.QueryRow(ctx, `INSERT INTO feedback (id, owner, answer, conversation, at, useful, reasons, collections, erased, words)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (owner, answer) DO UPDATE SET conversation = excluded.conversation, at = excluded.at, useful = excluded.useful,
			reasons = excluded.reasons, collections = excluded.collections, erased = excluded.erased, words = excluded.words
		RETURNING seq, id, xmax::text <> '0'`,
		f.ID, f.Owner, f.Answer.ID, f.Answer.Conversation, micro(f.At), f.Useful, codec.List(f.Reasons), notNull(f.Collections), f.Erased, words).
		Scan(&seq, &id, &replaced)
	if err != nil {
		return "", err
	}
	if replaced {
		if _, err := tx.Exec(ctx, "DELETE FROM feedback_documents WHERE feedback = $1", seq); err != nil {
			return "", err
		}
		if err := purge.Forgotten(ctx, tx, "feedback"); err != nil {
			return "", err
		}
	}
	_, err = tx.Exec(ctx, "INSERT INTO feedback_documents (document, feedback) SELECT d, $1 FROM unnest($2::text[]) d", seq, f.Documents())
	return id, err
}

// notNull is a list as the database takes it.
func notNull[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Feedback lists what was sent, newest first, whoever sent it.
func (s *Store) Feedback(ctx context.Context, search qa.FeedbackSearch) (out []qa.Feedback, err error) {
	err = s.Read(ctx, func(ctx context.Context, q Querier) error {
		var before *time.Time // nil: from the newest on
		if search.After != (qa.FeedbackMark{}) {
			before = &search.After.At
		}
		rows, err := q.Query(ctx, "SELECT "+feedbackFields+` FROM feedback f WHERE f.at >= $1 AND ($2::boolean IS NULL OR f.useful = $2)
			AND ($3 = '' OR $3 = ANY(f.collections)) AND ($4::timestamptz IS NULL OR (f.at, f.id) < ($4, $5)) ORDER BY f.at DESC, f.id DESC LIMIT $6`,
			micro(search.Since), search.Useful, search.Collection, before, search.After.ID, search.Limit)
		out, err = feedbackList(rows, err)
		return err
	})
	return out, err
}

// FeedbackOn gives what the owner sent about these answers.
func (s *Store) FeedbackOn(ctx context.Context, owner string, answers []string) (out []qa.Feedback, err error) {
	err = s.Read(ctx, func(ctx context.Context, q Querier) error {
		rows, err := q.Query(ctx, "SELECT "+feedbackFields+" FROM feedback f WHERE f.owner = $1 AND f.answer = ANY($2) ORDER BY f.seq", owner, answers)
		out, err = feedbackList(rows, err)
		return err
	})
	return out, err
}

// foundFeedback is a feedback with its internal number.
type foundFeedback struct {
	seq int64
	qa.Feedback
}

func feedbackList(rows pgx.Rows, err error) (out []qa.Feedback, _ error) {
	list, err := collect(rows, err, scanFeedback)
	for _, f := range list {
		out = append(out, f.Feedback)
	}
	return out, err
}

func scanFeedback(r pgx.CollectableRow) (f foundFeedback, err error) {
	var reasons, words string
	err = r.Scan(&f.seq, &f.ID, &f.Owner, &f.Answer.ID, &f.Answer.Conversation, &f.At, &f.Useful, &reasons, &f.Collections, &f.Erased, &words)
	if err != nil {
		return f, err
	}
	f.At = f.At.UTC()
	if len(f.Collections) == 0 {
		f.Collections = nil
	}
	if reasons != "[]" {
		if err := json.Unmarshal([]byte(reasons), &f.Reasons); err != nil {
			return f, err
		}
	}
	return f, codec.UnpackFeedback(words, &f.Feedback)
}

// WithdrawFeedback erases a feedback of the owner. It is gone for every reader; what it leaves in the files of the
// database goes with Purge. NotFound feedback_unknown.
func (s *Store) WithdrawFeedback(ctx context.Context, owner string, id qa.FeedbackID) error {
	n, err := s.forgetFeedback(ctx, "id = $1 AND owner = $2", id, owner)
	if err == nil && n == 0 {
		err = qa.E(qa.NotFound, "feedback_unknown")
	}
	return err
}

// ForgetFeedback erases the feedback sent before a time, whoever sent it, and says how many.
func (s *Store) ForgetFeedback(ctx context.Context, since time.Time) (int, error) {
	return s.forgetFeedback(ctx, "at < $1", micro(since))
}

func (s *Store) forgetFeedback(ctx context.Context, where string, list ...any) (forgotten int, err error) {
	err = s.Write(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		forgotten, err = deleteFeedback(ctx, tx, where, list...)
		return err
	})
	return forgotten, err
}

// deleteFeedback deletes the feedback of a condition and says how many there were.
func deleteFeedback(ctx context.Context, tx pgx.Tx, where string, list ...any) (int, error) {
	done, err := tx.Exec(ctx, "DELETE FROM feedback WHERE "+where, list...) // its documents follow by their foreign key
	n := int(done.RowsAffected())
	if err != nil || n == 0 {
		return 0, err
	}
	return n, purge.Forgotten(ctx, tx, "feedback")
}

// eraseFromFeedback takes the words of a document out of the feedback that may hold them.
func eraseFromFeedback(ctx context.Context, tx pgx.Tx, document qa.DocumentID) error {
	rows, err := tx.Query(ctx, "SELECT "+feedbackFields+` FROM feedback f
		WHERE f.seq IN (SELECT feedback FROM feedback_documents WHERE document = $1) ORDER BY f.seq FOR UPDATE OF f`, document)
	found, err := collect(rows, err, scanFeedback)
	if err != nil {
		return err
	}
	for _, f := range found {
		rest, _ := f.Feedback.Without(func(d qa.DocumentID) bool { return d == document })
		words, err := codec.PackFeedback(rest)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE feedback SET words = $1, erased = $2 WHERE seq = $3", words, rest.Erased, f.seq); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM feedback_documents WHERE feedback = $1 AND document = $2", f.seq, document); err != nil {
			return err
		}
	}
	return nil
}

// ExportFeedback reads all feedback, in the order in which it first came.
func ExportFeedback(ctx context.Context, tx pgx.Tx, write func(qa.Feedback) error) error {
	rows, err := tx.Query(ctx, "SELECT "+feedbackFields+" FROM feedback f ORDER BY f.seq")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		f, err := scanFeedback(rows)
		if err != nil {
			return err
		}
		if err := write(f.Feedback); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ImportFeedback writes what next gives until io.EOF.
func ImportFeedback(ctx context.Context, tx pgx.Tx, next func() (qa.Feedback, error)) error {
	for {
		f, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			_, err = saveFeedback(ctx, tx, f)
		}
		if err != nil {
			return err
		}
	}
}
