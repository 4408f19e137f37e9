package timeline

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

func day(d int) time.Time { return time.Date(2024, 1, d, 0, 0, 0, 0, time.UTC) }

// shelf is an index that keeps nothing but the states: a segment is a number.
type shelf struct {
	ledger *Ledger[int]
	lists  []List
}

func (s *shelf) find(segment int) *List { return &s.lists[segment] }

// put adds a segment with versions not yet published, written "document.version" in collection c.
func (s *shelf) put(versions ...string) {
	var states []*State
	for _, v := range versions {
		document, _, _ := strings.Cut(v, ".")
		states = append(states, NewState(qa.Change{Collection: "c", Document: qa.DocumentID(document), Version: qa.VersionID(v)}, ""))
	}
	s.ledger.Put(len(s.lists), states)
	s.lists = append(s.lists, List{States: states})
}

func (s *shelf) apply(kind qa.ChangeKind, version string, d int) {
	document, _, _ := strings.Cut(version, ".")
	s.ledger.Apply(qa.Change{Kind: kind, Document: qa.DocumentID(document), Version: qa.VersionID(version), At: day(d)}, s.find)
}

func covered(lists []List, scope qa.Scope) string {
	var out []string
	f := NewFilter(scope)
	for _, l := range lists {
		for _, st := range l.States {
			if f.Covers(st) {
				out = append(out, string(st.Version))
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

var everything = qa.Scope{Everything: true}

func TestVersionsLiveAndEnd(t *testing.T) {
	t.Parallel()
	s := &shelf{ledger: NewLedger[int]()}
	s.put("a.1", "b.1")
	s.apply(qa.ChangePublished, "a.1", 1)
	s.apply(qa.ChangePublished, "b.1", 2)
	s.put("a.2")
	s.apply(qa.ChangePublished, "a.2", 3) // supersedes a.1 before the feed says so
	s.apply(qa.ChangeSuperseded, "a.1", 3)
	s.apply(qa.ChangePublished, "a.1", 5) // a rollback
	s.apply(qa.ChangeSuperseded, "a.2", 5)
	s.apply(qa.ChangePublished, "z.1", 5) // not held
	for _, tt := range []struct {
		name, want string
		scope      qa.Scope
	}{
		{"zero reads nothing", "", qa.Scope{}},
		{"live", "a.1 b.1", everything},
		{"collection", "a.1 b.1", qa.Scope{Collections: []qa.CollectionID{"x", "c"}}},
		{"other collection", "", qa.Scope{Collections: []qa.CollectionID{"x"}, Versions: []qa.VersionID{"a.1"}}},
		{"document", "b.1", qa.Scope{Everything: true, Documents: []qa.DocumentID{"b", "y"}}},
		{"versions", "a.1 a.2", qa.Scope{Everything: true, Versions: []qa.VersionID{"a.2", "a.1"}}},
		{"as of day 1", "a.1", qa.Scope{Everything: true, AsOf: day(1)}},
		{"as of day 3", "a.2 b.1", qa.Scope{Everything: true, AsOf: day(3)}},
		{"as of day 4", "a.2 b.1", qa.Scope{Everything: true, AsOf: day(4)}},
		{"as of day 5", "a.1 b.1", qa.Scope{Everything: true, AsOf: day(5)}},
	} {
		if got := covered(s.lists, tt.scope); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestReadersKeepTheirStates(t *testing.T) {
	t.Parallel()
	s := &shelf{ledger: NewLedger[int]()}
	s.put("a.1", "b.1")
	s.apply(qa.ChangePublished, "a.1", 1)
	s.apply(qa.ChangePublished, "b.1", 1)
	before := slices.Clone(s.lists)
	s.lists[0] = s.lists[0].Shared()
	s.apply(qa.ChangeRemoved, "a.1", 2)
	s.apply(qa.ChangeSuperseded, "b.1", 2)
	if got := covered(before, everything); got != "a.1 b.1" || before[0].Gone != 0 {
		t.Errorf("a reader now sees %q", got)
	}
	if got := covered(s.lists, everything); got != "" || s.lists[0].Gone != 1 || !s.lists[0].Stale() {
		t.Errorf("the next state covers %q of %+v", got, s.lists[0])
	}
	if _, _, held := s.ledger.Place("a.1"); held {
		t.Error("a removed version is still held")
	}
}

// A synchronisation adds all new versions before it applies the changes: a removal must not take those
// that only a later change publishes.
func TestRemovalSparesWhatIsPublishedLater(t *testing.T) {
	t.Parallel()
	s := &shelf{ledger: NewLedger[int]()}
	s.put("a.1")
	s.apply(qa.ChangePublished, "a.1", 1)
	s.put("a.2")
	s.apply(qa.ChangeRemoved, "a.1", 2)
	s.apply(qa.ChangePublished, "a.2", 3)
	if got := covered(s.lists, everything); got != "a.2" {
		t.Errorf("covers %q", got)
	}
	s.apply(qa.ChangeRemoved, "a.2", 4)
	if len(s.ledger.version) != 0 || len(s.ledger.document) != 0 {
		t.Errorf("the ledger keeps %v", s.ledger)
	}
}

func TestRetiredVersionsLiveOnElsewhere(t *testing.T) {
	t.Parallel()
	s := &shelf{ledger: NewLedger[int]()}
	s.put("a.1")
	s.apply(qa.ChangePublished, "a.1", 1)
	moved := []*State{s.ledger.Retire("a.1", s.find)}
	s.ledger.Put(1, moved)
	s.lists = append(s.lists, List{States: moved})
	if got := covered(s.lists, everything); got != "a.1" || s.lists[0].Gone != 1 {
		t.Errorf("covers %q of %+v", got, s.lists)
	}
	s.apply(qa.ChangeRemoved, "a.1", 2)
	if got := covered(s.lists, everything); got != "" || s.lists[1].Gone != 1 {
		t.Errorf("covers %q of %+v", got, s.lists)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		sizes      []int
		kept, tail []int
	}{
		{"none", nil, nil, nil},
		{"one", []int{5}, nil, []int{5}},
		{"already few", []int{40, 20, 10}, []int{40, 20}, []int{10}},
		{"merges ripple", []int{1, 20, 1, 3}, []int{20}, []int{3, 1, 1}},
		{"too large to merge", []int{90, 60, 50}, []int{90, 60}, []int{50}},
		{"limit", []int{60, 30, 15}, []int{60, 30}, []int{15}},
	} {
		kept, tail := Split(tt.sizes, func(n int) int { return n }, 100)
		if !slices.Equal(kept, tt.kept) || !slices.Equal(tail, tt.tail) {
			t.Errorf("%s: kept %v, tail %v, want %v and %v", tt.name, kept, tail, tt.kept, tt.tail)
		}
	}
}

// pages is a feed that gives fewer changes than asked for.
type pages []qa.Change

func (p pages) Changes(_ context.Context, since qa.Revision, n int) ([]qa.Change, error) {
	if int(since) == len(p) {
		return nil, nil
	}
	if p[since].Kind == "broken" {
		return nil, errors.New("disk on fire")
	}
	return p[since : since+1], nil
}

func TestChangesAreReadToTheEnd(t *testing.T) {
	t.Parallel()
	p := pages{
		{Revision: 1, Kind: qa.ChangeRemoved, Document: "a"}, {Revision: 2, Kind: qa.ChangePublished, Document: "a"},
		{Revision: 3, Kind: qa.ChangeRemoved, Document: "a"},
	}
	all, err := Changes(context.Background(), p, 0)
	if err != nil || len(all) != 3 {
		t.Errorf("%d changes, %v", len(all), err)
	}
	if r := Removals(all); len(r) != 1 || r["a"] != 3 {
		t.Errorf("removals %v", r)
	}
	if _, err := Changes(context.Background(), append(p, qa.Change{Revision: 4, Kind: "broken"}), 0); err == nil {
		t.Error("no error")
	}
}
