// Package report is a report of three pages, as a reader of documents gives it, for tests of what shows pages.
package report

import (
	"strings"
	"testing"

	"rapporteur/qa"
)

// Builder builds a text of pages of blocks.
type Builder struct {
	qa.Text
}

// Page begins a page with what is printed for its number.
func (b *Builder) Page(label string) {
	start := len(b.Content)
	b.Pages = append(b.Pages, qa.Page{Span: qa.Span{Start: start, End: start}, Number: len(b.Pages) + 1, Label: label})
}

// Add puts a block after the others, on the last page.
func (b *Builder) Add(kind qa.BlockKind, level int, text string) {
	start := len(b.Content)
	b.Content += text
	b.Blocks = append(b.Blocks, qa.Block{Span: qa.Span{Start: start, End: len(b.Content)}, Kind: kind, Level: level})
	b.Content += "\n\n"
	if n := len(b.Pages); n > 0 {
		b.Pages[n-1].End = len(b.Content)
	}
}

// SpanOf finds a quote, which must stand in the text.
func SpanOf(t testing.TB, text qa.Text, quote string) qa.Span {
	t.Helper()
	i := strings.Index(text.Content, quote)
	if i < 0 {
		t.Fatalf("the sample text does not hold %q", quote)
	}
	return qa.Span{Start: i, End: i + len(quote)}
}

// Quotes of the report, each in one place.
const (
	QuoteAgents = "Elle regroupe environ 200 agents"
	QuotePublic = "le numérique est l’activité principale de près de 50 000 agents dans la fonction publique"
	QuoteBudget = "La direction intervient notamment au travers du financement de projets portés par les ministères."
)

// Text is a report of three pages whose printed numbers differ, the last one without text.
func Text() qa.Text {
	b := Builder{}
	b.Page("9")
	b.Add(qa.BlockHeading, 1, "Chapitre 2. Organisation")
	b.Add(qa.BlockParagraph, 0, "Ce chapitre présente la direction, ses moyens et ses partenaires, tels qu’ils sont à la fin de la période.")
	b.Page("10")
	b.Add(qa.BlockFurniture, 0, "Rapport d’activité 2023-2024")
	b.Add(qa.BlockHeading, 2, "Moyens")
	b.Add(qa.BlockParagraph, 0, "Placée sous l’autorité du ministre chargé de la transformation publique, la direction anime la filière. "+QuoteAgents+", alors que "+QuotePublic+".")
	b.Add(qa.BlockParagraph, 0, "Une dizaine de directions du numérique ministérielles exercent le rôle de direction des systèmes d’information. "+QuoteBudget)
	b.Add(qa.BlockListItem, 1, "• Conseiller les ministères")
	b.Add(qa.BlockListItem, 1, "• Opérer des services communs")
	b.Add(qa.BlockTableHeader, 0, "Année | Agents | Projets suivis")
	b.Add(qa.BlockTableRow, 0, "2022 | 180 | 41")
	b.Add(qa.BlockTableRow, 0, "2023 | 200 | 52")
	b.Add(qa.BlockFootnote, 0, "1. Effectifs au 31 décembre, hors apprentis.")
	b.Add(qa.BlockParagraph, 0, strings.Repeat("Les équipes accompagnent les administrations dans la durée, avec des bilans publics et des indicateurs partagés. ", 12))
	b.Page("")
	return b.Text
}
