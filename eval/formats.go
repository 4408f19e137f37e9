package eval

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// errFormat refuses what is none of the formats.
var errFormat = errors.New("none of the known formats (docs/evaluation.md)")

// readFolder tells the format of a folder from the files in it.
func readFolder(dir, language string) (Set, error) {
	has := func(name string) bool {
		files, err := filepath.Glob(filepath.Join(dir, name))
		return err == nil && len(files) > 0
	}
	switch {
	case has("queries.jsonl") && has("qrels*.tsv"):
		return readBEIR(dir)
	case has("queries.jsonl") && has("passages.jsonl"):
		return readNoMIRACL(dir)
	case has("questions_df.csv"):
		return readChroma(dir)
	case has("questions.jsonl"):
		return readFile(filepath.Join(dir, "questions.jsonl"), language)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*.json")); err == nil && len(files) == 1 {
		return readFile(files[0], language)
	}
	return Set{}, errFormat
}

// readFile tells the format of a file from its first object: a SQuAD-style set is one object, the others are a line
// a question.
func readFile(path, language string) (Set, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Set{}, err
	}
	return parseFile(raw, language)
}

func parseFile(raw []byte, language string) (Set, error) {
	text := strings.TrimPrefix(string(raw), "\ufeff")
	var first map[string]json.RawMessage
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&first); err != nil {
		return Set{}, fmt.Errorf("%w: %w", errFormat, err)
	}
	has := func(field string) bool { return first[field] != nil }
	switch {
	case has("data"):
		return parseSQuAD([]byte(text))
	case has("question"):
		questions, err := Lines[Question](strings.NewReader(text))
		return Set{Questions: questions}, err
	case has("_id") && has("fr") && has("en"):
		return parseMintaka(text, language)
	}
	return Set{}, errFormat
}

func readLines[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out, err := Lines[T](f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return out, nil
}

// squad is the SQuAD form, v1.1 and v2.0, used by PIAF, FQuAD and XQuAD.
type squad struct {
	Data []struct {
		Title      string
		Paragraphs []struct {
			Context string
			QAs     []squadQuestion
		}
	}
}

type squadQuestion struct {
	ID         string
	Question   string
	Answers    []struct{ Text string }
	Impossible bool `json:"is_impossible"` // v2.0: the paragraph does not answer; plausible_answers only look like it
}

// parseSQuAD makes a record of each paragraph; the questions on one article are a group. An impossible question of
// v2.0 keeps to its article, whose paragraphs do not answer it.
func parseSQuAD(raw []byte) (Set, error) {
	var in squad
	if err := json.Unmarshal(raw, &in); err != nil {
		return Set{}, err
	}
	var s Set
	for _, article := range in.Data {
		for _, p := range article.Paragraphs {
			id := fmt.Sprintf("p%05d", len(s.Records))
			s.Records = append(s.Records, Record{ID: id, Title: article.Title, Text: p.Context, Group: article.Title})
			for _, q := range p.QAs {
				s.Questions = append(s.Questions, q.in(id, article.Title))
			}
		}
	}
	return s, nil
}

func (q squadQuestion) in(paragraph, article string) Question {
	out := Question{ID: q.ID, Text: q.Question, Group: article}
	if q.Impossible {
		return out
	}
	out.Answerable, out.Evidence, out.Grades = true, []Evidence{{Doc: paragraph}}, map[string]float64{paragraph: 1}
	for _, a := range q.Answers {
		if !slices.Contains(out.Answers, a.Text) {
			out.Answers = append(out.Answers, a.Text)
		}
	}
	return out
}

// beirQuery is one line of queries.jsonl. Intent and style are of some sets only: questions of one intent are
// phrasings of one need.
type beirQuery struct {
	ID     string `json:"_id"`
	Text   string `json:"text"`
	Intent string `json:"intent"`
	Style  string `json:"style"`
}

// readBEIR reads a folder of queries.jsonl, qrels*.tsv and corpus*.jsonl.
func readBEIR(dir string) (Set, error) {
	queries, err := readLines[beirQuery](filepath.Join(dir, "queries.jsonl"))
	if err != nil {
		return Set{}, err
	}
	grades, err := readJudgements(dir)
	if err != nil {
		return Set{}, err
	}
	var s Set
	for _, q := range queries {
		s.Questions = append(s.Questions, Question{ID: q.ID, Text: q.Text, Group: q.Intent, Type: q.Style,
			Answerable: true, Grades: grades[q.ID]})
	}
	files, err := filepath.Glob(filepath.Join(dir, "corpus*.jsonl"))
	if err != nil {
		return Set{}, err
	}
	for _, f := range files {
		records, err := readLines[Record](f)
		if err != nil {
			return Set{}, err
		}
		s.Records = append(s.Records, records...)
	}
	return s, nil
}

// readJudgements reads the first qrels*.tsv: query, document, grade, below a line of headings.
func readJudgements(dir string) (map[string]map[string]float64, error) {
	files, err := filepath.Glob(filepath.Join(dir, "qrels*.tsv"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(err, errors.New("no qrels*.tsv"))
	}
	f, err := os.Open(files[0])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	grades := map[string]map[string]float64{}
	for i, row := range rows {
		if len(row) < 3 || i == 0 {
			continue
		}
		g, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			return nil, fmt.Errorf("%s line %d: %w", filepath.Base(files[0]), i+1, err)
		}
		if grades[row[0]] == nil {
			grades[row[0]] = map[string]float64{}
		}
		grades[row[0]][row[1]] = g
	}
	return grades, nil
}
