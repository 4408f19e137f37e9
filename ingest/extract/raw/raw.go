// Package raw stands between the bytes of a file and the readers of its format: ZIP archives and XML
// within limits, text in any encoding, and the verdicts on files that cannot be read. It knows no
// format.
package raw

import (
	"context"
	"errors"

	"rapporteur/qa"
)

// Limits bound what is unpacked from an archive; none may be zero.
type Limits struct {
	MaxEntries  int   // entries of an archive
	MaxPart     int64 // unpacked bytes of one part
	MaxUnpacked int64 // unpacked bytes of all parts read
	MaxRatio    int64 // compression ratio of a part of more than 4 MiB
	MaxDepth    int   // nesting of XML elements
}

// Empty is the error for a file that holds nothing.
func Empty() *qa.Error { return qa.E(qa.Unprocessable, string(qa.VerdictEmpty)) }

// Damaged is the error for a file that breaks the rules of its format.
func Damaged() *qa.Error { return qa.E(qa.Unprocessable, string(qa.VerdictDamaged)) }

// Encrypted is the error for a file under a password.
func Encrypted() *qa.Error { return qa.E(qa.Unprocessable, string(qa.VerdictEncrypted)) }

// NoText is the error for a file whose content holds no text.
func NoText() *qa.Error { return qa.E(qa.Unprocessable, string(qa.VerdictNoText)) }

// ResourceLimit is the error for a file that would take too much memory or time.
func ResourceLimit() *qa.Error { return qa.E(qa.Unprocessable, string(qa.VerdictResourceLimit)) }

// TooLarge is the error for a file of too many bytes.
func TooLarge() *qa.Error { return qa.E(qa.TooLarge, string(qa.VerdictTooLarge)) }

// TooLargeUnpacked is the error for an archive that holds too much.
func TooLargeUnpacked() *qa.Error { return qa.E(qa.TooLarge, string(qa.VerdictTooLargeUnpacked)) }

// UnsupportedType is the error for a type that is not read.
func UnsupportedType() *qa.Error { return qa.E(qa.Unsupported, string(qa.VerdictUnsupportedType)) }

// TypeMismatch is UnsupportedType for a file whose extension promised a type that is read.
func TypeMismatch() *qa.Error { return qa.E(qa.Unsupported, string(qa.VerdictTypeMismatch)) }

// AsVerdict makes err a verdict, Damaged where nothing better is known: it keeps an error that
// already is one, and the end of a context.
func AsVerdict(err error) error {
	var e *qa.Error
	if errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return Damaged().Because(err)
}
