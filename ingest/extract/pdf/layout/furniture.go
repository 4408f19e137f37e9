package layout

import (
	"strconv"

	"rapporteur/ingest/extract/pdf/layout/running"
	"rapporteur/ingest/extract/pdf/layout/wording"
)

// margin is the part of a page's height, at its top and foot, where furniture stands.
const margin = 0.1

// markFurniture finds running headers, footers and page numbers, and what is printed over or
// beside the text of page after page.
func markFurniture(pages []Sheet) {
	spots := running.Spots{}
	small := usualSize(pages)
	eachMargin(pages, func(i int, l *Line) {
		for _, key := range append(running.PartKeys(l.Text), runningKey(*l)) {
			spots.Add(key, i, l.Base)
		}
	})
	eachMargin(pages, func(i int, l *Line) {
		role := pages[i].elementOf(*l).role
		if _, heading := headingLevel(role); heading {
			return // the file calls it a heading: it only happens to open pages
		}
		l.furniture = role == "Artifact" || spots.Repeat(runningKey(*l), i, l.Base)
		for _, key := range running.PartKeys(l.Text) {
			l.furniture = l.furniture || l.Size < small && spots.RepeatPart(key, i, l.Base)
		}
	})
	markStamps(pages, small)
	offset, ok := numbering(pages)
	eachMargin(pages, func(i int, l *Line) {
		n, alone := running.Number(l.Text, l.furniture)
		if ok && alone && n-offset == i+1 || l.Text != "" && l.Text == pages[i].Label {
			l.furniture = true
		}
	})
	keepSomething(pages)
}

// keepSomething takes the words of a document that has nothing but furniture for its text: short forms
// and labels say one line at one height of each page. Page numbers alone say nothing.
func keepSomething(pages []Sheet) {
	for _, p := range pages {
		for _, l := range p.Lines {
			if !l.furniture {
				return
			}
		}
	}
	for i := range pages {
		for j := range pages[i].Lines {
			l := &pages[i].Lines[j]
			_, number := running.Number(l.Text, true)
			l.furniture = number
		}
	}
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

// runningKey is the key of a line among the spots.
func runningKey(l Line) string { return running.Key(l.Text, l.key, l.Box.X0) }

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
	spots := running.Spots{}
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
	each(func(i int, key string, l *Line) { spots.Add(key, i, l.Base) })
	each(func(i int, key string, l *Line) {
		l.furniture = l.furniture || spots.Repeat(key, i, l.Base)
	})
}

// sideMargin is the part of a page's width, at its sides, where no body text stands.
const sideMargin = 0.06

// minVotes is on how many pages a count of pages must show.
const minVotes = 3

// numbering finds by how much the printed page numbers pass the physical ones: the same on at
// least three pages and on most of those that show a number.
func numbering(pages []Sheet) (offset int, ok bool) {
	votes := map[float64]int{}
	voters := map[int]bool{}
	eachMargin(pages, func(i int, l *Line) {
		if n, _ := running.Number(l.Text, l.furniture); n > 0 {
			votes[float64(n-i-1)]++
			voters[i] = true
		}
	})
	best := most(votes)
	return int(best), votes[best] >= minVotes && 2*votes[best] >= len(voters)
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
		if n, _ := running.Number(l.Text, l.furniture); n > 0 && n == i+1+offset {
			printed[i] = strconv.Itoa(n)
		}
	})
	return printed
}
