package wire

import "rapporteur/qa"

// Reading is the JSON object of the ingestion report of a version: what was found on each page.
type Reading struct {
	Document    string        `json:"document"`
	Version     string        `json:"version"`
	Verdict     *string       `json:"verdict" doc:"stable code; null until the file was read"`
	Language    *string       `json:"language"`
	Created     *string       `json:"created" doc:"as the file declares"`
	Modified    *string       `json:"modified" doc:"as the file declares"`
	Attachments []string      `json:"attachments" nullable:"false" doc:"files inside the file that were not read"`
	Unread      []int         `json:"unread" nullable:"false" doc:"pages that could not be read although something is drawn on them"`
	Total       PageReading   `json:"total" doc:"sum of the pages; its number is 0"`
	Pages       []PageReading `json:"pages" nullable:"false" doc:"one a page; a single one numbered 0 where the format has no pages"`
}

// PageReading is what was found on one page. Characters are Unicode code points.
type PageReading struct {
	Page       int            `json:"page"`
	Characters int            `json:"characters" doc:"of text kept, white space and repeated lines included"`
	Tables     int            `json:"tables"`
	Images     int            `json:"images" doc:"pictures whose text, if any, was not read"`
	Recognised int            `json:"recognised" doc:"characters that optical recognition gave; they are among characters"`
	Confidence *float64       `json:"confidence" minimum:"0" maximum:"1" doc:"mean confidence of the recognised words; null when there are none"`
	Repeated   int            `json:"repeated" doc:"running headers, footers and page numbers, in lines: kept, never quoted"`
	Hidden     map[string]int `json:"hidden" nullable:"false" doc:"characters left out because a reader cannot see them, by means: colour, tiny, off_page, invisible, not_displayed, comment, alternative, deleted, zero_width, tags"`
	Unread     *string        `json:"unread" enum:"no_text,blank,damaged,not_recognised" doc:"why the page gave no text; null when it gave some"`
}

// NewReading gives the JSON object of the ingestion report of a version.
func NewReading(v qa.Version, r qa.Reading) Reading {
	return Reading{
		Document: string(v.Document), Version: string(v.ID), Verdict: OrNull(string(v.Verdict)), Language: OrNull(v.Language),
		Created: OrNull(timestamp(r.Created)), Modified: OrNull(timestamp(r.Modified)),
		Attachments: notNil(r.Attachments), Unread: notNil(r.Unread()),
		Total: newPageReading(r.Total()), Pages: Each(r.Pages, newPageReading),
	}
}

func newPageReading(p qa.PageReading) PageReading {
	return PageReading{
		Page: p.Number, Characters: p.Characters, Tables: p.Tables, Images: p.Images,
		Recognised: p.Recognised, Confidence: positive(p.Confidence), Repeated: p.Repeated,
		Hidden: HiddenCounts(p), Unread: OrNull(p.Unread),
	}
}

// HiddenCounts gives the counts of hidden characters by the code of their means.
func HiddenCounts(p qa.PageReading) map[string]int {
	counts := make(map[string]int, len(p.Hidden))
	for means, n := range p.Hidden {
		counts[string(means)] = n
	}
	return counts
}
