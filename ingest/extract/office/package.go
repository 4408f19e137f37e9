package office

import (
	"encoding/xml"
	"path"
	"strings"
	"time"

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
		var child func(e xml.StartElement) error
		child = func(e xml.StartElement) error {
			target := raw.Attr(e, "Target")
			if e.Name.Local != "Relationship" || target == "" || strings.EqualFold(raw.Attr(e, "TargetMode"), "External") {
				return s.Each(child, nil)
			}
			if !strings.HasPrefix(target, "/") {
				target = path.Join(folder, target)
			}
			id := raw.Attr(e, "Id")
			all.byID[id] = relation{kind: path.Base(raw.Attr(e, "Type")), target: strings.TrimPrefix(target, "/")}
			all.order = append(all.order, id)
			return s.Skip()
		}
		return s.Each(child, nil)
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

// metadata is what a document declares of itself.
type metadata struct {
	title             string
	created, modified time.Time
}

// readMetadata reads a part like docProps/core.xml or meta.xml. Broken metadata lose only themselves.
func readMetadata(a *raw.Archive, part string) (metadata, error) {
	var m metadata
	err := a.Scan(part, false, func(s *raw.Scanner) error {
		var child func(e xml.StartElement) error
		child = func(e xml.StartElement) error {
			switch e.Name.Local {
			case "title", "created", "creation-date", "modified", "date":
				value, err := s.Collect()
				m.set(e.Name.Local, strings.TrimSpace(value))
				return err
			}
			return s.Each(child, nil)
		}
		return s.Each(child, nil)
	})
	m.title = strings.TrimPrefix(m.title, "Microsoft Word - ")
	return m, unlessDamaged(err)
}

func (m *metadata) set(name, value string) {
	switch name {
	case "title":
		if m.title == "" {
			m.title = value
		}
	case "created", "creation-date":
		m.created = moment(value)
	default:
		m.modified = moment(value)
	}
}

// moment reads a date as both families of formats write it, zero where it is none. OpenDocument gives
// no time zone: its times are taken as UTC.
func moment(value string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// collectText gives the text of the elements named so in a part, one string each, such as the comments.
func collectText(a *raw.Archive, part string, names ...string) ([]string, error) {
	var texts []string
	err := a.Scan(part, false, func(s *raw.Scanner) error {
		var child func(e xml.StartElement) error
		child = func(e xml.StartElement) error {
			for _, name := range names {
				if e.Name.Local == name {
					text, err := s.Collect()
					texts = append(texts, text)
					return err
				}
			}
			return s.Each(child, nil)
		}
		return s.Each(child, nil)
	})
	return texts, unlessDamaged(err)
}
