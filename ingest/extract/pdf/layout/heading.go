package layout

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/qa"
)

// Limits of what can be a heading: longer is a text in large letters.
const (
	maxHeadingRunes = 200
	maxHeadingLines = 5
	maxLevel        = 9
)

// look is how a heading is set; headings of one look have one level.
type look struct {
	step   int // size in steps of 12 %, as fine as levels differ in practice
	weight int // 1 for bold
}

func (p paragraph) look() look {
	l := p.lines[len(p.lines)-1]
	k := look{step: int(math.Round(math.Log(max(l.Size, 1)) / math.Log(1.12)))}
	if l.Bold {
		k.weight = 1
	}
	return k
}

// raw is the text of the lines, for looking at only.
func (p paragraph) raw() string {
	texts := make([]string, len(p.lines))
	for i, l := range p.lines {
		texts[i] = l.Text
	}
	return strings.Join(texts, " ")
}

// classify finds headings by their look, gives them levels, and tells footnotes.
func (s style) classify(pages [][]paragraph) {
	known := map[look]map[float64]int{} // levels of the outline by look
	deepest := 0
	var found []*paragraph
	for _, page := range pages {
		for i := range page {
			p := &page[i]
			switch {
			case p.kind == qa.BlockHeading:
				if known[p.look()] == nil {
					known[p.look()] = map[float64]int{}
				}
				known[p.look()][float64(p.level)]++
				deepest = max(deepest, p.level)
			case p.kind == qa.BlockFurniture || p.kind == qa.BlockTableRow || p.kind == qa.BlockContents:
			case s.heading(*p, page[i+1:]):
				p.kind = qa.BlockHeading
				found = append(found, p)
			case p.kind == qa.BlockParagraph && s.footnote(*p):
				p.kind = qa.BlockFootnote
			}
		}
	}
	levels := rank(found)
	for _, p := range found {
		if deepest > 0 {
			p.level = outlineLevel(p.look(), known, deepest)
		} else {
			p.level = levels[p.look()]
		}
	}
}

// outlineLevel is the level of a heading that the outline does not name: that of the headings it
// names in the same look or the next smaller; below all of them where it is smaller still.
func outlineLevel(l look, known map[look]map[float64]int, deepest int) int {
	if n := known[l]; len(n) > 0 {
		return int(most(n))
	}
	level, step := min(deepest+1, maxLevel), -1
	for k, n := range known {
		own := int(most(n))
		if k.step <= l.step && (k.step > step || k.step == step && own < level) {
			level, step = own, k.step
		}
	}
	return level
}

// rank orders the looks of headings, largest first, bold before light; six levels are enough.
func rank(headings []*paragraph) map[look]int {
	var looks []look
	for _, p := range headings {
		if !slices.Contains(looks, p.look()) {
			looks = append(looks, p.look())
		}
	}
	slices.SortFunc(looks, func(a, b look) int {
		return cmp.Or(cmp.Compare(b.step, a.step), cmp.Compare(b.weight, a.weight))
	})
	levels := map[look]int{}
	for i, l := range looks {
		levels[l] = min(i+1, 6)
	}
	return levels
}

// heading reports that a paragraph looks like a heading; after is what follows it on the page.
func (s style) heading(p paragraph, after []paragraph) bool {
	text := p.raw()
	last := p.lines[len(p.lines)-1]
	if p.drop || len(p.lines) > maxHeadingLines || utf8.RuneCountInString(text) > maxHeadingRunes || letters(text) < 3 ||
		strings.ContainsRune(".;,", lastRune(text)) || last.Hyphen {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(text); unicode.IsLower(r) {
		return false
	}
	for _, l := range p.lines {
		if l.Mixed && !l.Bold && l.Size < 1.15*s.body {
			return false
		}
	}
	switch {
	case last.Size >= 1.15*s.body:
		return true
	case p.kind == qa.BlockListItem && !numbered(text):
		return false
	case last.Bold:
		return last.Size >= 0.95*s.body && followed(after, func(l Line) bool { return !l.Bold })
	case last.Size > 1.03*s.body && last.Font != s.font:
		return utf8.RuneCountInString(text) <= 100 && followed(after, func(l Line) bool { return l.Size < last.Size })
	}
	return capitals(text) && last.Font != s.font && last.Size >= 0.95*s.body
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

var (
	noteMark   = regexp.MustCompile(`^(\(?\d{1,3}\)?|\*{1,3})\s*\S`)
	raisedMark = regexp.MustCompile(`^\(?[⁰¹²³⁴⁵⁶⁷⁸⁹]+\)?\s*\S`)
)

// footnote reports a small text that starts with a raised mark, or with a plain one at the foot
// of the page.
func (s style) footnote(p paragraph) bool {
	l := p.lines[0]
	return l.Size <= 0.9*s.body && (raisedMark.MatchString(l.Text) || l.Box.Y0 < noteHeight && noteMark.MatchString(l.Text))
}

// noteHeight is up to where a page has footnotes, in points: a third of an A4 page.
const noteHeight = 280

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

var fileName = regexp.MustCompile(`(?i)\.(pdf|docx?|odt|rtf|indd|pptx?|xlsx?|html?|tex|qxd)\s*$`)

// documentTitle takes the title of the metadata when a person wrote it, else the largest text of
// the first two pages with text.
func documentTitle(meta string, pages [][]paragraph) string {
	meta = clean(meta)
	lower := strings.ToLower(meta)
	generated := strings.HasPrefix(lower, "microsoft ") || strings.HasPrefix(lower, "untitled") ||
		strings.HasPrefix(lower, "sans titre") || strings.HasPrefix(lower, "document1") || strings.HasPrefix(lower, "powerpoint ")
	if letters(meta) >= 3 && !generated && !fileName.MatchString(meta) && (strings.Contains(meta, " ") || !strings.Contains(meta, "_")) {
		return cut(meta)
	}
	title, size := "", 0.0
	for _, page := range firstFilled(pages, 2) {
		open := false // the paragraph before is part of the title
		for i, p := range page {
			text := p.raw()
			set := p.lines[0].Size
			switch {
			case letters(text) < 3 || utf8.RuneCountInString(text) > maxHeadingRunes || p.kind == qa.BlockFurniture || p.kind == qa.BlockContents:
				open = false
			case set > size:
				title, size, open = above(page[:i], text), set, true
			case set == size && open:
				title += " " + text
			default:
				open = false
			}
		}
	}
	return cut(title)
}

// firstFilled gives the first n pages with text.
func firstFilled(pages [][]paragraph, n int) [][]paragraph {
	filled := slices.DeleteFunc(slices.Clone(pages), func(p []paragraph) bool { return len(p) == 0 })
	return filled[:min(n, len(filled))]
}

// above puts the line before a title in front of one that starts in the middle of a sentence.
func above(before []paragraph, title string) string {
	if !startsLower(title) || len(before) == 0 {
		return title
	}
	if line := before[len(before)-1].raw(); letters(line) >= 3 && utf8.RuneCountInString(line) <= 60 {
		return line + " " + title
	}
	return title
}

// cut keeps a title within what fits a list.
func cut(title string) string {
	r := []rune(title)
	if len(r) > maxHeadingRunes {
		return strings.TrimSpace(string(r[:maxHeadingRunes-1])) + "…"
	}
	return title
}
