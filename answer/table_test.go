package answer_test

import (
	"fmt"
	"strings"
	"testing"

	"rapporteur/qa"
)

// workbook is a sheet with one long table whose rows were recognised on an image, and a table of
// contents before it that names the same things.
func workbook() qa.Text {
	var t qa.Text
	add := func(b qa.Block, text string) qa.Span {
		if t.Content != "" {
			t.Content += "\n"
		}
		b.Span = qa.Span{Start: len(t.Content), End: len(t.Content) + len(text)}
		t.Content += text
		t.Blocks = append(t.Blocks, b)
		return b.Span
	}
	add(qa.Block{Kind: qa.BlockContents}, "Budget de la voirie en 2024, crèches et écoles : page 12")
	add(qa.Block{Kind: qa.BlockCaption}, "Tableau 1 : budget par poste, en millions d’euros")
	header := add(qa.Block{Kind: qa.BlockTableHeader, Place: "Budget!A1:C1"}, "Poste | 2023 | 2024")
	row := func(text string) {
		n := len(t.Blocks)
		add(qa.Block{Kind: qa.BlockTableRow, Header: header, Place: fmt.Sprintf("Budget!A%d:C%d", n, n), Recognised: 0.8}, text)
	}
	row("Voirie | 12 | 14")
	for i := range 60 {
		row(fmt.Sprintf("Équipement sportif municipal numéro %d | %d | %d", i, i+100, i+200))
	}
	row("Crèches | 8 | 9")
	t.Pages = []qa.Page{{Span: qa.Span{End: len(t.Content)}, Number: 1, Label: "Budget", Unit: qa.UnitSheet}}
	return t
}

// TestRowWithItsHeader asks for single cells: the answer is the row, with the names of its columns,
// whether they stand in the same chunk or in an earlier one.
func TestRowWithItsHeader(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.add("finances", "budget.xlsx", "Budget de la ville", workbook())
	a := l.answerer(t)
	for _, c := range []struct{ question, quote, place string }{
		{"Quel est le budget de la voirie en 2024 ?", "Voirie | 12 | 14", "Budget!A3:C3"},
		{"Quel est le budget des crèches en 2023 ?", "Crèches | 8 | 9", "Budget!A64:C64"},
	} {
		got := ask(t, a, qa.Question{Text: c.question})
		if !got.Answered {
			t.Errorf("%s: refused with confidence %.2f, nearest %+v", c.question, got.Confidence, got.Refusal.Nearest)
			continue
		}
		x := got.Citations[0]
		if x.Quote != c.quote || x.Header != "Poste | 2023 | 2024" || x.Place != c.place || x.PageUnit != qa.UnitSheet || x.PageLabel != "Budget" || x.Recognised != 0.8 {
			t.Errorf("%s: cited %+v", c.question, x)
		}
		if want := "feuille «\u00a0Budget\u00a0»\u00a0: «\u00a0Poste | 2023 | 2024\n" + c.quote; !strings.Contains(got.Text, want) {
			t.Errorf("%s: answered %q, want %q in it", c.question, got.Text, want)
		}
		for _, x := range got.Citations {
			if strings.Contains(x.Quote, "page 12") {
				t.Errorf("%s: a table of contents is cited: %q", c.question, x.Quote)
			}
		}
	}
}
