package sheet

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

const (
	// sampled is how many records tell the delimiter.
	sampled = 50
	// maxField is the longest field, in line ends, that a quotation mark is believed to open: beyond it the
	// mark was a lone one, which would swallow the rest of the file.
	maxField = 200
	// checked is how many records are read between two looks at the context.
	checked = 256
)

// ErrNoTable says that a file named CSV holds no columns: it is to be read as plain text.
var ErrNoTable = errors.New("no columns")

// ReadCSV reads a table of values in any encoding, parted by semicolons, commas, tabs or bars. The place
// of a row is that of a spreadsheet without a name, by the line of the file: A12:E12. Formulas are text.
// The errors are too_large, empty, resource_limit, ErrNoTable and that of ctx.
func ReadCSV(ctx context.Context, o raw.Limits, r io.ReadSeeker) (qa.Text, error) {
	data, err := raw.ReadAll(r, o.MaxInput)
	if err != nil {
		return qa.Text{}, err
	}
	text := raw.LineEnds(raw.Decode(data))
	comma := delimiter(text)
	if comma == 0 {
		return qa.Text{}, ErrNoTable
	}
	d := draft.New(o)
	cells, size := 0, 0
	g := &grid{d: d, limits: o, certain: true, cells: &cells, size: &size}
	if err := eachRecord(ctx, text, comma, g.add); err != nil {
		return qa.Text{}, err
	}
	g.end()
	if d.Empty() {
		return qa.Text{}, raw.Empty()
	}
	return d.Text("")
}

// delimiter finds what parts the columns: the character that gives the same count of two columns or more
// in most of the first records. Where two do equally well the comma loses: it stands in French numbers.
// 0 means none does.
func delimiter(text string) rune {
	best, most := rune(0), 0
	for _, comma := range ";\t|," {
		counts, records := map[int]int{}, 0
		for fields := range sampleRecords(text, comma) {
			counts[len(fields)]++
			records++
		}
		for columns, times := range counts {
			if columns > 1 && 3*times >= 2*records && times > most {
				best, most = comma, times
			}
		}
	}
	return best
}

// sampleRecords gives the fields of the first records that are not blank.
func sampleRecords(text string, comma rune) func(func([]string) bool) {
	return func(yield func([]string) bool) {
		reader := newReader(text, comma)
		for range sampled {
			fields, err := reader.Read()
			if err != nil || !yield(fields) {
				return
			}
		}
	}
}

func newReader(text string, comma rune) *csv.Reader {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord, reader.ReuseRecord = comma, true, -1, true
	return reader
}

// eachRecord reads the records one after the other; blank lines are records without cells.
func eachRecord(ctx context.Context, text string, comma rune, use func(line) error) error {
	reader := newReader(text, comma)
	if swallows(text, comma) {
		return eachLine(ctx, text, comma, use)
	}
	next := 1
	for n := 0; ; n++ {
		if err := ctx.Err(); n%checked == 0 && err != nil {
			return err
		}
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return raw.Damaged().Because(err)
		}
		row, _ := reader.FieldPos(0)
		if row > next {
			if err := use(line{row: next}); err != nil {
				return err
			}
		}
		if err := use(line{row: row, cells: slices.Clone(fields)}); err != nil {
			return err
		}
		next = row + 1
		for _, field := range fields {
			next += strings.Count(field, "\n")
		}
	}
}

// swallows reports a field of so many lines that a lone quotation mark must have opened it.
func swallows(text string, comma rune) bool {
	if !strings.Contains(text, `"`) {
		return false
	}
	reader := newReader(text, comma)
	for {
		fields, err := reader.Read()
		if err != nil {
			return false
		}
		for _, field := range fields {
			if strings.Count(field, "\n") > maxField {
				return true
			}
		}
	}
}

// eachLine reads each line as a record, with quotation marks as they stand.
func eachLine(ctx context.Context, text string, comma rune, use func(line) error) error {
	row := 0
	for source := range strings.SplitSeq(text, "\n") {
		row++
		if err := ctx.Err(); row%checked == 0 && err != nil {
			return err
		}
		if err := use(line{row: row, cells: strings.Split(source, string(comma))}); err != nil {
			return err
		}
	}
	return nil
}
