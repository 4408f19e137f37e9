package web

import (
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rapporteur/ingest/extract/draft"
)

// dates tells the draft when the page says it was written and changed last.
func (d *document) dates(b *draft.Draft) {
	if d.root == nil {
		return
	}
	var created, modified time.Time
	for n := range d.root.Descendants() {
		if n.Type != html.ElementNode || n.DataAtom != atom.Meta {
			continue
		}
		value := attribute(n, "content")
		for _, key := range []string{"property", "name", "itemprop"} {
			switch strings.ToLower(attribute(n, key)) {
			case "article:published_time", "datepublished", "dcterms.created", "dcterms.issued", "dcterms.date", "dc.date", "dc.date.created", "dc.date.issued", "date":
				keep(&created, value)
			case "article:modified_time", "datemodified", "dcterms.modified", "dc.date.modified", "last-modified", "og:updated_time":
				keep(&modified, value)
			}
		}
	}
	b.Dates(created, modified)
}

// keep sets a time that is not known yet, where the value is a date.
func keep(at *time.Time, value string) {
	if at.IsZero() {
		*at = day(value)
	}
}

// day reads a date as pages, books and notes write them, the zero time where it is none of these.
func day(value string) time.Time {
	value = strings.Trim(strings.TrimSpace(value), `"'`)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly, "02/01/2006", "2006-01", "2006"} {
		if t, err := time.Parse(layout, value); err == nil && t.Year() >= 1900 {
			return t
		}
	}
	return time.Time{}
}
