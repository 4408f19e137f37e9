package main

import (
	"context"
	"runtime/debug"

	"github.com/jackc/pgx/v5"
)

// peerModule is the module that the store beside ours comes from.
const peerModule = "github.com/tmc/langchaingo"

// version is that of a module of this program.
func version(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, d := range info.Deps {
		if d.Path == module {
			return d.Version
		}
	}
	return ""
}

// server describes the server that everything runs on.
func (s settings) server(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	var text string
	err = conn.QueryRow(ctx, `SELECT 'PostgreSQL ' || current_setting('server_version')
		|| ', pgvector ' || (SELECT default_version FROM pg_available_extensions WHERE name = 'vector')
		|| ', shared_buffers ' || current_setting('shared_buffers')
		|| ', maintenance_work_mem ' || current_setting('maintenance_work_mem')
		|| ', fsync ' || current_setting('fsync')`).Scan(&text)
	return text, err
}
