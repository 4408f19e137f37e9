package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"rapporteur/qa"
)

// The SQLSTATE codes that are told apart (PostgreSQL's manual, appendix A).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	uniqueViolation      = "23505"
	lockNotAvailable     = "55P03"
	diskFull             = "53100"
	invalidPassword      = "28P01"
	invalidAuthorisation = "28000"
	invalidCatalog       = "3D000"
	dataCorrupted        = "XX001"
	indexCorrupted       = "XX002"
)

// repeatable reports whether a transaction failed only because of another one.
func repeatable(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	return e.Code == serializationFailure || e.Code == deadlockDetected || e.Code == uniqueViolation
}

// public gives errors of the database their kind and code; nil and errors that have one stay.
func public(err error) error {
	var known *qa.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return qa.E(qa.Unavailable, "store_down").Because(err) // the connection, not the statement
	}
	switch e.Code {
	case diskFull:
		return qa.E(qa.NoSpace, "disk_full").Because(err)
	case lockNotAvailable, serializationFailure, deadlockDetected:
		return qa.E(qa.Unavailable, "store_busy").Because(err)
	case invalidPassword, invalidAuthorisation, invalidCatalog:
		return qa.E(qa.Invalid, "database_refused").Because(err)
	case dataCorrupted, indexCorrupted:
		return qa.E(qa.Internal, "database_damaged").Because(err)
	}
	switch e.Code[:2] {
	case "08", "53", "57", "58": // connection, resources, operator, system
		return qa.E(qa.Unavailable, "store_down").Because(err)
	}
	return qa.E(qa.Internal, "internal").Because(err)
}
