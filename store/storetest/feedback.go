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

// judging is what keeps feedback.
type judging interface {
	SaveFeedback(ctx context.Context, f qa.Feedback) (qa.FeedbackID, error)
	WithdrawFeedback(ctx context.Context, owner string, id qa.FeedbackID) error
	FeedbackOn(ctx context.Context, owner string, answers []string) ([]qa.Feedback, error)
	Feedback(ctx context.Context, search qa.FeedbackSearch) ([]qa.Feedback, error)
	ForgetFeedback(ctx context.Context, since time.Time) (int, error)
}

// feedback is one of an owner about an answer that quotes each receipt's document; its id is made of both.
func (f *fixture) feedback(owner, answer string, of ...qa.Receipt) qa.Feedback {
	a := f.turn("Question de "+answer, of...).Answer.Judged()
	a.ID = answer
	return qa.Feedback{ID: qa.FeedbackID("f-" + owner + "-" + answer), Owner: owner, At: f.now(), Answer: a,
		Reasons: []qa.FeedbackReason{qa.ReasonWrongPage, qa.ReasonOther}, Note: "Une note de " + owner}
}

func (f *fixture) judge(x qa.Feedback) qa.FeedbackID {
	f.t.Helper()
	id, err := f.SaveFeedback(f.t.Context(), x)
	if err != nil {
		f.t.Fatalf("save feedback %s: %v", x.ID, err)
	}
	f.pass(time.Minute)
	return id
}

func (f *fixture) judged(search qa.FeedbackSearch) (out []string) {
	f.t.Helper()
	if search.Limit == 0 {
		search.Limit = 100
	}
	list, err := f.Feedback(f.t.Context(), search)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, x := range list {
		out = append(out, string(x.ID))
	}
	return out
}

// opinion gives the one feedback of an owner about an answer.
func (f *fixture) opinion(owner, answer string) qa.Feedback {
	f.t.Helper()
	list, err := f.FeedbackOn(f.t.Context(), owner, []string{"another", answer})
	if err != nil || len(list) != 1 {
		f.t.Fatalf("feedback of %s on %s: %+v, %v", owner, answer, list, err)
	}
	return list[0]
}

func testFeedback(t *testing.T, f *fixture) {
	ctx := t.Context()
	doc := f.add(qa.Upload{Source: "a.txt"}, "Contenu")
	other := f.add(qa.Upload{Source: "b.txt", Collection: "Autre"}, "Autre contenu")
	began := f.now()
	first := f.feedback("moi", "a1", doc, other)
	first.Collections = []qa.CollectionID{"Nommée"}
	first.Answer.Conversation, first.Behind = "c1", []qa.DocumentID{"d-derrière"}
	if id := f.judge(first); id != first.ID {
		t.Errorf("kept as %s", id)
	}
	want := first
	want.Collections = []qa.CollectionID{"Autre", "Nommée", qa.DefaultCollection}
	if got := f.opinion("moi", "a1"); !reflect.DeepEqual(got, want) {
		t.Errorf("kept\n%+v\nwant\n%+v", got, want)
	}
	useful := f.feedback("moi", "a2", doc)
	useful.Useful, useful.Reasons, useful.Note = true, nil, ""
	f.judge(useful)
	f.judge(f.feedback("elle", "a1"))
	for _, c := range []struct {
		search qa.FeedbackSearch
		want   []string
	}{
		{qa.FeedbackSearch{}, []string{"f-elle-a1", "f-moi-a2", "f-moi-a1"}},
		{qa.FeedbackSearch{Useful: new(true)}, []string{"f-moi-a2"}},
		{qa.FeedbackSearch{Useful: new(false)}, []string{"f-elle-a1", "f-moi-a1"}},
		{qa.FeedbackSearch{Collection: "Autre"}, []string{"f-moi-a1"}},
		{qa.FeedbackSearch{Collection: qa.DefaultCollection}, []string{"f-moi-a2", "f-moi-a1"}},
		{qa.FeedbackSearch{Collection: "autre"}, nil},
		{qa.FeedbackSearch{Since: began.Add(time.Minute)}, []string{"f-elle-a1", "f-moi-a2"}},
		{qa.FeedbackSearch{Since: began.Add(time.Second), Collection: qa.DefaultCollection, Useful: new(true)}, []string{"f-moi-a2"}},
		{qa.FeedbackSearch{Limit: 1}, []string{"f-elle-a1"}},
	} {
		if got := f.judged(c.search); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.search, got, c.want)
		}
	}
	// Another opinion of the same reader about the same answer takes the place, and the id, of the first.
	second := f.feedback("moi", "a1", doc)
	second.ID, second.Useful, second.Reasons, second.Note = "f-neuf", true, nil, "Finalement oui"
	if id := f.judge(second); id != first.ID {
		t.Errorf("the second opinion is kept as %s", id)
	}
	if got := f.opinion("moi", "a1"); !got.Useful || got.Note != "Finalement oui" || got.Reasons != nil || got.ID != first.ID || !slices.Equal(got.Collections, []qa.CollectionID{qa.DefaultCollection}) || got.Behind != nil {
		t.Errorf("the second opinion is %+v", got)
	}
	if got := f.judged(qa.FeedbackSearch{}); !slices.Equal(got, []string{"f-moi-a1", "f-elle-a1", "f-moi-a2"}) {
		t.Errorf("the newest is not first: %q", got)
	}
	for _, id := range []qa.FeedbackID{"f-elle-a1", "aucun"} {
		wantCode(t, "withdraw", f.WithdrawFeedback(ctx, "moi", id), qa.NotFound, "feedback_unknown")
	}
	if err := f.WithdrawFeedback(ctx, "moi", first.ID); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "withdraw twice", f.WithdrawFeedback(ctx, "moi", first.ID), qa.NotFound, "feedback_unknown")
	if got := f.judged(qa.FeedbackSearch{}); !slices.Equal(got, []string{"f-elle-a1", "f-moi-a2"}) {
		t.Errorf("after a withdrawal: %q", got)
	}
	testFeedbackPages(t, f)
}

// testFeedbackPages reads a list page by page, with much feedback of one moment.
func testFeedbackPages(t *testing.T, f *fixture) {
	since := f.now()
	var want []string
	for i := range 7 {
		x := f.feedback("pages", fmt.Sprintf("p%d", i))
		x.At = since
		if _, err := f.SaveFeedback(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		want = append([]string{string(x.ID)}, want...)
	}
	var got []string
	for after := (qa.FeedbackMark{}); ; {
		list, err := f.Feedback(t.Context(), qa.FeedbackSearch{Since: since, After: after, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			got, after = append(got, string(x.ID)), x.Mark()
		}
		if len(list) < 3 {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages %q, want %q", got, want)
	}
}

func testFeedbackErasure(t *testing.T, f *fixture) {
	stays := f.add(qa.Upload{Source: "reste.txt"}, "Contenu")
	goes := f.add(qa.Upload{Source: "part.txt"}, "Autre contenu")
	f.judge(f.feedback("moi", "sans", stays))
	f.judge(f.feedback("moi", "avec", stays, goes))
	refused := f.feedback("moi", "refus")
	refused.Answer.Answered, refused.Answer.Refusal = false, &qa.Refusal{Reason: qa.NotInDocuments, Nearest: f.turn("", goes, stays).Answer.Citations}
	f.judge(refused)
	behind := f.feedback("moi", "suite", stays)
	behind.Behind, behind.Answer.Standalone = []qa.DocumentID{goes.Document.ID, stays.Document.ID}, "Une question qui emprunte"
	f.judge(behind)
	late := f.feedback("moi", "tard", goes)
	if _, err := f.DeleteDocument(t.Context(), everything(), goes.Document.ID); err != nil {
		t.Fatal(err)
	}
	f.judge(late) // of an answer that was made before
	quoted := "Le rapport dit « Citation entière de " + string(stays.Document.ID) + " » [1]."
	for _, w := range []struct {
		answer     string
		erased     bool
		text, note string
		citations  int
		standalone string
	}{
		{"sans", false, quoted, "Une note de moi", 1, "Question de sans (seule)"},
		{"avec", true, quoted, "", 1, "Question de avec"},
		{"refus", true, "", "", 0, "Question de refus"},
		{"suite", true, quoted, "Une note de moi", 1, "Question de suite"},
		{"tard", true, "", "", 0, "Question de tard"},
	} {
		got := f.opinion("moi", w.answer)
		a := got.Answer
		if got.Erased != w.erased || a.Text != w.text || got.Note != w.note || len(a.Citations) != w.citations || a.Standalone != w.standalone ||
			a.Asked != "Question de "+w.answer || got.Useful || len(got.Reasons) != 2 {
			t.Errorf("%s: %+v, want %+v", w.answer, got, w)
		}
		if strings.Contains(fmt.Sprintf("%+v", got), string(goes.Document.ID)) {
			t.Errorf("%s names the erased document: %+v", w.answer, got)
		}
	}
	testErasureBesideFeedback(t, f)
}

// testErasureBesideFeedback saves feedback while its document is removed: none of its words may stay.
func testErasureBesideFeedback(t *testing.T, f *fixture) {
	doc := f.add(qa.Upload{Source: "course.txt"}, "Un contenu")
	var all sync.WaitGroup
	for i := range 8 {
		x := f.feedback("course", fmt.Sprintf("r%d", i%6), doc)
		all.Go(func() {
			if _, err := f.SaveFeedback(t.Context(), x); err != nil {
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
	list, err := f.FeedbackOn(t.Context(), "course", []string{"r0", "r1", "r2", "r3", "r4", "r5"})
	if err != nil || len(list) != 6 {
		t.Fatalf("%d kept, %v", len(list), err)
	}
	for _, x := range list {
		if !x.Erased || len(x.Answer.Citations) > 0 || x.Answer.Text != "" || x.Note != "" {
			t.Errorf("%s: %+v", x.ID, x)
		}
	}
}

// testForgottenFeedback: feedback goes with its age, and with the conversation of its answer when its owner erases that.
func testForgottenFeedback(t *testing.T, f *fixture) {
	ctx := t.Context()
	in := func(owner, answer string, c qa.ConversationID) {
		x := f.feedback(owner, answer)
		x.Answer.Conversation = c
		f.judge(x)
	}
	f.judge(f.feedback("moi", "vieux"))
	f.pass(48 * time.Hour)
	limit := f.now()
	f.start("moi", "c1", "Titre", f.turn("?"))
	f.start("moi", "c2", "Titre", f.turn("?"))
	f.start("elle", "c3", "Titre", f.turn("?"))
	in("moi", "un", "c1")
	in("moi", "deux", "c2")
	in("elle", "trois", "c3")
	in("moi", "seul", "")
	for _, want := range []int{1, 0} {
		if n, err := f.ForgetFeedback(ctx, limit); err != nil || n != want {
			t.Errorf("forgot %d, %v; want %d", n, err, want)
		}
	}
	if err := f.DeleteConversation(ctx, "moi", "c1"); err != nil {
		t.Fatal(err)
	}
	if got := f.judged(qa.FeedbackSearch{}); !slices.Equal(got, []string{"f-moi-seul", "f-elle-trois", "f-moi-deux"}) {
		t.Errorf("after one conversation was erased: %q", got)
	}
	if _, err := f.DeleteConversations(ctx, "moi"); err != nil {
		t.Fatal(err)
	}
	if got := f.judged(qa.FeedbackSearch{}); !slices.Equal(got, []string{"f-moi-seul", "f-elle-trois"}) {
		t.Errorf("after all were: %q", got)
	}
	f.pass(time.Hour)
	if n, err := f.ForgetConversations(ctx, f.now()); err != nil || n != 1 {
		t.Errorf("forgot %d conversations, %v", n, err)
	}
	if got := f.judged(qa.FeedbackSearch{}); !slices.Equal(got, []string{"f-moi-seul", "f-elle-trois"}) {
		t.Errorf("after a conversation was too old: %q", got)
	}
}
