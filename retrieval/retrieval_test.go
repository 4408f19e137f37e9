package retrieval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rapporteur/qa"
)

// shelf ranks and loads the passages it holds, in their order.
type shelf struct {
	texts []string
	gone  qa.ChunkID // ranked, but removed before it was loaded
	err   error
}

func (s *shelf) Rank(_ context.Context, q qa.Query, k int) ([]qa.Hit, error) {
	var hits []qa.Hit
	for i := range min(k, len(s.texts)) {
		hits = append(hits, qa.Hit{Chunk: qa.ChunkID(i + 1), Score: float64(len(s.texts) - i)})
	}
	if !q.Scope.Everything {
		hits = nil
	}
	return hits, s.err
}

func (s *shelf) Passages(_ context.Context, scope qa.Scope, hits []qa.Hit) ([]qa.Passage, error) {
	var out []qa.Passage
	for _, h := range hits {
		if h.Chunk != s.gone && scope.Everything {
			out = append(out, qa.Passage{Chunk: qa.Chunk{ID: h.Chunk, Text: s.texts[h.Chunk-1]}})
		}
	}
	return out, nil
}

func (s *shelf) retriever(o Options) *Retriever {
	return &Retriever{
		Lexical: s, Passages: s, Options: o,
		Terms: func(text, _ string) (terms []qa.Term) {
			for w := range strings.FieldsSeq(text) {
				terms = append(terms, qa.Term{Surface: w, IDF: 2})
			}
			return terms
		},
		Count: func(qa.Scope) int { return 7 },
	}
}

func numbered(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("passage %d", i+1))
	}
	return out
}

func ids(e qa.Evidence) (out []int) {
	for _, p := range e.Passages {
		out = append(out, int(p.ID))
	}
	return out
}

var anywhere = qa.Scope{Everything: true}

func TestRetrieve(t *testing.T) {
	t.Parallel()
	twin := "Le conseil a voté le budget de la commune à l'unanimité des membres présents ce soir."
	for _, tt := range []struct {
		name     string
		shelf    shelf
		question qa.Question
		options  Options
		want     []int
	}{
		{"ten by default", shelf{texts: numbered(40)}, qa.Question{Text: "passage", Scope: anywhere}, Options{}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		{"as many as asked", shelf{texts: numbered(40)}, qa.Question{Text: "passage", Scope: anywhere, Limit: 2}, Options{}, []int{1, 2}},
		{"what is gone is left out", shelf{texts: numbered(4), gone: 2}, qa.Question{Text: "passage", Scope: anywhere, Limit: 2}, Options{}, []int{1, 3}},
		{"twins collapse", shelf{texts: []string{twin, strings.ToUpper(twin), twin + " Fin.", "autre chose"}}, qa.Question{Text: "budget", Scope: anywhere}, Options{}, []int{1, 4}},
		{"so do pieces cut elsewhere", shelf{texts: []string{twin + " Puis la séance est levée à vingt heures précises.", twin}}, qa.Question{Text: "budget", Scope: anywhere}, Options{}, []int{1}},
		{"words in another order do not", shelf{texts: []string{"un deux trois quatre cinq six", "six cinq quatre trois deux un"}}, qa.Question{Text: "six", Scope: anywhere}, Options{}, []int{1, 2}},
		{"figures part twins", shelf{texts: []string{twin + " 2023", twin + " 2024"}}, qa.Question{Text: "budget", Scope: anywhere}, Options{}, []int{1, 2}},
		{"more is read behind twins", shelf{texts: append(slices.Repeat([]string{twin}, 5), "a", "b")}, qa.Question{Text: "budget", Scope: anywhere, Limit: 2}, Options{Load: 3}, []int{1, 6}},
		{"nothing in no scope", shelf{texts: numbered(4)}, qa.Question{Text: "passage"}, Options{}, nil},
		{"more than the usual candidates", shelf{texts: numbered(130)}, qa.Question{Text: "passage", Scope: anywhere, Limit: 120}, Options{Load: 50}, nil},
	} {
		e, err := tt.shelf.retriever(tt.options).Retrieve(context.Background(), tt.question)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if tt.question.Limit == 120 {
			if len(e.Passages) != 120 {
				t.Errorf("%s: %d passages", tt.name, len(e.Passages))
			}
			continue
		}
		if !slices.Equal(ids(e), tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, ids(e), tt.want)
		}
	}
}

func TestOfTwoCopiesTheOneWithPagesIsKept(t *testing.T) {
	t.Parallel()
	var d distinct
	d.add(qa.Passage{Chunk: qa.Chunk{ID: 1, Text: "Le même texte, ici."}, Score: 3, Lexical: 3})
	d.add(qa.Passage{Chunk: qa.Chunk{ID: 2, Text: "autre chose"}, Score: 2})
	d.add(qa.Passage{Chunk: qa.Chunk{ID: 3, Text: "Le même texte ici", Pages: []qa.Page{{Number: 4}}}, Score: 1, Lexical: 1})
	d.add(qa.Passage{Chunk: qa.Chunk{ID: 4, Text: "Le même texte ici", Pages: []qa.Page{{Number: 9}}}, Score: 1})
	if len(d.passages) != 2 || d.passages[0].ID != 3 || d.passages[0].Score != 3 || d.passages[0].Lexical != 1 || d.passages[1].ID != 2 {
		t.Errorf("%+v", d.passages)
	}
}

func TestEvidenceSaysWhatWasSearched(t *testing.T) {
	t.Parallel()
	s := shelf{texts: numbered(3)}
	e, err := s.retriever(Options{}).Retrieve(context.Background(), qa.Question{Text: "  deux mots ", Scope: anywhere})
	if err != nil {
		t.Fatal(err)
	}
	if e.Query != "deux mots" || len(e.Terms) != 2 || e.Documents != 7 || e.Degraded {
		t.Errorf("%+v", e)
	}
	if p := e.Passages[0]; p.Score != 3 || p.Lexical != 3 || p.Semantic != 0 {
		t.Errorf("scores of %+v", p)
	}
	if e.Confidence != 0.75 { // 3 over 2 words of idf 2
		t.Errorf("confidence %v", e.Confidence)
	}
}

func TestConfidenceStaysBetweenZeroAndOne(t *testing.T) {
	t.Parallel()
	strong := shelf{texts: numbered(30)}
	if e, _ := strong.retriever(Options{}).Retrieve(context.Background(), qa.Question{Text: "mot", Scope: anywhere}); e.Confidence != 1 {
		t.Errorf("confidence %v, want 1", e.Confidence)
	}
	empty := shelf{}
	if e, _ := empty.retriever(Options{}).Retrieve(context.Background(), qa.Question{Scope: anywhere}); e.Confidence != 0 || len(e.Passages) != 0 {
		t.Errorf("%+v", e)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	s := shelf{err: errors.New("index is gone")}
	if _, err := s.retriever(Options{}).Retrieve(context.Background(), qa.Question{Text: "mot", Scope: anywhere}); !errors.Is(err, s.err) {
		t.Errorf("error %v", err)
	}
	_, err := s.retriever(Options{}).Retrieve(context.Background(), qa.Question{Text: "mot", Scope: anywhere, Arm: qa.ArmSemantic})
	if qa.KindOf(err) != qa.Unavailable || qa.CodeOf(err) != "no_encoder" {
		t.Errorf("error %v", err)
	}
}
