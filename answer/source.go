package answer

import (
	"cmp"
	"strings"
	"sync"

	"rapporteur/analysis"
	"rapporteur/answer/guard"
	"rapporteur/answer/proof"
	"rapporteur/prompts"
	"rapporteur/qa"
)

// source is a passage that a model writes from, cut into the statements that may prove what it writes.
type source struct {
	passage    *qa.Passage
	text       string // as a model reads it: without what speaks to it, with the header of its table
	statements []statement
}

// statement is a sentence of a passage, with the place where it stands.
type statement struct {
	proof.Statement
	passage *qa.Passage
	span    analysis.Span
}

// sourcesOf cuts passages; they are numbered from 1 in their order.
func sourcesOf(passages []qa.Passage) []source {
	out := make([]source, len(passages))
	for i := range passages {
		out[i] = sourceOf(&passages[i], i+1)
	}
	return out
}

func sourceOf(p *qa.Passage, number int) source {
	s := source{passage: p}
	above := p.Document.Title + "\n" + strings.Join(p.Section, "\n")
	before, leadIn, heading := "", "", ""
	var text strings.Builder
	if p.Header != "" {
		text.WriteString(p.Header + "\n")
	}
	for l := range lines(p.Chunk) {
		line := p.Text[l.Start:l.End]
		if guard.Speaks(line) {
			continue
		}
		text.WriteString(line + "\n")
		if l.kind == title {
			heading, before, leadIn = line, "", ""
			continue
		}
		if l.kind == plain {
			leadIn = ""
		}
		for _, span := range l.sentences {
			words := p.Text[span.Start:span.End]
			if !hasMeaning(words) || isCut(*p, span.Start) && l.kind == row || !citable(*p, qa.Span{Start: p.Start + span.Start, End: p.Start + span.End}) {
				continue
			}
			context := strings.Join([]string{above, heading, headerOf(*p, p.Start+span.Start), leadIn, before}, "\n")
			s.statements = append(s.statements, statement{proof.Statement{Passage: number, Text: words, Context: context}, p, span})
			before = words
			if strings.HasSuffix(words, ":") {
				leadIn = words
			}
		}
	}
	s.text = strings.TrimSpace(text.String())
	return s
}

// exhibits are the statements of some sources, and the examiner that reads them in the same order.
type exhibits struct {
	statements []statement
	examiner   *proof.Examiner
}

func exhibitsOf(sources []source, language string) (e exhibits) {
	var texts []proof.Statement
	for _, s := range sources {
		e.statements = append(e.statements, s.statements...)
		for _, x := range s.statements {
			texts = append(texts, x.Statement)
		}
	}
	e.examiner = proof.New(texts, language)
	return e
}

// readable are sources as a prompt gives them.
func readable(language string, sources []source) []prompts.Passage {
	var out []prompts.Passage
	for i, s := range sources {
		p := prompts.Passage{Number: i + 1, Title: cmp.Or(s.passage.Document.Title, s.passage.Document.Source), Section: strings.Join(s.passage.Section, " – "), Text: s.text}
		if page, ok := s.passage.PageAt(s.passage.Start); ok {
			p.Page = cmp.Or(page.Label, where(language, qa.Citation{Page: page.Number, PageUnit: page.Unit}))
		}
		out = append(out, p)
	}
	return out
}

// touches reports whether a text holds a word of the question that tells what it is about.
func (q inquiry) touches(text string) bool {
	_, stem, near := q.find(analysis.Both(text))
	return stem|near != 0 || q.mass == 0
}

// defaultPrompts are the built-in templates, parsed once.
var defaultPrompts = sync.OnceValue(prompts.Default)
