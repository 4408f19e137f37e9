package main

import (
	"bytes"
	"testing"

	"rapporteur/eval"
	"rapporteur/examples"
	"rapporteur/ingest/source"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// reportsService holds the real reports and the founding article.
func reportsService(t testing.TB) (*service, []outcome) {
	t.Helper()
	svc := newEncodingService(t)
	return svc, ingestAll(t, svc, testkit.Shared(t, "data/reports"), testkit.Shared(t, "data/seed/article-dinum-rapport-2023.txt"))
}

// sameText names the reports that exist in two formats.
func sameText() map[string]string {
	return map[string]string{
		"rgaa-4.1.pdf": "rgaa-4.1.odt", "rgaa-4.1.odt": "rgaa-4.1.pdf",
		"declaration-ecoconception.docx": "declaration-ecoconception.odt", "declaration-ecoconception.odt": "declaration-ecoconception.docx",
	}
}

// floor is the least value of a metric; below it something broke.
type floor struct {
	stage  eval.Stage
	metric string
	least  float64
}

// TestReports reads every real report and holds the figures of retrieval and of quotes to their floors.
func TestReports(t *testing.T) {
	svc, outcomes := reportsService(t)
	for _, o := range outcomes {
		scan := o.Source == "scan-convention-dinum-adullact-2023.pdf"
		if want := !scan; o.readable() != want || scan && (o.Verdict != "no_text" || o.Pages != 6 || o.PagesWithoutText != 6) {
			t.Errorf("%s: %s, %d pages, %d without text", o.Source, o.Verdict, o.Pages, o.PagesWithoutText)
		}
	}
	set, err := eval.Load(testkit.Shared(t, "data/dev/reports-qa/questions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	checkFloors(t, svc, set, []floor{
		{eval.StageRetrieval, "document@5", 93},
		{eval.StageRetrieval, "page@5", 85},
		{eval.StageAsk, "quotes_valid", 100},
		{eval.StageAsk, "quote_pages_valid", 100},
	})
}

// TestExamples asks the questions that come with the example reports.
func TestExamples(t *testing.T) {
	svc := newEncodingService(t)
	items, err := source.Files(examples.Reports())
	if err != nil {
		t.Fatal(err)
	}
	err = svc.ingest(t.Context(), qa.DefaultCollection, items, func(o outcome) error {
		if o.Verdict != "ingested" {
			t.Errorf("%s: %s", o.Source, o.Verdict)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.awaitVectors(t.Context(), terminal{err: t.Output()}); err != nil {
		t.Fatal(err)
	}
	if err := svc.sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	valid := []floor{{eval.StageAsk, "quotes_valid", 100}, {eval.StageAsk, "quote_pages_valid", 100}}
	for _, set := range []struct {
		name   string
		file   []byte
		floors []floor
	}{
		{"questions", examples.Questions(), append([]floor{{eval.StageRetrieval, "document@5", 85}, {eval.StageRetrieval, "page@5", 75}}, valid...)},
		{"development", examples.Development(), valid},
	} {
		questions, err := eval.Lines[eval.Question](bytes.NewReader(set.file))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s, %d questions", set.name, len(questions))
		checkFloors(t, svc, eval.Set{Questions: questions}, set.floors)
	}
	for i, q := range examples.Suggestions() {
		a, err := svc.answerer.Answer(t.Context(), qa.Question{Text: q, Scope: scopeOf("")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if last := i == len(examples.Suggestions())-1; a.Answered == last {
			t.Errorf("the suggestion %q: answered %v (only the last shows a refusal)", q, a.Answered)
		}
	}
}

func checkFloors(t *testing.T, svc *service, set eval.Set, floors []floor) {
	t.Helper()
	got := map[eval.Stage]map[string]float64{}
	for _, stage := range []eval.Stage{eval.StageRetrieval, eval.StageAsk} {
		var out bytes.Buffer
		r := eval.Runner{System: measured{svc}, Scope: scopeOf("")}
		if err := r.Run(t.Context(), eval.Header{Stage: stage}, set, &out); err != nil {
			t.Fatal(err)
		}
		_, results, err := eval.ReadRun(&out)
		if err != nil {
			t.Fatal(err)
		}
		s := eval.Scorer{Set: set, Same: sameText()}
		got[stage] = map[string]float64{}
		for _, m := range s.Score(stage, results) {
			got[stage][m.Name] = m.Value
			t.Logf("%-32s n %4d  %5.1f  [%5.1f, %5.1f]", m.Name, m.N, m.Value, m.Low, m.High)
		}
	}
	for _, f := range floors {
		if v, ok := got[f.stage][f.metric]; !ok || v < f.least {
			t.Errorf("%s of stage %s is %.1f, at least %.1f expected", f.metric, f.stage, v, f.least)
		}
	}
}

// BenchmarkAnswer asks the reports' questions in turn.
func BenchmarkAnswer(b *testing.B) {
	svc, _ := reportsService(b)
	set, err := eval.Load(testkit.Shared(b, "data/dev/reports-qa/questions.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; b.Loop(); n++ {
		q := set.Questions[n%len(set.Questions)]
		if _, err := svc.answerer.Answer(b.Context(), qa.Question{Text: q.Text, Scope: scopeOf("")}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
