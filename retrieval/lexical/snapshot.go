package lexical

import (
	"slices"
	"strings"

	"rapporteur/analysis"
	"rapporteur/qa"
	"rapporteur/retrieval/timeline"
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
	timeline.List
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
		for _, st := range v.States {
			if !st.Removed() && !slices.Contains(s.languages, st.Language) {
				s.languages = append(s.languages, st.Language)
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
	if v.Gone == 0 {
		return len(f.length), f.words
	}
	for n, s := range v.States {
		if s.Removed() {
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
	if v.Gone == 0 {
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
		if !v.States[version].Removed() {
			n++
		}
	}
	return n
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
