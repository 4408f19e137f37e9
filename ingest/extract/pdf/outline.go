package pdf

import (
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"

	"rapporteur/ingest/extract/pdf/layout"
)

// Limits of the walk through the outline: hostile files make it circular or endless.
// The deepest and longest real one measured has 6 levels and 459 entries.
const (
	maxOutline      = 5_000
	maxOutlineDepth = 16
)

// outline walks the bookmarks in reading order.
func (d *document) outline() []layout.OutlineEntry {
	var entries []layout.OutlineEntry
	d.bookmarks(nil, 1, &entries)
	return entries
}

// bookmarks adds the children of parent, and theirs. The count limit also ends circles of siblings.
func (d *document) bookmarks(parent *references.FPDF_BOOKMARK, level int, entries *[]layout.OutlineEntry) {
	if level > maxOutlineDepth || len(*entries) >= maxOutline {
		return
	}
	child, err := d.pdfium.FPDFBookmark_GetFirstChild(&requests.FPDFBookmark_GetFirstChild{Document: d.ref, Bookmark: parent})
	if err != nil {
		return
	}
	for b := child.Bookmark; b != nil && len(*entries) < maxOutline; {
		entry := layout.OutlineEntry{Level: level, Page: d.bookmarkPage(*b)}
		if t, err := d.pdfium.FPDFBookmark_GetTitle(&requests.FPDFBookmark_GetTitle{Bookmark: *b}); err == nil {
			entry.Title = t.Title
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
