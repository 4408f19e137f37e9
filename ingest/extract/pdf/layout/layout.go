package layout

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"rapporteur/qa"

	"rapporteur/ingest/extract/pdf/layout/wording"
)

// Arrange turns the lines of a document into its text: paragraphs, headings, list items, table
// rows and furniture, in reading order, page by page.
func Arrange(s Document) qa.Text {
	for i := range s.Pages {
		tidy(&s.Pages[i])
	}
	takeTables(s.Pages)
	markFurniture(s.Pages)
	for i := range s.Pages {
		s.Pages[i].order()
	}
	linkTables(s.Pages)
	markContents(s.Pages)
	markTitles(s.Pages, s.Outline)
	markTagged(s.Pages)
	st := newStyle(s.Pages)
	st.markNotes(s.Pages)
	paragraphs := make([][]paragraph, len(s.Pages))
	for i, p := range s.Pages {
		paragraphs[i] = st.segment(p)
	}
	st.classify(paragraphs)
	text := write(paragraphs, wordsOf(s.Pages))
	for i, label := range labels(s.Pages) {
		text.Pages[i].Label = label
	}
	text.Title = documentTitle(s.Title, paragraphs)
	if languageTag.MatchString(s.Language) {
		text.Language = s.Language
	}
	return text
}

// found is what is learnt of a line while its page is laid out.
type found struct {
	key       string   // fold of the text
	trail     bool     // a space ends the line as drawn
	cells     []string // the texts between the gaps, when there are any
	row       bool     // one row of a table
	table     *table   // the table that it stands for
	furniture bool     // running header or footer, page number
	element   element  // what the file's own structure says of it
	opensItem bool     // it is the first of the list item that its element names
	title     int      // the heading this line is part of: the number of its entry in the outline, below 0 of its tag, 0 for none
	level     int      // of that heading
	boxed     int      // number of the framed or shaded text on its page it is part of, 0 for none
	note      int      // number of the footnote on its page it is part of, 0 for none
	dotted    bool     // a row of dots leads to its last cell
	entry     int      // number of the entry of a table of contents or index it is part of, 0 for none
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// tidy cleans the text of a page's lines and drops what is empty or drawn twice.
func tidy(s *Sheet) {
	kept := s.Lines[:0]
	for _, l := range s.Lines {
		l.trail = strings.HasSuffix(l.Text, " ")
		if len(l.Gaps) > 0 {
			l.cells = cells(l)
		}
		l.Text = wording.Clean(l.Text)
		l.key = wording.Fold(l.Text)
		if l.Text != "" {
			kept = append(kept, l)
		}
	}
	s.Lines = glue(s.dropShadows(kept))
	for i := range s.Lines {
		s.Lines[i].undot()
	}
}

// glue joins lines that are one on the page: PDFium ends a line where an exponent or a change of
// font moves the baseline, « 401,2 ETP³ » then « . On compte ».
func glue(lines []Line) []Line {
	out := lines[:0]
	for _, l := range lines {
		if n := len(out); n > 0 && touches(out[n-1], l) {
			out[n-1] = joined(out[n-1], l)
		} else {
			out = append(out, l)
		}
	}
	return out
}

// touches reports that b goes on where a ends: beside it, closer than a space is wide.
func touches(a, b Line) bool {
	high := min(a.Box.Y1, b.Box.Y1) - max(a.Box.Y0, b.Box.Y0)
	space := b.Box.X0 - a.Box.X1
	return !a.Hyphen && !a.trail && high > 0.5*min(a.Box.Height(), b.Box.Height()) &&
		space > -0.2*min(a.Size, b.Size) && space < 0.2*max(a.Size, b.Size) && a.Size < 1.8*b.Size
}

// joined is a and b as one line, set like the longer of them.
func joined(a, b Line) Line {
	text := b.Text
	if len(text) <= MaxExponent && b.Size < 0.8*a.Size && b.Base > a.Base+0.2*a.Size {
		text = strings.Map(Exponent, text)
	}
	long := a
	if len(b.Text) > len(a.Text) {
		long = b
	}
	long.Text, long.key = a.Text+text, a.key+b.key
	long.Box, long.First, long.Mixed = a.Box.Join(b.Box), a.First, true
	long.Hyphen, long.trail = b.Hyphen, b.trail
	long.Bold = a.Bold && b.Bold
	long.Gaps = append(slices.Clone(a.Gaps), b.Gaps...)
	long.cells, long.Words = nil, joinWords(a.Words, b.Words, text)
	if len(a.cells)+len(b.cells) > 0 {
		left, right := orText(a.cells, a.Text), orText(b.cells, text)
		long.cells = append(slices.Clone(left[:len(left)-1]), left[len(left)-1]+right[0])
		long.cells = append(long.cells, right[1:]...)
	}
	return long
}

// joinWords puts the first word of b, which is text when it is the only one, to the last of a; nil
// where the words of one of the lines were not measured.
func joinWords(a, b []Word, text string) []Word {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	words := append(slices.Clone(a), b[1:]...)
	first := b[0].Text
	if len(b) == 1 {
		first = text
	}
	last := &words[len(a)-1]
	last.Text, last.Box = last.Text+first, last.Box.Join(b[0].Box)
	return words
}

// orText gives the cells of a line, the whole text where it has none.
func orText(cells []string, text string) []string {
	if len(cells) == 0 {
		return []string{text}
	}
	return cells
}

// maxShadows is with how many equal lines before it a line is compared.
const maxShadows = 32

// dropShadows removes a line drawn again at nearly the same place, as shadows and outlines of letters
// are. In the margins only the same font makes a shadow: a ribbon of chapters draws the present one
// again in bold.
func (s Sheet) dropShadows(lines []Line) []Line {
	seen := map[string][]Line{}
	return slices.DeleteFunc(lines, func(l Line) bool {
		before := seen[l.key]
		for _, b := range before[max(0, len(before)-maxShadows):] {
			if l.key != "" && overlap(b.Box, l.Box) > 0.8 && (b.Font == l.Font || !s.inMargin(l)) {
				return true
			}
		}
		seen[l.key] = append(before, l)
		return false
	})
}

// overlap is the shared surface as a part of the smaller box.
func overlap(a, b Box) float64 {
	w := min(a.X1, b.X1) - max(a.X0, b.X0)
	h := min(a.Y1, b.Y1) - max(a.Y0, b.Y0)
	smaller := min(a.Width()*a.Height(), b.Width()*b.Height())
	if w <= 0 || h <= 0 || smaller <= 0 {
		return 0
	}
	return w * h / smaller
}

// order puts the furniture of a page last, moves forward what layout programs draw out of turn,
// puts columns and boxed texts in order, and finds the rows of tables.
func (s *Sheet) order() {
	slices.SortStableFunc(s.Lines, func(a, b Line) int { return boolOrder(a.furniture, b.furniture) })
	body := bodyOf(s.Lines)
	margins := s.Lines[len(body):]
	topFirst(body)
	numberFirst(body)
	body = unweave(body)
	s.gather(body)
	markRows(body)
	s.Lines = append(body, margins...)
}

// topFirst moves the last lines of the content to its start when all the others stand below
// them: layout programs often draw the frame of a page's heading last.
func topFirst(lines []Line) {
	if len(lines) < 2 {
		return
	}
	highest := make([]float64, len(lines)) // of all lines before
	highest[0] = math.Inf(-1)
	for i, l := range lines[:len(lines)-1] {
		highest[i+1] = max(highest[i], l.Box.Y1)
	}
	lowest, cut := math.Inf(1), 0
	for i := len(lines) - 1; i > 0; i-- {
		lowest = min(lowest, lines[i].Box.Y0)
		if lowest >= highest[i] {
			cut = i
		}
	}
	// A second column can stand high too, but beside the first, and in letters of the same size.
	if bounds(lines[cut:]).X0 < bounds(lines[:cut]).X1 || largest(lines[cut:]) > 1.1*largest(lines[:cut]) {
		copy(lines, append(slices.Clone(lines[cut:]), lines[:cut]...))
	}
}

// largest is the size of the largest letters.
func largest(lines []Line) float64 {
	size := 0.0
	for _, l := range lines {
		size = max(size, l.Size)
	}
	return size
}

var sectionNumber = regexp.MustCompile(`^(\d{1,2}(\.\d{1,2})*\.?|[IVX]{1,4}\.?)$`)

// numberFirst moves a section's number before its title when it was drawn after it.
func numberFirst(lines []Line) {
	for i := 1; i < len(lines); i++ {
		number := lines[i]
		if !sectionNumber.MatchString(number.Text) {
			continue
		}
		for j := i - 1; j >= 0 && j >= i-maxHeadingLines; j-- {
			if headsTitle(number, lines[j]) {
				copy(lines[j+1:i+1], lines[j:i])
				lines[j] = number
				break
			}
		}
	}
}

// headsTitle reports a section number that stands left of the first line of its title.
func headsTitle(number, title Line) bool {
	return sectionNumber.MatchString(number.Text) && near(number.Size, title.Size, 0.2) &&
		number.Box.X1 <= title.Box.X0+1 && title.Box.X0-number.Box.X1 < 6*title.Size &&
		number.Box.Y0 < title.Box.Y1 && number.Box.Y1 > title.Box.Y0 && number.Size >= title.Size*0.8
}

// style is what is usual in a document.
type style struct {
	body    float64             // size of most of its letters
	font    string              // font of most of its letters
	leading map[float64]float64 // usual distance of two baselines, by size of letters
	trails  bool                // lines within a paragraph end with a space: one without it ends the paragraph
}

// newStyle measures the document.
func newStyle(pages []Sheet) style {
	sizes, fonts := map[float64]int{}, map[string]int{}
	steps := map[float64]map[float64]int{}
	trail, flush := 0, 0
	for _, p := range pages {
		for i, l := range p.Lines {
			if l.furniture {
				continue
			}
			sizes[l.Size] += len(l.Text)
			fonts[l.Font] += len(l.Text)
			if i == 0 || !stacked(p.Lines[i-1], l) || p.Lines[i-1].Size != l.Size {
				continue
			}
			prev := p.Lines[i-1]
			step := math.Round((prev.Base-l.Base)*2) / 2
			if steps[l.Size] == nil {
				steps[l.Size] = map[float64]int{}
			}
			steps[l.Size][step]++
			switch {
			case prev.Hyphen || !wording.StartsLower(l.Text):
			case prev.trail:
				trail++
			default:
				flush++
			}
		}
	}
	st := style{body: most(sizes), font: most(fonts), leading: map[float64]float64{}, trails: trail > 4*flush}
	for size, n := range steps {
		if step := most(n); n[step] > 2 {
			st.leading[size] = step
		}
	}
	return st
}

// most finds the key with the highest count, the smallest of equals.
func most[K float64 | string](counts map[K]int) K {
	var best K
	n := 0
	for k, c := range counts {
		if c > n || c == n && k < best {
			best, n = k, c
		}
	}
	return best
}

// step is the usual distance of two baselines of letters of that size.
func (s style) step(size float64) float64 {
	if step, ok := s.leading[size]; ok && step < 2.2*size {
		return step
	}
	return 1.25 * size
}

// stacked reports that b stands below a, in the same column.
func stacked(a, b Line) bool {
	size := max(a.Size, b.Size, 4)
	return b.Base < a.Base-0.3*min(a.Size, b.Size) && a.Base-b.Base < 4*size &&
		min(a.Box.X1, b.Box.X1) > max(a.Box.X0, b.Box.X0)
}
