package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

const keyFields = "id, name, prefix, write, admin, collections, created_at, revoked_at"

// AddKey stores a new key with the hash of its secret.
func (s *Store) AddKey(ctx context.Context, k qa.Key, hash []byte) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO keys (id, name, prefix, hash, write, admin, collections, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			k.ID, k.Name, k.Prefix, hash, k.Write, k.Admin, codec.List(k.Collections), micros(k.CreatedAt))
		return err
	})
}

// Keys lists all keys, revoked ones too, oldest first.
func (s *Store) Keys(ctx context.Context) ([]qa.Key, error) {
	var out []qa.Key
	rows, err := s.readers.QueryContext(ctx, "SELECT "+keyFields+" FROM keys ORDER BY created_at, id")
	err = each(rows, err, func(r scanner) error {
		k, err := scanKey(r)
		out = append(out, k)
		return err
	})
	return out, public(err)
}

// KeyByHash finds a key by the hash of its secret; NotFound key_unknown.
func (s *Store) KeyByHash(ctx context.Context, hash []byte) (qa.Key, error) {
	k, err := scanKey(s.readers.QueryRowContext(ctx, "SELECT "+keyFields+" FROM keys WHERE hash = ?", hash))
	if errors.Is(err, sql.ErrNoRows) {
		err = qa.E(qa.NotFound, "key_unknown")
	}
	return k, public(err)
}

// RevokeKey ends a key; one that is revoked already keeps its time. NotFound key_unknown.
func (s *Store) RevokeKey(ctx context.Context, id string, at time.Time) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?", micros(at), id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, qa.E(qa.NotFound, "key_unknown"))
		}
		return nil
	})
}

func scanKey(r scanner) (qa.Key, error) {
	var k qa.Key
	var collections string
	var created, revoked sql.NullInt64
	if err := r.Scan(&k.ID, &k.Name, &k.Prefix, &k.Write, &k.Admin, &collections, &created, &revoked); err != nil {
		return k, err
	}
	k.CreatedAt, k.RevokedAt = fromMicros(created), fromMicros(revoked)
	if collections == "[]" {
		return k, nil
	}
	return k, json.Unmarshal([]byte(collections), &k.Collections)
}
