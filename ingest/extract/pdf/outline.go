package pdf

import "rapporteur/ingest/extract/pdf/layout"

// Limits of the walk through the outline: hostile files make it circular or endless.
// The deepest and longest real one measured has 6 levels and 459 entries.
const (
	maxOutline      = 5_000
	maxOutlineDepth = 16
)

// outline walks the bookmarks in reading order.
func (d *document) outline() []layout.OutlineEntry {
	var entries []layout.OutlineEntry
	d.bookmarks(0, 1, &entries)
	return entries
}

// bookmarks adds the children of parent, and theirs. The count limit also ends circles of siblings.
func (d *document) bookmarks(parent pointer, level int, entries *[]layout.OutlineEntry) {
	if level > maxOutlineDepth {
		return
	}
	b := d.object("FPDFBookmark_GetFirstChild", arg(d.ref), arg(parent))
	for b != 0 && len(*entries) < maxOutline {
		title := d.wide(func(p, size uint64) uint64 { return d.call("FPDFBookmark_GetTitle", arg(b), p, size) })
		*entries = append(*entries, layout.OutlineEntry{Title: title, Level: level, Page: d.bookmarkPage(b)})
		d.bookmarks(b, level+1, entries)
		b = d.object("FPDFBookmark_GetNextSibling", arg(d.ref), arg(b))
	}
}

// bookmarkPage finds the page a bookmark leads to, -1 where there is none.
func (d *document) bookmarkPage(b pointer) int {
	dest := d.object("FPDFBookmark_GetDest", arg(d.ref), arg(b))
	if dest == 0 {
		return -1
	}
	return d.integer("FPDFDest_GetDestPageIndex", arg(d.ref), arg(dest))
}
