package sheet

import (
	"encoding/xml"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

const (
	workbookPart = "xl/workbook.xml"
	stringsPart  = "xl/sharedstrings.xml"
	stylesPart   = "xl/styles.xml"
	// maxSmallPart bounds, in elements, the parts that the library keeps as trees beside the cells: styles and
	// the list of sheets. Workbooks seen have under 20,000.
	maxSmallPart = 300_000
	// maxSheets is the largest count of sheets read.
	maxSheets = 2000
	// maxMerges is the largest count of merged areas of a sheet, each counted once for each of its rows.
	maxMerges = 200_000
	// maxWidth bounds the sum over the rows of their last filled columns: the library makes a row of as many
	// strings.
	maxWidth = 40_000_000
)

// workbook is what is known of a file before its cells are read: a first pass within the limits, by a
// reader that stops at the first fault. The library that gives the values ignores faults, and counts
// nothing.
type workbook struct {
	a        *raw.Archive
	limits   raw.Limits
	main     string // its main part
	title    string
	created  time.Time
	modified time.Time
	sheets   []*worksheet
	strings  []measure // of each shared string
	styles   []style   // of cells, by number
	dated    []bool    // cell styles that write dates, by number
	tongue   tongue
	cells    int // filled ones, of all sheets
	width    int // sum of the last columns
	size     int // bytes of text in them
}

// measure is the length of a text.
type measure struct{ bytes, letters int }

func lengthOf(text string) measure {
	return measure{bytes: len(text), letters: utf8.RuneCountInString(text)}
}

// needed names the parts that the values are read from.
func (w *workbook) needed() map[string]bool {
	names := map[string]bool{"[content_types].xml": true, "_rels/.rels": true, stringsPart: true, stylesPart: true,
		strings.ToLower(w.main): true, strings.ToLower(relsOf(w.main)): true}
	for _, s := range w.sheets {
		if s.part != "" && !s.hidden {
			names[strings.ToLower(s.part)] = true
		}
	}
	return names
}

// surveyWorkbook makes the first pass.
func surveyWorkbook(a *raw.Archive, o raw.Limits) (*workbook, error) {
	if a.Crowded() {
		return nil, raw.TooLargeUnpacked()
	}
	w := &workbook{a: a, limits: o, main: workbookPart}
	roots, err := relations(a, "")
	if err != nil {
		return nil, err
	}
	for _, rel := range roots {
		switch {
		case strings.HasSuffix(rel.kind, "/officeDocument") && a.Has(rel.target):
			w.main = rel.target
		case strings.HasSuffix(rel.kind, "/core-properties"):
			if err := w.readCore(rel.target); err != nil {
				return nil, err
			}
		}
	}
	rels, err := relations(a, w.main)
	if err != nil {
		return nil, err
	}
	if err := a.Scan(w.main, true, func(s *raw.Scanner) error { return w.readSheets(s, rels) }); err != nil {
		return nil, err
	}
	for _, part := range []string{stylesPart, w.main, "[content_types].xml"} {
		if err := countElements(a, part, maxSmallPart); err != nil {
			return nil, err
		}
	}
	if err := a.Scan(stylesPart, false, w.readStyles); err != nil {
		return nil, err
	}
	if err := a.Scan(stringsPart, false, w.readStrings); err != nil {
		return nil, err
	}
	for _, s := range w.sheets {
		if err := w.survey(s); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// readSheets lists the sheets in their order.
func (w *workbook) readSheets(s *raw.Scanner, rels map[string]relation) error {
	named := map[string]bool{}
	var child func(e xml.StartElement) error
	child = func(e xml.StartElement) error {
		if e.Name.Local != "sheet" {
			return s.Each(child, nil)
		}
		name, state := raw.Attr(e, "name"), raw.Attr(e, "state")
		key := strings.ToLower(name)
		if named[key] || name == "" || utf8.RuneCountInString(name) > 255 {
			return raw.Damaged() // the format forbids it, and no citation could tell them apart
		}
		if named[key] = true; len(named) > maxSheets {
			return raw.ResourceLimit()
		}
		sheet := &worksheet{name: name, hidden: state == "hidden" || state == "veryHidden", headers: map[int]bool{}, rows: map[int]bool{}}
		if rel := rels[raw.Attr(e, "id")]; strings.HasSuffix(rel.kind, "/worksheet") && w.a.Has(rel.target) {
			sheet.part = rel.target
		}
		w.sheets = append(w.sheets, sheet)
		return s.Each(child, nil)
	}
	return s.Each(child, nil)
}

// readStrings measures the shared strings.
func (w *workbook) readStrings(s *raw.Scanner) error {
	elements := 0
	var child func(e xml.StartElement) error
	child = func(e xml.StartElement) error {
		if elements++; elements > 4*w.limits.MaxCells {
			return raw.ResourceLimit()
		}
		switch e.Name.Local {
		case "si":
			if len(w.strings) >= w.limits.MaxCells {
				return raw.ResourceLimit()
			}
			w.strings = append(w.strings, measure{})
		case "t":
			text, err := s.Collect()
			if n := len(w.strings); n > 0 {
				w.tongue.hear(text)
				length := lengthOf(text)
				w.strings[n-1].bytes += length.bytes
				w.strings[n-1].letters += length.letters
			}
			return err
		}
		return s.Each(child, nil)
	}
	return s.Each(child, nil)
}

// readCore takes the title and the dates. Broken metadata lose only them.
func (w *workbook) readCore(part string) error {
	err := w.a.Scan(part, false, func(s *raw.Scanner) error {
		var child func(e xml.StartElement) error
		child = func(e xml.StartElement) error {
			switch e.Name.Local {
			case "title", "created", "modified":
				text, err := s.Collect()
				switch at, _ := time.Parse(time.RFC3339, strings.TrimSpace(text)); e.Name.Local {
				case "title":
					w.title = text
				case "created":
					w.created = at
				default:
					w.modified = at
				}
				return err
			}
			return s.Each(child, nil)
		}
		return s.Each(child, nil)
	})
	if qa.CodeOf(err) == string(qa.VerdictDamaged) {
		return nil
	}
	return err
}

// countElements refuses a part of too many elements.
func countElements(a *raw.Archive, part string, most int) error {
	count := 0
	return a.Scan(part, false, func(s *raw.Scanner) error {
		var child func(e xml.StartElement) error
		child = func(xml.StartElement) error {
			if count++; count > most {
				return raw.ResourceLimit()
			}
			return s.Each(child, nil)
		}
		return s.Each(child, nil)
	})
}

// relation is what one part says of another.
type relation struct{ kind, target string }

// relsOf is where the relations of a part are kept; "" is the package itself.
func relsOf(part string) string {
	return path.Join(path.Dir(part), "_rels", path.Base("/"+part)+".rels")
}

// relations reads those of a part that stay inside the archive, by their ids. A part without any has none.
func relations(a *raw.Archive, part string) (map[string]relation, error) {
	found := map[string]relation{}
	from := relsOf(part)
	if part == "" {
		from = "_rels/.rels"
	}
	err := a.Scan(from, false, func(s *raw.Scanner) error {
		var child func(e xml.StartElement) error
		child = func(e xml.StartElement) error {
			if target := raw.Attr(e, "Target"); target != "" && raw.Attr(e, "TargetMode") != "External" && len(found) < maxSmallPart {
				if strings.HasPrefix(target, "/") {
					target = target[1:]
				} else {
					target = path.Join(path.Dir(part), target)
				}
				found[raw.Attr(e, "Id")] = relation{kind: raw.Attr(e, "Type"), target: target}
			}
			return s.Each(child, nil)
		}
		return s.Each(child, nil)
	})
	return found, err
}

// isTrue reads a flag of the format.
func isTrue(value string) bool { return value == "1" || value == "true" }

// number reads a whole number, 0 where there is none.
func number(value string) int {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil {
		return 0
	}
	return n
}

// report counts what stands on a sheet beside its cells, and appends the text of its shapes.
func (s *worksheet) report(d *draft.Draft) {
	for _, text := range s.shapes {
		d.Add(qa.BlockParagraph, 0, text)
	}
	d.Reading().Images += s.images
	d.Reading().Hide(qa.HiddenComment, s.comments)
}

// unnamed is what spreadsheets call a sheet that nobody named.
var unnamed = regexp.MustCompile(`(?i)^(feuil|feuille|sheet|tabelle|hoja|foglio)[ _]?\d*$`)

// head opens a sheet with its name, which may be the title of the workbook where somebody chose it.
func (s *worksheet) head(d *draft.Draft) {
	if unnamed.MatchString(s.name) {
		d.Add(qa.BlockHeading, 1, s.name)
		return
	}
	d.Heading(1, s.name)
}
