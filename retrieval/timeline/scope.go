package timeline

import "rapporteur/qa"

// Filter is a scope made ready to be asked about many versions.
type Filter struct {
	scope     qa.Scope
	documents map[qa.DocumentID]bool // nil: any
	versions  map[qa.VersionID]bool  // nil: by time
}

// NewFilter makes the filter of a scope. It allocates only where the scope lists documents or versions.
func NewFilter(scope qa.Scope) Filter {
	return Filter{scope: scope, documents: members(scope.Documents), versions: members(scope.Versions)}
}

func members[T comparable](list []T) map[T]bool {
	if len(list) == 0 {
		return nil
	}
	m := make(map[T]bool, len(list))
	for _, v := range list {
		m[v] = true
	}
	return m
}

// Covers reports whether the scope covers the version.
func (f *Filter) Covers(s *State) bool {
	if s.removed || !f.scope.Holds(s.Collection) || f.documents != nil && !f.documents[s.Document] {
		return false
	}
	switch {
	case f.versions != nil:
		return f.versions[s.Version]
	case !f.scope.AsOf.IsZero():
		return s.liveAt(f.scope.AsOf)
	}
	return s.live()
}
