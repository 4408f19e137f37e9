package mail

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"rapporteur/ingest/extract/raw"
)

const (
	// maxNesting is how deep parts may lie in parts; mail programs stay under 6.
	maxNesting = 20
	// maxParts is the largest count of parts of a message.
	maxParts = 200
	// maxFields is the largest count of fields in a head, and maxField the longest of them in bytes.
	maxFields = 1000
	maxField  = 64 << 10
)

// part is a message or one part of it.
type part struct {
	fields   []field
	media    string            // in lower case, text/plain where none is given
	params   map[string]string // of the media type
	body     []byte            // as it travels
	children []*part
}

type field struct{ name, value string }

// parse reads a part and those inside it. A part that breaks the rules is read as far as it goes.
func (m *message) parse(data []byte, depth int) (*part, error) {
	if m.parts++; m.parts > maxParts || depth > maxNesting {
		return nil, raw.ResourceLimit()
	}
	p := &part{}
	p.fields, p.body = head(data)
	p.media, p.params = mediaOf(p.raw("Content-Type"))
	if !strings.HasPrefix(p.media, "multipart/") || p.params["boundary"] == "" {
		return p, nil
	}
	for _, inner := range split(p.body, p.params["boundary"]) {
		child, err := m.parse(inner, depth+1)
		if err != nil {
			return nil, err
		}
		p.children = append(p.children, child)
	}
	return p, nil
}

// head parts the fields from the body. A line that is no field ends the head.
func head(data []byte) (fields []field, body []byte) {
	var values [][]byte
	ended := func(body []byte) ([]field, []byte) {
		for i, value := range values {
			fields[i].value = string(value)
		}
		return fields, body
	}
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		if len(bytes.TrimSpace(line)) == 0 {
			return ended(rest)
		}
		name, value, found := bytes.Cut(line[:min(len(line), maxField)], []byte(":"))
		last := len(fields) - 1
		switch {
		case (line[0] == ' ' || line[0] == '\t') && last >= 0:
			if len(values[last]) < maxField {
				values[last] = append(append(values[last], ' '), bytes.TrimSpace(line[:min(len(line), maxField)])...)
			}
		case !found || bytes.ContainsAny(bytes.TrimRight(name, " \t"), " \t<>"):
			return ended(data)
		case len(fields) < maxFields:
			fields = append(fields, field{name: string(bytes.TrimSpace(name))})
			values = append(values, bytes.Clone(bytes.TrimSpace(value)))
		}
		data = rest
	}
	return ended(nil)
}

// split gives the parts between the lines that hold the boundary. The last may lack its end.
func split(body []byte, boundary string) [][]byte {
	var parts [][]byte
	mark, start := []byte("--"+boundary), -1
	for at := 0; at < len(body); {
		end := len(body)
		if n := bytes.IndexByte(body[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		if rest, ok := bytes.CutPrefix(body[at:end], mark); ok {
			rest = bytes.TrimSpace(rest)
			if last := bytes.Equal(rest, []byte("--")); last || len(rest) == 0 {
				if start >= 0 {
					parts = append(parts, body[start:at])
				}
				if start = end; last {
					return parts
				}
			}
		}
		at = end
	}
	if start >= 0 {
		parts = append(parts, body[start:])
	}
	return parts
}

// raw gives the first field of a name as it stands.
func (p *part) raw(name string) string {
	for _, f := range p.fields {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// field gives the first field of a name as a reader sees it.
func (p *part) field(name string) string { return decodeWords(p.raw(name)) }

// decodeWords opens encoded words such as =?utf-8?Q?=C3=A9t=C3=A9?=.
func decodeWords(s string) string {
	if !utf8.ValidString(s) {
		s = raw.Decode([]byte(s))
	}
	decoder := mime.WordDecoder{CharsetReader: func(label string, r io.Reader) (io.Reader, error) {
		return charset.NewReaderLabel(label, r)
	}}
	decoded, err := decoder.DecodeHeader(s)
	if err != nil {
		return s
	}
	return decoded
}

var (
	parameter = regexp.MustCompile(`(?i)\b(boundary|charset|name|filename)\s*=\s*(?:"([^"]*)"|([^\s;"]+))`)
	mediaType = regexp.MustCompile(`^\s*([A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+)`)
)

// mediaOf reads a media type or disposition and its parameters, broken ones as far as they go.
func mediaOf(value string) (media string, params map[string]string) {
	media, params, err := mime.ParseMediaType(value)
	if err == nil {
		return media, params
	}
	params = map[string]string{}
	for _, found := range parameter.FindAllStringSubmatch(value, -1) {
		params[strings.ToLower(found[1])] = found[2] + found[3]
	}
	if found := mediaType.FindStringSubmatch(value); found != nil {
		return strings.ToLower(found[1]), params
	}
	return "text/plain", params
}

// isAttached reports a part that stands beside the text: a file, or another message.
func (p *part) isAttached() bool {
	disposition, _ := mediaOf(p.raw("Content-Disposition"))
	switch {
	case disposition == "attachment" || p.media == "message/rfc822" || p.media == "message/global":
		return true
	case strings.HasPrefix(p.media, "image/"):
		return p.raw("Content-ID") == "" && p.fileName() != ""
	}
	return p.fileName() != "" && p.media != "text/html" && len(p.children) == 0 && disposition != "inline"
}

// isSealed reports a message that only its receiver can open.
func (p *part) isSealed() bool {
	return strings.HasSuffix(p.media, "pkcs7-mime") && p.params["smime-type"] != "signed-data"
}

func (p *part) fileName() string {
	_, params := mediaOf(p.raw("Content-Disposition"))
	name := params["filename"]
	if name == "" {
		name = p.params["name"]
	}
	return decodeWords(name)
}

// name says what an attachment is: its file name, the subject of a message, else its type.
func (p *part) name() string {
	if name := p.fileName(); name != "" {
		return name
	}
	if strings.HasPrefix(p.media, "message/") {
		fields, _ := head(bytes.TrimLeft(p.body, "\n"))
		if subject := (&part{fields: fields}).field("Subject"); subject != "" {
			return subject
		}
	}
	return p.media
}

// holds reports a part of that type, or one inside it.
func (p *part) holds(media string) bool {
	if p.media == media {
		return true
	}
	for _, child := range p.children {
		if child.holds(media) {
			return true
		}
	}
	return false
}

// markup gives the first HTML of a part.
func (p *part) markup() string {
	if p.media == "text/html" {
		return p.text()
	}
	for _, child := range p.children {
		if child.holds("text/html") {
			return child.markup()
		}
	}
	return ""
}

// text decodes the body of a part.
func (p *part) text() string {
	data := p.unpacked()
	label := strings.ToLower(p.params["charset"])
	shifted := strings.HasPrefix(label, "iso-2022") || strings.HasPrefix(label, "hz") // written in ASCII, so valid as UTF-8
	if !shifted {
		switch {
		case utf8.Valid(data):
			return string(data)
		case p.media == "text/html" && label == "":
			return raw.DecodeHTML(data)
		}
	}
	if encoding, name := charset.Lookup(label); encoding != nil && name != "utf-8" {
		if decoded, err := encoding.NewDecoder().Bytes(data); err == nil {
			return string(decoded)
		}
	}
	return raw.Decode(data)
}

// unpacked undoes the encoding for the way; what it cannot undo stays as it is.
func (p *part) unpacked() []byte {
	switch strings.ToLower(p.raw("Content-Transfer-Encoding")) {
	case "base64":
		return unbase64(p.body)
	case "quoted-printable":
		data, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(p.body)))
		if err != nil && len(data)*2 < len(p.body) {
			return p.body
		}
		return data
	}
	return p.body
}

// unbase64 decodes what it can: characters of other alphabets are skipped, as the standard asks.
func unbase64(body []byte) []byte {
	kept := make([]byte, 0, len(body))
	for _, c := range body {
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' {
			kept = append(kept, c)
		}
	}
	if len(kept)%4 == 1 {
		kept = kept[:len(kept)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(kept)))
	n, _ := base64.RawStdEncoding.Decode(out, kept) // the bytes before a fault are decoded
	return out[:n]
}
