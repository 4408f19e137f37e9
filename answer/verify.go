package answer

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"rapporteur/analysis"
	"rapporteur/locale"
	"rapporteur/qa"
)

// citation cites a span of a passage's text, exactly as it stands there.
func citation(p qa.Passage, s analysis.Span) qa.Citation {
	c := qa.Citation{
		Document: p.Document.ID,
		Version:  p.Version,
		Title:    p.Document.Title,
		Source:   p.Document.Source,
		Section:  p.Section,
		Span:     qa.Span{Start: p.Start + s.Start, End: p.Start + s.End},
		Quote:    p.Text[s.Start:s.End],
	}
	if page, ok := p.PageAt(c.Start); ok {
		c.Page, c.PageLabel = page.Number, page.Label
	}
	return c
}

// Verify checks a citation against the passage it comes from: same version, the quote byte for byte
// at its span, and a page that holds its start. The error is internal: a user never sees such a quote.
func Verify(c qa.Citation, p qa.Passage) error {
	start, end := c.Start-p.Start, c.End-p.Start
	switch {
	case c.Version != p.Version || c.Document != p.Document.ID:
		return qa.E(qa.Internal, "internal").Because(fmt.Errorf("the citation is of version %s, the passage of %s", c.Version, p.Version))
	case start < 0 || end > len(p.Text) || start >= end || p.Text[start:end] != c.Quote:
		return qa.E(qa.Internal, "internal").Because(fmt.Errorf("the quote is not at %d-%d of version %s", c.Start, c.End, c.Version))
	case len(p.Pages) > 0 && !onPage(c, p.Pages):
		return qa.E(qa.Internal, "internal").Because(fmt.Errorf("byte %d of version %s is not on page %d", c.Start, c.Version, c.Page))
	}
	return nil
}

func onPage(c qa.Citation, pages []qa.Page) bool {
	for _, p := range pages {
		if p.Number == c.Page {
			return p.Start <= c.Start && c.Start < p.End
		}
	}
	return false
}

// phrase is the sentence that presents the i-th citation: where it stands, then the quote itself.
func phrase(language string, citations []qa.Citation, i int) string {
	c := citations[i]
	code, args := "answer_first", []any{cmp.Or(c.Title, c.Source)}
	if i > 0 {
		code = "answer_other"
		if citations[i-1].Document == c.Document {
			code, args = "answer_same", nil
		}
	}
	if c.Page > 0 {
		code += "_page"
		args = append(args, strconv.Itoa(c.Page))
	}
	sentence := locale.Sentence(language, code, append(args, tidy(c.Quote), c.Number)...)
	if last, _ := utf8.DecodeLastRuneInString(c.Quote); !strings.ContainsRune(".!?…", last) {
		sentence += "."
	}
	return sentence
}

// tidy shows a quote with one line for each item or row of the document, and single spaces.
func tidy(quote string) string {
	var lines []string
	for line := range strings.Lines(quote) {
		if words := strings.FieldsFunc(line, isPlainSpace); len(words) > 0 {
			lines = append(lines, strings.Join(words, " "))
		}
	}
	return strings.Join(lines, "\n")
}

// isPlainSpace leaves the no-break spaces of French typography as they are.
func isPlainSpace(r rune) bool {
	return r == ' ' || r == '\n' || r == '\r' || r == '\t' || r == '\f' || r == '\v'
}
