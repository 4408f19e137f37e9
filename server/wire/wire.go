// Package wire holds the JSON of the API and of the command line: what docs/openapi.json describes. A
// field once there is never renamed.
package wire

import (
	"cmp"
	"fmt"
	"net/url"
	"time"

	"rapporteur/qa"
)

// Answer is the JSON object of POST /ask and of the command ask.
type Answer struct {
	ID             string        `json:"id"`
	Answered       bool          `json:"answered" doc:"false when the documents do not say; refusal then says why"`
	Text           string        `json:"answer"`
	Mode           string        `json:"mode" enum:"extractive,generated"`
	Degraded       bool          `json:"degraded"`
	DegradedReason *string       `json:"degraded_reason" doc:"stable code"`
	Confidence     float64       `json:"confidence" minimum:"0" maximum:"1"`
	Language       string        `json:"language"`
	Sentences      []Sentence    `json:"sentences" nullable:"false"`
	Dropped        int           `json:"dropped_sentences" doc:"sentences that a language model wrote and that nothing proved; they are not shown"`
	Partial        bool          `json:"partial" doc:"true when the model stopped before its end; what is there is proved"`
	Citations      []Citation    `json:"citations" nullable:"false"`
	Refusal        *Refusal      `json:"refusal"`
	Question       AskedQuestion `json:"question"`
	Choices        []Choice      `json:"choices" nullable:"false" doc:"reports called alike but for the year that the answer rests on, newest first, where the question names no year; fewer than two are none"`
	Documents      int           `json:"documents" doc:"documents searched"`
	Passages       int           `json:"passages" doc:"passages read"`
	Timings        Timings       `json:"timings_ms"`
	Conversation   *string       `json:"conversation" doc:"where the answer is kept; null when it is not"`
	Turn           *int          `json:"turn" doc:"its number there"`
}

// Sentence is one sentence of an answer with the numbers of its citations.
type Sentence struct {
	Text      string `json:"text"`
	Citations []int  `json:"citations" nullable:"false"`
	Verdict   string `json:"verdict" enum:"supported,partly,unsupported"`
}

// CitedDocument names the document and the version that a quote or a passage comes from.
type CitedDocument struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Source  string `json:"source"`
	Version string `json:"version"`
}

// Citation is a quote and where it stands.
type Citation struct {
	Number    int           `json:"number"`
	Document  CitedDocument `json:"document"`
	Page      *int          `json:"page" doc:"physical page, from 1; null where the format has none"`
	PageLabel *string       `json:"page_label" doc:"what is printed on the page, the name of a sheet; null when unknown"`
	PageUnit  string        `json:"page_unit" enum:"page,slide,sheet" doc:"what a page of the document is"`
	Place     *string       `json:"place" doc:"where the format names places of its own: Budget!A12:E12"`
	Section   []string      `json:"section" nullable:"false"`
	Start     int           `json:"start" doc:"first byte of the quote in the text of the version"`
	End       int           `json:"end" doc:"byte after the quote"`
	Quote     string        `json:"quote"`
	// A row of a table says little without the names of its columns.
	TableHeader *string  `json:"table_header" doc:"header row of the table that the quote is a row of, exact bytes of the text too"`
	Recognised  *float64 `json:"recognised" minimum:"0" maximum:"1" doc:"confidence of the optical recognition that gave the quote; null when the text came with the file"`
	URL         string   `json:"url"`
}

// Refusal says why there is no answer and what came nearest.
type Refusal struct {
	Reason  string     `json:"reason" enum:"not_in_documents,premise_not_supported,needs_precision,no_documents,unreadable_documents"`
	Nearest []Citation `json:"nearest" nullable:"false"`
	// The answer may stand where nothing could be read.
	Unreadable []UnreadDocument `json:"unreadable" nullable:"false" doc:"documents searched that could not be wholly read"`
}

// UnreadDocument is a document of which some pages, or all, could not be read.
type UnreadDocument struct {
	CitedDocument
	Pages []int `json:"pages" nullable:"false" doc:"pages without text; empty when nothing could be read"`
}

func newUnread(l qa.Listed) UnreadDocument {
	return UnreadDocument{
		CitedDocument: CitedDocument{ID: string(l.ID), Title: l.Title, Source: l.Source, Version: string(l.Newest.ID)},
		Pages:         notNil(l.Newest.PagesWithoutText),
	}
}

// Choice is one of several reports that answer: a question with its id in scope.documents is answered from it alone.
type Choice struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// AskedQuestion is the question as it came and as it was searched.
type AskedQuestion struct {
	Asked      string `json:"asked"`
	Standalone string `json:"standalone"`
}

// Timings are whole milliseconds.
type Timings struct {
	Embed  int64 `json:"embed"`
	Search int64 `json:"search"`
	Answer int64 `json:"answer"`
	Total  int64 `json:"total"`
}

// NewAnswer gives the JSON object of an answer.
func NewAnswer(a qa.Answer) Answer {
	return Answer{
		ID: a.ID, Answered: a.Answered, Text: a.Text, Mode: string(cmp.Or(a.Mode, qa.ModeExtractive)),
		Degraded: a.Degraded, DegradedReason: OrNull(a.DegradedReason),
		Confidence: a.Confidence, Language: a.Language,
		Sentences: Each(a.Sentences, NewSentence), Dropped: a.Dropped, Partial: a.Partial,
		Citations: Each(a.Citations, NewCitation),
		Refusal:   newRefusal(a.Refusal),
		Question:  AskedQuestion{Asked: a.Asked, Standalone: a.Standalone},
		Choices:   Each(a.Choices(), func(c qa.Choice) Choice { return Choice{string(c.Document), c.Title} }),
		Documents: a.Documents, Passages: a.Passages,
		Timings: Timings{
			Embed: a.Timings.Embed.Milliseconds(), Search: a.Timings.Search.Milliseconds(),
			Answer: a.Timings.Answer.Milliseconds(), Total: a.Timings.Total.Milliseconds(),
		},
		Conversation: OrNull(string(a.Conversation)), Turn: pageOrNull(a.Turn),
	}
}

// NewSentence gives the JSON object of a sentence.
func NewSentence(s qa.Sentence) Sentence {
	return Sentence{Text: s.Text, Citations: notNil(s.Citations), Verdict: string(s.Verdict)}
}

// NewCitation gives the JSON object of a citation.
func NewCitation(c qa.Citation) Citation {
	return Citation{
		Number: c.Number,
		Document: CitedDocument{
			ID: string(c.Document), Title: c.Title, Source: c.Source, Version: string(c.Version),
		},
		Page: pageOrNull(c.Page), PageLabel: OrNull(c.PageLabel), Section: notNil(c.Section),
		PageUnit: unit(c.PageUnit), Place: OrNull(c.Place), TableHeader: OrNull(c.Header), Recognised: positive(c.Recognised),
		Start: c.Start, End: c.End, Quote: c.Quote, URL: CitationURL(c),
	}
}

// CitationURL is the address, on this server, of the page that shows the quote marked. A format
// without pages is shown as page 1.
func CitationURL(c qa.Citation) string {
	return fmt.Sprintf("/documents/%s/pages/%d?version=%s&start=%d&end=%d",
		url.PathEscape(string(c.Document)), max(c.Page, 1), url.QueryEscape(string(c.Version)), c.Start, c.End)
}

func newRefusal(r *qa.Refusal) *Refusal {
	if r == nil {
		return nil
	}
	return &Refusal{Reason: string(r.Reason), Nearest: Each(r.Nearest, NewCitation), Unreadable: Each(r.Unreadable, newUnread)}
}

// SearchResult is the JSON object of POST /search and of the command search.
type SearchResult struct {
	ID             string  `json:"id"`
	Query          string  `json:"query"`
	Hits           []Hit   `json:"hits" nullable:"false"`
	Degraded       bool    `json:"degraded" doc:"true when a ranking that should have run did not, or not over all documents"`
	DegradedReason *string `json:"degraded_reason" doc:"stable code"`
	Documents      int     `json:"documents" doc:"documents searched"`
	Timings        Timings `json:"timings_ms"`
}

// Hit is one passage found, best first.
type Hit struct {
	Document CitedDocument `json:"document"`
	Chunk    int64         `json:"chunk"`
	Page     *int          `json:"page" doc:"physical page where the passage starts, from 1; null where the format has none"`
	Section  []string      `json:"section" nullable:"false"`
	Start    int           `json:"start"`
	End      int           `json:"end"`
	Text     string        `json:"text"`
	Score    float64       `json:"score" doc:"comparable within one answer only"`
	Scores   Scores        `json:"scores"`
}

// Scores are those of each ranking, 0 where it did not find the passage.
type Scores struct {
	Lexical  float64 `json:"lexical"`
	Semantic float64 `json:"semantic"`
}

// NewSearchResult gives the JSON object of what was retrieved in the time it took.
func NewSearchResult(id string, e qa.Evidence, took time.Duration) SearchResult {
	return SearchResult{
		ID: id, Query: e.Query, Hits: Each(e.Passages, newHit), Degraded: e.Degraded, DegradedReason: OrNull(e.DegradedReason),
		Documents: e.Documents,
		Timings:   Timings{Embed: e.Timings.Embed.Milliseconds(), Search: (took - e.Timings.Embed).Milliseconds(), Total: took.Milliseconds()},
	}
}

func newHit(p qa.Passage) Hit {
	page, _ := p.PageAt(p.Start)
	return Hit{
		Document: CitedDocument{
			ID: string(p.Document.ID), Title: p.Document.Title, Source: p.Document.Source, Version: string(p.Version),
		},
		Chunk: int64(p.ID), Page: pageOrNull(page.Number), Section: notNil(p.Section),
		Start: p.Start, End: p.End, Text: p.Text, Score: p.Score,
		Scores: Scores{Lexical: p.Lexical, Semantic: p.Semantic},
	}
}

// Collection is one collection of the list.
type Collection struct {
	ID        string `json:"id"`
	Documents int    `json:"documents" doc:"documents that answer questions"`
}

// Document is one document with its newest version; live is the version that answers questions.
type Document struct {
	ID         string  `json:"id"`
	Collection string  `json:"collection"`
	Title      string  `json:"title"`
	Source     string  `json:"source"`
	Live       *string `json:"live" doc:"version that answers questions; null until there is one"`
	CreatedAt  string  `json:"created_at"`
	UpdatedAt  string  `json:"updated_at"`
	Version
}

// DocumentDetail is one document with all its versions, newest first.
type DocumentDetail struct {
	Document
	Versions []Version `json:"versions" nullable:"false"`
}

// Version is one upload of a document.
type Version struct {
	Version          string  `json:"version"`
	State            string  `json:"state" enum:"queued,extracted,live,superseded,failed"`
	Verdict          *string `json:"verdict" doc:"stable code; null until the file was read"`
	Failure          *string `json:"failure" doc:"stable code; null unless failed"`
	Embedded         float64 `json:"embedded" minimum:"0" maximum:"1" doc:"share of the vectors that are ready"`
	MediaType        string  `json:"media_type"`
	Hash             string  `json:"hash" doc:"SHA-256 of the original"`
	Bytes            int64   `json:"bytes"`
	Pages            int     `json:"pages" doc:"physical pages; 0 where the format has none"`
	PagesWithoutText []int   `json:"pages_without_text" nullable:"false"`
	Recognised       int     `json:"recognised" doc:"characters that optical recognition gave"`
	Hidden           int     `json:"hidden" doc:"characters left out because a reader of the page cannot see them"`
	Chunks           int     `json:"chunks"`
	Language         *string `json:"language"`
	AddedAt          string  `json:"added_at"`
	PublishedAt      *string `json:"published_at"`
	SupersededAt     *string `json:"superseded_at"`
}

// NewDocument gives the JSON object of a document and its newest version.
func NewDocument(d qa.Document, newest qa.Version) Document {
	return Document{
		ID: string(d.ID), Collection: string(d.Collection), Title: d.Title, Source: d.Source,
		Live: OrNull(string(d.Live)), CreatedAt: timestamp(d.CreatedAt), UpdatedAt: timestamp(d.UpdatedAt),
		Version: NewVersion(newest),
	}
}

// NewDocumentDetail gives the JSON object of a document with its versions, given newest first.
func NewDocumentDetail(d qa.Document, versions []qa.Version) DocumentDetail {
	var newest qa.Version
	if len(versions) > 0 {
		newest = versions[0]
	}
	return DocumentDetail{Document: NewDocument(d, newest), Versions: Each(versions, NewVersion)}
}

// NewVersion gives the JSON object of a version.
func NewVersion(v qa.Version) Version {
	return Version{
		Version: string(v.ID), State: string(v.State), Verdict: OrNull(string(v.Verdict)), Failure: OrNull(v.Failure),
		Embedded: v.Embedded, MediaType: v.MediaType, Hash: v.Hash, Bytes: v.Size,
		Pages: v.Pages, PagesWithoutText: notNil(v.PagesWithoutText),
		Recognised: v.Recognised, Hidden: v.Hidden, Chunks: v.Chunks,
		Language: OrNull(v.Language), AddedAt: timestamp(v.CreatedAt),
		PublishedAt: OrNull(timestamp(v.PublishedAt)), SupersededAt: OrNull(timestamp(v.SupersededAt)),
	}
}

// Receipt is the JSON object of an acknowledged upload.
type Receipt struct {
	Document   string `json:"document"`
	Version    string `json:"version"`
	State      string `json:"state" enum:"queued,extracted,live,superseded,failed"`
	Verdict    string `json:"verdict" enum:"ingested,new_version,unchanged"`
	Collection string `json:"collection"`
	Source     string `json:"source"`
}

// NewReceipt gives the JSON object of an acknowledged upload.
func NewReceipt(r qa.Receipt) Receipt {
	return Receipt{
		Document: string(r.Document.ID), Version: string(r.Version.ID), State: string(r.Version.State),
		Verdict: string(r.Outcome), Collection: string(r.Document.Collection), Source: r.Document.Source,
	}
}

func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// OrNull is nil for the empty string, which JSON shows as null.
func OrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// unit names what a page of a document is.
func unit(u qa.PageUnit) string {
	if u == qa.UnitPage {
		return "page"
	}
	return string(u)
}

func positive(x float64) *float64 {
	if x <= 0 {
		return nil
	}
	return &x
}

func pageOrNull(n int) *int {
	if n < 1 {
		return nil
	}
	return &n
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Each maps a list and never gives null.
func Each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, a := range in {
		out = append(out, f(a))
	}
	return out
}
