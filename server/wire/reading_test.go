package wire_test

import (
	"encoding/json"
	"maps"
	"testing"

	"rapporteur/qa"
	"rapporteur/server/wire"
)

// TestNewReading: the total is the sum of the pages, and lists are never null.
func TestNewReading(t *testing.T) {
	t.Parallel()
	r := wire.NewReading(qa.Version{ID: "v", Document: "d"}, qa.Reading{Pages: []qa.PageReading{
		{Number: 1, Characters: 10, Tables: 1, Images: 2, Repeated: 3, Hidden: map[qa.HiddenMeans]int{qa.HiddenTiny: 4, qa.HiddenColour: 5}},
		{Number: 2, Characters: 30, Recognised: 30, Confidence: 0.5, Hidden: map[qa.HiddenMeans]int{qa.HiddenTiny: 6}},
		{Number: 3, Characters: 10, Recognised: 10, Confidence: 0.9},
		{Number: 4, Images: 1, Unread: "not_recognised"},
		{Number: 5, Unread: "blank"},
	}})
	var sum wire.PageReading
	hidden := map[string]int{}
	for i, p := range r.Pages {
		if p.Page != i+1 {
			t.Errorf("page %d stands at %d", p.Page, i+1)
		}
		sum.Characters += p.Characters
		sum.Tables += p.Tables
		sum.Images += p.Images
		sum.Recognised += p.Recognised
		sum.Repeated += p.Repeated
		for means, n := range p.Hidden {
			hidden[means] += n
		}
	}
	got := r.Total
	if got.Characters != 50 || got.Characters != sum.Characters || got.Tables != sum.Tables || got.Images != sum.Images ||
		got.Recognised != sum.Recognised || got.Repeated != sum.Repeated || !maps.Equal(got.Hidden, hidden) || got.Page != 0 {
		t.Errorf("total %+v, the pages sum to %+v and %v", got, sum, hidden)
	}
	if got.Confidence == nil || *got.Confidence < 0.599 || *got.Confidence > 0.601 {
		t.Errorf("confidence of the total: %v", got.Confidence) // (30·0.5 + 10·0.9) / 40
	}
	if len(r.Unread) != 1 || r.Unread[0] != 4 {
		t.Errorf("unread: %v", r.Unread)
	}
	if p := r.Pages[3]; p.Confidence != nil || p.Unread == nil || *p.Unread != "not_recognised" || r.Pages[0].Unread != nil {
		t.Errorf("page 4: %+v, page 1: %+v", p, r.Pages[0])
	}
}

func TestNewReadingOfNothing(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(wire.NewReading(qa.Version{ID: "v", Document: "d"}, qa.Reading{}))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"document":"d","version":"v","verdict":null,"language":null,"created":null,"modified":null,"attachments":[],"unread":[],` +
		`"total":{"page":0,"characters":0,"tables":0,"images":0,"recognised":0,"confidence":null,"repeated":0,"hidden":{},"unread":null},"pages":[]}`
	if string(raw) != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
}
