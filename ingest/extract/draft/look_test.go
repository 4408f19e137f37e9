package draft_test

import (
	"math"
	"testing"
	"time"

	"rapporteur/ingest/extract/draft"
	"rapporteur/qa"
)

// TestHiddenOn decides whether letters can be seen on white paper.
func TestHiddenOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outer, own draft.Look
		want       qa.HiddenMeans
	}{
		"nothing said":          {draft.Look{}, draft.Look{}, ""},
		"white":                 {draft.Look{}, draft.Look{Ink: draft.White}, qa.HiddenColour},
		"white by its style":    {draft.Look{Ink: draft.White}, draft.Look{Bold: draft.Some(1)}, qa.HiddenColour},
		"white undone":          {draft.Look{Ink: draft.White}, draft.Look{Ink: draft.HueOf("#1f3864")}, ""},
		"white on grey":         {draft.Look{}, draft.Look{Ink: draft.White, Fill: draft.HueOf("808080")}, ""},
		"white on a pattern":    {draft.Look{}, draft.Look{Ink: draft.White, Fill: draft.UnknownHue}, ""},
		"automatic":             {draft.Look{}, draft.Look{Ink: draft.HueOf("auto")}, ""},
		"light grey":            {draft.Look{}, draft.Look{Ink: draft.HueOf("E0E0E0")}, ""},
		"not a colour":          {draft.Look{}, draft.Look{Ink: draft.HueOf("-FFFFF")}, ""},
		"hidden":                {draft.Look{Hidden: draft.Some(1)}, draft.Look{}, qa.HiddenNotDisplayed},
		"hidden undone":         {draft.Look{Hidden: draft.Some(1)}, draft.Look{Hidden: draft.Some(0)}, ""},
		"one point":             {draft.Look{Points: 12}, draft.Look{Points: 1}, qa.HiddenTiny},
		"two points":            {draft.Look{}, draft.Look{Points: 2}, ""},
		"a tenth of ten points": {draft.Look{Points: 10}, draft.Look{Scale: 0.1}, qa.HiddenTiny},
		"a tenth of a half":     {draft.Look{Scale: 0.5}, draft.Look{Scale: 0.1}, qa.HiddenTiny},
		"half":                  {draft.Look{}, draft.Look{Scale: 0.5}, ""},
	} {
		if got := c.outer.Under(c.own).HiddenOn(draft.White); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestNumbers writes the numbers of list items.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format string
		n      int
		want   string
	}{
		{"arabicPeriod", 3, "3."}, {"arabicParenR", 3, "3)"}, {"arabicParenBoth", 3, "(3)"}, {"arabicPlain", 3, "3"},
		{"alphaLcParenR", 28, "bb)"}, {"alphaUcPeriod", 2, "B."}, {"romanLcPeriod", 9, "ix."}, {"romanUcPeriod", 4000, "4000."},
		{"alphaLcPlain", math.MinInt, "a"},
	} {
		if got := draft.AutoNumber(c.format, c.n); got != c.want {
			t.Errorf("%s %d: %q, want %q", c.format, c.n, got, c.want)
		}
	}
	levels := map[int]draft.ListLevel{0: {Format: "decimal", Text: "%1."}, 1: {Format: "A", Text: "%1.%2)"}, 2: {Format: "bullet"}}
	for depth, want := range []string{"2. ", "2.C) ", "- ", "- "} {
		if got := draft.Mark(levels, &[9]int{2, 3, 1}, depth); got != want {
			t.Errorf("depth %d: %q, want %q", depth, got, want)
		}
	}
}

// TestMetadata keeps the first title and the dates in both ways of writing them.
func TestMetadata(t *testing.T) {
	t.Parallel()
	var m draft.Metadata
	for _, c := range [][2]string{{"title", " "}, {"title", " Rapport "}, {"title", "autre"}, {"created", "2024-05-06T09:00:00+02:00"}, {"date", "2024-06-01T10:00:00.5"}, {"creator", "Anne"}} {
		m.Set(c[0], c[1])
	}
	if m.Title != "Rapport" || !m.Created.Equal(time.Date(2024, 5, 6, 7, 0, 0, 0, time.UTC)) || m.Modified.Format(time.DateTime) != "2024-06-01 10:00:00" {
		t.Errorf("%+v", m)
	}
	if m.Set("created", "hier"); !m.Created.IsZero() {
		t.Errorf("%v is no date", m.Created)
	}
}
