package qa

import (
	"context"
	"errors"
	"fmt"
)

// Kind groups errors by what a caller can do about them.
type Kind int

// The kinds of error. The tables of server and cmd turn them into statuses and exit codes.
const (
	Internal Kind = iota
	Invalid
	TooLarge
	Unsupported
	Unprocessable
	NotFound
	Unauthenticated
	Forbidden
	Conflict
	Exhausted
	Unavailable
	NoSpace
	Canceled
)

// Kinds lists every Kind, for tests of the tables that map them.
func Kinds() []Kind {
	return []Kind{Internal, Invalid, TooLarge, Unsupported, Unprocessable, NotFound,
		Unauthenticated, Forbidden, Conflict, Exhausted, Unavailable, NoSpace, Canceled}
}

// Error is an error that a user can be told about. Code is stable; package locale turns it into
// a sentence with Args. Err is for the log only and never reaches a client.
type Error struct {
	Kind Kind
	Code string
	Args []any
	Err  error
}

// E makes an Error; args fill the placeholders of the code's sentence.
func E(kind Kind, code string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Args: args}
}

// Because returns a copy of e that wraps cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Err = cause
	return &c
}

// Error is the developer's view: code, arguments and cause.
func (e *Error) Error() string {
	s := e.Code
	if len(e.Args) > 0 {
		s += fmt.Sprintf(" %v", e.Args)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf finds the Kind of err: Internal where none is known, Canceled for a cancelled context.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return Unavailable
	}
	return Internal
}

// CodeOf finds the stable code of err, "internal" where there is none.
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	switch KindOf(err) {
	case Canceled:
		return "canceled"
	case Unavailable:
		return "timeout"
	}
	return "internal"
}
