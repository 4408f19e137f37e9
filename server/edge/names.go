package edge

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of what clients name, in characters.
const (
	maxName  = 200
	maxTitle = 300
)

// unnamed stands for a file whose name has nothing that can be shown.
const unnamed = "document"

// FileName gives the name to show for an uploaded file: the last part of what the client said,
// on one line, without invisible characters. It is a label and never a place.
func FileName(raw string) string {
	raw = strings.ReplaceAll(raw, `\`, "/")
	name := oneLine(raw[strings.LastIndex(raw, "/")+1:])
	if strings.Trim(name, ". ") == "" {
		return unnamed
	}
	return shorten(name, maxName)
}

// SourcePath gives the relative path that a client chose as source, each part cleaned like a
// file name; "" when nothing is left.
func SourcePath(raw string) string {
	var parts []string
	for part := range strings.SplitSeq(strings.ReplaceAll(raw, `\`, "/"), "/") {
		part = oneLine(part)
		if strings.Trim(part, ". ") != "" {
			parts = append(parts, part)
		}
	}
	return shorten(strings.Join(parts, "/"), maxName)
}

// oneLine normalises text (NFC), turns every run of white space into one space and drops what
// cannot be seen: controls, direction marks, joiners, private characters.
func oneLine(raw string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFC.String(strings.ToValidUTF8(raw, "")) {
		if unicode.IsSpace(r) {
			space = b.Len() > 0
			continue
		}
		if !unicode.IsGraphic(r) {
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// shorten cuts text to limit characters and 255 bytes, keeping a short extension.
func shorten(text string, limit int) string {
	const maxBytes = 255
	if utf8.RuneCountInString(text) <= limit && len(text) <= maxBytes {
		return text
	}
	ext := path.Ext(text)
	if len(ext) > 10 {
		ext = ""
	}
	stem := []rune(strings.TrimSuffix(text, ext))
	stem = stem[:min(len(stem), limit-utf8.RuneCountInString(ext))]
	for len(string(stem))+len(ext) > maxBytes {
		stem = stem[:len(stem)-1]
	}
	return strings.TrimSpace(string(stem)) + ext
}

// Attachment is the Content-Disposition of a download (RFC 6266): a plain ASCII name, and the
// true one in the encoding of RFC 8187.
func Attachment(name string) string {
	name = FileName(name)
	var plain, encoded strings.Builder
	for _, r := range name {
		if plainNameRune(r) {
			plain.WriteRune(r)
		} else {
			plain.WriteByte('_')
		}
	}
	for i := range len(name) {
		if b := name[i]; b < utf8.RuneSelf && plainNameRune(rune(b)) && b != ' ' {
			encoded.WriteByte(b)
		} else {
			fmt.Fprintf(&encoded, "%%%02X", b)
		}
	}
	return `attachment; filename="` + plain.String() + `"; filename*=UTF-8''` + encoded.String()
}

func plainNameRune(r rune) bool {
	return r == ' ' || r == '.' || r == '-' || r == '_' ||
		'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
