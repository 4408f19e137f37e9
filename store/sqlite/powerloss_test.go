//go:build linux

package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/qa"
)

var (
	powerSeeds = flag.Int("power.seeds", 20, "seeds of TestPowerLoss")
	powerEach  = flag.Int("power.losses", 2, "how often the library of one seed loses its power: it goes on from what the loss before left")
	powerFirst = flag.Uint64("power.first", 1, "the first seed of TestPowerLoss")
)

// TestPowerLoss works on a library until the power goes at a random call of the disk, opens what a disk may then
// hold, and looks for all that was acknowledged. More seeds: go test ./store/sqlite -run 'TestPowerLoss$' -v -power.seeds 200 -power.losses 5
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	losses, facts := 0, 0
	for seed := *powerFirst; seed < *powerFirst+uint64(*powerSeeds); seed++ {
		found, checked := losePower(t, seed, *powerEach, "FULL")
		for _, p := range found {
			t.Errorf("seed %d: %s", seed, p)
		}
		losses, facts = losses+*powerEach, facts+checked
	}
	if facts < losses {
		t.Errorf("only %d acknowledged versions and removals were looked for after %d losses: the test saw too little", facts, losses)
	}
	t.Logf("%d seeds, %d power losses, %d acknowledged versions and removals looked for: 0 lost, 0 corrupt", *powerSeeds, losses, facts)
}

// TestPowerLossIsFound takes the syncs away from SQLite: the same losses must then be seen.
func TestPowerLossIsFound(t *testing.T) {
	t.Parallel()
	for _, synchronous := range []string{"NORMAL", "OFF"} {
		bad := 0
		const seeds = 6
		for seed := range uint64(seeds) {
			if found, _ := losePower(t, seed, 1, synchronous); len(found) > 0 {
				bad++
			}
		}
		t.Logf("synchronous=%s: %d of %d power losses lost something acknowledged, or the library", synchronous, bad, seeds)
		if bad == 0 {
			t.Errorf("synchronous=%s: no power loss was seen to lose anything: the test is blind", synchronous)
		}
	}
}

// losePower gives what was wrong after losses, and how many facts were looked for.
func losePower(t *testing.T, seed uint64, losses int, synchronous string) (problems []string, facts int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	told := &ledger{docs: map[qa.DocumentID]*document{}}
	dir := t.TempDir()
	for loss := range losses {
		h := &hand{r: r, told: told, dir: dir, synchronous: synchronous}
		h.disk = newDisk(t, dir, rand.New(rand.NewPCG(seed, uint64(loss+1))), 1+r.IntN(800), func() { h.left = told.copied() })
		if err := h.work(t.Context()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		dir, told = t.TempDir(), h.left
		for name, content := range h.disk.image {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		n, err := told.check(t.Context(), dir)
		facts += n
		if err != nil {
			return append(problems, fmt.Sprintf("loss %d, at call %d: %v", loss, h.disk.lossAt, err)), facts
		}
	}
	return nil, facts
}

// ledger is what the library has acknowledged.
type ledger struct {
	mu      sync.Mutex
	docs    map[qa.DocumentID]*document
	inHand  qa.DocumentID // what is being done to it may or may not have happened
	removal bool          // it is being removed
}

type document struct {
	source   string
	versions []*version // in the order of their uploads
	removed  bool
}

type version struct {
	id       qa.VersionID
	content  string
	state    qa.State
	embedded bool
}

func (l *ledger) copied() *ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := &ledger{docs: map[qa.DocumentID]*document{}, inHand: l.inHand, removal: l.removal}
	for id, d := range l.docs {
		c := &document{source: d.source, removed: d.removed}
		for _, v := range d.versions {
			same := *v
			c.versions = append(c.versions, &same)
		}
		out.docs[id] = c
	}
	return out
}

// begin notes what is about to be done, so that it may be found done or not; the result ends it.
func (l *ledger) begin(id qa.DocumentID, removal bool) (acknowledged func(note func())) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inHand, l.removal = id, removal
	return func(note func()) {
		l.mu.Lock()
		defer l.mu.Unlock()
		note()
		l.inHand = ""
	}
}

// hand works on a library.
type hand struct {
	r           *rand.Rand
	told        *ledger
	disk        *disk
	dir         string
	synchronous string
	store       *Store
	vectors     *Vectors
	left        *ledger // what was acknowledged when the power went
	seq         int
}

// work goes on until the power is gone, beside a reader.
func (h *hand) work(ctx context.Context) error {
	for !h.disk.isLost() {
		if err := h.open(ctx); err != nil {
			return err
		}
		reading, stop := context.WithCancel(ctx)
		var reader sync.WaitGroup
		reader.Go(func() { h.read(reading) })
		var err error
		for n := 20 + h.r.IntN(60); n > 0 && err == nil && !h.disk.isLost(); n-- {
			err = h.act(ctx)
		}
		stop()
		reader.Wait()
		if err := errors.Join(err, h.store.Close()); err != nil {
			return err
		}
	}
	return nil
}

func (h *hand) open(ctx context.Context) (err error) {
	if h.store, err = Open(ctx, filepath.Join(h.dir, "library.db")); err != nil {
		return err
	}
	if _, err := h.store.writer.ExecContext(ctx, "PRAGMA synchronous = "+h.synchronous); err != nil {
		return err
	}
	h.vectors, err = h.store.UseEncoder(ctx, qa.Encoder{Fingerprint: "test", Dimensions: 4})
	return err
}

// read keeps the log from being emptied now and then, as readers do.
func (h *hand) read(ctx context.Context) {
	for ctx.Err() == nil {
		tx, err := h.store.readers.BeginTx(ctx, nil)
		if err != nil {
			return // the library is being closed
		}
		var n int
		_ = tx.QueryRow("SELECT count(*) FROM versions").Scan(&n) // begins to read; what it finds is nothing to this test
		time.Sleep(5 * time.Millisecond)
		_ = tx.Rollback()
		time.Sleep(5 * time.Millisecond)
	}
}

var everyone = qa.Scope{Everything: true}

// act does one of the things that change a library.
func (h *hand) act(ctx context.Context) error {
	var ids []qa.DocumentID
	var pending []qa.DocumentID
	for id, d := range h.told.docs {
		if d.removed {
			continue
		}
		ids = append(ids, id)
		if newest := d.versions[len(d.versions)-1]; newest.state.Pending() || !newest.embedded {
			pending = append(pending, id)
		}
	}
	slices.Sort(ids)
	slices.Sort(pending)
	switch n := h.r.IntN(20); {
	case n < 4 || len(ids) == 0:
		return h.upload(ctx, fmt.Sprintf("source-%d", h.r.Uint64()))
	case n < 7:
		return h.upload(ctx, h.told.docs[ids[h.r.IntN(len(ids))]].source)
	case n < 16 && len(pending) > 0:
		return h.advance(ctx, pending[h.r.IntN(len(pending))])
	case n == 16:
		return h.remove(ctx, ids[h.r.IntN(len(ids))])
	case n == 17:
		return h.store.compact(ctx, 1)
	case n == 18:
		return h.store.truncate(ctx)
	}
	return nil
}

func (h *hand) upload(ctx context.Context, source string) error {
	h.seq++
	content := strings.TrimSpace(strings.Repeat(fmt.Sprintf("Le paragraphe de l’envoi %d-%d.\n", h.seq, h.r.Uint32()), 1+h.r.IntN(60)))
	sum := sha256.Sum256([]byte(content))
	id := qa.DocumentID("document of " + source)
	v := qa.Version{ID: qa.VersionID(fmt.Sprintf("version-%d", h.r.Uint64())), Document: id, Hash: hex.EncodeToString(sum[:]),
		Size: int64(len(content)), MediaType: "text/plain", State: qa.StateQueued, CreatedAt: time.Now()}
	u := qa.Upload{Collection: qa.DefaultCollection, Source: source, Replace: true, MediaType: "text/plain"}
	acknowledged := h.told.begin(id, false)
	r, err := h.store.CreateVersion(ctx, u, v, func() error { return nil })
	if err != nil {
		return err
	}
	acknowledged(func() {
		d := h.told.docs[r.Document.ID]
		if d == nil {
			d = &document{source: source}
			h.told.docs[r.Document.ID] = d
		}
		d.versions = append(d.versions, &version{id: r.Version.ID, content: content, state: qa.StateQueued})
	})
	return nil
}

// advance does the next step of the newest version of a document: it is read, published or given vectors.
func (h *hand) advance(ctx context.Context, id qa.DocumentID) error {
	d := h.told.docs[id]
	mine := d.versions[len(d.versions)-1]
	_, v, err := h.store.Version(ctx, mine.id)
	if err != nil {
		return err
	}
	acknowledged := h.told.begin(id, false)
	switch {
	case v.State == qa.StateQueued:
		text, chunks := paragraphs(mine.content)
		v.Title, v.Language, v.Pages, v.Chunks = d.source, "fr", 1, len(chunks)
		if err := h.store.SaveChunks(ctx, v, text, chunks); err != nil {
			return err
		}
		acknowledged(func() { mine.state = qa.StateExtracted })
	case v.State == qa.StateExtracted && (mine.embedded || h.r.IntN(2) == 0):
		v.Verdict = qa.VerdictIngested
		state, err := h.store.Publish(ctx, v)
		if err != nil {
			return err
		}
		acknowledged(func() { d.publish(mine, state) })
	default:
		if err := h.embed(ctx, mine); err != nil {
			return err
		}
		acknowledged(func() { mine.embedded = true })
	}
	return nil
}

func (d *document) publish(mine *version, state qa.State) {
	for _, v := range d.versions {
		if v.state == qa.StateLive && state == qa.StateLive {
			v.state = qa.StateSuperseded
		}
	}
	mine.state = state
}

// embed stores the vectors of a version, those of its chunks in two transactions.
func (h *hand) embed(ctx context.Context, mine *version) error {
	for {
		chunks, err := h.vectors.PendingChunks(ctx, mine.id, 1+strings.Count(mine.content, "\n")/2)
		if err != nil || len(chunks) == 0 {
			return errors.Join(err, h.embedSentences(ctx, mine))
		}
		list := make([]qa.ChunkVector, len(chunks))
		for i, c := range chunks {
			list[i] = qa.ChunkVector{Chunk: c.ID, Vector: vectorFor(c.Text, c.Ordinal)}
		}
		if err := h.vectors.SaveVectors(ctx, mine.id, list); err != nil {
			return err
		}
	}
}

func (h *hand) embedSentences(ctx context.Context, mine *version) error {
	chunks, err := h.vectors.PendingSentences(ctx, mine.id, 1000)
	if err != nil || len(chunks) == 0 {
		return err
	}
	list := make([]qa.ChunkSentences, len(chunks))
	for i, c := range chunks {
		list[i] = qa.ChunkSentences{Chunk: c.ID, Sentences: []qa.SentenceVector{{Span: qa.Span{End: len(c.Text)}, Scale: 1, Codes: []int8{int8(c.Ordinal), 1, 2, 3}}}}
	}
	return h.vectors.SaveSentences(ctx, mine.id, list)
}

func (h *hand) remove(ctx context.Context, id qa.DocumentID) error {
	acknowledged := h.told.begin(id, true)
	if _, err := h.store.DeleteDocument(ctx, everyone, id); err != nil {
		return err
	}
	acknowledged(func() { h.told.docs[id].removed = true })
	return nil
}

// paragraphs reads a content: a chunk for each paragraph.
func paragraphs(content string) (qa.Text, []qa.Chunk) {
	text := qa.Text{Content: content, Language: "fr", Pages: []qa.Page{{Span: qa.Span{End: len(content)}, Number: 1}}}
	var chunks []qa.Chunk
	start := 0
	for i, p := range strings.Split(content, "\n") {
		chunks = append(chunks, qa.Chunk{Ordinal: i, Span: qa.Span{Start: start, End: start + len(p)}, Text: p, Pages: text.Pages})
		start += len(p) + 1
	}
	return text, chunks
}

// vectorFor is exact in half precision, and another one for each text and place.
func vectorFor(text string, ordinal int) []float32 {
	sum := sha256.Sum256([]byte(text))
	return []float32{float32(sum[0]) / 256, float32(sum[1]) / 256, float32(ordinal) / 64, 1}
}

// check opens the library that a power loss left and compares it with what was acknowledged; it gives the number of
// facts that it looked for. What was in hand is taken as it is found.
func (l *ledger) check(ctx context.Context, dir string) (facts int, err error) {
	s, err := Open(ctx, filepath.Join(dir, "library.db"))
	if err != nil {
		return 0, fmt.Errorf("not opened: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Check(ctx); err != nil {
		return 0, fmt.Errorf("corrupt: %w", err)
	}
	vectors, err := s.UseEncoder(ctx, qa.Encoder{Fingerprint: "test", Dimensions: 4})
	if err != nil {
		return 0, err
	}
	seen := 0
	for _, id := range slices.Sorted(maps.Keys(l.docs)) {
		d := l.docs[id]
		facts += max(1, len(d.versions))
		found, versions, err := s.Document(ctx, everyone, id)
		gone := qa.KindOf(err) == qa.NotFound
		switch {
		case d.removed && !gone:
			return facts, fmt.Errorf("%s was removed and is back: %v", d.source, err)
		case d.removed || gone && l.inHand == id && l.removal:
			d.removed = true
			continue
		case err != nil:
			return facts, fmt.Errorf("%s was acknowledged and is lost: %w", d.source, err)
		}
		seen++
		if err := d.compare(ctx, s, vectors, found, versions, l.inHand == id); err != nil {
			return facts, fmt.Errorf("%s: %w", d.source, err)
		}
	}
	list, err := s.Documents(ctx, everyone, "", 100_000)
	if err != nil {
		return facts, err
	}
	return facts, l.adopt(ctx, s, list, seen)
}

// adopt takes a document whose upload was in hand for done when it is there; any other is one too many. Its bytes are
// not known here, so that it is removed.
func (l *ledger) adopt(ctx context.Context, s *Store, list []qa.Listed, seen int) error {
	for _, d := range list {
		if l.docs[d.ID] == nil && d.ID == l.inHand {
			if _, err := s.DeleteDocument(ctx, everyone, d.ID); err != nil {
				return err
			}
			seen++
		}
	}
	l.inHand = ""
	if len(list) != seen {
		return fmt.Errorf("%d documents are there, %d were acknowledged", len(list), seen)
	}
	return nil
}

// compare looks for the versions of a document. open: one more step of it may have been done.
func (d *document) compare(ctx context.Context, s *Store, vectors *Vectors, found qa.Document, versions []qa.Version, open bool) error {
	slices.Reverse(versions) // newest first, as the store gives them
	if n := len(versions) - len(d.versions); n != 0 && !(open && n == 1) {
		return fmt.Errorf("%d versions, %d were acknowledged", len(versions), len(d.versions))
	}
	live := 0
	for i, v := range d.versions {
		is := versions[i]
		if is.ID != v.id || is.State != v.state && !open {
			return fmt.Errorf("version %d is %s and %s, acknowledged was %s and %s", i, is.ID, is.State, v.id, v.state)
		}
		if order[is.State] < order[v.state] {
			return fmt.Errorf("version %d fell back from %s to %s", i, v.state, is.State)
		}
		if is.State == qa.StateLive {
			live++
		}
		if v.embedded && is.Embedded != 1 {
			return fmt.Errorf("version %d lost vectors", i)
		}
		v.state, v.embedded = is.State, is.State != qa.StateQueued && is.Embedded == 1
		if err := v.compare(ctx, s, vectors, found.Live == v.id); err != nil {
			return fmt.Errorf("version %d, %s: %w", i, is.State, err)
		}
	}
	if len(versions) > len(d.versions) { // the upload in hand: its bytes are not known here
		d.versions = append(d.versions, &version{id: versions[len(versions)-1].ID, state: qa.StateQueued, content: "Contenu repris."})
	}
	if live > 1 || (found.Live != "") != (live == 1) {
		return fmt.Errorf("%d live versions, and %q answers", live, found.Live)
	}
	return nil
}

var order = map[qa.State]int{qa.StateQueued: 0, qa.StateExtracted: 1, qa.StateLive: 2, qa.StateSuperseded: 3}

// compare looks whether a version that was read is whole: its text, its chunks and the vectors that it has.
func (v *version) compare(ctx context.Context, s *Store, vectors *Vectors, live bool) error {
	if v.state == qa.StateQueued {
		return nil
	}
	text, want := paragraphs(v.content)
	chunks, err := s.Chunks(ctx, v.id)
	if err != nil || len(chunks) != len(want) {
		return fmt.Errorf("%d chunks, want %d: %w", len(chunks), len(want), err)
	}
	for i, c := range chunks {
		if c.Text != want[i].Text || c.Span != want[i].Span {
			return fmt.Errorf("chunk %d is not its own", i)
		}
	}
	stored, err := vectors.Vectors(ctx, v.id)
	if err != nil || v.embedded && len(stored) != len(chunks) {
		return fmt.Errorf("%d vectors for %d chunks: %w", len(stored), len(chunks), err)
	}
	for i, x := range stored {
		at := slices.IndexFunc(chunks, func(c qa.Chunk) bool { return c.ID == x.Chunk })
		if at < 0 || !slices.Equal(x.Vector, vectorFor(chunks[at].Text, chunks[at].Ordinal)) {
			return fmt.Errorf("vector %d is not that of its chunk", i)
		}
	}
	if !live {
		return nil
	}
	got, _, err := s.Text(ctx, everyone, qa.DocumentID("document of "+v.source(ctx, s)), "")
	if err != nil || got.Content != text.Content {
		return fmt.Errorf("the text that answers is not that of the version: %w", err)
	}
	return nil
}

func (v *version) source(ctx context.Context, s *Store) string {
	d, _, err := s.Version(ctx, v.id)
	if err != nil {
		return ""
	}
	return d.Source
}
