package office

import (
	"context"
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// pptxMain is where every known producer puts the list of the slides.
const pptxMain = "ppt/presentation.xml"

// The size of a slide that declares none: that of a screen of 4:3, in the unit of the format, of which
// 914,400 make an inch.
const (
	slideWidth  = 9_144_000
	slideHeight = 6_858_000
)

// ReadPPTX reads a presentation: each slide is a page, its title a heading, then its text, lists, tables
// and diagrams in reading order, then its notes as footnotes. Hidden slides stay pages, but their text
// is counted and left out, like comments and shapes that are hidden or off the slide. A slide that is
// damaged is reported so; the error is damaged where all are. No relationship is followed outside the file.
func ReadPPTX(ctx context.Context, o raw.Limits, r io.ReadSeeker) (qa.Text, error) {
	a, err := raw.OpenArchive(ctx, o, r)
	if err != nil {
		return qa.Text{}, raw.AsVerdict(err)
	}
	main := mainPart(a, "ppt/", pptxMain)
	if main == "" {
		return qa.Text{}, raw.Damaged()
	}
	d := &pptx{a: a, b: draft.New(o), width: slideWidth, height: slideHeight, sheets: map[string]*sheet{}}
	if err := d.readList(main); err != nil {
		return qa.Text{}, err
	}
	damaged := 0
	for i, part := range d.slides {
		err := d.slide(i, part)
		if err != nil && unlessDamaged(err) != nil {
			return qa.Text{}, err
		}
		if err != nil {
			damaged++
			d.b.Reading().Unread = string(qa.VerdictDamaged)
		}
	}
	if damaged > 0 && damaged == len(d.slides) {
		return qa.Text{}, raw.Damaged()
	}
	return finished(a, "docProps/core.xml", d.b)
}

// pptx is the state of one reading.
type pptx struct {
	a             *raw.Archive
	s             *raw.Scanner
	b             *draft.Draft
	width, height float64
	first         int      // the number of the first slide, 0 where it is 1
	slides        []string // parts in their order
	sheets        map[string]*sheet
	from          relations // of the slide being read
	layout        *sheet    // of the slide being read, and of it the master
	master        *sheet
	own           draft.Hue // the ground of the slide being read, "" where it says none
	painted       []shape   // what is drawn on it so far, behind what follows
}

// readList reads which slides there are, in which order.
func (d *pptx) readList(main string) error {
	from, err := readRelations(d.a, main)
	if err != nil {
		return err
	}
	return d.a.Scan(main, true, func(s *raw.Scanner) error {
		return s.Walk(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "presentation":
				d.first = raw.Int(e, "firstSlideNum")
			case "sldId":
				if r := from.byID[relationID(e)]; r.kind == "slide" {
					d.slides = append(d.slides, r.target)
				}
			case "sldSz":
				if w, h := raw.Int(e, "cx"), raw.Int(e, "cy"); w > 0 && h > 0 {
					d.width, d.height = float64(w), float64(h)
				}
			}
			return nil
		})
	})
}

// relationID gives the attribute id of the relationships, beside which an element may have an id of its own.
func relationID(e xml.StartElement) string {
	for _, a := range e.Attr {
		if a.Name.Local == "id" && (a.Name.Space == "r" || strings.HasSuffix(a.Name.Space, "/relationships")) {
			return a.Value
		}
	}
	return ""
}

// slide reads one slide into a page.
func (d *pptx) slide(i int, part string) (err error) {
	label := ""
	if d.first > 1 {
		label = strconv.Itoa(d.first + i)
	}
	d.b.Page(label, qa.UnitSlide)
	if d.from, err = readRelations(d.a, part); err != nil {
		return err
	}
	if err := d.readSheets(); err != nil {
		return err
	}
	shapes, shown, err := d.shapesOf(part)
	if err != nil {
		return err
	}
	notes, err := d.notes()
	if unlessDamaged(err) != nil {
		return err
	}
	if shown {
		d.place(inReadingOrder(shapes, d.height), notes)
	} else {
		d.leaveOut(shapes, notes)
	}
	d.from.nameEmbedded(d.b)
	return hideComments(d.a, d.b, d.from.every("comments"), "text", "t")
}

// place appends what stands on a slide, then its notes.
func (d *pptx) place(shapes []shape, notes []draft.Piece) {
	for _, one := range shapes {
		if one.lies(d.width, d.height) {
			d.b.HideAll(qa.HiddenOffPage, one.pieces)
			continue
		}
		d.b.Reading().Images += one.images
		for _, piece := range one.pieces {
			if piece.Kind == qa.BlockHeading {
				d.b.SuggestTitle(1+piece.Level, piece.Text)
			}
			if piece.Kind == qa.BlockFurniture {
				d.b.Reading().Repeated++
			}
		}
		d.b.EmitAll(one.pieces)
	}
	d.b.EmitAll(notes)
}

// leaveOut counts what stands on a slide that is not shown.
func (d *pptx) leaveOut(shapes []shape, notes []draft.Piece) {
	for _, one := range shapes {
		d.b.HideAll(qa.HiddenNotDisplayed, one.pieces)
	}
	d.b.HideAll(qa.HiddenNotDisplayed, notes)
}

// shapesOf reads the shapes of a slide or of its notes, and whether it is shown.
func (d *pptx) shapesOf(part string) (shapes []shape, shown bool, err error) {
	shown = true
	d.own, d.painted = "", nil
	err = d.a.Scan(part, true, func(s *raw.Scanner) error {
		d.s = s
		return s.Walk(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "sld":
				if show := raw.Attr(e, "show"); show != "" {
					shown = on(show) == 1
				}
			case "bg":
				return d.ownGround()
			case "spTree":
				var err error
				shapes, err = d.shapes(whole)
				return err
			case "timing", "transition", "extLst":
				return s.Skip()
			}
			return nil
		})
	})
	return shapes, shown, err
}

// ownGround reads the ground of the slide.
func (d *pptx) ownGround() error {
	return d.s.Each(func(e xml.StartElement) error {
		found, err := d.colours().hueIn(d.s, e)
		d.own = draft.UnknownHue
		if found.Paints() {
			d.own = found
		}
		return err
	}, nil)
}

// colours are those of the master of the slide being read.
func (d *pptx) colours() palette {
	if d.master == nil {
		return nil
	}
	return d.master.colours
}

// notes reads what the speaker notes under a slide.
func (d *pptx) notes() ([]draft.Piece, error) {
	part := d.from.first("notesSlide", "")
	if part == "" || !d.a.Has(part) {
		return nil, nil
	}
	slide, layout, master := d.from, d.layout, d.master
	defer func() { d.from, d.layout, d.master = slide, layout, master }()
	d.from, d.layout, d.master = relations{}, nil, nil
	shapes, _, err := d.shapesOf(part)
	var notes []draft.Piece
	for _, one := range shapes {
		if one.holder.kind != "body" {
			continue // the picture of the slide, its number, the date
		}
		for _, piece := range one.pieces {
			piece.Kind, piece.Level = qa.BlockFootnote, 0
			notes = append(notes, piece)
		}
	}
	return notes, err
}
