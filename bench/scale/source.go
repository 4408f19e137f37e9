package main

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"

	"rapporteur/bench/corpus"
	"rapporteur/qa"
)

const (
	// perDocument is how many chunks make a document.
	perDocument = 100
	// inventedEvery is after how many words a name is put in, and exponent and names shape the Zipf law of those names:
	// like family names and reference numbers, most are seen once or twice. A million chunks then have some
	// 1.6 million names, and a hundred thousand 0.25 million.
	inventedEvery = 25
	exponent      = 1.05
	names         = 20_000_000
)

// source makes the documents of the library, each always the same.
type source struct {
	texts     []string
	sentences []string
	vectors   [][]float32 // of texts
	questions []string
	queries   [][]float32
}

func (s settings) source(ctx context.Context) (*source, error) {
	c, err := corpus.Read(s.data, s.real, s.questions)
	if err != nil {
		return nil, err
	}
	docs, queries, err := c.Vectors(ctx, s.cache, os.Stderr)
	if err != nil {
		return nil, err
	}
	return &source{texts: c.Texts, sentences: corpus.Sentences(c.Texts), vectors: docs, questions: c.Questions, queries: queries}, nil
}

// document makes document n: of real chunks while there are any.
func (s *source) document(n int) corpus.Document {
	d := corpus.Document{Number: n, Collection: qa.DefaultCollection}
	if from, to := n*perDocument, (n+1)*perDocument; to <= len(s.texts) {
		d.Texts, d.Vectors = s.texts[from:to], s.vectors[from:to]
		return d
	}
	r := rand.New(rand.NewPCG(uint64(n), 7))
	zipf := rand.NewZipf(r, exponent, 1, names)
	for range perDocument {
		d.Texts = append(d.Texts, withNames(corpus.Drawn(s.sentences, r), zipf))
		original := r.IntN(len(s.vectors))
		d.Vectors = append(d.Vectors, corpus.Copy(s.vectors, original, r))
	}
	return d
}

// withNames puts invented names into a text.
func withNames(text string, zipf *rand.Zipf) string {
	words := strings.Fields(text)
	for i := inventedEvery / 2; i < len(words); i += inventedEvery {
		words[i] += " " + name(zipf.Uint64())
	}
	return strings.Join(words, " ")
}

// name is an invented word, another one for each number.
func name(n uint64) string {
	const consonants, vowels = "bcdfglmnprstvz", "aeiou"
	b := []byte("Q")
	for more := true; more; more = n > 0 {
		b = append(b, vowels[n%5], consonants[n/5%14])
		n /= 70
	}
	return string(b) + "ix"
}
