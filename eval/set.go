// Package eval measures retrieval, answers and refusals on question sets. Running a set and scoring
// a run are two steps with a file between them: the scorer never sees the service.
package eval

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"rapporteur/qa"
)

// Evidence is one place that answers a question.
type Evidence struct {
	Doc   string `json:"doc"`  // source of the document
	Page  *int   `json:"page"` // 1-based physical page; nil where the format has none
	Quote string `json:"quote"`
}

// Turn is one earlier message of the conversation.
type Turn struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Question is one line of a question set.
type Question struct {
	ID         string             `json:"id"`
	Text       string             `json:"question"`
	Language   string             `json:"lang,omitempty"`
	Type       string             `json:"type,omitempty"`
	Answerable bool               `json:"answerable"`
	Answers    []string           `json:"answers,omitempty"`    // any one is enough
	KeyPoints  [][]string         `json:"key_points,omitempty"` // one list of variants per expected element
	Evidence   []Evidence         `json:"evidence,omitempty"`
	History    []Turn             `json:"history,omitempty"`
	Group      string             `json:"group,omitempty"`  // article, intent or document: intervals resample groups
	Grades     map[string]float64 `json:"grades,omitempty"` // source → graded relevance; nil where Evidence tells
}

// Record is one document that a set brings with it.
type Record struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Set is a question set, with its own documents where it has some.
type Set struct {
	Name      string
	Questions []Question
	Records   []Record // empty: the questions are about a library that exists already
	Relevant  float64  // the least grade that counts as relevant
}

// Load reads a set: a .jsonl file of questions, a SQuAD-style .json file, or a BEIR-style folder
// (queries.jsonl, qrels*.tsv, corpus*.jsonl); corpora are further corpus files for such a folder.
func Load(path string, corpora ...string) (Set, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Set{}, qa.E(qa.Invalid, "set_unreadable", filepath.Base(path)).Because(err)
	}
	var s Set
	switch {
	case info.IsDir():
		s, err = loadBEIR(path)
	case strings.HasSuffix(path, ".json"):
		s, err = loadSQuAD(path)
	default:
		s.Questions, err = loadLines[Question](path)
	}
	if err != nil {
		return Set{}, qa.E(qa.Invalid, "set_unreadable", filepath.Base(path)).Because(err)
	}
	for _, c := range corpora {
		more, err := loadLines[Record](c)
		if err != nil {
			return Set{}, qa.E(qa.Invalid, "set_unreadable", filepath.Base(c)).Because(err)
		}
		s.Records = append(s.Records, more...)
	}
	s.Name = filepath.Base(path)
	if len(s.Questions) == 0 {
		return Set{}, qa.E(qa.Invalid, "set_unreadable", s.Name).Because(errors.New("no question"))
	}
	return s, nil
}

func loadLines[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Lines[T](f)
}

// Lines decodes JSON lines; blank lines are passed over, an error names its line.
func Lines[T any](r io.Reader) ([]T, error) {
	var out []T
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 64<<10), 64<<20)
	for n := 1; sc.Scan(); n++ {
		if strings.TrimSpace(sc.Text()) == "" {
			continue
		}
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, v)
	}
	return out, sc.Err()
}

// squad is the SQuAD v1.1 form, used by PIAF, FQuAD and XQuAD.
type squad struct {
	Data []struct {
		Title      string
		Paragraphs []struct {
			Context string
			QAs     []struct {
				ID       string
				Question string
				Answers  []struct{ Text string }
			}
		}
	}
}

func loadSQuAD(path string) (Set, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Set{}, err
	}
	var in squad
	if err := json.Unmarshal(raw, &in); err != nil {
		return Set{}, err
	}
	s := Set{Relevant: 1}
	for _, article := range in.Data {
		for _, p := range article.Paragraphs {
			id := fmt.Sprintf("p%05d", len(s.Records))
			s.Records = append(s.Records, Record{ID: id, Title: article.Title, Text: p.Context})
			for _, q := range p.QAs {
				item := Question{ID: q.ID, Text: q.Question, Answerable: true, Group: article.Title,
					Evidence: []Evidence{{Doc: id}}, Grades: map[string]float64{id: 1}}
				for _, a := range q.Answers {
					item.Answers = append(item.Answers, a.Text)
				}
				s.Questions = append(s.Questions, item)
			}
		}
	}
	return s, nil
}

// beirQuery is one line of queries.jsonl.
type beirQuery struct {
	ID     string `json:"_id"`
	Text   string `json:"text"`
	Intent string `json:"intent"`
}

func loadBEIR(dir string) (Set, error) {
	queries, err := loadLines[beirQuery](filepath.Join(dir, "queries.jsonl"))
	if err != nil {
		return Set{}, err
	}
	grades, top, err := loadJudgements(dir)
	if err != nil {
		return Set{}, err
	}
	s := Set{Relevant: 1}
	if top > 1 {
		s.Relevant = 4 // graded sets: 4 and 5 are right answers, lower grades are related
	}
	for _, q := range queries {
		s.Questions = append(s.Questions, Question{ID: q.ID, Text: q.Text, Group: q.Intent,
			Answerable: true, Grades: grades[q.ID]})
	}
	files, err := filepath.Glob(filepath.Join(dir, "corpus*.jsonl"))
	if err != nil {
		return Set{}, err
	}
	for _, f := range files {
		records, err := loadLines[Record](f)
		if err != nil {
			return Set{}, err
		}
		s.Records = append(s.Records, records...)
	}
	return s, nil
}

// loadJudgements reads qrels*.tsv: query, document, grade. It also gives the highest grade.
func loadJudgements(dir string) (map[string]map[string]float64, float64, error) {
	files, err := filepath.Glob(filepath.Join(dir, "qrels*.tsv"))
	if err != nil || len(files) == 0 {
		return nil, 0, errors.Join(err, errors.New("no qrels*.tsv"))
	}
	f, err := os.Open(files[0])
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, 0, err
	}
	grades, top := map[string]map[string]float64{}, 0.0
	for i, row := range rows {
		if len(row) < 3 || i == 0 {
			continue
		}
		g, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			return nil, 0, fmt.Errorf("%s line %d: %w", filepath.Base(files[0]), i+1, err)
		}
		if grades[row[0]] == nil {
			grades[row[0]] = map[string]float64{}
		}
		grades[row[0]][row[1]] = g
		top = max(top, g)
	}
	return grades, top, nil
}
