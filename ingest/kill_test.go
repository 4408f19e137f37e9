package ingest_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapporteur/ingest"
	"rapporteur/ingest/chunk"
	"rapporteur/ingest/extract"
	"rapporteur/qa"
)

var killRounds = flag.Int("kill.rounds", 25, "how often the kill test kills")

const (
	childFolder = "RAPPORTEUR_KILL_TEST_FOLDER" // set: this process is the one to be killed
	childRound  = "RAPPORTEUR_KILL_TEST_ROUND"
	childHands  = 3 // uploads at the same time; each has sources of its own
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stderr, child(dir))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// child uploads, replaces and removes documents until it is killed, and says on its output what it
// is about to do and what was acknowledged.
func child(dir string) error {
	ctx := context.Background()
	round, err := strconv.Atoi(os.Getenv(childRound))
	if err != nil {
		return err
	}
	l, err := openLibrary(ctx, dir, &extract.Extractor{})
	if err != nil {
		return err
	}
	if err := l.embedding(ctx, lots{}); err != nil {
		return err
	}
	if err := l.work(ctx); err != nil {
		return err
	}
	if err := l.pipeline.Sweep(ctx); err != nil {
		return err
	}
	failed := make(chan error)
	for hand := range childHands {
		go func() { failed <- hands(ctx, l, round, hand) }()
	}
	return <-failed
}

func hands(ctx context.Context, l *library, round, hand int) error {
	r := rand.New(rand.NewPCG(uint64(round), uint64(hand)))
	for n := 0; ; n++ {
		seq := (round*100_000+n)*childHands + hand
		source := fmt.Sprintf("source-%d-%d.txt", hand, r.IntN(8))
		fmt.Println("try", source, seq)
		receipt, err := l.pipeline.Accept(ctx, qa.Upload{Source: source, Replace: true}, strings.NewReader(written(source, seq)))
		if err != nil {
			return err
		}
		fmt.Println("ack", source, seq)
		if r.IntN(6) > 0 {
			continue
		}
		fmt.Println("rm", source, seq)
		if err := l.pipeline.Remove(ctx, everything(), receipt.Document.ID); err != nil {
			return err
		}
		fmt.Println("gone", source, seq)
	}
}

// written is the content of an upload: another one for each, of many sizes.
func written(source string, seq int) string {
	var b strings.Builder
	for i := range 1 + seq*7919%60 {
		fmt.Fprintf(&b, "Le paragraphe %d de l’envoi %d de %s dit que le nombre est %d, et rien d’autre que cela.\n\n", i, seq, source, seq*31+i)
	}
	return b.String()
}

// history is what one source has been told and must now show.
type history struct {
	must []int // acknowledged, in order
	may  []int // tried, or acknowledged before a removal that may or may not have happened
}

func (h *history) hear(event string, seq int) {
	switch event {
	case "try":
		h.may = append(h.may, seq)
	case "ack":
		h.must = append(h.must, seq)
	case "rm":
		h.may, h.must = append(h.may, h.must...), nil
	case "gone":
		h.may, h.must = nil, nil
	}
}

// TestKill kills a process that ingests, again and again at random times, and then checks what is
// there: everything that was acknowledged, whole and once, with all its vectors, and nothing else.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, %d rounds", seed, *killRounds)
	r := rand.New(rand.NewPCG(seed, 0))
	told := map[string]*history{}
	acks := 0
	for round := range *killRounds {
		life := time.Duration(r.IntN(400)) * time.Millisecond
		lines := killed(t, dir, round, life)
		for _, line := range lines {
			var event, source string
			var seq int
			if _, err := fmt.Sscan(line, &event, &source, &seq); err != nil {
				continue // the line that the kill cut off says nothing
			}
			if told[source] == nil {
				told[source] = &history{}
			}
			told[source].hear(event, seq)
			if event == "ack" {
				acks++
			}
		}
		if round%8 == 7 || round == *killRounds-1 {
			inspect(t, dir, told)
		}
		if t.Failed() {
			t.Fatalf("failed in round %d", round)
		}
	}
	if acks < *killRounds*3/4 {
		t.Errorf("only %d acknowledged uploads in %d rounds: the test saw too little", acks, *killRounds)
	}
	t.Logf("%d uploads acknowledged, 0 lost, doubled or mixed", acks)
}

// killed runs the child for a while after its first acknowledged upload, kills it, and gives the lines it wrote.
func killed(t *testing.T, dir string, round int, life time.Duration) []string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childFolder+"="+dir, childRound+"="+strconv.Itoa(round))
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Sometimes the kill comes while the process still starts.
	kill := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
	if round%5 == 4 {
		kill.Reset(life / 2)
	}
	var lines []string
	acked := false
	for s := bufio.NewScanner(out); s.Scan(); {
		if !acked && strings.HasPrefix(s.Text(), "ack ") && round%5 != 4 {
			acked = true
			kill.Reset(life)
		}
		lines = append(lines, s.Text())
	}
	kill.Stop()
	if err := cmd.Wait(); err == nil || complaint.Len() > 0 {
		t.Fatalf("round %d: the child ended by itself: %v %s", round, err, complaint.String())
	}
	return lines
}

// inspect starts a process anew, lets it finish, and compares the library with what was told.
func inspect(t *testing.T, dir string, told map[string]*history) {
	t.Helper()
	ctx := t.Context()
	l, err := openLibrary(ctx, dir, &extract.Extractor{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.store.Close()
	if err := l.embedding(ctx, lots{}); err != nil {
		t.Fatal(err)
	}
	waiting, _ := l.leftToDo(t)
	started := time.Now()
	if err := l.work(ctx); err != nil {
		t.Fatal(err)
	}
	defer l.stop(context.WithoutCancel(ctx))
	for first := true; ; time.Sleep(5 * time.Millisecond) {
		left, versions := l.leftToDo(t)
		if first && (left < waiting || versions == 0) {
			first = false
			if d := time.Since(started); d > 5*time.Second {
				t.Errorf("work went on after %v, want at most 5 s", d)
			}
		}
		if versions == 0 {
			break
		}
		if time.Since(started) > time.Minute {
			t.Fatalf("%d versions still wait after a minute", versions)
		}
	}
	if err := l.store.Check(ctx); err != nil {
		t.Errorf("integrity: %v", err)
	}
	aged(t, filepath.Join(dir, "originals", "tmp"))
	if err := l.pipeline.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	hashes := map[string]bool{}
	seen := map[string]bool{}
	list, err := l.store.Documents(ctx, everything(), "", 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if seen[d.Source] {
			t.Errorf("%s is there twice", d.Source)
		}
		seen[d.Source] = true
		if told[d.Source] == nil {
			t.Errorf("%s was never uploaded", d.Source)
			continue
		}
		for _, hash := range inspectDocument(t, l, d.Document, told[d.Source]) {
			hashes[hash] = true
		}
	}
	for source, h := range told {
		if len(h.must) > 0 && !seen[source] {
			t.Errorf("%s was acknowledged and is lost", source)
		}
	}
	for _, name := range l.kept(t) {
		if !hashes[filepath.Base(name)] {
			t.Errorf("%s is an orphan", name)
		}
	}
	inspectJobs(t, l)
}

// leftToDo is the work that versions wait for: reading, publication, and the
// share of the vectors that is missing, each counts 1.
func (l *library) leftToDo(t *testing.T) (work float64, versions int) {
	t.Helper()
	ids, err := l.unfinished(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		_, v, err := l.store.Version(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		switch v.State {
		case qa.StateQueued:
			work += 3
		case qa.StateExtracted:
			work += 2 - v.Embedded
		case qa.StateLive:
			work += 1 - v.Embedded
		}
	}
	return work, len(ids)
}

// aged makes what killed uploads left look old enough to be swept.
func aged(t *testing.T, tmp string) {
	t.Helper()
	left, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		at := time.Now().Add(-time.Hour)
		if err := os.Chtimes(filepath.Join(tmp, e.Name()), at, at); err != nil {
			t.Fatal(err)
		}
	}
}

// inspectDocument checks the versions of one document and returns the hashes of its originals.
func inspectDocument(t *testing.T, l *library, d qa.Document, h *history) []string {
	t.Helper()
	_, versions, err := l.store.Document(t.Context(), everything(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	possible := map[string]int{}
	for _, seq := range slices.Concat(h.may, h.must) {
		possible[sum(written(d.Source, seq))] = seq
	}
	var hashes []string
	var live int
	for _, v := range versions {
		seq, ok := possible[v.Hash]
		if !ok || slices.Contains(hashes, v.Hash) {
			t.Errorf("%s has a version that was never uploaded, or twice: upload %d, %s", d.Source, seq, v.State)
			continue
		}
		hashes = append(hashes, v.Hash)
		if v.State == qa.StateLive {
			live = seq
			inspectLive(t, l, d, v, seq)
		}
		f, err := l.originals.Open(t.Context(), v.Hash)
		if err != nil {
			t.Errorf("%s: %v", d.Source, err)
			continue
		}
		raw, err := io.ReadAll(f)
		f.Close()
		if err != nil || sum(string(raw)) != v.Hash {
			t.Errorf("%s: the original of %s is not what was uploaded: %v", d.Source, v.ID, err)
		}
	}
	for _, seq := range h.must {
		if !slices.Contains(hashes, sum(written(d.Source, seq))) {
			t.Errorf("%s: acknowledged upload %d is lost", d.Source, seq)
		}
	}
	if newest := possible[versions[0].Hash]; live != newest || len(h.must) > 0 && live < h.must[len(h.must)-1] {
		t.Errorf("%s: upload %d is live, the newest is %d, acknowledged %v", d.Source, live, newest, h.must)
	}
	return hashes
}

// inspectLive compares text and chunks with what reading the upload gives.
func inspectLive(t *testing.T, l *library, d qa.Document, v qa.Version, seq int) {
	t.Helper()
	want, err := (&extract.Extractor{}).Extract(t.Context(), qa.File{ReadSeeker: strings.NewReader(written(d.Source, seq)), MediaType: v.MediaType})
	if err != nil {
		t.Fatal(err)
	}
	text, _, err := l.store.Text(t.Context(), everything(), d.ID, "")
	if err != nil || text.Content != want.Content {
		t.Errorf("%s: the live text is not that of upload %d: %v", d.Source, seq, err)
	}
	chunks, err := l.store.Chunks(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	same := func(a, b qa.Chunk) bool {
		return a.Ordinal == b.Ordinal && a.Span == b.Span && a.Text == b.Text && slices.Equal(a.Section, b.Section)
	}
	if wanted := (chunk.Splitter{}).Split(want); !slices.EqualFunc(chunks, wanted, same) {
		t.Errorf("%s: %d chunks of upload %d, want %d equal ones", d.Source, len(chunks), seq, len(wanted))
	}
	if v.Embedded != 1 {
		t.Errorf("%s: share of vectors %v, want all", d.Source, v.Embedded)
	}
	inspectVectors(t, l, v, chunks)
}

// inspectVectors checks that every chunk and every sentence of a version has its own vector, once.
func inspectVectors(t *testing.T, l *library, v qa.Version, chunks []qa.Chunk) {
	t.Helper()
	vectors, err := l.vectors.Vectors(t.Context(), v.ID)
	if err != nil || len(vectors) != len(chunks) {
		t.Errorf("%d vectors for %d chunks of %s, %v", len(vectors), len(chunks), v.ID, err)
		return
	}
	ids := make([]qa.ChunkID, len(chunks))
	for i, c := range chunks {
		ids[i] = c.ID
		if want := unit(ingest.EmbeddedText(v.Title, c)); vectors[i].Chunk != c.ID || cosine(vectors[i].Vector, want) < 0.999 {
			t.Errorf("the vector of chunk %d of %s is not its own", i, v.ID)
		}
	}
	sentences, err := l.vectors.Sentences(t.Context(), ids)
	if err != nil || len(sentences) != len(chunks) {
		t.Errorf("sentences of %d chunks out of %d of %s, %v", len(sentences), len(chunks), v.ID, err)
		return
	}
	for i, of := range sentences {
		spans := byLines(chunks[i])
		if len(of.Sentences) != len(spans) {
			t.Errorf("%d sentences in chunk %d of %s, want %d", len(of.Sentences), i, v.ID, len(spans))
			return
		}
		for j, s := range of.Sentences {
			if s.Span != spans[j] || cosine(restored(s), unit(chunks[i].Text[s.Start:s.End])) < 0.995 {
				t.Errorf("the vector of sentence %d of chunk %d of %s is not its own", j, i, v.ID)
			}
		}
	}
}

// restored is the vector that was quantised.
func restored(s qa.SentenceVector) []float32 {
	out := make([]float32, len(s.Codes))
	for i, c := range s.Codes {
		out[i] = s.Scale * float32(c)
	}
	return out
}

// unit is the vector of a text, L2-normalised.
func unit(text string) []float32 {
	vectors, err := lots{}.EmbedDocuments(context.Background(), []string{text})
	if err != nil {
		panic(err)
	}
	v := vectors[0]
	length := float32(math.Sqrt(dot(v, v)))
	for i := range v {
		v[i] /= length
	}
	return v
}

// cosine of two vectors; 0 where one of them is far from length 1.
func cosine(a, b []float32) float64 {
	if math.Abs(dot(a, a)-1) > 0.01 || math.Abs(dot(b, b)-1) > 0.01 {
		return 0
	}
	return dot(a, b)
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// inspectJobs checks that no job is left over and that jobs hold ids only.
func inspectJobs(t *testing.T, l *library) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		var open int
		err := l.store.Writer().QueryRowContext(t.Context(), "SELECT count(*) FROM river_job WHERE finalized_at IS NULL").Scan(&open)
		if err != nil {
			t.Fatal(err)
		}
		if open == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%d jobs are left though all versions are finished", open)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func sum(content string) string {
	h := sha256.Sum256([]byte(content))
	return hex.EncodeToString(h[:])
}
