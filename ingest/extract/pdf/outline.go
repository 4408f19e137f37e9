package pdf

import (
	"strings"

	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// Limits of the walk through the outline: hostile files make it circular or endless.
// The deepest and longest real one measured has 6 levels and 459 entries.
const (
	maxOutline      = 5_000
	maxOutlineDepth = 16
)

// outlineEntry is one bookmark.
type outlineEntry struct {
	title string
	level int // 1 is the highest
	page  int // 0-based, -1 when unknown
}

// outline walks the bookmarks in reading order.
func (d *document) outline() []outlineEntry {
	var entries []outlineEntry
	d.bookmarks(nil, 1, &entries)
	return entries
}

// bookmarks adds the children of parent, and theirs. The count limit also ends circles of siblings.
func (d *document) bookmarks(parent *references.FPDF_BOOKMARK, level int, entries *[]outlineEntry) {
	if level > maxOutlineDepth || len(*entries) >= maxOutline {
		return
	}
	child, err := d.pdfium.FPDFBookmark_GetFirstChild(&requests.FPDFBookmark_GetFirstChild{Document: d.ref, Bookmark: parent})
	if err != nil {
		return
	}
	for b := child.Bookmark; b != nil && len(*entries) < maxOutline; {
		entry := outlineEntry{level: level, page: d.bookmarkPage(*b)}
		if t, err := d.pdfium.FPDFBookmark_GetTitle(&requests.FPDFBookmark_GetTitle{Bookmark: *b}); err == nil {
			entry.title = t.Title
		}
		*entries = append(*entries, entry)
		d.bookmarks(b, level+1, entries)
		next, err := d.pdfium.FPDFBookmark_GetNextSibling(&requests.FPDFBookmark_GetNextSibling{Document: d.ref, Bookmark: *b})
		if err != nil {
			return
		}
		b = next.Bookmark
	}
}

// bookmarkPage finds the page a bookmark leads to.
func (d *document) bookmarkPage(b references.FPDF_BOOKMARK) int {
	dest, err := d.pdfium.FPDFBookmark_GetDest(&requests.FPDFBookmark_GetDest{Document: d.ref, Bookmark: b})
	if err != nil || dest.Dest == nil {
		return -1
	}
	index, err := d.pdfium.FPDFDest_GetDestPageIndex(&requests.FPDFDest_GetDestPageIndex{Document: d.ref, Dest: *dest.Dest})
	if err != nil {
		return -1
	}
	return index.Index
}

// markTitles finds the lines that print the titles of the outline. Those lines are headings.
func markTitles(pages []sheet, entries []outlineEntry) {
	for i, e := range entries {
		title := fold(clean(e.title))
		if title == "" || e.page < 0 || e.page >= len(pages) {
			continue
		}
		lines := pages[e.page].lines
		if start, end := findTitle(lines, title); end > start {
			for j := start; j < end; j++ {
				lines[j].title, lines[j].level = i+1, min(e.level, maxLevel)
			}
		}
	}
}

// findTitle looks for consecutive free lines that hold the title and nothing more, with or
// without its number. Of several the one in the largest letters is the heading.
func findTitle(lines []line, title string) (start, end int) {
	bare := strings.TrimLeft(title, "0123456789")
	size := 0.0
	for i := range lines {
		if lines[i].size <= size {
			continue
		}
		if n := titleLines(lines[i:], title, bare); n > 0 {
			start, end, size = i, i+n, lines[i].size
		}
	}
	return start, end
}

// titleLines counts the lines from the first that make the title, 0 when they do not.
func titleLines(lines []line, title, bare string) int {
	text := ""
	for i, l := range lines {
		if l.furniture || l.title != 0 || i >= maxHeadingLines {
			return 0
		}
		text += l.key
		switch {
		case text == title, bare != "" && strings.TrimLeft(text, "0123456789") == bare:
			return i + 1
		case len(text) > len(title)+8:
			return 0
		}
	}
	return 0
}
