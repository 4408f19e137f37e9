// Package corpus makes what the benchmarks are run on: chunks of French development sets with the vectors of the
// built-in encoder, and as many more as are wanted, drawn from them. It also counts what an index found of
// what it should have.
package corpus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"rapporteur/analysis"
	"rapporteur/encoder"
	"rapporteur/encoder/weights"
	"rapporteur/eval"
)

// words of a chunk.
const words = 160

// Corpus is what measurements are made on.
type Corpus struct {
	Texts     []string // of chunks, in the order of their documents
	Questions []string // that people asked
}

// Read cuts the documents of the French development sets in dir (PIAF, labour law, service-public) into n chunks
// of some 160 words and takes m questions.
func Read(dir string, n, m int) (Corpus, error) {
	piaf, err := eval.Load(filepath.Join(dir, "piaf-v1.1", "piaf.json"))
	if err != nil {
		return Corpus{}, err
	}
	labour, err := eval.Load(filepath.Join(dir, "droit-travail-fr"), filepath.Join(dir, "service-public-fr-2020", "corpus.jsonl"))
	if err != nil {
		return Corpus{}, err
	}
	var c Corpus
	for _, r := range append(piaf.Records, labour.Records...) {
		c.Texts = append(c.Texts, pieces(r.Text)...)
	}
	if len(c.Texts) < n {
		return Corpus{}, fmt.Errorf("the corpora have %d chunks, fewer than %d", len(c.Texts), n)
	}
	c.Texts = c.Texts[:n]
	for i := range m / 2 {
		c.Questions = append(c.Questions, piaf.Questions[i*len(piaf.Questions)*2/m].Text, labour.Questions[i*len(labour.Questions)*2/m].Text)
	}
	return c, nil
}

// pieces cuts a text every so many words; a rest of less than a quarter stays with the last.
func pieces(text string) []string {
	all := strings.Fields(text)
	var out []string
	for len(all) > 0 {
		n := min(words, len(all))
		if len(all)-n < words/4 {
			n = len(all)
		}
		out = append(out, strings.Join(all[:n], " "))
		all = all[n:]
	}
	return out
}

// Sentences are those of all texts, for Drawn.
func Sentences(texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, strings.Split(t, ". ")...)
	}
	return out
}

// Drawn makes a text of 150 to 300 words, drawn sentence by sentence.
func Drawn(sentences []string, r *rand.Rand) string {
	var t strings.Builder
	for have, want := 0, 150+r.IntN(150); have < want; {
		s := sentences[r.IntN(len(sentences))]
		have += strings.Count(s, " ") + 1
		t.WriteString(s)
		t.WriteString(". ")
	}
	return t.String()
}

// Question makes a question of 3 to 6 content words of a text, each as likely as it is frequent there.
func Question(text string, r *rand.Rand) string {
	content := Content(text)
	if len(content) == 0 {
		return text
	}
	var q []string
	for range 3 + r.IntN(4) {
		q = append(q, content[r.IntN(len(content))])
	}
	return strings.Join(q, " ")
}

// Content are the words of a text but for stop words.
func Content(text string) []string {
	var out []string
	for _, t := range analysis.Analyze(text, "fr") {
		if !t.Stop && !t.Joined {
			out = append(out, text[t.Start:t.End])
		}
	}
	return out
}

// Grown adds drawn texts up to n in all.
func Grown(texts []string, n int, r *rand.Rand) []string {
	sentences := Sentences(texts)
	out := slices.Grow(slices.Clone(texts), max(0, n-len(texts)))
	for len(out) < n {
		out = append(out, Drawn(sentences, r))
	}
	return out
}

// Vectors gives the vectors of the texts and questions by the built-in encoder, and those that it makes it keeps
// in the folder cache for the next run. Progress goes to log.
func (c Corpus) Vectors(ctx context.Context, folder string, log io.Writer) (docs, queries [][]float32, err error) {
	e, err := Encoder()
	if err != nil {
		return nil, nil, err
	}
	cache, err := eval.OpenVectorCache(folder, e.Fingerprint(), e)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, cache.Close()) }()
	for _, q := range c.Questions {
		v, err := cache.EmbedQuery(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		queries = append(queries, v)
	}
	for texts := range slices.Chunk(c.Texts, 64) {
		some, err := cache.EmbedDocuments(ctx, texts)
		if err != nil {
			return nil, nil, err
		}
		if docs = append(docs, some...); len(docs)%4096 == 0 {
			fmt.Fprintf(log, "%d of %d vectors\n", len(docs), len(c.Texts))
		}
	}
	return docs, queries, nil
}

// Encoder loads the built-in encoder.
func Encoder() (*encoder.Encoder, error) {
	return encoder.Load(weights.Model(), encoder.Options{Fingerprint: weights.Fingerprint,
		QueryPrefix: weights.QueryPrefix, DocumentPrefix: weights.DocumentPrefix})
}
