package eval

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"

	"rapporteur/eval/typing"
	"rapporteur/qa"
)

// Selection says which questions are asked over which documents. It is kept with a run, so that the run is
// scored against the same questions.
type Selection struct {
	Set      string   `json:"set"`
	Corpora  []string `json:"corpora,omitempty"`      // files of JSON lines with further records
	Language string   `json:"set_language,omitempty"` // of a set that asks each question in several; "" is French
	Withhold string   `json:"withhold,omitempty"`     // Even or Odd: these groups lose their records
	Traps    []string `json:"traps,omitempty"`        // sets whose questions nothing here answers
	Sample   int      `json:"sample,omitempty"`       // questions kept of each set, evenly spread; 0 is all
	Drafts   bool     `json:"drafts,omitempty"`       // questions that nobody has read are asked too
	Typed    string   `json:"typed,omitempty"`        // a way of package typing: questions as people type them
}

// The halves of the groups of a set that may be withheld, by a hash of their names.
const (
	Even = "even"
	Odd  = "odd"
)

// Load reads the set and everything that is asked with it. Errors: Invalid set_unreadable for a file that is
// none of the formats or contradicts itself, set_drafts where questions wait to be read, set_undivided where
// there are no groups of records to withhold half of.
func (s Selection) Load() (Set, error) {
	set, err := s.load(s.Set)
	if err != nil {
		return Set{}, err
	}
	for _, c := range s.Corpora {
		more, err := readLines[Record](c)
		if err != nil {
			return Set{}, unreadable(c, err)
		}
		set.Records = append(set.Records, more...)
	}
	if n := set.Drafts(); n > 0 && !s.Drafts {
		return Set{}, qa.E(qa.Invalid, "set_drafts", set.Name, n)
	}
	if s.Withhold != "" {
		if !set.grouped() || s.Withhold != Even && s.Withhold != Odd {
			return Set{}, qa.E(qa.Invalid, "set_undivided", set.Name)
		}
		set = withheld(set, s.Withhold)
	}
	set.Questions = sampled(set.Questions, s.Sample)
	for _, path := range s.Traps {
		traps, err := s.load(path)
		if err != nil {
			return Set{}, err
		}
		for _, q := range sampled(traps.Questions, s.Sample) {
			set.Questions = append(set.Questions, trap(traps.Name, q))
		}
	}
	set = set.Typed(s.Typed)
	if err := set.check(); err != nil { // two sets of traps may have one name
		return Set{}, unreadable(s.Set, err)
	}
	return set, nil
}

// load reads one set whole.
func (s Selection) load(path string) (Set, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Set{}, qa.E(qa.Invalid, "path_missing", path).Because(err)
	}
	read := readFile
	if info.IsDir() {
		read = readFolder
	}
	set, err := read(path, s.Language)
	if err == nil {
		err = set.check()
	}
	if err != nil {
		return Set{}, unreadable(path, err)
	}
	set.Name, set.Relevant = filepath.Base(path), relevant(set.Questions)
	return set, nil
}

// trap makes an unanswerable question of another set's.
func trap(set string, q Question) Question {
	return Question{ID: set + "/" + q.ID, Text: q.Text, Language: q.Language, Type: "trap", History: q.History,
		Group: set + "/" + q.group()}
}

// half is the half that a group belongs to, whatever else is in the set.
func half(group string) string {
	if h := sha256.Sum256([]byte(group)); h[0]%2 == 0 {
		return Even
	}
	return Odd
}

// withheld takes the records of one half of the groups away: those that say so, and those that their questions
// need. Their questions can then not be answered. A question of the other half that needs a record which is gone
// is left out: nobody knows whether what is left answers it.
func withheld(s Set, which string) Set {
	gone := map[string]bool{}
	for _, r := range s.Records {
		gone[r.ID] = r.Group != "" && half(r.Group) == which
	}
	for _, q := range s.Questions {
		if half(q.group()) == which {
			for _, doc := range s.needs(q) {
				gone[doc] = true
			}
		}
	}
	out := Set{Name: s.Name, Relevant: s.Relevant}
	for _, r := range s.Records {
		if !gone[r.ID] {
			out.Records = append(out.Records, r)
		}
	}
	for _, q := range s.Questions {
		if half(q.group()) == which {
			q.Answerable, q.Answers, q.KeyPoints, q.Evidence, q.Grades = false, nil, nil, nil, nil
		}
		if !anyOf(s.needs(q), gone) {
			out.Questions = append(out.Questions, q)
		}
	}
	return out
}

// needs are the records that answer a question.
func (s Set) needs(q Question) []string {
	var out []string
	for _, e := range q.Evidence {
		out = append(out, e.Doc)
	}
	for doc, g := range q.Grades {
		if g >= s.Relevant {
			out = append(out, doc)
		}
	}
	return out
}

func anyOf(list []string, in map[string]bool) bool {
	for _, v := range list {
		if in[v] {
			return true
		}
	}
	return false
}

// sampled keeps n of the questions, evenly spread over the set, always the same ones.
func sampled(all []Question, n int) []Question {
	if n <= 0 || n >= len(all) {
		return all
	}
	out := make([]Question, n)
	for i := range out {
		out[i] = all[i*len(all)/n]
	}
	return out
}

// Typed gives the set with its questions as people type them, in a way of package typing; as it is for "".
func (s Set) Typed(way string) Set {
	s.Questions = slices.Clone(s.Questions)
	for i, q := range s.Questions {
		s.Questions[i].Text = typing.As(way, q.Text, q.Language)
	}
	return s
}

// grouped reports whether the set has records and groups that part them.
func (s Set) grouped() bool {
	return len(s.Records) > 0 && slices.ContainsFunc(s.Questions, func(q Question) bool { return q.Group != "" })
}
