package sheet

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rapporteur/ingest/extract/raw"
)

// TestCSV checks the delimiter, the header, the places and odd quotation marks.
func TestCSV(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, data, want string }{
		{"semicolons", "nom;montant\nVoirie;12,5\nÉcoles;8,0\n", "A1:B1 nom | montant\nA2:B2 Voirie | 12,5\nA3:B3 Écoles | 8,0"},
		{"decimals without a header", "1,5;2,5\n3,5;4,5\n", "A1:B1 1,5 | 2,5\nA2:B2 3,5 | 4,5"},
		{"tabs", "nom\tville\nA, B\tNîmes\n", "A1:B1 nom | ville\nA2:B2 A, B | Nîmes"},
		{"bars", "nom|ville\nDupont|Nîmes\n", "A1:B1 nom | ville\nA2:B2 Dupont | Nîmes"},
		{"windows-1252", "nom,\xE2ge\r\nZo\xE9,41\r\n", "A1:B1 nom | âge\nA2:B2 Zoé | 41"},
		{"title, blank line, table", "Effectifs de la commune;;\n;;\nService;2023;2024\nVoirie;10;12\n;;\nSource : mairie;;\n",
			"A1 Effectifs de la commune\nA3:C3 Service | 2023 | 2024\nA4:C4 Voirie | 10 | 12\nA6 Source : mairie"},
		{"line ends in a cell", "nom;note\n\"Voirie\";\"deux\nlignes\"\nÉcoles;x\n", "A1:B1 nom | note\nA2:B2 Voirie | deux lignes\nA4:B4 Écoles | x"},
		{"formulas are text", "nom;valeur\n=cmd|'/c calc'!A0;1\n", "A1:B1 nom | valeur\nA2:B2 =cmd|'/c calc'!A0 | 1"},
		{"empty cells keep their place", "a;b;c\nx;;3\n;;4\n", "A1:C1 a | b | c\nA2:C2 x | | 3\nA3:C3 | | 4"},
		{"trailing empty columns", "a;b;;;\n1;2;;;\n", "A1:B1 a | b\nA2:B2 1 | 2"},
		{"a lone quotation mark", "nom;note\n5\";x\nVoirie;y\n", "A1:B1 nom | note\nA2:B2 5\" | x\nA3:B3 Voirie | y"},
		{"a quotation mark that is never closed", "nom;note\n" + strings.Repeat("a;b\n", 60) + "\"Voirie;y\n" + strings.Repeat("a;b\n", 300), ""},
		{"figures only", "1;2\n3;4\n", "A1:B1 1 | 2\nA2:B2 3 | 4"},
	} {
		text, err := comma(c.data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, b := range text.Blocks {
			got = append(got, b.Place+" "+text.Content[b.Start:b.End])
		}
		if c.want == "" && len(got) != strings.Count(c.data, "\n") || c.want != "" && strings.Join(got, "\n") != c.want {
			t.Errorf("%s: %d blocks\n%.400s", c.name, len(got), strings.Join(got, "\n"))
		}
		if len(text.Pages) != 0 {
			t.Errorf("%s: a CSV file has no pages", c.name)
		}
	}
}

// TestHeader checks which first rows name the columns.
func TestHeader(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]bool{
		"Service;2023;2024\nVoirie;10;12\n":    true,
		"Service;Chef\nVoirie;Dupont\n":        true, // in a CSV file
		"Paris;2023\nLyon;2024\n":              true, // the same
		"Voirie;10;12\nÉcoles;8;9\n":           false,
		"2023;2024\n10;12\n":                   false, // no word
		"Total;1 200 €\nReste;30 €\n":          false,
		"Date;Montant\n05/03/2024;12 000,50 €": true,
	} {
		text, err := comma(data)
		must(t, err)
		if got := text.Blocks[0].Kind == "table_header"; got != want {
			t.Errorf("%q: header %v", data, got)
		}
		if last := text.Blocks[len(text.Blocks)-1]; (last.Header.Len() > 0) != want {
			t.Errorf("%q: the last row points to a header: %v", data, !want)
		}
	}
}

// TestNoTable checks that prose is left to the reader of plain text, and what is empty says so.
func TestNoTable(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"Une seule colonne\nde prose\n", "un\ndeux\n", "Bonjour, monsieur.\nVoici, comme convenu, la note, signée.\nFin\n"} {
		if _, err := comma(data); !errors.Is(err, ErrNoTable) {
			t.Errorf("%q: %v", data, err)
		}
	}
	for _, data := range []string{" \n", ";;\n;;\n"} {
		if _, err := comma(data); code(err) != "empty" {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// TestLimits checks that each limit ends in its verdict.
func TestLimits(t *testing.T) {
	t.Parallel()
	table := strings.Repeat("a;b\n", 100)
	for _, c := range []struct {
		limits raw.Limits
		want   string
	}{
		{raw.Limits{MaxCells: 200}, ""},
		{raw.Limits{MaxCells: 199}, "resource_limit"},
		{raw.Limits{MaxText: 100}, "resource_limit"},
		{raw.Limits{MaxBlocks: 99}, "resource_limit"},
		{raw.Limits{MaxInput: 100}, "too_large"},
	} {
		if _, err := ReadCSV(context.Background(), c.limits.WithDefaults(), strings.NewReader(table)); code(err) != c.want {
			t.Errorf("%+v: %v, want %q", c.limits, err, c.want)
		}
	}
}

// TestPlaces checks the names of cells.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		sheet     string
		row, l, r int
	}{
		"A12:E12":                  {"", 12, 1, 5},
		"Budget!A12:E12":           {"Budget", 12, 1, 5},
		"'Budget 2024'!B3":         {"Budget 2024", 3, 2, 2},
		"'L''été'!A1:AB1":          {"L'été", 1, 1, 28},
		"Écoles!A1":                {"Écoles", 1, 1, 1},
		"'2024'!A1":                {"2024", 1, 1, 1},
		"'AB12'!ZZ1":               {"AB12", 1, 702, 702},
		"'T1 - voirie'!XFD1048576": {"T1 - voirie", 1048576, 16384, 16384},
	} {
		if got := place(c.sheet, c.row, c.l, c.r); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
