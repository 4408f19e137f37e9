package pdf

import (
	"strings"
	"time"

	"rapporteur/ingest/extract/pdf/layout"
	"rapporteur/qa"
)

// knownMeans are the means that a PDF can hide text by.
var knownMeans = []qa.HiddenMeans{
	qa.HiddenColour, qa.HiddenTiny, qa.HiddenOffPage, qa.HiddenInvisible, qa.HiddenNotDisplayed, qa.HiddenComment,
}

// arranged lays the document out and reports what was found on its pages.
func arranged(r reading) qa.Text {
	t := layout.Arrange(r.Document)
	t.Reading.Created, t.Reading.Modified = parseDate(r.created), parseDate(r.modified)
	for len(t.Reading.Pages) < len(t.Pages) {
		t.Reading.Pages = append(t.Reading.Pages, qa.PageReading{Number: len(t.Reading.Pages) + 1})
	}
	for i := range t.Pages {
		p, s := &t.Reading.Pages[i], r.Pages[i]
		p.Images, p.Unread = s.Images, s.Unread
		for means, n := range s.Hidden {
			p.Hide(means, n)
		}
	}
	return t
}

// dateForms are the ways to write a date, without the D: before and the apostrophes in the offset.
var dateForms = []string{
	"20060102150405-0700", "20060102150405-07", "20060102150405Z", "20060102150405", "200601021504", "2006010215",
	"20060102", "200601", "2006", time.RFC3339, "2006-01-02T15:04:05", "2006-01-02",
}

// parseDate reads a date as PDF files write it (ISO 32000-1, 7.9.4): D:YYYYMMDDHHmmSSOHH'mm', of
// which only the year must be there. Programs also leave out the D: or write ISO 8601. It gives the
// zero time for what is no date.
func parseDate(s string) time.Time {
	s = strings.TrimPrefix(strings.ReplaceAll(strings.TrimSpace(s), "'", ""), "D:")
	if utc, _, found := strings.Cut(s, "Z"); found {
		s = utc + "Z" // some write Z00'00'
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil && t.Year() >= 1900 && t.Year() <= 2200 {
			return t.UTC()
		}
	}
	return time.Time{}
}
