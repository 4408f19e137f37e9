package eval

import (
	"cmp"
	"slices"
)

// placed is a passage or quote in the record that it comes from; its Extent is nil where it has none there.
type placed struct {
	doc string
	*Extent
}

// tightness scores spans against the exact places of the evidence, in characters, as the chunking evaluation of
// Chroma does: each gold character counts once however often it was found, and all that was found counts.
func tightness(r *row, found []placed, suffix string) {
	gold, shown := map[string][]Extent{}, map[string][]Extent{}
	for _, e := range r.question.Evidence {
		if e.End > 0 {
			gold[e.Doc] = append(gold[e.Doc], Extent{From: e.Start, To: e.End})
		}
	}
	if len(gold) == 0 {
		return
	}
	read := 0
	for _, f := range found {
		if f.Extent != nil {
			shown[f.doc] = append(shown[f.doc], *f.Extent)
			read += f.To - f.From
		}
	}
	wanted, hit := 0, 0
	for doc, spans := range gold {
		spans = merged(spans)
		for _, g := range spans {
			wanted += g.To - g.From
			for _, f := range merged(shown[doc]) {
				hit += max(0, min(g.To, f.To)-max(g.From, f.From))
			}
		}
	}
	share := func(of int) float64 { return 100 * float64(hit) / float64(max(1, of)) }
	r.add("span_recall"+suffix, share(wanted))
	r.add("span_precision"+suffix, share(read))
	r.add("span_iou"+suffix, share(wanted+read-hit))
}

// merged joins extents that touch, in order.
func merged(list []Extent) []Extent {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Extent) int { return cmp.Compare(a.From, b.From) })
	var out []Extent
	for _, e := range list {
		if n := len(out); n > 0 && e.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, e.To)
			continue
		}
		out = append(out, e)
	}
	return out
}
