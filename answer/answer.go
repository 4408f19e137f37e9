// Package answer turns evidence into an answer whose every quote can be checked on its page, or into
// a plain refusal. Without a language model it chooses sentences of the documents; what a model writes it shows
// only where sentences of the documents prove it. It takes nothing that they say as an instruction.
package answer

import (
	"cmp"
	"context"
	"crypto/rand"
	"time"

	"rapporteur/analysis"
	"rapporteur/answer/guard"
	"rapporteur/answer/wording"
	"rapporteur/locale"
	"rapporteur/prompts"
	"rapporteur/qa"
)

// Retriever finds the passages that may answer a question, best first.
type Retriever interface {
	Retrieve(ctx context.Context, q qa.Question) (qa.Evidence, error)
}

// Options tune an Answerer. Zero values take the defaults.
type Options struct {
	Quotes    int     // quotes shown at most; 3
	Bytes     int     // bytes of all quotes together; 1,200
	Passages  int     // passages read; 10
	Threshold float64 // confidence from which there is an answer; Threshold
	// Written is how many passages a language model writes from, 8; ContextBytes how many bytes of them it may read
	// together, 18,000: what fits in a context of 8,192 tokens with the rest of the prompt and the answer.
	Written, ContextBytes int
	// Uncalibrated says that the cosines are of another encoder than the built-in one, for which trust was
	// set: they then choose quotes, and have no say in whether there is an answer.
	Uncalibrated bool
	Report       func(error) // told of each citation that failed its check and was dropped; may be nil
}

func (o Options) withDefaults() Options {
	o.Quotes = cmp.Or(o.Quotes, 3)
	o.Bytes = cmp.Or(o.Bytes, 1200)
	o.Passages = cmp.Or(o.Passages, 10)
	o.Threshold = cmp.Or(o.Threshold, Threshold)
	o.Written = cmp.Or(o.Written, 8)
	o.ContextBytes = cmp.Or(o.ContextBytes, 18000)
	if o.Report == nil {
		o.Report = func(error) {}
	}
	return o
}

// Answerer answers questions from what a Retriever finds. Its methods may be called at the same time.
type Answerer struct {
	Retriever Retriever
	Reader    Reader           // reads whole reports, for summaries; nil: they are answered as any other question
	Generator Generator        // writes answers; nil: they are made of quotes alone
	Prompts   *prompts.Set     // what a Generator is told; nil means the built-in templates
	Now       func() time.Time // nil means time.Now
	NewID     func() string    // of an answer; nil means 26 random letters
	Options   Options
}

// Answer answers q and emits its steps and sentences on the way; emit may be nil, and an error of
// its own ends the work. That the documents do not say is an answer, not an error.
func (a *Answerer) Answer(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
	w := a.begin(q, emit)
	if err := w.step("understanding", 0); err != nil {
		return qa.Answer{}, err
	}
	if code := wording.Courtesy(q.Text); code != "" {
		return w.unclear(code), nil
	}
	a.rewrite(ctx, w, q)
	w.until = time.Now().Add(searchTimeout)
	evidence, err := a.search(ctx, w, q, w.answer.Standalone)
	if err != nil {
		return qa.Answer{}, err
	}
	if err := w.found(evidence); err != nil {
		return qa.Answer{}, err
	}
	if err := w.step("checking", w.answer.Passages); err != nil {
		return qa.Answer{}, err
	}
	if done, err := a.synthesise(ctx, w, q, evidence); err != nil || done {
		return w.finish(), err
	}
	inquiry := w.understand(q, w.answer.Standalone, evidence)
	judged := w.judge(inquiry, evidence.Passages)
	if more := inquiry.otherWords(); more != "" && judged.confidence < w.options.Threshold {
		wider, err := a.search(ctx, w, q, w.answer.Standalone+" "+more)
		if err != nil {
			return qa.Answer{}, err
		}
		judged = w.judge(inquiry, wider.Passages)
	}
	if judged, err = a.reread(ctx, w, q, judged); err != nil {
		return qa.Answer{}, err
	}
	if a.writes(q) && judged.confidence >= w.options.Threshold && len(judged.chosen) > 0 && !guard.Speaks(q.Text) {
		if done, err := a.generate(ctx, w, q, judged); err != nil || done {
			return w.finish(), err
		}
	}
	if err := w.compose(judged, evidence.Documents); err != nil {
		return qa.Answer{}, err
	}
	a.clarify(ctx, w, q, judged)
	return w.finish(), nil
}

// reread searches the other readings of a follow-up while there is no answer, and gives what is known of the first
// that has one, else what it was given.
func (a *Answerer) reread(ctx context.Context, w *work, q qa.Question, first judged) (judged, error) {
	if first.confidence >= w.options.Threshold {
		return first, nil
	}
	for _, other := range w.readings[1:] {
		found, err := a.search(ctx, w, q, other)
		if err != nil {
			return first, err
		}
		if j := w.judge(w.understand(q, other, found), found.Passages); j.confidence >= w.options.Threshold {
			w.answer.Standalone = other
			return j, nil
		}
	}
	return first, nil
}

// understand weighs the words of one reading of the question, as the search for it weighed them.
func (w *work) understand(q qa.Question, standalone string, found qa.Evidence) inquiry {
	i := understand(q.Text, standalone, w.answer.Language, found.Terms)
	i.wordsOnly = w.options.Uncalibrated
	return i
}

// searchTimeout is how long the searches of one question may take together, so that who asks hears within 10 s when
// the library does not answer.
const searchTimeout = 9 * time.Second

// noEnd lets searches take the time that a model takes to write.
var noEnd time.Time

// search retrieves evidence for text, which is the question standing alone, or that with other words
// for its own when the first search found no answer.
func (a *Answerer) search(ctx context.Context, w *work, q qa.Question, text string) (qa.Evidence, error) {
	q.Text, q.History, q.Language = text, nil, w.answer.Language
	q.Limit = cmp.Or(q.Limit, w.options.Passages)
	if !w.until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, w.until)
		defer cancel()
	}
	before := w.now()
	evidence, err := a.Retriever.Retrieve(ctx, q)
	w.answer.Timings.Embed += evidence.Timings.Embed
	w.answer.Timings.Search += w.now().Sub(before) - evidence.Timings.Embed
	return evidence, err
}

// work is one answer in the making.
type work struct {
	options Options
	now     func() time.Time
	emit    func(qa.Event) error
	began   time.Time
	until   time.Time // of the searches, by the clock of the system; zero for no end
	answer  qa.Answer
	// readings are what the question may be short for, the likeliest first; the others are searched only
	// when that one finds no answer.
	readings []string
}

func (a *Answerer) begin(q qa.Question, emit func(qa.Event) error) *work {
	w := &work{options: a.Options.withDefaults(), now: a.Now, emit: emit, until: time.Now().Add(searchTimeout)}
	if w.now == nil {
		w.now = time.Now
	}
	if w.emit == nil {
		w.emit = func(qa.Event) error { return nil }
	}
	newID := a.NewID
	if newID == nil {
		newID = rand.Text
	}
	w.began = w.now()
	w.readings = Readings(q)
	w.answer = qa.Answer{
		ID:         newID(),
		Mode:       qa.ModeExtractive,
		Language:   languageOf(q),
		Asked:      q.Text,
		Standalone: w.readings[0],
	}
	if q.Mode == qa.ModeGenerated && a.Generator == nil { // asked for by name, and nothing writes
		w.answer.Degraded, w.answer.DegradedReason = true, "no_generator"
	}
	return w
}

// languageOf is the language of the answer: the one asked for, else the question's, else French.
func languageOf(q qa.Question) string {
	language := cmp.Or(q.Language, analysis.Language(q.Text))
	if language != locale.English {
		return locale.French
	}
	return language
}

func (w *work) step(code string, count int) error {
	return w.emit(qa.Event{Step: &qa.Step{Code: code, Count: count}})
}

// found notes what was searched and read.
func (w *work) found(e qa.Evidence) error {
	w.answer.Documents = e.Documents
	w.answer.Passages = min(len(e.Passages), w.options.Passages)
	if e.Degraded {
		w.answer.Degraded, w.answer.DegradedReason = true, e.DegradedReason
	}
	if err := w.step("searching", e.Documents); err != nil {
		return err
	}
	return w.step("reading", w.answer.Passages)
}

// compose shows the quotes, or refuses.
func (w *work) compose(j judged, documents int) error {
	w.answer.Confidence = j.confidence
	if len(j.chosen) == 0 || j.confidence < w.options.Threshold {
		w.refuse(documents, j)
		return nil
	}
	citations := w.cite(j.chosen)
	if len(citations) == 0 {
		w.refuse(documents, judged{inquiry: j.inquiry})
		return nil
	}
	return w.say(citations)
}

// cite makes the citations of quotes and drops those that fail their check.
func (w *work) cite(chosen []quote) []qa.Citation {
	var citations []qa.Citation
	for _, c := range chosen {
		x := citation(c.reading.Passage, c.span())
		if err := Verify(x, c.reading.Passage); err != nil {
			w.options.Report(err)
			continue
		}
		x.Number = len(citations) + 1
		citations = append(citations, x)
	}
	return citations
}

// say writes one sentence for each citation, the best first.
func (w *work) say(citations []qa.Citation) error {
	w.answer.Answered = true
	w.answer.Citations = citations
	for i, c := range citations {
		s := qa.Sentence{Text: phrase(w.answer.Language, citations, i), Citations: []int{c.Number}, Verdict: qa.SentenceSupported}
		w.answer.Sentences = append(w.answer.Sentences, s)
		if i > 0 {
			w.answer.Text += "\n\n"
		}
		w.answer.Text += s.Text
		if err := w.emit(qa.Event{Sentence: &qa.SentenceEvent{Sentence: s, Sources: []qa.Citation{c}}}); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) finish() qa.Answer {
	w.answer.Timings.Total = w.now().Sub(w.began)
	w.answer.Timings.Answer = w.answer.Timings.Total - w.answer.Timings.Search - w.answer.Timings.Embed
	return w.answer
}
