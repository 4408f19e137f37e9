package shelf

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

// libraryOf lists documents by their titles; each was added a day after the one before it.
func libraryOf(titles ...string) List {
	return func(_ context.Context, after qa.DocumentID, n int) ([]qa.Listed, error) {
		var out []qa.Listed
		for i, title := range titles {
			id := qa.DocumentID(fmt.Sprintf("d%05d", i))
			if id > after && len(out) < n {
				out = append(out, qa.Listed{
					Document: qa.Document{ID: id, Title: title, Source: "dossier/" + strings.ToLower(title) + ".pdf"},
					Newest:   qa.Version{CreatedAt: time.Unix(int64(i)*86400, 0)},
				})
			}
		}
		return out, nil
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	list := libraryOf("Étude des berges", "Bilan 2023", "bilan 2022", "Zones humides", "Annuaire")
	late := func(d qa.Listed) int { return strings.Count(d.Title, "Bilan") * -1 }
	for query, want := range map[string]string{
		"":                        "Étude des berges, Bilan 2023 of 5",
		"sort=title":              "Annuaire, bilan 2022 of 5",
		"sort=title&from=2":       "Bilan 2023, Étude des berges of 5",
		"sort=title&from=99":      " of 5",
		"sort=title&from=-4":      "Annuaire, bilan 2022 of 5",
		"sort=newest":             "Annuaire, Zones humides of 5",
		"sort=oldest":             "Étude des berges, Bilan 2023 of 5",
		"sort=attention":          "Bilan 2023, Annuaire of 5",
		"sort=price":              "Étude des berges, Bilan 2023 of 5",
		"filter=bilan":            "Bilan 2023, bilan 2022 of 2",
		"filter=ETUDE+berges":     "Étude des berges of 1",
		"filter=dossier/zones":    "Zones humides of 1",
		"filter=rien":             " of 0",
		"filter=bilan&sort=title": "bilan 2022, Bilan 2023 of 2",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		some, total, err := Parse(values).Read(t.Context(), list, 2, late)
		var titles []string
		for _, d := range some {
			titles = append(titles, d.Title)
		}
		if got := fmt.Sprintf("%s of %d", strings.Join(titles, ", "), total); got != want || err != nil {
			t.Errorf("%s: %s, want %s (%v)", query, got, want, err)
		}
		if again := Parse(Parse(values).Query(3)); again.Words != Parse(values).Words || again.Order != Parse(values).Order || again.From != 3 {
			t.Errorf("%s: its address reads as %+v", query, again)
		}
	}
}

// TestReadMany arranges five thousand documents and logs the time it takes.
func TestReadMany(t *testing.T) {
	t.Parallel()
	titles := make([]string, 5000)
	for i := range titles {
		titles[i] = fmt.Sprintf("Rapport d’activité numéro %d", (i*7919)%5000)
	}
	list := libraryOf(titles...)
	start := time.Now()
	some, total, err := Parse(url.Values{"sort": {"title"}, "filter": {"activité"}}).Read(t.Context(), list, 50, func(qa.Listed) int { return 0 })
	if err != nil || total != 5000 || len(some) != 50 || some[0].Title != "Rapport d’activité numéro 0" {
		t.Fatal(total, len(some), err)
	}
	t.Logf("5,000 documents in %v", time.Since(start))
}
