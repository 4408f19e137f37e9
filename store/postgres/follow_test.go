package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapporteur/bench/corpus"
	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
	"rapporteur/retrieval/lexical"
	"rapporteur/store/postgres"
)

// server is what one process knows: a store and the index that follows it.
type server struct {
	store   *postgres.Store
	vectors *postgres.Vectors
	index   *lexical.Index
}

// servers opens as many as asked on one database; each follows its feed, looking itself only every poll.
func servers(t *testing.T, dsn string, n int, poll time.Duration) (out []server) {
	t.Helper()
	for range n {
		s := server{store: open(t, dsn)}
		var err error
		if s.vectors, err = s.store.UseEncoder(t.Context(), qa.Encoder{Fingerprint: "e", Dimensions: 2}); err != nil {
			t.Fatal(err)
		}
		s.index = lexical.New(s.store, lexical.Options{Poll: poll, Wake: s.store.Subscribe()})
		ctx, cancel := context.WithCancel(context.Background())
		var following sync.WaitGroup
		following.Go(func() { _ = s.index.Follow(ctx) }) // it ends with ctx
		t.Cleanup(func() { cancel(); following.Wait() })
		out = append(out, s)
	}
	return out
}

// put publishes a document of some texts.
func (s server) put(ctx context.Context, n int, texts ...string) error {
	d := corpus.Document{Number: n, Collection: "c", Texts: texts}
	for range texts {
		d.Vectors = append(d.Vectors, []float32{1, 0})
	}
	_, err := corpus.Put(ctx, s.store, s.vectors, d)
	return err
}

// finds ranks a question in all documents.
func (s server) finds(t *testing.T, question string) []qa.Hit {
	t.Helper()
	hits, err := s.index.Rank(t.Context(), qa.Query{Text: question, Scope: qa.Scope{Everything: true}}, 50)
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

// listeners are the connections by which the servers are told.
const listeners = "FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN rapporteur_changes'"

// TestFollowAgain cuts the connections that listen: every server follows again within seconds, with what was published
// while nobody listened. By a poll alone, it would take an hour.
func TestFollowAgain(t *testing.T) {
	t.Parallel()
	dsn := testdb.Database(t)
	all := servers(t, dsn, 3, time.Hour)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	listening := func() (n int) {
		if err := conn.QueryRow(t.Context(), "SELECT count(*) "+listeners).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	eventually(t, "all listen", func() bool { return listening() == len(all) })
	for i, word := range []string{"baleine", "cachalot", "narval"} {
		if i > 0 {
			if _, err := conn.Exec(t.Context(), "SELECT pg_terminate_backend(pid) "+listeners); err != nil {
				t.Fatal(err)
			}
		}
		if err := all[i].put(t.Context(), i, "Le "+word+" nage."); err != nil {
			t.Fatal(err)
		}
		for j, s := range all {
			eventually(t, fmt.Sprintf("server %d finds %s", j, word), func() bool { return len(s.finds(t, word)) == 1 })
		}
		eventually(t, "all listen", func() bool { return listening() == len(all) })
	}
}

// TestFollowByPoll keeps the notices from coming at all: the servers look themselves.
func TestFollowByPoll(t *testing.T) {
	t.Parallel()
	store := open(t, testdb.Database(t))
	vectors, err := store.UseEncoder(t.Context(), qa.Encoder{Fingerprint: "e", Dimensions: 2})
	if err != nil {
		t.Fatal(err)
	}
	index := lexical.New(store, lexical.Options{Wake: make(chan struct{})}) // nothing is ever said there
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { _ = index.Follow(ctx) }) // it ends with ctx
	t.Cleanup(func() { cancel(); following.Wait() })
	s := server{store, vectors, index}
	if err := s.put(t.Context(), 0, "La baleine nage."); err != nil {
		t.Fatal(err)
	}
	eventually(t, "found", func() bool { return len(s.finds(t, "baleine")) == 1 })
}

// eventually waits a few seconds.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 5 s", what)
		}
	}
}

// TestSameRanking has all servers publish, replace and remove documents at the same time: then they rank alike, to the
// last bit, and so does one that starts only now.
func TestSameRanking(t *testing.T) {
	t.Parallel()
	dsn := testdb.Database(t)
	all := servers(t, dsn, 3, time.Hour)
	words := []string{"décret", "arrêté", "donnée", "publique", "commune", "budget", "agent", "rapport", "ministère", "loi", "formation", "climat"}
	var writing sync.WaitGroup
	for i, s := range all {
		writing.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(i)))
			for n := range 25 {
				var texts []string
				for range 1 + r.IntN(4) {
					text := "Le"
					for range 5 + r.IntN(40) {
						text += " " + words[r.IntN(len(words))]
					}
					texts = append(texts, text+".")
				}
				if err := s.put(t.Context(), 100*i+n, texts...); err != nil {
					t.Error(err)
					return
				}
				if n%5 == 4 {
					s.removeOne(t)
				}
			}
		})
	}
	writing.Wait()
	fresh := servers(t, dsn, 1, time.Hour)[0]
	for _, s := range append(all, fresh) {
		if err := s.index.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, question := range []string{"budget de la commune", "décrets et arrêtés", "formation des agents du ministère", "données publiques", "climat"} {
		want := fresh.finds(t, question)
		if len(want) < 10 {
			t.Fatalf("%s: only %d hits", question, len(want))
		}
		for i, s := range all {
			if got := s.finds(t, question); !slices.Equal(got, want) {
				t.Errorf("%s: server %d ranks %v\nwant %v", question, i, got, want)
			}
		}
	}
}

// removeOne removes the oldest document; another server may have been first.
func (s server) removeOne(t *testing.T) {
	all := qa.Scope{Everything: true}
	list, err := s.store.Documents(t.Context(), all, "", 1)
	if err == nil && len(list) == 1 {
		_, err = s.store.DeleteDocument(t.Context(), all, list[0].ID)
	}
	if err != nil && qa.KindOf(err) != qa.NotFound {
		t.Error(err)
	}
}
