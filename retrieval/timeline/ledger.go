package timeline

import (
	"slices"

	"rapporteur/qa"
)

// List is the present state of the versions of one segment, by their number in it. A copy of a List
// shares its states with the original until it is changed.
type List struct {
	States []*State
	Gone   int  // versions removed since the segment was made
	own    bool // States is not shared with a snapshot
}

// Shared gives a copy to go on from, which leaves what readers hold of l as it is.
func (l List) Shared() List {
	l.own = false
	return l
}

// Stale reports whether so much of the segment is gone that it is worth rewriting.
func (l *List) Stale() bool { return l.Gone*4 > len(l.States) }

func (l *List) set(number int, s *State) {
	if !l.own {
		l.States, l.own = slices.Clone(l.States), true
	}
	if s.removed && !l.States[number].removed {
		l.Gone++
	}
	l.States[number] = s
}

// Ledger locates the versions that an index holds in its segments of type S, for the synchronisation
// alone. The lists themselves are the caller's: Find gives that of a segment.
type Ledger[S comparable] struct {
	version  map[qa.VersionID]place[S]
	document map[qa.DocumentID][]qa.VersionID
}

// place is the number of a version in a segment.
type place[S comparable] struct {
	segment S
	number  int
}

// Find gives the list of a segment in the state in the making.
type Find[S comparable] func(segment S) *List

// NewLedger makes the ledger of an empty index.
func NewLedger[S comparable]() *Ledger[S] {
	return &Ledger[S]{version: map[qa.VersionID]place[S]{}, document: map[qa.DocumentID][]qa.VersionID{}}
}

// Place gives the segment that holds a version and its number there, and false when none does.
func (l *Ledger[S]) Place(id qa.VersionID) (segment S, number int, held bool) {
	at, held := l.version[id]
	return at.segment, at.number, held
}

// Put notes that a segment holds the versions of states, in their order: for the first time, or after a move.
func (l *Ledger[S]) Put(segment S, states []*State) {
	for i, s := range states {
		if _, held := l.version[s.Version]; !held {
			l.document[s.Document] = append(l.document[s.Document], s.Version)
		}
		l.version[s.Version] = place[S]{segment, i}
	}
}

// Retire marks a version as gone from the place that holds it and gives the state it had; it is to be
// Put elsewhere with that state.
func (l *Ledger[S]) Retire(id qa.VersionID, find Find[S]) *State {
	at := l.version[id]
	list := find(at.segment)
	s := list.States[at.number]
	list.set(at.number, s.gone())
	return s
}

// Apply brings the states up to a change. Versions that the index does not hold are passed over.
func (l *Ledger[S]) Apply(c qa.Change, find Find[S]) {
	switch c.Kind {
	case qa.ChangePublished:
		// A document has one live version, whichever of its two changes comes first.
		for _, id := range l.document[c.Document] {
			if id != c.Version {
				l.set(id, find, func(s *State) *State { return s.superseded(c.At) })
			}
		}
		l.set(c.Version, find, func(s *State) *State { return s.published(c.At) })
	case qa.ChangeSuperseded:
		l.set(c.Version, find, func(s *State) *State { return s.superseded(c.At) })
	case qa.ChangeRemoved:
		l.remove(c.Document, find)
	}
}

// remove drops the versions of a document, but not those that a later change of the same
// synchronisation publishes.
func (l *Ledger[S]) remove(id qa.DocumentID, find Find[S]) {
	l.document[id] = slices.DeleteFunc(l.document[id], func(v qa.VersionID) bool {
		published := false
		l.set(v, find, func(s *State) *State {
			if published = len(s.lives) > 0; published {
				return s.gone()
			}
			return s
		})
		if published {
			delete(l.version, v)
		}
		return published
	})
	if len(l.document[id]) == 0 {
		delete(l.document, id)
	}
}

// set replaces the state of a version, if the index holds it.
func (l *Ledger[S]) set(id qa.VersionID, find Find[S], change func(*State) *State) {
	at, held := l.version[id]
	if !held {
		return
	}
	list := find(at.segment)
	now := list.States[at.number]
	if next := change(now); next != now {
		list.set(at.number, next)
	}
}
