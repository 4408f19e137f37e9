package office

import (
	"encoding/xml"
	"path"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// readParts reads the parts beside the body: those that its text needs, and those that are counted only.
func (d *docx) readParts(main string) (err error) {
	if d.relations, err = readRelations(d.a, main); err != nil {
		return err
	}
	part := func(kind string) string { return d.relations.first(kind, path.Join(path.Dir(main), kind+".xml")) }
	if d.styles, err = readStyles(d.a, part("styles")); err != nil {
		return err
	}
	if d.lists, err = readNumbering(d.a, part("numbering")); err != nil {
		return err
	}
	if d.footnotes, err = d.readNotes(part("footnotes")); err != nil {
		return err
	}
	if d.endnotes, err = d.readNotes(part("endnotes")); err != nil {
		return err
	}
	painted, err := d.a.Texts(part("settings"), "displayBackgroundShape")
	if unlessDamaged(err) != nil {
		return err
	}
	d.painted = len(painted) > 0
	d.relations.nameEmbedded(d.b)
	if err := hideComments(d.a, d.b, d.relations.every("comments"), "comment"); err != nil {
		return err
	}
	return countRepeated(d.a, d.b, append(d.relations.every("header"), d.relations.every("footer")...))
}

// hideComments counts the text of the elements of parts that hold comments.
func hideComments(a *raw.Archive, b *draft.Draft, parts []string, element ...string) error {
	for _, part := range parts {
		texts, err := a.Texts(part, element...)
		if unlessDamaged(err) != nil {
			return err
		}
		for _, text := range texts {
			b.Hide(qa.HiddenComment, text)
		}
	}
	return nil
}

// countRepeated counts the paragraphs with text of running headers and footers.
func countRepeated(a *raw.Archive, b *draft.Draft, parts []string) error {
	for _, part := range parts {
		lines, err := a.Texts(part, "p")
		if unlessDamaged(err) != nil {
			return err
		}
		for _, line := range lines {
			if draft.Clean(line) != "" {
				b.Reading().Repeated++
			}
		}
	}
	return nil
}

// readNotes gives the text of each footnote or endnote by its id.
func (d *docx) readNotes(part string) (map[string]string, error) {
	notes := map[string]string{}
	err := d.a.Scan(part, false, func(s *raw.Scanner) error {
		d.s = s
		return s.Walk(func(e xml.StartElement) error {
			if name := e.Name.Local; name != "footnote" && name != "endnote" {
				return nil
			}
			if kind := raw.Attr(e, "type"); kind != "" && kind != "normal" {
				return s.Skip() // the line between text and notes
			}
			d.b.Push()
			err := s.Each(d.block, nil)
			notes[raw.Attr(e, "id")] = draft.Join(d.b.Pop())
			return err
		})
	})
	d.fields, d.indexes, d.backdrop = nil, 0, false
	return notes, err
}

// related places the text of the elements of a part that the body refers to behind the paragraph, one
// paragraph an element.
func (d *docx) related(p *paragraph, id, kind, element string) error {
	if err := d.s.Skip(); err != nil {
		return err
	}
	texts, err := partText(d.a, d.relations, id, kind, element)
	if err != nil {
		return err
	}
	for _, text := range texts {
		if p.means != "" {
			d.b.Hide(p.means, text)
			continue
		}
		p.after = append(p.after, draft.Piece{Kind: qa.BlockParagraph, Text: text})
	}
	return nil
}

// partText gives the cleaned text of the elements of a part that a relationship of the kind names.
func partText(a *raw.Archive, from relations, id, kind, element string) ([]string, error) {
	r := from.byID[id]
	if r.kind != kind {
		return nil, nil
	}
	texts, err := a.Texts(r.target, element)
	var cleaned []string
	for _, text := range texts {
		if text = draft.Clean(text); text != "" {
			cleaned = append(cleaned, text)
		}
	}
	return cleaned, unlessDamaged(err)
}
