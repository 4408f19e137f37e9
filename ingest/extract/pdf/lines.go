package pdf

import (
	"slices"
	"strings"
	"unicode"

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
func cutLines(chars []char) []rawLine {
	var lines []rawLine
	start := 0
	add := func(end int, hyphen bool) {
		if end > start {
			lines = append(lines, rawLine{start, end, hyphen})
		}
		start = end + 1
	}
	for i, c := range chars {
		switch c.r {
		case '\r', '\n':
			add(i, false)
		case wrapHyphen:
			add(i, true)
		}
	}
	add(len(chars), false)
	return lines
}

// line measures one line: its text, words, box, gaps and font.
func (p *page) line(r rawLine) layout.Line {
	m := measure{l: layout.Line{Hyphen: r.hyphen}}
	visible := make([]int, 0, r.end-r.start)
	for i := r.start; i < r.end; i++ {
		if m.add(p.chars[i], p.turn) {
			visible = append(visible, i)
		}
	}
	l := m.l
	l.Text = m.text.String()
	if len(visible) == 0 {
		return l
	}
	p.setFont(&l, visible)
	l.Base = p.baseline(visible[len(visible)/2], l.Box.Y0)
	l.Text, l.Gaps = m.raised(l)
	l.Gaps = slices.DeleteFunc(l.Gaps, func(g layout.Gap) bool { return g.X1-g.X0 < gapEm*max(l.Size, 6) })
	for i, text := range strings.FieldsFunc(l.Text, blank) {
		l.Words[i].Text = text
	}
	return l
}

// baseline is where the letters of the line stand; the box would move with their tails.
func (p *page) baseline(i int, fallback float64) float64 {
	if p.integer("FPDFText_GetCharOrigin", arg(p.text), arg(i), p.out(0, 8), p.out(1, 8)) == 0 {
		return fallback
	}
	x, y := p.float64At(0), p.float64At(1)
	return layout.Box{X0: x, Y0: y, X1: x, Y1: y}.Turned(p.turn).Y0
}

// measure builds a line from its chars.
type measure struct {
	l    layout.Line
	text strings.Builder
	last layout.Box // of the last visible char
	open bool       // the last char belongs to a word
	// The digits of the line, to tell exponents once the baseline is known.
	digits []digit
}

// digit is a digit of a line: its byte in the text, and its box.
type digit struct {
	at  int
	box layout.Box
}

// add takes one char and reports whether it is visible.
func (m *measure) add(c char, turn int) bool {
	if c.r == 0 {
		return false
	}
	if blank(c.r) {
		m.open = false
		m.text.WriteRune(c.r)
		return false
	}
	b := c.box.Turned(turn)
	if !m.open {
		m.l.Words = append(m.l.Words, layout.Word{Tag: -1})
		m.open = true
	}
	w := &m.l.Words[len(m.l.Words)-1]
	if c.ink != nil && w.Tag < 0 {
		w.Tag = c.ink.tag
	}
	if !b.Empty() {
		if wide := b.X0 - m.last.X1; m.last != (layout.Box{}) && wide > 4 {
			m.l.Gaps = append(m.l.Gaps, layout.Gap{At: m.text.Len(), X0: m.last.X1, X1: b.X0})
		}
		m.last = b
		m.l.Box = m.l.Box.Join(b)
		w.Box = w.Box.Join(b)
		if len(m.l.Words) == 1 {
			m.l.First = m.l.Box.Width()
		}
		if c.r >= '0' && c.r <= '9' {
			m.digits = append(m.digits, digit{m.text.Len(), b})
		}
	}
	m.text.WriteRune(c.r)
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
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// setFont samples the font at the start, middle and end of the line. The median size passes over
// an exponent or a drop cap.
func (p *page) setFont(l *layout.Line, visible []int) {
	middle := visible[len(visible)/2]
	l.Font, l.Bold = p.font(middle)
	sizes := []float64{p.sizeOf(middle)}
	for _, i := range []int{visible[0], visible[len(visible)-1]} {
		if i == middle {
			continue
		}
		sizes = append(sizes, p.sizeOf(i))
		if name, bold := p.font(i); name != l.Font {
			l.Mixed = true
			l.Bold = l.Bold && bold
		}
	}
	slices.Sort(sizes)
	l.Size = sizes[len(sizes)/2]
}

// sizeOf is the size of the font of a char as drawn, in points.
func (p *page) sizeOf(i int) float64 {
	if k := p.chars[i].ink; k != nil {
		return k.size
	}
	return p.fontSize(i)
}

// font gives the name of the font of a char, without the prefix of a subset ("ABCDEF+"), and
// whether it is bold.
func (p *page) font(i int) (name string, bold bool) {
	k := p.chars[i].ink
	if k == nil {
		k = &ink{}
	}
	if !k.known {
		k.font = p.narrow(func(b, size uint64) uint64 {
			return p.call("FPDFText_GetFontInfo", arg(p.text), arg(i), b, size, p.out(0, 4))
		})
		if len(k.font) > 7 && k.font[6] == '+' {
			k.font = k.font[7:]
		}
		k.bold, k.known = p.heavy(i, k.font), true
	}
	return k.font, k.bold
}

// heavy trusts the font's name first: the weight is 400 for some fonts named Bold.
func (p *page) heavy(i int, name string) bool {
	lower := strings.ToLower(name)
	for _, w := range []string{"bold", "black", "heavy", "demi"} {
		if strings.Contains(lower, w) {
			return true
		}
	}
	return p.integer("FPDFText_GetFontWeight", arg(p.text), arg(i)) >= 600
}
