package raw

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// zeroSample is how many bytes tell UTF-16 without a mark from other encodings.
const zeroSample = 4096

// Decode makes UTF-8 of a text in an unknown encoding: the byte order mark decides, then valid UTF-8,
// then zero bytes in alternate places (UTF-16), then UTF-8 with a few broken bytes, else windows-1252,
// which holds ISO-8859-1 and all of ISO-8859-15 that French uses but « € ».
func Decode(data []byte) string {
	if enc, rest := byMark(data); enc != nil {
		return decodeWith(enc, rest)
	}
	return decodeUnmarked(data, charmap.Windows1252)
}

// DecodeHTML is Decode with the encoding that the page declares in place of windows-1252. Bytes
// that are valid UTF-8 are read so whatever the page declares: pages lie, and chance does not make
// accented words valid.
func DecodeHTML(data []byte) string {
	if enc, rest := byMark(data); enc != nil {
		return decodeWith(enc, rest)
	}
	var declared encoding.Encoding = charmap.Windows1252
	if label := metaCharset.FindSubmatch(data[:min(len(data), metaWindow)]); label != nil {
		if enc, name := charset.Lookup(string(label[1])); enc != nil && name != "utf-8" && !strings.HasPrefix(name, "utf-16") {
			declared = enc
		}
	}
	return decodeUnmarked(data, declared)
}

// metaWindow is how much of a page is searched for its encoding. Browsers stop at 1 KiB; pages that
// open with long comments or scripts declare it later.
const metaWindow = 32 << 10

var metaCharset = regexp.MustCompile(`(?i)<meta\s[^>]*charset\s*=\s*["']?\s*([\w:.-]+)`)

func decodeUnmarked(data []byte, fallback encoding.Encoding) string {
	if enc := byZeros(data); enc != nil {
		return decodeWith(enc, data)
	}
	if utf8.Valid(data) {
		return string(data)
	}
	if mostlyUTF8(data) {
		return decodeMixed(data)
	}
	return decodeWith(fallback, data)
}

func byMark(data []byte) (encoding.Encoding, []byte) {
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		if !utf8.Valid(data) {
			return nil, data
		}
		return encoding.Nop, data[3:]
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), data[2:]
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), data[2:]
	}
	return nil, data
}

// byZeros tells UTF-16 without a mark: in European text every other byte is zero.
func byZeros(data []byte) encoding.Encoding {
	sample := data[:min(len(data), zeroSample)]
	var zeros [2]int
	for i, c := range sample {
		if c == 0 {
			zeros[i%2]++
		}
	}
	half := len(sample) / 2
	switch {
	case half == 0 || len(data)%2 != 0:
		return nil
	case zeros[1] > half*7/10 && zeros[0] < half/10+1:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros[0] > half*7/10 && zeros[1] < half/10+1:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

func decodeWith(enc encoding.Encoding, data []byte) string {
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

// mostlyUTF8 reports that whole characters of several bytes outnumber broken bytes: a UTF-8 file
// with an accident in it, not a file of another encoding.
func mostlyUTF8(data []byte) bool {
	whole, broken := 0, 0
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			broken++
		case n > 1:
			whole++
		}
		i += n
	}
	return whole > broken
}

// decodeMixed reads the broken bytes of a UTF-8 file as windows-1252.
func decodeMixed(data []byte) string {
	var b strings.Builder
	b.Grow(len(data))
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(data[i])
		}
		b.WriteRune(r)
		i += n
	}
	return b.String()
}

// Binary reports bytes that are no text in any encoding that is read: more than one character in
// twenty is a control, or one in three is NUL.
func Binary(head []byte) bool {
	controls, zeros, all := 0, 0, 0
	for _, r := range Decode(head) {
		all++
		switch {
		case r == 0:
			zeros++
		case r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1a\x1b", r), r >= 0x7f && r < 0xa0 && r != 0x85:
			controls++
		}
	}
	return all == 0 || controls*20 > all || zeros*3 > all
}
