package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"rapporteur/qa"
	"rapporteur/server/feedback"
)

// named gives each answer an identifier of its own, as the real answerer does.
func named(asker askerFunc) askerFunc {
	var asked atomic.Int64
	return func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		a, err := asker(q, emit)
		a.ID = fmt.Sprintf("a%d", asked.Add(1))
		return a, err
	}
}

// judgedServer is pageServer with conversations and feedback in a real file.
func judgedServer(t testing.TB, store judging) *httptest.Server {
	t.Helper()
	return pageServer(t, named(reportAsker(t)), reportLibrary(), func(s *Server) { s.Conversations, s.Feedback = store, store })
}

// kept is all feedback of a journal, newest first.
func kept(t testing.TB, j feedback.Journal) []qa.Feedback {
	t.Helper()
	list, err := j.Feedback(t.Context(), qa.FeedbackSearch{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// awaitKept waits until the feedback of a journal is what is wanted: a form without scripts tells nothing of its end.
func awaitKept(t testing.TB, j feedback.Journal, what string, wanted func([]qa.Feedback) bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !wanted(kept(t, j)); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: kept %+v", what, kept(t, j))
		}
	}
}

// TestPageFeedback says that an answer is useful, then what is wrong with it, finds that again after a reload, and
// takes it back.
func TestPageFeedback(t *testing.T) {
	store := sqliteJudging(t)
	b := openTab(t, judgedServer(t, store))
	b.visit("/")
	b.ask("Combien d’agents ?")
	b.run(click(".vote [value=yes]"))
	b.wait(`document.querySelector(".vote [value=yes]").ariaPressed === "true" && document.activeElement.value === "yes"`)
	if got := kept(t, store); len(got) != 1 || !got[0].Useful || got[0].Answer.Asked != "Combien d’agents ?" || len(got[0].Answer.Citations) == 0 {
		t.Fatalf("kept: %+v", got)
	}
	b.run(click(".vote [value=no][aria-pressed]"), visible(".vote textarea"))
	b.shotAll("feedback")
	b.run(click(".vote [value=wrong_figure]"), click(".vote [value=unclear]"),
		chromedp.SendKeys(chromedp.CSS(".vote textarea"), "Le chiffre est de 2022 <b>"), click(".vote .note button"))
	no := `document.querySelector(".vote [value=no]").ariaPressed === "true" && document.querySelector(".vote .note").hidden`
	b.wait(no + ` && !document.querySelector(".vote [name=undo]").hidden`)
	b.wait(`[...document.querySelectorAll("[aria-live]")].some((e) => e.textContent.includes("Merci"))`)
	got := kept(t, store)
	if len(got) != 1 || got[0].Useful || got[0].Note != "Le chiffre est de 2022 <b>" || fmt.Sprint(got[0].Reasons) != "[wrong_figure unclear]" {
		t.Fatalf("kept: %+v", got)
	}
	b.run(chromedp.Reload())
	b.wait(no)
	b.run(click(".vote [value=no][aria-pressed]"))
	b.wait(`document.querySelector(".vote [name=undo]").hidden && document.querySelector(".vote [value=no]").ariaPressed === "false"`)
	if got := kept(t, store); len(got) != 0 {
		t.Errorf("after it was taken back: %+v", got)
	}
}

// TestPageFeedbackOnPhone opens the form under an answer on a small screen, and sees all of it above the question.
func TestPageFeedbackOnPhone(t *testing.T) {
	b := openTab(t, judgedServer(t, sqliteJudging(t)))
	b.size(390, 844)
	b.visit("/")
	b.ask("Combien d’agents ?")
	b.run(click(".vote [value=no][aria-pressed]"), visible(".vote textarea"))
	b.wait(`document.querySelector(".vote .note .btn").getBoundingClientRect().bottom <= document.querySelector(".ask").getBoundingClientRect().top`)
	b.shot("feedback-phone")
}

// TestPageFeedbackWithoutScripts does the same with forms alone.
func TestPageFeedbackWithoutScripts(t *testing.T) {
	store := sqliteJudging(t)
	b := openTab(t, judgedServer(t, store))
	b.disableScripts()
	b.visit("/?q=Combien+d’agents")
	b.run(visible(".vote [value=yes]"), click(".vote [value=yes]"), visible(".vote [name=undo]"))
	awaitKept(t, store, "useful", func(f []qa.Feedback) bool { return len(f) == 1 && f[0].Useful })
	b.shotAll("feedback sent without scripts")
	b.run(click(".vote [value=no][aria-pressed]"), visible(".vote textarea"), click(".vote [value=incomplete]"), click(".vote .note button"))
	awaitKept(t, store, "incomplete", func(f []qa.Feedback) bool {
		return len(f) == 1 && !f[0].Useful && fmt.Sprint(f[0].Reasons) == "[incomplete]"
	})
	b.run(visible(".vote [name=undo]"), click(".vote [name=undo]"))
	awaitKept(t, store, "taken back", func(f []qa.Feedback) bool { return len(f) == 0 })
}

// TestPageAsksNoOpinion shows no buttons where feedback is off.
func TestPageAsksNoOpinion(t *testing.T) {
	_, body := getPage(t, http.DefaultClient, pageServer(t, named(reportAsker(t)), reportLibrary()).URL+"/?q=agents")
	if strings.Contains(body, `class="vote"`) {
		t.Error("the page asks for an opinion that nobody takes")
	}
}
