package vector

import (
	"cmp"
	"slices"
	"sort"

	"rapporteur/qa"
	"rapporteur/retrieval/timeline"
)

// segment holds the vectors of some versions. It never changes. Its rows are the chunks that have a
// vector, version after version; a version without vectors yet has no row.
type segment struct {
	chunks  []qa.ChunkID // by row
	first   []int        // of each version, its first row; one more at the end
	vectors [][]float32  // of each version, [rows][dimensions]; merges share them
	order   []uint32     // the rows in order of chunk
}

// snapshot is one state of the index. It never changes once it is stored.
type snapshot struct {
	revision qa.Revision
	views    []view
	space    space
	pending  int // versions held that have no vectors
}

// view is a segment with the present state of its versions and the codes of its rows, which change with
// the mean.
type view struct {
	*segment
	timeline.List
	codes coded
}

// rows counts the vectors that belong to versions not removed.
func (v *view) rows() int {
	if v.Gone == 0 {
		return len(v.chunks)
	}
	n := 0
	for i, s := range v.States {
		if !s.Removed() {
			n += v.first[i+1] - v.first[i]
		}
	}
	return n
}

// version gives the number of the version that a row belongs to.
func (s *segment) version(row int) int {
	return sort.Search(len(s.vectors), func(i int) bool { return s.first[i+1] > row })
}

// vector gives row number row, of the version numbered version.
func (s *segment) vector(row, version, dimensions int) []float32 {
	at := (row - s.first[version]) * dimensions
	return s.vectors[version][at : at+dimensions]
}

// row finds the row of a chunk.
func (s *segment) row(id qa.ChunkID) (int, bool) {
	i, found := slices.BinarySearchFunc(s.order, id, func(row uint32, id qa.ChunkID) int {
		return cmp.Compare(s.chunks[row], id)
	})
	if !found {
		return 0, false
	}
	return int(s.order[i]), true
}

// builder gathers versions into a segment.
type builder struct {
	segment *segment
	states  []*timeline.State
	codes   coded
}

func newBuilder() *builder { return &builder{segment: &segment{}} }

// add takes in a version with its rows and, once there is a space for them, their codes.
func (b *builder) add(s *timeline.State, chunks []qa.ChunkID, vectors []float32, codes coded) {
	b.states = append(b.states, s)
	b.segment.first = append(b.segment.first, len(b.segment.chunks))
	b.segment.chunks = append(b.segment.chunks, chunks...)
	b.segment.vectors = append(b.segment.vectors, vectors)
	b.codes.join(codes)
}

// addView takes in what is still held of a view.
func (b *builder) addView(v view, lanes int) {
	for i, s := range v.States {
		if !s.Removed() {
			from, to := v.first[i], v.first[i+1]
			b.add(s, v.chunks[from:to], v.vectors[i], v.codes.rows(from, to, lanes))
		}
	}
}

// view ends the building with the segment in its first state. The builder is not used afterwards.
func (b *builder) view() view {
	s := b.segment
	s.first = append(s.first, len(s.chunks))
	s.chunks = slices.Clip(s.chunks)
	s.order = make([]uint32, len(s.chunks))
	for row := range s.order {
		s.order[row] = uint32(row)
	}
	slices.SortFunc(s.order, func(a, b uint32) int { return cmp.Compare(s.chunks[a], s.chunks[b]) })
	return view{segment: s, List: timeline.List{States: b.states}, codes: b.codes}
}
