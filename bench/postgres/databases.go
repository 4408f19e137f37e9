package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxvector "github.com/pgvector/pgvector-go/pgx"
)

// prefix begins the names of the databases that the program makes.
const prefix = "rapporteur_bench_"

// fresh makes an empty database of that name on the server, and gives its address.
func (s settings) fresh(ctx context.Context, name string) (dsn string, err error) {
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	if err := replaceDatabase(ctx, conn, prefix+name); err != nil {
		return "", err
	}
	return s.address(name)
}

// address is that of a database that fresh made.
func (s settings) address(name string) (string, error) {
	u, err := url.Parse(s.dsn)
	if err != nil {
		return "", err
	}
	u.Path = "/" + prefix + name
	return u.String(), nil
}

func replaceDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	quoted := pgx.Identifier{name}.Sanitize()
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + quoted + " WITH (FORCE)", "CREATE DATABASE " + quoted} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// drop drops the database of a name.
func (s settings) drop(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{prefix + name}.Sanitize()+" WITH (FORCE)")
	return err
}

// pool opens connections that know the types of pgvector, each after the statements.
func pool(ctx context.Context, dsn string, statements ...string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		for _, statement := range append([]string{"CREATE EXTENSION IF NOT EXISTS vector"}, statements...) {
			if _, err := conn.Exec(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return pgxvector.RegisterTypes(ctx, conn)
	}
	return pgxpool.NewWithConfig(ctx, config)
}
