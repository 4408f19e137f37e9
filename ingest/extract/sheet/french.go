package sheet

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/xuri/excelize/v2"

	"rapporteur/ingest/extract/raw"
)

// A workbook holds numbers and formats, not what is shown: that follows the language of its reader. A workbook
// written in French is shown here as French programs show it.

// sampledWords is how many words tell the language of a workbook.
const sampledWords = 5000

// tongue counts the words that tell French from English.
type tongue struct{ words, french, english int }

// hear counts the words of one text.
func (t *tongue) hear(text string) {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if t.words++; t.words > sampledWords {
			return
		}
		switch strings.ToLower(word) {
		case "de", "du", "la", "le", "les", "des", "et", "à", "au", "aux", "en", "pour", "sur", "par", "une", "est", "dans":
			t.french++
			continue
		case "the", "of", "and", "to", "in", "for", "is", "by", "with", "from":
			t.english++
			continue
		}
		if strings.ContainsAny(word, "éèêëàâùûôîïçœÉÈÊÀÇ") {
			t.french++
		}
	}
}

func (t *tongue) isFrench() bool { return t.french > t.english }

// options are those of the library. The two limits are one, so that it keeps no part in a temporary file.
// The format of dates that follows the reader is American unless it is told.
func (w *workbook) options(o raw.Limits) excelize.Options {
	options := excelize.Options{UnzipSizeLimit: o.MaxUnpacked, UnzipXMLSizeLimit: o.MaxUnpacked, ShortDatePattern: "yyyy-mm-dd"}
	if w.tongue.isFrench() {
		options.ShortDatePattern = "dd/mm/yyyy"
	}
	return options
}

// figure is a number as the library shows it, with what the format writes around it.
var figure = regexp.MustCompile(`^([^\d.,]*)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?([^\d.,]*)$`)

// frenchNumber sets the marks of a number: a narrow no-break space between thousands and a decimal comma.
func frenchNumber(s string) string {
	part := figure.FindStringSubmatch(s)
	if part == nil {
		return s
	}
	whole := strings.ReplaceAll(part[2], ",", "\u202F")
	if part[3] != "" {
		whole += "," + part[3]
	}
	return part[1] + whole + part[4]
}

// isDate reports a number format that writes a date or a time.
func isDate(code string) bool {
	plain := quoted.ReplaceAllString(strings.ToLower(code), "")
	return strings.ContainsAny(plain, "ydhs") || strings.Contains(plain, "mm")
}

// quoted are the parts of a number format that are words, colours or escapes. General is a word too.
var quoted = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]|\\.|general|standard`)

// numbers are the cells of a sheet that hold numbers and show them as such, in the order of the file.
type numbers struct {
	columns []uint16
	rows    map[int]span // of columns
}

type span struct{ from, to int32 }

func (n *numbers) add(row, column int) {
	if n.rows == nil {
		n.rows = map[int]span{}
	}
	at, found := n.rows[row]
	if !found {
		at.from = int32(len(n.columns))
	}
	n.columns = append(n.columns, uint16(column))
	at.to = int32(len(n.columns))
	n.rows[row] = at
}

// localise sets the numbers of a row as French programs do.
func (n *numbers) localise(row int, cells []string) {
	at := n.rows[row]
	for _, column := range n.columns[at.from:at.to] {
		if i := int(column) - 1; i < len(cells) {
			cells[i] = frenchNumber(cells[i])
		}
	}
}
