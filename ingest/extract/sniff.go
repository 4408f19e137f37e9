package extract

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"rapporteur/ingest/extract/mail"
	"rapporteur/ingest/extract/office"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

const (
	// headSize is how much of the start of a file decides its type.
	headSize = 4096
	// pdfWindow is how far from the start readers look for the mark of a PDF.
	pdfWindow = 1024
)

// Sniff tells the media type of a file by its content. The name only chooses between readings of
// plain text, and between two refusals: type_mismatch when its extension promises a type that is
// read but the content is none of them, else unsupported_type. The errors are those two and empty,
// damaged, encrypted, too_large_unpacked, as *qa.Error.
func (x *Extractor) Sniff(f qa.File) (string, error) {
	media, err := sniff(x.WithDefaults(), strings.ToLower(path.Ext(f.Name)), f)
	if err != nil {
		err = raw.AsVerdict(err)
		if qa.CodeOf(err) == string(qa.VerdictUnsupportedType) && promised(f.Name) {
			err = raw.TypeMismatch().Because(errors.Unwrap(err))
		}
		return "", err
	}
	return media, nil
}

func sniff(o raw.Limits, ext string, r qa.File) (string, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	head := make([]byte, headSize)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	head = head[:n]
	switch {
	case n == 0:
		return "", raw.Empty()
	case isPDF(head):
		return raw.MediaPDF, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return sniffArchive(o, r)
	case bytes.HasPrefix(head, []byte(oleMark)):
		return sniffOLE(o, r)
	}
	return sniffText(ext, head)
}

// isPDF finds the mark at the start or, among the bytes some servers and scanners put before it,
// near the start when objects follow.
func isPDF(head []byte) bool {
	at := bytes.Index(head[:min(len(head), pdfWindow)], []byte("%PDF-"))
	if at < 0 {
		at = bytes.Index(head, []byte("%PDF-"))
		return at >= 0 && raw.Binary(head[:at])
	}
	lead := bytes.TrimPrefix(head[:at], []byte("\xEF\xBB\xBF"))
	return len(bytes.TrimSpace(lead)) == 0 || bytes.Contains(head[at:], []byte(" obj"))
}

// sniffArchive tells the formats that are ZIP archives from other archives.
func sniffArchive(o raw.Limits, r io.ReadSeeker) (string, error) {
	a, err := raw.OpenArchive(context.Background(), o, r)
	if err != nil {
		return "", err
	}
	media, err := office.Kind(a)
	switch {
	case err != nil:
		return "", err
	case media == "":
		return "", raw.UnsupportedType()
	case a.Crowded():
		return "", raw.TooLargeUnpacked()
	case media == raw.MediaODT:
		return media, office.Encrypted(a)
	}
	return media, nil
}

// sniffOLE tells the Office files under a password, which lie in an OLE container, from the formats of
// Office before 2007, which are not read.
func sniffOLE(o raw.Limits, f qa.File) (string, error) {
	f, err := opened(o, f)
	if err != nil {
		return "", err
	}
	return sniffArchive(o, f)
}

func sniffText(ext string, head []byte) (string, error) {
	if raw.Binary(head) || isMedia(head) {
		return "", raw.UnsupportedType()
	}
	start := strings.ToLower(strings.TrimSpace(raw.Decode(head)))
	markdown := ext == ".md" || ext == ".markdown"
	switch {
	case strings.HasPrefix(start, `{\rtf`):
		return raw.MediaRTF, nil
	case strings.HasPrefix(start, "%!ps"), strings.HasPrefix(start, "<svg"):
		return "", raw.UnsupportedType()
	case isPage(start):
		return raw.MediaHTML, nil
	case strings.HasPrefix(start, "<?xml"):
		return "", raw.UnsupportedType()
	case markdown:
		return raw.MediaMarkdown, nil
	case ext == ".csv" || ext == ".tsv":
		return raw.MediaCSV, nil
	case isMail(start), ext == ".eml" && isField(start), mail.IsMailbox(raw.LineEnds(raw.Decode(head))):
		return raw.MediaEML, nil
	case ext != ".txt" && isFragment(start):
		return raw.MediaHTML, nil
	}
	return raw.MediaText, nil
}

// isMedia recognises images, sounds and archives, whose first bytes may pass for text when they are few.
func isMedia(head []byte) bool {
	for _, mark := range []string{"\x89PNG", "GIF8", "\xFF\xD8\xFF", "RIFF", "OggS", "ID3", "\x1F\x8B", "7z\xBC\xAF", "Rar!", "II*\x00", "MM\x00*"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	return false
}

// isPage reports the start of a whole HTML page, perhaps behind an XML declaration and comments.
func isPage(start string) bool {
	for strings.HasPrefix(start, "<?xml") || strings.HasPrefix(start, "<!--") {
		end := ">"
		if start[1] == '!' {
			end = "-->"
		}
		_, rest, found := strings.Cut(start, end)
		if !found {
			return false
		}
		start = strings.TrimSpace(rest)
	}
	return opensWith(start, "!doctype html", "html", "head", "body", "title", "meta", "link", "base")
}

// isFragment reports text that opens with an element of HTML. A Markdown file may too, hence only
// its name can tell.
func isFragment(start string) bool {
	return strings.HasPrefix(start, "<!--") || opensWith(start, "p", "div", "h1", "h2", "h3", "table", "ul", "ol",
		"script", "style", "span", "a", "b", "i", "br", "font", "center", "article", "main", "section", "header", "iframe", "img")
}

// isMail reports the head of an e-mail: only header fields, among them those that every message has.
func isMail(start string) bool {
	known := 0
	for line := range strings.Lines(start) {
		name, _, found := strings.Cut(line, ":")
		switch {
		case strings.TrimSpace(line) == "":
			return known >= 2
		case line[0] == ' ' || line[0] == '\t':
			continue
		case !found || strings.ContainsAny(name, " \t<>"):
			return known >= 2 && strings.HasPrefix(line, "from ") // the mark of a mailbox
		}
		switch name {
		case "from", "to", "date", "subject", "received", "return-path", "message-id", "mime-version", "content-type", "delivered-to":
			known++
		}
	}
	return known >= 2
}

// isField reports a first line that may be a field of the head of a message.
func isField(start string) bool {
	line, _, _ := strings.Cut(start, "\n")
	name, _, found := strings.Cut(line, ":")
	return found && name != "" && !strings.ContainsAny(name, " \t<>")
}

// opensWith reports a tag with one of the names at the start of a text in lower case.
func opensWith(start string, names ...string) bool {
	if !strings.HasPrefix(start, "<") {
		return false
	}
	for _, name := range names {
		rest, ok := strings.CutPrefix(start[1:], name)
		if ok && (rest == "" || strings.ContainsRune(" \t\r\n>/", rune(rest[0]))) {
			return true
		}
	}
	return false
}

// promised reports an extension of a type that is read.
func promised(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".pdf", ".docx", ".odt", ".html", ".htm", ".xhtml", ".md", ".markdown", ".txt", ".text",
		".pptx", ".xlsx", ".csv", ".tsv", ".epub", ".rtf", ".eml":
		return true
	}
	return false
}
