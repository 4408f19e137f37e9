package lexical

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// benchChunks is the size of library the figures of the design are given for.
const benchChunks = 100_000

// resampled makes a library of n chunks of 150 to 300 words, in documents of 100, from sentences of
// service-public fiches and labour law drawn at random, and questions of 3 to 6 content words drawn from
// chunks: commoner words than people ask with, so times are on the slow side.
func resampled(b *testing.B, n int) (*library, []string) {
	b.Helper()
	var sentences []string
	for _, chunks := range labour(b).lib.chunks {
		for _, c := range chunks {
			sentences = append(sentences, strings.Split(c.Text, ". ")...)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	l := newLibrary()
	var questions []string
	for d := 0; d < n/100; d++ {
		var texts []string
		for range 100 {
			var t strings.Builder
			for words, want := 0, 150+r.IntN(150); words < want; {
				s := sentences[r.IntN(len(sentences))]
				words += strings.Count(s, " ") + 1
				t.WriteString(s)
				t.WriteString(". ")
			}
			texts = append(texts, t.String())
		}
		id := fmt.Sprint(d)
		l.publish(source{collection: "c", document: qa.DocumentID(id), version: qa.VersionID(id), title: "Rapport " + id, texts: texts})
		if len(questions) < 300 {
			questions = append(questions, drawn(r, texts[0]))
		}
	}
	return l, questions
}

// drawn gives 3 to 6 content words of a text.
func drawn(r *rand.Rand, text string) string {
	var words []string
	for _, t := range analysis.Analyze(text, "fr") {
		if !t.Stop && !t.Joined {
			words = append(words, text[t.Start:t.End])
		}
	}
	var q []string
	for range 3 + r.IntN(4) {
		q = append(q, words[r.IntN(len(words))])
	}
	return strings.Join(q, " ")
}

// BenchmarkIndex prints what the index of 100,000 chunks costs to make, to keep and to ask:
//
//	go test ./retrieval/lexical -run - -bench Index -benchtime 1x
func BenchmarkIndex(b *testing.B) {
	l, questions := resampled(b, benchChunks)
	before := heap()
	start := time.Now()
	x := synced(b, l, Options{})
	rate := float64(benchChunks) / time.Since(start).Seconds()
	size := float64(heap()-before) / benchChunks
	s := x.current.Load()
	postings := 0
	for _, v := range s.views {
		postings += len(v.field[body].place)
	}
	b.ResetTimer()
	for range b.N {
		for _, q := range questions {
			if _, err := x.Rank(context.Background(), qa.Query{Text: q, Scope: everything, Language: "fr"}, 10); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(questions)), "µs/question")
	b.ReportMetric(rate, "chunks/s")
	b.ReportMetric(size, "B/chunk")
	b.ReportMetric(float64(postings)/benchChunks, "postings/chunk")
	b.ReportMetric(float64(len(s.views)), "segments")
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
