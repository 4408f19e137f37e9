package lexical

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/qa"
)

func TestRankFindsWordsInAllTheirForms(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"villes", "a", "a1", "Rapport d'activité", nil, []string{
		"budget Le budget de la ville est de 1\u202f500 euros.",
		"agents Les agents de l'État appliquent le R.G.P.D. depuis 2018.",
		"article Selon l’article L. 1234-9, l'indemnité est due.",
		"startups Une start-up d'État, c'est une équipe.",
	}})
	x := synced(t, l, Options{})
	for question, want := range map[string]string{
		"Combien d’agent à l'etat ?":       "agents startups",
		"RGPD":                             "agents",
		"1500 euros":                       "budget",
		"article L1234-9 du code":          "article",
		"indemnites":                       "article",
		"les startups":                     "startups",
		"BUDGETS DE L’ÉQUIPE":              "budget startups",
		"rien de tel dans le zzyzx":        "",
		"Qu'est-ce que c'est":              "budget startups article",
		"quel rapport":                     "budget agents article startups",
		"Rapport sur l'équipe d'une ville": "budget startups agents article",
	} {
		if got := ask(t, x, l, everything, question); got != want {
			t.Errorf("%q found %q, want %q", question, got, want)
		}
	}
}

func TestAccentsMayBeLeftOut(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"c", "a", "a1", "", nil, []string{
		"élément Un élément de preuve.", "ELEMENTS LES ELEMENTS DE LA PREUVE.", "élé Le mot élé.",
		"communiqué Le communiqué.", "commun Un bien commun.", "COMMUNIQUE LE COMMUNIQUE.",
	}})
	x := synced(t, l, Options{})
	for question, want := range map[string]string{
		"éléments": "ELEMENTS élément", "elements": "ELEMENTS élément", "communiqué": "communiqué COMMUNIQUE",
	} {
		got := ask(t, x, l, everything, question)
		for _, w := range strings.Fields(want) {
			if !strings.Contains(got, w) {
				t.Errorf("%q found %q, want %q", question, got, want)
			}
		}
		if terms := x.Terms(question, "fr"); len(terms) != 1 || !terms[0].Known || terms[0].Near != "" {
			t.Errorf("%q: terms %+v", question, terms)
		}
	}
	if got := ask(t, x, l, everything, "communiqué"); slices.Contains(strings.Fields(got), "commun") {
		t.Errorf("communiqué found %q", got)
	}
}

func TestExactFormsAndHeadingsWeighMore(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"c", "a", "a1", "", nil, []string{"variant Il y a un agent ici."}})
	l.publish(source{"c", "b", "b1", "", nil, []string{"exact Il y a des agents ici."}})
	l.publish(source{"c", "d", "d1", "", []string{"Les ressources", "Les agents"}, []string{"heading Il y a un agent ici."}})
	x := synced(t, l, Options{})
	if got, want := ask(t, x, l, everything, "agents"), "exact heading variant"; got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestEqualScoresStandInOrderOfChunk(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	for i := range 40 {
		id := fmt.Sprint(i)
		l.publish(source{"c", qa.DocumentID("d" + id), qa.VersionID("v" + id), "", nil, []string{"même texte partout"}})
	}
	x := synced(t, l, Options{})
	hits, err := x.Rank(context.Background(), qa.Query{Text: "texte", Scope: everything}, 25)
	if err != nil {
		t.Fatal(err)
	}
	if len(hits) != 25 {
		t.Fatalf("%d hits, want 25", len(hits))
	}
	for i, h := range hits {
		if h.Chunk != qa.ChunkID(i+1) || h.Score != hits[0].Score {
			t.Fatalf("hit %d is %+v", i, h)
		}
	}
}

func TestScopeNarrowsTheSearchItself(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"rh", "a", "a2023", "", nil, []string{"a2023 budget"}}) // live on 2 January
	l.publish(source{"rh", "b", "b1", "", nil, []string{"b1 budget"}})
	l.publish(source{"it", "c", "c1", "", nil, []string{"c1 budget budget budget"}})
	l.publish(source{"rh", "a", "a2024", "", nil, []string{"a2024 budget"}}) // on 5 January
	x := synced(t, l, Options{})
	day := func(d int) time.Time { return time.Date(2024, 1, d, 12, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		name  string
		scope qa.Scope
		want  string
	}{
		{"zero reads nothing", qa.Scope{}, ""},
		{"documents alone read nothing", qa.Scope{Documents: []qa.DocumentID{"a"}}, ""},
		{"everything", everything, "c1 b1 a2024"},
		{"collection", qa.Scope{Collections: []qa.CollectionID{"rh"}}, "b1 a2024"},
		{"unknown collection", qa.Scope{Collections: []qa.CollectionID{"zz"}}, ""},
		{"document", qa.Scope{Everything: true, Documents: []qa.DocumentID{"a"}}, "a2024"},
		{"document of another collection", qa.Scope{Collections: []qa.CollectionID{"it"}, Documents: []qa.DocumentID{"a"}}, ""},
		{"version", qa.Scope{Everything: true, Versions: []qa.VersionID{"a2023"}}, "a2023"},
		{"version of another collection", qa.Scope{Collections: []qa.CollectionID{"it"}, Versions: []qa.VersionID{"a2023"}}, ""},
		{"before all", qa.Scope{Everything: true, AsOf: day(1)}, ""},
		{"as of the 3rd", qa.Scope{Everything: true, AsOf: day(3)}, "a2023 b1"},
		{"as of the 9th", qa.Scope{Everything: true, AsOf: day(9)}, "c1 b1 a2024"},
	} {
		got := ask(t, x, l, tt.scope, "budget")
		if got != tt.want {
			t.Errorf("%s: found %q, want %q", tt.name, got, tt.want)
		}
		documents := map[string]bool{}
		for _, w := range strings.Fields(tt.want) {
			documents[w[:1]] = true
		}
		if n := x.Documents(tt.scope); n != len(documents) {
			t.Errorf("%s: %d documents, want %d", tt.name, n, len(documents))
		}
	}
}

func TestFirstHitsOfANarrowScopeAreNotLost(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"petite", "p", "p1", "", nil, []string{"trouvé parmi beaucoup de mots un seul budget"}})
	for i := range 50 {
		id := fmt.Sprint(i)
		l.publish(source{"grande", qa.DocumentID("d" + id), qa.VersionID("v" + id), "", nil, []string{"budget budget"}})
	}
	x := synced(t, l, Options{})
	if got := ask(t, x, l, qa.Scope{Collections: []qa.CollectionID{"petite"}}, "budget"); got != "trouvé" {
		t.Errorf("found %q", got)
	}
}

func TestVersionsComeAndGo(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	x := New(l, Options{})
	step := func(name, want string) {
		t.Helper()
		if err := x.Sync(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := ask(t, x, l, everything, "budget"); got != want {
			t.Errorf("%s: found %q, want %q", name, got, want)
		}
		if got := x.Revision(); got != qa.Revision(len(l.changes)) {
			t.Errorf("%s: revision %d of %d", name, got, len(l.changes))
		}
	}
	step("empty", "")
	v1 := source{"c", "a", "v1", "", nil, []string{"v1 budget"}}
	l.publish(v1)
	step("published", "v1")
	l.publish(source{"c", "a", "v2", "", nil, []string{"v2 budget"}})
	step("superseded", "v2")
	l.publish(v1)
	step("rolled back", "v1")
	l.remove("c", "a")
	step("removed", "")
	if got := ask(t, x, l, qa.Scope{Everything: true, Versions: []qa.VersionID{"v1", "v2"}}, "budget"); got != "" {
		t.Errorf("removed versions found: %q", got)
	}
	if terms := x.Terms("budget", "fr"); terms[0].Known {
		t.Error("a removed word is still known")
	}
	l.publish(source{"c", "b", "w1", "", nil, []string{"w1 budget"}})
	l.remove("c", "b")
	l.publish(source{"c", "d", "x1", "", nil, []string{"x1 budget"}})
	step("removed before it was read", "x1")
}

// history makes n random changes to l.
func history(l *library, r *rand.Rand, n int) {
	words := strings.Fields("budget agent agents ville rapport réseau réseaux énergie emploi emplois santé école écoles route eau tram logement culture sport")
	for range n {
		document := qa.DocumentID(fmt.Sprintf("d%d", r.IntN(12)))
		collection := qa.CollectionID(fmt.Sprintf("c%d", document[1]%3))
		if r.IntN(6) == 0 {
			if len(l.versions[document]) > 0 {
				l.remove(collection, document)
			}
			continue
		}
		if old := l.versions[document]; len(old) > 0 && r.IntN(4) == 0 {
			if v := old[r.IntN(len(old))]; v != l.live[document] {
				l.publish(source{collection: collection, document: document, version: v})
			}
			continue
		}
		var texts []string
		for range 1 + r.IntN(6) {
			var text []string
			for range 3 + r.IntN(20) {
				text = append(text, words[r.IntN(len(words))])
			}
			texts = append(texts, strings.Join(text, " "))
		}
		s := source{collection, document, qa.VersionID(fmt.Sprintf("%s.%d", document, len(l.changes))), words[r.IntN(len(words))], words[:r.IntN(2)], texts}
		l.publish(s)
	}
}

// An index that followed the feed step by step, with its merges and removals, gives the very hits and
// scores of one that read it at once.
func TestFollowedIndexEqualsRebuilt(t *testing.T) {
	t.Parallel()
	scopes := []qa.Scope{everything, {Collections: []qa.CollectionID{"c0", "c2"}}, {Everything: true, AsOf: time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)}}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		l := newLibrary()
		followed := New(l, Options{})
		for range 30 {
			history(l, r, 1+r.IntN(5))
			if err := followed.Sync(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		rebuilt := synced(t, l, Options{})
		for _, text := range []string{"budget", "agents de la ville", "l'école et les réseaux d'eau", "emploi santé sport culture"} {
			for i, scope := range scopes {
				q := qa.Query{Text: text, Scope: scope, Language: "fr"}
				a, errA := followed.Rank(context.Background(), q, 15)
				b, errB := rebuilt.Rank(context.Background(), q, 15)
				if errA != nil || errB != nil {
					t.Fatal(errA, errB)
				}
				if !slices.Equal(a, b) {
					t.Fatalf("seed %d, %q, scope %d:\nfollowed %v\nrebuilt  %v", seed, text, i, a, b)
				}
			}
			if a, b := followed.Terms(text, "fr"), rebuilt.Terms(text, "fr"); !slices.Equal(a, b) {
				t.Fatalf("seed %d: terms %v and %v", seed, a, b)
			}
		}
	}
}

func TestSegmentsStayFew(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	x := New(l, Options{})
	for i := range 300 {
		id := fmt.Sprint(i)
		l.publish(source{"c", qa.DocumentID("d" + id), qa.VersionID("v" + id), "", nil, []string{"un texte", "un autre"}})
		if err := x.Sync(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(x.current.Load().views); n > 10 { // log2(300) is 8.2
		t.Errorf("%d segments for 300 documents", n)
	}
	for i := range 300 {
		l.remove("c", qa.DocumentID(fmt.Sprint("d", i)))
	}
	if err := x.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := len(x.current.Load().views); n != 0 {
		t.Errorf("%d segments for no document", n)
	}
}

func TestReadersSeeWholeStates(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"c", "a", "v0", "", nil, []string{"v0 budget", "v0 budget"}})
	x := synced(t, l, Options{})
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if got := strings.Fields(askLocked(t, x, l, "budget")); len(got) != 2 || got[0] != got[1] {
					t.Errorf("read %v: not one version", got)
					return
				}
			}
		})
	}
	for i := range 100 {
		v := fmt.Sprint("v", i+1)
		l.publish(source{"c", "a", qa.VersionID(v), "", nil, []string{v + " budget", v + " budget"}})
		if err := x.Sync(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	readers.Wait()
}

func askLocked(t *testing.T, x *Index, l *library, text string) string {
	hits, err := x.Rank(context.Background(), qa.Query{Text: text, Scope: everything, Language: "fr"}, 10)
	if err != nil {
		t.Error(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, h := range hits {
		first, _, _ := strings.Cut(l.text(h.Chunk), " ")
		out = append(out, first)
	}
	return strings.Join(out, " ")
}

func TestTerms(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"c", "a", "a1", "", nil, []string{"les agents de la ville", "la ville"}})
	x := synced(t, l, Options{})
	for _, tt := range []struct{ text, lang, want string }{
		{"Combien d’agents, quel agent ?", "fr", "agents/agent/agents known"},
		{"Combien de tramways ?", "fr", "tramways/tramway/tramways"},
		{"Qui est-ce ?", "fr", "Qui/qui/qui est/est/est ce/ce/ce"},
		{"How many agents?", "en", "agents/agent/agents known"},
		{"", "fr", ""},
	} {
		var got []string
		for _, w := range x.Terms(tt.text, tt.lang) {
			s := w.Surface + "/" + w.Stem + "/" + w.Exact
			if w.Known {
				s += " known"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, s, tt.want)
		}
	}
	terms := x.Terms("agents ville tramway", "fr")
	if !(terms[0].IDF > terms[1].IDF && terms[2].IDF > terms[0].IDF) {
		t.Errorf("rarer words must weigh more: %+v", terms)
	}
}

func TestEachVersionIsStemmedInItsLanguage(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"c", "a", "a1", "", nil, []string{"english The agency published its policies and activities."}})
	l.changes[0].Language = "en"
	l.publish(source{"c", "b", "b1", "", nil, []string{"français Les activités de l'agence."}})
	l.publish(source{"c", "d", "d1", "", nil, []string{"detected The reports of the agency are published every year and they were read by all of them."}})
	l.changes[2].Language = ""
	l.publish(source{"c", "e", "e1", "", nil, []string{"deutsch Die Straßen der Stadt."}})
	l.changes[3].Language = "de-AT"
	x := synced(t, l, Options{})
	for question, want := range map[string]string{"policy": "english", "activité": "français", "agencies": "français english detected", "L'Strassen": "deutsch"} {
		hits, err := x.Rank(context.Background(), qa.Query{Text: question, Scope: everything, Language: "fr"}, 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range hits {
			first, _, _ := strings.Cut(l.text(h.Chunk), " ")
			got = append(got, first)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q found %q, want %q", question, s, want)
		}
	}
}

// broken fails once it is told to.
type broken struct {
	*library
	err error
}

func (b *broken) Chunks(ctx context.Context, id qa.VersionID) ([]qa.Chunk, error) {
	if b.err != nil {
		return nil, b.err
	}
	return b.library.Chunks(ctx, id)
}

func TestFailedSyncChangesNothing(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	feed := &broken{library: l}
	x := New(feed, Options{})
	l.publish(source{"c", "a", "v1", "", nil, []string{"v1 budget"}})
	if err := x.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	l.publish(source{"c", "a", "v2", "", nil, []string{"v2 budget"}})
	feed.err = errors.New("disk on fire")
	if err := x.Sync(context.Background()); !errors.Is(err, feed.err) {
		t.Errorf("error %v", err)
	}
	if got := ask(t, x, l, everything, "budget"); got != "v1" || x.Revision() != 1 {
		t.Errorf("found %q at revision %d", got, x.Revision())
	}
	feed.err = nil
	if err := x.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, x, l, everything, "budget"); got != "v2" {
		t.Errorf("found %q", got)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	wake, failed := make(chan struct{}), make(chan error, 1)
	feed := &broken{library: l, err: errors.New("disk on fire")}
	x := New(feed, Options{Wake: wake, Poll: time.Hour, Failed: func(err error) { failed <- err }})
	l.publish(source{"c", "a", "v1", "", nil, []string{"v1 budget"}})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- x.Follow(ctx) }()
	if err := <-failed; !errors.Is(err, feed.err) {
		t.Errorf("told %v", err)
	}
	feed.err = nil
	wake <- struct{}{}
	wake <- struct{}{} // taken once the first is dealt with
	if got := ask(t, x, l, everything, "budget"); got != "v1" {
		t.Errorf("found %q", got)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

// TestHeaderOfAGoingOnTable: a chunk whose table began earlier is found by the names of its columns,
// which count like words of its text.
func TestHeaderOfAGoingOnTable(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"c", "a", "a1", "", nil, []string{"ouverture Voirie | 12 | 14", "suite Crèches | 8 | 9"}})
	l.publish(source{"c", "b", "b1", "", nil, []string{"autre Crèches ouvertes en 2024 dans la ville et ailleurs"}})
	l.chunks["a1"][1].Header = "Poste | 2023 | 2024"
	x := synced(t, l, Options{})
	for question, want := range map[string]string{
		"crèches 2023": "suite autre",
		"poste":        "suite",
		"2023":         "suite",
	} {
		if got := ask(t, x, l, everything, question); got != want {
			t.Errorf("%q found %q, want %q", question, got, want)
		}
	}
	if got := x.current.Load().views[0].field[body].length; !slices.Contains(got, 7) {
		t.Errorf("lengths %v: the words of the header do not count", got)
	}
}
