package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/encoder/weights"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// TestEmbed sends some of the reference texts through the command and compares tokens and vectors.
func TestEmbed(t *testing.T) {
	t.Parallel()
	f, err := os.Open(testkit.Shared(t, "model/reference/vectors.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type reference struct {
		embedLine
		Tokens int       `json:"tokens"`
		Vector []float64 `json:"vector"`
	}
	var want []reference
	var in bytes.Buffer
	for sc, n := bufio.NewScanner(f), 0; sc.Scan() && n < 24; n++ {
		var r reference
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		want = append(want, r)
		if err := json.NewEncoder(&in).Encode(r.embedLine); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := command(t, in.String(), "embed", "--encoder", "builtin")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines for %d", len(lines), len(want))
	}
	for i, line := range lines {
		var got embedded
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if got.Tokens != want[i].Tokens {
			t.Errorf("line %d: %d tokens, want %d", i, got.Tokens, want[i].Tokens)
		}
		if c := cosine(got.Vector, want[i].Vector); !(c >= 0.999) {
			t.Errorf("line %d: cosine %f", i, c)
		}
	}
}

func cosine(a []float32, b []float64) float64 {
	if len(a) != len(b) {
		return math.NaN()
	}
	dot, aa, bb := 0.0, 0.0, 0.0
	for i, x := range a {
		dot, aa, bb = dot+float64(x)*b[i], aa+float64(x)*float64(x), bb+b[i]*b[i]
	}
	return dot / math.Sqrt(aa*bb)
}

func TestEncoderRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	short := filepath.Join(dir, "short.gguf")
	if err := os.WriteFile(short, weights.Model()[:1<<20], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, stdin, encoder, want string
	}{
		{"no encoder", `{"text":"a"}`, "none", "none"},
		{"no file", `{"text":"a"}`, filepath.Join(dir, "absent.gguf"), "absent.gguf"},
		{"cut short", `{"text":"a"}`, short, "short.gguf"},
		{"no JSON", "{\"text\":\"a\"}\nnot json", "builtin", "Ligne 2"},
		{"unknown kind", `{"text":"a","kind":"poem"}`, "builtin", "Ligne 1"},
	} {
		code, _, errs := command(t, c.stdin, "embed", "--encoder", c.encoder, "--language", "fr")
		if code != 2 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit %d, %s", c.name, code, errs)
		}
	}
}

// pool is a small library of which the words and the meaning can be asked.
var pool = map[string]string{
	"piscine.txt": "Piscine\n\nLa piscine municipale accueille le public de neuf heures à dix-neuf heures, sauf le lundi.\n",
	"budget.txt":  "Budget\n\nLe conseil a voté un budget de fonctionnement de deux millions d’euros pour l’année à venir.\n",
	"dechets.txt": "Déchets\n\nLes ordures ménagères sont ramassées le mardi matin ; le verre est apporté aux conteneurs.\n",
}

func writePool(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range pool {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// firstHit gives the source of the best passage of a search.
func firstHit(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := command(t, "", append([]string{"search", "--json", "--language", "fr"}, args...)...)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var found struct {
		Degraded bool
		Hits     []struct {
			Document struct{ Source string }
			Scores   struct{ Lexical, Semantic float64 }
		}
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatal(err)
	}
	if len(found.Hits) == 0 || found.Degraded {
		return fmt.Sprintf("%+v", found)
	}
	return found.Hits[0].Document.Source
}

// TestSearchByMeaning asks with words that no document has: « ingest » ends when the vectors are there.
func TestSearchByMeaning(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if code, _, errs := command(t, "", "ingest", writePool(t), "--data", data, "--encoder", "builtin"); code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, arm := range []string{"semantic", "hybrid"} {
		for question, want := range map[string]string{
			"When can I go swimming?":               "piscine.txt",
			"combien d’argent la commune dépensera": "budget.txt",
			"quand passent les éboueurs":            "dechets.txt",
		} {
			if got := firstHit(t, question, "--data", data, "--encoder", "builtin", "--arm", arm); got != want {
				t.Errorf("%s, %q: %s, want %s", arm, question, got, want)
			}
		}
	}
	if code, _, _ := command(t, "", "search", "nager", "--data", data, "--encoder", "none", "--arm", "semantic"); code != 6 {
		t.Errorf("semantic search without an encoder: exit %d, want 6", code)
	}
}

// TestVectorsPending asks while documents have no vectors yet: they are found by their words, and the answer
// says that this is not all.
func TestVectorsPending(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), testSettings(t)
	if code, _, errs := command(t, "", "ingest", writePool(t), "--data", s.Data); code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	late := *s
	late.Encoder = encoderBuiltin
	svc, err := openToRead(ctx, &late, terminal{err: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	defer svc.Close()
	a, err := svc.answerer.Answer(ctx, qa.Question{Text: "Quel budget le conseil a-t-il voté ?", Scope: scopeOf("")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Answered || !a.Degraded || a.DegradedReason != "vectors_pending" {
		t.Errorf("answered %v, degraded %v for %q", a.Answered, a.Degraded, a.DegradedReason)
	}
	stop := svc.work(ctx)
	defer stop()
	if err := svc.awaitVectors(ctx, terminal{err: t.Output()}); err != nil {
		t.Fatal(err)
	}
	if err := svc.sync(ctx); err != nil {
		t.Fatal(err)
	}
	a, err = svc.answerer.Answer(ctx, qa.Question{Text: "Quel budget le conseil a-t-il voté ?", Scope: scopeOf("")}, nil)
	if err != nil || !a.Answered || a.Degraded {
		t.Errorf("%v: answered %v, degraded %v for %q", err, a.Answered, a.Degraded, a.DegradedReason)
	}
}

// TestReindex goes from one encoder to another and back: no command mixes their vectors. The other one
// differs by a letter of its description, so its vectors are the same and its fingerprint is not.
func TestReindex(t *testing.T) {
	t.Parallel()
	other := filepath.Join(t.TempDir(), "other.gguf")
	model := bytes.Replace(weights.Model(), []byte("mean pooling; L2-normalise"), []byte("mean pooling; l2-normalise"), 1)
	if err := os.WriteFile(other, model, 0o600); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	do := func(want int, args ...string) {
		t.Helper()
		if code, out, errs := command(t, "", append(args, "--data", data, "--language", "fr")...); code != want {
			t.Fatalf("%v: exit %d, want %d\n%s%s", args, code, want, out, errs)
		}
	}
	do(0, "ingest", writePool(t), "--encoder", "builtin")
	do(5, "search", "piscine", "--encoder", other)
	do(0, "doctor", "--encoder", "builtin")
	do(0, "reindex", "--encoder", other)
	do(1, "doctor", "--encoder", "builtin")
	do(0, "doctor", "--encoder", other)
	do(5, "search", "piscine", "--encoder", "builtin")
	if got := firstHit(t, "When can I go swimming?", "--data", data, "--encoder", other, "--arm", "semantic"); got != "piscine.txt" {
		t.Errorf("after reindex: %s", got)
	}
	do(0, "reindex", "--encoder", "builtin")
	if got := firstHit(t, "When can I go swimming?", "--data", data, "--encoder", "builtin", "--arm", "semantic"); got != "piscine.txt" {
		t.Errorf("after the way back: %s", got)
	}
}
