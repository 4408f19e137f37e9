package office

import (
	"encoding/xml"
	"path"
	"strings"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// relation is what a part of an Office package points to, inside the package.
type relation struct {
	kind   string // the last word of its type: "styles", "slide", "notesSlide"…
	target string // the name of a part
}

// relations are the relationships of one part by their id, with the order they stand in.
type relations struct {
	byID  map[string]relation
	order []string
}

// readRelations reads where a part points to. What lies outside the package is left out: it is never
// followed. A part without relationships, or with broken ones, points nowhere.
func readRelations(a *raw.Archive, part string) (relations, error) {
	all := relations{byID: map[string]relation{}}
	folder := path.Dir(part)
	err := a.Scan(folder+"/_rels/"+path.Base(part)+".rels", false, func(s *raw.Scanner) error {
		return s.Walk(func(e xml.StartElement) error {
			target := raw.Attr(e, "Target")
			if e.Name.Local != "Relationship" || target == "" || strings.EqualFold(raw.Attr(e, "TargetMode"), "External") {
				return nil
			}
			if !strings.HasPrefix(target, "/") {
				target = path.Join(folder, target)
			}
			id := raw.Attr(e, "Id")
			all.byID[id] = relation{kind: path.Base(raw.Attr(e, "Type")), target: strings.TrimPrefix(target, "/")}
			all.order = append(all.order, id)
			return s.Skip()
		})
	})
	return all, unlessDamaged(err)
}

// first gives the first part of the kind, otherwise the usual one.
func (all relations) first(kind, usual string) string {
	for _, id := range all.order {
		if all.byID[id].kind == kind {
			return all.byID[id].target
		}
	}
	return usual
}

// every gives the parts of the kind in order.
func (all relations) every(kind string) []string {
	var parts []string
	for _, id := range all.order {
		if all.byID[id].kind == kind {
			parts = append(parts, all.byID[id].target)
		}
	}
	return parts
}

// nameEmbedded names the documents that lie inside the document and are not read with it.
func (all relations) nameEmbedded(b *draft.Draft) {
	for _, id := range all.order {
		switch r := all.byID[id]; r.kind {
		case "package", "oleObject", "aFChunk":
			b.Attachment(path.Base(r.target))
		}
	}
}

// unlessDamaged drops the error of a part without which the text can still be read.
func unlessDamaged(err error) error {
	if qa.CodeOf(err) == string(qa.VerdictDamaged) {
		return nil
	}
	return err
}

// finished gives the text that was built, with the title and the dates that a part of the archive declares.
func finished(a *raw.Archive, part string, d *draft.Draft) (qa.Text, error) {
	m, err := readMetadata(a, part)
	if err != nil {
		return qa.Text{}, err
	}
	d.Dates(m.Created, m.Modified)
	return d.Text(m.Title)
}

// readMetadata reads a part like docProps/core.xml or meta.xml. Broken metadata lose only themselves.
func readMetadata(a *raw.Archive, part string) (draft.Metadata, error) {
	var m draft.Metadata
	err := a.Scan(part, false, func(s *raw.Scanner) error {
		return s.Walk(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "title", "created", "creation-date", "modified", "date":
				value, err := s.Collect()
				m.Set(e.Name.Local, value)
				return err
			}
			return nil
		})
	})
	m.Title = strings.TrimPrefix(m.Title, "Microsoft Word - ")
	return m, unlessDamaged(err)
}
