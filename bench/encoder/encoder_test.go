package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"rapporteur/encoder"
)

func TestParseAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		want string // "" where it is refused
	}{
		{`{"version": "peer 1.2"}`, "peer 1.2 [] 0"},
		{`{"vectors": [[0.5, -1], [1, 0]], "seconds": 0.25}`, " [[0.5 -1] [1 0]] 0.25"},
		{`{"vectors": [[0.5, -1]], "seconds": 0}`, ""},
		{`{"vectors": [[0.5,`, ""},
		{`Traceback (most recent call last):`, ""},
		{``, ""},
	} {
		got := ""
		if a, err := parseAnswer([]byte(c.line)); err == nil {
			got = fmt.Sprint(a.Version, " ", a.Vectors, " ", a.Seconds)
		}
		if got != c.want {
			t.Errorf("%s gives %q, want %q", c.line, got, c.want)
		}
	}
}

func TestChild(t *testing.T) {
	t.Parallel()
	p, err := start([]string{"SECONDS_TAKEN=0.5"}, "sh", "-c",
		`echo '{"version":"sh"}'; while read -r line; do echo "{\"vectors\":[[3,4]],\"seconds\":$SECONDS_TAKEN}"; done`)
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.embed(request{Kind: query, Texts: []string{"a"}})
	if err != nil || a.Seconds != 0.5 || len(a.Vectors) != 1 || p.version != "sh" {
		t.Errorf("the peer %s gave %v, %v", p.version, a, err)
	}
	if _, err := p.embed(request{Kind: query, Texts: []string{"a", "b"}}); err == nil {
		t.Error("one vector for two texts was taken")
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if _, err := start(nil, "sh", "-c", "exit 3"); err == nil {
		t.Error("a peer that says nothing was taken")
	}
}

// echo gives the number of the texts as a vector.
type echo struct{}

func (echo) embed(r request) (answer, error) {
	return answer{Vectors: [][]float32{{float32(len(r.Texts))}}, Seconds: 1}, nil
}

func TestServe(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	in := `{"kind":"query","texts":["a"]}` + "\n" + `{"kind":"passage","texts":["a","b"]}` + "\n"
	if err := serve(echo{}, "echo", strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	want := `{"version":"echo"}` + "\n" + `{"vectors":[[1]],"seconds":1}` + "\n" + `{"vectors":[[2]],"seconds":1}` + "\n"
	if out.String() != want {
		t.Errorf("served %s, want %s", out.String(), want)
	}
}

func TestStatistics(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 4}, 4}, {[]float64{8, 1, 2, 4}, 3}} {
		if got := median(c.of); got != c.want {
			t.Errorf("the median of %v is %v, want %v", c.of, got, c.want)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("nothing has a median")
	}
	if got := fmt.Sprint(ratios([]float64{2, 9, 1}, []float64{1, 3})); got != "[2 3]" {
		t.Errorf("ratios %s", got)
	}
	if got := cosine([]float32{3, 4}, []float32{8, 6}); math.Abs(got-0.96) > 1e-12 {
		t.Errorf("cosine %v, want 0.96", got)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := table(&out, [][]string{{"a", "b"}, {"1", "2"}}); err != nil {
		t.Fatal(err)
	}
	if want := "| a | b |\n|---|---|\n| 1 | 2 |\n"; out.String() != want {
		t.Errorf("wrote %q, want %q", out.String(), want)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	info := "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu fma avx2 avx512f\n"
	if got, want := describe(info), "Some CPU @ 2 GHz (avx2 fma avx512f)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := describe(""), "unknown processor ()"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestWorkload cuts texts with the real tokenizer: all requests must cost the same.
func TestWorkload(t *testing.T) {
	t.Parallel()
	own, err := load(encoder.Quantised, 1)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("La durée légale du travail est fixée à trente-cinq heures par semaine. ", 10)
	texts := []string{long, "Trop court.", strings.ToUpper(long), long[30:], long[60:]}
	requests, err := workload(own.encoder, texts, query, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range requests {
		for i, text := range r.Texts {
			ids := r.IDs[i]
			if len(ids) != queryTokens || ids[0] != 0 || ids[len(ids)-1] != 2 {
				t.Errorf("%q has the tokens %v", text, ids)
			}
			if n := own.encoder.Count("query: "+text) + 2; n != queryTokens {
				t.Errorf("%q is %d tokens long", text, n)
			}
		}
	}
	if _, err := workload(own.encoder, texts, query, 2, 3); err == nil {
		t.Error("four texts made three requests of two")
	}
	a, err := own.embed(requests[0])
	if err != nil || len(a.Vectors) != 2 || a.Seconds <= 0 {
		t.Errorf("our answer is %d vectors in %v s, %v", len(a.Vectors), a.Seconds, err)
	}
}
