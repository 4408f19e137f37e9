package main

import (
	"log/slog"
	"strconv"
)

// logger writes JSON lines to the error stream. Commands that end by themselves log warnings only:
// their own output says the rest.
func logger(s *settings, term terminal) *slog.Logger {
	return slog.New(slog.NewJSONHandler(term.err, &slog.HandlerOptions{Level: max(s.LogLevel, slog.LevelWarn)}))
}

// serverLogger writes JSON lines to the error stream at the level asked for.
func serverLogger(s *settings, term terminal) *slog.Logger {
	return slog.New(slog.NewJSONHandler(term.err, &slog.HandlerOptions{Level: s.LogLevel}))
}

func itoa(n int) string { return strconv.Itoa(n) }
