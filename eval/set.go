// Package eval measures retrieval, answers and refusals on question sets. Running a set and scoring
// a run are two steps with a file between them: the scorer never sees the service.
package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"rapporteur/qa"
)

// Evidence is one place that answers a question.
type Evidence struct {
	Doc   string `json:"doc"`  // source of the document
	Page  *int   `json:"page"` // 1-based physical page; nil where the format has none
	Quote string `json:"quote"`
	// Start and End are where the quote stands in the text of the record Doc, in characters (Unicode code
	// points) from 0, End excluded; both 0 where that is not told.
	Start int `json:"start,omitempty"`
	End   int `json:"end,omitempty"`
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
	Group      string             `json:"group,omitempty"`          // article, intent or document: intervals resample groups
	Grades     map[string]float64 `json:"grades,omitempty"`         // source → graded relevance; nil where Evidence tells
	Scope      []string           `json:"scope,omitempty"`          // sources of the documents it is asked within; empty is all
	Forbidden  string             `json:"must_not_match,omitempty"` // a regular expression: what an attack in the question or a document is after
	Draft      bool               `json:"draft,omitempty"`          // suggested by a program, and not yet read by anyone
}

// known reports whether the set tells what a right answer holds.
func (q Question) known() bool { return len(q.Answers)+len(q.KeyPoints) > 0 }

// group is what resampling keeps together: a question without a group is one of its own.
func (q Question) group() string {
	if q.Group == "" {
		return "\x00" + q.ID
	}
	return q.Group
}

// Record is one document that a set brings with it.
type Record struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
	Group string `json:"group,omitempty"` // as of Question
}

// Set is a question set, with its own documents where it has some.
type Set struct {
	Name      string
	Questions []Question
	Records   []Record // empty: the questions are about a library that exists already
	Relevant  float64  // the least grade that counts as relevant
}

// Drafts counts the questions that nobody has read yet.
func (s Set) Drafts() int {
	n := 0
	for _, q := range s.Questions {
		if q.Draft {
			n++
		}
	}
	return n
}

// Load reads a set as a Selection of all of it does.
func Load(path string, corpora ...string) (Set, error) {
	return Selection{Set: path, Corpora: corpora}.Load()
}

// unreadable is the error on a file of a set.
func unreadable(path string, cause error) error {
	return qa.E(qa.Invalid, "set_unreadable", filepath.Base(path), cause.Error()).Because(cause)
}

// check refuses what would be scored wrongly: questions that cannot be told apart, or contradict themselves.
func (s Set) check() error {
	seen := make(map[string]bool, len(s.Questions))
	for i, q := range s.Questions {
		switch {
		case q.ID == "":
			return fmt.Errorf("question %d has no id", i+1)
		case seen[q.ID]:
			return fmt.Errorf("the id %q comes twice", q.ID)
		case strings.TrimSpace(q.Text) == "":
			return fmt.Errorf("question %s is empty", q.ID)
		case !q.Answerable && q.known():
			return fmt.Errorf("question %s has answers and is not answerable", q.ID)
		}
		seen[q.ID] = true
		for _, e := range q.Evidence {
			if e.Start < 0 || e.End < e.Start || e.Page != nil && *e.Page < 1 {
				return fmt.Errorf("question %s has evidence at an impossible place", q.ID)
			}
		}
	}
	if len(s.Questions) == 0 {
		return errors.New("no question")
	}
	return nil
}

// relevant is the least grade that counts as relevant: sets graded beyond 3 call 4 and 5 right answers and lower
// grades related; in the others, every grade above 0 is right.
func relevant(questions []Question) float64 {
	for _, q := range questions {
		for _, g := range q.Grades {
			if g > 3 {
				return 4
			}
		}
	}
	return 1
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
