package office

import (
	"encoding/xml"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// odtRow is a row being read.
type odtRow struct {
	cells [][]draft.Piece
	plain bool // holds letters that are not bold
}

// table reads a table row by row. Cells covered by a merged one are empty; repeated rows are read once:
// repetition is how spreadsheets write emptiness.
func (d *odt) table(e xml.StartElement) error {
	t := d.b.OpenRows()
	lists, outer, row := d.open, d.ground, d.row
	d.open = nil
	if fill := d.resolve("table", raw.Attr(e, "style-name")).fill; fill.Paints() {
		d.ground = fill
	}
	header := false
	var rows func(e xml.StartElement) error
	rows = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "table-header-rows":
			header = true
			defer func() { header = false }()
		case "table-row":
			return d.tableRow(t, header)
		case "title", "desc", "forms", "shapes":
			return d.s.Skip()
		}
		return d.s.Each(rows, nil)
	}
	err := d.s.Each(rows, nil)
	t.Close()
	d.open, d.ground, d.row = lists, outer, row
	return err
}

func (d *odt) tableRow(t *draft.Rows, header bool) error {
	outer := d.row
	row := &odtRow{}
	err := d.s.Each(func(e xml.StartElement) error {
		d.row = row
		return d.cell(row, e)
	}, nil)
	d.row = outer
	if err != nil {
		return err
	}
	t.Add(row.cells, header, !row.plain && draft.Filled(row.cells) > 0)
	return nil
}

// cell reads a cell. What is written in one that a merged cell covers is not shown. Empty cells said
// to be repeated keep their places.
func (d *odt) cell(row *odtRow, e xml.StartElement) error {
	outer := d.ground
	if fill := d.resolve("table-cell", raw.Attr(e, "style-name")).fill; fill.Paints() {
		d.ground = fill
	}
	d.b.Push()
	err := d.s.Each(d.block, nil)
	pieces := d.b.Pop()
	d.ground = outer
	if e.Name.Local == "covered-table-cell" {
		d.b.HideAll(qa.HiddenNotDisplayed, pieces)
		pieces = nil
	}
	row.cells = append(row.cells, pieces)
	if len(pieces) == 0 {
		for n := raw.Int(e, "number-columns-repeated"); n > 1 && len(row.cells) < maxSpan; n-- {
			row.cells = append(row.cells, nil)
		}
	}
	return err
}
