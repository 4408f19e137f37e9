package encoder_test

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/tmc/langchaingo/embeddings"

	"rapporteur/encoder"
	"rapporteur/encoder/weights"
	"rapporteur/internal/testkit"
)

var _ embeddings.Embedder = (*encoder.Encoder)(nil)

// reference is a line of reference/vectors.jsonl: a forward pass in float64 over the same weights.
type reference struct {
	Kind   string
	Text   string
	Tokens int
	Vector []float32
}

func references(t testing.TB) []reference {
	t.Helper()
	f, err := os.Open(testkit.Shared(t, "model/reference") + "/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []reference
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r reference
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if lines.Err() != nil || len(all) == 0 {
		t.Fatalf("%d lines, %v", len(all), lines.Err())
	}
	return all
}

// built loads the model of the binary with the prefixes of its card.
func built(t testing.TB, o encoder.Options) *encoder.Encoder {
	t.Helper()
	o.QueryPrefix, o.DocumentPrefix, o.Fingerprint = weights.QueryPrefix, weights.DocumentPrefix, weights.Fingerprint
	e, err := encoder.Load(weights.Model(), o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestReferenceVectors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		precision encoder.Precision
		least     float64
	}{
		{"float32", encoder.Float32, 0.99999},
		{"quantised", encoder.Quantised, 0.9990},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lowest := 1.0
			for _, r := range embedReferences(t, built(t, encoder.Options{Precision: test.precision})) {
				lowest = min(lowest, r.cosine)
				if !(r.cosine >= test.least) {
					t.Errorf("%s %.60q: cosine %.6f, want at least %v", r.Kind, r.Text, r.cosine, test.least)
				}
			}
			t.Logf("lowest cosine %.6f", lowest)
		})
	}
}

// compared is a reference with the cosine of our vector.
type compared struct {
	reference
	cosine float64
}

// embedReferences embeds the documents in one call and every question on its own.
func embedReferences(t *testing.T, e *encoder.Encoder) []compared {
	var texts []string
	all := references(t)
	for _, r := range all {
		if r.Kind == "passage" {
			texts = append(texts, r.Text)
		}
	}
	passages, err := e.EmbedDocuments(context.Background(), texts)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]compared, len(all))
	for i, r := range all {
		var v []float32
		if r.Kind == "passage" {
			v, passages = passages[0], passages[1:]
		} else if v, err = e.EmbedQuery(context.Background(), r.Text); err != nil {
			t.Fatal(err)
		}
		out[i] = compared{r, cosine(v, r.Vector)}
	}
	return out
}

func cosine(a, b []float32) float64 {
	if len(a) != len(b) {
		return math.NaN()
	}
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}
