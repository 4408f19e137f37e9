package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"rapporteur/eval"
	"rapporteur/eval/typing"
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

// TestExamples asks the questions that come with the example reports, and is the gate against regressions.
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
	checkBaseline(t, measure(t, svc, exampleSet(t, examples.Questions())))
	t.Log("development questions, held to exact quotes only")
	checkFloors(t, svc, exampleSet(t, examples.Development()), []floor{
		{eval.StageAsk, "quotes_valid", 100},
		{eval.StageAsk, "quote_pages_valid", 100},
	})
	for _, way := range []string{typing.Slips, typing.Capitals, typing.Unaccented, typing.Polite} {
		t.Logf("the questions of the gate, typed with %s", way)
		checkFloors(t, svc, exampleSet(t, examples.Questions()).Typed(way), []floor{{eval.StageAsk, "answerable_answered", 84}, {eval.StageAsk, "answer_in_quotes", 66}})
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

func exampleSet(t *testing.T, file []byte) eval.Set {
	t.Helper()
	questions, err := eval.Lines[eval.Question](bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return eval.Set{Questions: questions}
}

func checkFloors(t *testing.T, svc *service, set eval.Set, floors []floor) {
	t.Helper()
	got := measure(t, svc, set)
	for _, f := range floors {
		i := slices.IndexFunc(got[f.stage], func(m eval.Metric) bool { return m.Name == f.metric })
		if i < 0 {
			t.Errorf("%s of stage %s was not measured", f.metric, f.stage)
		} else if v := got[f.stage][i].Value; v < f.least {
			t.Errorf("%s of stage %s is %.1f, at least %.1f expected", f.metric, f.stage, v, f.least)
		}
	}
}

// measure asks a set in both stages and scores what came.
func measure(t *testing.T, svc *service, set eval.Set) eval.Baseline {
	t.Helper()
	got := eval.Baseline{}
	for _, stage := range []eval.Stage{eval.StageRetrieval, eval.StageAsk} {
		got[stage] = scored(t, measured{svc}, set, stage)
		for _, m := range got[stage] {
			t.Logf("%-32s n %4d  %5.1f  [%5.1f, %5.1f]", m.Name, m.N, m.Value, m.Low, m.High)
		}
	}
	return got
}

// scored asks a set in one stage and scores what came.
func scored(t *testing.T, system eval.System, set eval.Set, stage eval.Stage) []eval.Metric {
	t.Helper()
	var out bytes.Buffer
	r := eval.Runner{System: system, Scope: scopeOf("")}
	if err := r.Run(t.Context(), eval.Header{Stage: stage}, set, &out); err != nil {
		t.Fatal(err)
	}
	_, results, err := eval.ReadRun(&out)
	if err != nil {
		t.Fatal(err)
	}
	s := eval.Scorer{Set: set, Same: sameText()}
	return s.Score(stage, results)
}

// checkBaseline is the gate: no metric of the examples may fall out of the interval that was last accepted.
func checkBaseline(t *testing.T, got eval.Baseline) {
	t.Helper()
	path := filepath.Join(testkit.Root(t), "eval", "baseline.json")
	if *update {
		raw, err := got.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := eval.ParseBaseline(raw)
	if err != nil || len(accepted[eval.StageRetrieval]) == 0 || len(accepted[eval.StageAsk]) == 0 {
		t.Fatalf("%s holds no metrics: %v", path, err)
	}
	for stage, metrics := range got {
		for _, r := range accepted.Regressions(stage, metrics) {
			t.Errorf("%s; accept it with go test ./cmd/rapporteur -run TestExamples -update", r)
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
