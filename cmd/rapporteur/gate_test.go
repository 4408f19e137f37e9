package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
	"rapporteur/server/wire"
)

// gate is the founding test: the questions that the seed's README names, and words that must all
// stand in the quotes of the answer; none means that the question must be refused.
var gate = []struct {
	question string
	words    []string
}{
	{"Quelles sont les quatre priorités de la Dinum ?", []string{"engager une mutation profonde", "compétences numériques", "exploitation effective des données", "souveraineté numérique"}},
	{"Quelles sont les quatre priorités stratégiques de la feuille de route 2023 ?", []string{"engager une mutation profonde", "souveraineté numérique"}},
	{"Combien d’agents à la Dinum ?", []string{"200 agents"}},
	{"Combien d'agents compte la Dinum ?", []string{"200 agents"}},
	{"Combien d’agents travaillent dans le numérique pour l’État ?", []string{"50 000 agents"}},
	{"Combien y a-t-il de start-ups d’État ?", []string{"213"}},
	{"Combien de start-ups d’État ont un impact national majeur ?", []string{"24"}},
	{"Qu’est devenu Etalab ?", []string{"fabrique data"}},
	{"Avec quel autre pays la Dinum coopère-t-elle ?", []string{"Allemagne"}},
	{"Qui a critiqué l’influence trop limitée de la direction ?", []string{"Cour des Comptes"}},
	{"Quel est le budget de la Dinum en 2023 ?", nil},
	{"Quel est le budget de la Dinum ?", nil},
}

// seedFollowUp is asked after "Combien d’agents à la Dinum ?".
const seedFollowUp = "Et combien de start-ups d’État ?"

func seedService(t *testing.T) *service {
	t.Helper()
	svc := newEncodingService(t)
	ingestAll(t, svc, testkit.Shared(t, "data/seed/article-dinum-rapport-2023.txt"))
	return svc
}

func TestSeedGate(t *testing.T) {
	svc := seedService(t)
	original, err := os.ReadFile(testkit.Shared(t, "data/seed/article-dinum-rapport-2023.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range gate {
		a, err := svc.answerer.Answer(t.Context(), qa.Question{Text: c.question, Scope: qa.Scope{Everything: true}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a.Answered != (c.words != nil) {
			t.Errorf("%s: answered %v (confidence %.2f): %s", c.question, a.Answered, a.Confidence, a.Text)
			continue
		}
		var quotes []string
		for _, cite := range a.Citations {
			checkStored(t, svc, cite)
			if !strings.Contains(string(original), cite.Quote) {
				t.Errorf("%s: the quote %q is not in the article", c.question, cite.Quote)
			}
			quotes = append(quotes, cite.Quote)
		}
		for _, w := range c.words {
			if !strings.Contains(strings.Join(quotes, "\n"), w) {
				t.Errorf("%s: %q is not in the quotes %q", c.question, w, quotes)
			}
		}
		if c.words == nil && (a.Refusal == nil || a.Refusal.Reason != qa.NotInDocuments) {
			t.Errorf("%s: refusal %+v", c.question, a.Refusal)
		}
	}
}

// checkStored compares a quote with the stored text at its offsets.
func checkStored(t *testing.T, svc *service, c qa.Citation) {
	t.Helper()
	text, _, err := svc.store.Text(t.Context(), qa.Scope{Everything: true}, c.Document, c.Version)
	if err != nil {
		t.Fatal(err)
	}
	if c.End > len(text.Content) || text.Content[c.Start:c.End] != c.Quote {
		t.Errorf("the quote %q is not what is stored at %d:%d", c.Quote, c.Start, c.End)
	}
}

func TestSeedGateByAPI(t *testing.T) {
	svc := seedService(t)
	url := serveForTest(t, svc)
	for _, c := range gate {
		a := postAsk(t, url, `{"question":`+quoted(t, c.question)+`}`)
		if a.Answered != (c.words != nil) {
			t.Errorf("%s: answered %v", c.question, a.Answered)
			continue
		}
		all := ""
		for _, cite := range a.Citations {
			all += cite.Quote + "\n"
		}
		for _, w := range c.words {
			if !strings.Contains(all, w) {
				t.Errorf("%s: %q is not in the quotes", c.question, w)
			}
		}
	}
	a := postAsk(t, url, `{"question":`+quoted(t, seedFollowUp)+`,"history":[{"role":"user","content":"Combien d’agents à la Dinum ?"},{"role":"assistant","content":"La Dinum regroupe 200 agents."}]}`)
	if !a.Answered || !strings.Contains(a.Text, "213") {
		t.Errorf("%s: %s", seedFollowUp, a.Text)
	}
}

func quoted(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func postAsk(t *testing.T, url, body string) wire.Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/ask", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a wire.Answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("POST /ask: status %d, %v", resp.StatusCode, err)
	}
	return a
}
