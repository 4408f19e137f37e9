package examples

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"html"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

type question struct {
	ID         string     `json:"id"`
	Question   string     `json:"question"`
	Lang       string     `json:"lang"`
	Type       string     `json:"type"`
	Kind       string     `json:"kind"`
	Answerable bool       `json:"answerable"`
	Answers    []string   `json:"answers"`
	Evidence   []evidence `json:"evidence"`
	History    []message  `json:"history"`
	KeyPoints  [][]string `json:"key_points"`
	Note       string     `json:"note"`
}

type evidence struct {
	Doc   string `json:"doc"`
	Page  *int   `json:"page"`
	Quote string `json:"quote"`
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

func readQuestions(t *testing.T, file []byte) []question {
	t.Helper()
	var all []question
	lines := bufio.NewScanner(bytes.NewReader(file))
	for lines.Scan() {
		var q question
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&q); err != nil {
			t.Fatalf("line %d: %v", len(all)+1, err)
		}
		all = append(all, q)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestQuestionsAreWellFormed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, file := range []struct {
		name      string
		questions []question
		types     map[string]int
		english   int
	}{
		{"questions.jsonl", readQuestions(t, Questions()), map[string]int{"fact": 9, "number": 9, "list": 5, "definition": 4,
			"synthesis": 4, "comparison": 4, "ambiguous": 3, "followup": 7, "trap": 15}, 4},
		{"development.jsonl", readQuestions(t, Development()), map[string]int{"fact": 6, "number": 12, "followup": 32, "trap": 35}, 4},
	} {
		types, docs, english := map[string]int{}, map[string]bool{}, 0
		for _, q := range file.questions {
			types[q.Type]++
			if seen[q.ID] || q.ID == "" {
				t.Errorf("%s: an id that is empty or comes twice", q.ID)
			}
			seen[q.ID] = true
			if q.Lang == "en" {
				english++
			} else if q.Lang != "fr" {
				t.Errorf("%s: language %q", q.ID, q.Lang)
			}
			for _, e := range q.Evidence {
				docs[e.Doc] = true
			}
			checkShape(t, q)
		}
		if !maps.Equal(types, file.types) {
			t.Errorf("%s: questions by type %v, want %v", file.name, types, file.types)
		}
		if english != file.english {
			t.Errorf("%s: %d questions in English, want %d", file.name, english, file.english)
		}
		checkCovered(t, file.name, docs)
	}
}

// checkCovered verifies that every report has a question about it.
func checkCovered(t *testing.T, file string, docs map[string]bool) {
	t.Helper()
	reports, err := fs.ReadDir(Reports(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if !docs[r.Name()] {
			t.Errorf("%s: no question is about %s", file, r.Name())
		}
	}
}

// TestDevelopmentHasItsKinds holds what the development questions are for: each kind comes more than once, so
// that a change that helps one wording and harms another shows.
func TestDevelopmentHasItsKinds(t *testing.T) {
	t.Parallel()
	kinds, long := map[string]int{}, 0
	for _, q := range readQuestions(t, Development()) {
		kinds[q.Kind]++
		if len(q.History) > 2 {
			long++
		}
	}
	for _, kind := range []string{"other year", "other place", "other thing", "aspect", "pronoun", "why", "which", "two turns back", "new subject",
		"wrong year", "figure not given", "name not given", "neighbouring subject", "false premise", "other town", "unit not given",
		"follow-up", "English", "acronym", "Roman numeral", "ordinal", "number in words", "year named", "title named"} {
		if kinds[kind] < 2 {
			t.Errorf("%d questions of the kind %q, want 2 at least", kinds[kind], kind)
		}
	}
	if long != kinds["two turns back"] {
		t.Errorf("%d questions follow two exchanges, %d look two turns back", long, kinds["two turns back"])
	}
}

// checkShape verifies what each type of question must have.
func checkShape(t *testing.T, q question) {
	t.Helper()
	trap := q.Type == "trap"
	if q.Question == "" || q.Answerable == trap {
		t.Errorf("%s: empty, or answerable does not fit its type", q.ID)
	}
	if trap != (len(q.Answers) == 0) || trap != (len(q.Evidence) == 0) {
		t.Errorf("%s: traps, and only they, have neither answers nor evidence", q.ID)
	}
	if q.Type == "followup" && len(q.History) == 0 || len(q.History) > 0 && q.Type != "followup" && !trap {
		t.Errorf("%s: follow-ups have a history, and no other but a trap may", q.ID)
	}
	for i, m := range q.History {
		if m.Role != []string{"user", "assistant"}[i%2] || m.Content == "" || len(q.History)%2 != 0 {
			t.Errorf("%s: message %d of its history: exchanges are a question and its answer", q.ID, i+1)
		}
	}
	if slices.Contains([]string{"list", "synthesis", "comparison"}, q.Type) && len(q.KeyPoints) == 0 {
		t.Errorf("%s: no key points", q.ID)
	}
	if q.Type == "number" && !anyAnswerQuoted(q) {
		t.Errorf("%s: none of the answers is in a quote", q.ID)
	}
	if q.Type == "comparison" && len(q.Evidence) < 2 {
		t.Errorf("%s: a comparison needs two places", q.ID)
	}
	for _, e := range q.Evidence {
		if words := len(strings.Fields(e.Quote)); words < 5 || words > 40 {
			t.Errorf("%s: a quote of %d words: %s", q.ID, words, e.Quote)
		}
		if (e.Page != nil) != (path.Ext(e.Doc) == ".pdf") {
			t.Errorf("%s: pages are for PDF, and PDF only: %s", q.ID, e.Doc)
		}
	}
}

func anyAnswerQuoted(q question) bool {
	return slices.ContainsFunc(q.Answers, func(answer string) bool {
		return slices.ContainsFunc(q.Evidence, func(e evidence) bool {
			return strings.Contains(normal(e.Quote), normal(answer))
		})
	})
}

var (
	hyphenated  = regexp.MustCompile(`-[ \t]*\r?\n\s*`)
	dropped     = regexp.MustCompile("[-*`\u200b\ufeff]")
	quoteSpaces = regexp.MustCompile(`"\s*|\s*"`)
	spaces      = regexp.MustCompile(`\s+`)
	quoteSigns  = strings.NewReplacer("’", "'", "‘", "'", "“", `"`, "”", `"`, "«", `"`, "»", `"`,
		"‐", "-", "‑", "-", "–", "-", "—", "-", "−", "-", "\u00ad", "-")
)

// normal brings a text to the form in which quotes are compared: NFKC, straight quotes, words cut at
// line ends mended, no hyphens or stars, single spaces.
func normal(text string) string {
	text = quoteSigns.Replace(norm.NFKC.String(text))
	text = hyphenated.ReplaceAllString(text, "")
	text = dropped.ReplaceAllString(text, "")
	text = quoteSpaces.ReplaceAllString(text, " ")
	return strings.TrimSpace(spaces.ReplaceAllString(text, " "))
}

func TestQuotesAreOnTheirPages(t *testing.T) {
	t.Parallel()
	places := newPlaces(t)
	for _, q := range slices.Concat(readQuestions(t, Questions()), readQuestions(t, Development())) {
		for _, e := range q.Evidence {
			found := slices.ContainsFunc(places.texts(t, e), func(text string) bool {
				return strings.Contains(text, normal(e.Quote))
			})
			if !found {
				t.Errorf("%s: not found in %s: %s", q.ID, e.Doc, e.Quote)
			}
		}
	}
}

// places reads the texts that quotes point at, each once.
type places struct {
	pdftotext string
	known     map[string][]string
}

func newPlaces(t *testing.T) *places {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("pdftotext (poppler-utils) is missing, and CI needs it")
		}
		t.Skip("skipped: pdftotext is not on this machine")
	}
	return &places{pdftotext: tool, known: map[string][]string{}}
}

// texts gives the readings of the place of e: three layouts of a PDF's page, one of another file.
func (p *places) texts(t *testing.T, e evidence) []string {
	t.Helper()
	key := e.Doc
	if e.Page != nil {
		key += " " + strconv.Itoa(*e.Page)
	}
	if _, ok := p.known[key]; !ok {
		p.known[key] = p.read(t, e)
	}
	return p.known[key]
}

func (p *places) read(t *testing.T, e evidence) []string {
	t.Helper()
	raw, err := fs.ReadFile(Reports(), e.Doc)
	if err != nil {
		t.Fatal(err)
	}
	switch path.Ext(e.Doc) {
	case ".pdf":
		var all []string
		for _, layout := range []string{"-layout", "-raw", "-nopgbrk"} {
			all = append(all, p.page(t, raw, *e.Page, layout))
		}
		return all
	case ".docx":
		return []string{officeText(t, raw, "word/document.xml")}
	case ".odt":
		return []string{officeText(t, raw, "content.xml")}
	}
	return []string{normal(string(raw))}
}

func (p *places) page(t *testing.T, raw []byte, page int, layout string) string {
	t.Helper()
	number := strconv.Itoa(page)
	command := exec.CommandContext(t.Context(), p.pdftotext, layout, "-f", number, "-l", number, "-", "-")
	command.Stdin = bytes.NewReader(raw)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return normal(string(out))
}

var (
	paragraphEnd = regexp.MustCompile(`</w:p>|</text:p>|</text:h>`)
	tag          = regexp.MustCompile(`<[^>]+>`)
)

func officeText(t *testing.T, raw []byte, name string) string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	xml, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	text := tag.ReplaceAllString(paragraphEnd.ReplaceAllString(string(xml), "\n"), "")
	return normal(html.UnescapeString(text))
}

// TestSuggestionsAreQuestions compares words: the suggestions are typeset, the questions are as users type them.
func TestSuggestionsAreQuestions(t *testing.T) {
	t.Parallel()
	all := readQuestions(t, Questions())
	typed := strings.NewReplacer("’", "'", "\u202f", " ")
	if n := len(Suggestions()); n < 4 || n > 6 {
		t.Errorf("%d suggestions, want 4 to 6", n)
	}
	for i, s := range Suggestions() {
		at := slices.IndexFunc(all, func(q question) bool { return typed.Replace(q.Question) == typed.Replace(s) })
		if at < 0 {
			t.Errorf("suggestion %q is not among the questions", s)
			continue
		}
		if last := i == len(Suggestions())-1; all[at].Answerable == last {
			t.Errorf("suggestion %q: the last one, and only it, is without an answer", s)
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	total := len(Questions()) + len(Development())
	files, err := fs.ReadDir(Reports(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 300_000 {
			t.Errorf("%s: %d bytes, more than 300 kB", f.Name(), info.Size())
		}
		total += int(info.Size())
	}
	if total > 1_500_000 {
		t.Errorf("%d bytes are embedded, more than 1.5 MB", total)
	}
}
