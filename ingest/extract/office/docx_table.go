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
	rows   *draft.Rows
	headed bool      // its style sets the first row apart, and the table wants that
	fills  bool      // its style puts colours behind cells
	fill   draft.Hue // behind all cells
}

// docxRow is a row being read.
type docxRow struct {
	cells  [][]draft.Piece
	header bool           // said to be repeated on each page
	plain  bool           // holds letters that are not bold
	means  qa.HiddenMeans // how the whole row is hidden, "" where it is not
}

// table reads a table row by row.
func (d *docx) table() error {
	t := &docxTable{rows: d.b.OpenRows()}
	outer, row := d.ground, d.row
	var rows func(e xml.StartElement) error
	rows = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tblPr":
			err := d.tableProps(t)
			switch {
			case t.fill.Paints():
				d.ground = t.fill
			case t.fills:
				d.ground = draft.UnknownHue
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
	t.rows.Close()
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
			d.b.HideAll(row.means, pieces)
		}
		return nil
	}
	looks := !row.plain && draft.Filled(row.cells) > 0
	t.rows.Add(row.cells, row.header || t.rows.Empty() && t.headed, looks)
	return nil
}

func (d *docx) rowProps(row *docxRow) error {
	return d.s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tblHeader":
			row.header = on(raw.Attr(e, "val")) == 1
		case "gridBefore":
			row.pad(raw.Int(e, "val"))
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
				if fill := shading(e); fill.Paints() {
					d.ground = fill
				}
			}
			return d.s.Skip()
		}, nil)
	}, nil)
	pieces := d.b.Pop()
	d.ground = outer
	if goesOn {
		d.b.HideAll(qa.HiddenNotDisplayed, pieces)
		pieces = nil
	}
	row.cells = append(row.cells, pieces)
	row.pad(span - 1)
	return err
}
