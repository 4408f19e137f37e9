package answer

import (
	"testing"

	"rapporteur/answer/wording"
	"rapporteur/qa"
)

func TestStandalone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, question, want string }{
		{"", "et en 2023 ?", "et en 2023 ?"},
		{"Quel est le budget de la ville en 2022 ?", "et en 2023 ?", "Quel est le budget de la ville en 2023 ?"},
		{"Quel est le budget de la ville en 2022 ?", "Et pour 2024 ?", "Quel est le budget de la ville en 2024 ?"},
		{"Quel est le budget de la ville ?", "et en 2023 ?", "Quel est le budget de la ville en 2023 ?"},
		{"Combien d'agents à la Dinum ?", "Et combien de start-ups d'État ?", "Combien de start-ups d'État, à la Dinum ?"},
		{"Combien y a-t-il de start-ups d'État ?", "Combien d'entre elles ont un impact majeur ?", "Combien de start-ups d'État ont un impact majeur ?"},
		{"Quel PUE observe-t-on dans les plus vieux centres de données ?", "et chez les hyperscalers ?", "Quel PUE observe-t-on chez les hyperscalers ?"},
		{"Combien d'agents à la Dinum ?", "Et le budget ?", "Le budget de la Dinum ?"},
		{"Combien d'agents emploie Fontbrelle ?", "Combien d'habitants compte Grandval ?", "Combien d'habitants compte Grandval ?"},
		{"Combien d'agents emploie Fontbrelle ?", "rgaa contraste minimum texte normal", "rgaa contraste minimum texte normal"},
		{"Quand le portail a-t-il ouvert ?", "Pourquoi ?", "Pourquoi le portail a-t-il ouvert ?"},
		{"Combien de start-ups d’État ?", "Qu’est devenu Etalab ?", "Qu’est devenu Etalab ?"},
		{"Combien de start-ups d’État ?", "Avec quel autre pays la Dinum coopère-t-elle ?", "Avec quel autre pays la Dinum coopère-t-elle ?"},
		{"Combien y a-t-il de start-ups d’État ?", "Où sont-elles ?", "Où sont-elles, les start-ups d’État ?"},
		{"Bonjour", "Et en 2023 ?", "Et en 2023 ?"},
		{"How many agents in 2022?", "And in 2023?", "How many agents in 2023?"},
	} {
		q := qa.Question{Text: c.question}
		if c.before != "" {
			q.History = []qa.Message{{Role: qa.RoleUser, Content: c.before}, {Role: qa.RoleAssistant, Content: "Réponse sur tout autre chose."}}
		}
		if got := Standalone(q); got != c.want {
			t.Errorf("%s | %s\n got %s\nwant %s", c.before, c.question, got, c.want)
		}
	}
}

// TestStandaloneTwice goes on from a follow-up as it stood alone.
func TestStandaloneTwice(t *testing.T) {
	t.Parallel()
	history := []qa.Message{
		{Role: qa.RoleUser, Content: "Quel est le budget de la ville en 2022 ?"}, {Role: qa.RoleAssistant, Content: "31 M€."},
		{Role: qa.RoleUser, Content: "Et en 2023 ?"}, {Role: qa.RoleAssistant, Content: "32 M€."},
	}
	if got, want := Standalone(qa.Question{Text: "et en 2024 ?", History: history}), "Quel est le budget de la ville en 2024 ?"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestIntent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		question, focus string
		want            wording.Want
	}{
		{"Combien d'agents à la Dinum ?", "agent", wording.Number},
		{"Quel est le budget de la Dinum ?", "budget", wording.Any},
		{"Quelles sont les quatre priorités de la Dinum ?", "priorit", wording.List},
		{"Quel pourcentage des codes postaux correspond à plusieurs communes ?", "code", wording.Number},
		{"Quand le portail a-t-il ouvert ?", "", wording.Date},
		{"Qui dirige les services ?", "", wording.Name},
		{"Avec quel pays la Dinum coopère-t-elle ?", "dinum", wording.Name},
		{"C'est quoi des données froides ?", "done", wording.Sense},
		{"montant amende site public", "amend", wording.Number},
		{"rgaa contraste minimum", "", wording.Any},
		{"How many agents does DINUM have?", "agent", wording.Number},
		{"Le budget ?", "budget", wording.Any},
	} {
		if focus, w := wording.Intent(c.question, languageOf(qa.Question{Text: c.question})); focus != c.focus || w != c.want {
			t.Errorf("%s: focus %q, want kind %d; got %q, %d", c.question, c.focus, c.want, focus, w)
		}
	}
}

// TestReadingsSearched holds that the other readings of a follow-up are searched when the likeliest finds no answer,
// and only then.
func TestReadingsSearched(t *testing.T) {
	t.Parallel()
	history := []qa.Message{
		{Role: qa.RoleUser, Content: "Que contient la lettre aux habitants ?"},
		{Role: qa.RoleAssistant, Content: "Elle annonce le marché du samedi."},
	}
	for _, c := range []struct {
		question   string
		standalone string
		answered   bool
		searches   int
	}{
		{"Qui est le maire ?", "Qui est le maire ?", true, 1},
		{"Quel est le budget ?", "Quel est le budget ?", true, 3}, // the second has words that may stand for its own
		{"Combien de tramways ?", "Combien de tramways, pour la lettre aux habitants ?", false, 3},
	} {
		s := &shelf{passages: town()}
		a := &Answerer{Retriever: s, Options: Options{Threshold: 0.59, Report: func(err error) { t.Error(err) }}}
		got, err := a.Answer(t.Context(), qa.Question{Text: c.question, History: history}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.Answered != c.answered || got.Standalone != c.standalone || len(s.asked) != c.searches {
			t.Errorf("%s: answered %v as %q after the searches %q", c.question, got.Answered, got.Standalone, s.asked)
		}
	}
}
