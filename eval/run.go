package eval

import (
	"context"
	"encoding/json"
	"io"

	"rapporteur/qa"
)

// Stage is what a run exercises.
type Stage string

// The stages of a run.
const (
	StageRetrieval Stage = "retrieval"
	StageAsk       Stage = "ask"
)

// System is what is measured.
type System interface {
	Answer(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error)
	Retrieve(ctx context.Context, q qa.Question) (qa.Evidence, error)
	// Text gives the stored text of a version, to check quotes against.
	Text(ctx context.Context, d qa.DocumentID, v qa.VersionID) (qa.Text, error)
}

// Header is the first line of a run: what was run on what.
type Header struct {
	Set     string   `json:"set"`
	Corpora []string `json:"corpora,omitempty"`
	Stage   Stage    `json:"stage"`
	Version string   `json:"version"` // of the program
}

// Retrieved is one passage of a run.
type Retrieved struct {
	Doc   string  `json:"doc"`
	Pages []int   `json:"pages,omitempty"` // physical pages the passage touches
	Start int     `json:"start"`
	End   int     `json:"end"`
	Score float64 `json:"score"`
}

// Cited is one citation of a run.
type Cited struct {
	Doc       string `json:"doc"`
	Page      int    `json:"page,omitempty"`
	Quote     string `json:"quote"`
	Valid     bool   `json:"valid"`      // the quote equals the stored bytes at its offsets
	PageValid bool   `json:"page_valid"` // the page holds the first byte of the quote
}

// Result is one line of a run.
type Result struct {
	ID         string      `json:"id"`
	Standalone string      `json:"standalone,omitempty"`
	Answered   bool        `json:"answered"`
	Answer     string      `json:"answer,omitempty"`
	Confidence float64     `json:"confidence"`
	Citations  []Cited     `json:"citations,omitempty"`
	Nearest    []Cited     `json:"nearest,omitempty"`
	Retrieved  []Retrieved `json:"retrieved,omitempty"`
	MS         float64     `json:"ms"`
}

// Runner runs question sets through a System.
type Runner struct {
	System   System
	Scope    qa.Scope
	Limit    int // passages asked for; 0 means 100 in stage retrieval
	Progress func(done, all int)
	texts    map[qa.VersionID]qa.Text
}

// Run asks every question of the set and writes the header and one Result a line.
func (r *Runner) Run(ctx context.Context, h Header, s Set, out io.Writer) error {
	r.texts = map[qa.VersionID]qa.Text{}
	enc := json.NewEncoder(out)
	if err := enc.Encode(h); err != nil {
		return err
	}
	for i, q := range s.Questions {
		res, err := r.one(ctx, h.Stage, q)
		if err != nil {
			return err
		}
		if err := enc.Encode(res); err != nil {
			return err
		}
		if r.Progress != nil {
			r.Progress(i+1, len(s.Questions))
		}
	}
	return nil
}

func (r *Runner) one(ctx context.Context, stage Stage, q Question) (Result, error) {
	question := qa.Question{Text: q.Text, Scope: r.Scope, Limit: r.Limit, Mode: qa.ModeExtractive}
	for _, h := range q.History {
		question.History = append(question.History, qa.Message{Role: qa.Role(h.Role), Content: h.Content})
	}
	if stage == StageAsk {
		return r.ask(ctx, q.ID, question)
	}
	if question.Limit == 0 {
		question.Limit = 100
	}
	ev, err := r.System.Retrieve(ctx, question)
	if err != nil {
		return Result{}, err
	}
	res := Result{ID: q.ID, Confidence: ev.Confidence}
	for _, p := range ev.Passages {
		got := Retrieved{Doc: p.Document.Source, Start: p.Start, End: p.End, Score: p.Score}
		for _, page := range p.Pages {
			got.Pages = append(got.Pages, page.Number)
		}
		res.Retrieved = append(res.Retrieved, got)
	}
	return res, nil
}

func (r *Runner) ask(ctx context.Context, id string, q qa.Question) (Result, error) {
	a, err := r.System.Answer(ctx, q, nil)
	if err != nil {
		return Result{}, err
	}
	res := Result{ID: id, Standalone: a.Standalone, Answered: a.Answered, Answer: a.Text,
		Confidence: a.Confidence, MS: float64(a.Timings.Total.Microseconds()) / 1000}
	if res.Citations, err = r.cited(ctx, a.Citations); err != nil {
		return Result{}, err
	}
	if a.Refusal != nil {
		res.Nearest, err = r.cited(ctx, a.Refusal.Nearest)
	}
	return res, err
}

// cited checks each citation against the stored text, independently of who made it.
func (r *Runner) cited(ctx context.Context, cs []qa.Citation) ([]Cited, error) {
	var out []Cited
	for _, c := range cs {
		text, ok := r.texts[c.Version]
		if !ok {
			var err error
			if text, err = r.System.Text(ctx, c.Document, c.Version); err != nil {
				return nil, err
			}
			r.texts[c.Version] = text
		}
		valid := c.Start >= 0 && c.Start < c.End && c.End <= len(text.Content) && text.Content[c.Start:c.End] == c.Quote
		out = append(out, Cited{Doc: c.Source, Page: c.Page, Quote: c.Quote,
			Valid: valid, PageValid: pageHolds(text, c)})
	}
	return out, nil
}

func pageHolds(t qa.Text, c qa.Citation) bool {
	if len(t.Pages) == 0 {
		return c.Page == 0
	}
	for _, p := range t.Pages {
		if p.Number == c.Page {
			return p.Start <= c.Start && c.Start < p.End
		}
	}
	return false
}
