package extract

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rapporteur/ingest/extract/draft"
	"rapporteur/qa"
)

// randomText makes a text of a few pages, some of them empty; blocks may go on over pages, and rows
// have a header.
func randomText(r *rand.Rand) qa.Text {
	var t qa.Text
	header := qa.Span{}
	for n := range 1 + r.IntN(6) {
		if t.Content != "" && r.IntN(3) > 0 {
			t.Content += "\n\n"
		}
		page := qa.Page{Number: n + 1, Span: qa.Span{Start: len(t.Content)}}
		for range r.IntN(4) {
			b := qa.Block{Kind: qa.BlockParagraph, Span: qa.Span{Start: len(t.Content)}}
			switch r.IntN(5) {
			case 0:
				b.Kind = qa.BlockTableHeader
			case 1:
				b.Kind, b.Header = qa.BlockTableRow, header
			case 2:
				b.Kind = qa.BlockFurniture
			}
			t.Content += fmt.Sprintf("é%d mot ñ%d", r.IntN(1000), r.IntN(1000))
			b.End = len(t.Content)
			if b.Kind == qa.BlockTableHeader {
				header = b.Span
			}
			t.Content += "\n\n"
			t.Blocks = append(t.Blocks, b)
		}
		page.End = len(t.Content)
		t.Pages = append(t.Pages, page)
		if k := len(t.Blocks); k > 0 && r.IntN(4) == 0 && t.Blocks[k-1].Kind == qa.BlockParagraph && page.Len() > 0 {
			// The last paragraph goes on behind the page.
			t.Content = strings.TrimRight(t.Content, "\n")
			t.Pages[n].End = len(t.Content)
			t.Content += " suite"
			t.Blocks[k-1].End = len(t.Content)
			if n := r.IntN(2); n == 0 {
				last := t.Pages[len(t.Pages)-1]
				t.Pages = append(t.Pages, qa.Page{Number: last.Number + 1, Span: qa.Span{Start: last.End, End: last.End}})
				t.Pages = append(t.Pages, qa.Page{Number: last.Number + 2, Span: qa.Span{Start: last.End, End: len(t.Content)}})
				break
			}
			t.Pages[len(t.Pages)-1].End = len(t.Content)
		}
	}
	draft.Tally(&t)
	return t
}

func randomFound(r *rand.Rand, t qa.Text) []recognised {
	var found []recognised
	for i := range t.Pages {
		if r.IntN(2) == 0 {
			continue
		}
		f := recognised{index: i}
		for k := range r.IntN(4) {
			kind := qa.BlockParagraph
			if r.IntN(2) == 0 {
				kind = qa.BlockListItem
			}
			f.blocks = append(f.blocks, recognisedBlock{kind: kind, text: fmt.Sprintf("LU%d-%dÉ", i, k), words: 1, confidence: 0.9})
		}
		found = append(found, f)
	}
	r.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	return found
}

// TestSplice puts recognised blocks into thousands of random texts: the invariants of a text hold, what
// was there is there unchanged and on its page, rows point to their headers, and what was recognised
// stands on its page in order.
func TestSplice(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5000) {
		r := rand.New(rand.NewPCG(seed, 4))
		old := randomText(r)
		found := randomFound(r, old)
		text := splice(old, found)
		checkText(t, text)
		checkSplice(t, old, text, found)
		if t.Failed() {
			t.Fatalf("seed %d: %q\n%+v\nbecame %q\n%+v", seed, old.Content, old.Pages, text.Content, text.Pages)
		}
	}
}

func checkSplice(t *testing.T, old, text qa.Text, found []recognised) {
	t.Helper()
	end, kept := 0, ""
	for i, p := range text.Pages {
		if p.Start < end || p.End < p.Start || p.End > len(text.Content) {
			t.Fatalf("page %d is %v behind %d", i, p.Span, end)
		}
		end = p.End
		was, is, want := letters(old.Content[old.Pages[i].Start:old.Pages[i].End]), "", ""
		for _, f := range found {
			for _, b := range f.blocks {
				if f.index == i {
					want += b.text
				}
			}
		}
		got := ""
		for _, b := range text.Blocks {
			if !b.Overlaps(p.Span) {
				continue
			}
			part := text.Content[max(b.Start, p.Start):min(b.End, p.End)]
			if b.Recognised > 0 {
				got += part
			} else {
				is += letters(part)
			}
		}
		if inside := text.Content[p.Start:p.End]; old.Pages[i].Len() == 0 && strings.TrimSpace(inside) != inside {
			t.Errorf("page %d is %q", i, inside)
		}
		if is != was || got != want {
			t.Errorf("page %d holds %q and recognised %q, want %q and %q", i, is, got, was, want)
		}
	}
	for _, b := range text.Blocks {
		if b.Recognised == 0 {
			kept += letters(text.Content[b.Start:b.End])
		}
		if b.Header.Len() > 0 && !slices.ContainsFunc(text.Blocks, func(h qa.Block) bool { return h.Span == b.Header && h.Kind == qa.BlockTableHeader }) {
			t.Errorf("the header %v of %v is no header row", b.Header, b.Span)
		}
	}
	if was := letters(old.Content); kept != was {
		t.Errorf("the text %q became %q", was, kept)
	}
	headers := func(text qa.Text) (all []string) {
		for _, b := range text.Blocks {
			if b.Header.Len() > 0 {
				all = append(all, text.Content[b.Header.Start:b.Header.End])
			}
		}
		return all
	}
	if before, after := headers(old), headers(text); !slices.Equal(before, after) {
		t.Errorf("the headers %q became %q", before, after)
	}
}

// TestSpliceReport: the report says what was recognised, and what gave nothing; a running header that
// the page has as text is not doubled.
func TestSpliceReport(t *testing.T) {
	t.Parallel()
	old := qa.Text{Content: "Rapport 2023", Pages: []qa.Page{{Number: 1, Span: qa.Span{End: 12}}, {Number: 2, Span: qa.Span{Start: 12, End: 12}}, {Number: 3, Span: qa.Span{Start: 12, End: 12}}},
		Blocks:  []qa.Block{{Span: qa.Span{End: 12}, Kind: qa.BlockFurniture}},
		Reading: qa.Reading{Pages: []qa.PageReading{{Number: 1, Images: 1}, {Number: 2, Images: 1, Unread: "no_text"}, {Number: 3, Images: 1, Unread: "no_text"}}}}
	text := splice(old, []recognised{
		{0, []recognisedBlock{{qa.BlockParagraph, "RAPPORT 2023", 2, 0.8}, {qa.BlockParagraph, "Le texte.", 2, 0.9}}},
		{1, []recognisedBlock{{qa.BlockParagraph, "Suite à dix lettres", 4, 0.5}, {qa.BlockParagraph, "fin", 1, 1}}},
		{2, nil},
	})
	if want := "Rapport 2023\n\nLe texte.\n\nSuite à dix lettres\n\nfin"; text.Content != want {
		t.Errorf("the text is %q", text.Content)
	}
	want := []qa.PageReading{{Number: 1, Recognised: 9, Confidence: 0.9}, {Number: 2, Recognised: 22, Confidence: 0.6}, {Number: 3, Images: 1, Unread: "not_recognised"}}
	for i, p := range text.Reading.Pages {
		if fmt.Sprint(p) != fmt.Sprint(want[i]) {
			t.Errorf("page %d: %+v, want %+v", i+1, p, want[i])
		}
	}
}
