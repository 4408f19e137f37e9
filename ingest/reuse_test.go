package ingest_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/ingest"
	"rapporteur/qa"
	"rapporteur/store/sqlite"
)

// counting is an embedder that remembers what it was asked.
type counting struct {
	asked []string
}

func (c *counting) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	c.asked = append(c.asked, texts...)
	return lots{}.EmbedDocuments(ctx, texts)
}

// TestUnchangedChunksKeepTheirVectors: of a new version, only what changed is encoded, and every vector is that of
// its text.
func TestUnchangedChunksKeepTheirVectors(t *testing.T) {
	t.Parallel()
	var e counting
	l := embeddingLibrary(t, &e)
	plan := chaptered(60)
	changed := strings.Replace(plan, "La section 30 décrit la mesure numéro 210 du plan.", "La section 30 est abrogée.", 1)
	for _, c := range []struct {
		what, title, content string
		holds                string // what is in every text that is asked; "" when none may be
		chunks               int    // texts asked that are those of chunks
	}{
		{"first", "Plan", plan, "", 30},
		{"one chunk changed, one added", "Plan", changed + "## Annexe\n\nUne annexe nouvelle.\n", "", 2},
		{"back to the text of an earlier version", "Plan", plan, "", 0},
		{"another title, the same sentences", "Le plan", plan + "\n", "Le plan", 30},
	} {
		e.asked = nil
		r := l.accept(t, qa.Upload{Source: "plan.md", Title: c.title, Replace: true}, c.content)
		v := l.finish(t, r.Version.ID)
		chunks, err := l.store.Chunks(t.Context(), v.ID)
		if err != nil || v.State != qa.StateLive || v.Embedded != 1 {
			t.Fatalf("%s: %s at %v, %v", c.what, v.State, v.Embedded, err)
		}
		inspectVectors(t, l, v, chunks)
		asked := 0
		for _, text := range e.asked {
			if strings.HasPrefix(text, c.title) {
				asked++
			}
		}
		if asked != c.chunks || c.chunks == 0 && len(e.asked) > 0 {
			t.Errorf("%s: the encoder was asked for %d chunks and %d sentences, want %d chunks", c.what, asked, len(e.asked)-asked, c.chunks)
		}
		for _, text := range e.asked {
			if !strings.Contains(text, c.holds) {
				t.Errorf("%s: asked for %q", c.what, text)
			}
		}
		if c.chunks == 2 && len(e.asked) > 2+13+1 {
			t.Errorf("%s: %d texts asked for two chunks", c.what, len(e.asked))
		}
	}
}

// TestNothingIsReusedOfAnotherEncoder: vectors of two encoders never meet, nor those of two documents.
func TestNothingIsReusedOfAnotherEncoder(t *testing.T) {
	t.Parallel()
	var e counting
	l := embeddingLibrary(t, &e)
	l.finish(t, l.accept(t, qa.Upload{Source: "plan.md", Title: "Plan"}, chaptered(3)).Version.ID)
	first := len(e.asked)
	l.finish(t, l.accept(t, qa.Upload{Source: "copie.md", Title: "Plan"}, chaptered(3)+"Une phrase de plus.").Version.ID)
	if asked := len(e.asked) - first; asked < first {
		t.Errorf("%d texts asked for another document, %d for the first", asked, first)
	}
	next, err := l.store.(*sqlite.Store).Rebuild(t.Context(), qa.Encoder{Fingerprint: "others", Dimensions: dimensions})
	if err != nil {
		t.Fatal(err)
	}
	v := l.finish(t, l.accept(t, qa.Upload{Source: "plan.md", Title: "Plan", Replace: true}, chaptered(4)).Version.ID)
	l.pipeline.Vectors = next
	e.asked = nil
	for more := true; more; {
		if more, err = l.pipeline.Embed(t.Context(), v.ID); err != nil {
			t.Fatal(err)
		}
	}
	if len(e.asked) < 4 {
		t.Errorf("another encoder was asked for %d texts", len(e.asked))
	}
}

// TestNothingIsReusedOfOtherSentences: where a text is cut otherwise than before, its sentences are encoded anew.
func TestNothingIsReusedOfOtherSentences(t *testing.T) {
	t.Parallel()
	var e counting
	l := embeddingLibrary(t, &e)
	l.finish(t, l.accept(t, qa.Upload{Source: "plan.md", Title: "Plan"}, "Un premier point.\n\nUn second point.\n").Version.ID)
	e.asked = nil
	l.pipeline.Sentences = func(c qa.Chunk) []qa.Span { return []qa.Span{{Start: 0, End: 5}, {Start: 5, End: len(c.Text)}} }
	l.finish(t, l.accept(t, qa.Upload{Source: "plan.md", Title: "Plan", Replace: true}, "Un premier point.\n\nUn second point.").Version.ID)
	if len(e.asked) != 2 || strings.HasPrefix(e.asked[0], "Plan") {
		t.Errorf("asked for %q, want the two sentences that the text now is", e.asked)
	}
}

// staging counts what is written of uploads.
type staging struct {
	ingest.Originals
	staged int
}

func (s *staging) Stage(ctx context.Context, r io.Reader, limit int64) (string, string, int64, error) {
	s.staged++
	return s.Originals.Stage(ctx, r, limit)
}

// TestUnchangedFilesAreOnlyRead: a file that changes nothing is hashed, and written nowhere.
func TestUnchangedFilesAreOnlyRead(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, nil, false)
	count := &staging{Originals: l.originals}
	l.pipeline.Originals = count
	file := func(content string) io.Reader { return bytes.NewReader([]byte(content)) }
	folder := qa.Upload{Source: "a.md", Origin: "dossier", Replace: true}
	for _, c := range []struct {
		what    string
		upload  qa.Upload
		r       io.Reader
		outcome qa.Verdict
		staged  int
	}{
		{"a new file", folder, file("Un."), qa.VerdictIngested, 1},
		{"the same file", folder, file("Un."), qa.VerdictUnchanged, 0},
		{"the same by a pipe", folder, io.LimitReader(file("Un."), 100), qa.VerdictUnchanged, 1},
		{"the same from elsewhere", qa.Upload{Source: "a.md", Replace: true}, file("Un."), qa.VerdictUnchanged, 1},
		{"another file", folder, file("Deux."), qa.VerdictNewVersion, 1},
		{"one with a password", qa.Upload{Source: "a.md", Origin: "dossier", Replace: true, Password: "x"}, file("Deux."), qa.VerdictIngested, 1},
	} {
		before := count.staged
		r, err := l.pipeline.Accept(t.Context(), c.upload, c.r)
		if err != nil || r.Outcome != c.outcome || count.staged-before != c.staged {
			t.Errorf("%s: %s, staged %d, %v; want %s, %d", c.what, r.Outcome, count.staged-before, err, c.outcome, c.staged)
		}
	}
	if files := l.kept(t); len(files) != 2 {
		t.Fatalf("kept %q", files)
	}
	for _, name := range l.kept(t) {
		if err := os.Remove(filepath.Join(l.dir, "originals", name)); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := l.pipeline.Accept(t.Context(), folder, file("Deux.")); err != nil || r.Outcome != qa.VerdictUnchanged || len(l.kept(t)) != 1 {
		t.Errorf("an original that was lost: %s, %v, kept %q", r.Outcome, err, l.kept(t))
	}
}
