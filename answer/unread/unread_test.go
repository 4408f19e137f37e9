package unread

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rapporteur/qa"
)

type asker func(q qa.Question) (qa.Answer, error)

func (f asker) Answer(_ context.Context, q qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
	return f(q)
}

type library struct {
	list []qa.Listed
	err  error
}

func (l library) Unreadable(_ context.Context, _ qa.Scope, n int) ([]qa.Listed, error) {
	return l.list[:min(n, len(l.list))], l.err
}

func failed(title, source string) qa.Listed {
	return qa.Listed{Document: qa.Document{ID: qa.DocumentID(source), Title: title, Source: source}, Newest: qa.Version{State: qa.StateFailed}}
}

func pages(title string, all int, without ...int) qa.Listed {
	return qa.Listed{Document: qa.Document{ID: qa.DocumentID(title), Title: title}, Newest: qa.Version{State: qa.StateLive, Pages: all, PagesWithoutText: without}}
}

// TestCompleted tells what is only named beside a refusal from what is its reason.
func TestCompleted(t *testing.T) {
	scan := failed("", "archives/Convention_ADULLACT-2021.pdf")
	for _, c := range []struct {
		name, question string
		reason         qa.RefusalReason
		list           []qa.Listed
		want           qa.RefusalReason
		named          int
		text           string
	}{
		{"nothing unread", "Quel est le budget ?", qa.NotInDocuments, nil, qa.NotInDocuments, 0, "Non."},
		{"of something else", "Quel est le budget de la voirie ?", qa.NotInDocuments, []qa.Listed{scan}, qa.NotInDocuments, 1, "Non."},
		{"of the year", "Quel était le montant en 2021 ?", qa.NotInDocuments, []qa.Listed{scan}, qa.UnreadableDocuments, 1, "Convention_ADULLACT-2021.pdf"},
		{"of the name", "Que paie-t-on à l’ADULLACT ?", qa.NotInDocuments, []qa.Listed{failed("Voirie", "b.pdf"), scan}, qa.UnreadableDocuments, 1, "le dit peut-être"},
		{"one common word", "Quelle convention lie les agents ?", qa.NotInDocuments, []qa.Listed{scan}, qa.NotInDocuments, 1, "Non."},
		{"words of how one asks", "Que dit le rapport ou le document ?", qa.NotInDocuments, []qa.Listed{failed("Rapport document", "a.pdf")}, qa.NotInDocuments, 1, "Non."},
		{"two words", "Que prévoit le schéma des mobilités ?", qa.NotInDocuments, []qa.Listed{pages("Schéma de mobilité", 2, 1)}, qa.UnreadableDocuments, 1, "Schéma de mobilité"},
		{"one page of ten", "Que prévoit le schéma des mobilités ?", qa.NotInDocuments, []qa.Listed{pages("Schéma de mobilité", 10, 1)}, qa.NotInDocuments, 1, "Non."},
		{"none could be read", "Quel est le budget ?", qa.NoDocuments, []qa.Listed{scan}, qa.UnreadableDocuments, 1, "n’a pas pu être lu"},
		{"another year is known", "Quel était le montant en 2021 ?", qa.PremiseNotSupported, []qa.Listed{scan}, qa.PremiseNotSupported, 1, "Non."},
		{"too broad", "Quel montant en 2021 ?", qa.NeedsPrecision, []qa.Listed{scan}, qa.NeedsPrecision, 0, "Non."},
		{"three at most", "Et en 2021 ?", qa.NotInDocuments, []qa.Listed{scan, scan, scan, scan}, qa.UnreadableDocuments, 3, "D’autres"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inner := asker(func(q qa.Question) (qa.Answer, error) {
				a := qa.Answer{Language: "fr", Standalone: q.Text, Text: "Non.", Documents: 4, Refusal: &qa.Refusal{Reason: c.reason}}
				if c.reason == qa.NoDocuments {
					a.Documents = 0
				}
				return a, nil
			})
			a, err := Completed{Asker: inner, Library: library{list: c.list}}.Answer(t.Context(), qa.Question{Text: c.question}, nil)
			if err != nil || a.Refusal.Reason != c.want || len(a.Refusal.Unreadable) != c.named || !strings.Contains(a.Text, c.text) {
				t.Errorf("%s, %d named, %q (%v); want %s, %d, %q", a.Refusal.Reason, len(a.Refusal.Unreadable), a.Text, err, c.want, c.named, c.text)
			}
		})
	}
}

// TestCompletedErrors passes on what fails, and leaves answers alone.
func TestCompletedErrors(t *testing.T) {
	broken := errors.New("broken")
	refused := asker(func(qa.Question) (qa.Answer, error) {
		return qa.Answer{Refusal: &qa.Refusal{Reason: qa.NotInDocuments}}, nil
	})
	if _, err := (Completed{refused, library{err: broken}}).Answer(t.Context(), qa.Question{}, nil); !errors.Is(err, broken) {
		t.Errorf("the library's error: %v", err)
	}
	failing := asker(func(qa.Question) (qa.Answer, error) { return qa.Answer{}, broken })
	if _, err := (Completed{failing, library{}}).Answer(t.Context(), qa.Question{}, nil); !errors.Is(err, broken) {
		t.Errorf("the asker's error: %v", err)
	}
	answered := asker(func(qa.Question) (qa.Answer, error) { return qa.Answer{Answered: true}, nil })
	if a, err := (Completed{answered, library{err: broken}}).Answer(t.Context(), qa.Question{}, nil); err != nil || !a.Answered {
		t.Errorf("an answer: %+v, %v", a, err)
	}
}
