// Package raw stands between the bytes of a file and the readers of its format: ZIP archives and XML
// within limits, text in any encoding, and the verdicts on files that cannot be read. It knows no
// format.
package raw

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"rapporteur/qa"
)

// Limits keep a hostile file from taking the service down; none may be zero, see WithDefaults.
type Limits struct {
	// MaxInput is the largest HTML, Markdown or text file read, in bytes: 50 MiB. They are read whole
	// into memory; the other formats are streamed.
	MaxInput int64
	// MaxMarkup is the largest HTML file parsed, in bytes: 16 MiB. The parser needs up to twenty times
	// the size of the file.
	MaxMarkup int64
	// MaxTags is the largest count of '<' in an HTML file: 300,000, at most 60 MB once parsed. Each tag
	// may cost the parser a walk over 512 open elements.
	MaxTags int
	// MaxEntries is the largest count of entries in an archive: 4,096.
	MaxEntries int
	// MaxPart is the largest unpacked size of one part of an archive, in bytes: 40 MiB, some 10,000
	// pages of DOCX.
	MaxPart int64
	// MaxUnpacked is the largest unpacked size of all parts read from an archive, in bytes: 200 MiB.
	MaxUnpacked int64
	// MaxRatio is the largest compression ratio of a part of more than 4 MiB: 200. Real text parts
	// stay under 60; deflate itself cannot pass 1,032.
	MaxRatio int64
	// MaxDepth is the deepest nesting of elements or blocks: 256. A real DOCX stays under 60.
	MaxDepth int
	// MaxText is the longest text kept, in bytes: 32 MiB.
	MaxText int
	// MaxBlocks is the largest count of blocks of a text: 500,000.
	MaxBlocks int
	// MaxCells is the largest count of filled cells read from a workbook or a CSV file: 2,000,000.
	MaxCells int
	// Time is the longest that reading one file may take: 60 seconds. PDF readers have limits of their own.
	Time time.Duration
}

// WithDefaults replaces the zero fields.
func (o Limits) WithDefaults() Limits {
	o.MaxInput = cmp.Or(o.MaxInput, 50<<20)
	o.MaxMarkup = cmp.Or(o.MaxMarkup, 16<<20)
	o.MaxTags = cmp.Or(o.MaxTags, 300_000)
	o.MaxEntries = cmp.Or(o.MaxEntries, 4096)
	o.MaxPart = cmp.Or(o.MaxPart, 40<<20)
	o.MaxUnpacked = cmp.Or(o.MaxUnpacked, 200<<20)
	o.MaxRatio = cmp.Or(o.MaxRatio, 200)
	o.MaxDepth = cmp.Or(o.MaxDepth, 256)
	o.MaxText = cmp.Or(o.MaxText, 32<<20)
	o.MaxBlocks = cmp.Or(o.MaxBlocks, 500_000)
	o.MaxCells = cmp.Or(o.MaxCells, 2_000_000)
	o.Time = cmp.Or(o.Time, time.Minute)
	return o
}

// Empty is the error for a file that holds nothing.
func Empty() *qa.Error { return qa.E(qa.Unprocessable, string(qa.VerdictEmpty)) }

// Damaged is the error for a file that breaks the rules of its format.
func Damaged() *qa.Error { return qa.E(qa.Unprocessable, string(qa.VerdictDamaged)) }

// Encrypted is the error for a file under a password.
func Encrypted() *qa.Error { return qa.E(qa.Unprocessable, string(qa.VerdictEncrypted)) }

// BadPassword is the error for a password that does not open the file.
func BadPassword() *qa.Error { return qa.E(qa.Unprocessable, string(qa.VerdictBadPassword)) }

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

// ReadAll reads a whole file of at most limit bytes; the errors are too_large and empty.
func ReadAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, AsVerdict(err)
	case int64(len(data)) > limit:
		return nil, TooLarge()
	case len(bytes.TrimSpace(data)) == 0:
		return nil, Empty()
	}
	return data, nil
}

// LineEnds makes every kind of line end a line feed; the ends of pages and paragraphs make an empty line.
func LineEnds(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n\n", "\u2029", "\n\n", "\u2028", "\n", "\u0085", "\n").Replace(s)
}
