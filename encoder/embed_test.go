package encoder_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/encoder"
	"rapporteur/encoder/gguf"
	"rapporteur/encoder/weights"
)

// TestOddTexts: whatever a text holds, its vector is sound.
func TestOddTexts(t *testing.T) {
	t.Parallel()
	e := built(t, encoder.Options{})
	texts := []string{
		"", " ", "\x00", "\xff\xfe\xed\xa0\x80", "\ue000\uf8ff\U0010fffd", strings.Repeat("\ue000", 3000),
		strings.Repeat("anticonstitutionnellement", 24), strings.Repeat("x", 5000), "\u0301\u0301", "🙂👩‍💻",
		strings.Repeat("Le préavis est de trois mois. ", 340000), // 10 MB
	}
	vectors, err := e.EmbedDocuments(context.Background(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vectors {
		if c := cosine(v, v); len(v) != e.Dimensions() || !(math.Abs(c-1) < 1e-5) {
			t.Errorf("%.20q: no sound vector", texts[i])
		}
		var square float64
		for _, x := range v {
			square += float64(x) * float64(x)
		}
		if math.Abs(square-1) > 1e-5 {
			t.Errorf("%.20q: length² %v", texts[i], square)
		}
	}
}

// TestLongTexts: a text far longer than what is read has the vector of its beginning.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	e, err := encoder.Load(newTiny(gguf.F32).bytes(), encoder.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, sentence := range []string{"la ration é ", "é\u0301é ", "rien"} {
		long := strings.Repeat(sentence, 100000)
		got, err := e.EmbedDocuments(context.Background(), []string{long, long[:len(sentence)*1000]})
		if err != nil {
			t.Fatal(err)
		}
		if c := cosine(got[0], got[1]); !(c > 0.9999999) {
			t.Errorf("%q: cosine %v", sentence, c)
		}
	}
}

// TestOrder: every text gets its own vector, the one that it has alone, in whatever company and on however many
// threads.
func TestOrder(t *testing.T) {
	t.Parallel()
	var texts []string
	for i := range 700 { // more than a window, more than a batch
		texts = append(texts, strings.Repeat("la relation ", i%9)+string(rune('a'+i%26))+strings.Repeat("le", i/26))
	}
	for _, threads := range []int{1, 2, 5} {
		e, err := encoder.Load(newTiny(gguf.Q4_0).bytes(), encoder.Options{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		vectors, err := e.EmbedDocuments(context.Background(), texts)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range texts {
			alone, err := e.EmbedQuery(context.Background(), text)
			if err != nil {
				t.Fatal(err)
			}
			if c := cosine(alone, vectors[i]); !(c > 0.99999) {
				t.Fatalf("%d threads, text %d: cosine with the text alone %v", threads, i, c)
			}
		}
	}
}

func TestNoTexts(t *testing.T) {
	t.Parallel()
	e, err := encoder.Load(newTiny(gguf.F32).bytes(), encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := e.EmbedDocuments(context.Background(), nil); len(v) != 0 || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}

// TestPrefixes: they stand before the texts, and vectors of other prefixes are of another space.
func TestPrefixes(t *testing.T) {
	t.Parallel()
	model := newTiny(gguf.F32).bytes()
	load := func(o encoder.Options) *encoder.Encoder {
		e, err := encoder.Load(model, o)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	bare, with := load(encoder.Options{}), load(encoder.Options{QueryPrefix: "la ", DocumentPrefix: "le "})
	ctx := context.Background()
	want, _ := bare.EmbedDocuments(ctx, []string{"la relation", "le relation"})
	query, _ := with.EmbedQuery(ctx, "relation")
	document, _ := with.EmbedDocuments(ctx, []string{"relation"})
	if !(cosine(query, want[0]) > 0.9999999 && cosine(document[0], want[1]) > 0.9999999) {
		t.Error("a prefix is not the beginning of the text")
	}
	if bare.Fingerprint() == with.Fingerprint() {
		t.Error("the fingerprint does not cover the prefixes")
	}
	if known := load(encoder.Options{Fingerprint: "abc"}).Fingerprint(); !strings.HasPrefix(known, "abc/") {
		t.Errorf("the known hash became %s", known)
	}
	if n := with.Count("la relation"); n != len(with.Tokens("la relation")) || n != len(bare.Tokens("la relation")) {
		t.Errorf("%d tokens", n)
	}
}

// TestFingerprint: that of the model in the binary, known beforehand, is the hash of its bytes.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	o := encoder.Options{QueryPrefix: weights.QueryPrefix, DocumentPrefix: weights.DocumentPrefix}
	e, err := encoder.Load(weights.Model(), o)
	if err != nil {
		t.Fatal(err)
	}
	if known := built(t, o).Fingerprint(); e.Fingerprint() != known {
		t.Errorf("%s, want %s", e.Fingerprint(), known)
	}
}

// TestAtOnce: calls at the same time do not meet in each other's memory.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	e, err := encoder.Load(newTiny(gguf.Q8_0).bytes(), encoder.Options{Threads: 3})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for g := range 12 {
		text := strings.Repeat(string(rune('a'+g)), 1+g*2)
		want, err := e.EmbedQuery(context.Background(), text)
		if err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			for range 30 {
				got, err := e.EmbedDocuments(context.Background(), []string{"la relation", text})
				if err != nil || !(cosine(got[1], want) > 0.99999) {
					t.Errorf("text %d: %v, cosine %v", g, err, cosine(got[1], want))
					return
				}
			}
		})
	}
	wait.Wait()
}

// TestStopped: a call ends soon after its context, and the encoder is as good as before.
func TestStopped(t *testing.T) {
	t.Parallel()
	e := built(t, encoder.Options{})
	texts := make([]string, 200)
	for i := range texts {
		texts[i] = strings.Repeat("le préavis est de trois mois ", 40)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if _, err := e.EmbedDocuments(ctx, texts); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if _, err := e.EmbedQuery(ctx, "préavis"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v of a call that begins too late", err)
	}
	if v, err := e.EmbedQuery(context.Background(), "préavis"); err != nil || len(v) != e.Dimensions() {
		t.Errorf("%d figures, %v", len(v), err)
	}
}

// TestAllocations: after the first calls nothing is allocated but what is returned.
func TestAllocations(t *testing.T) {
	e, err := encoder.Load(newTiny(gguf.Q4_0).bytes(), encoder.Options{Threads: 2, QueryPrefix: "la ", DocumentPrefix: "le "})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	texts := []string{"la relation", strings.Repeat("tirelire ", 30), "le pré"}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	if n := testing.AllocsPerRun(50, func() { e.EmbedQuery(ctx, texts[1]) }); n > 1 {
		t.Errorf("a question allocates %v times, want once", n)
	}
	if n := testing.AllocsPerRun(50, func() { e.EmbedDocuments(ctx, texts) }); n > float64(1+len(texts)) {
		t.Errorf("%d texts allocate %v times, want %d", len(texts), n, 1+len(texts))
	}
}

// TestMemory: the model and a batch of 32 texts of 512 tokens take 60 MB of heap at most.
func TestMemory(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before := heap()
	e := built(t, encoder.Options{})
	texts := make([]string, 32)
	for i := range texts {
		texts[i] = fmt.Sprint(i, strings.Repeat(" le préavis est de trois mois", 100))
	}
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
				most = max(most, heap())
			}
		}
	}()
	vectors, err := e.EmbedDocuments(context.Background(), texts)
	close(stop)
	most := max(<-peak, heap())
	if err != nil || len(vectors) != len(texts) {
		t.Fatal(err)
	}
	t.Logf("%.1f MB at most", float64(most-before)/1e6)
	if most-before > 60e6 {
		t.Errorf("%d bytes of heap", most-before)
	}
	runtime.KeepAlive(e)
}
