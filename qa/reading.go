package qa

import (
	"maps"
	"slices"
	"time"
)

// Reading is the ingestion report of a version: what was found while its file was read, page by page.
type Reading struct {
	Pages       []PageReading // one a page, in order; a single one, numbered 0, where the format has no pages
	Created     time.Time     // as the file declares, zero when unknown
	Modified    time.Time     // as the file declares, zero when unknown
	Attachments []string      // names of files inside it that were not read
}

// PageReading is what was found on one page. Characters are Unicode code points.
type PageReading struct {
	Number     int // physical, 1-based; 0 where the format has no pages
	Characters int // of text kept, white space and furniture included
	Tables     int // tables that start on it
	Images     int // pictures whose text, if any, was not read
	Recognised int // characters that optical recognition gave; they are among Characters
	// Confidence is the mean confidence of the recognised words, 0 to 1; 0 when there are none.
	Confidence float64
	Repeated   int                 // running headers, footers and page numbers set aside, in lines
	Hidden     map[HiddenMeans]int // characters that a reader of the page cannot see, left out; nil when there are none
	// Unread is the stable code that says why the page gave no text, "" when it gave some: "no_text",
	// "blank" (nothing is drawn on it), "damaged", "not_recognised" (recognition found nothing).
	Unread string
}

// HiddenMeans says how text was hidden from the reader of a page.
type HiddenMeans string

// The ways to hide text.
const (
	HiddenColour       HiddenMeans = "colour"        // the colour of what is behind it
	HiddenTiny         HiddenMeans = "tiny"          // under 2 points high
	HiddenOffPage      HiddenMeans = "off_page"      // outside the page or what is shown of it
	HiddenInvisible    HiddenMeans = "invisible"     // drawn with no ink, or fully transparent
	HiddenNotDisplayed HiddenMeans = "not_displayed" // told not to be displayed: hidden runs, display:none, hidden rows
	HiddenComment      HiddenMeans = "comment"       // comments and annotations
	HiddenAlternative  HiddenMeans = "alternative"   // what stands for a picture that is not shown
	HiddenDeleted      HiddenMeans = "deleted"       // deletions kept for review
	HiddenZeroWidth    HiddenMeans = "zero_width"    // characters of no width, direction marks
	HiddenTags         HiddenMeans = "tags"          // Unicode tag characters
)

// Hide counts n characters left out because of means.
func (p *PageReading) Hide(means HiddenMeans, n int) {
	if n <= 0 {
		return
	}
	if p.Hidden == nil {
		p.Hidden = map[HiddenMeans]int{}
	}
	p.Hidden[means] += n
}

// HiddenTotal is the sum over all means.
func (p PageReading) HiddenTotal() int {
	total := 0
	for _, n := range p.Hidden {
		total += n
	}
	return total
}

// Total adds the pages up, in one PageReading numbered 0. Its Confidence is the mean over the
// recognised characters.
func (r Reading) Total() PageReading {
	var t PageReading
	weighted := 0.0
	for _, p := range r.Pages {
		t.Characters += p.Characters
		t.Tables += p.Tables
		t.Images += p.Images
		t.Recognised += p.Recognised
		t.Repeated += p.Repeated
		weighted += p.Confidence * float64(p.Recognised)
		for _, means := range slices.Sorted(maps.Keys(p.Hidden)) {
			t.Hide(means, p.Hidden[means])
		}
	}
	if t.Recognised > 0 {
		t.Confidence = weighted / float64(t.Recognised)
	}
	return t
}

// Unread gives the numbers of the pages that gave no text although something is drawn on them.
func (r Reading) Unread() []int {
	var pages []int
	for _, p := range r.Pages {
		if p.Number > 0 && p.Unread != "" && p.Unread != "blank" {
			pages = append(pages, p.Number)
		}
	}
	return pages
}
