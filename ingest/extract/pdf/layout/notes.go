package layout

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"rapporteur/ingest/extract/pdf/layout/running"
	"rapporteur/ingest/extract/pdf/layout/wording"
)

var (
	noteMark   = regexp.MustCompile(`^(\(?\d{1,3}\)?|\*{1,3}|[†‡])[.:]?\s*(\S|$)`)
	raisedMark = regexp.MustCompile(`^\(?[⁰¹²³⁴⁵⁶⁷⁸⁹]+\)?\s*(\S|$)`)
	noteCall   = regexp.MustCompile(`\S ?[⁰¹²³⁴⁵⁶⁷⁸⁹]|\p{L}[*†‡]`)
)

// Shapes of footnotes.
const (
	noteHeight = 1.0 / 3 // part of a page's height, at its foot, where notes stand
	noteSize   = 0.92    // largest letters of a note, as a part of the body's
)

// markNotes finds the footnotes of a document: small lines after a raised mark, or after a plain
// one at the foot of a page that has calls. Those at the foot go after the text of the page, which
// may go on beside or after them.
func (s style) markNotes(pages []Sheet) {
	open := false // the last note of the page before is not over
	for i := range pages {
		p := &pages[i]
		body := bodyOf(p.Lines)
		called := slices.ContainsFunc(body, func(l Line) bool { return noteCall.MatchString(l.Text) })
		number := 0
		for j := range body {
			l := &body[j]
			switch {
			case !l.free():
			case l.element.role == "Note":
				l.note = len(body) + 1 + l.element.index
			case s.opensNote(body[j:], *p, called):
				number++
				l.note = number
			case j > 0 && body[j-1].note > 0 && body[j-1].element.role != "Note" && s.extendsNote(body[j-1], *l):
				l.note = body[j-1].note
			case open && s.small(*l) && l.Base < noteHeight*p.Height && wording.StartsLower(l.Text) && s.lastText(body, j, *p):
				number++
				l.note = number
			}
		}
		open = p.notesLast(body)
	}
}

// free reports a line that nothing else has taken.
func (l Line) free() bool {
	return l.table == nil && !l.row && !l.furniture && l.entry == 0 && l.title == 0
}

func (s style) small(l Line) bool { return l.Size <= noteSize*s.body }

// opensNote reports that the first of the lines opens a note. A plain mark is believed where the page
// has calls, or before a capital; a mark alone, where its text stands beside it.
func (s style) opensNote(lines []Line, p Sheet, called bool) bool {
	l := lines[0]
	if !s.small(l) {
		return false
	}
	if raisedMark.MatchString(l.Text) {
		return true
	}
	m := noteMark.FindStringSubmatch(l.Text)
	switch {
	case m == nil || l.Base >= noteHeight*p.Height:
		return false
	case m[2] == "":
		return called && len(lines) > 1 && lines[1].free() && near(l.Size, lines[1].Size, 0.4) && beside(l, lines[1])
	}
	return called || unicode.IsUpper(wording.LastRune(m[2]))
}

// beside reports that b stands right of a, a few letters away.
func beside(a, b Line) bool {
	return b.Box.X0 >= a.Box.X1-1 && b.Box.X0-a.Box.X1 < 4*b.Size && b.Box.Y0 < a.Box.Y1 && b.Box.Y1 > a.Box.Y0
}

// pageNumber reports a text that is the number of a page.
func pageNumber(text string) bool {
	_, alone := running.Number(text, false)
	return alone
}

// extendsNote reports that b goes on with the note of a, under it or after its mark.
func (s style) extendsNote(a, b Line) bool {
	if !s.small(b) || pageNumber(b.Text) {
		return false
	}
	if beside(a, b) {
		return near(a.Size, b.Size, 0.4)
	}
	return near(a.Size, b.Size, 0.13) && stacked(a, b) && a.Base-b.Base < 1.7*b.Size && b.Box.X0 > a.Box.X0-3*a.Size
}

// lastText reports that no line of the body's size stands under or after line j.
func (s style) lastText(body []Line, j int, p Sheet) bool {
	return !slices.ContainsFunc(body[j:], func(l Line) bool { return !s.small(l) })
}

// notesLast moves the notes at the foot of a page behind its other text, and reports that the last
// is not over.
func (p Sheet) notesLast(body []Line) bool {
	slices.SortStableFunc(body, func(a, b Line) int {
		return boolOrder(a.note > 0 && a.Base < noteHeight*p.Height, b.note > 0 && b.Base < noteHeight*p.Height)
	})
	if len(body) == 0 {
		return false
	}
	last := body[len(body)-1]
	return last.note > 0 && !wording.Terminal(last.Text) && !strings.HasSuffix(last.Text, ")")
}

// boolOrder puts false before true.
func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
