package model

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/internal/testkit"
	"rapporteur/internal/testkit/modelserver"
	"rapporteur/qa"
)

func embedder(t *testing.T, s *modelserver.Server, o EmbedderOptions) *Embedder {
	t.Helper()
	if o.BaseURL == "" {
		o.BaseURL = s.URL
	}
	o.Model, o.Key = "embeddings", NewSecret(testKey)
	e, err := NewEmbedder(o, direct(t))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestEmbeddingBodies: of the 13 answers of ../shared two are good, in the order that their index says (M07).
func TestEmbeddingBodies(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(testkit.Shared(t, "data/hostile/own/embed"), "*.json"))
	if err != nil || len(files) != 13 {
		t.Fatalf("%d bodies, %v", len(files), err)
	}
	for _, file := range files {
		for texts := 1; texts <= 2; texts++ {
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			t.Run(fmt.Sprint(name, " ", texts), func(t *testing.T) {
				t.Parallel()
				body, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				s := modelserver.New(t)
				s.Raw(body)
				e := embedder(t, s, EmbedderOptions{})
				vectors, err := e.EmbedDocuments(t.Context(), []string{"a", "b"}[:texts])
				good := texts == 2 && (name == "ok_2x8" || name == "shuffled_index") || texts == 1 && name == "fewer_rows"
				if good != (err == nil) || good != (len(vectors) == texts) || !good && qa.CodeOf(err) != "model_broken" {
					t.Errorf("%d vectors, %v", len(vectors), err)
				}
			})
		}
	}
}

// TestOrder: vectors stand in the order of the texts whatever the order of the answer.
func TestOrder(t *testing.T) {
	t.Parallel()
	s := modelserver.New(t)
	s.Raw([]byte(`{"data":[{"index":1,"embedding":[0,3]},{"index":2,"embedding":[-1,0]},{"index":0,"embedding":[2,0]}]}`))
	vectors, err := embedder(t, s, EmbedderOptions{}).EmbedDocuments(t.Context(), []string{"a", "b", "c"})
	if err != nil || fmt.Sprint(vectors) != "[[1 0] [0 1] [-1 0]]" {
		t.Errorf("%v %v", vectors, err)
	}
}

func TestEmbedder(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{OpenAI, Albert, Mistral, Ollama} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := modelserver.New(t)
			e := embedder(t, s, EmbedderOptions{Server: Server{Kind: kind, BaseURL: s.URL}, Batch: 3, QueryPrefix: "query: ", DocumentPrefix: "passage: "})
			texts := []string{"zéro", "un\ndeux", "trois", "quatre", "cinq", "six", "sept"}
			vectors, err := e.EmbedDocuments(t.Context(), texts)
			if err != nil || len(vectors) != len(texts) || e.Dimensions() != 32 {
				t.Fatalf("%d vectors of %d dimensions: %v", len(vectors), e.Dimensions(), err)
			}
			for _, v := range vectors {
				var sum float64
				for _, x := range v {
					sum += float64(x) * float64(x)
				}
				if math.Abs(sum-1) > 1e-5 {
					t.Errorf("length² %v", sum)
				}
			}
			if calls := s.Calls(); kind != Ollama && (len(calls) != 3 || calls[0].Input[1] != "passage: un\ndeux") {
				t.Errorf("%d calls: %q", len(calls), calls[0].Input)
			}
			if _, err := e.EmbedQuery(t.Context(), "deux ?"); err != nil || s.Calls()[len(s.Calls())-1].Input[0] != "query: deux ?" {
				t.Errorf("%v", err)
			}
			if none, err := e.EmbedDocuments(t.Context(), nil); err != nil || none != nil {
				t.Errorf("no texts: %v %v", none, err)
			}
		})
	}
}

// TestEmbedderDown: a question waits no half second for a server that is down (M05); documents are tried again.
func TestEmbedderDown(t *testing.T) {
	t.Parallel()
	s := modelserver.New(t)
	e := embedder(t, s, EmbedderOptions{})
	s.Reset(2)
	if _, err := e.EmbedDocuments(t.Context(), []string{"a"}); err != nil || len(s.Calls()) != 3 {
		t.Errorf("%v after %d calls", err, len(s.Calls()))
	}
	s.Stop()
	start := time.Now()
	for range maxFailures + 1 {
		_, err := e.EmbedQuery(t.Context(), "a")
		if code := qa.CodeOf(err); code != "model_down" && code != "model_paused" {
			t.Errorf("%v", err)
		}
	}
	if took := time.Since(start); took > 500*time.Millisecond || e.State().Breaker != qa.BreakerOpen {
		t.Errorf("%v, state %+v", took, e.State())
	}
	silent := modelserver.New(t)
	silent.Silent()
	if _, err := embedder(t, silent, EmbedderOptions{Query: 100 * time.Millisecond}).EmbedQuery(t.Context(), "a"); qa.CodeOf(err) != "model_slow" {
		t.Errorf("silent: %v", err)
	}
}

// TestDimensions: a server that comes to give other vectors is refused, and another model has another fingerprint (M08).
func TestDimensions(t *testing.T) {
	t.Parallel()
	s := modelserver.New(t)
	e := embedder(t, s, EmbedderOptions{})
	if err := e.Learn(t.Context(), qa.Encoder{}); err != nil || e.Dimensions() != 32 {
		t.Fatalf("%d dimensions, %v", e.Dimensions(), err)
	}
	s.Embed(func(string) []float32 { return []float32{1, 2, 3} })
	if _, err := e.EmbedQuery(t.Context(), "a"); qa.CodeOf(err) != "model_broken" {
		t.Errorf("other dimensions: %v", err)
	}
	used := qa.Encoder{Fingerprint: e.Fingerprint(), Dimensions: 32}
	s.Stop()
	same := embedder(t, s, EmbedderOptions{})
	if err := same.Learn(t.Context(), used); err != nil || same.Fingerprint() != e.Fingerprint() {
		t.Errorf("the library's own encoder: %v, %s", err, same.Fingerprint())
	}
	for name, o := range map[string]EmbedderOptions{
		"prefix":    {QueryPrefix: "query: ", Dimensions: 32},
		"kind":      {Server: Server{Kind: Ollama}, Dimensions: 32},
		"dimension": {Dimensions: 64},
	} {
		if other := embedder(t, s, o); other.Fingerprint() == e.Fingerprint() {
			t.Errorf("another %s, the same fingerprint %s", name, e.Fingerprint())
		}
	}
	if err := embedder(t, s, EmbedderOptions{QueryPrefix: "q"}).Learn(t.Context(), used); qa.CodeOf(err) != "model_down" {
		t.Errorf("another model on a server that is down: %v", err)
	}
}

// TestEmbedderKey: no error of an embedder shows the key.
func TestEmbedderKey(t *testing.T) {
	t.Parallel()
	s := modelserver.New(t)
	s.EchoKey(http.StatusUnauthorized)
	_, err := embedder(t, s, EmbedderOptions{}).EmbedQuery(t.Context(), "a")
	if qa.CodeOf(err) != "model_refused" || strings.Contains(fmt.Sprintf("%v %#v", err, err), testKey) || !strings.Contains(err.Error(), "[key]") {
		t.Errorf("%v", err)
	}
}
