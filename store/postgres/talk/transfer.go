package talk

import (
	"context"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// Export reads all conversations, in the order of their beginnings.
func Export(ctx context.Context, tx pgx.Tx, write func(qa.ConversationRecord) error) error {
	rows, err := tx.Query(ctx, "SELECT "+conversationFields+" FROM conversations c ORDER BY c.seq")
	all, err := collect(rows, err, scanConversation)
	if err != nil {
		return err
	}
	for _, c := range all {
		turns, err := loadTurns(ctx, tx, c)
		if err != nil {
			return err
		}
		if err := write(qa.ConversationRecord{Conversation: c.Conversation, History: turns}); err != nil {
			return err
		}
	}
	return nil
}

// Import writes what next gives until io.EOF.
func Import(ctx context.Context, tx pgx.Tx, next func() (qa.ConversationRecord, error)) error {
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
		var seq int64
		err = tx.QueryRow(ctx, "INSERT INTO conversations (id, owner, scope, turns, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING seq",
			c.ID, c.Owner, scope, c.Turns, micro(c.CreatedAt), micro(c.UpdatedAt)).Scan(&seq)
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
