package answer_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"rapporteur/answer"
	"rapporteur/qa"
	"rapporteur/retrieval"
)

// meanings is a library with vectors made by hand: each text has its cosine with the question, the only
// thing that a vector is for here. A text that is not named has cosine 0.75, as unlike texts have, and one that holds a
// named one a little less than that one.
type meanings struct {
	*library
	cosine map[string]float64
	err    error
}

func (m meanings) vector(text string) [2]float64 {
	c, ok := m.cosine[text]
	if !ok {
		c = 0.75
		for named, cosine := range m.cosine {
			if strings.Contains(text, named) {
				c = max(c, cosine-0.02)
			}
		}
	}
	return [2]float64{c, math.Sqrt(1 - c*c)}
}

func (m meanings) EmbedQuery(context.Context, string) ([]float32, error) {
	return []float32{1, 0}, m.err
}

func (m meanings) Rank(_ context.Context, q qa.Query, k int) ([]qa.Hit, error) {
	var hits []qa.Hit
	for id, p := range m.passages {
		hits = append(hits, qa.Hit{Chunk: id, Score: m.vector(p.Text)[0]})
	}
	slices.SortFunc(hits, func(a, b qa.Hit) int { return int(a.Chunk) - int(b.Chunk) })
	slices.SortStableFunc(hits, func(a, b qa.Hit) int { return int(1e6*b.Score) - int(1e6*a.Score) })
	return hits[:min(k, len(hits))], nil
}

func (m meanings) Scores(_ context.Context, _ []float32, chunks []qa.ChunkID) (out []float64, _ error) {
	for _, id := range chunks {
		out = append(out, m.vector(m.passages[id].Text)[0])
	}
	return out, nil
}

func (m meanings) Pending(context.Context, qa.Scope) (int, error) { return 0, nil }

// Sentences keeps what answer cuts, as ingestion does.
func (m meanings) Sentences(_ context.Context, chunks []qa.ChunkID) (out []qa.ChunkSentences, _ error) {
	for _, id := range chunks {
		c := qa.ChunkSentences{Chunk: id}
		for _, s := range answer.Sentences(m.passages[id].Chunk) {
			v := m.vector(m.passages[id].Text[s.Start:s.End])
			c.Sentences = append(c.Sentences, qa.SentenceVector{Span: s, Scale: 1.0 / 127,
				Codes: []int8{int8(math.Round(127 * v[0])), int8(math.Round(127 * v[1]))}})
		}
		out = append(out, c)
	}
	return out, nil
}

func (m meanings) answerer(t *testing.T) *answer.Answerer {
	t.Helper()
	a := m.library.answerer(t)
	r := a.Retriever.(*retrieval.Retriever)
	r.Semantic, r.Embedder, r.Sentences = m, m, m
	return a
}

const (
	paid   = "La gratification mensuelle s'élève à 600 euros."
	lodged = "Les élèves sont logés sur place pendant la semaine."
)

// internship holds the answer to « Combien touche un stagiaire ? » in words that the question does not have.
func internship() *library {
	l := newLibrary()
	l.add("rh", "guide", "Guide d'accueil", qa.Text{Language: "fr", Content: "L'école accueille une promotion par an.\n\n" + paid + " " + lodged})
	l.add("rh", "cantine", "Restauration", qa.Text{Language: "fr", Content: "La cantine ouvre à midi et ferme à quatorze heures."})
	return l
}

func TestWhatOnlyMeaningFinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		cosine   map[string]float64
		answered bool
	}{
		{"the sentence means the same", map[string]float64{paid: 0.95}, true},
		{"it is near, and no more", map[string]float64{paid: 0.85}, false},
		{"nothing is near", nil, false},
	} {
		m := meanings{library: internship(), cosine: c.cosine}
		got := ask(t, m.answerer(t), qa.Question{Text: "Combien touche un stagiaire ?"})
		if got.Answered != c.answered {
			t.Errorf("%s: answered %v with confidence %.2f: %s", c.name, got.Answered, got.Confidence, got.Text)
		}
		if c.answered && got.Citations[0].Quote != paid {
			t.Errorf("%s: the quote is %q", c.name, got.Citations[0].Quote)
		}
	}
	other := meanings{library: internship(), cosine: map[string]float64{paid: 0.95}}.answerer(t)
	other.Options.Uncalibrated = true
	if got := ask(t, other, qa.Question{Text: "Combien touche un stagiaire ?"}); got.Answered || got.Refusal.Nearest[0].Quote != paid {
		t.Errorf("with an encoder that trust was not set for: %s", got.Text)
	}
	if got := ask(t, internship().answerer(t), qa.Question{Text: "Combien touche un stagiaire ?"}); got.Answered {
		t.Errorf("words alone answer %s", got.Text)
	}
}

// TestMeaningChoosesTheSentence: both sentences hold the same words of the question.
func TestMeaningChoosesTheSentence(t *testing.T) {
	t.Parallel()
	const first, second = "Le contrat de Fontbrelle couvre la voirie.", "Le contrat de Fontbrelle s'achève en mai."
	for _, near := range []string{first, second} {
		l := newLibrary()
		l.add("c", "contrat", "Marchés", qa.Text{Language: "fr", Content: first + "\n\n" + second})
		m := meanings{library: l, cosine: map[string]float64{near: 0.9}}
		got := ask(t, m.answerer(t), qa.Question{Text: "Parle-moi du contrat de Fontbrelle"})
		if !got.Answered || got.Citations[0].Quote != near {
			t.Errorf("the nearest is %q: %s", near, got.Text)
		}
	}
}

func TestWithoutTheEncoderAnswersGoOn(t *testing.T) {
	t.Parallel()
	m := meanings{library: internship(), err: errors.New("no memory")}
	got := ask(t, m.answerer(t), qa.Question{Text: "Quand la cantine ouvre-t-elle ?"})
	want := ask(t, internship().answerer(t), qa.Question{Text: "Quand la cantine ouvre-t-elle ?"})
	if !got.Degraded || got.DegradedReason != "semantic_unavailable" || want.Degraded {
		t.Errorf("degraded %v %q", got.Degraded, got.DegradedReason)
	}
	if !got.Answered || got.Text != want.Text || got.Confidence != want.Confidence {
		t.Errorf("%s, want %s", got.Text, want.Text)
	}
}
