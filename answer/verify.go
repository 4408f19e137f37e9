package answer

import (
	"cmp"
	"fmt"
	"slices"
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
		c.Page, c.PageLabel, c.PageUnit = page.Number, page.Label, page.Unit
	}
	c.Header, c.Place, c.Recognised = headerOf(p, c.Start), placeOf(p, c.Span), recognisedIn(p, c.Span)
	return c
}

// Verify checks a citation against the passage it comes from: same version, the quote byte for byte
// at its span, the header row of its table and no other, text that may be cited, and a page that holds
// its start. The error is internal: a user never sees such a quote.
func Verify(c qa.Citation, p qa.Passage) error {
	start, end := c.Start-p.Start, c.End-p.Start
	switch {
	case c.Version != p.Version || c.Document != p.Document.ID:
		return qa.E(qa.Internal, "internal").Because(fmt.Errorf("the citation is of version %s, the passage of %s", c.Version, p.Version))
	case start < 0 || end > len(p.Text) || start >= end || p.Text[start:end] != c.Quote:
		return qa.E(qa.Internal, "internal").Because(fmt.Errorf("the quote is not at %d-%d of version %s", c.Start, c.End, c.Version))
	case c.Header != headerOf(p, c.Start):
		return qa.E(qa.Internal, "internal").Because(fmt.Errorf("%q is not the header of the row at %d of version %s", c.Header, c.Start, c.Version))
	case !citable(p, c.Span):
		return qa.E(qa.Internal, "internal").Because(fmt.Errorf("%d-%d of version %s holds text that is never cited", c.Start, c.End, c.Version))
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

// citable reports whether a span holds nothing that only repeats or points to other text.
func citable(p qa.Passage, s qa.Span) bool {
	return !slices.ContainsFunc(p.Blocks, func(b qa.Block) bool { return b.Overlaps(s) && !b.Kind.Citable() })
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
		code += "_at"
		args = append(args, where(language, c))
	}
	quote := tidy(c.Quote)
	if c.Header != "" {
		quote = tidy(c.Header) + "\n" + quote
	}
	sentence := locale.Sentence(language, code, append(args, quote, c.Number)...)
	if last, _ := utf8.DecodeLastRuneInString(c.Quote); !strings.ContainsRune(".!?…", last) {
		sentence += "."
	}
	return sentence
}

// where names the page, slide or sheet of a citation.
func where(language string, c qa.Citation) string {
	number := strconv.Itoa(c.Page)
	switch c.PageUnit {
	case qa.UnitSlide:
		return locale.Sentence(language, "answer_at_slide", number)
	case qa.UnitSheet:
		return locale.Sentence(language, "answer_at_sheet", cmp.Or(c.PageLabel, number))
	}
	return locale.Sentence(language, "answer_at_page", number)
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
