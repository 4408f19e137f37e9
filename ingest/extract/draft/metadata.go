package draft

import (
	"strings"
	"time"
)

// Metadata is what a file declares of itself.
type Metadata struct {
	Title             string
	Created, Modified time.Time
}

// Set keeps a value under the name that OpenDocument, Office or Dublin Core has for it; others are ignored.
func (m *Metadata) Set(name, value string) {
	value = strings.TrimSpace(value)
	switch name {
	case "title":
		if m.Title == "" {
			m.Title = value
		}
	case "created", "creation-date":
		m.Created = moment(value)
	case "modified", "date":
		m.Modified = moment(value)
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
