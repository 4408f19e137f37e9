package lexical

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rapporteur/analysis"
	"rapporteur/eval/typing"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

var ablations = flag.Bool("ablations", false, "print the table of figures by option (a minute)")

// set is a development set: a library, questions, and the grade of each document for each question.
type set struct {
	lib       *library
	document  map[qa.ChunkID]qa.DocumentID
	questions []question
	language  string
	enough    int // grade from which a document counts as found
}

type question struct {
	text   string
	grades map[qa.DocumentID]int
}

func newSet(language string, enough int) *set {
	return &set{lib: newLibrary(), document: map[qa.ChunkID]qa.DocumentID{}, language: language, enough: enough}
}

func (s *set) add(id, title string, texts []string) {
	v := qa.VersionID(id)
	s.lib.publish(source{collection: "dev", document: qa.DocumentID(id), version: v, title: title, texts: texts})
	s.lib.changes[len(s.lib.changes)-1].Language = s.language
	for _, c := range s.lib.chunks[v] {
		s.document[c.ID] = qa.DocumentID(id)
	}
}

// figures are per cent.
type figures struct{ ndcg, r1, r5, r10, mrr float64 }

func (f figures) String() string {
	return fmt.Sprintf("nDCG@10 %.1f  @1 %.1f  @5 %.1f  @10 %.1f  MRR@10 %.1f", f.ndcg, f.r1, f.r5, f.r10, f.mrr)
}

// measure asks every step-th question. A document stands where its best chunk does. @k is the share of
// questions with a document of grade enough among the first k: recall where each has one.
func (s *set) measure(t testing.TB, o Options, step int, twist func(string) string) figures {
	t.Helper()
	x := synced(t, s.lib, o)
	var f figures
	n := 0.0
	for i := 0; i < len(s.questions); i += step {
		q := s.questions[i]
		hits, err := x.Rank(context.Background(), qa.Query{Text: twist(q.text), Scope: everything}, 100)
		if err != nil {
			t.Fatal(err)
		}
		f.count(s.grades(hits, q), q, s.enough)
		n++
	}
	return figures{100 * f.ndcg / n, 100 * f.r1 / n, 100 * f.r5 / n, 100 * f.r10 / n, 100 * f.mrr / n}
}

// grades gives those of the first ten documents.
func (s *set) grades(hits []qa.Hit, q question) []int {
	var out []int
	seen := map[qa.DocumentID]bool{}
	for _, h := range hits {
		d := s.document[h.Chunk]
		if !seen[d] && len(out) < 10 {
			out = append(out, q.grades[d])
		}
		seen[d] = true
	}
	return out
}

func (f *figures) count(found []int, q question, enough int) {
	gain := func(g, i int) float64 { return (math.Pow(2, float64(g)) - 1) / math.Log2(float64(i+2)) }
	var best []int
	for _, g := range q.grades {
		best = append(best, g)
	}
	slices.SortFunc(best, func(a, b int) int { return b - a })
	got, ideal := 0.0, 0.0
	for i, g := range found {
		got += gain(g, i)
	}
	for i, g := range best[:min(10, len(best))] {
		ideal += gain(g, i)
	}
	f.ndcg += got / ideal
	first := slices.IndexFunc(found, func(g int) bool { return g >= enough })
	if first < 0 {
		return
	}
	f.r10++
	f.mrr += 1 / float64(first+1)
	if first < 5 {
		f.r5++
	}
	if first < 1 {
		f.r1++
	}
}

// squad loads a set in SQuAD form: each paragraph is a document of one chunk.
func squad(t testing.TB, path, language string) *set {
	var file struct {
		Data []struct {
			Title      string
			Paragraphs []struct {
				Context string
				QAs     []struct{ Question string }
			}
		}
	}
	raw, err := os.ReadFile(testkit.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	s := newSet(language, 1)
	for a, article := range file.Data {
		for p, paragraph := range article.Paragraphs {
			id := fmt.Sprintf("%d.%d", a, p)
			s.add(id, article.Title, []string{paragraph.Context})
			for _, q := range paragraph.QAs {
				s.questions = append(s.questions, question{q.Question, map[qa.DocumentID]int{qa.DocumentID(id): 1}})
			}
		}
	}
	return s
}

// labour loads droit-travail-fr with its three corpora.
func labour(t testing.TB) *set {
	dir := testkit.Shared(t, "data/dev/droit-travail-fr")
	s := newSet("fr", 4)
	for _, corpus := range []string{"corpus_code_du_travail.jsonl", "corpus_fiches_ministere_travail.jsonl", "../service-public-fr-2020/corpus.jsonl"} {
		eachLine(t, filepath.Join(dir, corpus), func(line []byte) {
			var d struct{ ID, Title, Text string }
			if err := json.Unmarshal([]byte(strings.Replace(string(line), `"_id"`, `"id"`, 1)), &d); err != nil {
				t.Fatal(err)
			}
			s.add(d.ID, d.Title, cut(d.Text))
		})
	}
	grades := map[string]map[qa.DocumentID]int{}
	eachLine(t, filepath.Join(dir, "qrels_graded.tsv"), func(line []byte) {
		f := strings.Split(string(line), "\t")
		g, err := strconv.Atoi(f[2])
		if err != nil {
			return
		}
		if grades[f[0]] == nil {
			grades[f[0]] = map[qa.DocumentID]int{}
		}
		grades[f[0]][qa.DocumentID(f[1])] = g
	})
	eachLine(t, filepath.Join(dir, "queries.jsonl"), func(line []byte) {
		var q struct {
			ID   string `json:"_id"`
			Text string
		}
		if err := json.Unmarshal(line, &q); err != nil {
			t.Fatal(err)
		}
		if len(grades[q.ID]) > 0 {
			s.questions = append(s.questions, question{q.Text, grades[q.ID]})
		}
	})
	return s
}

func eachLine(t testing.TB, path string, do func([]byte)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		do(lines.Bytes())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// cut makes chunks of about 300 tokens, 1,500 bytes, at paragraph ends.
func cut(text string) []string {
	var out []string
	var b strings.Builder
	for _, p := range strings.Split(text, "\n\n") {
		if b.Len() > 0 && b.Len()+len(p) > 1500 {
			out = append(out, b.String())
			b.Reset()
		}
		b.WriteString(p)
		b.WriteString("\n\n")
	}
	return append(out, b.String())
}

func asWritten(s string) string { return s }

// TestAblations prints the figures that the defaults of Options were chosen by.
func TestAblations(t *testing.T) {
	if !*ablations {
		t.Skip("skipped: asked for with -ablations")
	}
	sets := []struct {
		name string
		set  *set
		step int
	}{
		{"piaf", squad(t, "data/dev/piaf-v1.1/piaf.json", "fr"), 1},
		{"labour", labour(t), 3},
		{"xquad-en", squad(t, "data/dev/xquad/xquad.en.json", "en"), 1},
	}
	for _, row := range table() {
		for _, s := range sets {
			t.Logf("%-28s %-9s %s", row.name, s.name, s.set.measure(t, row.options, s.step, asWritten))
		}
	}
}

// TestForms prints what each way to find other forms of the words asked for is worth, on questions as
// they were written and with a slip in each.
func TestForms(t *testing.T) {
	if !*ablations {
		t.Skip("skipped: asked for with -ablations")
	}
	piaf := squad(t, "data/dev/piaf-v1.1/piaf.json", "fr")
	slip := func(q string) string { return typing.Slip(q, 1) }
	for _, run := range []struct {
		name  string
		set   *set
		step  int
		twist func(string) string
	}{
		{"piaf", piaf, 4, asWritten},
		{"labour", labour(t), 1, asWritten},
		{"xquad-en", squad(t, "data/dev/xquad/xquad.en.json", "en"), 1, asWritten},
		{"piaf slip", piaf, 4, slip},
		{"labour acronyms", shortened(t, labour(t)), 1, asWritten},
	} {
		for _, row := range forms() {
			t.Logf("%-16s %-16s %s", run.name, row.name, run.set.measure(t, row.options, run.step, run.twist))
		}
	}
}

func forms() []row {
	none := Options{Near: off, Numeral: off, Acronym: off}
	rows := []row{{"none", none}}
	for _, v := range []float64{0.3, 0.6, 0.8, 1} {
		o := none
		o.Near = v
		rows = append(rows, row{fmt.Sprintf("near %.1f", v), o})
	}
	for _, v := range []float64{0.3, 0.5, 0.8, 1} {
		o := none
		o.Numeral = v
		rows = append(rows, row{fmt.Sprintf("numeral %.1f", v), o})
	}
	for _, v := range []float64{0.2, 0.5, 0.8} {
		o := none
		o.Acronym = v
		rows = append(rows, row{fmt.Sprintf("acronym %.1f", v), o})
	}
	return append(rows, row{"defaults", Options{}})
}

type row struct {
	name    string
	options Options
}

// off stands for zero, which Options reads as the default.
const off = 1e-9

func table() []row {
	rows := []row{{"defaults", Options{}}}
	for _, v := range []float64{off, 0.3, 0.5, 0.7, 0.85, 1} {
		rows = append(rows, row{fmt.Sprintf("variant %.2f", v), Options{Variant: v}})
	}
	for _, v := range []float64{off, 0.25, 0.5, 0.75, 1, 1.5} {
		rows = append(rows, row{fmt.Sprintf("title %.2f", v), Options{Title: v}})
	}
	for _, v := range [][2]float64{{0.9, 0.4}, {1.2, 0.5}, {1.2, 0.9}, {1.5, 0.75}, {1.5, 0.9}, {2, 0.75}} {
		rows = append(rows, row{fmt.Sprintf("k1 %.1f b %.2f", v[0], v[1]), Options{K1: v[0], B: v[1]}})
	}
	return rows
}

// TestQuality holds the floors of the development sets and prints the figures.
func TestQuality(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("skipped: short")
	}
	for _, tt := range []struct {
		name  string
		set   *set
		step  int
		floor figures
	}{
		{"piaf", squad(t, "data/dev/piaf-v1.1/piaf.json", "fr"), 1, figures{ndcg: 80, r5: 86}},
		{"labour law", labour(t), 1, figures{r5: 69}},
		{"xquad-en", squad(t, "data/dev/xquad/xquad.en.json", "en"), 1, figures{ndcg: 96, r5: 98}},
	} {
		f := tt.set.measure(t, Options{}, tt.step, asWritten)
		t.Logf("%-10s %s", tt.name, f)
		if f.ndcg < tt.floor.ndcg || f.r5 < tt.floor.r5 {
			t.Errorf("%s: %s, below nDCG@10 %.0f, @5 %.0f", tt.name, f, tt.floor.ndcg, tt.floor.r5)
		}
	}
}

// TestRobustness allows three points of R@5 for what keyboards and telephones do to questions.
func TestRobustness(t *testing.T) {
	t.Parallel()
	s := squad(t, "data/dev/piaf-v1.1/piaf.json", "fr")
	base := s.measure(t, Options{}, 4, asWritten)
	for name, twist := range map[string]func(string) string{
		"no accents":       analysis.Fold,
		"upper case":       strings.ToUpper,
		"no question mark": func(q string) string { return strings.TrimRight(q, "? \u00a0\u202f") },
		"typographic":      func(q string) string { return strings.ReplaceAll(q, "'", "’") },
		"one typo":         func(q string) string { return typing.Slip(q, 1) },
		"another typo":     func(q string) string { return typing.Slip(q, 2) },
		"a third typo":     func(q string) string { return typing.Slip(q, 3) },
	} {
		f := s.measure(t, Options{}, 4, twist)
		t.Logf("%-16s %s", name, f)
		if base.r5-f.r5 > 3 {
			t.Errorf("%s: @5 %.1f, and %.1f as written", name, f.r5, base.r5)
		}
	}
}

// shortened keeps the questions with a name that the library defines an acronym of, and puts the acronym
// in its place.
func shortened(t *testing.T, s *set) *set {
	x := synced(t, s.lib, Options{}).current.Load()
	out := *s
	out.questions = nil
	for _, q := range s.questions {
		if text := shorten(x, q.text); text != q.text {
			out.questions = append(out.questions, question{text, q.grades})
		}
	}
	t.Logf("%d questions shortened, « %s » among them", len(out.questions), out.questions[0].text)
	return &out
}

func shorten(x *snapshot, text string) string {
	terms := x.terms(text, "fr")
	for i := range terms {
		for _, v := range x.views {
			for _, a := range v.acronyms.long(terms[i].Stem + " ") {
				stems := strings.Fields(a.long)
				if _, ok := spelledOut(terms, i, stems); !ok || i+len(stems) > len(terms) {
					continue
				}
				last := terms[i+len(stems)-1]
				return text[:terms[i].start] + strings.ToUpper(a.exact) + text[last.start+len(last.Surface):]
			}
		}
	}
	return text
}
