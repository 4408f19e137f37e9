package ingest_test

import (
	"bufio"
	"cmp"
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
	pgtest "rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
)

var (
	killRounds = flag.Int("kill.rounds", 10, "how often TestKill kills at random times, on each database")
	killEach   = flag.Int("kill.each", 1, "how often TestKillAtFailpoints kills at each point, on each database")
	killSeed   = flag.Uint64("kill.seed", 0, "seed of the kill tests; 0 draws one")
)

const (
	childFolder   = "RAPPORTEUR_KILL_TEST_FOLDER" // set: this process is the one to be killed
	childDatabase = "RAPPORTEUR_KILL_TEST_DATABASE"
	childRound    = "RAPPORTEUR_KILL_TEST_ROUND"
	childPoint    = "RAPPORTEUR_KILL_TEST_POINT" // where it kills itself; empty: it waits for its end
	childHands    = 3                            // uploads at the same time; each has sources of its own
	perLibrary    = 10                           // kills that a library has to stand
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stderr, child(place{dir, os.Getenv(childDatabase)}))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// child uploads, replaces and removes documents until it is killed, and says on its output what it
// is about to do and what was acknowledged.
func child(at place) error {
	ctx := context.Background()
	round, err := strconv.Atoi(os.Getenv(childRound))
	if err != nil {
		return err
	}
	var die *failpoint
	if name := os.Getenv(childPoint); name != "" {
		die = &failpoint{name: name}
		die.left.Store(int32(1 + rand.New(rand.NewPCG(uint64(round), 1)).IntN(5)))
		if err := die.callable(); err != nil {
			return err
		}
	}
	l, err := openLibrary(ctx, at, &extract.Extractor{}, die)
	if err != nil {
		return err
	}
	if err := l.embedding(ctx, lots{}); err != nil {
		return err
	}
	die.watch(l.pipeline)
	if err := l.work(ctx); err != nil {
		return err
	}
	if err := l.pipeline.Sweep(ctx); err != nil {
		return err
	}
	failed := make(chan error)
	for hand := range childHands {
		go func() { failed <- hands(ctx, l, die, round, hand) }()
	}
	return <-failed
}

func hands(ctx context.Context, l *library, die *failpoint, round, hand int) error {
	r := rand.New(rand.NewPCG(uint64(round), uint64(hand)))
	for n := 0; ; n++ {
		seq := (round*100_000+n)*childHands + hand
		source := fmt.Sprintf("source-%d-%d.txt", hand, r.IntN(8))
		fmt.Println("try", source, seq)
		receipt, err := l.pipeline.Accept(ctx, qa.Upload{Source: source, Replace: true}, strings.NewReader(written(source, seq)))
		if err != nil {
			return err
		}
		die.hit("before answer")
		fmt.Println("ack", source, seq)
		die.hit("after answer")
		if r.IntN(3) == 0 {
			continue
		}
		if err := l.whole(ctx, receipt.Version.ID); err != nil {
			return err
		}
		if r.IntN(4) > 0 {
			continue
		}
		fmt.Println("rm", source, seq)
		if err := l.pipeline.Remove(ctx, everything(), receipt.Document.ID); err != nil {
			return err
		}
		fmt.Println("gone", source, seq)
	}
}

// whole waits until a version has its vectors: those are made while no other version waits to be read, so that
// hands that only upload would keep them away.
func (l *library) whole(ctx context.Context, id qa.VersionID) error {
	for {
		_, v, err := l.store.Version(ctx, id)
		if err != nil || v.Embedded == 1 && !v.State.Pending() || v.State == qa.StateSuperseded {
			return err
		}
		time.Sleep(20 * time.Millisecond)
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

// TestKill kills a process that ingests, again and again at random times, and checks after each kill what is
// there: everything that was acknowledged, whole and once, with all its vectors, and nothing else. More kills:
// go test ./ingest -run 'TestKill$' -v -kill.rounds 60
func TestKill(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, v *victim) {
		for range *killRounds {
			v.round("")
		}
	})
}

// TestKillAtFailpoints does so before and after every durable step. More kills:
// go test ./ingest -run TestKillAtFailpoints -v -kill.each 5
func TestKillAtFailpoints(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, v *victim) {
		for range *killEach {
			for _, name := range failpoints {
				v.round("before " + name)
				v.round("after " + name)
			}
		}
	})
}

func onEachDatabase(t *testing.T, kill func(t *testing.T, v *victim)) {
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	for _, db := range []struct {
		name string
		dsn  func(testing.TB) string
	}{
		{"sqlite", func(testing.TB) string { return "" }},
		{"postgres", pgtest.Database},
	} {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			v := &victim{t: t, dsn: db.dsn, r: rand.New(rand.NewPCG(seed, 0))}
			kill(t, v)
			if v.acks < v.rounds/2 {
				t.Errorf("only %d acknowledged uploads in %d rounds: the test saw too little", v.acks, v.rounds)
			}
			slices.Sort(v.resumed)
			n := len(v.resumed)
			if n == 0 {
				t.Fatal("there never was work left: the test saw too little")
			}
			t.Logf("seed %d: %d kills, %d uploads acknowledged, 0 lost, doubled or mixed; work went on after %v (median), %v (most), %d times with work left",
				seed, v.rounds, v.acks, v.resumed[n/2].Round(time.Millisecond), v.resumed[n-1].Round(time.Millisecond), n)
		})
	}
}

// victim is what is killed round after round: processes on a library that is a new one now and then, so that a
// check stays short.
type victim struct {
	t       *testing.T
	dsn     func(testing.TB) string
	r       *rand.Rand
	at      place
	told    map[string]*history
	rounds  int
	acks    int
	resumed []time.Duration
}

// round lets a process work until it is killed, at a failpoint or at a random time, and checks the library.
func (v *victim) round(point string) {
	v.t.Helper()
	if v.rounds%perLibrary == 0 {
		v.at, v.told = place{v.t.TempDir(), v.dsn(v.t)}, map[string]*history{}
	}
	for _, line := range v.killed(point) {
		var event, source string
		var seq int
		if _, err := fmt.Sscan(line, &event, &source, &seq); err != nil || event == "point" {
			continue // the line that the kill cut off says nothing
		}
		if v.told[source] == nil {
			v.told[source] = &history{}
		}
		v.told[source].hear(event, seq)
		if event == "ack" {
			v.acks++
		}
	}
	inspect(v.t, v.at, v.told, &v.resumed)
	v.rounds++
	if v.t.Failed() {
		v.t.Fatalf("failed in round %d, killed %s", v.rounds, cmp.Or(point, "at a random time"))
	}
}

// killed runs the child until it kills itself at the point, or for a while after its first acknowledged
// upload, and gives the lines it wrote.
func (v *victim) killed(point string) (lines []string) {
	v.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		v.t.Fatal(err)
	}
	cmd := exec.CommandContext(v.t.Context(), exe)
	cmd.Env = append(os.Environ(), childFolder+"="+v.at.dir, childDatabase+"="+v.at.dsn,
		childRound+"="+strconv.Itoa(v.rounds), childPoint+"="+point)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	kill := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer kill.Stop()
	life := time.Duration(v.r.IntN(400)) * time.Millisecond
	starting := point == "" && v.rounds%5 == 4 // sometimes the kill comes while the process still starts
	if starting {
		kill.Reset(life / 2)
	}
	waits, reached := point == "" && !starting, false
	for s := bufio.NewScanner(out); s.Scan(); {
		if waits && strings.HasPrefix(s.Text(), "ack ") {
			waits = false
			kill.Reset(life)
		}
		reached = reached || strings.HasPrefix(s.Text(), "point ")
		lines = append(lines, s.Text())
	}
	if err := cmd.Wait(); err == nil || complaint.Len() > 0 {
		v.t.Fatalf("round %d: the child ended by itself: %v %s", v.rounds, err, complaint.String())
	}
	if point != "" && !reached {
		v.t.Fatalf("the child never came to the point %s", point)
	}
	return lines
}

// inspect starts a process anew, lets it finish, and compares the library with what was told. It notes how
// long after the start work went on, where there was some.
func inspect(t *testing.T, at place, told map[string]*history, resumed *[]time.Duration) {
	t.Helper()
	ctx := t.Context()
	started := time.Now()
	l, err := openLibrary(ctx, at, &extract.Extractor{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	if err := l.embedding(ctx, lots{}); err != nil {
		t.Fatal(err)
	}
	waiting := l.leftToDo(t)
	if err := l.work(ctx); err != nil {
		t.Fatal(err)
	}
	defer l.stop(context.WithoutCancel(ctx))
	left, pause := waiting, 5*time.Millisecond
	for first := len(waiting) > 0; len(left) > 0; time.Sleep(pause) {
		left = l.leftToDo(t)
		if took := time.Since(started); first && goesOn(waiting, left) {
			first, pause = false, 50*time.Millisecond
			*resumed = append(*resumed, took)
			if took > 5*time.Second {
				t.Errorf("work went on after %v, want at most 5 s", took)
			}
		}
		if time.Since(started) > time.Minute {
			t.Fatalf("%d versions still wait after a minute", len(left))
		}
	}
	if err := l.store.Check(ctx); err != nil {
		t.Errorf("integrity: %v", err)
	}
	aged(t, filepath.Join(at.dir, "originals", "tmp"))
	if err := l.pipeline.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	hashes := inspectDocuments(t, l, told)
	for _, name := range l.kept(t) {
		if !hashes[filepath.Base(name)] {
			t.Errorf("%s is an orphan", name)
		}
	}
	inspectTombstones(t, l)
	inspectJobs(t, l)
}

// inspectDocuments checks every document and gives the hashes of all originals.
func inspectDocuments(t *testing.T, l *library, told map[string]*history) map[string]bool {
	t.Helper()
	hashes := map[string]bool{}
	seen := map[string]bool{}
	list, err := l.store.Documents(t.Context(), everything(), "", 10_000)
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
	return hashes
}

// inspectTombstones checks that what was removed is buried on both sides, and does not walk.
func inspectTombstones(t *testing.T, l *library) {
	t.Helper()
	rows, err := l.store.Tombstones(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files, err := l.originals.Buried(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := func(list []qa.Tombstone) (out []qa.DocumentID) {
		for _, s := range list {
			out = append(out, s.Document)
		}
		slices.Sort(out)
		return out
	}
	if !slices.Equal(ids(rows), ids(files)) {
		t.Errorf("%d tombstones in the database, %d beside the originals", len(rows), len(files))
	}
	for _, s := range rows {
		if _, _, err := l.store.Document(t.Context(), everything(), s.Document); qa.KindOf(err) != qa.NotFound {
			t.Errorf("removed document %s: %v, want not found", s.Document, err)
		}
	}
}

// goesOn reports whether anything was done of the work that waited. What was being committed when the process
// died may join it later.
func goesOn(waiting, left map[qa.VersionID]float64) bool {
	for id, work := range waiting {
		if left[id] < work {
			return true
		}
	}
	return false
}

// leftToDo is the work that each version waits for: reading, publication, and the share of the vectors that is
// missing, each counts 1.
func (l *library) leftToDo(t *testing.T) map[qa.VersionID]float64 {
	t.Helper()
	ids, err := l.unfinished(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	left := map[qa.VersionID]float64{}
	for _, id := range ids {
		_, v, err := l.store.Version(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		switch v.State {
		case qa.StateQueued:
			left[id] = 3
		case qa.StateExtracted:
			left[id] = 2 - v.Embedded
		case qa.StateLive:
			left[id] = 1 - v.Embedded
		}
	}
	return left
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
		open, err := l.openJobs(t.Context())
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
