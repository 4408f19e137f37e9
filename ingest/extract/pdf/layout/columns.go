package layout

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"

	"rapporteur/ingest/extract/pdf/layout/grid"

	"rapporteur/ingest/extract/pdf/layout/wording"
)

// Columns drawn line by line, across the page, are put one after the other. They look like a table
// without lines; what tells them apart is that their lines are long, full, and go on in the next.
const (
	minColumnLines = 3
	minColumnRunes = 12   // of most lines of a column
	fullLine       = 0.72 // a full line, as a part of its column's width
	minFull        = 0.5  // part of the lines that are
	minGoingOn     = 0.3  // part of the lines that start in the middle of a sentence
)

// unweave puts columns that are drawn across the page in order.
func unweave(lines []Line) []Line {
	lines = cutAtGutters(cutAtSteps(lines))
	for i := 0; i+1 < len(lines); i++ {
		if !abreast(lines[i], lines[i+1]) {
			continue
		}
		left, right := woven(lines[i:])
		heads := lines[i].Size > 1.15*lines[i+1].Size // a heading beside the text it heads
		if flowing(left) && (heads || flow(right)) {
			copy(lines[i:], append(left, right...))
			i += len(left) - 1 // the right may be columns too
		} else if len(left) > 0 {
			i += len(left) + len(right) - 1
		}
	}
	return lines
}

// abreast reports that b stands right of a, on its line.
func abreast(a, b Line) bool {
	high := min(a.Box.Y1, b.Box.Y1) - max(a.Box.Y0, b.Box.Y0)
	return b.Box.X0 > a.Box.X1 && high > 0.5*min(a.Box.Height(), b.Box.Height()) && a.body() && b.body()
}

// body reports a line of text that nothing has taken and no cell holds.
func (l Line) body() bool { return l.free() && !l.dotted }

// woven splits the run of lines that opens with one on each side of a gutter, and goes on downwards.
func woven(lines []Line) (left, right []Line) {
	end, start := lines[0].Box.X1, lines[1].Box.X0 // of the gutter
	for i, l := range lines {
		if !l.body() || i > 0 && (l.Base > lines[i-1].Base+0.5*max(l.Size, lines[i-1].Size) || lines[i-1].Base-l.Base > 4*l.Size) {
			break
		}
		switch {
		case max(end, l.Box.X1) < start:
			end = max(end, l.Box.X1)
			left = append(left, l)
		case min(start, l.Box.X0) > end:
			start = min(start, l.Box.X0)
			right = append(right, l)
		default:
			return left, right
		}
	}
	return left, right
}

// flow reports lines that are a column of text, or several that are drawn across the page.
func flow(lines []Line) bool {
	if len(lines) < 2 || !abreast(lines[0], lines[1]) {
		return flowing(lines)
	}
	left, right := woven(lines)
	return len(left)+len(right) == len(lines) && flowing(left) && flow(right)
}

// flowing reports lines that are a column of text.
func flowing(lines []Line) bool {
	if len(lines) < minColumnLines {
		return false
	}
	width := bounds(lines).Width()
	long, full, going := 0, 0, 0
	for i, l := range lines {
		if utf8.RuneCountInString(l.Text) >= minColumnRunes {
			long++
		}
		if l.Box.Width() >= fullLine*width {
			full++
		}
		if i > 0 && (lines[i-1].Hyphen || wording.StartsLower(l.Text)) {
			going++
		}
	}
	n := float64(len(lines))
	return 2*long > len(lines) && float64(full) >= minFull*n && float64(going) >= minGoingOn*(n-1)
}

// cutAtGutters cuts the lines that PDFium makes of two columns, where what is cut is prose.
func cutAtGutters(lines []Line) []Line {
	var out []Line
	for i := 0; i < len(lines); {
		run := gutterRun(lines[i:])
		if len(run) == 0 {
			out = append(out, lines[i])
			i++
			continue
		}
		var left, pieces []Line
		for _, l := range lines[i : i+len(run)] {
			cut := l.cut()
			left, pieces = append(left, cut[0]), append(pieces, cut...)
		}
		if flowing(left) {
			out = append(out, pieces...)
		} else {
			out = append(out, lines[i:i+len(run)]...)
		}
		i += len(run)
	}
	return out
}

// step is by how much the letters of two texts on one line must differ in height of their feet, as
// a part of their size, for the texts to be two.
const step = 0.15

// rising reports that two lines side by side stand on different feet.
func rising(a, b Line) bool { return math.Abs(a.foot()-b.foot()) > step*min(a.Size, b.Size) }

// foot is where most words of a line stand: tails and raised marks are fewer.
func (l Line) foot() float64 {
	var feet []float64
	for _, w := range l.Words {
		feet = append(feet, w.Box.Y0)
	}
	if len(feet) == 0 {
		return l.Base
	}
	slices.Sort(feet)
	return feet[len(feet)/2]
}

// cutAtSteps cuts lines at the gaps where their words stand higher on one side than on the other.
func cutAtSteps(lines []Line) []Line {
	var out []Line
	for _, l := range lines {
		if len(l.Gaps) == 0 || !l.body() {
			out = append(out, l)
			continue
		}
		pieces := l.cut()
		if len(pieces) != 2 || !rising(pieces[0], pieces[1]) ||
			min(utf8.RuneCountInString(pieces[0].Text), utf8.RuneCountInString(pieces[1].Text)) < minColumnRunes {
			out = append(out, l)
			continue
		}
		out = append(out, resized(l, pieces)...)
	}
	return out
}

// resized gives the pieces of a line the sizes that their heights tell: that of the line was measured
// on most of it.
func resized(l Line, pieces []Line) []Line {
	a, b := &pieces[0], &pieces[1]
	large, small := a, b
	if a.Box.Height() < b.Box.Height() {
		large, small = b, a
	}
	if ratio := large.Box.Height() / max(small.Box.Height(), 1); ratio > 1.2 {
		if len(large.key) > len(small.key) {
			small.Size = math.Round(4*l.Size/ratio) / 4
		} else {
			large.Size = math.Round(4*l.Size*ratio) / 4
		}
	}
	a.Base, b.Base = a.foot(), b.foot()
	return pieces
}

// gutterRun is the run of lines, one under the other, with a gap at one place.
func gutterRun(lines []Line) []Line {
	for n, l := range lines {
		if len(l.Gaps) == 0 || !l.body() || len(l.cut()) != len(l.Gaps)+1 ||
			n > 0 && (!stacked(lines[n-1], l) || !sharedGap(lines[n-1].Gaps, l.Gaps)) {
			return lines[:n]
		}
	}
	return lines
}

// cut gives the pieces of a line between its gaps, as far as its words are measured.
func (l Line) cut() []Line {
	words := l.measured()
	var out []Line
	start := 0
	for i := 1; i < len(words); i++ {
		if slices.ContainsFunc(l.Gaps, func(g Gap) bool { return words[i-1].Box.X1 <= g.X0+1 && words[i].Box.X0 >= g.X1-1 }) {
			out = append(out, l.part(words, start, i))
			start = i
		}
	}
	return append(out, l.part(words, start, len(words)))
}

// Boxed texts.
const (
	maxBoxed  = 0.6 // of the page's surface: larger is a ground of the page
	boxSlack  = 2   // points by which a line may pass the side of its box
	minBoxed  = 2   // lines
	maxShades = 200 // more shades, or rules, are a drawing
)

// gather marks the lines of each framed or shaded text and brings them together, after the
// sentence that runs on beside them.
func (s *Sheet) gather(lines []Line) {
	boxes := s.boxesOf(lines)
	count := map[int]int{}
	for _, in := range boxes {
		for _, id := range in {
			count[id]++
		}
	}
	var order []int
	for i, in := range boxes {
		for _, id := range in {
			if count[id] >= minBoxed && count[id] < len(lines) {
				lines[i].boxed = id
				if !slices.Contains(order, id) {
					order = append(order, id)
				}
				break
			}
		}
	}
	for _, id := range order {
		together(lines, func(l Line) bool { return l.boxed == id })
	}
}

// together moves the lines that are in a box behind those outside it that are drawn between them.
// A text drawn in two parts may be two columns on one ground: those stay.
func together(lines []Line, in func(Line) bool) {
	first, last, runs := slices.IndexFunc(lines, in), 0, 0
	for i, l := range lines {
		if in(l) {
			if last = i; i == first || !in(lines[i-1]) {
				runs++
			}
		}
	}
	if runs < 3 {
		return
	}
	var inside, outside []Line
	for _, l := range lines[first : last+1] {
		if in(l) {
			inside = append(inside, l)
		} else {
			outside = append(outside, l)
		}
	}
	for end := last + 1; len(outside) > 0 && end < len(lines) && continues(outside[len(outside)-1], lines[end]); end++ {
		outside = append(outside, lines[end])
	}
	copy(lines[first:], append(outside, inside...))
}

// boxesOf numbers, for each line, the shades and frames around it, the largest first.
func (s *Sheet) boxesOf(lines []Line) [][]int {
	shades := frames(s.Rules)
	for _, sh := range s.Shades[:min(len(s.Shades), maxShades)] {
		shades = append(shades, sh.Box)
	}
	shades = slices.DeleteFunc(shades, func(b Box) bool {
		area := b.Width() * b.Height()
		return !(area > 0 && area <= maxBoxed*s.Width*s.Height)
	})
	slices.SortStableFunc(shades, func(a, b Box) int { return cmp.Compare(b.Width()*b.Height(), a.Width()*a.Height()) })
	nets := s.nets()
	out := make([][]int, len(lines))
	for i, l := range lines {
		if !l.free() {
			continue
		}
		for n, b := range shades {
			if b.holds(l.Box) {
				out[i] = append(out[i], n+1)
			}
		}
		for n, g := range nets {
			if cell := g.CellAt(grid.Box(l.Box)); cell >= 0 {
				out[i] = append(out[i], (n+1)<<16+cell)
			}
		}
	}
	return out
}

// frames finds the boxes that four lines draw. What lines part inside is for the nets.
func frames(rules []Rule) []Box {
	if len(rules) > maxShades {
		return nil
	}
	var boxes []Box
	upright := func(x, low, high float64) bool {
		return slices.ContainsFunc(rules, func(r Rule) bool {
			return math.Abs(r.X0-x) <= boxSlack && r.Width() < r.Height() && r.Y0 <= low+boxSlack && r.Y1 >= high-boxSlack
		})
	}
	for _, top := range rules {
		for _, foot := range rules {
			level := top.Width() > top.Height() && foot.Width() > foot.Height() && top.Y0 > foot.Y1
			if level && math.Abs(top.X0-foot.X0) <= boxSlack && math.Abs(top.X1-foot.X1) <= boxSlack &&
				upright(top.X0, foot.Y1, top.Y0) && upright(top.X1, foot.Y1, top.Y0) {
				boxes = append(boxes, Box{top.X0, foot.Y0, top.X1, top.Y1})
			}
		}
	}
	return boxes
}

// holds reports that a box is around another.
func (b Box) holds(o Box) bool {
	return o.X0 >= b.X0-boxSlack && o.X1 <= b.X1+boxSlack && o.Y0 >= b.Y0-boxSlack && o.Y1 <= b.Y1+boxSlack
}
