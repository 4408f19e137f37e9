package answer_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// TestSeed asks the article what data/seed/README.md names. A refusal is wanted where no words are.
func TestSeed(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(testkit.Shared(t, "data/seed/article-dinum-rapport-2023.txt"))
	if err != nil {
		t.Fatal(err)
	}
	content := string(raw)
	l := newLibrary()
	title, _, _ := strings.Cut(content, "\n")
	l.add("seed", "article.txt", title, qa.Text{Content: strings.ReplaceAll(content, "\n", "\n\n")})
	a := l.answerer(t)
	agents := []qa.Message{{Role: qa.RoleUser, Content: "Combien d'agents à la Dinum ?"}}
	startups := []qa.Message{{Role: qa.RoleUser, Content: "Combien y a-t-il de start-ups d'État ?"}}
	for _, c := range []struct {
		question string
		history  []qa.Message
		first    string // words of the first quote
		words    []string
	}{
		{question: "Quelles sont les quatre priorités de la Dinum ?", first: "quatre priorités", words: []string{"mutation profonde", "compétences numériques", "exploitation effective", "souveraineté numérique"}},
		{question: "quelles priorités stratégiques pour la Dinum", words: []string{"mutation profonde"}},
		{question: "Combien d'agents à la Dinum ?", first: "200 agents", words: []string{"200 agents"}},
		{question: "Combien d'agents travaillent dans le numérique au sein de l'État ?", words: []string{"50 000 agents"}},
		{question: "Combien de start-ups d’État y a-t-il ?", first: "213", words: []string{"213"}},
		{question: "Combien de startups d'Etat ont un impact majeur national ?", first: "24", words: []string{"24 ayant"}},
		{question: "Qu'est devenu Etalab ?", first: "fabrique data", words: []string{"fabrique data"}},
		{question: "Avec quel autre pays la coopération a-t-elle lieu ?", words: []string{"Allemagne"}},
		{question: "Qui a critiqué l'influence limitée de la Dinum ?", first: "Cour des Comptes", words: []string{"Cour des Comptes"}},
		{question: "Et combien de start-ups d'État ?", history: agents, first: "213", words: []string{"213"}},
		{question: "Combien d'entre elles ont un impact majeur ?", history: startups, first: "24", words: []string{"24 ayant"}},
		{question: "How many agents does DINUM have?", first: "200 agents", words: []string{"200 agents"}},
		{question: "Quel est le budget de la Dinum en 2023 ?"},
		{question: "Quel est le budget annuel de la Dinum ?"},
		{question: "Et le budget ?", history: agents},
		{question: "Qui est le ministre de la Santé ?"},
		{question: "Combien d'habitants à Marseille ?"},
	} {
		got := ask(t, a, qa.Question{Text: c.question, History: c.history})
		if got.Answered != (c.words != nil) {
			t.Errorf("%s: answered %v with confidence %.2f: %s", c.question, got.Answered, got.Confidence, got.Text)
			continue
		}
		if c.first != "" && !strings.Contains(got.Citations[0].Quote, c.first) {
			t.Errorf("%s: the first quote is %q", c.question, got.Citations[0].Quote)
		}
		for _, w := range c.words {
			if !strings.Contains(got.Text, w) {
				t.Errorf("%s: %q is not in %s", c.question, w, got.Text)
			}
		}
	}
}

// TestPIAF measures, on every twentieth question of the development half: whether the answer's string is
// in the first quote and in any, and how many questions are answered with their article in the library
// and refused without it. The floors stand below what -v prints, by about one interval.
func TestPIAF(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(testkit.Shared(t, "data/dev/piaf-v1.1/piaf.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Data []struct {
			Title      string
			Paragraphs []struct {
				Context string
				QAs     []struct {
					Question string
					Answers  []struct{ Text string }
				}
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	l := newLibrary()
	var collections []qa.CollectionID
	for i, article := range file.Data {
		collections = append(collections, qa.CollectionID(fmt.Sprint(i)))
		for j, p := range article.Paragraphs {
			l.add(collections[i], fmt.Sprintf("%d/%d", i, j), article.Title, qa.Text{Content: p.Context, Language: "fr"})
		}
	}
	a := l.answerer(t)
	var n, first, anywhere, kept, refused, characters int
	at := 0
	for i, article := range file.Data {
		var others []qa.CollectionID
		others = append(append(others, collections[:i]...), collections[i+1:]...)
		for _, p := range article.Paragraphs {
			for _, q := range p.QAs {
				if at++; at%20 != 0 {
					continue
				}
				n++
				got := ask(t, a, qa.Question{Text: q.Question})
				quotes := got.Citations
				if got.Answered {
					kept++
				} else {
					quotes = got.Refusal.Nearest
				}
				in := -1
				for k, c := range quotes {
					characters += len(c.Quote)
					if in < 0 && strings.Contains(strings.ToLower(c.Quote), strings.ToLower(q.Answers[0].Text)) {
						in = k
					}
				}
				if in == 0 {
					first++
				}
				if in >= 0 {
					anywhere++
				}
				if without := ask(t, a, qa.Question{Text: q.Question, Scope: qa.Scope{Collections: others}}); !without.Answered {
					refused++
				}
			}
		}
	}
	share := func(k int) float64 { return 100 * float64(k) / float64(n) }
	t.Logf("PIAF, %d questions: answer in the first quote %.1f %%, in any %.1f %%, %d bytes quoted; answered %.1f %%, refused without the article %.1f %%",
		n, share(first), share(anywhere), characters/n, share(kept), share(refused))
	if share(first) < 55 || share(anywhere) < 66 || share(kept) < 70 || share(refused) < 73 {
		t.Error("below the floors: first quote 55, any 66, answered 70, refused 73")
	}
}
