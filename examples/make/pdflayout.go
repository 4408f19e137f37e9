package main

import (
	"regexp"
	"strconv"
)

// cover draws the first page: a band in the report's colour, its title, and a wave for the river.
func (s *sheet) cover() {
	p := s.pdf
	p.SetFillColor(s.ink[0], s.ink[1], s.ink[2])
	p.Rect(0, 0, pageWidth, 96, "F")
	white := [3]int{255, 255, 255}
	s.print(margin, 34, style{size: 13, ink: white}, s.doc.Town)
	s.print(margin, 62, style{size: 32, face: "B", ink: white}, s.doc.Title)
	s.print(margin, 75, style{size: 13, ink: white}, s.doc.Subtitle)
	p.SetLineWidth(0.9)
	for i := range 5 {
		y := 150 + 11*float64(i)
		shade := 60 + 32*i
		p.SetDrawColor(s.ink[0]+(255-s.ink[0])*shade/255, s.ink[1]+(255-s.ink[1])*shade/255, s.ink[2]+(255-s.ink[2])*shade/255)
		p.CurveBezierCubic(0, y, 70, y-38, 130, y+38, pageWidth, y-6, "D")
	}
	p.SetLineWidth(0.2)
	s.print(margin, 262, style{size: 10, ink: [3]int{60, 64, 70}}, s.doc.Adopted)
}

// contentsPage lists the headings of the first pass with their printed page numbers.
func (s *sheet) contentsPage() {
	s.print(margin, 40, style{size: 20, face: "B", ink: s.ink}, "Sommaire")
	grey := [3]int{60, 64, 70}
	y := 52.0
	for _, e := range s.known {
		indent, face, ink, step := 6.0, "", grey, 4.7
		if e.level == 1 {
			indent, face, ink, step = 0, "B", s.ink, 5.1
			y += 1.6
		}
		if e.level > 2 {
			continue
		}
		s.print(margin+indent, y, style{size: 9.5, face: face, ink: ink}, e.text)
		s.printRight(pageWidth-margin, y, style{size: 9.5, face: face, ink: ink}, strconv.Itoa(e.page-frontPages))
		left := margin + indent + s.measure(s.latin(e.text), face, 9.5) + 2
		s.pdf.SetDrawColor(200, 204, 210)
		s.pdf.SetDashPattern([]float64{0.3, 1.2}, 0)
		s.pdf.Line(left, y-0.6, pageWidth-margin-8, y-0.6)
		s.pdf.SetDashPattern(nil, 0)
		link := s.pdf.AddLink()
		s.pdf.SetLink(link, 0, e.page)
		s.pdf.Link(margin, y-4, textWidth, 5, link)
		y += step
	}
	s.printRight(pageWidth-margin, pageHeight-12, style{size: 9, ink: grey}, "ii")
}

// columnLine is a line of a text in two columns.
type columnLine struct {
	line  line
	style style
	sign  string
	after float64
}

const columnWidth = (textWidth - gutter) / 2

// columns sets its blocks in two columns of about the same height. They hold no footnotes and no tables.
func (s *sheet) columns(b block) {
	lines := s.columnLines(b.Blocks)
	for len(lines) > 0 {
		s.need(40)
		total := height(lines)
		room := s.bottom() - s.y
		target := min(total/2+3, room)
		top := s.y
		deepest := top
		for c := range 2 {
			s.y = top
			limit := top + target
			if c == 1 {
				limit = top + room
			}
			for len(lines) > 0 && s.y+lines[0].style.leading() <= limit {
				s.columnLine(lines[0], c)
				lines = lines[1:]
			}
			deepest = max(deepest, s.y)
		}
		s.y = deepest + 2
		if len(lines) > 0 {
			s.newPage()
		}
	}
}

func height(lines []columnLine) float64 {
	total := 0.0
	for _, l := range lines {
		total += l.style.leading() + l.after
	}
	return total
}

func (s *sheet) columnLine(l columnLine, column int) {
	st := l.style
	st.x += margin + float64(column)*(columnWidth+gutter)
	if l.sign != "" {
		s.print(st.x-4, s.y+st.leading()*0.72, style{size: st.size, ink: st.ink}, l.sign)
	}
	s.drawLine(l.line, st)
	s.y += st.leading() + l.after
}

func (s *sheet) columnLines(blocks []block) []columnLine {
	var all []columnLine
	add := func(runs []run, st style, sign string, after float64) {
		lines := s.lines(runs, st)
		for i, l := range lines {
			c := columnLine{line: l, style: st}
			if i == 0 {
				c.sign = sign
			}
			if i == len(lines)-1 {
				c.after = after
			}
			all = append(all, c)
		}
	}
	for _, b := range blocks {
		switch b.Kind {
		case heading:
			add(b.Text, style{width: columnWidth, size: 10.5, face: "B", ink: s.ink}, "", 1.2)
		case list:
			for _, item := range b.Items {
				add(item, style{x: 5, width: columnWidth - 5, size: 9.5}, "•", 0.8)
			}
		default:
			add(b.Text, style{width: columnWidth, size: 9.5, justify: true}, "", 2)
		}
	}
	return all
}

var numeric = regexp.MustCompile(`^[−+-]?[\d\s\x{a0}\x{202f},]+([\s\x{a0}\x{202f}]?(%|€|k€|MWh|ans|jours|pt|points?))?$|^–$`)

const (
	tableSize = 8.8
	padding   = 1.25
)

// table draws a caption, a header row and the rows, which it does not split; the header comes again
// on the next page.
func (s *sheet) table(b block) {
	widths := s.columnWidths(b.Rows)
	rowStyle := style{size: tableSize}
	s.need(12 + 3*(rowStyle.leading()+2*padding))
	s.paragraph(b.Caption, style{x: margin, width: textWidth, size: 9, face: "B", ink: [3]int{60, 64, 70}})
	s.y += 1.5
	right := numericColumns(b.Rows)
	for i, row := range b.Rows {
		if i > 0 && s.y+s.rowHeight(row, widths) > s.bottom() {
			s.newPage()
			s.row(b.Rows[0], widths, right, 0)
		}
		s.row(row, widths, right, i)
	}
	s.y += 5
}

// row draws one row; row 0 is the header.
func (s *sheet) row(cells []cell, widths []float64, right []bool, i int) {
	h := s.rowHeight(cells, widths)
	ink := [3]int{}
	face := ""
	switch {
	case i == 0:
		s.pdf.SetFillColor(s.ink[0], s.ink[1], s.ink[2])
		ink, face = [3]int{255, 255, 255}, "B"
		s.pdf.Rect(margin, s.y, textWidth, h, "F")
	case i%2 == 0:
		s.pdf.SetFillColor(244, 246, 249)
		s.pdf.Rect(margin, s.y, textWidth, h, "F")
	}
	s.pdf.SetDrawColor(205, 210, 216)
	s.pdf.Line(margin, s.y+h, pageWidth-margin, s.y+h)
	top, x := s.y, margin
	for c, text := range cells {
		st := style{x: x + padding, width: widths[c] - 2*padding, size: tableSize, face: face, ink: ink}
		s.y = top + padding
		for _, l := range s.lines(text, st) {
			at := st
			if right[c] {
				at.x += st.width - l.width - s.measure(" ", face, tableSize)*float64(len(l.words)-1)
			}
			s.drawLine(l, at)
			s.y += st.leading()
		}
		x += widths[c]
	}
	s.y = top + h
}

func (s *sheet) rowHeight(cells []cell, widths []float64) float64 {
	most := 0
	for c, text := range cells {
		most = max(most, len(s.lines(text, style{width: widths[c] - 2*padding, size: tableSize, face: "B"})))
	}
	return float64(most)*style{size: tableSize}.leading() + 2*padding
}

// numericColumns tells the columns whose cells below the header are mostly numbers.
func numericColumns(rows []([]cell)) []bool {
	counts := make([]int, len(rows[0]))
	for _, row := range rows[1:] {
		for c, text := range row {
			if numeric.MatchString(plain(text)) {
				counts[c]++
			}
		}
	}
	right := make([]bool, len(counts))
	for c, n := range counts {
		right[c] = c > 0 && 2*n > len(rows)-1
	}
	return right
}

// columnWidths shares the width of the page: what the widest cell of each column asks for, at most
// 45 % each, and the rest in proportion.
func (s *sheet) columnWidths(rows []([]cell)) []float64 {
	wanted := make([]float64, len(rows[0]))
	for _, row := range rows {
		for c, text := range row {
			natural := s.measure(s.latin(plain(text)), "B", tableSize) + 2*padding + 1
			wanted[c] = max(wanted[c], min(natural, textWidth*0.45))
		}
	}
	sum := 0.0
	for _, w := range wanted {
		sum += w
	}
	for c := range wanted {
		wanted[c] *= textWidth / sum
	}
	return wanted
}
