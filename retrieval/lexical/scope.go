package lexical

import (
	"slices"

	"rapporteur/qa"
)

// readable decides once a query which versions of a view the scope covers. allowed has one entry a
// version; any is false when all are false.
func (v view) readable(scope qa.Scope, allowed []bool) (any bool) {
	var documents map[qa.DocumentID]bool
	if len(scope.Documents) > 0 {
		documents = members(scope.Documents)
	}
	for i, s := range v.states {
		allowed[i] = !s.removed && s.in(scope) && (documents == nil || documents[s.document])
		any = any || allowed[i]
	}
	return any
}

// in leaves Scope.Documents to its caller, which has them as a set.
func (s *state) in(scope qa.Scope) bool {
	if !scope.Everything && !scope.Holds(s.collection) {
		return false
	}
	switch {
	case len(scope.Versions) > 0:
		return slices.Contains(scope.Versions, s.version)
	case !scope.AsOf.IsZero():
		return s.liveAt(scope.AsOf)
	}
	return s.live()
}

func members[T comparable](list []T) map[T]bool {
	m := make(map[T]bool, len(list))
	for _, v := range list {
		m[v] = true
	}
	return m
}

// Documents counts the documents that the scope covers.
func (x *Index) Documents(scope qa.Scope) int {
	found := map[qa.DocumentID]bool{}
	var allowed []bool
	for _, v := range x.current.Load().views {
		allowed = slices.Grow(allowed[:0], len(v.states))[:len(v.states)]
		v.readable(scope, allowed)
		for i, ok := range allowed {
			if ok {
				found[v.states[i].document] = true
			}
		}
	}
	return len(found)
}
