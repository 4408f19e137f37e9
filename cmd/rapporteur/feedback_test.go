package main

import (
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/eval"
	"rapporteur/qa"
	"rapporteur/server/wire"
)

// TestFeedbackCommands lists and exports what readers said, in a process that did not take it, and makes a set of what
// was found wrong.
func TestFeedbackCommands(t *testing.T) {
	data := t.TempDir()
	h := home{t, []string{"--data", data, "--encoder", "none"}, nil}
	db := h.library()
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	cited := qa.Citation{Number: 1, Document: "d", Version: "v", Title: "Bilan", Source: "bilan.pdf", Page: 3, Quote: "La ville compte 12 écoles."}
	for i, f := range []qa.Feedback{
		{Useful: true, Answer: qa.Answer{Asked: "Combien d’écoles ?", Standalone: "Combien d’écoles ?", Answered: true, Text: "Douze.", Citations: []qa.Citation{cited}}},
		{Note: "=HYPERLINK(\"http://x.example\")\nfaux", Reasons: []qa.FeedbackReason{qa.ReasonWrongFigure},
			Answer: qa.Answer{Asked: "@SUM(A1) écoles ?", Standalone: "Combien d’écoles en 2025 ?", Answered: true, Text: "+12.", Citations: []qa.Citation{cited}}},
	} {
		f.ID, f.Owner, f.At, f.Answer.ID, f.Answer.Language = qa.FeedbackID("f"+itoa(i)), "local", at.AddDate(0, i, 0), "a"+itoa(i), "fr"
		if _, err := db.SaveFeedback(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()

	list, _ := h.do(0, "feedback", "list")
	if lines := strings.Split(strings.TrimSpace(list), "\n"); len(lines) != 2 || !strings.Contains(lines[0], "not-useful") || !strings.Contains(lines[0], "wrong_figure") || strings.Contains(lines[0], "\x1b") {
		t.Errorf("list:\n%s", list)
	}
	if out, _ := h.do(0, "feedback", "list", "--since", "2026-03-15"); strings.Count(out, "\n") != 1 {
		t.Errorf("since: %s", out)
	}
	if out, errs := h.do(0, "feedback", "list", "--since", "2027-01-01"); out != "" || errs == "" {
		t.Errorf("nothing: %q, %q", out, errs)
	}
	h.do(2, "feedback", "list", "--since", "hier")

	out, _ := h.do(0, "feedback", "export", "--verdict", "useful")
	var line wire.Feedback
	if err := json.Unmarshal([]byte(out), &line); err != nil || !line.Useful || line.Answer.Text != "Douze." || len(line.Answer.Citations) != 1 {
		t.Errorf("export: %s %v", out, err)
	}
	out, _ = h.do(0, "feedback", "export", "--format", "csv")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet reads %q as a formula", cell)
			}
		}
	}
	out, _ = h.do(0, "feedback", "export", "--as-eval")
	draft := filepath.Join(t.TempDir(), "questions.jsonl")
	if err := os.WriteFile(draft, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	questions, err := eval.Lines[eval.Question](strings.NewReader(out))
	if err != nil || len(questions) != 1 || questions[0].Text != "Combien d’écoles en 2025 ?" || !questions[0].Draft || len(questions[0].Evidence) != 1 || *questions[0].Evidence[0].Page != 3 {
		t.Errorf("as a set: %+v, %v", questions, err)
	}
}

// TestInert reads what is exported as spreadsheets of both kinds do, split at commas or at semicolons, and looks for formulas.
func TestInert(t *testing.T) {
	for _, cell := range []string{
		"=1+1", " =1+1", "\u00a0@SOMME(A1)", "+33 1", "-2 %", "|cmd", "＝1", "un ; =1+1", "un;\t-1", "un\n=HYPERLINK(\"a\";\"b\")", "un;\"=1+1\"", "\"=1\"",
		"\u202f=1", "un\r+1", "; =1", "\t=1", "\n=1",
	} {
		var file strings.Builder
		w := csv.NewWriter(&file)
		if err := w.Write([]string{"a", inert(cell), "b"}); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		for _, comma := range ",;\t" {
			r := csv.NewReader(strings.NewReader(file.String()))
			r.Comma, r.LazyQuotes, r.FieldsPerRecord = comma, true, -1
			rows, err := r.ReadAll()
			if err != nil {
				t.Fatalf("%q at %q: %v", cell, comma, err)
			}
			for _, row := range rows {
				for _, field := range row {
					if start := strings.TrimLeft(field, " \u00a0\u202f\"\t\r\n"); start != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(start)[0]) {
						t.Errorf("%q split at %q: a spreadsheet reads %q as a formula", cell, comma, field)
					}
				}
			}
		}
	}
	for _, cell := range []string{"", "Environ 200 agents ; 3 écoles.", "a=b", "12 - 3", "«\u00a0=\u00a0»"} {
		if got := inert(cell); got != cell {
			t.Errorf("%q became %q", cell, got)
		}
	}
}

// TestFeedbackRetention runs the work that a service does beside its queue on feedback of several ages.
func TestFeedbackRetention(t *testing.T) {
	s := settings{Data: t.TempDir(), Encoder: encoderNone, OCR: ocrOff, MaxUpload: 50, Workers: 1, Feedback: feedbackOn, FeedbackRetention: 30}
	svc, err := open(t.Context(), &s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for id, days := range map[string]int{"neuf": 0, "ancien": 31} {
		f := qa.Feedback{ID: qa.FeedbackID(id), Owner: "local", At: time.Now().AddDate(0, 0, -days), Useful: true, Answer: qa.Answer{ID: id, Asked: "?"}}
		if _, err := svc.store.SaveFeedback(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	stop := svc.work(t.Context())
	var got []qa.Feedback
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && len(got) != 1; time.Sleep(50 * time.Millisecond) {
		if got, err = svc.store.Feedback(t.Context(), qa.FeedbackSearch{Limit: 9}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	svc.Close()
	if len(got) != 1 || got[0].ID != "neuf" {
		t.Errorf("left: %+v", got)
	}
}
