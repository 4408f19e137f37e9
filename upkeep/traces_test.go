package upkeep_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/upkeep"
)

const report = "La commune a dépensé 1 204 300 euros pour l’école en 2023, selon le compte administratif adopté en juin. "

// write makes a file of so many bytes of noise with something in the middle.
func write(t *testing.T, path string, size int, at int, what []byte) {
	t.Helper()
	content := make([]byte, size)
	r := rand.NewChaCha8([32]byte{1})
	if _, err := r.Read(content); err != nil {
		t.Fatal(err)
	}
	copy(content[at:], what)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func search(t *testing.T, traces *upkeep.Traces, root string) (s upkeep.Search) {
	t.Helper()
	if err := traces.Below(t.Context(), root, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSearch(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(report, 30)
	vector := make([]byte, 768)
	for i := range vector {
		vector[i] = byte(i * 7)
	}
	for name, c := range map[string]struct {
		at   int
		what []byte
		want bool
	}{
		"nothing":                  {0, nil, false},
		"the text":                 {100, []byte(text), true},
		"one sentence":             {5000, []byte(report), true},
		"across two blocks":        {1<<20 - 60, []byte(report), true},
		"at the end":               {3<<20 - len(report), []byte(report), true},
		"a vector":                 {70_000, vector, true},
		"half of a page of vector": {70_000, vector[120:200], true},
		"other words":              {100, []byte(strings.Repeat("La commune a dépensé. ", 20)), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var traces upkeep.Traces
			traces.AddText(text)
			traces.AddVector(vector)
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a", "file"), 3<<20, c.at, c.what)
			write(t, filepath.Join(dir, "b"), 10, 0, nil)
			s := search(t, &traces, dir)
			if (len(s.Found) == 1) != c.want || s.Files != 2 || len(s.Closed) != 0 {
				t.Errorf("%+v of %d pieces, want found %v", s, traces.Len(), c.want)
			}
		})
	}
}

func TestWhatStaysBetraysNothing(t *testing.T) {
	t.Parallel()
	var traces upkeep.Traces
	traces.AddText(report)
	own := "Cette phrase ne se trouve que dans le rapport retiré de la bibliothèque."
	traces.AddText(own)
	traces.AddText("court")
	traces.AddVector(make([]byte, 768))
	traces.AddVector([]byte("trop court"))
	before := traces.Len()
	traces.Forget("Rapport de 2024. " + report)
	if traces.Len() == 0 || traces.Len() >= before {
		t.Fatalf("%d pieces of %d are left", traces.Len(), before)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "kept"), 1000, 10, []byte(report))
	if s := search(t, &traces, dir); len(s.Found) != 0 {
		t.Errorf("found %v, which another report holds too", s.Found)
	}
	write(t, filepath.Join(dir, "left"), 1000, 10, []byte(own))
	if s := search(t, &traces, dir); len(s.Found) != 1 {
		t.Errorf("found %v, want the file with the sentence", s.Found)
	}
}

func TestSearchOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	var traces upkeep.Traces
	traces.AddText(report)
	if s := search(t, &traces, filepath.Join(t.TempDir(), "missing")); s.Files != 0 || len(s.Closed) != 0 {
		t.Errorf("%+v", s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, 100, 0, nil)
	if err := traces.Below(ctx, path, &upkeep.Search{}); err == nil {
		t.Error("a search that was given up says nothing of it")
	}
}

// FuzzPieces: a text is found in a file that holds it, whatever it is made of.
func FuzzPieces(f *testing.F) {
	f.Add(report, 3)
	f.Add(strings.Repeat("é", 100), 0)
	f.Add("\xff\xfe\x00 un texte abîmé \xc3", 7)
	f.Fuzz(func(t *testing.T, text string, before int) {
		var traces upkeep.Traces
		traces.AddText(text)
		if traces.Len() == 0 {
			return
		}
		path := filepath.Join(t.TempDir(), "f")
		content := append(bytes.Repeat([]byte{'x'}, before&0xffff), text...)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if s := search(t, &traces, path); len(s.Found) != 1 {
			t.Errorf("%q is not found in a file that holds it", text)
		}
	})
}
