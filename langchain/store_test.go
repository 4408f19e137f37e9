package langchain_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/vectorstores"

	testpostgres "rapporteur/internal/testkit/postgres"
	"rapporteur/langchain"
	"rapporteur/qa"
)

// places are the databases that every scenario runs on.
func places() map[string]func(t *testing.T) (place string, open opener) {
	return map[string]func(t *testing.T) (string, opener){
		"sqlite":   func(t *testing.T) (string, opener) { return t.TempDir(), onSQLite },
		"postgres": func(t *testing.T) (string, opener) { return testpostgres.Database(t), onPostgres },
	}
}

// TestScenarios runs what langchaingo tests its own vector stores with.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for name, place := range places() {
		for scenario, run := range map[string]func(t *testing.T, place string, open opener){
			"nearest":           testNearest,
			"score threshold":   testThreshold,
			"name spaces":       testNameSpaces,
			"filters":           testFilters,
			"deduplicater":      testDeduplicater,
			"twice":             testTwice,
			"restart":           testRestart,
			"retriever":         testRetriever,
			"other documents":   testOtherDocuments,
			"refused":           testRefused,
			"long":              testLong,
			"removed meanwhile": testRemoved,
		} {
			t.Run(name+"/"+scenario, func(t *testing.T) {
				t.Parallel()
				at, open := place(t)
				run(t, at, open)
			})
		}
	}
}

func open(t *testing.T, place string, open opener) (*langchain.Store, library) {
	t.Helper()
	l := open(t, place)
	return langchain.New(l.Options), l
}

func add(t *testing.T, s *langchain.Store, docs []schema.Document, options ...vectorstores.Option) []string {
	t.Helper()
	ids, err := s.AddDocuments(t.Context(), docs, options...)
	check(t, err)
	return ids
}

func texts(list ...string) (docs []schema.Document) {
	for _, text := range list {
		docs = append(docs, schema.Document{PageContent: text})
	}
	return docs
}

func search(t *testing.T, s *langchain.Store, query string, n int, options ...vectorstores.Option) []schema.Document {
	t.Helper()
	docs, err := s.SimilaritySearch(t.Context(), query, n, options...)
	check(t, err)
	for i, d := range docs {
		if d.Score < 0 || d.Score > 1 || i > 0 && d.Score > docs[i-1].Score {
			t.Fatalf("scores out of order or out of [0, 1]: %v", docs)
		}
	}
	return docs
}

func contents(docs []schema.Document) (out []string) {
	for _, d := range docs {
		out = append(out, d.PageContent)
	}
	return out
}

func testNearest(t *testing.T, place string, opener opener) {
	s, _ := open(t, place, opener)
	ids := add(t, s, []schema.Document{
		{PageContent: "tokyo", Metadata: map[string]any{"country": "japan"}},
		{PageContent: "potato"},
	})
	if len(ids) != 2 || ids[0] == "" || ids[0] == ids[1] {
		t.Fatalf("ids %q", ids)
	}
	docs := search(t, s, "japan", 1)
	if len(docs) != 1 || docs[0].PageContent != "tokyo" || docs[0].Metadata["country"] != "japan" {
		t.Errorf("found %v", docs)
	}
	if docs = search(t, s, "japan", 5); len(docs) != 2 || len(docs[1].Metadata) != 0 || docs[1].Metadata == nil {
		t.Errorf("found %v, want both and an empty map for the second", docs)
	}
	if docs := search(t, s, "japan", 0); len(docs) != 0 {
		t.Errorf("asked for none, found %v", docs)
	}
	add(t, s, texts("Tokyo is the capital city of Japan.", "Paris is the city of love.", "I like to visit London."))
	docs = search(t, s, "What is the capital city of Japan?", 1)
	if len(docs) != 1 || docs[0].PageContent != "Tokyo is the capital city of Japan." || docs[0].Score < .9 {
		t.Errorf("found %v", docs)
	}
}

func testThreshold(t *testing.T, place string, opener opener) {
	s, _ := open(t, place, opener)
	add(t, s, texts("Tokyo", "Yokohama", "Osaka", "Nagoya", "Sapporo", "Fukuoka", "Dublin", "Paris", "London", "New York"))
	const query = "Which of these are cities in Japan"
	all := search(t, s, query, 10, vectorstores.WithScoreThreshold(0))
	if len(all) != 10 {
		t.Fatalf("found %d, want all 10", len(all))
	}
	sixth, seventh := all[5].Score, all[6].Score
	if sixth == seventh {
		t.Fatalf("the sixth and the seventh score %v", sixth)
	}
	docs := search(t, s, query, 10, vectorstores.WithScoreThreshold((sixth+seventh)/2))
	if !reflect.DeepEqual(docs, all[:6]) {
		t.Errorf("found %v, want the first six of %v", docs, all)
	}
	if docs = search(t, s, query, 10, vectorstores.WithScoreThreshold(1)); len(docs) != 0 {
		t.Errorf("found %v at the threshold 1", docs)
	}
}

func testNameSpaces(t *testing.T, place string, opener opener) {
	s, _ := open(t, place, opener)
	add(t, s, texts("La cantine ouvre à midi."), vectorstores.WithNameSpace("vie"))
	add(t, s, texts("La cantine ouvre à midi.", "Le budget est voté en mars."), vectorstores.WithNameSpace("budget"))
	for space, want := range map[string]int{"vie": 1, "budget": 2, "ailleurs": 0, "": 0} {
		if docs := search(t, s, "Quand ouvre la cantine ?", 10, vectorstores.WithNameSpace(space)); len(docs) != want {
			t.Errorf("name space %q: found %v, want %d", space, docs, want)
		}
	}
}

func testFilters(t *testing.T, place string, opener opener) {
	s, _ := open(t, place, opener)
	room := func(name, colour string, size any) schema.Document {
		return schema.Document{PageContent: "The color of the lamp beside the desk is " + colour + ".",
			Metadata: map[string]any{"location": name, "square_feet": size}}
	}
	add(t, s, []schema.Document{room("office", "orange", 100), room("sitting room", "purple", 400), room("patio", "yellow", 800)})
	const query = "What color is the lamp in each room?"
	if docs := search(t, s, query, 5); len(docs) != 3 {
		t.Fatalf("found %v without a filter", docs)
	}
	for _, c := range []struct {
		filter map[string]any
		want   string // in the first text, "" for nothing
	}{
		{map[string]any{"location": "sitting room"}, "purple"},
		{map[string]any{"location": "office", "square_feet": 100}, "orange"},
		{map[string]any{"location": "office", "square_feet": 100.0}, "orange"},
		{map[string]any{"location": "office", "square_feet": 400}, ""},
		{map[string]any{"location": "office", "square_feet": "100"}, ""},
		{map[string]any{"unknown": "office"}, ""},
		{map[string]any{"location": "zzz' OR 'a'='a"}, ""},
		{map[string]any{"location' OR 'a'='a": "x"}, ""},
	} {
		docs := search(t, s, query, 5, vectorstores.WithFilters(c.filter))
		switch {
		case c.want == "" && len(docs) > 0, c.want != "" && len(docs) != 1, len(docs) == 1 && !strings.Contains(docs[0].PageContent, c.want):
			t.Errorf("filter %v: found %v, want %q", c.filter, docs, c.want)
		}
	}
	if docs := search(t, s, query, 5, vectorstores.WithFilters(map[string]any{})); len(docs) != 3 {
		t.Errorf("an empty filter leaves %v", docs)
	}
	// What is added after the first filter is filtered too.
	add(t, s, []schema.Document{room("kitchen", "black", 50)})
	if docs := search(t, s, query, 5, vectorstores.WithFilters(map[string]any{"location": "kitchen"})); len(docs) != 1 {
		t.Errorf("found %v in the kitchen", docs)
	}
}

func testDeduplicater(t *testing.T, place string, opener opener) {
	s, _ := open(t, place, opener)
	ids := add(t, s, []schema.Document{
		{PageContent: "tokyo", Metadata: map[string]any{"type": "city"}},
		{PageContent: "potato", Metadata: map[string]any{"type": "vegetable"}},
	}, vectorstores.WithDeduplicater(func(_ context.Context, d schema.Document) bool { return d.PageContent == "tokyo" }))
	docs := search(t, s, "tokyo", 5)
	if len(ids) != 1 || len(docs) != 1 || docs[0].PageContent != "potato" || docs[0].Metadata["type"] != "vegetable" {
		t.Errorf("ids %q, found %v", ids, docs)
	}
}

func testTwice(t *testing.T, place string, opener opener) {
	s, _ := open(t, place, opener)
	docs := []schema.Document{
		{PageContent: "Page laissée blanche."},
		{PageContent: "Page laissée blanche.", Metadata: map[string]any{"source": "a.pdf", "page": 2}},
		{PageContent: "Page laissée blanche.", Metadata: map[string]any{"source": "b.pdf", "page": 2}},
	}
	first, again := add(t, s, docs), add(t, s, docs)
	slices.Sort(first)
	slices.Sort(again)
	if !slices.Equal(first, again) || len(slices.Compact(first)) != 3 {
		t.Errorf("ids %q, then %q, want the same three", first, again)
	}
	found := search(t, s, "une page blanche", 10)
	if len(found) != 3 {
		t.Fatalf("found %v, want three", found)
	}
	sources := map[any]bool{}
	for _, d := range found {
		if d.PageContent != docs[0].PageContent {
			t.Errorf("the text comes back as %q", d.PageContent)
		}
		sources[d.Metadata["source"]] = true
	}
	if !sources[nil] || !sources["a.pdf"] || !sources["b.pdf"] {
		t.Errorf("sources %v", sources)
	}
}

func testRestart(t *testing.T, place string, opener opener) {
	metadata := map[string]any{
		"nom": "Ministère de l’Écologie", "bidi": "a\u202eb\u200bc", "tag": "\U000e0041x", "ligne": "un\ndeux", "quote": `"\' <&>`,
		"page": 3.0, "vrai": true, "liste": []any{"a", 1.5, nil}, "dans": map[string]any{"clé": "valeur"},
	}
	s, _ := open(t, place, opener)
	add(t, s, []schema.Document{{PageContent: "Les dépenses ont baissé de trois pour cent.", Metadata: metadata}})
	again, _ := open(t, place, opener)
	for _, options := range [][]vectorstores.Option{nil, {vectorstores.WithFilters(map[string]any{"tag": "\U000e0041x", "page": 3})}} {
		docs := search(t, again, "Les dépenses ont-elles baissé ?", 3, options...)
		if len(docs) != 1 || !reflect.DeepEqual(docs[0].Metadata, metadata) {
			t.Errorf("%d options: found %v, want the metadata %v", len(options), docs, metadata)
		}
	}
}

func testRetriever(t *testing.T, place string, opener opener) {
	s, _ := open(t, place, opener)
	add(t, s, texts("The color of the house is blue.", "The color of the car is red.", "The color of the desk is orange."))
	retriever := vectorstores.ToRetriever(s, 1)
	docs, err := retriever.GetRelevantDocuments(t.Context(), "What color is the desk?")
	if err != nil || len(docs) != 1 || docs[0].PageContent != "The color of the desk is orange." {
		t.Fatalf("found %v, %v", docs, err)
	}
	// What a chain would put into its prompt: the texts near enough, of the places asked for.
	add(t, s, []schema.Document{
		{PageContent: "In the office, the color of the lamp is black.", Metadata: map[string]any{"location": "office"}},
		{PageContent: "In the patio, the color of the lamp is yellow.", Metadata: map[string]any{"location": "patio"}},
	})
	const query = "What color is the lamp?"
	near := search(t, s, query, 5)[2].Score // the two lamps are nearer than it
	handler := &seen{}
	retriever = vectorstores.ToRetriever(s, 5, vectorstores.WithScoreThreshold(near), vectorstores.WithFilters(map[string]any{"location": "office"}))
	retriever.CallbacksHandler = handler
	docs, err = retriever.GetRelevantDocuments(t.Context(), query)
	if err != nil || len(docs) != 1 || !strings.Contains(docs[0].PageContent, "black") {
		t.Errorf("found %v, %v", docs, err)
	}
	if handler.query != query || !reflect.DeepEqual(handler.docs, docs) {
		t.Errorf("the handler was told %q and %v", handler.query, handler.docs)
	}
}

// seen is a callback handler of langchaingo.
type seen struct {
	callbacks.SimpleHandler
	query string
	docs  []schema.Document
}

// HandleRetrieverStart implements callbacks.Handler.
func (s *seen) HandleRetrieverStart(_ context.Context, query string) { s.query = query }

// HandleRetrieverEnd implements callbacks.Handler.
func (s *seen) HandleRetrieverEnd(_ context.Context, _ string, docs []schema.Document) { s.docs = docs }

func testOtherDocuments(t *testing.T, place string, opener opener) {
	s, l := open(t, place, opener)
	r, err := l.Accept(t.Context(), qa.Upload{Source: "rapports/2024.txt", Title: "Rapport 2024"}, strings.NewReader("Les effectifs ont atteint 212 agents en 2024."))
	check(t, err)
	for more := true; more; {
		more, err = l.Advance(t.Context(), r.Version.ID)
		check(t, err)
	}
	if l.Sync != nil {
		check(t, l.Sync(t.Context()))
	}
	add(t, s, []schema.Document{{PageContent: "Les effectifs ont atteint 180 agents en 2019.", Metadata: map[string]any{"title": "Rapport 2019"}}})
	docs := search(t, s, "Combien d’agents en 2024 ?", 5, vectorstores.WithFilters(map[string]any{"title": "Rapport 2024"}))
	want := map[string]any{"document": string(r.Document.ID), "version": string(r.Version.ID), "title": "Rapport 2024", "source": "rapports/2024.txt",
		"start": 0, "end": len("Les effectifs ont atteint 212 agents en 2024.")}
	if len(docs) != 1 || !reflect.DeepEqual(docs[0].Metadata, want) {
		t.Errorf("found %v, want one with %v", docs, want)
	}
}

func testRefused(t *testing.T, place string, opener opener) {
	s, l := open(t, place, opener)
	ctx := t.Context()
	for _, threshold := range []float32{-.8, 1.8, float32(math.NaN())} {
		if _, err := s.SimilaritySearch(ctx, "Tokyo", 3, vectorstores.WithScoreThreshold(threshold)); !errors.Is(err, langchain.ErrScoreThreshold) {
			t.Errorf("threshold %v: %v", threshold, err)
		}
	}
	for _, filters := range []any{"location = 'office'", map[string]string{"a": "b"}, map[string]any{"f": func() {}}} {
		if _, err := s.SimilaritySearch(ctx, "Tokyo", 3, vectorstores.WithFilters(filters)); !errors.Is(err, langchain.ErrFilters) {
			t.Errorf("filters %T: %v", filters, err)
		}
	}
	enc, err := builtin()
	check(t, err)
	if _, err := s.SimilaritySearch(ctx, "Tokyo", 3, vectorstores.WithEmbedder(enc)); !errors.Is(err, langchain.ErrOption) {
		t.Errorf("another embedder: %v", err)
	}
	for _, option := range []vectorstores.Option{vectorstores.WithEmbedder(enc), vectorstores.WithScoreThreshold(.5), vectorstores.WithFilters(1)} {
		if _, err := s.AddDocuments(ctx, texts("Tokyo"), option); !errors.Is(err, langchain.ErrOption) {
			t.Errorf("added with an option for searches: %v", err)
		}
	}
	for _, metadata := range []map[string]any{{"a": make(chan int)}, {"a": strings.Repeat("x", langchain.MaxMetadata)}} {
		if _, err := s.AddDocuments(ctx, []schema.Document{{PageContent: "Tokyo", Metadata: metadata}}); !errors.Is(err, langchain.ErrMetadata) {
			t.Errorf("metadata that cannot be kept: %v", err)
		}
	}
	longest := map[string]any{"a": strings.Repeat("x", langchain.MaxMetadata-len(`{"a":""}`))}
	add(t, s, []schema.Document{{PageContent: "Kyoto", Metadata: longest}})
	if docs := search(t, s, "Kyoto", 1); len(docs) != 1 || !reflect.DeepEqual(docs[0].Metadata, longest) {
		t.Errorf("the longest metadata comes back as %v", docs)
	}
	for text, code := range map[string]string{"": "empty", " \n ": "empty"} {
		if _, err := s.AddDocuments(ctx, texts(text)); qa.CodeOf(err) != code {
			t.Errorf("text %q: %v, want %s", text, err, code)
		}
	}
	l.Options.Ingester = nil // a store that only searches needs none
	if _, err := langchain.New(l.Options).SimilaritySearch(ctx, "Tokyo", 3); err != nil {
		t.Errorf("a search alone: %v", err)
	}
}

func testLong(t *testing.T, place string, opener opener) {
	s, _ := open(t, place, opener)
	var text strings.Builder
	for range 60 {
		text.WriteString("Les marchés publics de l’année ont été passés selon la procédure adaptée, et le service en a rendu compte.\n\n")
	}
	text.WriteString("Le laboratoire de Nantes étudie les baleines.\n")
	add(t, s, []schema.Document{{PageContent: text.String(), Metadata: map[string]any{"n": "1"}}})
	docs := search(t, s, "Qui étudie les baleines ?", 1)
	if len(docs) != 1 || !strings.Contains(docs[0].PageContent, "baleines") || len(docs[0].PageContent) > text.Len()/2 || docs[0].Metadata["n"] != "1" {
		t.Errorf("found %v, want the chunk that speaks of it", docs)
	}
}

func testRemoved(t *testing.T, place string, opener opener) {
	s, l := open(t, place, opener)
	ids := add(t, s, []schema.Document{
		{PageContent: "tokyo", Metadata: map[string]any{"type": "city"}},
		{PageContent: "osaka", Metadata: map[string]any{"type": "city"}},
	})
	cities := vectorstores.WithFilters(map[string]any{"type": "city"})
	if docs := search(t, s, "tokyo", 5, cities); len(docs) != 2 {
		t.Fatalf("found %v", docs)
	}
	check(t, l.Remove(t.Context(), qa.Scope{Everything: true}, qa.DocumentID(ids[0])))
	if docs := search(t, s, "tokyo", 5, cities); !slices.Equal(contents(docs), []string{"osaka"}) {
		t.Errorf("found %v after the removal", docs)
	}
}
