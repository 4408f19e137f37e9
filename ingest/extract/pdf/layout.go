package pdf

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"rapporteur/qa"
)

// arrange turns the lines of a document into its text: paragraphs, headings, list items, table
// rows and furniture, in reading order, page by page.
func arrange(s scan) qa.Text {
	for i := range s.pages {
		tidy(&s.pages[i])
	}
	markFurniture(s.pages)
	for i := range s.pages {
		order(s.pages[i].lines)
	}
	markTitles(s.pages, s.outline)
	st := newStyle(s.pages)
	paragraphs := make([][]paragraph, len(s.pages))
	for i, p := range s.pages {
		paragraphs[i] = st.segment(p)
	}
	st.classify(paragraphs)
	text := write(paragraphs, newWords(s.pages))
	for i, label := range labels(s.pages) {
		text.Pages[i].Label = label
	}
	text.Title = documentTitle(s.title, paragraphs)
	if languageTag.MatchString(s.language) {
		text.Language = s.language
	}
	return text
}

// leader finds the row of dots between an entry of a table of contents and its page.
var leader = regexp.MustCompile(`^(.*[^. …]) ?[. …]{4,}(\d{1,4}|[ivxlc]{1,6})$`)

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// tidy cleans the text of a page's lines and drops what is empty or drawn twice.
func tidy(s *sheet) {
	kept := s.lines[:0]
	for _, l := range s.lines {
		l.trail = strings.HasSuffix(l.text, " ")
		if len(l.gaps) > 0 {
			l.cells = cells(l)
		}
		l.text = clean(l.text)
		if m := leader.FindStringSubmatch(l.text); m != nil {
			l.cells, l.row, l.text = m[1:], true, m[1]+" "+m[2]
		}
		l.key = fold(l.text)
		if l.text != "" {
			kept = append(kept, l)
		}
	}
	s.lines = glue(dropShadows(kept))
}

// glue joins lines that are one on the page: PDFium ends a line where an exponent or a change of
// font moves the baseline, « 401,2 ETP³ » then « . On compte ».
func glue(lines []line) []line {
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
func touches(a, b line) bool {
	high := min(a.box.y1, b.box.y1) - max(a.box.y0, b.box.y0)
	space := b.box.x0 - a.box.x1
	return !a.hyphen && !a.trail && high > 0.5*min(a.box.height(), b.box.height()) &&
		space > -0.2*min(a.size, b.size) && space < 0.2*max(a.size, b.size) && a.size < 1.8*b.size
}

// joined is a and b as one line, set like the longer of them.
func joined(a, b line) line {
	text := b.text
	if len(text) <= maxExponent && b.size < 0.8*a.size && b.base > a.base+0.2*a.size {
		text = strings.Map(exponent, text)
	}
	long := a
	if len(b.text) > len(a.text) {
		long = b
	}
	long.text, long.key = a.text+text, a.key+b.key
	long.box, long.first, long.mixed = a.box.join(b.box), a.first, true
	long.hyphen, long.trail = b.hyphen, b.trail
	long.bold = a.bold && b.bold
	long.gaps = append(slices.Clone(a.gaps), b.gaps...)
	long.cells = nil
	if len(a.cells)+len(b.cells) > 0 {
		left, right := orText(a.cells, a.text), orText(b.cells, text)
		long.cells = append(slices.Clone(left[:len(left)-1]), left[len(left)-1]+right[0])
		long.cells = append(long.cells, right[1:]...)
	}
	return long
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

// dropShadows removes a line drawn again at nearly the same place, as shadows and outlines of letters are.
func dropShadows(lines []line) []line {
	seen := map[string][]box{}
	return slices.DeleteFunc(lines, func(l line) bool {
		before := seen[l.key]
		for _, b := range before[max(0, len(before)-maxShadows):] {
			if l.key != "" && overlap(b, l.box) > 0.8 {
				return true
			}
		}
		seen[l.key] = append(before, l.box)
		return false
	})
}

// overlap is the shared surface as a part of the smaller box.
func overlap(a, b box) float64 {
	w := min(a.x1, b.x1) - max(a.x0, b.x0)
	h := min(a.y1, b.y1) - max(a.y0, b.y0)
	smaller := min(a.width()*a.height(), b.width()*b.height())
	if w <= 0 || h <= 0 || smaller <= 0 {
		return 0
	}
	return w * h / smaller
}

// order puts the furniture of a page last, moves forward what layout programs draw out of turn,
// and finds the rows of tables.
func order(lines []line) {
	slices.SortStableFunc(lines, func(a, b line) int {
		if a.furniture == b.furniture {
			return 0
		}
		if b.furniture {
			return -1
		}
		return 1
	})
	body := lines
	for i, l := range lines {
		if l.furniture {
			body = lines[:i]
			break
		}
	}
	topFirst(body)
	numberFirst(body)
	markRows(body)
}

// topFirst moves the last lines of the content to its start when all the others stand below
// them: layout programs often draw the frame of a page's heading last.
func topFirst(lines []line) {
	if len(lines) < 2 {
		return
	}
	highest := make([]float64, len(lines)) // of all lines before
	highest[0] = math.Inf(-1)
	for i, l := range lines[:len(lines)-1] {
		highest[i+1] = max(highest[i], l.box.y1)
	}
	lowest, cut := math.Inf(1), 0
	for i := len(lines) - 1; i > 0; i-- {
		lowest = min(lowest, lines[i].box.y0)
		if lowest >= highest[i] {
			cut = i
		}
	}
	// A second column can stand high too, but beside the first, and in letters of the same size.
	if bounds(lines[cut:]).x0 < bounds(lines[:cut]).x1 || largest(lines[cut:]) > 1.1*largest(lines[:cut]) {
		copy(lines, append(slices.Clone(lines[cut:]), lines[:cut]...))
	}
}

// largest is the size of the largest letters.
func largest(lines []line) float64 {
	size := 0.0
	for _, l := range lines {
		size = max(size, l.size)
	}
	return size
}

var sectionNumber = regexp.MustCompile(`^(\d{1,2}(\.\d{1,2})*\.?|[IVX]{1,4}\.?)$`)

// numberFirst moves a section's number before its title when it was drawn after it.
func numberFirst(lines []line) {
	for i := 1; i < len(lines); i++ {
		number := lines[i]
		if !sectionNumber.MatchString(number.text) {
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
func headsTitle(number, title line) bool {
	return sectionNumber.MatchString(number.text) && near(number.size, title.size, 0.2) &&
		number.box.x1 <= title.box.x0+1 && title.box.x0-number.box.x1 < 6*title.size &&
		number.box.y0 < title.box.y1 && number.box.y1 > title.box.y0 && number.size >= title.size*0.8
}

// style is what is usual in a document.
type style struct {
	body    float64             // size of most of its letters
	font    string              // font of most of its letters
	leading map[float64]float64 // usual distance of two baselines, by size of letters
	trails  bool                // lines within a paragraph end with a space: one without it ends the paragraph
}

// newStyle measures the document.
func newStyle(pages []sheet) style {
	sizes, fonts := map[float64]int{}, map[string]int{}
	steps := map[float64]map[float64]int{}
	trail, flush := 0, 0
	for _, p := range pages {
		for i, l := range p.lines {
			if l.furniture {
				continue
			}
			sizes[l.size] += len(l.text)
			fonts[l.font] += len(l.text)
			if i == 0 || !stacked(p.lines[i-1], l) || p.lines[i-1].size != l.size {
				continue
			}
			prev := p.lines[i-1]
			step := math.Round((prev.base-l.base)*2) / 2
			if steps[l.size] == nil {
				steps[l.size] = map[float64]int{}
			}
			steps[l.size][step]++
			switch {
			case prev.hyphen || !startsLower(l.text):
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
func stacked(a, b line) bool {
	size := max(a.size, b.size, 4)
	return b.base < a.base-0.3*min(a.size, b.size) && a.base-b.base < 4*size &&
		min(a.box.x1, b.box.x1) > max(a.box.x0, b.box.x0)
}
