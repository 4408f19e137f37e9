package layout

import (
	"strings"
	"unicode/utf8"

	"rapporteur/qa"

	"rapporteur/ingest/extract/pdf/layout/levels"
	"rapporteur/ingest/extract/pdf/layout/wording"
)

// Limits of what can be a heading: longer is a text in large letters.
const (
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
	known := levels.Known{}
	var found []*paragraph
	for n, page := range pages {
		for i := range page {
			p := &page[i]
			after := following(pages, n, i)
			switch {
			case p.kind == qa.BlockHeading && p.level > 0:
				known.Add(p.look(), p.level)
			case p.kind == qa.BlockHeading:
				found = append(found, p)
			case p.kind != qa.BlockParagraph && p.kind != qa.BlockListItem:
			case p.kind == qa.BlockParagraph && wording.Caption(p.raw()):
				p.kind = qa.BlockCaption
			case declared && p.plain() && p.lines[0].Size < 1.15*s.body:
			case s.heading(*p, after), labels[p.lines[0].key] && labelText(*p):
				p.kind = qa.BlockHeading
				found = append(found, p)
			}
		}
	}
	looks := make([]levels.Look, len(found))
	for i, p := range found {
		looks[i] = p.look()
	}
	byLook := levels.ByLook(looks)
	for i, p := range found {
		if p.level = byLook[i]; len(known) > 0 {
			p.level = known.At(looks[i], maxLevel)
		}
	}
}

// look is that of the last line: a number may stand larger before a heading.
func (p paragraph) look() levels.Look {
	l := p.lines[len(p.lines)-1]
	return levels.LookOf(l.Size, l.Bold)
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

// heading reports that a paragraph looks like a heading; after is what follows it.
func (s style) heading(p paragraph, after []paragraph) bool {
	text := p.raw()
	last := p.lines[len(p.lines)-1]
	if p.drop || len(p.lines) > maxHeadingLines || last.Hyphen || !wording.TitleText(text) {
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
	case cell, p.kind == qa.BlockListItem && !wording.Numbered(text), text[0] == '(':
		return false
	case strings.HasSuffix(text, ":") && utf8.RuneCountInString(text) > maxLeadIn:
		return false // it leads into a list
	case last.Bold:
		return last.Size >= 0.95*s.body && followed(after, func(l Line) bool { return !l.Bold })
	case last.Size > 1.03*s.body && last.Font != s.font:
		return utf8.RuneCountInString(text) <= 100 && followed(after, func(l Line) bool { return l.Size < last.Size })
	}
	return wording.Capitals(text) && last.Font != s.font && last.Size >= 0.95*s.body
}

// maxLeadIn is the longest heading, in runes, that ends with a colon; longer ones are sentences.
const maxLeadIn = 70

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
		wording.TitleText(text) && !strings.ContainsRune(":?!", wording.LastRune(text))
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
