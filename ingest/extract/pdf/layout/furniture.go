package layout

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"rapporteur/ingest/extract/pdf/layout/wording"
)

// margin is the part of a page's height, at its top and foot, where furniture stands.
const margin = 0.1

// repeats is on how many pages a line must stand at one height to be furniture, with at most apartPages
// from one to the next: headers of left and right pages differ, and chapters open without one.
// Headings that happen to open pages come back further apart.
const (
	repeats    = 3
	apartPages = 3
)

// startRepeats is the same for a line of which only the start or the end repeats: « Guide | Préface ».
const startRepeats = 5

// place of a line that may be furniture.
type spot struct {
	page int
	base float64
}

var digits = regexp.MustCompile(`[0-9]+`)

// markFurniture finds running headers, footers and page numbers, and what is printed over or
// beside the text of page after page.
func markFurniture(pages []Sheet) {
	spots := map[string][]spot{}
	small := usualSize(pages)
	eachMargin(pages, func(i int, l *Line) {
		for _, key := range append(partKeys(*l), runningKey(*l)) {
			spots[key] = append(spots[key], spot{i, l.Base})
		}
	})
	eachMargin(pages, func(i int, l *Line) {
		role := pages[i].elementOf(*l).role
		if _, heading := headingLevel(role); heading {
			return // the file calls it a heading: it only happens to open pages
		}
		l.furniture = role == "Artifact" || pagesAt(spots[runningKey(*l)], i, l.Base) >= repeats
		for _, key := range partKeys(*l) {
			l.furniture = l.furniture || l.Size < small && pagesAt(spots[key], i, l.Base) >= startRepeats
		}
	})
	markStamps(pages, small)
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

// partKeys are the first and the last part of a running title in parts.
func partKeys(l Line) []string {
	parts := strings.FieldsFunc(l.Text, func(r rune) bool { return strings.ContainsRune("|•·–—", r) })
	if len(parts) == 0 || !strings.ContainsAny(l.Text, "|•·–—") {
		return nil
	}
	var keys []string
	for i, p := range []string{parts[0], parts[len(parts)-1]} {
		if key := digits.ReplaceAllString(wording.Fold(p), "#"); wording.Letters(key) >= minPart {
			keys = append(keys, strconv.Itoa(i)+key)
		}
	}
	return keys
}

// minPart is the shortest part of a running title, in letters.
const minPart = 8

// usualSize is the size of most letters of a document, a little less: running titles are smaller.
func usualSize(pages []Sheet) float64 {
	sizes := map[float64]int{}
	for _, p := range pages {
		for _, l := range p.Lines {
			sizes[l.Size] += len(l.Text)
		}
	}
	return 0.95 * most(sizes)
}

// markStamps finds watermarks and texts along the side of pages: lines that no body text is like, at
// one place on page after page.
func markStamps(pages []Sheet, small float64) {
	spots := map[string][]spot{}
	each := func(visit func(page int, key string, l *Line)) {
		for i := range pages {
			for j := range pages[i].Lines {
				l := &pages[i].Lines[j]
				aslant := l.Box.Height() > 2.5*l.Size && len(l.key) > 2
				aside := l.Box.X1 < sideMargin*pages[i].Width || l.Box.X0 > (1-sideMargin)*pages[i].Width
				if l.table == nil && (aslant || aside || l.Size > 3*small) {
					visit(i, runningKey(*l)+strconv.Itoa(int(l.Box.X0/6)), l)
				}
			}
		}
	}
	each(func(i int, key string, l *Line) { spots[key] = append(spots[key], spot{i, l.Base}) })
	each(func(i int, key string, l *Line) {
		l.furniture = l.furniture || pagesAt(spots[key], i, l.Base) >= repeats
	})
}

// sideMargin is the part of a page's width, at its sides, where no body text stands.
const sideMargin = 0.06

// pagesAt counts the pages around one that have the line at about that height, one soon after the other.
func pagesAt(spots []spot, page int, base float64) int {
	n, last, within := 0, -1, false
	for _, s := range spots {
		if s.page == last || math.Abs(s.base-base) > 6 {
			continue
		}
		if last >= 0 && s.page-last > apartPages {
			if within {
				return n
			}
			n = 0
		}
		n, last = n+1, s.page
		within = within || s.page == page
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
		out[i] = wording.Clean(p.Label)
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
