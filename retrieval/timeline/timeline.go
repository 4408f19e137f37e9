// Package timeline knows which versions of which documents a search index holds, and when each of them
// answered questions. The indexes share it: they differ in what they keep of a version, not in what the
// change feed says of it. A State is replaced, never changed, so that readers of a snapshot see one
// moment of it.
package timeline

import (
	"slices"
	"time"

	"rapporteur/qa"
)

// State is what the feed has said of a version.
type State struct {
	Version    qa.VersionID
	Document   qa.DocumentID
	Collection qa.CollectionID
	Language   string // of the version, in the words of the index that keeps it
	lives      []life // in order
	removed    bool
}

// life is a time during which the version answered questions; end is zero while it does.
type life struct{ start, end time.Time }

// NewState makes the state of a version that the change names, before the change is applied.
func NewState(c qa.Change, language string) *State {
	return &State{Version: c.Version, Document: c.Document, Collection: c.Collection, Language: language}
}

// Removed reports whether what the index keeps there is gone for good.
func (s *State) Removed() bool { return s.removed }

func (s *State) live() bool {
	return !s.removed && len(s.lives) > 0 && s.lives[len(s.lives)-1].end.IsZero()
}

func (s *State) liveAt(t time.Time) bool {
	return slices.ContainsFunc(s.lives, func(l life) bool {
		return !l.start.After(t) && (l.end.IsZero() || l.end.After(t))
	})
}

// published gives the state after a publication, which may be a return after a rollback.
func (s *State) published(t time.Time) *State {
	if s.live() {
		return s
	}
	next := *s
	next.lives = append(slices.Clone(s.lives), life{start: t})
	return &next
}

func (s *State) superseded(t time.Time) *State {
	if !s.live() {
		return s
	}
	next := *s
	next.lives = slices.Clone(s.lives)
	next.lives[len(next.lives)-1].end = t
	return &next
}

func (s *State) gone() *State {
	next := *s
	next.removed = true
	return &next
}
