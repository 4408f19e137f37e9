package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"rapporteur/analysis"
	"rapporteur/eval"
)

// words of a chunk.
const words = 160

// corpus is what the measurements are made on.
type corpus struct {
	texts     []string // of chunks, in the order of their documents
	questions []string // that people asked
}

// readCorpus cuts the documents of the French development sets into n chunks and takes m questions.
func readCorpus(dir string, n, m int) (corpus, error) {
	piaf, err := eval.Load(filepath.Join(dir, "piaf-v1.1", "piaf.json"))
	if err != nil {
		return corpus{}, err
	}
	labour, err := eval.Load(filepath.Join(dir, "droit-travail-fr"), filepath.Join(dir, "service-public-fr-2020", "corpus.jsonl"))
	if err != nil {
		return corpus{}, err
	}
	var c corpus
	for _, r := range append(piaf.Records, labour.Records...) {
		c.texts = append(c.texts, pieces(r.Text)...)
	}
	if len(c.texts) < n {
		return corpus{}, fmt.Errorf("the corpora have %d chunks, fewer than %d", len(c.texts), n)
	}
	c.texts = c.texts[:n]
	for i := range m / 2 {
		c.questions = append(c.questions, piaf.Questions[i*len(piaf.Questions)*2/m].Text, labour.Questions[i*len(labour.Questions)*2/m].Text)
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

// grown adds texts of 150 to 300 words, drawn sentence by sentence from those there are, up to n.
func grown(texts []string, n int, r *rand.Rand) []string {
	var sentences []string
	for _, t := range texts {
		sentences = append(sentences, strings.Split(t, ". ")...)
	}
	out := append(make([]string, 0, n), texts...)
	for len(out) < n {
		var t strings.Builder
		for have, want := 0, 150+r.IntN(150); have < want; {
			s := sentences[r.IntN(len(sentences))]
			have += strings.Count(s, " ") + 1
			t.WriteString(s)
			t.WriteString(". ")
		}
		out = append(out, t.String())
	}
	return out
}

// drawn makes a question of 3 to 6 content words of a text, each as likely as it is frequent there.
func drawn(r *rand.Rand, text string) string {
	content := contentWords(text)
	if len(content) == 0 {
		return text
	}
	var q []string
	for range 3 + r.IntN(4) {
		q = append(q, content[r.IntN(len(content))])
	}
	return strings.Join(q, " ")
}

// contentWords are the words of a text but for stop words.
func contentWords(text string) []string {
	var out []string
	for _, t := range analysis.Analyze(text, "fr") {
		if !t.Stop && !t.Joined {
			out = append(out, text[t.Start:t.End])
		}
	}
	return out
}
