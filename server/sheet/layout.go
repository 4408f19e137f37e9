package sheet

import (
	"strings"
	"unicode/utf8"

	"rapporteur/qa"
	"rapporteur/server/web"
)

// piece is a stretch of a version's text, wholly inside or wholly outside the mark.
type piece struct {
	qa.Span
	marked bool
}

// drawn is one block of the text as it will be shown. A table row has its cells, all else has one.
type drawn struct {
	kind  qa.BlockKind
	level int
	cells [][]piece
}

// cellSeparator stands between the cells of a table row in the text of a version.
const cellSeparator = " | "

// draw cuts the text inside window into blocks, and these at the edges of the mark. Text that no
// block covers is drawn too, as paragraphs: what was read is never hidden. Every byte that is
// neither white space nor a cell separator is in exactly one piece.
func draw(text qa.Text, window, mark qa.Span) []drawn {
	var out []drawn
	add := func(kind qa.BlockKind, level int, span qa.Span) {
		if strings.TrimSpace(text.Content[span.Start:span.End]) == "" {
			return
		}
		d := drawn{kind: kind, level: level}
		for _, cell := range cells(text.Content, kind, span) {
			d.cells = append(d.cells, cut(cell, mark))
		}
		out = append(out, d)
	}
	at := window.Start
	for _, b := range text.Blocks {
		start, end := max(b.Start, at), min(b.End, window.End)
		if start >= end {
			continue
		}
		add(qa.BlockParagraph, 0, qa.Span{Start: at, End: start})
		add(b.Kind, b.Level, qa.Span{Start: start, End: end})
		at = end
	}
	add(qa.BlockParagraph, 0, qa.Span{Start: at, End: max(at, window.End)})
	return out
}

// cells gives the spans of the cells of a table row, and the span itself for any other block.
func cells(content string, kind qa.BlockKind, span qa.Span) []qa.Span {
	if kind != qa.BlockTableRow && kind != qa.BlockTableHeader {
		return []qa.Span{span}
	}
	var out []qa.Span
	at := span.Start
	for {
		i := strings.Index(content[at:span.End], cellSeparator)
		if i < 0 {
			return append(out, qa.Span{Start: at, End: span.End})
		}
		out = append(out, qa.Span{Start: at, End: at + i})
		at += i + len(cellSeparator)
	}
}

// cut divides a span where the mark begins and ends.
func cut(span, mark qa.Span) []piece {
	if !span.Overlaps(mark) {
		return []piece{{Span: span}}
	}
	inside := qa.Span{Start: max(span.Start, mark.Start), End: min(span.End, mark.End)}
	var out []piece
	if span.Start < inside.Start {
		out = append(out, piece{Span: qa.Span{Start: span.Start, End: inside.Start}})
	}
	out = append(out, piece{Span: inside, marked: true})
	if inside.End < span.End {
		out = append(out, piece{Span: qa.Span{Start: inside.End, End: span.End}})
	}
	return out
}

// blockViews turns drawn blocks into those of the page: neighbouring list items make one list,
// neighbouring table rows one table.
func blockViews(content string, blocks []drawn) []web.Block {
	var out []web.Block
	var anchored bool
	runs := func(pieces []piece) []web.Run {
		var r []web.Run
		for _, p := range pieces {
			run := web.Run{Text: content[p.Start:p.End], Marked: p.marked, First: p.marked && !anchored}
			anchored = anchored || p.marked
			r = append(r, run)
		}
		return r
	}
	last := func(kind web.BlockKind) *web.Block {
		if len(out) == 0 || out[len(out)-1].Kind != kind {
			out = append(out, web.Block{Kind: kind})
		}
		return &out[len(out)-1]
	}
	deepest := 0 // a heading stands at most one level under the one before it, as readers by ear need
	for _, d := range blocks {
		switch d.kind {
		case qa.BlockHeading:
			deepest = min(max(d.level, 1), deepest+1)
			out = append(out, web.Block{Kind: web.BlockHeading, Level: deepest, Runs: runs(d.cells[0])})
		case qa.BlockListItem:
			list := last(web.BlockList)
			list.Items = append(list.Items, web.Item{
				Depth: min(max(d.level, 1), 4), Bare: hasOwnBullet(content[d.cells[0][0].Start:]), Runs: runs(d.cells[0]),
			})
		case qa.BlockTableRow, qa.BlockTableHeader:
			row := web.Row{Header: d.kind == qa.BlockTableHeader}
			for _, c := range d.cells {
				row.Cells = append(row.Cells, web.Cell{Runs: runs(c)})
			}
			table := last(web.BlockTable)
			if row.Header && len(table.Rows) > 0 { // another table begins
				out = append(out, web.Block{Kind: web.BlockTable})
				table = &out[len(out)-1]
			}
			table.Rows = append(table.Rows, row)
		default:
			out = append(out, web.Block{Kind: kindView(d.kind), Level: d.level, Runs: runs(d.cells[0])})
		}
	}
	return out
}

func kindView(k qa.BlockKind) web.BlockKind {
	switch k {
	case qa.BlockFootnote:
		return web.BlockFootnote
	case qa.BlockFurniture:
		return web.BlockFurniture
	case qa.BlockCaption:
		return web.BlockCaption
	case qa.BlockContents:
		return web.BlockContents
	}
	return web.BlockParagraph
}

// hasOwnBullet reports whether the text of a list item begins with its bullet or its number, so
// that the page does not add another.
func hasOwnBullet(text string) bool {
	first, size := utf8.DecodeRuneInString(text)
	if strings.ContainsRune("•-–—*·▪‣◦●○■□➢✓→➤►", first) {
		return strings.HasPrefix(text[size:], " ") || strings.HasPrefix(text[size:], "\u00a0")
	}
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	letter := digits == 0 && 'a' <= first && first <= 'z'
	if letter {
		digits = 1
	}
	if digits == 0 || digits > 3 || len(text) <= digits {
		return false
	}
	return text[digits] == ')' || text[digits] == '.' && !letter
}

// validSpan reports whether a span can be shown in the content: inside it, not empty, and cutting
// no character.
func validSpan(content string, s qa.Span) bool {
	return s.Start >= 0 && s.Start < s.End && s.End <= len(content) &&
		utf8.RuneStart(content[s.Start]) && (s.End == len(content) || utf8.RuneStart(content[s.End]))
}

// windowReach is how many bytes of a text without pages are shown before and after a place.
const windowReach = 20_000

// windowSlack is how far a window's edge may move outwards to end with a block.
const windowSlack = 4_000

// windowAround is the stretch of a text without pages that is shown around at, ended at the edges
// of blocks where they are near, and never inside a character.
func windowAround(text qa.Text, at qa.Span) qa.Span {
	w := qa.Span{Start: max(0, at.Start-windowReach), End: min(len(text.Content), at.End+windowReach)}
	for _, b := range text.Blocks {
		if b.Start < w.Start && w.Start < b.End && w.Start-b.Start <= windowSlack {
			w.Start = b.Start
		}
		if b.Start < w.End && w.End < b.End && b.End-w.End <= windowSlack {
			w.End = b.End
			break
		}
	}
	for w.Start > 0 && !utf8.RuneStart(text.Content[w.Start]) {
		w.Start--
	}
	for w.End < len(text.Content) && !utf8.RuneStart(text.Content[w.End]) {
		w.End++
	}
	return w
}

// sectionAt is the path of headings above an offset of the text, highest first.
func sectionAt(text qa.Text, offset int) []string {
	type heading struct {
		level int
		title string
	}
	var path []heading
	for _, b := range text.Blocks {
		if b.Start > offset {
			break
		}
		if b.Kind != qa.BlockHeading {
			continue
		}
		for len(path) > 0 && path[len(path)-1].level >= b.Level {
			path = path[:len(path)-1]
		}
		path = append(path, heading{b.Level, text.Content[b.Start:b.End]})
	}
	var titles []string
	for _, h := range path {
		titles = append(titles, h.title)
	}
	return titles
}
