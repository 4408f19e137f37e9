package wire

import (
	"slices"
	"time"

	"rapporteur/qa"
)

// ScopeRequest is the part of a request that narrows what may be read. It never widens it.
type ScopeRequest struct {
	Documents []string `json:"documents,omitempty" doc:"only these documents"`
	Versions  []string `json:"versions,omitempty" doc:"these versions instead of the live ones"`
	Year      string   `json:"year,omitempty" doc:"only documents whose title or file name names this year, as in « Bilan 2024 »"`
	AsOf      string   `json:"as_of,omitempty" doc:"versions that were live at the end of this day (2024-12-31, UTC) or at this time (RFC 3339)"`
}

// maxScopeIDs bounds the documents and the versions that one request may name.
const maxScopeIDs = 1000

// Narrow gives the part of granted that a request asks for. What lies outside gives the zero
// Scope, so that asking about another's collection looks like asking about one that is not there.
func Narrow(granted qa.Scope, collection string, asked *ScopeRequest) (qa.Scope, error) {
	scope := granted
	if collection != "" {
		id := qa.CollectionID(collection)
		if !granted.Holds(id) {
			return qa.Scope{}, nil
		}
		scope.Everything, scope.Collections = false, []qa.CollectionID{id}
	}
	if asked == nil {
		return scope, nil
	}
	if len(asked.Documents) > maxScopeIDs || len(asked.Versions) > maxScopeIDs {
		return qa.Scope{}, qa.E(qa.Invalid, "field_invalid", "scope")
	}
	at, err := asOf(asked.AsOf)
	if err != nil {
		return qa.Scope{}, err
	}
	if !at.IsZero() && (scope.AsOf.IsZero() || at.Before(scope.AsOf)) {
		scope.AsOf = at
	}
	var ok bool
	if scope.Documents, ok = within(granted.Documents, asked.Documents); !ok {
		return qa.Scope{}, nil
	}
	if scope.Versions, ok = within(granted.Versions, asked.Versions); !ok {
		return qa.Scope{}, nil
	}
	return scope, nil
}

// within gives the asked identifiers that are granted; no grant list grants all, and ok is false
// when nothing asked for is granted.
func within[ID ~string](granted []ID, asked []string) (ids []ID, ok bool) {
	if len(asked) == 0 {
		return granted, true
	}
	for _, a := range asked {
		if len(granted) == 0 || slices.Contains(granted, ID(a)) {
			ids = append(ids, ID(a))
		}
	}
	return ids, len(ids) > 0
}

func asOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Nanosecond), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, qa.E(qa.Invalid, "field_invalid", "as_of").Because(err)
	}
	return at, nil
}
