package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// ReadXLSX reads the sheets of a workbook that are shown, each as a page that opens with its name: values
// as they are displayed, in French where its words are French, in rows with their places. Formulas give the value that was saved with them and
// are never worked out. What is hidden, comments and the values under merged cells are left out and
// counted. Links to other workbooks are never followed, and nothing is written to the disk.
func ReadXLSX(ctx context.Context, o raw.Limits, r io.ReadSeeker) (qa.Text, error) {
	a, err := raw.OpenArchive(ctx, o, r)
	if err != nil {
		return qa.Text{}, raw.AsVerdict(err)
	}
	w, err := surveyWorkbook(a, o)
	if err != nil {
		return qa.Text{}, raw.AsVerdict(err)
	}
	small, err := strip(r, w.needed())
	if err != nil {
		return qa.Text{}, raw.AsVerdict(err)
	}
	if err := ctx.Err(); err != nil {
		return qa.Text{}, err
	}
	book, err := excelize.OpenReader(bytes.NewReader(small), w.options(o))
	if err != nil {
		return qa.Text{}, raw.Damaged().Because(err)
	}
	defer book.Close()
	d := draft.New(o)
	cells, size := 0, 0
	for _, s := range w.sheets {
		if s.hidden {
			d.Reading().Hide(qa.HiddenNotDisplayed, s.letters)
			continue
		}
		d.Page(s.name, qa.UnitSheet)
		if s.letters > 0 || len(s.shapes) > 0 {
			s.head(d)
		}
		g := &grid{d: d, limits: o, sheet: s.name, headers: s.headers, cells: &cells, size: &size}
		if err := readRows(ctx, book, s, g, w.tongue.isFrench()); err != nil {
			return qa.Text{}, err
		}
		s.report(d)
	}
	d.Dates(w.created, w.modified)
	return d.Text(w.title)
}

// readRows gives the rows of a sheet to the grid, without what is hidden.
func readRows(ctx context.Context, book *excelize.File, s *worksheet, g *grid, french bool) error {
	if s.part == "" {
		return nil // a sheet of one chart
	}
	rows, err := book.Rows(s.name)
	if err != nil {
		return raw.Damaged().Because(err)
	}
	defer rows.Close()
	for row := 1; rows.Next(); row++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		cells, err := rows.Columns()
		if err != nil {
			return raw.Damaged().Because(err)
		}
		if french {
			s.numbers.localise(row, cells)
		}
		hidden := s.rows[row]
		for i, text := range cells {
			if text == "" {
				continue
			}
			means := s.conceals(i+1, row)
			if hidden {
				means = qa.HiddenNotDisplayed
			}
			if means != "" {
				g.d.Hide(means, text)
				cells[i] = ""
			}
		}
		if hidden {
			continue // the rows above and below it are next to each other on the screen
		}
		if err := g.add(line{row: row, cells: cells}); err != nil {
			return err
		}
	}
	g.end()
	if err := rows.Error(); err != nil {
		return raw.Damaged().Because(err)
	}
	return nil
}

// strip gives a copy of an archive that holds only the parts named, in lower case, still packed. The
// library unpacks every part of what it opens, so pictures, links and macros never reach it.
func strip(r io.ReadSeeker, needed map[string]bool) ([]byte, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, size))
	if err != nil {
		return nil, err
	}
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, raw.Damaged().Because(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	seen := map[string]bool{}
	for _, f := range in.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if !needed[name] || seen[name] {
			continue
		}
		seen[name] = true
		if err := z.Copy(f); err != nil {
			return nil, raw.Damaged().Because(err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
