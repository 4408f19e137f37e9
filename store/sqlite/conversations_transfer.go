package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// exportConversations reads all conversations, in the order of their beginnings.
func exportConversations(ctx context.Context, tx *sql.Tx, write func(qa.ConversationRecord) error) error {
	var all []row[qa.Conversation]
	rows, err := tx.QueryContext(ctx, "SELECT "+conversationFields+" FROM conversations c ORDER BY c.seq")
	err = each(rows, err, func(r scanner) error {
		c, err := scanConversation(r)
		all = append(all, c)
		return err
	})
	if err != nil {
		return public(err)
	}
	for _, c := range all {
		turns, err := loadTurns(ctx, tx, c)
		if err != nil {
			return public(err)
		}
		if err := write(qa.ConversationRecord{Conversation: c.value, History: turns}); err != nil {
			return err
		}
	}
	return nil
}

// importConversations writes what next gives until io.EOF.
func importConversations(ctx context.Context, tx *sql.Tx, next func() (qa.ConversationRecord, error)) error {
	for {
		c, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		scope, err := codec.PackScope(c.Scope)
		if err != nil {
			return err
		}
		seq, err := insert(ctx, tx, "INSERT INTO conversations (id, owner, scope, turns, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
			c.ID, c.Owner, scope, c.Turns, micros(c.CreatedAt), micros(c.UpdatedAt))
		if err != nil {
			return err
		}
		if err := saveQuestion(ctx, tx, seq, 0, c.Title); err != nil {
			return err
		}
		for _, t := range c.History {
			if err := saveQuestion(ctx, tx, seq, t.Number, t.Answer.Asked); err != nil {
				return err
			}
			if err := saveTurn(ctx, tx, seq, t); err != nil {
				return err
			}
		}
	}
}
