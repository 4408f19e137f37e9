package sheet

import (
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// worksheet is one sheet, and what the first pass found on it.
type worksheet struct {
	name     string
	part     string // "" for a sheet that holds no cells, such as a chart
	hidden   bool
	letters  int              // characters of its cells
	columns  []bool           // hidden columns, by number; shorter than the sheet
	rows     map[int]bool     // hidden ones; rows are too many to be counted off
	merged   map[int][]area   // merged areas by each row they touch
	merges   int              // areas in merged, counted once a row
	headers  map[int]bool     // rows that a table or a filter says name the columns
	veiled   map[[2]int]style // cells whose style hides them, by row and column
	numbers  numbers
	coloured bool // cells may be coloured by other means than their styles
	images   int
	comments int // characters of comments
	shapes   []string
}

// conceals tells how a cell is hidden though its row shows: by its column, its style, or a merged area of
// which only the first cell shows. "" means it shows.
func (s *worksheet) conceals(column, row int) qa.HiddenMeans {
	if column < len(s.columns) && s.columns[column] {
		return qa.HiddenNotDisplayed
	}
	for _, m := range s.merged[row] {
		if m.holds(column, row) && (column != m.left || row != m.top) {
			return qa.HiddenNotDisplayed
		}
	}
	return s.veiled[[2]int{row, column}]
}

// survey makes the first pass over a sheet and what belongs to it.
func (w *workbook) survey(s *worksheet) error {
	if s.part == "" {
		return nil
	}
	err := w.a.Scan(s.part, true, func(x *raw.Scanner) error {
		var child func(e xml.StartElement) error
		child = func(e xml.StartElement) error {
			switch e.Name.Local {
			case "sheetData":
				return w.surveyRows(x, s)
			case "col":
				if isTrue(raw.Attr(e, "hidden")) {
					for i := max(number(raw.Attr(e, "min")), 1); i <= min(number(raw.Attr(e, "max")), maxColumn); i++ {
						s.columns = mark(s.columns, i)
					}
				}
			case "mergeCell":
				return s.merge(x, raw.Attr(e, "ref"))
			case "conditionalFormatting", "tableParts":
				s.coloured = true
			case "autoFilter":
				if at, ok := parseArea(raw.Attr(e, "ref")); ok {
					s.headers[at.top] = true
				}
			}
			return x.Each(child, nil)
		}
		return x.Each(child, nil)
	})
	if err != nil {
		return err
	}
	if s.coloured {
		s.unveil()
	}
	rels, err := relations(w.a, s.part)
	if err != nil {
		return err
	}
	for _, rel := range rels {
		if err := w.surveyBeside(s, rel); err != nil {
			return err
		}
	}
	slices.Sort(s.shapes) // relations have no order
	return nil
}

// mark sets a flag by number, growing the flags to it.
func mark(flags []bool, number int) []bool {
	if n := number + 1 - len(flags); n > 0 {
		flags = append(flags, make([]bool, n)...)
	}
	flags[number] = true
	return flags
}

// merge keeps a merged area. Whole columns and the like merge nothing that a reader would miss.
func (s *worksheet) merge(x *raw.Scanner, ref string) error {
	if at, ok := parseArea(ref); ok && at.bottom-at.top < 10_000 {
		if s.merged == nil {
			s.merged = map[int][]area{}
		}
		for row := at.top; row <= at.bottom; row++ {
			s.merged[row] = append(s.merged[row], at)
			if s.merges++; s.merges > maxMerges {
				return raw.ResourceLimit()
			}
		}
	}
	return x.Skip()
}

// surveyRows counts the cells of a sheet within the limits.
func (w *workbook) surveyRows(x *raw.Scanner, s *worksheet) error {
	row := 0
	return x.Each(func(e xml.StartElement) error {
		if e.Name.Local != "row" {
			return x.Skip()
		}
		row++
		if given := raw.Attr(e, "r"); given != "" {
			row = number(given)
		}
		if row < 1 || row > maxRow {
			return raw.Damaged()
		}
		if isTrue(raw.Attr(e, "hidden")) {
			s.rows[row] = true
		}
		column, last := 0, 0
		err := x.Each(func(e xml.StartElement) error {
			if e.Name.Local != "c" {
				return x.Skip()
			}
			column++
			if ref := raw.Attr(e, "r"); ref != "" {
				if column = columnOf(ref); column == 0 {
					return raw.Damaged()
				}
			}
			if column > maxColumn {
				return raw.Damaged()
			}
			filled, err := w.surveyCell(x, s, raw.Attr(e, "t"))
			if err != nil || !filled {
				return err
			}
			last = max(last, column)
			if kind := raw.Attr(e, "t"); (kind == "" || kind == "n") && !w.isDated(raw.Attr(e, "s")) {
				s.numbers.add(row, column)
			}
			return w.veil(s, row, column, raw.Attr(e, "s"))
		}, nil)
		if w.width += last; w.width > maxWidth {
			return raw.ResourceLimit()
		}
		return err
	}, nil)
}

// maxNumber is the longest number, in bytes: the largest has 309 digits.
const maxNumber = 400

// surveyCell counts one cell.
func (w *workbook) surveyCell(x *raw.Scanner, s *worksheet, kind string) (filled bool, err error) {
	err = x.Each(func(e xml.StartElement) error {
		if e.Name.Local != "v" && e.Name.Local != "is" {
			return x.Skip()
		}
		text, err := x.Collect()
		filled = true
		if len(text) > maxNumber && (kind == "" || kind == "n") {
			return raw.Damaged()
		}
		length := lengthOf(text)
		if kind == "inlineStr" {
			w.tongue.hear(text)
		}
		if kind == "s" {
			length = measure{}
			if at, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && at >= 0 && at < len(w.strings) {
				length = w.strings[at]
			}
		}
		w.size += length.bytes
		s.letters += length.letters
		return err
	}, nil)
	if filled {
		w.cells++
	}
	if w.cells > w.limits.MaxCells || w.size > w.limits.MaxText {
		return filled, raw.ResourceLimit()
	}
	return filled, err
}

// isDated reports a cell style that writes dates.
func (w *workbook) isDated(index string) bool {
	i := number(index)
	return i >= 0 && i < len(w.dated) && w.dated[i]
}

// columnOf gives the column of an address such as AB12, 0 where it is none.
func columnOf(ref string) int {
	column := 0
	for i := range len(ref) {
		c := ref[i] | 0x20
		if c < 'a' || c > 'z' {
			return column
		}
		if column = 26*column + int(c-'a') + 1; column > maxColumn {
			return 0
		}
	}
	return 0
}

// surveyBeside looks at a part that a sheet points to: its tables, its drawing, its comments.
func (w *workbook) surveyBeside(s *worksheet, rel relation) error {
	switch {
	case strings.HasSuffix(rel.kind, "/table"):
		return w.a.Scan(rel.target, false, func(x *raw.Scanner) error {
			return x.Each(func(e xml.StartElement) error {
				if at, ok := parseArea(raw.Attr(e, "ref")); ok && raw.Attr(e, "headerRowCount") != "0" {
					s.headers[at.top] = true
				}
				return x.Skip()
			}, nil)
		})
	case strings.HasSuffix(rel.kind, "/drawing"):
		return w.a.Scan(rel.target, false, func(x *raw.Scanner) error { return s.readDrawing(x, w.limits) })
	case strings.HasSuffix(rel.kind, "/comments"):
		return w.a.Scan(rel.target, false, func(x *raw.Scanner) error { return s.readComments(x) })
	}
	return nil
}

// readDrawing counts pictures and keeps the paragraphs of shapes.
func (s *worksheet) readDrawing(x *raw.Scanner, o raw.Limits) error {
	var child func(e xml.StartElement) error
	var paragraph strings.Builder
	child = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "pic":
			s.images++
		case "t":
			text, err := x.Collect()
			paragraph.WriteString(text)
			return err
		case "p":
			paragraph.Reset()
			err := x.Each(child, nil)
			if text := draft.Clean(paragraph.String()); text != "" && len(s.shapes) < o.MaxBlocks {
				s.shapes = append(s.shapes, text)
			}
			return err
		}
		return x.Each(child, nil)
	}
	return x.Each(child, nil)
}

// readComments counts the characters of comments.
func (s *worksheet) readComments(x *raw.Scanner) error {
	var child func(e xml.StartElement) error
	child = func(e xml.StartElement) error {
		if e.Name.Local == "t" {
			text, err := x.Collect()
			s.comments += utf8.RuneCountInString(draft.Clean(text))
			return err
		}
		return x.Each(child, nil)
	}
	return x.Each(child, nil)
}
