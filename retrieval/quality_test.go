package retrieval_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"rapporteur/answer"
	"rapporteur/encoder"
	"rapporteur/encoder/weights"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
	"rapporteur/retrieval"
	"rapporteur/retrieval/lexical"
	"rapporteur/retrieval/vector"
)

// paragraphs is a library in memory, one document a paragraph, with the true vectors of the encoder.
type paragraphs struct {
	changes   []qa.Change
	passages  []qa.Passage // by chunk, from 1
	vectors   [][]float32
	sentences []qa.ChunkSentences
}

func (p *paragraphs) Changes(_ context.Context, since qa.Revision, n int) ([]qa.Change, error) {
	rest := p.changes[min(int(since), len(p.changes)):]
	return rest[:min(n, len(rest))], nil
}

func (p *paragraphs) number(v qa.VersionID) (n int) {
	return slices.IndexFunc(p.passages, func(p qa.Passage) bool { return p.Version == v })
}

func (p *paragraphs) Chunks(_ context.Context, v qa.VersionID) ([]qa.Chunk, error) {
	return []qa.Chunk{p.passages[p.number(v)].Chunk}, nil
}

func (p *paragraphs) Vectors(_ context.Context, v qa.VersionID) ([]qa.ChunkVector, error) {
	n := p.number(v)
	return []qa.ChunkVector{{Chunk: qa.ChunkID(n + 1), Vector: p.vectors[n]}}, nil
}

func (p *paragraphs) Passages(_ context.Context, _ qa.Scope, hits []qa.Hit) (out []qa.Passage, _ error) {
	for _, h := range hits {
		out = append(out, p.passages[h.Chunk-1])
	}
	return out, nil
}

func (p *paragraphs) Sentences(_ context.Context, chunks []qa.ChunkID) (out []qa.ChunkSentences, _ error) {
	for _, id := range chunks {
		out = append(out, p.sentences[id-1])
	}
	return out, nil
}

func (p *paragraphs) add(title, text string) {
	id := len(p.passages) + 1
	version := qa.VersionID(fmt.Sprint(id))
	p.passages = append(p.passages, qa.Passage{
		Chunk:    qa.Chunk{ID: qa.ChunkID(id), Version: version, Span: qa.Span{End: len(text)}, Text: text},
		Document: qa.Document{ID: qa.DocumentID(version), Title: title},
	})
	p.changes = append(p.changes, qa.Change{Revision: qa.Revision(id), Kind: qa.ChangePublished,
		Document: qa.DocumentID(version), Version: version, Title: title, Language: "fr"})
}

// encode makes the vectors that ingestion makes.
func (p *paragraphs) encode(t *testing.T, e *encoder.Encoder) {
	t.Helper()
	for _, passage := range p.passages {
		texts := []string{passage.Document.Title + "\n" + passage.Text}
		spans := answer.Sentences(passage.Chunk)
		for _, s := range spans {
			texts = append(texts, passage.Text[s.Start:s.End])
		}
		vectors, err := e.EmbedDocuments(t.Context(), texts)
		if err != nil {
			t.Fatal(err)
		}
		p.vectors = append(p.vectors, vectors[0])
		c := qa.ChunkSentences{Chunk: passage.ID}
		for i, v := range vectors[1:] {
			c.Sentences = append(c.Sentences, codes(spans[i], v))
		}
		p.sentences = append(p.sentences, c)
	}
}

func codes(s qa.Span, v []float32) qa.SentenceVector {
	most := 0.0
	for _, x := range v {
		most = max(most, math.Abs(float64(x)))
	}
	out := qa.SentenceVector{Span: s, Scale: float32(most / 127)}
	for _, x := range v {
		out.Codes = append(out.Codes, int8(math.Round(float64(x)/most*127)))
	}
	return out
}

type asked struct {
	text  string
	chunk qa.ChunkID // that answers
}

// piaf gives the first paragraphs of the development half with every other of their questions.
func piaf(t *testing.T, n int) (*paragraphs, []asked) {
	t.Helper()
	raw, err := os.ReadFile(testkit.Shared(t, "data/dev/piaf-v1.1/piaf.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Data []struct {
			Title      string
			Paragraphs []struct {
				Context string
				QAs     []struct{ Question string }
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	p := &paragraphs{}
	var questions []asked
	for _, article := range file.Data {
		for _, paragraph := range article.Paragraphs {
			if len(p.passages) == n {
				return p, questions
			}
			p.add(article.Title, paragraph.Context)
			for i, q := range paragraph.QAs {
				if i%2 == 0 {
					questions = append(questions, asked{q.Question, qa.ChunkID(len(p.passages))})
				}
			}
		}
	}
	return p, questions
}

// TestArmsOnPIAF asks a part of the development half by words, by meaning and by both: both must find
// more than the better of the two. All of it, with the figures, is in docs/quality.md.
func TestArmsOnPIAF(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("skipped: short")
	}
	e, err := encoder.Load(weights.Model(), encoder.Options{QueryPrefix: weights.QueryPrefix, DocumentPrefix: weights.DocumentPrefix})
	if err != nil {
		t.Fatal(err)
	}
	p, questions := piaf(t, 120)
	p.encode(t, e)
	words, meaning := lexical.New(p, lexical.Options{}), vector.New(p, vector.Options{})
	for _, sync := range []func(context.Context) error{words.Sync, meaning.Sync} {
		if err := sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r := &retrieval.Retriever{Lexical: words, Passages: p, Terms: words.Terms, Count: words.Documents,
		Semantic: meaning, Embedder: e, Sentences: p}
	found := map[qa.Arm]float64{}
	for _, arm := range []qa.Arm{qa.ArmLexical, qa.ArmSemantic, qa.ArmHybrid} {
		for _, q := range questions {
			got, err := r.Retrieve(t.Context(), qa.Question{Text: q.text, Arm: arm, Scope: qa.Scope{Everything: true}, Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got.Degraded {
				t.Fatalf("%s: degraded, %s", arm, got.DegradedReason)
			}
			if len(got.Passages) > 0 && got.Passages[0].ID == q.chunk {
				found[arm] += 100 / float64(len(questions))
			}
		}
	}
	t.Logf("first of 120 paragraphs, %d questions: words %.1f %%, meaning %.1f %%, both %.1f %%",
		len(questions), found[qa.ArmLexical], found[qa.ArmSemantic], found[qa.ArmHybrid])
	if both := found[qa.ArmHybrid]; both < max(found[qa.ArmLexical], found[qa.ArmSemantic])+1 {
		t.Errorf("both arms find %.1f %%: %v", both, found)
	}
}
