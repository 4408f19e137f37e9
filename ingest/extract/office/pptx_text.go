package office

import (
	"encoding/xml"
	"strings"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// depths is how many levels of paragraphs the format has.
const depths = 9

// bullet is what stands before a paragraph: nothing is said in the zero bullet.
type bullet struct {
	set    bool
	none   bool
	format string // of a number, "" for a sign
	start  int
}

// bullets are those of the levels of a text.
type bullets [depths]bullet

// body reads the paragraphs of a shape, on the ground that is behind it, as what its placeholder says
// they are.
func (d *pptx) body(holder placeholder, ground draft.Hue) error {
	own := bullets{}
	counts := [depths]int{}
	var title []string
	err := d.s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "lstStyle":
			return readBullets(d.s, &own)
		case "p":
			p, err := d.textParagraph(ground)
			text := draft.Clean(p.text.String())
			switch {
			case holder.title() || holder.furniture():
				title = append(title, p.text.String())
			case text == "":
				draft.CountInvisible(p.text.String(), d.b.Reading().Hide)
			default:
				d.placeText(p, d.bulletOf(holder, own, p), &counts)
			}
			return err
		}
		return d.s.Skip()
	}, nil)
	switch joined := strings.Join(title, " "); {
	case holder.title():
		d.b.Add(qa.BlockHeading, 1, joined)
	case holder.furniture():
		d.b.Add(qa.BlockFurniture, 0, joined)
	}
	return err
}

// placeText appends a paragraph, as an item of a list where a sign or number stands before it.
func (d *pptx) placeText(p *textParagraph, b bullet, counts *[depths]int) {
	text := strings.TrimSpace(p.text.String())
	if !b.set || b.none {
		d.b.Add(qa.BlockParagraph, 0, text)
		return
	}
	mark := "- "
	if b.format != "" {
		counts[p.level]++
		mark = draft.AutoNumber(b.format, max(b.start, 1)+counts[p.level]-1) + " "
	}
	clear(counts[p.level+1:])
	d.b.Add(qa.BlockListItem, p.level+1, mark+text)
}

// bulletOf finds what stands before a paragraph: it says so itself, or its shape, the layout or the
// master does; where none does, the text of a slide is a list.
func (d *pptx) bulletOf(holder placeholder, own bullets, p *textParagraph) bullet {
	if p.bullet.set {
		return p.bullet
	}
	if own[p.level].set {
		return own[p.level]
	}
	for _, s := range []*sheet{d.layout, d.master} {
		if spot, ok := s.spot(holder); ok && spot.bullets[p.level].set {
			return spot.bullets[p.level]
		}
	}
	if holder.kind != "body" && holder.kind != "obj" || d.layout == nil {
		return bullet{}
	}
	if d.master != nil && d.master.body[p.level].set {
		return d.master.body[p.level]
	}
	return bullet{set: true}
}

// readBullets reads a list of the properties of levels.
func readBullets(s *raw.Scanner, all *bullets) error {
	return s.Each(func(e xml.StartElement) error {
		name := e.Name.Local
		level := 0
		if strings.HasPrefix(name, "lvl") && strings.HasSuffix(name, "pPr") {
			level = number(name[len("lvl") : len(name)-len("pPr")])
		}
		if level < 1 || level > depths {
			return s.Skip()
		}
		b, err := readBullet(s)
		if b.set {
			all[level-1] = b
		}
		return err
	}, nil)
}

// readBullet reads the properties of a paragraph.
func readBullet(s *raw.Scanner) (b bullet, err error) {
	err = s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "buNone":
			b = bullet{set: true, none: true}
		case "buChar", "buBlip":
			b = bullet{set: true}
		case "buAutoNum":
			b = bullet{set: true, format: raw.Attr(e, "type"), start: raw.Int(e, "startAt")}
		}
		return s.Skip()
	}, nil)
	return b, err
}

// textParagraph is the state of one paragraph.
type textParagraph struct {
	text   strings.Builder
	level  int // from 0
	bullet bullet
	plain  bool // some are not
}

func (d *pptx) textParagraph(ground draft.Hue) (*textParagraph, error) {
	p := &textParagraph{}
	err := d.s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "pPr":
			p.level = min(max(raw.Int(e, "lvl"), 0), depths-1)
			var err error
			p.bullet, err = readBullet(d.s)
			return err
		case "r", "fld":
			return d.textRun(p, ground)
		case "br":
			p.text.WriteByte('\n')
			return d.s.Skip()
		case "endParaRPr":
			return d.s.Skip()
		case "AlternateContent", "m":
			text, err := d.math(e)
			p.text.WriteString(text)
			return err
		}
		return d.s.Skip()
	}, nil)
	return p, err
}

// math reads a formula, of which several versions may stand in the file.
func (d *pptx) math(e xml.StartElement) (text string, err error) {
	if e.Name.Local == "m" {
		return d.s.Collect()
	}
	err = d.firstOf(func(e xml.StartElement) error {
		t, err := d.s.Collect()
		text += t
		return err
	})
	return text, err
}

// textRun reads letters that look the same.
func (d *pptx) textRun(p *textParagraph, ground draft.Hue) error {
	var seen draft.Look
	return d.s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "rPr":
			seen.Points = float64(raw.Int(e, "sz")) / 100
			seen.Bold = draft.Some(yes(raw.Yes(e, "b")))
			return d.s.Each(func(e xml.StartElement) error {
				if e.Name.Local != "solidFill" {
					return d.s.Skip()
				}
				var err error
				seen.Ink, err = d.colours().hueIn(d.s, e)
				return err
			}, nil)
		case "t":
			text, err := d.s.Collect()
			if means := seen.HiddenOn(ground); means != "" {
				d.b.Hide(means, text)
				return err
			}
			p.text.WriteString(text)
			p.plain = p.plain || strings.TrimSpace(text) != "" && seen.Bold.Value() != 1
			return err
		}
		return d.s.Skip()
	}, nil)
}

// table reads a table row by row.
func (d *pptx) table() error {
	t := d.b.OpenRows()
	headed := false
	err := d.s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tblPr":
			headed = raw.Yes(e, "firstRow")
		case "tr":
			cells, plain, err := d.tableRow()
			t.Add(cells, headed && t.Empty(), !plain && draft.Filled(cells) > 0)
			return err
		}
		return d.s.Skip()
	}, nil)
	t.Close()
	return err
}

// tableRow reads the cells of a row, and whether it holds letters that are not bold.
func (d *pptx) tableRow() (cells [][]draft.Piece, plain bool, err error) {
	err = d.s.Each(func(e xml.StartElement) error {
		if e.Name.Local != "tc" {
			return d.s.Skip()
		}
		covered := raw.Yes(e, "hMerge") || raw.Yes(e, "vMerge")
		d.b.Push()
		var paragraphs func(e xml.StartElement) error
		paragraphs = func(e xml.StartElement) error {
			if e.Name.Local != "p" {
				return d.s.Each(paragraphs, nil)
			}
			p, err := d.textParagraph(draft.UnknownHue)
			plain = plain || p.plain
			d.b.Add(qa.BlockParagraph, 0, p.text.String())
			return err
		}
		err := d.s.Each(paragraphs, nil)
		pieces := d.b.Pop()
		if covered {
			d.b.HideAll(qa.HiddenNotDisplayed, pieces)
			pieces = nil
		}
		cells = append(cells, pieces)
		return err
	}, nil)
	return cells, plain, err
}
