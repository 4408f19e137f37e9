package lexical

import (
	"slices"

	"rapporteur/qa"
	"rapporteur/retrieval/timeline"
)

// readable decides once a query which versions of a view the scope covers. allowed has one entry a
// version; any is false when all are false.
func (v view) readable(f *timeline.Filter, allowed []bool) (any bool) {
	for i, s := range v.States {
		allowed[i] = f.Covers(s)
		any = any || allowed[i]
	}
	return any
}

// Documents counts the documents that the scope covers.
func (x *Index) Documents(scope qa.Scope) int {
	found := map[qa.DocumentID]bool{}
	filter := timeline.NewFilter(scope)
	var allowed []bool
	for _, v := range x.current.Load().views {
		allowed = slices.Grow(allowed[:0], len(v.States))[:len(v.States)]
		v.readable(&filter, allowed)
		for i, ok := range allowed {
			if ok {
				found[v.States[i].Document] = true
			}
		}
	}
	return len(found)
}
