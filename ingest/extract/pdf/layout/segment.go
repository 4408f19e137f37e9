package layout

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/qa"

	"rapporteur/ingest/extract/pdf/layout/wording"
)

// paragraph is a run of lines that belong together.
type paragraph struct {
	lines []Line
	kind  qa.BlockKind
	level int
	drop  bool          // the first line is a drop cap, glued to the second
	table *table        // the table that it is a row of
	cells [][]paragraph // of a table row made of several paragraphs, whose lines are then all of theirs
}

// segment cuts a page into paragraphs: what heads the page first, then its body, then what foots it.
func (s style) segment(p Sheet) []paragraph {
	var head, body, foot []Line
	for _, l := range p.Lines {
		switch {
		case !l.furniture:
			body = append(body, l)
		case l.Base > p.Height/2:
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
			paragraphs = append(paragraphs, s.blocks(body[start:i])...)
			start = i
		}
	}
	return append(markRuns(mergeRows(paragraphs)), furnitureBlocks(foot)...)
}

// blocks makes the paragraph of a run of lines, or the rows of the table that they stand for.
func (s style) blocks(lines []Line) []paragraph {
	if t := lines[0].table; t != nil {
		return t.paragraphs()
	}
	return []paragraph{s.paragraph(lines)}
}

// furnitureBlocks makes one block of each line.
func furnitureBlocks(lines []Line) []paragraph {
	var out []paragraph
	for _, l := range lines {
		out = append(out, paragraph{lines: []Line{l}, kind: qa.BlockFurniture})
	}
	return out
}

// rightEdges gives for each line the right edge of its column: the furthest of the run of lines
// of about the same size stacked with it.
func rightEdges(lines []Line) []float64 {
	edges := make([]float64, len(lines))
	for start := 0; start < len(lines); {
		end := start + 1
		edge := lines[start].Box.X1
		for end < len(lines) && stacked(lines[end-1], lines[end]) && near(lines[end-1].Size, lines[end].Size, 0.15) {
			edge = max(edge, lines[end].Box.X1)
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
func (s style) parts(current []Line, b Line, right float64) bool {
	a := current[len(current)-1]
	switch {
	case a.table != nil || b.table != nil, a.entry != b.entry:
		return true
	case a.entry != 0:
		return false
	case a.note != b.note, a.boxed != b.boxed && !(continues(a, b) && stacked(a, b)), a.element != b.element && (a.element.whole() || b.element.whole()):
		return true
	case a.note != 0, a.element.whole():
		return false
	case a.title != b.title:
		return !(len(current) == 1 && headsTitle(a, b))
	case a.title != 0:
		return false
	case a.row || b.row:
		return true
	case dropCap(a, b):
		return false
	case len(current) == 2 && dropCap(current[0], a):
		return !near(a.Size, b.Size, 0.1)
	}
	if len(current) == 1 && headsTitle(a, b) && s.headline(b) {
		return false
	}
	goesOn := continues(a, b)
	if !near(a.Size, b.Size, 0.13) {
		return !a.Hyphen
	}
	if !stacked(a, b) {
		return !goesOn || s.headline(a)
	}
	short := roomLeft(a, b, right)
	if startsItem(a, b, right) || b.element.item != 0 && a.element.item != b.element.item {
		return true
	}
	if gap := a.Base - b.Base; gap > 1.25*s.step(a.Size)+0.5 {
		return !goesOn || gap > 1.7*s.step(a.Size)
	}
	if restyled(a, b) {
		return !goesOn || short
	}
	if s.headline(a) && s.headline(b) {
		return wording.Terminal(a.Text) && short
	}
	if item := hanging(current); item > 0 && b.Box.X0 < item-0.4*a.Size {
		return !goesOn
	}
	return s.ends(current, b, short)
}

// ends decides between two lines of one style, one under the other at the usual distance.
func (s style) ends(current []Line, b Line, short bool) bool {
	a := current[len(current)-1]
	if a.Hyphen {
		return false
	}
	if wording.Terminal(a.Text) {
		indented := b.Box.X0-a.Box.X0 > 0.8*a.Size && len(current) > 1
		return short || indented || s.trails && !a.trail
	}
	return short && wording.Opens(b.Text) && !strings.HasSuffix(a.Text, ",") && (!s.trails || !a.trail)
}

// continues reports that the words of a line plainly go on in the next.
func continues(a, b Line) bool {
	if a.Hyphen {
		return true
	}
	if wording.Terminal(a.Text) {
		return false
	}
	return wording.StartsLower(b.Text) || strings.HasSuffix(a.Text, ",") || wording.Aside.MatchString(b.Text)
}

// roomLeft reports that the first word of b would have fitted on a: what ended the line was not its length.
func roomLeft(a, b Line, right float64) bool { return right-a.Box.X1 > b.First+0.4*a.Size }

// goesAside reports a dash that opens an aside within a sentence: the line before is nearly full
// and not over.
func goesAside(a, b Line, right float64) bool {
	return wording.Aside.MatchString(b.Text) && !wording.Terminal(a.Text) && !strings.HasSuffix(a.Text, ",") &&
		!wording.Marker.MatchString(a.Text) && right-a.Box.X1 < 0.25*(right-a.Box.X0)
}

// restyled reports a change of font between two lines that each keep one.
func restyled(a, b Line) bool {
	if !near(a.Size, b.Size, 0.03) {
		return true
	}
	return !a.Mixed && !b.Mixed && a.Font != b.Font
}

// headline reports letters that are larger than the body's, or bold.
func (s style) headline(l Line) bool {
	return l.Size > 1.12*s.body || l.Bold && l.Size >= 0.95*s.body
}

// dropCap reports that a is the large first letter of the line b.
func dropCap(a, b Line) bool {
	return utf8.RuneCountInString(a.Text) <= 2 && unicode.IsLetter(wording.LastRune(a.Text)) && a.Size > 1.8*b.Size &&
		b.Box.X0 >= a.Box.X1-1 && b.Box.Y0 < a.Box.Y1 && b.Box.Y1 > a.Box.Y0
}

// startsItem reports that b opens a list item. A dash or a number only does where the line before is over.
func startsItem(a, b Line, right float64) bool {
	short := roomLeft(a, b, right)
	m := wording.Marker.FindStringSubmatch(b.Text)
	if m == nil || m[0] == b.Text {
		return m != nil && m[1] != ""
	}
	if m[1] != "" {
		return true
	}
	if !strings.HasSuffix(m[0], " ") || goesAside(a, b, right) {
		return false
	}
	again := wording.Marker.FindStringSubmatch(a.Text)
	if unicode.IsDigit(wording.LastRune(a.Text)) && wording.ContentsEntry.MatchString(b.Text) {
		return true
	}
	return short || wording.Terminal(a.Text) || strings.HasSuffix(a.Text, ",") || b.Box.X0 > a.Box.X0+0.3*a.Size ||
		again != nil && m[2] != "" && again[2] != ""
}

// hanging gives the left edge of the text of a list item whose further lines stand right of its
// marker, 0 where there is none yet.
func hanging(current []Line) float64 {
	if len(current) < 2 || !wording.Marker.MatchString(current[0].Text) {
		return 0
	}
	if x := current[1].Box.X0; x > current[0].Box.X0+0.4*current[0].Size {
		return x
	}
	return 0
}

// paragraph makes the block of a run of lines, except for what needs the whole document.
func (s style) paragraph(lines []Line) paragraph {
	p := paragraph{lines: lines, kind: qa.BlockParagraph}
	first := lines[0]
	if len(lines) > 1 && first.title == 0 {
		first.title, first.level = lines[1].title, lines[1].level // after a section number
	}
	p.drop = len(lines) > 1 && dropCap(first, lines[1])
	switch m := wording.Marker.FindStringSubmatch(first.Text); {
	case first.entry != 0:
		p.kind = qa.BlockContents
	case first.title > 0, first.title < 0 && utf8.RuneCountInString(p.raw()) <= maxTagged:
		p.kind, p.level = qa.BlockHeading, first.level
	case first.note != 0:
		p.kind = qa.BlockFootnote
	case first.element.role == "Caption":
		p.kind = qa.BlockCaption
	case first.row:
		p.kind = qa.BlockTableRow
	case m != nil && m[0] != first.Text && (m[1] != "" || strings.HasSuffix(m[0], " ")):
		p.kind, p.level = qa.BlockListItem, max(1, first.element.depth)
	case first.element.item != 0 && first.opensItem:
		p.kind, p.level = qa.BlockListItem, first.element.depth
	}
	return p
}
