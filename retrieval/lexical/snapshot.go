package lexical

import (
	"slices"
	"strings"
	"time"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// snapshot is one state of the index. It never changes once it is stored. Its figures count the
// versions held: live and superseded, not removed. They are the same however the index came to its
// state, so a rebuilt index ranks alike.
type snapshot struct {
	revision  qa.Revision
	views     []view
	languages []string        // of the versions held, sorted
	places    [fields]int     // chunks, chunks, versions
	average   [fields]float32 // words per place
}

// view is a segment with the present state of its versions, by their number in the segment.
type view struct {
	*segment
	states []*state
	gone   int // versions removed since the segment was made
}

func newSnapshot(revision qa.Revision, views []view) *snapshot {
	s := &snapshot{revision: revision, views: views}
	var words [fields]int
	for _, v := range views {
		for i := range fields {
			places, n := v.held(i)
			s.places[i] += places
			words[i] += n
		}
		for _, st := range v.states {
			if !st.removed && !slices.Contains(s.languages, st.language) {
				s.languages = append(s.languages, st.language)
			}
		}
	}
	slices.Sort(s.languages)
	for i := range fields {
		s.average[i] = float32(max(words[i], 1)) / float32(max(s.places[i], 1))
	}
	return s
}

// held counts the places and words of a field that belong to versions not removed.
func (v view) held(i int) (places, words int) {
	f := &v.field[i]
	if v.gone == 0 {
		return len(f.length), f.words
	}
	for n, s := range v.states {
		if s.removed {
			continue
		}
		start, end := v.span(i, n)
		places += end - start
		for _, l := range f.length[start:end] {
			words += int(l)
		}
	}
	return places, words
}

// span gives the places of version n in a field.
func (v view) span(i, n int) (start, end int) {
	if i == title {
		return n, n + 1
	}
	return int(v.first[n]), int(v.first[n+1])
}

// count gives how many places of versions not removed hold the stem numbered stem of a field.
func (v view) count(i, stem int) int {
	f := &v.field[i]
	if v.gone == 0 {
		return int(f.count[stem])
	}
	n, version, last := 0, 0, -1
	for p := f.posting[stem]; p < f.posting[stem+1]; p++ {
		place := int(f.place[p])
		if place == last {
			continue
		}
		last = place
		for _, end := v.span(i, version); place >= end; _, end = v.span(i, version) {
			version++
		}
		if !v.states[version].removed {
			n++
		}
	}
	return n
}

// state is what the feed has said of a version. It is replaced, never changed.
type state struct {
	version    qa.VersionID
	document   qa.DocumentID
	collection qa.CollectionID
	language   string // as stemming returns it
	lives      []life // in order
	removed    bool
}

// life is a time during which the version answered questions; end is zero while it does.
type life struct{ start, end time.Time }

func (s *state) live() bool {
	return !s.removed && len(s.lives) > 0 && s.lives[len(s.lives)-1].end.IsZero()
}

func (s *state) liveAt(t time.Time) bool {
	return slices.ContainsFunc(s.lives, func(l life) bool {
		return !l.start.After(t) && (l.end.IsZero() || l.end.After(t))
	})
}

// published gives the state after a publication, which may be a return after a rollback.
func (s *state) published(t time.Time) *state {
	if s.live() {
		return s
	}
	next := *s
	next.lives = append(slices.Clone(s.lives), life{start: t})
	return &next
}

func (s *state) superseded(t time.Time) *state {
	if !s.live() {
		return s
	}
	next := *s
	next.lives = slices.Clone(s.lives)
	next.lives[len(next.lives)-1].end = t
	return &next
}

func (s *state) gone() *state {
	next := *s
	next.removed = true
	return &next
}

// stemming gives the language to analyse a text in: as it is tagged, else as it reads, else French;
// "other" stands for all languages without a stemmer.
func stemming(tag, text string) string {
	if tag == "" {
		tag = analysis.Language(text)
	}
	base, _, _ := strings.Cut(tag, "-")
	switch base {
	case "", "fr":
		return "fr"
	case "en":
		return "en"
	}
	return "other"
}
