package vector

import (
	"context"
	"math"

	"rapporteur/qa"
	"rapporteur/retrieval/timeline"
)

// Scores gives the cosine of a vector of length 1 with each of the chunks; not a number where the index
// holds no vector of a chunk, or none that can be compared.
func (x *Index) Scores(_ context.Context, vector []float32, chunks []qa.ChunkID) ([]float64, error) {
	s := x.current.Load()
	out := make([]float64, len(chunks))
	for i, id := range chunks {
		out[i] = math.NaN()
		if v := s.vector(id); v != nil && len(v) == len(vector) {
			out[i] = float64(dot(vector, v))
		}
	}
	return out, nil
}

// vector gives that of a chunk, nil where there is none.
func (s *snapshot) vector(id qa.ChunkID) []float32 {
	for i := range s.views {
		v := &s.views[i]
		row, found := v.row(id)
		if !found {
			continue
		}
		if n := v.version(row); !v.States[n].Removed() {
			return v.vector(row, n, s.space.dimensions)
		}
	}
	return nil
}

// held names the versions that are not removed, as changes of the snapshot's revision.
func (s *snapshot) held() []qa.Change {
	var out []qa.Change
	for _, v := range s.views {
		for _, st := range v.States {
			if !st.Removed() {
				out = append(out, qa.Change{Revision: s.revision, Document: st.Document, Version: st.Version})
			}
		}
	}
	return out
}

// Pending counts the documents of which the scope covers a version without vectors: Rank cannot find
// them yet.
func (x *Index) Pending(_ context.Context, scope qa.Scope) (int, error) {
	s := x.current.Load()
	if s.pending == 0 {
		return 0, nil
	}
	filter := timeline.NewFilter(scope)
	documents := map[qa.DocumentID]bool{}
	for _, v := range s.views {
		for i, st := range v.States {
			if len(v.vectors[i]) == 0 && filter.Covers(st) {
				documents[st.Document] = true
			}
		}
	}
	return len(documents), nil
}
