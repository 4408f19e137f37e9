package pdf

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"

	"rapporteur/ingest/extract/pdf/layout"
)

// gapEm is how wide, in ems, an empty stretch must be to part two cells. The spaces of justified
// text stay under one; the columns of the tables in the reports measured start at 1.5.
const gapEm = 1.3

// rawLine is the run of chars [start, end) of one line.
type rawLine struct {
	start, end int
	hyphen     bool
}

// cutLines cuts the chars of a page at the line ends that PDFium makes.
func cutLines(chars []*responses.GetPageTextStructuredChar) []rawLine {
	var lines []rawLine
	start := 0
	add := func(end int, hyphen bool) {
		if end > start {
			lines = append(lines, rawLine{start, end, hyphen})
		}
		start = end + 1
	}
	for i, c := range chars {
		switch c.Text {
		case "\r", "\n":
			add(i, false)
		case wrapHyphen:
			add(i, true)
		}
	}
	add(len(chars), false)
	return lines
}

// line measures one line: its text, box, gaps and font.
func (d *document) line(text references.FPDF_TEXTPAGE, chars []*responses.GetPageTextStructuredChar, r rawLine, turn int) layout.Line {
	m := measure{l: layout.Line{Hyphen: r.hyphen}}
	visible := make([]int, 0, r.end-r.start)
	for i := r.start; i < r.end; i++ {
		if m.add(chars[i].Text, place(chars[i], turn)) {
			visible = append(visible, i)
		}
	}
	l := m.l
	l.Text = m.text.String()
	if len(visible) == 0 {
		return l
	}
	d.setFont(&l, text, visible)
	l.Base = d.baseline(text, visible[len(visible)/2], turn, l.Box.Y0)
	l.Text, l.Gaps = m.raised(l)
	l.Gaps = slices.DeleteFunc(l.Gaps, func(g layout.Gap) bool { return g.X1-g.X0 < gapEm*max(l.Size, 6) })
	return l
}

// baseline is where the letters of the line stand; the box would move with their tails.
func (d *document) baseline(text references.FPDF_TEXTPAGE, i, turn int, fallback float64) float64 {
	o, err := d.pdfium.FPDFText_GetCharOrigin(&requests.FPDFText_GetCharOrigin{TextPage: text, Index: i})
	if err != nil {
		return fallback
	}
	return layout.Box{X0: o.X, Y0: o.Y, X1: o.X, Y1: o.Y}.Turned(turn).Y0
}

// measure builds a line from its chars.
type measure struct {
	l    layout.Line
	text strings.Builder
	last layout.Box // of the last visible char
	word bool
	// The digits of the line, to tell exponents once the baseline is known.
	digits []digit
}

// digit is a digit of a line: its byte in the text, and its box.
type digit struct {
	at  int
	box layout.Box
}

// add takes one char and reports whether it is visible.
func (m *measure) add(char string, b layout.Box) bool {
	if char == "" {
		return false
	}
	if blank(char) {
		m.word = m.word || m.text.Len() > 0
		m.text.WriteString(char)
		return false
	}
	if !b.Empty() {
		if wide := b.X0 - m.last.X1; m.last != (layout.Box{}) && wide > 4 {
			m.l.Gaps = append(m.l.Gaps, layout.Gap{At: m.text.Len(), X0: m.last.X1, X1: b.X0})
		}
		m.last = b
		m.l.Box = m.l.Box.Join(b)
		if !m.word {
			m.l.First = m.l.Box.Width()
		}
		if char >= "0" && char <= "9" {
			m.digits = append(m.digits, digit{m.text.Len(), b})
		}
	}
	m.text.WriteString(char)
	return true
}

// raised gives the text with small raised digits as exponents, and the gaps as they then stand:
// « Dinum¹ » and « m² » must not read « Dinum1 » and « m2 ». A digit counts as raised when its
// foot is a quarter of the size above the baseline.
func (m *measure) raised(l layout.Line) (string, []layout.Gap) {
	text := []byte(l.Text)
	up := slices.DeleteFunc(m.digits, func(d digit) bool {
		return d.box.Y0 <= l.Base+0.22*l.Size || d.box.Height() >= 0.62*l.Size
	})
	for end := len(up); end > 0; {
		start := end - 1
		for start > 0 && up[start].at == up[start-1].at+1 {
			start--
		}
		for i := end - 1; i >= start && end-start <= layout.MaxExponent; i-- {
			at := up[i].at
			e := string(layout.Exponent(rune(text[at])))
			text = slices.Replace(text, at, at+1, []byte(e)...)
			for j := range l.Gaps {
				if l.Gaps[j].At > at {
					l.Gaps[j].At += len(e) - 1
				}
			}
		}
		end = start
	}
	return string(text), l.Gaps
}

// blank reports that the char leaves no mark on the page.
func blank(char string) bool {
	r, _ := utf8.DecodeRuneInString(char)
	return unicode.IsSpace(r) || unicode.IsControl(r)
}

// setFont samples the font at the start, middle and end of the line: asking for each char
// doubles the time a page takes. The median size passes over an exponent or a drop cap.
func (d *document) setFont(l *layout.Line, text references.FPDF_TEXTPAGE, visible []int) {
	middle := visible[len(visible)/2]
	l.Font = d.fontName(text, middle)
	l.Bold = d.bold(text, middle, l.Font)
	sizes := []float64{d.fontSize(text, middle)}
	for _, i := range []int{visible[0], visible[len(visible)-1]} {
		if i == middle {
			continue
		}
		sizes = append(sizes, d.fontSize(text, i))
		if name := d.fontName(text, i); name != l.Font {
			l.Mixed = true
			l.Bold = l.Bold && d.bold(text, i, name)
		}
	}
	slices.Sort(sizes)
	l.Size = sizes[len(sizes)/2]
}

// fontName is the name of the font of a char, without the prefix of a subset ("ABCDEF+").
func (d *document) fontName(text references.FPDF_TEXTPAGE, i int) string {
	f, err := d.pdfium.FPDFText_GetFontInfo(&requests.FPDFText_GetFontInfo{TextPage: text, Index: i})
	if err != nil {
		return ""
	}
	if len(f.FontName) > 7 && f.FontName[6] == '+' {
		return f.FontName[7:]
	}
	return f.FontName
}

// fontSize is the size of a char as drawn: the font's size scaled by the text matrix.
func (d *document) fontSize(text references.FPDF_TEXTPAGE, i int) float64 {
	f, err := d.pdfium.FPDFText_GetFontSize(&requests.FPDFText_GetFontSize{TextPage: text, Index: i})
	if err != nil {
		return 0
	}
	size := f.FontSize
	if m, err := d.pdfium.FPDFText_GetMatrix(&requests.FPDFText_GetMatrix{TextPage: text, Index: i}); err == nil {
		size *= math.Hypot(float64(m.Matrix.C), float64(m.Matrix.D))
	}
	if math.IsNaN(size) || math.IsInf(size, 0) {
		return 0
	}
	return math.Round(size*4) / 4
}

// bold trusts the font's name first: the weight is 400 for some fonts named Bold.
func (d *document) bold(text references.FPDF_TEXTPAGE, i int, name string) bool {
	lower := strings.ToLower(name)
	for _, w := range []string{"bold", "black", "heavy", "demi"} {
		if strings.Contains(lower, w) {
			return true
		}
	}
	w, err := d.pdfium.FPDFText_GetFontWeight(&requests.FPDFText_GetFontWeight{TextPage: text, Index: i})
	return err == nil && w.FontWeight >= 600
}
