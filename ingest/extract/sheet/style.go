package sheet

import (
	"encoding/xml"
	"strconv"
	"strings"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

const (
	// whiteTheme is the colour of the theme that sheets are drawn on.
	whiteTheme = "0"
	// tinySize is the size of letters, in points, under which nobody reads them.
	tinySize = 2
	// maxFormat is the longest number format, in bytes, and maxFormats the largest count of them: the library
	// reads one anew for each cell, and looks it up one by one. The format allows 255 characters and some 250.
	maxFormat  = 1024
	maxFormats = 5000
	// maxVeiled is the largest count of cells of a sheet whose style hides them.
	maxVeiled = 200_000
)

// style is what hides the text of a cell, "" for most.
type style = qa.HiddenMeans

// looks are the parts of styles that matter, in the order of the file.
type looks struct {
	fonts  []style
	filled []bool
	blank  map[string]bool // number formats that show nothing
	dated  map[string]bool // number formats that write dates
}

// readStyles finds the cell styles that hide text: white letters on no colour, tiny ones, and number formats
// that show nothing.
func (w *workbook) readStyles(s *raw.Scanner) error {
	l := looks{blank: map[string]bool{}, dated: map[string]bool{}}
	return s.Each(func(root xml.StartElement) error {
		return s.Each(func(list xml.StartElement) error {
			return s.Each(func(e xml.StartElement) error {
				switch list.Name.Local {
				case "numFmts":
					code, id := raw.Attr(e, "formatCode"), raw.Attr(e, "numFmtId")
					if len(code) > maxFormat || len(l.dated) >= maxFormats {
						return raw.ResourceLimit()
					}
					l.blank[id] = code != "" && strings.Trim(code, ";") == ""
					l.dated[id] = isDate(code)
				case "fonts":
					font, err := readFont(s)
					l.fonts = append(l.fonts, font)
					return err
				case "fills":
					filled, err := readFill(s)
					l.filled = append(l.filled, filled)
					return err
				case "cellXfs":
					id := raw.Attr(e, "numFmtId")
					w.styles = append(w.styles, l.of(e))
					w.dated = append(w.dated, l.dated[id] || builtInDate(number(id)))
				}
				return s.Skip()
			}, nil)
		}, nil)
	}, nil)
}

// builtInDate reports the number formats of the standard that write dates and times, those of other
// languages included.
func builtInDate(id int) bool { return id >= 14 && id <= 36 || id >= 45 && id <= 58 }

// of gives what hides the text of a cell style.
func (l looks) of(e xml.StartElement) style {
	if l.blank[raw.Attr(e, "numFmtId")] {
		return qa.HiddenInvisible
	}
	font, fill := number(raw.Attr(e, "fontId")), number(raw.Attr(e, "fillId"))
	if font < 0 || font >= len(l.fonts) || l.fonts[font] == qa.HiddenColour && fill >= 0 && fill < len(l.filled) && l.filled[fill] {
		return ""
	}
	return l.fonts[font]
}

func readFont(s *raw.Scanner) (found style, err error) {
	err = s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "sz":
			if size, err := strconv.ParseFloat(raw.Attr(e, "val"), 64); err == nil && size < tinySize {
				found = qa.HiddenTiny
			}
		case "color":
			rgb := raw.Attr(e, "rgb")
			white := strings.EqualFold(rgb, "FFFFFFFF") || strings.EqualFold(rgb, "00FFFFFF") || raw.Attr(e, "theme") == whiteTheme && raw.Attr(e, "tint") == ""
			if white && found == "" {
				found = qa.HiddenColour
			}
		}
		return s.Skip()
	}, nil)
	return found, err
}

// readFill reports that something is drawn behind the cell.
func readFill(s *raw.Scanner) (filled bool, err error) {
	err = s.Each(func(e xml.StartElement) error {
		kind := raw.Attr(e, "patternType")
		filled = filled || e.Name.Local == "gradientFill" || kind != "" && kind != "none"
		return s.Skip()
	}, nil)
	return filled, err
}

// veil remembers a filled cell whose style hides it.
func (w *workbook) veil(s *worksheet, row, column int, index string) error {
	i := number(index)
	if i <= 0 || i >= len(w.styles) || w.styles[i] == "" {
		return nil
	}
	if s.veiled == nil {
		s.veiled = map[[2]int]style{}
	}
	if len(s.veiled) >= maxVeiled {
		return raw.ResourceLimit()
	}
	s.veiled[[2]int{row, column}] = w.styles[i]
	return nil
}

// unveil forgets the white letters of a sheet whose cells may be coloured by other means than their styles.
func (s *worksheet) unveil() {
	for at, means := range s.veiled {
		if means == qa.HiddenColour {
			delete(s.veiled, at)
		}
	}
}
