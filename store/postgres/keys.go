package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

const keyFields = "id, name, prefix, write, admin, collections, created_at, revoked_at"

// AddKey stores a new key with the hash of its secret.
func (s *Store) AddKey(ctx context.Context, k qa.Key, hash []byte) error {
	return s.writeAsked(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO keys (id, name, prefix, hash, write, admin, collections, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			k.ID, k.Name, k.Prefix, hash, k.Write, k.Admin, codec.List(k.Collections), stored(k.CreatedAt))
		return err
	})
}

// Keys lists all keys, revoked ones too, oldest first.
func (s *Store) Keys(ctx context.Context) (out []qa.Key, err error) {
	err = s.read(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "SELECT "+keyFields+" FROM keys ORDER BY created_at, id")
		return each(rows, err, func(r scanner) error {
			k, err := scanKey(r)
			out = append(out, k)
			return err
		})
	})
	return out, err
}

// KeyByHash finds a key by the hash of its secret; NotFound key_unknown.
func (s *Store) KeyByHash(ctx context.Context, hash []byte) (k qa.Key, err error) {
	err = s.read(ctx, func(ctx context.Context, q querier) (err error) {
		k, err = scanKey(q.QueryRow(ctx, "SELECT "+keyFields+" FROM keys WHERE hash = $1", hash))
		if errors.Is(err, pgx.ErrNoRows) {
			err = qa.E(qa.NotFound, "key_unknown")
		}
		return err
	})
	return k, err
}

// RevokeKey ends a key; one that is revoked already keeps its time. NotFound key_unknown.
func (s *Store) RevokeKey(ctx context.Context, id string, at time.Time) error {
	return s.writeAsked(ctx, func(ctx context.Context, tx pgx.Tx) error {
		done, err := tx.Exec(ctx, "UPDATE keys SET revoked_at = coalesce(revoked_at, $1) WHERE id = $2", stored(at), id)
		if err == nil && done.RowsAffected() == 0 {
			err = qa.E(qa.NotFound, "key_unknown")
		}
		return err
	})
}

func scanKey(r scanner) (qa.Key, error) {
	var k qa.Key
	var collections string
	var revoked *time.Time
	if err := r.Scan(&k.ID, &k.Name, &k.Prefix, &k.Write, &k.Admin, &collections, &k.CreatedAt, &revoked); err != nil {
		return k, err
	}
	k.CreatedAt, k.RevokedAt = k.CreatedAt.UTC(), read(revoked)
	if collections == "[]" {
		return k, nil
	}
	return k, json.Unmarshal([]byte(collections), &k.Collections)
}
