package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/qa"
)

// talking is what keeps conversations.
type talking interface {
	StartConversation(ctx context.Context, c qa.Conversation, first qa.Turn) (int, error)
	AppendTurn(ctx context.Context, owner string, id qa.ConversationID, scope qa.Narrowing, t qa.Turn) (int, error)
	Conversations(ctx context.Context, owner string, search qa.ConversationSearch) ([]qa.Conversation, error)
	Conversation(ctx context.Context, owner string, id qa.ConversationID) (qa.Conversation, []qa.Turn, error)
	RenameConversation(ctx context.Context, owner string, id qa.ConversationID, title string) error
	DeleteConversation(ctx context.Context, owner string, id qa.ConversationID) error
	DeleteConversations(ctx context.Context, owner string) (int, error)
	ForgetConversations(ctx context.Context, since time.Time) (int, error)
}

// turn is one that quotes each receipt's document, in a sentence of its own, and says that another was not read.
func (f *fixture) turn(asked string, of ...qa.Receipt) qa.Turn {
	a := qa.Answer{
		ID: "réponse", Answered: true, Mode: qa.ModeExtractive, Degraded: true, DegradedReason: "vectors_pending", Confidence: 0.75, Language: "fr",
		Asked: asked, Standalone: asked + " (seule)", Documents: 3, Passages: 9, Timings: qa.Timings{Embed: time.Millisecond, Total: time.Second},
	}
	for i, r := range of {
		quote := "Citation entière de " + string(r.Document.ID)
		text := fmt.Sprintf("Le rapport dit « %s » [%d].", quote, i+1)
		a.Sentences = append(a.Sentences, qa.Sentence{Text: text, Citations: []int{i + 1}, Verdict: qa.SentenceSupported})
		a.Text += text + " "
		a.Citations = append(a.Citations, qa.Citation{
			Number: i + 1, Document: r.Document.ID, Version: r.Version.ID, Title: "Titre du document " + string(r.Document.ID), Source: r.Document.Source,
			Page: 2, PageLabel: "ii", PageUnit: qa.UnitSlide, Place: "A1", Section: []string{"Été"}, Header: "Poste | Montant", Recognised: 0.5,
			Span: qa.Span{Start: 3, End: 9}, Quote: quote,
		})
	}
	a.Text = strings.TrimSpace(a.Text)
	return qa.Turn{At: f.now(), Answer: a}
}

func (f *fixture) start(owner string, id qa.ConversationID, title string, t qa.Turn) {
	f.t.Helper()
	if n, err := f.StartConversation(f.t.Context(), qa.Conversation{ID: id, Owner: owner, Title: title}, t); err != nil || n != 1 {
		f.t.Fatalf("start %s: turn %d, %v", id, n, err)
	}
	f.pass(time.Minute)
}

func (f *fixture) listed(owner string, search qa.ConversationSearch) (out []string) {
	f.t.Helper()
	if search.Limit == 0 {
		search.Limit = 100
	}
	list, err := f.Conversations(f.t.Context(), owner, search)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, c := range list {
		out = append(out, string(c.ID))
	}
	return out
}

func testConversations(t *testing.T, f *fixture) {
	ctx := t.Context()
	doc := f.add(qa.Upload{Source: "a.txt"}, "Contenu")
	began := f.now()
	first := f.turn("Combien d’écoles ?", doc)
	f.start("moi", "c1", "Écoles", first)
	scope := qa.Narrowing{Collection: "Autre", Documents: []qa.DocumentID{doc.Document.ID}, Versions: []qa.VersionID{doc.Version.ID}, Year: "2024", AsOf: "2024-12-31"}
	second := f.turn("Et les lycées ?")
	second.Partial = true
	second.Answer.Refusal = &qa.Refusal{Reason: qa.NotInDocuments, Nearest: first.Answer.Citations, Unreadable: []qa.Listed{{Document: doc.Document, Newest: doc.Version}}}
	if n, err := f.AppendTurn(ctx, "moi", "c1", scope, second); err != nil || n != 2 {
		t.Fatalf("turn %d, %v", n, err)
	}
	c, turns, err := f.Conversation(ctx, "moi", "c1")
	if err != nil {
		t.Fatal(err)
	}
	want := qa.Conversation{ID: "c1", Owner: "moi", Title: "Écoles", Scope: scope, Turns: 2, CreatedAt: began, UpdatedAt: second.At}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("conversation\n%+v\nwant\n%+v", c, want)
	}
	for i, w := range []qa.Turn{first, second} {
		w.Number, w.Answer.Conversation, w.Answer.Turn = i+1, "c1", i+1
		if len(turns) != 2 || !reflect.DeepEqual(turns[i], w) {
			t.Errorf("turn %d\n%+v\nwant\n%+v", i+1, turns, w)
		}
	}
	_, err = f.StartConversation(ctx, qa.Conversation{ID: "c1", Owner: "moi"}, first)
	wantCode(t, "start twice", err, qa.Conflict, "conversation_exists")

	f.pass(time.Minute)
	f.start("moi", "c2", "Budget de l’Éducation", f.turn("Quel est le budget ?"))
	f.start("moi", "c3", "ŒUVRES sociales", f.turn("Que disent les œuvres ?"))
	for words, ids := range map[string][]string{
		"":              {"c3", "c2", "c1"},
		"ecole":         {"c1"},
		"LYCEES":        {"c1"},
		"lycées écoles": {"c1"}, // one in a question, the other in the title
		"l'education":   {"c2"},
		"oeuvres":       {"c3"},
		"budget œuvres": nil,
		"% _":           nil,
		"seule":         nil, // what was searched is no word of the user
		"  quel  ":      {"c2"},
	} {
		if got := f.listed("moi", qa.ConversationSearch{Words: words}); !slices.Equal(got, ids) {
			t.Errorf("search %q: %q, want %q", words, got, ids)
		}
	}
	if _, err := f.AppendTurn(ctx, "moi", "c1", qa.Narrowing{}, f.turn("Encore ?")); err != nil {
		t.Fatal(err)
	}
	if got := f.listed("moi", qa.ConversationSearch{}); !slices.Equal(got, []string{"c1", "c3", "c2"}) {
		t.Errorf("the newest turn is not first: %q", got)
	}
	if err := f.RenameConversation(ctx, "moi", "c2", "Crédits"); err != nil {
		t.Fatal(err)
	}
	if got := f.listed("moi", qa.ConversationSearch{Words: "education"}); got != nil {
		t.Errorf("the old title is found: %q", got)
	}
	if got := f.listed("moi", qa.ConversationSearch{Words: "credits"}); !slices.Equal(got, []string{"c2"}) {
		t.Errorf("the new title is not found: %q", got)
	}
	testConversationPages(t, f)
}

// testConversationPages reads a list page by page, with many conversations of one moment.
func testConversationPages(t *testing.T, f *fixture) {
	var want []string
	for i := range 7 {
		id := fmt.Sprintf("p%d", i)
		if _, err := f.StartConversation(t.Context(), qa.Conversation{ID: qa.ConversationID(id), Owner: "pages", Title: id}, f.turn("?")); err != nil {
			t.Fatal(err)
		}
		want = append([]string{id}, want...)
	}
	var got []string
	for after := (qa.ConversationMark{}); ; {
		list, err := f.Conversations(t.Context(), "pages", qa.ConversationSearch{After: after, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			got, after = append(got, string(c.ID)), c.Mark()
		}
		if len(list) < 3 {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages %q, want %q", got, want)
	}
}

func testConversationOwners(t *testing.T, f *fixture) {
	ctx := t.Context()
	f.start("moi", "mienne", "Un titre", f.turn("Une question ?"))
	f.start("elle", "sienne", "Un titre", f.turn("Une question ?"))
	for _, id := range []qa.ConversationID{"sienne", "aucune"} {
		_, _, err := f.Conversation(ctx, "moi", id)
		wantCode(t, "read", err, qa.NotFound, "conversation_unknown")
		_, err = f.AppendTurn(ctx, "moi", id, qa.Narrowing{}, f.turn("?"))
		wantCode(t, "append", err, qa.NotFound, "conversation_unknown")
		wantCode(t, "rename", f.RenameConversation(ctx, "moi", id, "x"), qa.NotFound, "conversation_unknown")
		wantCode(t, "delete", f.DeleteConversation(ctx, "moi", id), qa.NotFound, "conversation_unknown")
	}
	if got := f.listed("moi", qa.ConversationSearch{}); !slices.Equal(got, []string{"mienne"}) {
		t.Errorf("list %q", got)
	}
	if got := f.listed("moi", qa.ConversationSearch{Words: "question"}); !slices.Equal(got, []string{"mienne"}) {
		t.Errorf("search %q", got)
	}
	if n, err := f.DeleteConversations(ctx, "moi"); err != nil || n != 1 {
		t.Errorf("deleted %d, %v", n, err)
	}
	if n, err := f.DeleteConversations(ctx, "moi"); err != nil || n != 0 {
		t.Errorf("deleted %d, %v", n, err)
	}
	if c, turns, err := f.Conversation(ctx, "elle", "sienne"); err != nil || len(turns) != 1 || c.Title != "Un titre" {
		t.Errorf("another's: %+v, %v", c, err)
	}
	if err := f.DeleteConversation(ctx, "elle", "sienne"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "delete twice", f.DeleteConversation(ctx, "elle", "sienne"), qa.NotFound, "conversation_unknown")
}

func testConversationErasure(t *testing.T, f *fixture) {
	ctx := t.Context()
	stays := f.add(qa.Upload{Source: "reste.txt"}, "Contenu")
	goes := f.add(qa.Upload{Source: "part.txt"}, "Autre contenu")
	f.start("moi", "c", "Titre", f.turn("Avant ?", stays))
	add := func(t qa.Turn) {
		f.t.Helper()
		if _, err := f.AppendTurn(ctx, "moi", "c", qa.Narrowing{}, t); err != nil {
			f.t.Fatal(err)
		}
	}
	add(f.turn("Les deux ?", stays, goes))
	refused := f.turn("Non ?")
	refused.Answer.Answered, refused.Answer.Text = false, "Les documents ne le disent pas."
	refused.Answer.Refusal = &qa.Refusal{Reason: qa.NotInDocuments, Nearest: f.turn("", goes, stays).Answer.Citations,
		Unreadable: []qa.Listed{{Document: goes.Document}, {Document: stays.Document}}}
	add(refused)
	add(f.turn("Derrière ?", stays))
	// An answer that is being made while its document goes is kept without it.
	late := f.turn("Trop tard ?", goes)
	if _, err := f.DeleteDocument(ctx, everything(), goes.Document.ID); err != nil {
		t.Fatal(err)
	}
	add(late)

	_, turns, err := f.Conversation(ctx, "moi", "c")
	if err != nil || len(turns) != 5 {
		t.Fatalf("%d turns, %v", len(turns), err)
	}
	for i, w := range []struct {
		erased     bool
		text       string
		citations  int
		standalone string
	}{
		{false, "Le rapport dit « Citation entière de " + string(stays.Document.ID) + " » [1].", 1, "Avant ? (seule)"},
		{true, "Le rapport dit « Citation entière de " + string(stays.Document.ID) + " » [1].", 1, "Les deux ?"},
		{true, "Les documents ne le disent pas.", 0, "Non ?"},
		{false, "Le rapport dit « Citation entière de " + string(stays.Document.ID) + " » [1].", 1, "Derrière ?"},
		{true, "", 0, "Trop tard ?"},
	} {
		got := turns[i]
		a := got.Answer
		if got.Number != i+1 || got.Erased != w.erased || a.Text != w.text || len(a.Citations) != w.citations || len(a.Sentences) != w.citations || a.Standalone != w.standalone {
			t.Errorf("turn %d: %+v, want %+v", i+1, got, w)
		}
		if strings.Contains(fmt.Sprintf("%+v", got), string(goes.Document.ID)) {
			t.Errorf("turn %d names the erased document: %+v", i+1, got)
		}
	}
	if r := turns[2].Answer.Refusal; len(r.Nearest) != 1 || len(r.Unreadable) != 1 {
		t.Errorf("refusal %+v", r)
	}
	testErasureBesideTurns(t, f)
}

// testErasureBesideTurns keeps turns while their document is removed: none of its words may stay.
func testErasureBesideTurns(t *testing.T, f *fixture) {
	doc := f.add(qa.Upload{Source: "course.txt"}, "Un contenu")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			id := qa.ConversationID(fmt.Sprintf("course-%d", i))
			if _, err := f.StartConversation(t.Context(), qa.Conversation{ID: id, Owner: "course", Title: "x"}, f.turn("?", doc)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Go(func() {
		if _, err := f.DeleteDocument(t.Context(), everything(), doc.Document.ID); err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	list, err := f.Conversations(t.Context(), "course", qa.ConversationSearch{Limit: 100})
	if err != nil || len(list) != 8 {
		t.Fatalf("%d conversations, %v", len(list), err)
	}
	for _, c := range list {
		if _, turns, err := f.Conversation(t.Context(), "course", c.ID); err != nil || !turns[0].Erased || len(turns[0].Answer.Citations) > 0 {
			t.Errorf("%s: %+v, %v", c.ID, turns, err)
		}
	}
}

func testForgottenConversations(t *testing.T, f *fixture) {
	f.start("moi", "vieille", "Titre", f.turn("?"))
	f.start("elle", "reprise", "Titre", f.turn("?"))
	f.pass(48 * time.Hour)
	limit := f.now()
	if _, err := f.AppendTurn(t.Context(), "elle", "reprise", qa.Narrowing{}, f.turn("?")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		if n, err := f.ForgetConversations(t.Context(), limit); err != nil || n != want {
			t.Errorf("forgot %d, %v; want %d", n, err, want)
		}
	}
	if got := append(f.listed("moi", qa.ConversationSearch{}), f.listed("elle", qa.ConversationSearch{})...); !slices.Equal(got, []string{"reprise"}) {
		t.Errorf("left %q", got)
	}
}
