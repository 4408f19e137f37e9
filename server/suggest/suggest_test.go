package suggest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

// shelf holds a document for each list of headings.
type shelf [][]string

func (s shelf) Documents(_ context.Context, _ qa.Scope, _ qa.DocumentID, _ int) ([]qa.Listed, error) {
	var out []qa.Listed
	for i := range s {
		id := qa.DocumentID(fmt.Sprint(i))
		out = append(out, qa.Listed{
			Document: qa.Document{ID: id, Title: "Rapport " + string(id), Live: "v"},
			Newest:   qa.Version{CreatedAt: time.Unix(int64(-i), 0)},
		})
	}
	return append(out, qa.Listed{Document: qa.Document{ID: "unread"}}), nil
}

func (s shelf) Text(_ context.Context, _ qa.Scope, id qa.DocumentID, _ qa.VersionID) (qa.Text, qa.Version, error) {
	var text qa.Text
	i := 0
	if _, err := fmt.Sscan(string(id), &i); err != nil || i >= len(s) {
		return text, qa.Version{}, qa.E(qa.NotFound, "document_unknown")
	}
	for _, h := range s[i] {
		start := len(text.Content)
		text.Content += h + "\n\n"
		text.Blocks = append(text.Blocks, qa.Block{Span: qa.Span{Start: start, End: start + len(h)}, Kind: qa.BlockHeading, Level: 1})
	}
	return text, qa.Version{Language: "fr"}, nil
}

// answers knows what it has no answer to, and counts what it is asked.
type answers struct {
	unknown []string
	asked   int
}

func (a *answers) Answer(_ context.Context, q qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
	a.asked++
	switch {
	case strings.Contains(q.Text, "panne"):
		return qa.Answer{}, errors.New("down")
	case slices.ContainsFunc(a.unknown, func(w string) bool { return strings.Contains(q.Text, w) }):
		return qa.Answer{}, nil
	}
	return qa.Answer{Answered: true, Citations: []qa.Citation{{Number: 1}}}, nil
}

func TestFor(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	library := shelf{
		{"Rapport 0", "SOMMAIRE GÉNÉRAL", "1.2 Les moyens humains", "Mot", "Pourquoi ce rapport ?", "La panne du réseau", "Les berges de l’Ourve"},
		{"Les moyens humains", "Un titre sans réponse aucune"},
	}
	asker := &answers{unknown: []string{"sans réponse"}}
	s := &Suggester{Library: library, Asker: asker, Now: func() time.Time { return now }}
	r := Reader{ID: "k", Language: "fr", Phrase: func(h string) string { return "Sur « " + h + " » ?" }}
	got, err := s.For(t.Context(), r)
	if want := []string{"Sur « Les moyens humains » ?", "Sur « Les berges de l’Ourve » ?"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, want %q (%v)", got, want, err)
	}
	asked := asker.asked
	if again, err := s.For(t.Context(), r); err != nil || !slices.Equal(again, got) || asker.asked != asked {
		t.Errorf("asked %d more questions: %q, %v", asker.asked-asked, again, err)
	}
	now = now.Add(lifetime)
	if _, err := s.For(t.Context(), r); err != nil || asker.asked == asked {
		t.Errorf("what was found long ago is not looked for again (%v)", err)
	}
	r.Language = "en"
	if other, err := s.For(t.Context(), r); err != nil || len(other) != 0 {
		t.Errorf("documents of another language give %q, %v", other, err)
	}
}
