package eval

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// counting embeds a text as its length and counts what it was asked.
type counting struct{ documents, queries int }

func (c *counting) EmbedDocuments(_ context.Context, texts []string) ([][]float32, error) {
	c.documents += len(texts)
	var out [][]float32
	for _, t := range texts {
		out = append(out, []float32{float32(len(t)), 1})
	}
	return out, nil
}

func (c *counting) EmbedQuery(_ context.Context, text string) ([]float32, error) {
	c.queries++
	return []float32{-float32(len(text)), 2}, nil
}

func TestVectorCache(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	var e counting
	ask := func(fingerprint string, texts ...string) [][]float32 {
		t.Helper()
		c, err := OpenVectorCache(dir, fingerprint, &e)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		out, err := c.EmbedDocuments(ctx, texts)
		if err != nil {
			t.Fatal(err)
		}
		q, err := c.EmbedQuery(ctx, texts[0])
		if err != nil {
			t.Fatal(err)
		}
		return append(out, q)
	}
	first := ask("a", "un", "deux")
	again := ask("a", "deux", "un", "trois")
	if e.documents != 3 || e.queries != 2 {
		t.Errorf("%d documents and %d questions were encoded, want 3 and 2", e.documents, e.queries)
	}
	if !slices.Equal(again[0], first[1]) || !slices.Equal(again[1], first[0]) || again[2][0] != 5 || again[3][0] != -4 {
		t.Errorf("first %v, again %v", first, again)
	}
	if ask("b", "un"); e.documents != 4 {
		t.Errorf("the vectors of another encoder were taken")
	}
}

func TestVectorCacheAfterACrash(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	var e counting
	embed := func(text string) []float32 {
		t.Helper()
		c, err := OpenVectorCache(dir, "a", &e)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		out, err := c.EmbedDocuments(ctx, []string{text})
		if err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	embed("un")
	embed("deux")
	path := filepath.Join(dir, "vectors.bin")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := int64(1); cut < info.Size()/2; cut++ {
		if err := os.Truncate(path, info.Size()-cut); err != nil {
			t.Fatal(err)
		}
		before := e.documents
		if v := embed("un"); v[0] != 2 || e.documents != before {
			t.Fatalf("cut by %d: the whole record is lost", cut)
		}
		if v := embed("deux"); v[0] != 4 || e.documents != before+1 {
			t.Fatalf("cut by %d: %v", cut, v)
		}
	}
}
