package layout

import (
	"strings"

	"rapporteur/ingest/extract/pdf/layout/contents"
	"rapporteur/ingest/extract/pdf/layout/wording"
)

// undot takes the row of dots out of a line.
func (l *Line) undot() {
	if cells := contents.Undot(l.Text); cells != nil {
		l.cells, l.dotted, l.Text = cells, true, strings.TrimSpace(cells[0]+" "+cells[1])
		l.key = wording.Fold(l.Text)
	}
}

// markContents finds the tables of contents, lists of figures and indexes of a document.
func markContents(pages []Sheet) {
	lists := make([][]contents.Line, len(pages))
	for i := range pages {
		body := bodyOf(pages[i].Lines)
		for j, l := range body {
			line := contents.Line{Text: l.Text, Key: l.key, Cells: l.cells, Dotted: l.dotted, Table: l.table != nil}
			if j > 0 {
				line.Beside = l.Box.X0 > body[j-1].Box.X0 && sideBySide(body[j-1], l)
				line.Wraps, line.Apart = line.Beside || wraps(body[j-1], l), apart(body[j-1], l)
			}
			lists[i] = append(lists[i], line)
		}
	}
	contents.Mark(lists)
	for i := range pages {
		for j, line := range lists[i] {
			l := &pages[i].Lines[j]
			l.entry = line.Entry
			// Dots elsewhere lead to the last cell of a row: « Pain ........ 1,20 ».
			l.row = l.entry == 0 && (l.row || l.dotted)
		}
	}
}

// wraps reports that b goes on with the entry of a: set alike, with its words or further in.
func wraps(a, b Line) bool {
	goesOn := continues(a, b) || b.Box.X0 > a.Box.X0+0.5*a.Size || b.dotted && len(b.cells) > 0 && b.cells[0] == ""
	return a.table == nil && stacked(a, b) && near(a.Size, b.Size, 0.03) && a.Base-b.Base <= 1.6*a.Size && goesOn
}

// apart reports that b is set unlike a, or stands far below it.
func apart(a, b Line) bool {
	return !near(a.Size, b.Size, 0.13) || a.Base-b.Base > 2*a.Size
}

// bodyOf gives the lines of a page that are no furniture; the furniture stands last.
func bodyOf(lines []Line) []Line {
	for i, l := range lines {
		if l.furniture {
			return lines[:i]
		}
	}
	return lines
}
