package codec

import (
	"encoding/json"
	"time"

	"rapporteur/qa"
)

// pageRow, blockRow are how pages and blocks are stored: short names, independent of the Go types.
type pageRow struct {
	Start  int         `json:"s"`
	End    int         `json:"e"`
	Number int         `json:"n"`
	Label  string      `json:"l,omitempty"`
	Unit   qa.PageUnit `json:"u,omitempty"`
}

type blockRow struct {
	Start      int          `json:"s"`
	End        int          `json:"e"`
	Kind       qa.BlockKind `json:"k"`
	Level      int          `json:"l,omitempty"`
	Header     []int        `json:"h,omitempty"` // start and end
	Place      string       `json:"p,omitempty"`
	Recognised float64      `json:"o,omitempty"`
}

// PackPages writes the pages of a text or of a chunk.
func PackPages(pages []qa.Page) string {
	out := make([]pageRow, len(pages))
	for i, p := range pages {
		out[i] = pageRow{p.Start, p.End, p.Number, p.Label, p.Unit}
	}
	return List(out)
}

// UnpackPages is the inverse of PackPages; no page is nil.
func UnpackPages(s string) ([]qa.Page, error) {
	var in []pageRow
	if err := json.Unmarshal([]byte(s), &in); err != nil || len(in) == 0 {
		return nil, err
	}
	out := make([]qa.Page, len(in))
	for i, p := range in {
		out[i] = qa.Page{Span: qa.Span{Start: p.Start, End: p.End}, Number: p.Number, Label: p.Label, Unit: p.Unit}
	}
	return out, nil
}

// PackBlocks writes the blocks of a text or of a chunk.
func PackBlocks(blocks []qa.Block) string {
	out := make([]blockRow, len(blocks))
	for i, b := range blocks {
		out[i] = blockRow{b.Start, b.End, b.Kind, b.Level, packSpan(b.Header), b.Place, b.Recognised}
	}
	return List(out)
}

// UnpackBlocks is the inverse of PackBlocks; no block is nil.
func UnpackBlocks(s string) ([]qa.Block, error) {
	var in []blockRow
	if err := json.Unmarshal([]byte(s), &in); err != nil || len(in) == 0 {
		return nil, err
	}
	out := make([]qa.Block, len(in))
	for i, b := range in {
		out[i] = qa.Block{Span: qa.Span{Start: b.Start, End: b.End}, Kind: b.Kind, Level: b.Level,
			Header: unpackSpan(b.Header), Place: b.Place, Recognised: b.Recognised}
	}
	return out, nil
}

func packSpan(s qa.Span) []int {
	if s == (qa.Span{}) {
		return nil
	}
	return []int{s.Start, s.End}
}

func unpackSpan(s []int) qa.Span {
	if len(s) != 2 {
		return qa.Span{}
	}
	return qa.Span{Start: s[0], End: s[1]}
}

// List writes a list as JSON; nil is the empty list. Lists of strings, numbers and the rows above
// always encode.
func List[T any](list []T) string {
	if list == nil {
		return "[]"
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// readingRow and pageReadingRow are how a report is stored: short names, independent of the Go types,
// and nothing for what is zero.
type readingRow struct {
	Pages       []pageReadingRow `json:"p,omitempty"`
	Created     int64            `json:"c,omitempty"` // microseconds since 1970
	Modified    int64            `json:"m,omitempty"`
	Attachments []string         `json:"a,omitempty"`
}

type pageReadingRow struct {
	Number     int                    `json:"n,omitempty"`
	Characters int                    `json:"c,omitempty"`
	Tables     int                    `json:"t,omitempty"`
	Images     int                    `json:"i,omitempty"`
	Recognised int                    `json:"o,omitempty"`
	Confidence float64                `json:"f,omitempty"`
	Repeated   int                    `json:"r,omitempty"`
	Hidden     map[qa.HiddenMeans]int `json:"h,omitempty"`
	Unread     string                 `json:"u,omitempty"`
}

// PackReading writes an ingestion report.
func PackReading(r qa.Reading) (string, error) {
	out := readingRow{Created: packTime(r.Created), Modified: packTime(r.Modified), Attachments: r.Attachments}
	for _, p := range r.Pages {
		out.Pages = append(out.Pages, pageReadingRow(p))
	}
	b, err := json.Marshal(out)
	return string(b), err
}

// UnpackReading is the inverse of PackReading.
func UnpackReading(s string) (qa.Reading, error) {
	var in readingRow
	if err := json.Unmarshal([]byte(s), &in); err != nil {
		return qa.Reading{}, err
	}
	out := qa.Reading{Created: unpackTime(in.Created), Modified: unpackTime(in.Modified), Attachments: in.Attachments}
	for _, p := range in.Pages {
		out.Pages = append(out.Pages, qa.PageReading(p))
	}
	return out, nil
}

func packTime(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func unpackTime(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
