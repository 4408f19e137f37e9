package eval

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"runtime"
	"sync"

	"rapporteur/qa"
)

// Stage is what a run exercises.
type Stage string

// The stages of a run.
const (
	StageRetrieval Stage = "retrieval"
	StageAsk       Stage = "ask"
)

// System is what is measured. Its methods are called at the same time.
type System interface {
	Answer(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error)
	Retrieve(ctx context.Context, q qa.Question) (qa.Evidence, error)
	// Text gives the stored text of a version, to check quotes against.
	Text(ctx context.Context, d qa.DocumentID, v qa.VersionID) (qa.Text, error)
}

// Header is the first line of a run: what was run on what.
type Header struct {
	Selection
	Stage     Stage  `json:"stage"`
	Mode      string `json:"mode,omitempty"`       // of the answers asked for, "" for extractive ones
	NoRefusal bool   `json:"no_refusal,omitempty"` // answers were given whatever the confidence
	Encoder   string `json:"encoder,omitempty"`    // fingerprint of the model, "" where words alone were searched
	Version   string `json:"version"`              // of the program
}

// Retrieved is one passage of a run.
type Retrieved struct {
	Doc   string  `json:"doc"`
	Pages []int   `json:"pages,omitempty"` // physical pages the passage touches
	Start int     `json:"start"`
	End   int     `json:"end"`
	Score float64 `json:"score"`
	*Extent
}

// Extent is where something stands in the record that it comes from, in characters; only told where the set has
// exact places to compare it with.
type Extent struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Cited is one citation of a run.
type Cited struct {
	Doc       string `json:"doc"`
	Title     string `json:"title,omitempty"`
	Page      int    `json:"page,omitempty"`
	Label     string `json:"label,omitempty"`  // printed on the page
	Header    string `json:"header,omitempty"` // header row of the table that the quote is a row of
	Quote     string `json:"quote"`
	Valid     bool   `json:"valid"`      // the quote equals the stored bytes at its offsets
	PageValid bool   `json:"page_valid"` // the page holds the first byte of the quote
	*Extent
}

// Result is one line of a run.
type Result struct {
	ID         string      `json:"id"`
	Arm        qa.Arm      `json:"arm,omitempty"` // the ranking, where several were run
	Standalone string      `json:"standalone,omitempty"`
	Answered   bool        `json:"answered"`
	Reason     string      `json:"reason,omitempty"` // of a refusal
	Answer     string      `json:"answer,omitempty"`
	Mode       string      `json:"mode,omitempty"`      // how the answer was made, where a model was asked to
	Sentences  []Written   `json:"sentences,omitempty"` // of an answer that a model wrote
	Dropped    int         `json:"dropped,omitempty"`   // sentences that it wrote and that nothing proved
	Confidence float64     `json:"confidence"`
	Citations  []Cited     `json:"citations,omitempty"`
	Nearest    []Cited     `json:"nearest,omitempty"`
	Retrieved  []Retrieved `json:"retrieved,omitempty"`
	MS         float64     `json:"ms"`
}

// Runner runs question sets through a System.
type Runner struct {
	System    System
	Scope     qa.Scope
	Documents map[string]qa.DocumentID // by source, of all that the questions' scopes name
	Arms      []qa.Arm                 // rankings asked in turn in stage retrieval; none is the one that users get
	Limit     int                      // passages asked for; 0 means 100 in stage retrieval
	Mode      qa.Mode                  // of the answers; "" is qa.ModeExtractive
	Parallel  int                      // questions asked at the same time; 0 means one for each processor
	Progress  func(done, all int)
}

// Run asks every question of the set and writes the header and the results, one a line, in the order of the set.
// The first error ends it.
func (r *Runner) Run(ctx context.Context, h Header, s Set, out io.Writer) error {
	enc := json.NewEncoder(out)
	if err := enc.Encode(h); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &running{Runner: r, stage: h.Stage, reader: newReader(r.System, s)}
	pending, wait := w.start(ctx, s.Questions)
	defer wait() // who runs may close the system afterwards
	defer cancel()
	for i, p := range pending {
		done := <-p
		if done.err != nil {
			return done.err
		}
		for _, res := range done.results {
			if err := enc.Encode(res); err != nil {
				return err
			}
		}
		if r.Progress != nil {
			r.Progress(i+1, len(s.Questions))
		}
	}
	return nil
}

// running is one run.
type running struct {
	*Runner
	stage  Stage
	reader *reader
}

type asked struct {
	results []Result
	err     error
}

// start asks the questions in the background and gives, for each, the channel of what came of it; wait returns when
// no question is being asked any more.
func (w *running) start(ctx context.Context, questions []Question) (results []chan asked, wait func()) {
	pending, next := make([]chan asked, len(questions)), make(chan int)
	for i := range pending {
		pending[i] = make(chan asked, 1)
	}
	parallel := w.Parallel
	if parallel <= 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	var all sync.WaitGroup
	for range min(parallel, len(questions)) {
		all.Go(func() {
			for i := range next {
				results, err := w.one(ctx, questions[i])
				pending[i] <- asked{results, err}
			}
		})
	}
	all.Go(func() {
		defer close(next)
		for i := range questions {
			select {
			case next <- i:
			case <-ctx.Done():
				pending[i] <- asked{err: ctx.Err()}
				return // the first error is read before those behind it are waited for
			}
		}
	})
	return pending, all.Wait
}

func (w *running) one(ctx context.Context, q Question) ([]Result, error) {
	question := qa.Question{Text: q.Text, Scope: w.Scope, Limit: w.Limit, Mode: cmp.Or(w.Mode, qa.ModeExtractive)}
	for _, source := range q.Scope {
		if id, ok := w.Documents[source]; ok {
			question.Scope.Documents = append(question.Scope.Documents, id)
		}
	}
	if len(q.Scope) > 0 && len(question.Scope.Documents) == 0 { // no document would mean all of them
		return nil, qa.E(qa.Invalid, "set_scope_unknown", q.ID)
	}
	for _, h := range q.History {
		question.History = append(question.History, qa.Message{Role: qa.Role(h.Role), Content: h.Content})
	}
	if w.stage == StageAsk {
		res, err := w.ask(ctx, q.ID, question)
		return []Result{res}, err
	}
	if question.Limit == 0 {
		question.Limit = 100
	}
	if len(w.Arms) == 0 {
		res, err := w.retrieve(ctx, q.ID, question)
		return []Result{res}, err
	}
	var out []Result
	for _, arm := range w.Arms {
		question.Arm = arm
		res, err := w.retrieve(ctx, q.ID, question)
		if err != nil {
			return nil, err
		}
		res.Arm = arm
		out = append(out, res)
	}
	return out, nil
}

func (w *running) retrieve(ctx context.Context, id string, q qa.Question) (Result, error) {
	ev, err := w.System.Retrieve(ctx, q)
	if err != nil {
		return Result{}, err
	}
	res := Result{ID: id, Confidence: ev.Confidence}
	for _, p := range ev.Passages {
		got := Retrieved{Doc: p.Document.Source, Start: p.Start, End: p.End, Score: p.Score}
		for _, page := range p.Pages {
			got.Pages = append(got.Pages, page.Number)
		}
		if got.Extent, err = w.reader.extent(ctx, place{p.Document.ID, p.Version, p.Document.Source}, p.Span); err != nil {
			return Result{}, err
		}
		res.Retrieved = append(res.Retrieved, got)
	}
	return res, nil
}

func (w *running) ask(ctx context.Context, id string, q qa.Question) (Result, error) {
	a, err := w.System.Answer(ctx, q, nil)
	if err != nil {
		return Result{}, err
	}
	res := Result{ID: id, Standalone: a.Standalone, Answered: a.Answered, Answer: a.Text,
		Confidence: a.Confidence, MS: float64(a.Timings.Total.Microseconds()) / 1000}
	if res.Citations, err = w.reader.cited(ctx, a.Citations); err != nil {
		return Result{}, err
	}
	if w.Mode == qa.ModeGenerated {
		res.Mode, res.Dropped = string(a.Mode), a.Dropped
		for _, s := range a.Sentences {
			res.Sentences = append(res.Sentences, Written{s.Text, s.Citations, string(s.Verdict)})
		}
	}
	if a.Refusal != nil {
		res.Reason = string(a.Refusal.Reason)
		res.Nearest, err = w.reader.cited(ctx, a.Refusal.Nearest)
	}
	return res, err
}
