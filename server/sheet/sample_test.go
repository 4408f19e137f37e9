package sheet

import (
	"strings"
	"testing"

	"rapporteur/qa"
)

// pageText builds a text of pages of blocks and finds its spans.
type pageText struct {
	qa.Text
}

func (b *pageText) page(label string) {
	start := len(b.Content)
	b.Pages = append(b.Pages, qa.Page{Span: qa.Span{Start: start, End: start}, Number: len(b.Pages) + 1, Label: label})
}

func (b *pageText) add(kind qa.BlockKind, level int, text string) {
	start := len(b.Content)
	b.Content += text
	b.Blocks = append(b.Blocks, qa.Block{Span: qa.Span{Start: start, End: len(b.Content)}, Kind: kind, Level: level})
	b.Content += "\n\n"
	if n := len(b.Pages); n > 0 {
		b.Pages[n-1].End = len(b.Content)
	}
}

func spanOf(t testing.TB, text qa.Text, quote string) qa.Span {
	t.Helper()
	i := strings.Index(text.Content, quote)
	if i < 0 {
		t.Fatalf("the sample text does not hold %q", quote)
	}
	return qa.Span{Start: i, End: i + len(quote)}
}

const (
	quoteAgents = "Elle regroupe environ 200 agents"
	quotePublic = "le numérique est l’activité principale de près de 50 000 agents dans la fonction publique"
	quoteBudget = "La direction intervient notamment au travers du financement de projets portés par les ministères."
)

// reportText is a report of three pages whose printed numbers differ, the last one without text.
func reportText() qa.Text {
	b := pageText{}
	b.page("9")
	b.add(qa.BlockHeading, 1, "Chapitre 2. Organisation")
	b.add(qa.BlockParagraph, 0, "Ce chapitre présente la direction, ses moyens et ses partenaires, tels qu’ils sont à la fin de la période.")
	b.page("10")
	b.add(qa.BlockFurniture, 0, "Rapport d’activité 2023-2024")
	b.add(qa.BlockHeading, 2, "Moyens")
	b.add(qa.BlockParagraph, 0, "Placée sous l’autorité du ministre chargé de la transformation publique, la direction anime la filière. "+quoteAgents+", alors que "+quotePublic+".")
	b.add(qa.BlockParagraph, 0, "Une dizaine de directions du numérique ministérielles exercent le rôle de direction des systèmes d’information. "+quoteBudget)
	b.add(qa.BlockListItem, 1, "• Conseiller les ministères")
	b.add(qa.BlockListItem, 1, "• Opérer des services communs")
	b.add(qa.BlockTableHeader, 0, "Année | Agents | Projets suivis")
	b.add(qa.BlockTableRow, 0, "2022 | 180 | 41")
	b.add(qa.BlockTableRow, 0, "2023 | 200 | 52")
	b.add(qa.BlockFootnote, 0, "1. Effectifs au 31 décembre, hors apprentis.")
	b.add(qa.BlockParagraph, 0, strings.Repeat("Les équipes accompagnent les administrations dans la durée, avec des bilans publics et des indicateurs partagés. ", 12))
	b.page("")
	return b.Text
}
