package eval

import (
	"context"
	"slices"
	"sync"

	"rapporteur/qa"
)

// place names a stored version.
type place struct {
	document qa.DocumentID
	version  qa.VersionID
	source   string
}

// reader reads stored texts, once each, and compares with them. Its methods may be called at the same time.
type reader struct {
	system  System
	records map[string]string // texts of the records, where the set names exact places in some

	mu    sync.Mutex
	texts map[qa.VersionID]*storedText
}

// storedText is a text that is read by whoever needs it first.
type storedText struct {
	once    sync.Once
	text    qa.Text
	aligned alignment
	err     error
}

func newReader(system System, s Set) *reader {
	r := &reader{system: system, records: map[string]string{}, texts: map[qa.VersionID]*storedText{}}
	exact := func(q Question) bool {
		return slices.ContainsFunc(q.Evidence, func(e Evidence) bool { return e.End > 0 })
	}
	if slices.ContainsFunc(s.Questions, exact) {
		for _, record := range s.Records {
			r.records[record.ID] = record.Text
		}
	}
	return r
}

func (r *reader) read(ctx context.Context, p place) (*storedText, error) {
	r.mu.Lock()
	t := r.texts[p.version]
	if t == nil {
		t = &storedText{}
		r.texts[p.version] = t
	}
	r.mu.Unlock()
	t.once.Do(func() {
		if t.text, t.err = r.system.Text(ctx, p.document, p.version); t.err != nil {
			return
		}
		if record, ok := r.records[p.source]; ok {
			t.aligned = align(t.text.Content, record)
		}
	})
	return t, t.err
}

// extent gives the place of a span in its record, nil where nothing is to be compared with it.
func (r *reader) extent(ctx context.Context, p place, span qa.Span) (*Extent, error) {
	if _, ok := r.records[p.source]; !ok {
		return nil, nil
	}
	t, err := r.read(ctx, p)
	if err != nil {
		return nil, err
	}
	from, to, ok := t.aligned.span(span.Start, span.End)
	if !ok {
		return nil, nil
	}
	return &Extent{From: from, To: to}, nil
}

// cited checks each citation against the stored text, independently of who made it.
func (r *reader) cited(ctx context.Context, cs []qa.Citation) ([]Cited, error) {
	var out []Cited
	for _, c := range cs {
		at := place{c.Document, c.Version, c.Source}
		t, err := r.read(ctx, at)
		if err != nil {
			return nil, err
		}
		got := Cited{Doc: c.Source, Title: c.Title, Page: c.Page, Label: c.PageLabel, Header: c.Header, Quote: c.Quote,
			Valid: stands(t.text, c), PageValid: pageHolds(t.text, c)}
		if got.Extent, err = r.extent(ctx, at, c.Span); err != nil {
			return nil, err
		}
		out = append(out, got)
	}
	return out, nil
}

func stands(t qa.Text, c qa.Citation) bool {
	return c.Start >= 0 && c.Start < c.End && c.End <= len(t.Content) && t.Content[c.Start:c.End] == c.Quote
}

func pageHolds(t qa.Text, c qa.Citation) bool {
	if len(t.Pages) == 0 {
		return c.Page == 0
	}
	for _, p := range t.Pages {
		if p.Number == c.Page {
			return p.Start <= c.Start && c.Start < p.End
		}
	}
	return false
}
