package layout

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// margin is the part of a page's height, at its top and foot, where furniture stands.
const margin = 0.1

// repeats is on how many pages a line must stand at one height to be furniture.
const repeats = 3

// place of a line that may be furniture.
type spot struct {
	page int
	base float64
}

var digits = regexp.MustCompile(`[0-9]+`)

// markFurniture finds running headers, footers and page numbers.
func markFurniture(pages []Sheet) {
	spots := map[string][]spot{}
	eachMargin(pages, func(i int, l *Line) {
		key := runningKey(*l)
		spots[key] = append(spots[key], spot{i, l.Base})
	})
	eachMargin(pages, func(_ int, l *Line) {
		if pagesAt(spots[runningKey(*l)], l.Base) >= repeats {
			l.furniture = true
		}
	})
	offset, ok := numbering(pages)
	eachMargin(pages, func(i int, l *Line) {
		n, alone := printedNumber(*l)
		if ok && alone && n-offset == i+1 || l.Text != "" && l.Text == pages[i].Label {
			l.furniture = true
		}
	})
}

// eachMargin visits the lines at the top and foot of the pages.
func eachMargin(pages []Sheet, visit func(page int, l *Line)) {
	for i := range pages {
		p := &pages[i]
		for j := range p.Lines {
			if p.inMargin(p.Lines[j]) {
				visit(i, &p.Lines[j])
			}
		}
	}
}

// inMargin reports a line at the top or foot of the page.
func (s Sheet) inMargin(l Line) bool {
	return l.table == nil && (l.Base > (1-margin)*s.Height || l.Box.Y1 < margin*s.Height)
}

// runningKey is the text without its digits, which count pages. A line of digits alone is only
// itself, at its place: else the page numbers of a table of contents would look like one line.
func runningKey(l Line) string {
	key := digits.ReplaceAllString(l.key, "#")
	if strings.Trim(key, "#") == "" {
		return l.Text + strconv.Itoa(int(l.Box.X0/6))
	}
	return key
}

// pagesAt counts the pages that have the line at about that height.
func pagesAt(spots []spot, base float64) int {
	n, last := 0, -1
	for _, s := range spots {
		if s.page != last && math.Abs(s.base-base) <= 6 {
			n, last = n+1, s.page
		}
	}
	return n
}

var pageNumber = regexp.MustCompile(`(?i)^(?:page\s*|p\.\s*)?[-–—|·•]?\s*(\d{1,4})\s*[-–—|·•]?(?:\s*(?:/|sur|of|de)\s*\d{1,4})?$`)

// printedNumber reads the page number a line shows: alone on it, or in its first or last cell or word.
func printedNumber(l Line) (n int, alone bool) {
	if m := pageNumber.FindStringSubmatch(l.Text); m != nil {
		n, _ = strconv.Atoi(m[1])
		return n, true
	}
	if !l.furniture {
		return -1, false
	}
	words := strings.Fields(l.Text)
	for _, w := range []string{words[0], words[len(words)-1]} {
		w, _, _ = strings.Cut(w, "/")
		if n, err := strconv.Atoi(w); err == nil && len(w) <= 4 {
			return n, false
		}
	}
	return -1, false
}

// numbering finds by how much the printed page numbers pass the physical ones: the same on at
// least three pages and on most of those that show a number.
func numbering(pages []Sheet) (offset int, ok bool) {
	votes := map[float64]int{}
	voters := map[int]bool{}
	eachMargin(pages, func(i int, l *Line) {
		if n, _ := printedNumber(*l); n > 0 {
			votes[float64(n-i-1)]++
			voters[i] = true
		}
	})
	best := most(votes)
	return int(best), votes[best] >= repeats && 2*votes[best] >= len(voters)
}

// labels gives the printed label of each page, "" where it is unknown: the labels of the file
// unless they only count the pages, else the numbers seen on the pages.
func labels(pages []Sheet) []string {
	out := make([]string, len(pages))
	own := false
	for i, p := range pages {
		out[i] = clean(p.Label)
		own = own || out[i] != "" && out[i] != strconv.Itoa(i+1)
	}
	offset, ok := numbering(pages)
	if own || !ok {
		return out
	}
	printed := make([]string, len(pages))
	eachMargin(pages, func(i int, l *Line) {
		if n, _ := printedNumber(*l); n > 0 && n == i+1+offset {
			printed[i] = strconv.Itoa(n)
		}
	})
	return printed
}
