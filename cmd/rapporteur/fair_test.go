package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
)

var fairChunks = flag.Int("fair.chunks", 2000, "chunks of the load of TestFair")

// chunkWords is about what one chunk holds.
const chunkWords = 130

// fairWithin is how soon the small report must be found, and how large the load is: the race detector makes reading
// ten times as slow.
func fairWithin() (limit time.Duration, chunks int) {
	if raceDetector {
		return time.Minute, *fairChunks / 5
	}
	return 10 * time.Second, *fairChunks
}

// TestFair loads one collection, with the encoder of the binary, and meanwhile uploads a report of ten pages into
// another one, three times: it can be searched within 10 seconds. The full size: go test ./cmd/rapporteur -run TestFair
// -fair.chunks 20000 -timeout 60m
func TestFair(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			s := testSettings(t)
			s.Encoder = encoderBuiltin
			if database == "postgres" {
				s.Database = testdb.Database(t)
			}
			svc := newServiceOf(t, s)
			svc.role = roleWeb // its workers run already
			l := &fairLoad{t: t, svc: svc, url: serveForTest(t, svc), sentences: fairSentences(t)}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var loading sync.WaitGroup
			loading.Go(func() { l.load(ctx) })
			l.waits("the load began", func(documents, _ int) bool { return documents > 5 })
			l.probe("while it is uploaded")
			loading.Wait()
			l.probe("when all of it waits")
			l.waits("vectors are made", func(_, begun int) bool { return begun > 0 })
			l.probe("while its vectors are made")
		})
	}
}

// fairLoad is a library into which much is loaded.
type fairLoad struct {
	t         *testing.T
	svc       *service
	url       string
	sentences []string
	probes    int
}

// fairSentences are those of the reports.
func fairSentences(t *testing.T) (out []string) {
	t.Helper()
	for _, f := range reportFiles(t) {
		if filepath.Ext(f.path) == ".md" {
			text, err := os.ReadFile(f.path)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range strings.Split(string(text), ". ") {
				if n := strings.Count(s, " "); n > 5 && n < 40 && !strings.Contains(s, "\n") {
					out = append(out, s)
				}
			}
		}
	}
	return out
}

// text draws so many words, in paragraphs.
func (l *fairLoad) text(r *rand.Rand, words int) string {
	var b strings.Builder
	for have, n := 0, 0; have < words; n++ {
		s := l.sentences[r.IntN(len(l.sentences))]
		have += strings.Count(s, " ") + 1
		b.WriteString(s)
		b.WriteString([]string{". ", ".\n\n"}[min(1, n%6/5)])
	}
	return b.String()
}

// load uploads documents of 25 chunks, and one that is a quarter of the whole.
func (l *fairLoad) load(ctx context.Context) {
	r := rand.New(rand.NewPCG(6, 7))
	_, all := fairWithin()
	sizes := []int{all / 4}
	for left := all - sizes[0]; left > 0; left -= 25 {
		sizes = append(sizes, 25)
	}
	for i, n := range sizes {
		u := qa.Upload{Collection: "load", Source: fmt.Sprintf("load-%d.txt", i)}
		if _, err := l.svc.pipeline.Accept(ctx, u, strings.NewReader(l.text(r, n*chunkWords))); err != nil {
			l.t.Errorf("load: %v", err)
			return
		}
	}
}

// probe uploads a report of ten pages into a collection of its own and measures until it is found.
func (l *fairLoad) probe(when string) {
	l.t.Helper()
	l.probes++
	word := []string{"xylophage", "quinquennal", "wallingant"}[l.probes-1]
	text := l.text(rand.New(rand.NewPCG(8, uint64(l.probes))), 10*400) + " Le mot " + word + " n’est écrit qu’ici."
	began := time.Now()
	u := qa.Upload{Collection: "small", Source: word + ".txt"}
	if _, err := l.svc.pipeline.Accept(l.t.Context(), u, bytes.NewReader([]byte(text))); err != nil {
		l.t.Fatal(err)
	}
	for {
		result, ok := searches(l.url, word, "small")
		if ok && len(result.Hits) > 0 {
			break
		}
		if limit, _ := fairWithin(); time.Since(began) > limit {
			l.t.Fatalf("%s: not found after %v", when, limit)
		}
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(began)
	documents, begun, whole, chunks := l.state()
	if whole >= documents {
		l.t.Errorf("%s: the load is over, nothing was shown", when)
	}
	l.t.Logf("%s: found after %v; of the load, %d documents with %d chunks so far; vectors of %d of them, all of %d", when, took.Round(10*time.Millisecond), documents, chunks, begun, whole)
}

// state counts the documents of the load, those that have vectors, those that have all, and the chunks.
func (l *fairLoad) state() (documents, begun, whole, chunks int) {
	l.t.Helper()
	scope, after := qa.Scope{Collections: []qa.CollectionID{"load"}}, qa.DocumentID("")
	for {
		list, err := l.svc.store.Documents(l.t.Context(), scope, after, 1000)
		if err != nil {
			l.t.Fatal(err)
		}
		if len(list) == 0 {
			return documents, begun, whole, chunks
		}
		for _, d := range list {
			after = d.ID
			documents++
			chunks += d.Newest.Chunks
			if d.Newest.Chunks > 0 && d.Newest.Embedded > 0 {
				begun++
			}
			if d.Newest.Chunks > 0 && d.Newest.Embedded >= 1 {
				whole++
			}
		}
	}
}

// waits waits until so many documents are there, and so many of them have vectors.
func (l *fairLoad) waits(what string, is func(documents, begun int) bool) {
	l.t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		documents, begun, _, _ := l.state()
		if is(documents, begun) {
			return
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("%s: not within 10 minutes", what)
		}
	}
}
