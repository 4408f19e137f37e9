package pdf

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/qa"
)

// paragraph is a run of lines that belong together.
type paragraph struct {
	lines []line
	kind  qa.BlockKind
	level int
	drop  bool          // the first line is a drop cap, glued to the second
	cells [][]paragraph // of a table row made of several paragraphs, whose lines are then all of theirs
}

// marker finds the bullet or number that starts a list item.
var marker = regexp.MustCompile(`^(?:([•●○◦▪■□▫➢➤►▶▸→⇒✓✔❖◆\x{2219}\x{00b7}‣⁃])|([–—-]|Æ)|(\(?\d{1,2}[.)°]|\d{1,2}(?:\.\d{1,2})+\.?|\(?[a-zA-Z][.)]|\(?[ivx]{1,4}[.)]))[  ]?`)

// segment cuts a page into paragraphs: what heads the page first, then its body, then what foots it.
func (s style) segment(p sheet) []paragraph {
	var head, body, foot []line
	for _, l := range p.lines {
		switch {
		case !l.furniture:
			body = append(body, l)
		case l.base > p.height/2:
			head = append(head, l)
		default:
			foot = append(foot, l)
		}
	}
	paragraphs := furnitureBlocks(head)
	right := rightEdges(body)
	start := 0
	for i := 1; i <= len(body); i++ {
		if i == len(body) || s.parts(body[start:i], body[i], right[i-1]) {
			paragraphs = append(paragraphs, s.paragraph(body[start:i]))
			start = i
		}
	}
	return append(mergeRows(paragraphs), furnitureBlocks(foot)...)
}

// furnitureBlocks makes one block of each line.
func furnitureBlocks(lines []line) []paragraph {
	var out []paragraph
	for _, l := range lines {
		out = append(out, paragraph{lines: []line{l}, kind: qa.BlockFurniture})
	}
	return out
}

// rightEdges gives for each line the right edge of its column: the furthest of the run of lines
// of about the same size stacked with it.
func rightEdges(lines []line) []float64 {
	edges := make([]float64, len(lines))
	for start := 0; start < len(lines); {
		end := start + 1
		edge := lines[start].box.x1
		for end < len(lines) && stacked(lines[end-1], lines[end]) && near(lines[end-1].size, lines[end].size, 0.15) {
			edge = max(edge, lines[end].box.x1)
			end++
		}
		for ; start < end; start++ {
			edges[start] = edge
		}
	}
	return edges
}

// near reports that a and b differ by at most the part of the greater.
func near(a, b, part float64) bool { return max(a, b)-min(a, b) <= part*max(a, b) }

// parts reports whether line b starts a new paragraph after the lines of the current one.
// right is the right edge of the column of the last line.
func (s style) parts(current []line, b line, right float64) bool {
	a := current[len(current)-1]
	switch {
	case a.title != b.title:
		return !(len(current) == 1 && headsTitle(a, b))
	case a.title != 0:
		return false
	case a.row || b.row:
		return true
	case dropCap(a, b):
		return false
	case len(current) == 2 && dropCap(current[0], a):
		return !near(a.size, b.size, 0.1)
	}
	if len(current) == 1 && headsTitle(a, b) && s.headline(b) {
		return false
	}
	goesOn := continues(a, b)
	if !near(a.size, b.size, 0.13) {
		return !a.hyphen
	}
	if !stacked(a, b) {
		return !goesOn || s.headline(a)
	}
	short := roomLeft(a, b, right)
	if startsItem(a, b, right) {
		return true
	}
	if gap := a.base - b.base; gap > 1.25*s.step(a.size)+0.5 {
		return !goesOn || gap > 1.7*s.step(a.size)
	}
	if restyled(a, b) {
		return !goesOn || short
	}
	if s.headline(a) && s.headline(b) {
		return terminal(a.text) && short
	}
	if item := hanging(current); item > 0 && b.box.x0 < item-0.4*a.size {
		return !goesOn
	}
	return s.ends(current, b, short)
}

// ends decides between two lines of one style, one under the other at the usual distance.
func (s style) ends(current []line, b line, short bool) bool {
	a := current[len(current)-1]
	if a.hyphen {
		return false
	}
	if terminal(a.text) {
		indented := b.box.x0-a.box.x0 > 0.8*a.size && len(current) > 1
		return short || indented || s.trails && !a.trail
	}
	return short && opens(b.text) && !strings.HasSuffix(a.text, ",") && (!s.trails || !a.trail)
}

// opens reports a text that can open a sentence or an entry: it starts with a capital or a digit.
func opens(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsUpper(r) || unicode.IsDigit(r) || strings.ContainsRune("«“\"#", r)
}

// continues reports that the words of a line plainly go on in the next.
func continues(a, b line) bool {
	if a.hyphen {
		return true
	}
	if terminal(a.text) {
		return false
	}
	return startsLower(b.text) || strings.HasSuffix(a.text, ",") || aside.MatchString(b.text)
}

// roomLeft reports that the first word of b would have fitted on a: what ended the line was not its length.
func roomLeft(a, b line, right float64) bool { return right-a.box.x1 > b.first+0.4*a.size }

// goesAside reports a dash that opens an aside within a sentence: the line before is nearly full
// and not over.
func goesAside(a, b line, right float64) bool {
	return aside.MatchString(b.text) && !terminal(a.text) && !strings.HasSuffix(a.text, ",") &&
		!marker.MatchString(a.text) && right-a.box.x1 < 0.25*(right-a.box.x0)
}

// aside finds a dash that can open an aside.
var aside = regexp.MustCompile(`^[–—] \p{Ll}`)

// terminal reports that the text ends like a sentence, perhaps before a note mark, or announces what follows.
func terminal(text string) bool {
	t := strings.TrimRight(text, " »”\")]’⁰¹²³⁴⁵⁶⁷⁸⁹")
	return t == "" || strings.ContainsRune(".!?…:;", lastRune(t))
}

// restyled reports a change of font between two lines that each keep one.
func restyled(a, b line) bool {
	if !near(a.size, b.size, 0.03) {
		return true
	}
	return !a.mixed && !b.mixed && a.font != b.font
}

// headline reports letters that are larger than the body's, or bold.
func (s style) headline(l line) bool {
	return l.size > 1.12*s.body || l.bold && l.size >= 0.95*s.body
}

// dropCap reports that a is the large first letter of the line b.
func dropCap(a, b line) bool {
	return utf8.RuneCountInString(a.text) <= 2 && unicode.IsLetter(lastRune(a.text)) && a.size > 1.8*b.size &&
		b.box.x0 >= a.box.x1-1 && b.box.y0 < a.box.y1 && b.box.y1 > a.box.y0
}

// startsItem reports that b opens a list item. A dash or a number only does where the line before is over.
func startsItem(a, b line, right float64) bool {
	short := roomLeft(a, b, right)
	m := marker.FindStringSubmatch(b.text)
	if m == nil || m[0] == b.text {
		return m != nil && m[1] != ""
	}
	if m[1] != "" {
		return true
	}
	if !strings.HasSuffix(m[0], " ") || goesAside(a, b, right) {
		return false
	}
	again := marker.FindStringSubmatch(a.text)
	if unicode.IsDigit(lastRune(a.text)) && contentsEntry.MatchString(b.text) {
		return true
	}
	return short || terminal(a.text) || strings.HasSuffix(a.text, ",") || b.box.x0 > a.box.x0+0.3*a.size ||
		again != nil && m[2] != "" && again[2] != ""
}

// contentsEntry finds an entry of a table of contents; the one before ends with its page.
var contentsEntry = regexp.MustCompile(`^\d{1,2}(\.\d{1,2})+\.? \p{Lu}`)

// hanging gives the left edge of the text of a list item whose further lines stand right of its
// marker, 0 where there is none yet.
func hanging(current []line) float64 {
	if len(current) < 2 || !marker.MatchString(current[0].text) {
		return 0
	}
	if x := current[1].box.x0; x > current[0].box.x0+0.4*current[0].size {
		return x
	}
	return 0
}

// paragraph makes the block of a run of lines, except for what needs the whole document.
func (s style) paragraph(lines []line) paragraph {
	p := paragraph{lines: lines, kind: qa.BlockParagraph}
	first := lines[0]
	if len(lines) > 1 && first.title == 0 {
		first.title, first.level = lines[1].title, lines[1].level // after a section number
	}
	p.drop = len(lines) > 1 && dropCap(first, lines[1])
	switch m := marker.FindStringSubmatch(first.text); {
	case first.title != 0:
		p.kind, p.level = qa.BlockHeading, first.level
	case first.row:
		p.kind = qa.BlockTableRow
	case m != nil && m[0] != first.text && (m[1] != "" || strings.HasSuffix(m[0], " ")):
		p.kind, p.level = qa.BlockListItem, 1
	}
	return p
}
