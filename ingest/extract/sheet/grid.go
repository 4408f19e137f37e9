package sheet

import (
	"regexp"
	"strings"
	"unicode"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// lookahead is how many rows of a block are seen before its header and its first column are decided.
const lookahead = 32

// line is one row of cells as displayed; the first cell is column A.
type line struct {
	row   int
	cells []string
}

// filled gives the first and last column that hold something, from 1; 0 and 0 where none does.
func (l line) filled() (first, last, count int) {
	for i, c := range l.cells {
		if strings.TrimSpace(c) == "" {
			continue
		}
		if count++; first == 0 {
			first = i + 1
		}
		last = i + 1
	}
	return first, last, count
}

// grid parts the rows of a sheet into tables and paragraphs and appends them to a draft. Blank rows part
// tables; a lone cell above a table, or a column of its own, is a paragraph.
type grid struct {
	d       *draft.Draft
	limits  raw.Limits
	sheet   string       // its name, "" where there is none
	headers map[int]bool // rows that the file itself says name the columns
	certain bool         // the first row of the first table names the columns unless its cells are figures
	waiting []line       // the first rows of a block, while it is undecided
	open    bool         // a table is open: rows go to it
	left    int          // first column of the open table
	cells   *int         // filled cells so far, of all sheets
	size    *int         // bytes of them
}

// add takes the next row. The error is resource_limit.
func (g *grid) add(l line) error {
	first, _, count := l.filled()
	if *g.cells += count; *g.cells > g.limits.MaxCells {
		return raw.ResourceLimit()
	}
	for _, c := range l.cells {
		*g.size += len(c)
	}
	if *g.size > g.limits.MaxText {
		return raw.ResourceLimit()
	}
	switch {
	case first == 0:
		g.end()
	case g.headers[l.row]:
		g.end()
		g.waiting = append(g.waiting, l)
	case g.open:
		g.emit(l, qa.BlockTableRow)
	default:
		if g.waiting = append(g.waiting, l); len(g.waiting) == lookahead {
			g.decide()
		}
	}
	return nil
}

// end closes the block that is open.
func (g *grid) end() {
	g.decide()
	if g.open {
		g.d.CloseTable()
		g.open = false
	}
}

// decide says what the waiting rows are: lone cells first, then a table with its header or without.
func (g *grid) decide() {
	rows := g.waiting
	g.waiting = nil
	for len(rows) > 0 && !g.headers[rows[0].row] {
		first, last, count := rows[0].filled()
		if count > 1 {
			break
		}
		g.d.AddAt(qa.BlockParagraph, 0, strings.TrimSpace(rows[0].cells[first-1]), place(g.sheet, rows[0].row, first, last))
		rows = rows[1:]
	}
	if len(rows) == 0 {
		return
	}
	g.d.OpenTable()
	g.open, g.left = true, 0
	for _, l := range rows {
		if first, _, _ := l.filled(); g.left == 0 || first < g.left {
			g.left = first
		}
	}
	if g.headers[rows[0].row] || isHeader(rows, g.certain) {
		g.emit(rows[0], qa.BlockTableHeader)
		rows = rows[1:]
	}
	g.certain = false
	for _, l := range rows {
		g.emit(l, qa.BlockTableRow)
	}
}

// emit appends one row of the open table.
func (g *grid) emit(l line, kind qa.BlockKind) {
	first, last, _ := l.filled()
	left := min(g.left, first)
	cells := make([][]draft.Piece, 0, last-left+1)
	for _, c := range l.cells[left-1 : last] {
		draft.CountInvisible(c, g.d.Reading().Hide)
		var cell []draft.Piece
		if text := draft.Clean(c); text != "" {
			cell = []draft.Piece{{Kind: qa.BlockParagraph, Text: text}}
		}
		cells = append(cells, cell)
	}
	if at := place(g.sheet, l.row, left, last); kind == qa.BlockTableHeader {
		g.d.HeaderAt(cells, at)
	} else {
		g.d.RowAt(cells, at)
	}
}

// isHeader reports a first row that names the columns: labels only, over a row that has a figure under
// one of them, or over rows that fill the same three columns or more. Two columns of words are as often
// names and values, so there only the caller's certainty counts.
func isHeader(rows []line, certain bool) bool {
	if len(rows) < 2 {
		return false
	}
	_, _, names := rows[0].filled()
	words := 0
	for _, c := range rows[0].cells {
		if c = strings.TrimSpace(c); c == "" {
			continue
		} else if !year.MatchString(c) {
			if isFigure(c) {
				return false
			}
			words++
		}
	}
	if words == 0 {
		return false
	}
	same := true
	for _, next := range rows[1:min(len(rows), 4)] {
		for i, c := range next.cells {
			under := i < len(rows[0].cells) && strings.TrimSpace(rows[0].cells[i]) != ""
			if c = strings.TrimSpace(c); c == "" {
				same = same && !under
			} else if under && isFigure(c) && !(year.MatchString(c) && year.MatchString(strings.TrimSpace(rows[0].cells[i]))) {
				return true
			} else if !under {
				same = false
			}
		}
		same = same && len(next.cells) >= len(rows[0].cells)
	}
	return certain || same && names >= 3
}

var year = regexp.MustCompile(`^(1[89]|20|21)\d\d$`)

// isFigure reports a number, an amount, a share or a date: more digits than letters.
func isFigure(s string) bool {
	digits, letters := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits > letters
}
