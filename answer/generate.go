package answer

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rapporteur/answer/draft"
	"rapporteur/answer/guard"
	"rapporteur/answer/proof"
	"rapporteur/answer/rephrase"
	"rapporteur/prompts"
	"rapporteur/qa"
)

// Generator writes with a language model. emit gets each piece of text as it comes; an error of emit ends the work.
// Errors are *qa.Error of kind Unavailable or Exhausted whose code says what failed: model_down, model_slow,
// model_paused, model_busy, model_quota, model_refused, model_context, model_broken, model_cut, model_filtered.
type Generator interface {
	Generate(ctx context.Context, messages []qa.Message, emit func(text string) error) error
}

// The limits of what a model reads and writes.
const (
	mostWritten = 40  // sentences of a draft that are looked at
	mostRepairs = 3   // sentences of one answer for which proof is searched again
	repairHits  = 4   // passages that such a search reads
	sureAnswer  = 0.7 // confidence from which there is an answer although the model found none
)

// errEnough ends a draft of which no more is wanted.
var errEnough = errors.New("the draft is long enough")

// writes reports whether a language model is to write the answer.
func (a *Answerer) writes(q qa.Question) bool {
	return a.Generator != nil && q.Mode != qa.ModeExtractive
}

// generate lets the model write from the passages that were judged, and shows each sentence as soon as it is proved. It reports
// whether the answer is made; where it is not, why is in the answer's DegradedReason.
func (a *Answerer) generate(ctx context.Context, w *work, q qa.Question, j judged) (done bool, err error) {
	if err := w.step("writing", 0); err != nil {
		return false, err
	}
	w.until = noEnd
	budget := w.options.ContextBytes
	for {
		wr := newWriting(a, w, q, j, inReadingOrder(fitting(j.passages, w.options.Written, budget)))
		err := wr.write(ctx)
		switch {
		case ctx.Err() != nil:
			return false, cmp.Or(wr.stop(), ctx.Err())
		case wr.emitFailed != nil:
			return false, wr.emitFailed
		case qa.CodeOf(err) == "model_context" && budget > w.options.ContextBytes/2 && len(wr.kept) == 0:
			budget /= 2 // fewer passages, once
			continue
		}
		return wr.settle(err)
	}
}

// fitting takes the first passages, at most n, that together keep within a number of bytes; the first always.
func fitting(passages []qa.Passage, n, bytes int) []qa.Passage {
	var out []qa.Passage
	for _, p := range passages {
		if len(out) == n || len(out) > 0 && len(p.Text) > bytes {
			break
		}
		bytes -= len(p.Text)
		out = append(out, p)
	}
	return out
}

// inReadingOrder keeps the documents in the order of their best passages, and reads each from its start.
func inReadingOrder(passages []qa.Passage) []qa.Passage {
	rank := map[qa.DocumentID]int{}
	for _, p := range passages {
		if _, ok := rank[p.Document.ID]; !ok {
			rank[p.Document.ID] = len(rank)
		}
	}
	out := slices.Clone(passages)
	slices.SortStableFunc(out, func(a, b qa.Passage) int {
		return cmp.Or(cmp.Compare(rank[a.Document.ID], rank[b.Document.ID]), cmp.Compare(a.Start, b.Start))
	})
	return out
}

// writing is one draft and what is kept of it.
type writing struct {
	a       *Answerer
	w       *work
	q       qa.Question
	inquiry inquiry
	judged  judged
	sources []source
	exhibits

	seen       map[string]bool // sentences, so that a model that repeats itself is not shown to
	written    int
	repairs    int
	kept       []keptSentence
	shown      int // of kept, those that were emitted
	bears      bool
	asked      []string // questions that the model asks back
	declined   bool
	citations  []qa.Citation
	emitFailed error
}

// keptSentence is a proved sentence with how it is set.
type keptSentence struct {
	qa.Sentence
	item, opens bool
}

func newWriting(a *Answerer, w *work, q qa.Question, j judged, passages []qa.Passage) *writing {
	wr := &writing{a: a, w: w, q: q, judged: j, inquiry: j.inquiry, bears: j.whole, seen: map[string]bool{}}
	wr.sources = sourcesOf(passages)
	wr.exhibits = exhibitsOf(wr.sources, w.answer.Language)
	return wr
}

// write asks the model, and takes its sentences as they come.
func (wr *writing) write(ctx context.Context) error {
	messages, err := wr.a.prompts().Answer(prompts.AnswerInput{
		Question: wr.w.answer.Standalone, Language: wr.w.answer.Language, Date: wr.w.now(),
		Passages: readable(wr.w.answer.Language, wr.sources), Fence: newFence(),
	})
	if err != nil {
		return err
	}
	var splitter draft.Splitter
	take := func(sentences []draft.Sentence) error {
		for _, s := range sentences {
			if err := wr.take(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}
	err = wr.a.Generator.Generate(ctx, messages, func(text string) error { return take(splitter.Write(text)) })
	if wr.emitFailed != nil || errors.Is(err, errEnough) || ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return err // the last sentence is cut: what it would have said is not known
	}
	if err := take(splitter.Close()); err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return nil
}

// newFence draws the mark that fences data in one prompt.
func newFence() string { return "§" + rand.Text()[:12] }

func (a *Answerer) prompts() *prompts.Set {
	if a.Prompts != nil {
		return a.Prompts
	}
	return defaultPrompts()
}

// take examines one sentence and keeps it when it is proved.
func (wr *writing) take(ctx context.Context, s draft.Sentence) error {
	key := squeeze(s.Text)
	if wr.seen[key] {
		return nil
	}
	wr.seen[key] = true
	if wr.written++; wr.written > mostWritten {
		return errEnough
	}
	switch {
	case strings.Contains(s.Text, prompts.NotFound):
		wr.declined = true
		return nil
	case strings.HasSuffix(s.Text, "?"):
		wr.ask(s.Text)
		return nil
	}
	shown, finding := wr.exhibits, wr.examiner.Examine(s.Text, s.Passages)
	if finding.Verdict == qa.SentenceUnsupported && finding.Failure == proof.NotSaid && wr.repairs < mostRepairs {
		wr.repairs++
		shown, finding = wr.repair(ctx, s.Text)
	}
	if finding.Verdict == qa.SentenceUnsupported {
		wr.w.answer.Dropped++
		return nil
	}
	return wr.keep(s, shown.statements, finding)
}

// repair searches passages for a sentence that those given do not prove.
func (wr *writing) repair(ctx context.Context, text string) (exhibits, proof.Finding) {
	q := wr.q
	q.Limit = repairHits
	found, err := wr.a.search(ctx, wr.w, q, text)
	if err != nil {
		return exhibits{}, proof.Finding{Verdict: qa.SentenceUnsupported}
	}
	more := exhibitsOf(sourcesOf(found.Passages), wr.w.answer.Language)
	return more, more.examiner.Examine(text, nil)
}

// keep numbers the citations of a sentence, and shows it once something of the answer bears on the question.
func (wr *writing) keep(s draft.Sentence, statements []statement, finding proof.Finding) error {
	k := keptSentence{Sentence: qa.Sentence{Verdict: finding.Verdict}, item: s.Item, opens: s.Opens}
	for _, n := range finding.Statements {
		x := statements[n]
		c := citation(*x.passage, x.span)
		if err := Verify(c, *x.passage); err != nil {
			wr.w.options.Report(err)
			continue
		}
		k.Citations = append(k.Citations, wr.number(c))
		wr.bears = wr.bears || wr.inquiry.touches(s.Text+"\n"+x.Text+"\n"+x.Context)
	}
	if len(k.Citations) == 0 {
		wr.w.answer.Dropped++
		return nil
	}
	k.Text = marked(s.Text, k.Citations)
	wr.kept = append(wr.kept, k)
	return wr.show()
}

// number gives the number of a citation: that which it has already, or the next.
func (wr *writing) number(c qa.Citation) int {
	for _, o := range wr.citations {
		if o.Version == c.Version && o.Span == c.Span {
			return o.Number
		}
	}
	c.Number = len(wr.citations) + 1
	wr.citations = append(wr.citations, c)
	return c.Number
}

// show emits what is kept and not shown yet.
func (wr *writing) show() error {
	if !wr.bears {
		return nil
	}
	for ; wr.shown < len(wr.kept); wr.shown++ {
		s := wr.kept[wr.shown].Sentence
		e := qa.SentenceEvent{Sentence: s}
		for _, n := range s.Citations {
			e.Sources = append(e.Sources, wr.citations[n-1])
		}
		if err := wr.w.emit(qa.Event{Sentence: &e}); err != nil {
			wr.emitFailed = err
			return err
		}
	}
	return nil
}

// settle makes the answer of what was shown, or says why there is none.
func (wr *writing) settle(failed error) (done bool, err error) {
	answer := &wr.w.answer
	reason := ""
	if failed != nil {
		if qa.KindOf(failed) != qa.Unavailable && qa.KindOf(failed) != qa.Exhausted {
			return false, failed
		}
		reason = qa.CodeOf(failed)
	}
	if wr.shown == 0 {
		switch {
		case failed != nil:
		case len(wr.asked) > 0 && len(wr.kept) == 0 && !wr.declined:
			wr.w.needPrecision(wr.asked)
			return true, nil
		case wr.declined && wr.judged.confidence < sureAnswer:
			answer.Mode = qa.ModeGenerated
			wr.w.refuse(answer.Documents, wr.judged)
			return true, nil
		case wr.declined:
			reason = "model_declined"
		default:
			reason = "not_proved"
		}
		answer.Degraded, answer.DegradedReason = true, reason
		return false, nil
	}
	answer.Answered, answer.Mode, answer.Citations = true, qa.ModeGenerated, wr.citations
	if reason != "" {
		answer.Degraded, answer.DegradedReason, answer.Partial = true, reason, true
	}
	for i, k := range wr.kept[:wr.shown] {
		answer.Sentences = append(answer.Sentences, k.Sentence)
		answer.Text += k.joint(i) + k.Text
	}
	return true, nil
}

// stop makes a partial answer of what was shown before the work was ended.
func (wr *writing) stop() error {
	if wr.shown == 0 {
		return nil
	}
	_, err := wr.settle(qa.E(qa.Unavailable, "stopped"))
	return err
}

// joint is what stands between a sentence and the one before.
func (k keptSentence) joint(i int) string {
	joint := " "
	switch {
	case k.opens && k.item:
		joint = "\n- "
	case k.opens:
		joint = "\n"
	}
	if i == 0 {
		joint = strings.TrimLeft(joint, " \n")
	}
	return joint
}

// marked writes the numbers of citations before the mark that ends a sentence.
func marked(text string, numbers []int) string {
	end := len(strings.TrimRight(text, ".!?…:; \u00a0\u202f"))
	marks := ""
	for _, n := range numbers {
		marks += fmt.Sprintf("[%d]", n)
	}
	tail := text[end:]
	if tail == "" {
		tail = "."
	}
	return text[:end] + " " + marks + tail
}

// ask notes a question that the model asks back: two at most, short, and of nothing but words.
func (wr *writing) ask(text string) {
	if len(wr.asked) < rephrase.MostQuestions && rephrase.Asks(text) {
		wr.asked = append(wr.asked, text)
	}
}

// needPrecision asks what the model asks, instead of answering; what came nearest stays.
func (w *work) needPrecision(questions []string) {
	refusal := &qa.Refusal{Reason: qa.NeedsPrecision}
	if w.answer.Refusal != nil {
		refusal.Nearest = w.answer.Refusal.Nearest
	}
	w.answer.Mode, w.answer.Refusal, w.answer.Text = qa.ModeGenerated, refusal, strings.Join(questions, " ")
}

// rephrase gives the writer of short texts, of a model that may write.
func (a *Answerer) rephrase() rephrase.Writer {
	return rephrase.Writer{Generator: a.Generator, Prompts: a.prompts(), Fence: newFence}
}

// rewrite lets the model make a follow-up stand alone. What it gives is searched first, those of the rules after it;
// what is no question about the conversation is left.
func (a *Answerer) rewrite(ctx context.Context, w *work, q qa.Question) {
	if !a.writes(q) || len(q.History) == 0 || guard.Speaks(q.Text) {
		return
	}
	if standalone, ok := a.rephrase().Standalone(ctx, q, w.answer.Language); ok && standalone != w.readings[0] {
		w.readings = append([]string{standalone}, w.readings...)
		w.answer.Standalone = standalone
	}
}

// clarify lets the model ask what a question lacks that the documents do not answer and that names but one thing.
func (a *Answerer) clarify(ctx context.Context, w *work, q qa.Question, j judged) {
	if !a.writes(q) || !j.inquiry.vague() || w.answer.Refusal == nil || guard.Speaks(q.Text) {
		return
	}
	if r := w.answer.Refusal.Reason; r != qa.NotInDocuments && r != qa.NeedsPrecision {
		return
	}
	var titles []string
	for _, c := range w.answer.Refusal.Nearest {
		if !slices.Contains(titles, c.Title) {
			titles = append(titles, c.Title)
		}
	}
	if questions, ok := a.rephrase().Clarification(ctx, w.answer.Standalone, w.answer.Language, titles); ok {
		w.needPrecision(questions)
	}
}

// Title gives a title to a conversation that begins with a question: of the model's words, or cut from the question.
func (a *Answerer) Title(ctx context.Context, question string) string {
	if a.Generator != nil && !guard.Speaks(question) {
		if title, ok := a.rephrase().Title(ctx, question, languageOf(qa.Question{Text: question})); ok {
			return title
		}
	}
	return qa.TitleOf(question)
}
