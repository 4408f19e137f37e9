package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

const (
	conversationFields = `c.seq, c.id, c.owner, c.scope, c.turns, c.created_at, c.updated_at,
		coalesce((SELECT q.text FROM questions q WHERE q.conversation = c.seq AND q.number = 0 AND q.text != ''), '')`
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
	err = s.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO conversations (id, owner, scope, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, c.ID, c.Owner, scope, micros(first.At), micros(first.At))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return cmp.Or(err, error(qa.E(qa.Conflict, "conversation_exists")))
		}
		seq, err := res.LastInsertId()
		if err != nil {
			return err
		}
		if err := saveQuestion(ctx, tx, seq, 0, c.Title); err != nil {
			return err
		}
		number, err = s.addTurn(ctx, tx, seq, first)
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
	err = s.write(ctx, func(tx *sql.Tx) error {
		seq, err := conversationSeq(ctx, tx, owner, id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE conversations SET scope = ? WHERE seq = ?", packed, seq); err != nil {
			return err
		}
		number, err = s.addTurn(ctx, tx, seq, t)
		return err
	})
	return number, err
}

func conversationSeq(ctx context.Context, q querier, owner string, id qa.ConversationID) (seq int64, err error) {
	err = q.QueryRowContext(ctx, "SELECT seq FROM conversations WHERE id = ? AND owner = ?", id, owner).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		err = qa.E(qa.NotFound, "conversation_unknown")
	}
	return seq, err
}

// addTurn appends the next turn of a conversation, without the words of documents that were removed.
func (s *Store) addTurn(ctx context.Context, tx *sql.Tx, conversation int64, t qa.Turn) (number int, err error) {
	gone, err := removed(ctx, tx, t.Documents())
	if err != nil {
		return 0, err
	}
	t, _ = t.Without(gone)
	err = tx.QueryRowContext(ctx, "UPDATE conversations SET turns = turns + 1, updated_at = ? WHERE seq = ? RETURNING turns", micros(t.At), conversation).Scan(&t.Number)
	if err != nil {
		return 0, err
	}
	if err := saveQuestion(ctx, tx, conversation, t.Number, t.Answer.Asked); err != nil {
		return 0, err
	}
	return t.Number, saveTurn(ctx, tx, conversation, t)
}

// removed tells which of some documents were removed.
func removed(ctx context.Context, tx *sql.Tx, documents []qa.DocumentID) (func(qa.DocumentID) bool, error) {
	gone := map[qa.DocumentID]bool{}
	rows, err := tx.QueryContext(ctx, "SELECT document FROM changes WHERE kind = 'removed' AND document IN (SELECT value FROM json_each(?))", codec.List(documents))
	err = each(rows, err, func(r scanner) error {
		var id qa.DocumentID
		err := r.Scan(&id)
		gone[id] = true
		return err
	})
	return func(id qa.DocumentID) bool { return gone[id] }, err
}

func saveQuestion(ctx context.Context, tx *sql.Tx, conversation int64, number int, text string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO questions (conversation, number, text) VALUES (?, ?, ?)", conversation, number, text)
	return err
}

func saveTurn(ctx context.Context, tx *sql.Tx, conversation int64, t qa.Turn) error {
	packed, err := codec.PackAnswer(t.Answer)
	if err != nil {
		return err
	}
	id, err := insert(ctx, tx, "INSERT INTO turns (conversation, number, at, partial, erased, answer) VALUES (?, ?, ?, ?, ?, ?)",
		conversation, t.Number, micros(t.At), t.Partial, t.Erased, packed)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO turn_documents (document, turn) SELECT value, ? FROM json_each(?)", id, codec.List(t.Documents()))
	return err
}

// Conversations lists those of the owner, newest first.
func (s *Store) Conversations(ctx context.Context, owner string, search qa.ConversationSearch) ([]qa.Conversation, error) {
	where, args := "c.owner = ?", []any{owner}
	if words := codec.WordsOf(search.Words); len(words) > 0 {
		found, err := s.findConversations(ctx, owner, words)
		if err != nil {
			return nil, public(err)
		}
		where, args = where+" AND c.seq IN (SELECT value FROM json_each(?))", append(args, codec.List(found))
	}
	if a := search.After; a != (qa.ConversationMark{}) {
		where, args = where+" AND (c.updated_at, c.id) < (?, ?)", append(args, micros(a.UpdatedAt), a.ID)
	}
	var out []qa.Conversation
	rows, err := s.readers.QueryContext(ctx, "SELECT "+conversationFields+" FROM conversations c WHERE "+where+
		" ORDER BY c.updated_at DESC, c.id DESC LIMIT ?", append(args, search.Limit)...)
	err = each(rows, err, func(r scanner) error {
		c, err := scanConversation(r)
		out = append(out, c.value)
		return err
	})
	return out, public(err)
}

// findConversations reads what the owner wrote: how words are folded is not for the database to say.
func (s *Store) findConversations(ctx context.Context, owner string, words codec.Words) (found []int64, err error) {
	written := map[int64]string{}
	rows, err := s.readers.QueryContext(ctx, "SELECT q.conversation, q.text FROM conversations c JOIN questions q ON q.conversation = c.seq WHERE c.owner = ?", owner)
	err = each(rows, err, func(r scanner) error {
		var seq int64
		var text string
		err := r.Scan(&seq, &text)
		written[seq] += text + "\n"
		return err
	})
	for seq, text := range written {
		if words.In(text) {
			found = append(found, seq)
		}
	}
	return found, err
}

func scanConversation(r scanner) (c row[qa.Conversation], err error) {
	var scope string
	var created, updated sql.NullInt64
	x := &c.value
	if err := r.Scan(&c.seq, &x.ID, &x.Owner, &scope, &x.Turns, &created, &updated, &x.Title); err != nil {
		return c, err
	}
	x.CreatedAt, x.UpdatedAt = fromMicros(created), fromMicros(updated)
	x.Scope, err = codec.UnpackScope(scope)
	return c, err
}

// Conversation gives one of the owner with its turns, oldest first; NotFound conversation_unknown.
func (s *Store) Conversation(ctx context.Context, owner string, id qa.ConversationID) (qa.Conversation, []qa.Turn, error) {
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // both of one moment
	if err != nil {
		return qa.Conversation{}, nil, public(err)
	}
	defer tx.Rollback()
	c, err := scanConversation(tx.QueryRowContext(ctx, "SELECT "+conversationFields+" FROM conversations c WHERE c.id = ? AND c.owner = ?", id, owner))
	if errors.Is(err, sql.ErrNoRows) {
		err = qa.E(qa.NotFound, "conversation_unknown")
	}
	if err != nil {
		return qa.Conversation{}, nil, public(err)
	}
	turns, err := loadTurns(ctx, tx, c)
	return c.value, turns, public(err)
}

func loadTurns(ctx context.Context, q querier, c row[qa.Conversation]) (out []qa.Turn, err error) {
	rows, err := q.QueryContext(ctx, "SELECT "+turnFields+turnJoin+" WHERE t.conversation = ? AND t.answer != '' ORDER BY t.number", c.seq)
	err = each(rows, err, func(r scanner) error {
		t, err := scanTurn(r)
		t.Answer.Conversation, t.Answer.Turn = c.value.ID, t.Number
		out = append(out, t)
		return err
	})
	return out, err
}

func scanTurn(r scanner) (t qa.Turn, err error) {
	var at sql.NullInt64
	var answer, asked string
	if err := r.Scan(&t.Number, &at, &t.Partial, &t.Erased, &answer, &asked); err != nil {
		return t, err
	}
	t.At = fromMicros(at)
	t.Answer, err = codec.UnpackAnswer(answer, asked)
	return t, err
}

// RenameConversation gives a conversation of the owner another title; NotFound conversation_unknown.
func (s *Store) RenameConversation(ctx context.Context, owner string, id qa.ConversationID, title string) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		seq, err := conversationSeq(ctx, tx, owner, id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE questions SET text = '' WHERE conversation = ? AND number = 0", seq); err != nil {
			return err
		}
		return saveQuestion(ctx, tx, seq, 0, title)
	})
}

// DeleteConversation erases a conversation of the owner, with the feedback on its answers; no file of the library holds
// its words afterwards. NotFound conversation_unknown.
func (s *Store) DeleteConversation(ctx context.Context, owner string, id qa.ConversationID) error {
	n, err := s.forget(ctx, "conversation = ? AND owner = ?", "id = ? AND owner = ?", id, owner)
	if err == nil && n == 0 {
		err = qa.E(qa.NotFound, "conversation_unknown")
	}
	return err
}

// DeleteConversations erases all conversations of the owner, as DeleteConversation does, and says how many.
func (s *Store) DeleteConversations(ctx context.Context, owner string) (int, error) {
	return s.forget(ctx, "conversation != '' AND owner = ?", "owner = ?", owner)
}

// ForgetConversations erases the conversations that got no turn since a time, whoever owns them, and says how many.
// The feedback on their answers has an age of its own.
func (s *Store) ForgetConversations(ctx context.Context, since time.Time) (int, error) {
	var any bool
	err := s.readers.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM conversations WHERE updated_at < ?)", micros(since)).Scan(&any)
	if err != nil || !any {
		return 0, public(err)
	}
	return s.forget(ctx, "", "updated_at < ?", micros(since))
}

// forget blanks the words of the conversations of a condition, and of the feedback of another on the same arguments ("" is
// none), and deletes the rest of them.
func (s *Store) forget(ctx context.Context, feedback, where string, args ...any) (forgotten int, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		if feedback != "" {
			if _, err := deleteFeedback(ctx, tx, feedback, args...); err != nil {
				return err
			}
		}
		var list []int64
		rows, err := tx.QueryContext(ctx, "SELECT seq FROM conversations WHERE "+where, args...)
		err = each(rows, err, func(r scanner) error {
			var seq int64
			err := r.Scan(&seq)
			list = append(list, seq)
			return err
		})
		if forgotten = len(list); err != nil || forgotten == 0 {
			return err
		}
		these := codec.List(list)
		for _, query := range []string{
			"DELETE FROM turn_documents WHERE turn IN (SELECT id FROM turns WHERE conversation IN (SELECT value FROM json_each(?)))",
			"UPDATE questions SET text = '' WHERE conversation IN (SELECT value FROM json_each(?))",
			"UPDATE room SET turns = turns + (SELECT count(*) FROM turns WHERE answer != '' AND conversation IN (SELECT value FROM json_each(?)))",
			"UPDATE turns SET answer = '' WHERE answer != '' AND conversation IN (SELECT value FROM json_each(?))",
			"DELETE FROM conversations WHERE seq IN (SELECT value FROM json_each(?))",
		} {
			if _, err := tx.ExecContext(ctx, query, these); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, "UPDATE room SET forgotten = forgotten + 1")
		return err
	})
	if err != nil || forgotten == 0 {
		return 0, err
	}
	return forgotten, s.reclaim(ctx)
}

// eraseFromTurns takes the words of a document out of the conversations: out of the turns that cite it, and out of
// the questions, as they were searched, of the turns behind them.
func eraseFromTurns(ctx context.Context, tx *sql.Tx, document qa.DocumentID) error {
	var turns []int64
	rows, err := tx.QueryContext(ctx, `SELECT t.id FROM turns t JOIN (SELECT u.conversation, min(u.number) AS number
			FROM turn_documents x JOIN turns u ON u.id = x.turn WHERE x.document = ? GROUP BY u.conversation) f
		ON f.conversation = t.conversation AND t.number >= f.number WHERE t.answer != ''`, document)
	err = each(rows, err, func(r scanner) error {
		var id int64
		err := r.Scan(&id)
		turns = append(turns, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range turns {
		if err := eraseFromTurn(ctx, tx, id, document); err != nil {
			return err
		}
	}
	return nil
}

func eraseFromTurn(ctx context.Context, tx *sql.Tx, id int64, document qa.DocumentID) error {
	t, err := scanTurn(tx.QueryRowContext(ctx, "SELECT "+turnFields+turnJoin+" WHERE t.id = ?", id))
	if err != nil {
		return err
	}
	var conversation int64
	if err := tx.QueryRowContext(ctx, "SELECT conversation FROM turns WHERE id = ?", id).Scan(&conversation); err != nil {
		return err
	}
	t, cited := t.Without(func(d qa.DocumentID) bool { return d == document })
	if !cited && t.Answer.Standalone == t.Answer.Asked {
		return nil
	}
	t.Answer.Standalone = t.Answer.Asked
	for _, query := range []string{"UPDATE turns SET answer = '' WHERE id = ?", "DELETE FROM turn_documents WHERE turn = ?"} {
		if _, err := tx.ExecContext(ctx, query, id); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE room SET turns = turns + 1"); err != nil {
		return err
	}
	return saveTurn(ctx, tx, conversation, t)
}
