package langchain

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/tmc/langchaingo/schema"

	"rapporteur/qa"
)

// The source of a document that was added here carries its metadata: the library keeps it with the document, gives it
// back with every passage, puts it into backups and erases it with the document, and no second store of records has to
// be kept in step. It reads "langchain:" + 128 bits of the text's SHA-256 in hexadecimal, then, where there is
// metadata, a space and the metadata as JSON.
const (
	mark       = "langchain:"
	digestSize = 16 // bytes
	head       = len(mark) + 2*digestSize
	// MaxMetadata is how long metadata may be, in bytes of JSON: a source holds 1,024.
	MaxMetadata = 960
)

// carried is a text on its way into the library.
type carried struct {
	source string
	text   string
	tail   string // white space after it
}

func (c carried) reader() io.Reader { return strings.NewReader(c.text + c.tail) }

func pack(d schema.Document) (carried, error) {
	digest := sha256.Sum256([]byte(d.PageContent))
	c := carried{source: mark + hex.EncodeToString(digest[:digestSize]), text: d.PageContent}
	if len(d.Metadata) == 0 {
		return c, nil
	}
	metadata, err := json.Marshal(d.Metadata)
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrMetadata, err)
	}
	line := visible(string(metadata))
	if len(line) > MaxMetadata {
		return c, fmt.Errorf("%w: %d bytes of JSON, at most %d", ErrMetadata, len(line), MaxMetadata)
	}
	c.source += " " + line
	c.tail = blank(line)
	return c, nil
}

// blank is a line of white space that differs for each line of metadata. A collection holds the same bytes once:
// texts that are the same but for their metadata are two documents by it, and no reader sees it.
func blank(metadata string) string {
	var b strings.Builder
	b.WriteString("\n")
	digest := sha256.Sum256([]byte(metadata))
	for _, octet := range digest[:digestSize] {
		for bit := range 8 {
			b.WriteByte(" \t"[octet>>bit&1])
		}
	}
	return b.String()
}

// visible escapes in JSON the characters that a source does not keep: those of control and format.
func visible(metadata string) string {
	var b strings.Builder
	for _, r := range metadata {
		switch {
		case !unicode.Is(unicode.C, r):
			b.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// unpack gives the metadata that a source carries, and false for the source of another document.
func unpack(source string) (map[string]any, bool) {
	rest, ok := strings.CutPrefix(source, mark)
	if !ok || len(source) < head || strings.Trim(rest[:2*digestSize], "0123456789abcdef") != "" {
		return nil, false
	}
	metadata := map[string]any{}
	if rest = rest[2*digestSize:]; rest == "" {
		return metadata, true
	}
	return metadata, json.Unmarshal([]byte(rest), &metadata) == nil
}

// described is the metadata of a document that was not added here.
func described(id qa.DocumentID, title, source string) map[string]any {
	return map[string]any{"document": string(id), "title": title, "source": source}
}
