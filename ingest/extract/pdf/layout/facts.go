// Package layout turns the lines of a PDF's pages into a qa.Text: paragraphs, headings, list items, table
// rows, notes and running furniture, in reading order, with words mended at line ends. It knows nothing
// of PDFium: the facts it works on are in facts.go.
package layout

import (
	"slices"

	"rapporteur/qa"
)

// Document is all that PDFium says of one document.
type Document struct {
	Title    string
	Language string
	Outline  []OutlineEntry
	Pages    []Sheet
}

// OutlineEntry is one bookmark.
type OutlineEntry struct {
	Title string
	Level int // 1 is the highest
	Page  int // 0-based, -1 when unknown
}

// Box is a rectangle in points; y grows upwards.
type Box struct{ X0, Y0, X1, Y1 float64 }

// Width is in points.
func (b Box) Width() float64 { return b.X1 - b.X0 }

// Height is in points.
func (b Box) Height() float64 { return b.Y1 - b.Y0 }

// Empty reports a box without area.
func (b Box) Empty() bool { return b.X1 <= b.X0 || b.Y1 <= b.Y0 }

// Join is the smallest box that holds both.
func (b Box) Join(o Box) Box {
	if b == (Box{}) {
		return o
	}
	return Box{min(b.X0, o.X0), min(b.Y0, o.Y0), max(b.X1, o.X1), max(b.Y1, o.Y1)}
}

// move shifts the box.
func (b *Box) move(dx, dy float64) { *b = Box{b.X0 + dx, b.Y0 + dy, b.X1 + dx, b.Y1 + dy} }

// Line is one line of text in the order of the content stream.
type Line struct {
	Text   string
	Box    Box
	Base   float64 // height of the baseline
	Size   float64 // of the font as drawn, in points
	Font   string
	Bold   bool    // the whole line is
	Mixed  bool    // the font changes within the line
	Hyphen bool    // the line ended with a hyphen that cuts a word or a compound
	First  float64 // width of the first word, in points
	Gaps   []Gap   // wide empty stretches, where a table row passes to its next cell
	Words  []Word  // in the order of Text; nil where they were not measured

	found // while the page is laid out
}

// Gap is a wide empty stretch of a line: at is the byte of text where the next cell starts.
type Gap struct {
	At     int
	X0, X1 float64
}

// Word is a run of letters between two spaces of a line.
type Word struct {
	Text string
	Box  Box
	Tag  int // index in Tags of its sheet, -1 where the file does not tag it
}

// Rule is a straight line drawn on a page, or a side of a frame drawn on it: its Box is flat or narrow.
type Rule struct{ Box }

// Shade is a filled area of a page, such as the ground of a table's header or of a boxed text.
type Shade struct{ Box }

// Tag is an element of the structure that the file declares (ISO 32000-1, 14.8.4): its Role is a
// standard one, "H1", "P", "Table", "TR", "TH", "TD", "L", "LI", "Note", "Caption", "TOC", "Artifact".
type Tag struct {
	Role   string
	Parent int // index of the element above it, always smaller than its own; -1 at the top
}

// Sheet is one page as PDFium gives it.
type Sheet struct {
	Label         string
	Width, Height float64
	Lines         []Line
	Rules         []Rule
	Shades        []Shade
	Tags          []Tag // a parent always comes before its children; nil where the file declares none
	Images        int   // pictures of a size that could hold text
	// Hidden counts the characters that a reader of the page cannot see; they are in no line.
	Hidden map[qa.HiddenMeans]int
	Unread string // why the page could not be read, as in qa.PageReading; "" when it could
}

// MaxExponent is how many digits a note mark has at most; longer ones are text set on a slope.
const MaxExponent = 2

// Exponent is the raised form of a digit, any other character itself.
func Exponent(r rune) rune {
	if r < '0' || r > '9' {
		return r
	}
	return []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[r-'0']
}

// Turned gives the box after so many clockwise quarter turns of the text are undone.
func (b Box) Turned(turn int) Box {
	switch turn {
	case 1:
		return Box{-b.Y1, b.X0, -b.Y0, b.X1}
	case 2:
		return Box{-b.X1, -b.Y1, -b.X0, -b.Y0}
	case 3:
		return Box{b.Y0, -b.X1, b.Y1, -b.X0}
	}
	return b
}

// Settle moves turned text back into a page of its own size, with a margin of half an inch.
// PDFium gives the lines of some turned pages from the last to the first: those are put right.
func (s *Sheet) Settle() {
	rising := 0
	for i := 1; i < len(s.Lines); i++ {
		if s.Lines[i].Base > s.Lines[i-1].Base {
			rising++
		}
	}
	if 2*rising >= len(s.Lines) && rising > 0 {
		slices.Reverse(s.Lines)
	}
	const margin = 36
	var all Box
	for _, l := range s.Lines {
		all = all.Join(l.Box)
	}
	dx, dy := margin-all.X0, margin-all.Y0
	for i := range s.Lines {
		l := &s.Lines[i]
		l.Box.move(dx, dy)
		l.Base += dy
		for j := range l.Words {
			l.Words[j].Box.move(dx, dy)
		}
		for j := range l.Gaps {
			l.Gaps[j].X0, l.Gaps[j].X1 = l.Gaps[j].X0+dx, l.Gaps[j].X1+dx
		}
	}
	for i := range s.Rules {
		s.Rules[i].move(dx, dy)
	}
	for i := range s.Shades {
		s.Shades[i].move(dx, dy)
	}
	s.Width, s.Height = all.Width()+2*margin, all.Height()+2*margin
}
