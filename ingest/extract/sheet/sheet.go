// Package sheet reads tables of cells: XLSX workbooks and CSV files. A row keeps its place, such as
// Budget!A12:E12, so that a citation can name it. It opens Office files under a password too.
package sheet

import (
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	// maxColumn is the last column of a worksheet, XFD, as the format has it.
	maxColumn = excelize.MaxColumns
	// maxRow is the last row of a worksheet, as the format has it.
	maxRow = excelize.TotalRows
)

// area is a rectangle of cells, its corners included, counted from 1.
type area struct{ left, top, right, bottom int }

func (a area) holds(column, row int) bool {
	return a.left <= column && column <= a.right && a.top <= row && row <= a.bottom
}

// parseArea reads A1:C9, or A1 for a single cell.
func parseArea(ref string) (area, bool) {
	from, to, found := strings.Cut(strings.ReplaceAll(ref, "$", ""), ":")
	if !found {
		to = from
	}
	left, top, err := excelize.CellNameToCoordinates(from)
	if err != nil {
		return area{}, false
	}
	right, bottom, err := excelize.CellNameToCoordinates(to)
	if err != nil {
		return area{}, false
	}
	return area{min(left, right), min(top, bottom), max(left, right), max(top, bottom)}, true
}

// place names the cells of a row from a column to another, as a spreadsheet does; sheet may be "".
func place(sheet string, row, left, right int) string {
	var b strings.Builder
	if sheet != "" {
		b.WriteString(quoteSheet(sheet))
		b.WriteByte('!')
	}
	number := strconv.Itoa(row)
	b.WriteString(columnName(left) + number)
	if right > left {
		b.WriteString(":" + columnName(right) + number)
	}
	return b.String()
}

// columnName gives A for 1; a CSV file may have more columns than a worksheet.
func columnName(n int) string {
	name := ""
	for ; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// quoteSheet sets a name in apostrophes where a spreadsheet would: unless it is a plain word that could
// be no address.
func quoteSheet(name string) string {
	plain := name != "" && (name[0] < '0' || name[0] > '9')
	for _, r := range name {
		plain = plain && (r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 0x7f && r != '\u00A0')
	}
	if _, _, err := excelize.CellNameToCoordinates(name); plain && err != nil {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", "''") + "'"
}
