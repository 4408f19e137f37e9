package pdf

import (
	"errors"

	"rapporteur/qa"
)

// The codes of what can be wrong with a file; docs/errors.md and package locale explain them.
const (
	codeBadPassword = string(qa.VerdictBadPassword)
	codeDamaged     = "damaged"
	codeEmpty       = "empty"
	codeEncrypted   = "encrypted"
	codeNoPage      = "no_page" // the request names a page that the document does not have
	codeNoText      = "no_text"
	codeLimit       = "resource_limit"
	codeTooLarge    = "too_large"
)

// failure is an error of the file that the child can name. It travels to the parent as its code.
type failure struct {
	code  string
	cause error
}

func fail(code string, cause error) *failure { return &failure{code: code, cause: cause} }

// Error gives the code and the cause, for the log.
func (f *failure) Error() string { return f.code + ": " + f.cause.Error() }

// Unwrap gives the cause.
func (f *failure) Unwrap() error { return f.cause }

// codeOf finds the code of an error of the child: damaged where it has none.
func codeOf(err error) string {
	var f *failure
	if errors.As(err, &f) {
		return f.code
	}
	return codeDamaged
}

// ErrNoPage says that a document has no page of the number asked for.
var ErrNoPage = errors.New("pdf: the document has no such page")

// verdict turns a code of the child into the error a user sees. An unknown code counts as damaged.
func verdict(code string, cause error) error {
	switch code {
	case codeNoPage:
		return ErrNoPage
	case codeBadPassword, codeEmpty, codeEncrypted, codeLimit:
	default:
		code = codeDamaged
	}
	return qa.E(qa.Unprocessable, code).Because(cause)
}
