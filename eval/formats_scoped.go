package eval

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// readNoMIRACL reads a folder of queries.jsonl and passages.jsonl: each question is asked within its candidate
// passages, of which some answer it, or none. Which one does is not told.
func readNoMIRACL(dir string) (Set, error) {
	type query struct {
		ID         string   `json:"_id"`
		Text       string   `json:"text"`
		Answerable *bool    `json:"answerable"`
		Candidates []string `json:"candidate_passages"`
	}
	queries, err := readLines[query](filepath.Join(dir, "queries.jsonl"))
	if err != nil {
		return Set{}, err
	}
	records, err := readLines[Record](filepath.Join(dir, "passages.jsonl"))
	if err != nil {
		return Set{}, err
	}
	s := Set{Records: records}
	known := map[string]bool{}
	for _, r := range records {
		known[r.ID] = true
	}
	for _, q := range queries {
		if q.Answerable == nil || len(q.Candidates) == 0 {
			return Set{}, fmt.Errorf("query %s has no candidate passages, or does not tell whether they answer", q.ID)
		}
		if i := slices.IndexFunc(q.Candidates, func(id string) bool { return !known[id] }); i >= 0 {
			return Set{}, fmt.Errorf("query %s: there is no passage %s", q.ID, q.Candidates[i])
		}
		s.Questions = append(s.Questions, Question{ID: q.ID, Text: q.Text, Answerable: *q.Answerable, Scope: q.Candidates})
	}
	return s, nil
}

// chromaReference is one excerpt that answers a question of the chunking evaluation of Chroma.
type chromaReference struct {
	Content string `json:"content"`
	Start   int    `json:"start_index"`
	End     int    `json:"end_index"`
}

// readChroma reads a folder of questions_df.csv (question, references, corpus_id) and corpora/*.md. The questions are
// numbered; the excerpts are exact spans of the documents, which are in no group: there are only a few.
func readChroma(dir string) (Set, error) {
	var s Set
	texts := map[string][]rune{}
	files, err := filepath.Glob(filepath.Join(dir, "corpora", "*.md"))
	if err != nil {
		return Set{}, err
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return Set{}, err
		}
		id := strings.TrimSuffix(filepath.Base(f), ".md")
		s.Records = append(s.Records, Record{ID: id, Title: id, Text: string(raw)})
		texts[id] = []rune(string(raw))
	}
	f, err := os.Open(filepath.Join(dir, "questions_df.csv"))
	if err != nil {
		return Set{}, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return Set{}, err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], []string{"question", "references", "corpus_id"}) {
		return Set{}, errors.New("questions_df.csv: the columns are not question, references, corpus_id")
	}
	for i, row := range rows[1:] {
		q, err := chromaQuestion(row, texts)
		if err != nil {
			return Set{}, fmt.Errorf("questions_df.csv, question %d: %w", i+1, err)
		}
		q.ID = fmt.Sprintf("q%04d", i+1)
		s.Questions = append(s.Questions, q)
	}
	return s, nil
}

func chromaQuestion(row []string, texts map[string][]rune) (Question, error) {
	q := Question{Text: row[0], Answerable: true, Type: row[2], Language: "en"}
	var references []chromaReference
	if err := json.Unmarshal([]byte(row[1]), &references); err != nil {
		return q, err
	}
	for _, r := range references {
		text := texts[row[2]]
		if r.Start < 0 || r.End > len(text) || r.Start >= r.End || string(text[r.Start:r.End]) != r.Content {
			return q, fmt.Errorf("the excerpt at %d is not there in %s", r.Start, row[2])
		}
		q.Evidence = append(q.Evidence, Evidence{Doc: row[2], Quote: r.Content, Start: r.Start, End: r.End})
	}
	return q, nil
}

// parseMintaka reads lines of one question in French and in English, which no document here answers.
func parseMintaka(text, language string) (Set, error) {
	type line struct {
		ID       string `json:"_id"`
		French   string `json:"fr"`
		English  string `json:"en"`
		Category string `json:"category"`
	}
	lines, err := Lines[line](strings.NewReader(text))
	if err != nil {
		return Set{}, err
	}
	var s Set
	for _, l := range lines {
		q := Question{ID: l.ID, Text: l.French, Language: "fr", Type: l.Category}
		if language == "en" {
			q.Text, q.Language = l.English, "en"
		}
		s.Questions = append(s.Questions, q)
	}
	return s, nil
}
