package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rapporteur/eval"
	"rapporteur/locale"
)

var update = flag.Bool("update", false, "write golden files")

// scored runs a small set through the scorer: all that a report shows of answers.
func scored(t *testing.T) []Run {
	t.Helper()
	page := 3
	set := eval.Set{Questions: []eval.Question{
		{ID: "a", Type: "fact", Answerable: true, Answers: []string{"bleu"}, Evidence: []eval.Evidence{{Doc: "a.pdf", Page: &page}}},
		{ID: "b", Type: "fact", Answerable: true, Answers: []string{"12"}, Evidence: []eval.Evidence{{Doc: "a.pdf", Page: &page}}},
		{ID: "c", Type: "trap"}, {ID: "d", Type: "trap"},
	}}
	h := eval.Header{Stage: eval.StageAsk, Version: "1.2.3 (abc)", Encoder: "e5", NoRefusal: true,
		Selection: eval.Selection{Set: "/home/someone/set <b>|.jsonl", Traps: []string{"/home/someone/mintaka"}, Sample: 4, Withhold: eval.Odd}}
	s := eval.Scorer{Set: set, By: "type"}
	ask := s.Scores(h, []eval.Result{
		{ID: "a", Answered: true, Confidence: .95, Answer: "« Le ciel est bleu »", MS: 3, Citations: []eval.Cited{{Doc: "a.pdf", Page: 3, Quote: "Le ciel est bleu", Valid: true, PageValid: true}}},
		{ID: "b", Answered: true, Confidence: .55, Answer: "Il y en a 13.", MS: 4, Citations: []eval.Cited{{Doc: "b.pdf", Page: 1, Quote: "Il y en a douze.", Valid: true, PageValid: true}}},
		{ID: "c", Answered: true, Confidence: .6, MS: 5}, {ID: "d", Confidence: .1, MS: 2},
	})
	return []Run{{Name: "<i>base</i>", Scores: ask}, {Name: "after", Scores: ask}}
}

func ranked2(t *testing.T) []Run {
	t.Helper()
	s := eval.Scorer{Set: eval.Set{Relevant: 1, Questions: []eval.Question{{ID: "a", Answerable: true, Grades: map[string]float64{"d": 1}},
		{ID: "b", Answerable: true, Grades: map[string]float64{"e": 1}}}}}
	scores := s.Scores(eval.Header{Stage: eval.StageRetrieval, Selection: eval.Selection{Set: "set"}}, []eval.Result{
		{ID: "a", Arm: "lexical", Retrieved: []eval.Retrieved{{Doc: "d"}}}, {ID: "b", Arm: "lexical"},
		{ID: "a", Arm: "hybrid", Retrieved: []eval.Retrieved{{Doc: "d"}}}, {ID: "b", Arm: "hybrid", Retrieved: []eval.Retrieved{{Doc: "x"}, {Doc: "e"}}}})
	return []Run{{Name: "run", Scores: scores}}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]Report{"ask.md": {Runs: scored(t)}, "retrieval.md": {Language: locale.English, Runs: ranked2(t)}} {
		var got bytes.Buffer
		if err := r.Markdown(&got); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s is not what is written (go test ./eval/report -update):\n%s", name, got.String())
		}
	}
}

// TestHTML: one well-formed file that loads nothing, tells no path, and takes no name for a mark.
func TestHTML(t *testing.T) {
	t.Parallel()
	for _, r := range []Report{{Runs: scored(t)}, {Language: locale.English, Runs: ranked2(t)}} {
		var b bytes.Buffer
		if err := r.HTML(&b); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		for _, bad := range []string{"<i>base", "<b>|", "/home/someone", "http:", "https:", "<script", "ZgotmplZ", "NaN"} {
			if strings.Contains(page, bad) {
				t.Errorf("the page holds %q", bad)
			}
		}
		pictures := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1)
		if want := map[bool]int{true: 2, false: 1}[r.Language == ""]; len(pictures) != want {
			t.Errorf("%d pictures, want %d", len(pictures), want)
		}
		for _, svg := range pictures {
			d := xml.NewDecoder(strings.NewReader(svg))
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%v in %s", err, svg)
				}
			}
		}
		if !strings.Contains(page, `lang="`+r.Lang()+`"`) {
			t.Errorf("the page does not say that it is in %s", r.Lang())
		}
	}
}

// TestPlots draws values where they belong.
func TestPlots(t *testing.T) {
	t.Parallel()
	plots := Report{Runs: scored(t)}.plots()
	if len(plots) != 2 || len(plots[0].Lines) != 2 {
		t.Fatalf("%d plots", len(plots))
	}
	// The most confident is right, then two wrong ones, and a refusal that would have been wrong.
	if want := "150.5,246 249,130 347.5,91.3 446,72"; plots[0].Lines[0].Points != want {
		t.Errorf("risk at %s, want %s", plots[0].Lines[0].Points, want)
	}
	bars := Report{Runs: ranked2(t)}.plots()[0].Bars
	if len(bars) != 12 || bars[0].Y != atY(50) || bars[0].Height != bottom-atY(50) {
		t.Errorf("%d bars, the first %+v", len(bars), bars[0])
	}
}

// TestLabels: every metric that a scorer gives has a name for people.
func TestLabels(t *testing.T) {
	t.Parallel()
	unknown := locale.Sentence(locale.French, "internal")
	for _, run := range append(scored(t), ranked2(t)...) {
		for _, m := range run.Metrics {
			for _, language := range []string{locale.French, locale.English} {
				if l := (Report{Language: language}).label(m.Name); strings.Contains(l, unknown) || strings.Contains(l, locale.Sentence(locale.English, "internal")) {
					t.Errorf("%s has no name", m.Name)
				}
			}
		}
	}
}
