// Package suggest proposes questions that the documents answer: it makes them of their own headings, and asks each
// before it is shown.
package suggest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"rapporteur/qa"
)

// Library lists the documents of a scope by growing identifier, and gives the text of the live version of one.
type Library interface {
	Documents(ctx context.Context, scope qa.Scope, after qa.DocumentID, n int) ([]qa.Listed, error)
	Text(ctx context.Context, scope qa.Scope, id qa.DocumentID, version qa.VersionID) (qa.Text, qa.Version, error)
}

// Asker answers a question. emit may be nil.
type Asker interface {
	Answer(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error)
}

// Reader is who is proposed questions: what they may read, and how a heading becomes a question in their language.
type Reader struct {
	ID, Language string
	Scope        qa.Scope
	Phrase       func(heading string) string
}

// Suggester remembers what it proposed to a reader for a while. It is safe for concurrent use.
type Suggester struct {
	Library Library
	Asker   Asker
	Now     func() time.Time

	mu    sync.Mutex
	known map[string]proposal
}

// proposal is what a reader was proposed, and when.
type proposal struct {
	questions []string
	at        time.Time
}

// lasts is short where nothing was found: documents may still be read.
func (p proposal) lasts() time.Duration {
	if len(p.questions) == 0 {
		return lifetime / 20
	}
	return lifetime
}

// How much is looked at for proposals, and how long they are remembered.
const (
	maxQuestions = 4
	maxDocuments = 12  // newest first
	listed       = 500 // documents among which these are chosen
	perDocument  = 3   // headings tried
	maxTries     = 16
	lifetime     = 10 * time.Minute
	maxReaders   = 1000
)

// For gives at most four questions that the documents answer, fewer where they have few headings or the context
// ends first. Its errors are those of the library.
func (s *Suggester) For(ctx context.Context, r Reader) ([]string, error) {
	key := r.ID + " " + r.Language
	s.mu.Lock()
	found, ok := s.known[key]
	s.mu.Unlock()
	if ok && s.Now().Sub(found.at) < found.lasts() {
		return found.questions, nil
	}
	candidates, err := s.candidates(ctx, r)
	if err != nil {
		return nil, err
	}
	questions := s.answerable(ctx, r, candidates)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= maxReaders {
		s.known = map[string]proposal{}
	}
	s.known[key] = proposal{questions, s.Now()}
	return questions, nil
}

// candidates are headings of the newest documents, one of each document before the second of any.
func (s *Suggester) candidates(ctx context.Context, r Reader) ([]string, error) {
	documents, err := s.Library.Documents(ctx, r.Scope, "", listed)
	if err != nil {
		return nil, err
	}
	documents = slices.DeleteFunc(documents, func(d qa.Listed) bool { return d.Live == "" })
	slices.SortStableFunc(documents, func(a, b qa.Listed) int { return b.Newest.CreatedAt.Compare(a.Newest.CreatedAt) })
	var byRound [perDocument][]string
	for _, d := range documents[:min(len(documents), maxDocuments)] {
		text, version, err := s.Library.Text(ctx, r.Scope, d.ID, "")
		if qa.KindOf(err) == qa.NotFound && err != nil {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		if version.Language != "" && version.Language != r.Language {
			continue
		}
		for i, h := range spread(headings(text, d.Title)) {
			byRound[i] = append(byRound[i], h)
		}
	}
	return slices.Concat(byRound[:]...), nil
}

// headings are those that say what a part of a text is about, in its order, each once.
func headings(text qa.Text, title string) []string {
	var out []string
	for _, b := range text.Blocks {
		if b.Kind != qa.BlockHeading || b.Level > 3 {
			continue
		}
		h := strings.Join(strings.Fields(text.Content[b.Start:b.End]), " ")
		h = strings.TrimLeft(h, "0123456789.)-–—•: ")
		if telling(h) && h != title && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}

// telling reports whether a heading is long enough to ask about and short enough to read, and no shout, question or formula.
func telling(h string) bool {
	words := len(strings.Fields(h))
	lower := strings.ContainsFunc(h, unicode.IsLower)
	return words >= 2 && words <= 9 && utf8.RuneCountInString(h) <= 70 && lower && !strings.ContainsAny(h, "?!:|«»“”\"=[]<>")
}

// spread takes a few headings, from the beginning to the end.
func spread(all []string) []string {
	if len(all) <= perDocument {
		return all
	}
	var out []string
	for i := range perDocument {
		out = append(out, all[(2*i+1)*len(all)/(2*perDocument)])
	}
	return out
}

// answerable keeps the questions that get an answer with a citation; one that fails is no proposal.
func (s *Suggester) answerable(ctx context.Context, r Reader, candidates []string) []string {
	var out []string
	for _, heading := range candidates[:min(len(candidates), maxTries)] {
		if len(out) == maxQuestions || ctx.Err() != nil {
			break
		}
		question := r.Phrase(heading)
		a, err := s.Asker.Answer(ctx, qa.Question{Text: question, Scope: r.Scope, Language: r.Language, Mode: qa.ModeExtractive}, nil)
		if err == nil && a.Answered && len(a.Citations) > 0 && !a.Degraded && !slices.Contains(out, question) {
			out = append(out, question)
		}
	}
	return out
}
