package office

import (
	"encoding/xml"
	"strconv"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// maxSpan is the widest merged cell whose empty places are kept: Word allows 63 columns.
const maxSpan = 64

// docxTable is a table being read.
type docxTable struct {
	tableRows
	headed bool // its style sets the first row apart, and the table wants that
	fills  bool // its style puts colours behind cells
	fill   hue  // behind all cells
}

// docxRow is a row being read.
type docxRow struct {
	cells  [][]draft.Piece
	header bool           // said to be repeated on each page
	plain  bool           // holds letters that are not bold
	means  qa.HiddenMeans // how the whole row is hidden, "" where it is not
}

// tableRows places the rows of a table. The first may only turn out to be its header when the second
// is known: it waits for it.
type tableRows struct {
	b       *draft.Draft
	rows    int // placed or waiting
	body    bool
	waiting [][]draft.Piece
}

// add places a row. A header is one that says so before any other row; a first row that only looks like
// one, because all of it is bold, is a header when the second row does not look the same.
func (t *tableRows) add(cells [][]draft.Piece, header, looks bool) {
	t.rows++
	if t.waiting != nil {
		t.settle(!looks && !header && filled(t.waiting) > 1)
	}
	switch {
	case header && !t.body:
		t.b.Header(cells)
	case t.rows == 1 && looks:
		t.waiting = cells
	default:
		t.body = true
		t.b.Row(cells)
	}
}

// settle places the row that waits.
func (t *tableRows) settle(header bool) {
	waiting := t.waiting
	t.waiting = nil
	switch {
	case waiting == nil:
	case header:
		t.b.Header(waiting)
	default:
		t.b.Row(waiting)
	}
}

func filled(cells [][]draft.Piece) int {
	n := 0
	for _, cell := range cells {
		n += min(len(cell), 1)
	}
	return n
}

// table reads a table row by row.
func (d *docx) table() error {
	t := &docxTable{tableRows: tableRows{b: d.b}}
	outer, row := d.ground, d.row
	d.b.OpenTable()
	var rows func(e xml.StartElement) error
	rows = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tblPr":
			err := d.tableProps(t)
			switch {
			case t.fill.paints():
				d.ground = t.fill
			case t.fills:
				d.ground = unknownHue
			}
			return err
		case "tr":
			return d.tableRow(t)
		case "tblGrid", "sdtPr", "sdtEndPr":
			return d.s.Skip()
		case "del", "moveFrom":
			return d.hideAll(qa.HiddenDeleted)
		}
		return d.s.Each(rows, nil)
	}
	err := d.s.Each(rows, nil)
	t.settle(false)
	d.b.CloseTable()
	d.ground, d.row = outer, row
	return err
}

// firstRowFlag is the bit of the val of a tblLook that says that the first row is set apart.
const firstRowFlag = 0x0020

func wantsFirstRow(word, bits string) bool {
	if word != "" {
		return on(word) == 1
	}
	flags, err := strconv.ParseUint(bits, 16, 16)
	return err == nil && flags&firstRowFlag != 0
}

func (d *docx) tableProps(t *docxTable) error {
	wanted, styled := false, style{}
	err := d.s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tblStyle":
			styled = d.styles.resolve(raw.Attr(e, "val"))
		case "tblLook":
			wanted = wantsFirstRow(raw.Attr(e, "firstRow"), raw.Attr(e, "val"))
		case "shd":
			t.fill = shading(e)
		}
		return d.s.Skip()
	}, nil)
	t.headed, t.fills = wanted && styled.headed, styled.fills
	return err
}

// tableRow reads one row and places it, or counts it when it is hidden as a whole.
func (d *docx) tableRow(t *docxTable) error {
	outer := d.row
	row := &docxRow{}
	var cell func(e xml.StartElement) error
	cell = func(e xml.StartElement) error {
		d.row = row
		switch e.Name.Local {
		case "tc":
			return d.cell(row)
		case "trPr":
			return d.rowProps(row)
		case "tblPrEx", "sdtPr", "sdtEndPr":
			return d.s.Skip()
		case "del", "moveFrom":
			return d.hideAll(qa.HiddenDeleted)
		}
		return d.s.Each(cell, nil)
	}
	err := d.s.Each(cell, nil)
	d.row = outer
	if err != nil {
		return err
	}
	if row.means != "" {
		for _, pieces := range row.cells {
			hidePieces(d.b, row.means, pieces)
		}
		return nil
	}
	looks := !row.plain && filled(row.cells) > 0
	t.add(row.cells, row.header || t.rows == 0 && t.headed, looks)
	return nil
}

func (d *docx) rowProps(row *docxRow) error {
	return d.s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tblHeader":
			row.header = on(raw.Attr(e, "val")) == 1
		case "gridBefore":
			row.pad(number(raw.Attr(e, "val")))
		case "hidden":
			if on(raw.Attr(e, "val")) == 1 {
				row.means = qa.HiddenNotDisplayed
			}
		case "del":
			row.means = qa.HiddenDeleted
		}
		return d.s.Skip()
	}, nil)
}

// pad keeps n empty places.
func (r *docxRow) pad(n int) {
	for range min(n, maxSpan) {
		r.cells = append(r.cells, nil)
	}
}

// cell reads a cell. One merged over columns keeps the places it covers; in one that goes on from the
// row above, nothing is shown.
func (d *docx) cell(row *docxRow) error {
	span, goesOn := 1, false
	outer := d.ground
	d.b.Push()
	err := d.s.Each(func(e xml.StartElement) error {
		if e.Name.Local != "tcPr" {
			return d.block(e)
		}
		return d.s.Each(func(e xml.StartElement) error {
			switch value := raw.Attr(e, "val"); e.Name.Local {
			case "gridSpan":
				span = number(value)
			case "vMerge":
				goesOn = value != "restart"
			case "shd":
				if fill := shading(e); fill.paints() {
					d.ground = fill
				}
			}
			return d.s.Skip()
		}, nil)
	}, nil)
	pieces := d.b.Pop()
	d.ground = outer
	if goesOn {
		hidePieces(d.b, qa.HiddenNotDisplayed, pieces)
		pieces = nil
	}
	row.cells = append(row.cells, pieces)
	row.pad(span - 1)
	return err
}
