// Package talk keeps conversations, and what readers thought of answers, in a PostgreSQL library: package store/postgres embeds Store, and tells it how to
// read and to write.
package talk

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
	"rapporteur/store/codec"
	"rapporteur/store/postgres/purge"
)

// Querier is the pool or a transaction.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// Store keeps conversations and feedback.
type Store struct {
	// Read runs what only reads, Write a transaction, and WriteAsked one for somebody who waits.
	Read              func(ctx context.Context, f func(ctx context.Context, q Querier) error) error
	Write, WriteAsked func(ctx context.Context, f func(ctx context.Context, tx pgx.Tx) error) error
}

// found is a conversation with its internal number.
type found struct {
	seq int64
	qa.Conversation
}

const (
	conversationFields = `c.seq, c.id, c.owner, c.scope, c.turns, c.created_at, c.updated_at,
		coalesce((SELECT q.text FROM questions q WHERE q.conversation = c.seq AND q.number = 0), '')`
	turnFields = "t.number, t.at, t.partial, t.erased, t.answer, q.text"
	turnJoin   = " FROM turns t JOIN questions q ON q.conversation = t.conversation AND q.number = t.number"
)

// StartConversation keeps a conversation with its first turn, of which it gives the number. Words of documents that
// were erased meanwhile are not kept. Conflict conversation_exists.
func (s *Store) StartConversation(ctx context.Context, c qa.Conversation, first qa.Turn) (number int, err error) {
	scope, err := codec.PackScope(c.Scope)
	if err != nil {
		return 0, err
	}
	err = s.WriteAsked(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var seq int64
		err := tx.QueryRow(ctx, `INSERT INTO conversations (id, owner, scope, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
			ON CONFLICT DO NOTHING RETURNING seq`, c.ID, c.Owner, scope, micro(first.At)).Scan(&seq)
		if errors.Is(err, pgx.ErrNoRows) {
			return qa.E(qa.Conflict, "conversation_exists")
		}
		if err != nil {
			return err
		}
		if err := saveQuestion(ctx, tx, seq, 0, c.Title); err != nil {
			return err
		}
		number, err = addTurn(ctx, tx, seq, first)
		return err
	})
	return number, err
}

// AppendTurn adds a turn to a conversation of the owner and gives its number; scope is kept for the turns to come.
// Words of documents that were erased meanwhile are not kept. NotFound conversation_unknown.
func (s *Store) AppendTurn(ctx context.Context, owner string, id qa.ConversationID, scope qa.Narrowing, t qa.Turn) (number int, err error) {
	packed, err := codec.PackScope(scope)
	if err != nil {
		return 0, err
	}
	err = s.WriteAsked(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var seq int64
		err := tx.QueryRow(ctx, "UPDATE conversations SET scope = $1 WHERE id = $2 AND owner = $3 RETURNING seq", packed, id, owner).Scan(&seq)
		if errors.Is(err, pgx.ErrNoRows) {
			return qa.E(qa.NotFound, "conversation_unknown")
		}
		if err != nil {
			return err
		}
		number, err = addTurn(ctx, tx, seq, t)
		return err
	})
	return number, err
}

// addTurn appends the next turn of a conversation, whose row the transaction holds, without the words of documents
// that were removed.
func addTurn(ctx context.Context, tx pgx.Tx, conversation int64, t qa.Turn) (number int, err error) {
	gone, err := removed(ctx, tx, t.Documents())
	if err != nil {
		return 0, err
	}
	t, _ = t.Without(gone)
	err = tx.QueryRow(ctx, "UPDATE conversations SET turns = turns + 1, updated_at = $1 WHERE seq = $2 RETURNING turns", micro(t.At), conversation).Scan(&t.Number)
	if err != nil {
		return 0, err
	}
	if err := saveQuestion(ctx, tx, conversation, t.Number, t.Answer.Asked); err != nil {
		return 0, err
	}
	return t.Number, saveTurn(ctx, tx, conversation, t)
}

// removed tells which of some documents were removed. The others cannot be until the transaction commits, and their
// removal then finds what it wrote.
func removed(ctx context.Context, tx pgx.Tx, documents []qa.DocumentID) (func(qa.DocumentID) bool, error) {
	if _, err := tx.Exec(ctx, "SELECT 1 FROM documents WHERE id = ANY($1) ORDER BY id FOR KEY SHARE", documents); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, "SELECT document FROM changes WHERE kind = 'removed' AND document = ANY($1)", documents)
	gone, err := collect(rows, err, pgx.RowTo[qa.DocumentID])
	return func(id qa.DocumentID) bool { return slices.Contains(gone, id) }, err
}

func saveQuestion(ctx context.Context, tx pgx.Tx, conversation int64, number int, text string) error {
	_, err := tx.Exec(ctx, "INSERT INTO questions (conversation, number, text) VALUES ($1, $2, $3)", conversation, number, text)
	return err
}

func saveTurn(ctx context.Context, tx pgx.Tx, conversation int64, t qa.Turn) error {
	packed, err := codec.PackAnswer(t.Answer)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `WITH kept AS (INSERT INTO turns (conversation, number, at, partial, erased, answer) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id)
		INSERT INTO turn_documents (document, turn) SELECT d, id FROM kept, unnest($7::text[]) d`,
		conversation, t.Number, micro(t.At), t.Partial, t.Erased, packed, t.Documents())
	return err
}

// Conversations lists those of the owner, newest first.
func (s *Store) Conversations(ctx context.Context, owner string, search qa.ConversationSearch) (out []qa.Conversation, err error) {
	err = s.Read(ctx, func(ctx context.Context, q Querier) error {
		var those []int64 // nil: all
		if words := codec.WordsOf(search.Words); len(words) > 0 {
			if those, err = find(ctx, q, owner, words); err != nil {
				return err
			}
		}
		var before *time.Time // nil: from the newest on
		if search.After != (qa.ConversationMark{}) {
			before = &search.After.UpdatedAt
		}
		rows, err := q.Query(ctx, "SELECT "+conversationFields+` FROM conversations c WHERE c.owner = $1 AND ($2::bigint[] IS NULL OR c.seq = ANY($2))
			AND ($3::timestamptz IS NULL OR (c.updated_at, c.id) < ($3, $4)) ORDER BY c.updated_at DESC, c.id DESC LIMIT $5`,
			owner, those, before, search.After.ID, search.Limit)
		list, err := collect(rows, err, scanConversation)
		for _, c := range list {
			out = append(out, c.Conversation)
		}
		return err
	})
	return out, err
}

// find reads what the owner wrote: how words are folded is not for the database to say.
func find(ctx context.Context, q Querier, owner string, words codec.Words) ([]int64, error) {
	written := map[int64]string{}
	rows, err := q.Query(ctx, "SELECT q.conversation, q.text FROM conversations c JOIN questions q ON q.conversation = c.seq WHERE c.owner = $1", owner)
	if err != nil {
		return nil, err
	}
	var seq int64
	var text string
	_, err = pgx.ForEachRow(rows, []any{&seq, &text}, func() error { written[seq] += text + "\n"; return nil })
	those := []int64{}
	for seq, text := range written {
		if words.In(text) {
			those = append(those, seq)
		}
	}
	return those, err
}

func scanConversation(r pgx.CollectableRow) (c found, err error) {
	var scope string
	if err := r.Scan(&c.seq, &c.ID, &c.Owner, &scope, &c.Turns, &c.CreatedAt, &c.UpdatedAt, &c.Title); err != nil {
		return c, err
	}
	c.CreatedAt, c.UpdatedAt = c.CreatedAt.UTC(), c.UpdatedAt.UTC()
	c.Scope, err = codec.UnpackScope(scope)
	return c, err
}

// one finds a conversation of the owner; NotFound conversation_unknown.
func one(ctx context.Context, q Querier, owner string, id qa.ConversationID) (found, error) {
	rows, err := q.Query(ctx, "SELECT "+conversationFields+" FROM conversations c WHERE c.id = $1 AND c.owner = $2", id, owner)
	list, err := collect(rows, err, scanConversation)
	if err == nil && len(list) == 0 {
		err = qa.E(qa.NotFound, "conversation_unknown")
	}
	if err != nil {
		return found{}, err
	}
	return list[0], nil
}

// collect reads all rows.
func collect[T any](rows pgx.Rows, err error, read pgx.RowToFunc[T]) ([]T, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, read)
}

// micro is a time as the database takes it.
func micro(t time.Time) time.Time { return t.Truncate(time.Microsecond) }

// Conversation gives one of the owner with its turns, oldest first; NotFound conversation_unknown.
func (s *Store) Conversation(ctx context.Context, owner string, id qa.ConversationID) (c qa.Conversation, turns []qa.Turn, err error) {
	err = s.Read(ctx, func(ctx context.Context, q Querier) error {
		x, err := one(ctx, q, owner, id)
		if err != nil {
			return err
		}
		c = x.Conversation
		turns, err = loadTurns(ctx, q, x)
		return err
	})
	return c, turns, err
}

func loadTurns(ctx context.Context, q Querier, c found) ([]qa.Turn, error) {
	rows, err := q.Query(ctx, "SELECT "+turnFields+turnJoin+" WHERE t.conversation = $1 ORDER BY t.number", c.seq)
	return collect(rows, err, func(r pgx.CollectableRow) (qa.Turn, error) {
		t, err := scanTurn(r)
		t.Answer.Conversation, t.Answer.Turn = c.ID, t.Number
		return t, err
	})
}

func scanTurn(r pgx.Row) (t qa.Turn, err error) {
	var answer, asked string
	if err := r.Scan(&t.Number, &t.At, &t.Partial, &t.Erased, &answer, &asked); err != nil {
		return t, err
	}
	t.At = t.At.UTC()
	t.Answer, err = codec.UnpackAnswer(answer, asked)
	return t, err
}

// RenameConversation gives a conversation of the owner another title; NotFound conversation_unknown.
func (s *Store) RenameConversation(ctx context.Context, owner string, id qa.ConversationID, title string) error {
	return s.WriteAsked(ctx, func(ctx context.Context, tx pgx.Tx) error {
		done, err := tx.Exec(ctx, `UPDATE questions SET text = $1 WHERE number = 0
			AND conversation = (SELECT seq FROM conversations WHERE id = $2 AND owner = $3)`, title, id, owner)
		if err != nil {
			return err
		}
		if done.RowsAffected() == 0 {
			return qa.E(qa.NotFound, "conversation_unknown")
		}
		return purge.Forgotten(ctx, tx, "questions", "turns")
	})
}

// DeleteConversation erases a conversation of the owner, with the feedback on its answers. It is gone for every reader; what it leaves in the files of
// the database goes with Purge. NotFound conversation_unknown.
func (s *Store) DeleteConversation(ctx context.Context, owner string, id qa.ConversationID) error {
	n, err := s.forget(ctx, "conversation = $1 AND owner = $2", "id = $1 AND owner = $2", id, owner)
	if err == nil && n == 0 {
		err = qa.E(qa.NotFound, "conversation_unknown")
	}
	return err
}

// DeleteConversations erases all conversations of the owner, as DeleteConversation does, and says how many.
func (s *Store) DeleteConversations(ctx context.Context, owner string) (int, error) {
	return s.forget(ctx, "conversation <> '' AND owner = $1", "owner = $1", owner)
}

// ForgetConversations erases the conversations that got no turn since a time, whoever owns them, and says how many.
// The feedback on their answers has an age of its own.
func (s *Store) ForgetConversations(ctx context.Context, since time.Time) (int, error) {
	return s.forget(ctx, "", "updated_at < $1", micro(since))
}

// forget deletes the conversations of a condition, and the feedback of another on the same arguments ("" is none).
func (s *Store) forget(ctx context.Context, feedback, where string, list ...any) (forgotten int, err error) {
	err = s.Write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if feedback != "" {
			if _, err := deleteFeedback(ctx, tx, feedback, list...); err != nil {
				return err
			}
		}
		done, err := tx.Exec(ctx, "DELETE FROM conversations WHERE "+where, list...) // all else follows by its foreign keys
		if forgotten = int(done.RowsAffected()); err != nil || forgotten == 0 {
			return err
		}
		return purge.Forgotten(ctx, tx, "questions", "turns")
	})
	return forgotten, err
}

// EraseDocument takes the words of a document, which the transaction holds, out of the feedback and out of the
// conversations: out of the turns that cite it, and out of the questions, as they were searched, of the turns behind
// them.
func EraseDocument(ctx context.Context, tx pgx.Tx, document qa.DocumentID) error {
	rows, err := tx.Query(ctx, `SELECT t.id FROM turns t JOIN (SELECT u.conversation, min(u.number) AS number
			FROM turn_documents x JOIN turns u ON u.id = x.turn WHERE x.document = $1 GROUP BY u.conversation) f
		ON f.conversation = t.conversation AND t.number >= f.number ORDER BY t.id`, document)
	turns, err := collect(rows, err, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for _, id := range turns {
		if err := eraseFromTurn(ctx, tx, id, document); err != nil {
			return err
		}
	}
	return eraseFromFeedback(ctx, tx, document)
}

func eraseFromTurn(ctx context.Context, tx pgx.Tx, id int64, document qa.DocumentID) error {
	t, err := scanTurn(tx.QueryRow(ctx, "SELECT "+turnFields+turnJoin+" WHERE t.id = $1 FOR UPDATE OF t", id))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // its owner deleted it meanwhile
	}
	if err != nil {
		return err
	}
	t, cited := t.Without(func(d qa.DocumentID) bool { return d == document })
	if !cited && t.Answer.Standalone == t.Answer.Asked {
		return nil
	}
	t.Answer.Standalone = t.Answer.Asked
	packed, err := codec.PackAnswer(t.Answer)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE turns SET answer = $1, erased = $2 WHERE id = $3", packed, t.Erased, id); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "DELETE FROM turn_documents WHERE turn = $1 AND document = $2", id, document)
	return err
}
