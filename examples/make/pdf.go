package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/text/encoding/charmap"
)

// Measures of the page in millimetres, of letters in points.
const (
	pageWidth, pageHeight = 210.0, 297.0
	margin                = 23.0
	textWidth             = pageWidth - 2*margin
	textTop, textBottom   = 28.0, pageHeight - 24
	gutter                = 8.0
	chapterLimit          = 160.0 // a chapter begins on the current page when it is used up to here at most
	bodySize, noteSize    = 10.0, 7.8
	frontPages            = 2 // the cover and the contents: the printed page 1 is the third of the file
)

// sheet is a PDF being set: the document, the place on the page, and what the page's foot must hold.
type sheet struct {
	pdf         *fpdf.Fpdf
	ruler       *fpdf.Fpdf // measures texts, so that the choice of a font for that leaves no trace in pdf
	font        font       // the font that pdf writes in
	spacing     float64    // the word spacing of pdf
	doc         document
	y           float64
	notes       []int // footnotes of the current page
	notesHeight float64
	contents    []entry // headings met so far
	known       []entry // headings of the first pass, for the page of contents
	ink         [3]int
}

// font is a face of Helvetica ("", "B", "I", "BI") in a size.
type font struct {
	face string
	size float64
}

// entry is a line of the page of contents.
type entry struct {
	level int
	text  string
	page  int // physical
}

// renderPDF sets the document twice: the page of contents needs the page numbers of the first time.
func renderPDF(doc document) ([]byte, error) {
	first := newSheet(doc, nil)
	if err := first.set(); err != nil {
		return nil, err
	}
	second := newSheet(doc, first.contents)
	if err := second.set(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := second.pdf.Output(&out); err != nil {
		return nil, err
	}
	return addPageLabels(out.Bytes(), "<< /Nums [0 << /P (Couverture) >> 1 << /S /r /St 2 >> 2 << /S /D /St 1 >>] >>")
}

func newSheet(doc document, known []entry) *sheet {
	s := &sheet{pdf: fpdf.New("P", "mm", "A4", ""), ruler: fpdf.New("P", "mm", "A4", ""), doc: doc, known: known}
	if _, err := fmt.Sscanf(doc.Accent, "%d %d %d", &s.ink[0], &s.ink[1], &s.ink[2]); err != nil {
		s.pdf.SetError(fmt.Errorf("accent %q: %w", doc.Accent, err))
	}
	s.pdf.SetCompression(false)
	s.pdf.SetCatalogSort(true)
	s.pdf.SetAutoPageBreak(false, 0)
	s.pdf.SetCreationDate(doc.Made)
	s.pdf.SetModificationDate(doc.Made)
	s.pdf.SetTitle(doc.Title+" - "+doc.Town, true)
	s.pdf.SetAuthor(doc.Town, true)
	s.pdf.SetSubject(doc.Subtitle, true)
	s.pdf.SetLang("fr-FR")
	return s
}

func (s *sheet) set() error {
	s.addPage()
	s.cover()
	s.addPage()
	s.contentsPage()
	for _, b := range s.doc.Blocks {
		s.block(b)
	}
	s.footnotes()
	return s.pdf.Error()
}

func (s *sheet) block(b block) {
	switch b.Kind {
	case heading:
		s.heading(b)
	case paragraph:
		s.paragraph(b.Text, style{x: margin, width: textWidth, size: bodySize, justify: true})
		s.y += 2.2
	case list:
		s.list(b)
	case table:
		s.table(b)
	case quote:
		s.quote(b)
	case columns:
		s.columns(b)
	case tiles:
		s.tiles(b)
	}
}

// latin turns a text into the encoding of the built-in fonts. They have no narrow space.
func (s *sheet) latin(text string) string {
	text = strings.ReplaceAll(text, nnbsp, nbsp)
	encoded, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		s.pdf.SetError(fmt.Errorf("a letter that the fonts do not have, in %q: %w", text, err))
	}
	return encoded
}

// wide is the form that outlines need for letters beyond ASCII: UTF-16 with its mark.
func wide(text string) string {
	b := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return string(b)
}

func (s *sheet) bottom() float64 { return textBottom - s.notesHeight }

// need starts a new page when less than height is left on this one.
func (s *sheet) need(height float64) {
	if s.y+height > s.bottom() {
		s.newPage()
	}
}

// newPage closes the page with its footnotes and opens a numbered one.
func (s *sheet) newPage() {
	s.footnotes()
	s.addPage()
	s.y = textTop
	s.pdf.SetDrawColor(190, 195, 202)
	s.pdf.SetLineWidth(0.2)
	s.pdf.Line(margin, 19, pageWidth-margin, 19)
	s.print(margin, 16.5, style{size: 8, ink: [3]int{110, 116, 125}}, s.doc.Town)
	s.printRight(pageWidth-margin, 16.5, style{size: 8, ink: [3]int{110, 116, 125}}, s.doc.Title)
	s.printRight(pageWidth-margin, pageHeight-12, style{size: 9, face: "B", ink: s.ink}, strconv.Itoa(s.pdf.PageNo()-frontPages))
}

// addPage opens a page, which starts with no font chosen and no word spacing.
func (s *sheet) addPage() {
	s.pdf.AddPage()
	s.font, s.spacing = font{}, 0
}

// print writes one line of text in one style, its baseline at y.
func (s *sheet) print(x, y float64, st style, text string) {
	s.space(0)
	s.write(x, y, st, st.face, s.latin(text))
}

// printRight is print with the text's end at x.
func (s *sheet) printRight(x, y float64, st style, text string) {
	s.print(x-s.measure(s.latin(text), st.face, st.size), y, st, text)
}

func (s *sheet) heading(b block) {
	text := plain(b.Text)
	if b.Level == 1 {
		if s.y == 0 || s.y > chapterLimit {
			s.newPage()
		}
		s.y += 6
		s.mark(b.Level, text)
		for _, l := range s.lines(b.Text, style{width: textWidth, size: 20, face: "B"}) {
			s.drawLine(l, style{x: margin, width: textWidth, size: 20, face: "B", ink: s.ink})
			s.y += 9
		}
		s.pdf.SetFillColor(s.ink[0], s.ink[1], s.ink[2])
		s.pdf.Rect(margin, s.y+1.6, 24, 1.1, "F")
		s.y += 7
		return
	}
	size := 15.5 - 1.5*float64(b.Level)
	s.need(44) // room for a table's caption, header and two rows
	s.y += 2.5
	s.mark(b.Level, text)
	s.paragraph(b.Text, style{x: margin, width: textWidth, size: size, face: "B", ink: s.ink})
	s.y += 1.6
}

// mark remembers a heading for the page of contents and puts it in the outline.
func (s *sheet) mark(level int, text string) {
	s.contents = append(s.contents, entry{level, text, s.pdf.PageNo()})
	s.pdf.Bookmark(wide(text), level-1, s.y)
}

func (s *sheet) list(b block) {
	for i, item := range b.Items {
		sign := "•"
		if b.Ordered {
			sign = strconv.Itoa(i+1) + "."
		}
		st := style{x: margin + 7, width: textWidth - 7, size: bodySize, justify: true}
		s.paragraphSigned(item, st, sign)
		s.y += 0.9
	}
	s.y += 1.6
}

// quote draws a framed text; its sources keep it under half a page.
func (s *sheet) quote(b block) {
	st := style{x: margin + 6, width: textWidth - 12, size: bodySize}
	height := float64(len(s.lines(b.Text, st)))*st.leading() + 7
	s.need(height)
	s.pdf.SetFillColor(238, 242, 246)
	s.pdf.Rect(margin, s.y, textWidth, height, "F")
	s.pdf.SetFillColor(s.ink[0], s.ink[1], s.ink[2])
	s.pdf.Rect(margin, s.y, 1.2, height, "F")
	end := s.y + height + 4
	s.y += 3.5
	s.paragraph(b.Text, st)
	s.y = end
}

// tiles draws large figures, three in a row.
func (s *sheet) tiles(b block) {
	const perRow, height, gap = 3, 21.0, 4.0
	width := (textWidth - (perRow-1)*gap) / perRow
	for i := range b.Rows {
		if i%perRow == 0 {
			s.need(height + gap)
		}
		x := margin + float64(i%perRow)*(width+gap)
		s.pdf.SetFillColor(238, 242, 246)
		s.pdf.Rect(x, s.y, width, height, "F")
		s.print(x+4, s.y+10, style{size: 17, face: "B", ink: s.ink}, plain(b.Rows[i][0]))
		s.print(x+4, s.y+16.5, style{size: 8.3, ink: [3]int{60, 64, 70}}, plain(b.Rows[i][1]))
		if i%perRow == perRow-1 || i == len(b.Rows)-1 {
			s.y += height + gap
		}
	}
	s.y += 2
}

// footnotes writes the notes of the page at its foot.
func (s *sheet) footnotes() {
	if len(s.notes) == 0 {
		return
	}
	s.y = textBottom - s.notesHeight + 3
	s.pdf.SetDrawColor(150, 155, 162)
	s.pdf.Line(margin, s.y-1, margin+40, s.y-1)
	notes := s.notes
	s.notes, s.notesHeight = nil, 0
	for _, n := range notes {
		st := style{x: margin + 4, width: textWidth - 4, size: noteSize}
		s.paragraphSigned(s.doc.Notes[n-1], st, strconv.Itoa(n))
	}
}

// noteHeight is the room that footnote n takes at the foot of a page.
func (s *sheet) noteHeight(n int) float64 {
	st := style{width: textWidth - 4, size: noteSize}
	return float64(len(s.lines(s.doc.Notes[n-1], st))) * st.leading()
}
