package sheet

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"rapporteur/qa"
	"rapporteur/server/web"
)

// visible is what must be shown of a text: all but white space and the marks between table cells.
func visibleText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '|' {
			return -1
		}
		return r
	}, s)
}

// shownOf joins the runs of blocks, in order: all of them, or only the marked ones.
func shownOf(blocks []web.Block, markedOnly bool) string {
	var out strings.Builder
	take := func(runs []web.Run) {
		for _, r := range runs {
			if r.Marked || !markedOnly {
				out.WriteString(r.Text)
			}
		}
	}
	for _, b := range blocks {
		take(b.Runs)
		for _, i := range b.Items {
			take(i.Runs)
		}
		for _, r := range b.Rows {
			for _, c := range r.Cells {
				take(c.Runs)
			}
		}
	}
	return out.String()
}

func TestDrawShowsEverythingAndMarksTheSpan(t *testing.T) {
	t.Parallel()
	text := reportText()
	second := text.Pages[1].Span
	for name, c := range map[string]struct {
		window qa.Span
		mark   qa.Span
	}{
		"no mark":          {second, qa.Span{}},
		"inside a block":   {second, spanOf(t, text, quoteAgents)},
		"across blocks":    {second, qa.Span{Start: spanOf(t, text, "dix agents ou la filière"[len("dix agents ou "):]).Start, End: spanOf(t, text, "Conseiller").End}},
		"across cells":     {second, spanOf(t, text, "180 | 41")},
		"across rows":      {second, qa.Span{Start: spanOf(t, text, "2022 |").Start, End: spanOf(t, text, "2023 | 200").End}},
		"across pages":     {second, qa.Span{Start: 0, End: len(text.Content)}},
		"the whole text":   {qa.Span{End: len(text.Content)}, spanOf(t, text, quoteBudget)},
		"page without any": {text.Pages[2].Span, qa.Span{}},
	} {
		blocks := blockViews(text.Content, draw(text, c.window, c.mark))
		want := visibleText(text.Content[c.window.Start:c.window.End])
		if got := visibleText(shownOf(blocks, false)); got != want {
			t.Errorf("%s: shown %q, want %q", name, got, want)
		}
		inside := qa.Span{Start: max(c.mark.Start, c.window.Start), End: min(c.mark.End, c.window.End)}
		if inside.Len() < 0 {
			inside = qa.Span{}
		}
		if got, want := visibleText(shownOf(blocks, true)), visibleText(text.Content[inside.Start:inside.End]); got != want {
			t.Errorf("%s: marked %q, want %q", name, got, want)
		}
	}
}

func TestBlockViewsGroupListsAndTables(t *testing.T) {
	t.Parallel()
	text := reportText()
	blocks := blockViews(text.Content, draw(text, text.Pages[1].Span, spanOf(t, text, "180")))
	var kinds []string
	anchors := 0
	for _, b := range blocks {
		kinds = append(kinds, string(b.Kind))
		for _, r := range b.Rows {
			for _, c := range r.Cells {
				for _, run := range c.Runs {
					if run.First {
						anchors++
					}
				}
			}
		}
	}
	if got, want := strings.Join(kinds, " "), "furniture heading paragraph paragraph list table footnote paragraph"; got != want {
		t.Errorf("blocks: %s, want %s", got, want)
	}
	if anchors != 1 {
		t.Errorf("%d runs carry the address of the mark, want 1", anchors)
	}
	if list := blocks[4]; len(list.Items) != 2 || !list.Items[0].Bare {
		t.Errorf("list: %+v", list)
	}
	if table := blocks[5]; len(table.Rows) != 3 || len(table.Rows[0].Cells) != 3 {
		t.Errorf("table: %+v", table)
	}
}

func TestHasOwnBullet(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"• Un": true, "- Un": true, "1. Un": true, "12) Un": true, "a) Un": true, "–\u00a0Un": true,
		"Un": false, "": false, "2023 fut": false, "a. Un": false, "-5 degrés": false, "1": false, "a": false,
	} {
		if got := hasOwnBullet(text); got != want {
			t.Errorf("hasOwnBullet(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestValidSpan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		start, end int
		want       bool
	}{
		{0, 1, true}, {0, 5, true}, {1, 3, true}, {-1, 2, false}, {2, 2, false}, {3, 1, false}, {0, 6, false}, {2, 3, false}, {0, 2, false},
	} {
		if got := validSpan("aéoe", qa.Span{Start: c.start, End: c.end}); got != c.want {
			t.Errorf("validSpan([%d, %d)) = %v, want %v", c.start, c.end, got, c.want)
		}
	}
}

func TestSectionAt(t *testing.T) {
	t.Parallel()
	text := reportText()
	if got := strings.Join(sectionAt(text, spanOf(t, text, quoteAgents).Start), " > "); got != "Chapitre 2. Organisation > Moyens" {
		t.Errorf("section: %q", got)
	}
	if got := sectionAt(qa.Text{Content: "x"}, 0); got != nil {
		t.Errorf("section of a text without headings: %q", got)
	}
}

func TestWindowAroundKeepsTheMarkAndWholeCharacters(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("é", 80_000)
	for _, at := range []int{0, 2, 50_000, 159_998} {
		text := qa.Text{Content: content, Blocks: []qa.Block{{Span: qa.Span{End: len(content)}, Kind: qa.BlockParagraph}}}
		mark := qa.Span{Start: at, End: at + 2}
		w := windowAround(text, mark)
		if w.Start > mark.Start || w.End < mark.End || !utf8.ValidString(content[w.Start:w.End]) {
			t.Errorf("window %v of the mark %v", w, mark)
		}
		if w.Len() > 2*(windowReach+windowSlack)+4 {
			t.Errorf("window of %d bytes", w.Len())
		}
	}
}

// FuzzDraw: whatever the blocks and the mark, all the text is shown once and in order, and the
// marked runs are exactly the span.
func FuzzDraw(f *testing.F) {
	f.Add("Un titre\n\nUn paragraphe | avec | cellules\n\nfin", 3, 20, 4, 30, uint8(3))
	f.Add("é|à | b | c", 0, 4, 2, 9, uint8(4))
	f.Add("", 0, 0, 0, 0, uint8(0))
	f.Fuzz(func(t *testing.T, content string, blockStart, blockEnd, markStart, markEnd int, kind uint8) {
		if !utf8.ValidString(content) {
			return
		}
		mark := qa.Span{Start: markStart, End: markEnd}
		if !validSpan(content, mark) {
			mark = qa.Span{}
		}
		text := qa.Text{Content: content}
		kinds := []qa.BlockKind{qa.BlockParagraph, qa.BlockHeading, qa.BlockListItem, qa.BlockTableRow, qa.BlockFootnote, qa.BlockFurniture}
		for i, s := range []qa.Span{{Start: blockStart, End: blockEnd}, {Start: blockEnd, End: len(content)}} {
			if validSpan(content, s) {
				text.Blocks = append(text.Blocks, qa.Block{Span: s, Kind: kinds[(int(kind)+i*3)%len(kinds)], Level: i})
			}
		}
		blocks := blockViews(content, draw(text, qa.Span{End: len(content)}, mark))
		if got, want := visibleText(shownOf(blocks, false)), visibleText(content); got != want {
			t.Errorf("shown %q, want %q", got, want)
		}
		if got, want := visibleText(shownOf(blocks, true)), visibleText(content[mark.Start:mark.End]); got != want {
			t.Errorf("marked %q, want %q", got, want)
		}
	})
}
