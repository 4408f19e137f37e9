package layout

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/qa"
)

// Limits of what can be a heading: longer is a text in large letters.
const (
	maxHeadingRunes = 200
	maxNumbered     = 300 // with the number of a section
	maxTagged       = 400 // with the tag of one
	maxHeadingLines = 5
	maxLevel        = 9
)

// raw is the text of the lines, for looking at only.
func (p paragraph) raw() string {
	texts := make([]string, len(p.lines))
	for i, l := range p.lines {
		texts[i] = l.Text
	}
	return strings.Join(texts, " ")
}

// classify finds headings by their look, gives them levels, and tells captions.
func (s style) classify(pages [][]paragraph) {
	declared, labels := declares(pages), s.recurring(pages)
	known := map[look]map[float64]int{} // levels of the named headings by look
	deepest := 0
	var found []*paragraph
	for n, page := range pages {
		for i := range page {
			p := &page[i]
			after := following(pages, n, i)
			switch {
			case p.kind == qa.BlockHeading && p.level > 0:
				if known[p.look()] == nil {
					known[p.look()] = map[float64]int{}
				}
				known[p.look()][float64(p.level)]++
				deepest = max(deepest, p.level)
			case p.kind == qa.BlockHeading:
				found = append(found, p)
			case p.kind != qa.BlockParagraph && p.kind != qa.BlockListItem:
			case p.kind == qa.BlockParagraph && p.caption():
				p.kind = qa.BlockCaption
			case declared && p.plain() && p.lines[0].Size < 1.15*s.body:
			case s.heading(*p, after), labels[p.lines[0].key] && labelText(*p):
				p.kind = qa.BlockHeading
				found = append(found, p)
			}
		}
	}
	if deepest == 0 {
		levelByLook(found)
		return
	}
	for _, p := range found {
		p.level = outlineLevel(p.look(), known, deepest)
	}
}

// plain reports that the file's structure calls the paragraph something else than a heading.
func (p paragraph) plain() bool { return p.lines[0].element.role != "" }

// following gives what stands after paragraph i of a page, on to the next page.
func following(pages [][]paragraph, page, i int) []paragraph {
	after := pages[page][i+1:]
	for _, p := range after {
		if p.kind != qa.BlockFurniture {
			return after
		}
	}
	if page+1 < len(pages) {
		return pages[page+1]
	}
	return nil
}

// headed finds the number of a section at the start of its title: « 2.3.1 », « Critère 1.8 », « Article 4 ».
var headed = regexp.MustCompile(`^(?:\p{Lu}\p{L}+ (?:n° ?)?)?(?:\d{1,2}(?:\.\d{1,2})+|\d{1,3})[.:)]? `)

// heading reports that a paragraph looks like a heading; after is what follows it.
func (s style) heading(p paragraph, after []paragraph) bool {
	text := p.raw()
	last := p.lines[len(p.lines)-1]
	if p.drop || len(p.lines) > maxHeadingLines || last.Hyphen || !titleText(text) {
		return false
	}
	for _, l := range p.lines {
		if l.Mixed && !l.Bold && l.Size < 1.15*s.body {
			return false
		}
	}
	cell := last.element.role == "TD" || last.element.role == "TH"
	switch {
	case last.Size >= 1.15*s.body:
		return true
	case cell, p.kind == qa.BlockListItem && !numbered(text), text[0] == '(':
		return false
	case strings.HasSuffix(text, ":") && utf8.RuneCountInString(text) > maxLeadIn:
		return false // it leads into a list
	case last.Bold:
		return last.Size >= 0.95*s.body && followed(after, func(l Line) bool { return !l.Bold })
	case last.Size > 1.03*s.body && last.Font != s.font:
		return utf8.RuneCountInString(text) <= 100 && followed(after, func(l Line) bool { return l.Size < last.Size })
	}
	return capitals(text) && last.Font != s.font && last.Size >= 0.95*s.body
}

// maxLeadIn is the longest heading, in runes, that ends with a colon; longer ones are sentences.
const maxLeadIn = 70

// titleText reports words that can be those of a heading.
func titleText(text string) bool {
	section, longest := headed.FindString(text), maxHeadingRunes
	if section != "" {
		longest = maxNumbered
	}
	least := 3
	if strings.Contains(section, ".") {
		least = 1 // « 2.3.1 A »
	}
	first, _ := utf8.DecodeRuneInString(text)
	return utf8.RuneCountInString(text) <= longest && letters(text) >= least &&
		!strings.ContainsRune(".;,", lastRune(text)) && !unicode.IsLower(first)
}

// A label is a heading in the letters of the body that stands again and again: « Références »,
// « Cas particuliers ». Only its place and its repetition tell it from a short paragraph.
const (
	labelPages = 5
	labelRunes = 40
	labelShare = 0.6 // of its lines that stand where a heading does
)

// recurring finds the labels of a document.
func (s style) recurring(pages [][]paragraph) map[string]bool {
	type count struct{ all, placed, pages, last int }
	counts := map[string]*count{}
	for n, page := range pages {
		for i, p := range page {
			if !labelText(p) {
				continue
			}
			c := counts[p.lines[0].key]
			if c == nil {
				c = &count{}
				counts[p.lines[0].key] = c
			}
			c.all++
			if s.overText(p.lines[0], page[:i], following(pages, n, i)) {
				c.placed++
			}
			if c.last != n+1 {
				c.pages, c.last = c.pages+1, n+1
			}
		}
	}
	out := map[string]bool{}
	for key, c := range counts {
		out[key] = c.pages >= labelPages && float64(c.placed) >= labelShare*float64(c.all)
	}
	return out
}

// labelText reports a short line that stands alone.
func labelText(p paragraph) bool {
	text := p.lines[0].Text
	return p.kind == qa.BlockParagraph && len(p.lines) == 1 && len(p.lines[0].cells) < 2 && utf8.RuneCountInString(text) <= labelRunes &&
		titleText(text) && !strings.ContainsRune(":?!", lastRune(text))
}

// overText reports a line that stands over what follows: nearer to it than to what is before, and
// no further to the right.
func (s style) overText(l Line, before, after []paragraph) bool {
	if len(after) == 0 || after[0].kind == qa.BlockFurniture {
		return false
	}
	b := after[0].lines[0]
	below := l.Base - b.Base
	switch {
	case below <= 0: // it ends its page
		return l.Box.X0 <= b.Box.X0+1 && len(before) > 0
	case l.Box.X0 > b.Box.X0+1, !stacked(l, b), below > 2.5*s.step(l.Size):
		return false
	case len(before) == 0, before[len(before)-1].kind == qa.BlockFurniture:
		return true // it opens its page
	}
	last := before[len(before)-1].lines
	a := last[len(last)-1]
	return a.Base > l.Base && a.Base-l.Base > 1.2*below
}

// capitals reports a text of capitals only, too long for an acronym.
func capitals(text string) bool { return letters(text) > 8 && strings.ToUpper(text) == text }

// followed reports that a body text stands after a heading, perhaps with other headings between.
func followed(after []paragraph, body func(Line) bool) bool {
	for _, p := range after {
		if p.kind == qa.BlockFurniture {
			return false
		}
		if body(p.lines[0]) {
			return true
		}
	}
	return false
}

var number = regexp.MustCompile(`^\(?(\d|[IVX]+[.)]|[A-Za-z][.)])`)

// numbered reports a list marker that a heading can have too.
func numbered(text string) bool { return number.MatchString(text) }

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}
