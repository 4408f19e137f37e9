// Package contents finds tables of contents, lists of figures and indexes among the lines of pages.
package contents

import (
	"regexp"
	"strconv"
	"strings"

	"rapporteur/ingest/extract/pdf/layout/wording"
)

// contentsName is the folded heading of a list of pages.
var contentsName = regexp.MustCompile(`^(sommaire|(table|liste)des(matières|figures|tableaux|illustrations|annexes|encadrés|graphiques|cartes)(etdes\p{L}+)?|` +
	`(tableof)?contents|listof(figures|tables|illustrations)|index\p{L}{0,30})$`)

var (
	// namedPage finds a page named as such at the end of a line: « Pages 4-5 ».
	namedPage = regexp.MustCompile(`(?i)(?:^|[ (])(?:pages?|p\.)\s*(\d{1,4})(?:\s*(?:[-–]|à)\s*\d{1,4})?\)?$`)
	// alone finds a page number in a cell of its own.
	alone = regexp.MustCompile(`^(\d{1,4}|[ivxlc]{1,6})$`)
	// indexed finds an entry of an index: words, then the pages that have them.
	indexed = regexp.MustCompile(`^["«(]?\p{L}.{0,100}?[ ,.…:]+\d{1,4}(?:\s?[-–]\s?\d{1,4})?(?:\s?[,;]\s?\d{1,4}(?:\s?[-–]\s?\d{1,4})?)*\.?$`)
	// several finds the pages of such an entry when there is more than one.
	several = regexp.MustCompile(`\d[,;–-] ?\d{1,4}\.?$`)
)

// Limits of a table of contents: entries it takes to make one, lines of an entry before that of
// its page, and entries of an index.
const (
	minEntries    = 3
	minLeaders    = 2
	maxEntryLines = 4
	minIndexed    = 6
)

// run is a run of entries, one a page's table of contents or a part of it.
type run struct {
	start, end int   // lines
	last       []int // the last line of each entry
	pages      []int // the page each gives
	leaders    int   // entries with a row of dots
	rising     int   // entries whose page is not before that of the one above
}

// Line is one line of a page's body, in reading order.
type Line struct {
	Text   string
	Key    string   // its letters and digits, in lower case
	Cells  []string // the texts between wide gaps
	Dotted bool     // a row of dots leads to the last cell
	Table  bool     // it stands for a table
	Beside bool     // it stands beside the line before, with white between: the page of an entry may be a line of its own
	Wraps  bool     // it goes on with the line before: beside it, or set alike, under it, with its words or further in
	Apart  bool     // it is set unlike the line before, or far below it
	Entry  int      // found: the number of the entry on its page, 0 for none
}

// Mark numbers the entries of the tables of contents, lists of figures and indexes of a document.
func Mark(pages [][]Line) {
	printed := firstKeys(pages)
	open := false // the last page ended within a table of contents
	for _, body := range pages {
		open = markEntries(body, len(pages), open, printed)
		markIndex(body)
	}
}

// firstKeys counts the lines of a document by the start of their text.
func firstKeys(pages [][]Line) map[string]int {
	n := map[string]int{}
	for _, p := range pages {
		for _, l := range p {
			n[startKey(l.Key)]++
		}
	}
	return n
}

// startKey is the start of a line without its number: enough to know a title by, short enough to
// stand on one line in large letters too.
func startKey(key string) string {
	key = strings.TrimLeft(key, "0123456789")
	return key[:min(len(key), 24)]
}

// markEntries marks the entries of one page, and reports that the page ends with one of them.
// open says that the page before did.
func markEntries(body []Line, pages int, open bool, printed map[string]int) bool {
	ends := false
	number := 0
	for start := 0; start < len(body); {
		r := entriesFrom(body, start, pages)
		if len(r.last) == 0 {
			break
		}
		named := open && start == 0
		for i := max(0, r.start-2*maxEntryLines); i < r.start; i++ {
			if contentsName.MatchString(body[i].Key) {
				named, r.start = true, max(i+1, r.start-maxEntryLines)
			}
		}
		if r.holds(body, named, printed) {
			number = r.mark(body, number)
			ends = r.end > len(body)-maxEntryLines
		}
		start = r.end
	}
	return ends
}

// entriesFrom collects the next run of entries at or after line start.
func entriesFrom(body []Line, start, pages int) run {
	r := run{start: -1}
	for i := start; i < len(body); i++ {
		page, ok := body[i].entryPage(pages)
		switch {
		case body[i].Table && r.start >= 0:
			return r
		case ok && r.start < 0:
			r.start = wrappedFrom(body, start, i)
			fallthrough
		case ok:
			if n := len(r.pages); n > 0 && page >= r.pages[n-1] {
				r.rising++
			}
			if body[i].Dotted {
				r.leaders++
			}
			r.last, r.pages, r.end = append(r.last, i), append(r.pages, page), i+1
		case r.start >= 0 && i-r.end >= maxEntryLines-1:
			return r
		}
	}
	return r
}

// wrappedFrom gives the first line of the entry that ends with line i: the lines above it that
// are set alike and plainly go on in it.
func wrappedFrom(body []Line, start, i int) int {
	first := i
	for first > start && i-first < maxEntryLines-1 {
		if !body[first].Wraps || contentsName.MatchString(body[first-1].Key) {
			break
		}
		first--
	}
	return first
}

// entryPage reads the page to which a line of a table of contents points.
func (l Line) entryPage(pages int) (int, bool) {
	text := ""
	if l.Table {
		return 0, false
	}
	switch m := namedPage.FindStringSubmatch(l.Text); {
	case l.Dotted, len(l.Cells) > 1 && wording.Letters(l.Cells[0]) > 0:
		text = l.Cells[len(l.Cells)-1]
	case l.Beside && alone.MatchString(l.Text):
		text = l.Text
	case m != nil && len(l.Text) < 120:
		text = m[1]
	}
	if !alone.MatchString(text) {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, l.Dotted // the front matter has Roman numbers; a table has crosses
	}
	// A part of a longer work may count on from the parts before it.
	return n, n <= 3*pages+100
}

// holds reports that a run is a table of contents: its pages rise, and it has rows of dots, or
// stands under such a heading, or most of its titles stand in the document.
func (r run) holds(body []Line, named bool, printed map[string]int) bool {
	n := len(r.last)
	if r.rising < n-1-n/10 {
		return false
	}
	if 2*r.leaders >= n && n >= minLeaders || named && n >= minLeaders {
		return true
	}
	known, start := 0, r.start
	for _, last := range r.last {
		first := wrappedFrom(body, start, last)
		if key := startKey(body[first].titleKey()); len(key) > 2 && printed[key] > 1 || printed[key] == 1 && startKey(body[first].Key) != key {
			known++
		}
		start = last + 1
	}
	return n >= minEntries && 2*known >= n
}

// titleKey is the fold of an entry's line without the page.
func (l Line) titleKey() string {
	if len(l.Cells) > 1 {
		return wording.Fold(strings.Join(l.Cells[:len(l.Cells)-1], ""))
	}
	return l.Key
}

// mark numbers the lines of each entry; a line between two that is set apart is its own.
func (r run) mark(body []Line, number int) int {
	first := r.start
	for _, last := range r.last {
		number++
		for i := first; i <= last; i++ {
			if i > first && body[i].Apart {
				number++
			}
			body[i].Entry = number
		}
		first = last + 1
	}
	return number
}

// markIndex marks the entries of an index: many words in alphabetical order with their pages.
// Without its heading, it is one only where words stand on several pages, as in no table of figures.
func markIndex(body []Line) {
	named, entries, sorted, multiple := false, 0, 0, 0
	first, last := -1, -1
	key := ""
	for i, l := range body {
		if strings.HasPrefix(l.Key, "index") && len(l.Key) < 40 {
			named = true
		}
		if l.Entry != 0 || l.Table || !indexed.MatchString(l.Text) {
			continue
		}
		if first < 0 {
			first = i
		}
		entries, last = entries+1, i
		if l.Key >= key {
			sorted++
		}
		if several.MatchString(l.Text) {
			multiple++
		}
		key = l.Key
	}
	lines := last - first + 1
	if entries < minIndexed || 10*sorted < 8*entries || 10*entries < 6*lines || !named && 4*multiple < entries {
		return
	}
	for i := first; i <= last; i++ {
		if body[i].Entry == 0 && !body[i].Table {
			body[i].Entry = len(body) + i + 1
		}
	}
}

// leader finds the row of dots between an entry of a table of contents and its page. The title is
// empty where it ended on the line before.
var leader = regexp.MustCompile(`^(.*[^. …])? ?[. …·_]{4,}(\d{1,4}|[ivxlc]{1,6})$`)

// Undot gives the title and the page that a row of dots joins, nil where there is none.
func Undot(text string) []string {
	if m := leader.FindStringSubmatch(text); m != nil {
		return m[1:]
	}
	return nil
}

// Written is an entry's line as it is kept: the title, and its page after a mark in place of dots.
func Written(text string, cells []string) string {
	n := len(cells) - 1
	if n < 1 {
		return text
	}
	return strings.TrimSpace(strings.Join(cells[:n], " ") + " … " + cells[n])
}
