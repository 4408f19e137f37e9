package eval

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// folder writes files into a new folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const squad2 = `{"data":[
{"title":"Rome","paragraphs":[
 {"context":"Rome est en Italie.","qas":[
  {"id":"r1","question":"Où est Rome ?","answers":[{"text":"en Italie","answer_start":9},{"text":"en Italie","answer_start":9}]},
  {"id":"r2","question":"Qui a fondé Rome ?","is_impossible":true,"answers":[],"plausible_answers":[{"text":"Italie"}]}]}]},
{"title":"Oslo","paragraphs":[{"context":"Oslo est en Norvège.","qas":[{"id":"o1","question":"Où est Oslo ?","answers":[{"text":"Norvège"}]}]}]}]}`

func TestFormats(t *testing.T) {
	t.Parallel()
	squad := folder(t, map[string]string{"set.json": squad2})
	beir := folder(t, map[string]string{
		"queries.jsonl": `{"_id":"q1","text":"congés","intent":"leave","style":"keyword"}`,
		"qrels.tsv":     "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t1\n",
		"corpus.jsonl":  `{"_id":"d1","title":"Congés","text":"Cinq semaines."}`,
	})
	nomiracl := folder(t, map[string]string{
		"queries.jsonl": `{"_id":"a","text":"Qui ?","answerable":true,"candidate_passages":["p1","p2"]}` + "\n" +
			`{"_id":"b","text":"Quoi ?","answerable":false,"candidate_passages":["p2"]}`,
		"passages.jsonl": `{"_id":"p1","title":"A","text":"un"}` + "\n" + `{"_id":"p2","title":"B","text":"deux"}`,
	})
	chroma := folder(t, map[string]string{
		"questions_df.csv":    "question,references,corpus_id\nWhat?,\"[{\"\"content\"\": \"\"côté\"\", \"\"start_index\"\": 3, \"\"end_index\"\": 7}]\",sea\n",
		"corpora/sea.md":      "Le côté.",
		"corpora/ignored.txt": "x",
	})
	mintaka := `{"_id":"m","fr":"Qui ?","en":"Who?","category":"books"}`
	both := folder(t, map[string]string{"questions.jsonl": mintaka})
	own := folder(t, map[string]string{"own.jsonl": `{"id":"x","question":"Quoi ?","answerable":true,"scope":["d"],"grades":{"d":5}}`})
	for _, c := range []struct {
		name      string
		path      string
		language  string
		records   int
		relevant  float64
		questions []Question
	}{
		{"SQuAD 2.0", filepath.Join(squad, "set.json"), "", 2, 1, []Question{
			{ID: "r1", Text: "Où est Rome ?", Answerable: true, Answers: []string{"en Italie"}, Group: "Rome", Evidence: []Evidence{{Doc: "p00000"}}, Grades: map[string]float64{"p00000": 1}},
			{ID: "r2", Text: "Qui a fondé Rome ?", Group: "Rome"},
			{ID: "o1", Text: "Où est Oslo ?", Answerable: true, Answers: []string{"Norvège"}, Group: "Oslo", Evidence: []Evidence{{Doc: "p00001"}}, Grades: map[string]float64{"p00001": 1}}}},
		{"folder of one JSON file", squad, "", 2, 1, nil},
		{"BEIR, grades to 2", beir, "", 1, 1, []Question{
			{ID: "q1", Text: "congés", Type: "keyword", Group: "leave", Answerable: true, Grades: map[string]float64{"d1": 2, "d2": 1}}}},
		{"NoMIRACL", nomiracl, "", 2, 1, []Question{
			{ID: "a", Text: "Qui ?", Answerable: true, Scope: []string{"p1", "p2"}}, {ID: "b", Text: "Quoi ?", Scope: []string{"p2"}}}},
		{"Chroma", chroma, "", 1, 1, []Question{
			{ID: "q0001", Text: "What?", Language: "en", Type: "sea", Answerable: true, Evidence: []Evidence{{Doc: "sea", Quote: "côté", Start: 3, End: 7}}}}},
		{"Mintaka", filepath.Join(both, "questions.jsonl"), "", 0, 1, []Question{{ID: "m", Text: "Qui ?", Language: "fr", Type: "books"}}},
		{"Mintaka in English", both, "en", 0, 1, []Question{{ID: "m", Text: "Who?", Language: "en", Type: "books"}}},
		{"JSON lines, grades to 5", filepath.Join(own, "own.jsonl"), "", 0, 4, []Question{
			{ID: "x", Text: "Quoi ?", Answerable: true, Scope: []string{"d"}, Grades: map[string]float64{"d": 5}}}},
	} {
		got, err := Selection{Set: c.path, Language: c.language}.Load()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(got.Records) != c.records || got.Relevant != c.relevant {
			t.Errorf("%s: %d records, relevant from %v; want %d and %v", c.name, len(got.Records), got.Relevant, c.records, c.relevant)
		}
		if c.questions != nil && !equal(got.Questions, c.questions) {
			t.Errorf("%s: %+v\nwant %+v", c.name, got.Questions, c.questions)
		}
	}
}

func TestUnreadableSets(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"empty folder":             {"README.md": "nothing"},
		"records, not questions":   {"questions.jsonl": `{"_id":"a","title":"b","text":"c"}`},
		"no JSON":                  {"questions.jsonl": "hello"},
		"id twice":                 {"questions.jsonl": `{"id":"a","question":"?"}` + "\n" + `{"id":"a","question":"!"}`},
		"no id":                    {"questions.jsonl": `{"question":"?"}`},
		"unanswerable with answer": {"questions.jsonl": `{"id":"a","question":"?","answers":["b"]}`},
		"page 0":                   {"questions.jsonl": `{"id":"a","question":"?","answerable":true,"evidence":[{"doc":"d","page":0}]}`},
		"unknown candidate":        {"queries.jsonl": `{"_id":"a","text":"?","answerable":true,"candidate_passages":["p"]}`, "passages.jsonl": `{"_id":"q"}`},
		"excerpt elsewhere":        {"questions_df.csv": "question,references,corpus_id\nWhat?,\"[{\"\"content\"\": \"\"a\"\", \"\"start_index\"\": 5, \"\"end_index\"\": 6}]\",sea\n", "corpora/sea.md": "a"},
		"grade in words":           {"queries.jsonl": `{"_id":"a","text":"?"}`, "qrels.tsv": "q\td\tg\na\tb\thigh\n"},
	} {
		_, err := Load(folder(t, files))
		if qa.CodeOf(err) != "set_unreadable" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none")); qa.CodeOf(err) != "path_missing" {
		t.Errorf("a missing set: %v", err)
	}
}

// TestSelection withholds half of the articles, samples and sets traps.
func TestSelection(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"set.json": squad2, "traps/questions.jsonl": `{"_id":"m1","fr":"Un ?","en":"One?"}` + "\n" + `{"_id":"m2","fr":"Deux ?","en":"Two?"}`,
		"drafts.jsonl": `{"id":"x","question":"Quoi ?","draft":true}`, "single.jsonl": `{"id":"x","question":"Quoi ?"}`})
	path := filepath.Join(dir, "set.json")
	kept := map[string]int{}
	for _, which := range []string{Even, Odd} {
		set, err := Selection{Set: path, Withhold: which, Traps: []string{filepath.Join(dir, "traps")}}.Load()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range set.Records {
			kept[r.Title]++
			if half(r.Title) == which {
				t.Errorf("%s is of the half %s, and is there", r.Title, which)
			}
		}
		for _, q := range set.Questions {
			if want := q.Group != "" && half(q.Group) != which && q.ID != "r2" && q.Type != "trap"; q.Answerable != want || q.known() != want {
				t.Errorf("%s withheld, question %s: answerable %v, want %v", which, q.ID, q.Answerable, want)
			}
		}
		if len(set.Questions) != 5 || set.Questions[4].ID != "traps/m2" {
			t.Errorf("%s: questions %+v", which, set.Questions)
		}
	}
	if kept["Rome"] != 1 || kept["Oslo"] != 1 {
		t.Errorf("articles kept by the two halves: %v", kept)
	}
	set, err := Selection{Set: path, Sample: 2, Traps: []string{filepath.Join(dir, "traps")}, Language: "en"}.Load()
	if err != nil || len(set.Questions) != 4 || set.Questions[0].ID != "r1" || set.Questions[1].ID != "r2" || set.Questions[2].Text != "One?" {
		t.Errorf("sample of 2: %+v, %v", set.Questions, err)
	}
	var kept3 []string
	for _, q := range sampled(questions(10), 3) {
		kept3 = append(kept3, q.ID)
	}
	if !slices.Equal(kept3, []string{"0", "3", "6"}) {
		t.Errorf("3 of 10: %v", kept3)
	}
	for code, s := range map[string]Selection{
		"set_drafts":    {Set: filepath.Join(dir, "drafts.jsonl")},
		"set_undivided": {Set: filepath.Join(dir, "single.jsonl"), Withhold: Even},
	} {
		if _, err := s.Load(); qa.CodeOf(err) != code {
			t.Errorf("want %s, got %v", code, err)
		}
	}
	if set, err := (Selection{Set: filepath.Join(dir, "drafts.jsonl"), Drafts: true}).Load(); err != nil || len(set.Questions) != 1 {
		t.Errorf("with drafts: %d questions, %v", len(set.Questions), err)
	}
}

// TestWithheldShared leaves out the questions of a kept group whose records the other half needs too.
func TestWithheldShared(t *testing.T) {
	t.Parallel()
	groups := map[string]string{} // one group of each half
	for _, g := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		groups[half(g)] = g
	}
	s := Set{Relevant: 1, Records: []Record{{ID: "x"}, {ID: "y"}}, Questions: []Question{
		{ID: "1", Group: groups[Even], Answerable: true, Grades: map[string]float64{"x": 1}},
		{ID: "2", Group: groups[Odd], Answerable: true, Grades: map[string]float64{"x": 1, "y": 1}},
		{ID: "3", Group: groups[Odd], Answerable: true, Grades: map[string]float64{"y": 1}},
	}}
	got := withheld(s, Even)
	if len(got.Records) != 1 || got.Records[0].ID != "y" || len(got.Questions) != 2 || got.Questions[0].Answerable || got.Questions[1].ID != "3" {
		t.Errorf("records %v, questions %+v", got.Records, got.Questions)
	}
}

// TestSharedSets reads every development set and counts what its README counts.
func TestSharedSets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path                           string
		corpora                        []string
		records, questions, answerable int
		relevant                       float64
	}{
		{"piaf-v1.1", nil, 810, 4042, 4042, 1},
		{"piaf-v1.1/piaf.json", nil, 810, 4042, 4042, 1},
		{"xquad/xquad.en.json", nil, 240, 1190, 1190, 1},
		{"droit-travail-fr", []string{"service-public-fr-2020/corpus.jsonl"}, 15353, 1679, 1679, 4},
		{"nomiracl-fr", nil, 2481, 250, -1, 1},
		{"chroma-chunking-eval-en", nil, 5, 472, 472, 1},
		{"mintaka-dev-fr-en", nil, 0, 2000, 0, 1},
		{"reports-qa", nil, 0, 100, 75, 1},
	} {
		var corpora []string
		for _, f := range c.corpora {
			corpora = append(corpora, testkit.Shared(t, "data/dev/"+f))
		}
		set, err := Load(testkit.Shared(t, "data/dev/"+c.path), corpora...)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		answerable := 0
		for _, q := range set.Questions {
			if q.Answerable {
				answerable++
			}
		}
		if len(set.Records) != c.records || len(set.Questions) != c.questions || c.answerable >= 0 && answerable != c.answerable || set.Relevant != c.relevant {
			t.Errorf("%s: %d records, %d questions, %d answerable, relevant from %v", c.path, len(set.Records), len(set.Questions), answerable, set.Relevant)
		}
	}
}

func equal(a, b []Question) bool {
	return slices.EqualFunc(a, b, func(x, y Question) bool { return jsonOf(x) == jsonOf(y) })
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(squad2))
	f.Add([]byte(`{"id":"x","question":"Quoi ?","answerable":true,"evidence":[{"doc":"d","page":1,"quote":"q","start":1,"end":2}]}`))
	f.Add([]byte(`{"_id":"m","fr":"Qui ?","en":"Who?"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if set, err := parseFile(raw, "en"); err == nil && set.check() == nil {
			set.Relevant = relevant(set.Questions)
			for _, which := range []string{Even, Odd} {
				if got := withheld(set, which); len(got.Questions) > len(set.Questions) {
					t.Error("withholding adds questions")
				}
			}
		}
	})
}

func FuzzFolder(f *testing.F) {
	f.Add(`{"_id":"a","text":"?","answerable":true,"candidate_passages":["p"]}`, `{"_id":"p","text":"x"}`, "q\td\tg\na\tp\t1\n", "question,references,corpus_id\nW,[],p\n")
	f.Add("", "", "\"", "question\n")
	f.Fuzz(func(t *testing.T, queries, passages, qrels, table string) {
		for _, files := range []map[string]string{
			{"queries.jsonl": queries, "passages.jsonl": passages},
			{"queries.jsonl": queries, "corpus.jsonl": passages, "qrels.tsv": qrels},
			{"questions_df.csv": table, "corpora/p.md": passages},
		} {
			if _, err := Load(folder(t, files)); err != nil && !strings.HasPrefix(qa.CodeOf(err), "set_") {
				t.Errorf("%v", err)
			}
		}
	})
}
