package extract

import (
	"slices"
	"strings"
	"unicode/utf8"

	"rapporteur/qa"
)

// insertion is the recognised text of one page on its way into the content.
type insertion struct {
	page   int    // index
	at     int    // offset in the old content
	lead   string // parts it from what stands before
	text   string
	trail  string // parts it from what stands behind
	blocks []qa.Block
}

func (s insertion) len() int { return len(s.lead) + len(s.text) + len(s.trail) }

// splice puts recognised blocks at the places of their pages: where the page would stand, or at its end
// behind what it has. All spans of t follow; a block that goes on behind a page in its middle is cut in two.
// The report says what was recognised, and which pages gave nothing.
func splice(t qa.Text, found []recognised) qa.Text {
	slices.SortFunc(found, func(a, b recognised) int { return a.index - b.index })
	t.Reading.Pages = slices.Clone(t.Reading.Pages)
	var all []insertion
	for _, f := range found {
		f.blocks = newBlocks(t, f)
		report(&t.Reading.Pages[f.index], f.blocks)
		if len(f.blocks) > 0 {
			all = append(all, newInsertion(t, f))
		}
	}
	if len(all) == 0 {
		return t
	}
	separate(t.Content, all)
	return apply(t, all)
}

// newBlocks are the recognised blocks that the page does not have yet: drawing a page draws its running
// headers too.
func newBlocks(t qa.Text, f recognised) []recognisedBlock {
	have := map[string]bool{}
	for _, b := range t.Blocks {
		if b.Overlaps(t.Pages[f.index].Span) {
			have[letters(t.Content[b.Start:b.End])] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(f.blocks), func(b recognisedBlock) bool { return have[letters(b.text)] })
}

// letters are the letters and digits of a text in lower case.
func letters(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if wordRune(r) {
			return r
		}
		return -1
	}, s))
}

// report writes what was recognised into the report on the page.
func report(p *qa.PageReading, blocks []recognisedBlock) {
	words, sum := 0, 0.0
	for _, b := range blocks {
		p.Recognised += utf8.RuneCountInString(b.text)
		words += b.words
		sum += b.confidence * float64(b.words)
		if b.kind == qa.BlockFurniture {
			p.Repeated++
		}
	}
	switch {
	case words > 0:
		p.Confidence, p.Unread, p.Images = sum/float64(words), "", 0 // the page was looked at whole
	case p.Unread != "":
		p.Unread = "not_recognised"
	}
}

// newInsertion writes the blocks one behind the other, with spans that count from its own text.
func newInsertion(t qa.Text, f recognised) insertion {
	s := insertion{page: f.index, at: t.Pages[f.index].End}
	var text strings.Builder
	for i, b := range f.blocks {
		switch {
		case i == 0:
		case b.kind == qa.BlockListItem && f.blocks[i-1].kind == qa.BlockListItem:
			text.WriteByte('\n')
		default:
			text.WriteString(gap)
		}
		block := qa.Block{Span: qa.Span{Start: text.Len()}, Kind: b.kind, Recognised: b.confidence}
		if b.kind == qa.BlockListItem {
			block.Level = 1
		}
		text.WriteString(b.text)
		block.End = text.Len()
		s.blocks = append(s.blocks, block)
	}
	s.text = text.String()
	return s
}

// gap stands between two blocks.
const gap = "\n\n"

// separate gives the insertions, in order, the gaps that they need.
func separate(content string, all []insertion) {
	for i := range all {
		s := &all[i]
		before, after := content[:s.at], content[s.at:]
		joined := i > 0 && all[i-1].at == s.at // the one before ends with a gap, or with its own text
		switch {
		case joined && all[i-1].trail == "":
			s.lead = gap
		case !joined && strings.TrimSpace(before) != "" && !strings.HasSuffix(before, gap):
			s.lead = gap
		}
		if strings.TrimSpace(after) != "" && !strings.HasPrefix(after, gap) {
			s.trail = gap
		}
	}
}

// apply makes the text with the insertions in it.
func apply(t qa.Text, all []insertion) qa.Text {
	var content strings.Builder
	var blocks []qa.Block
	rest := cut(t.Blocks, t.Content, all)
	from, moved := 0, 0
	for _, s := range all {
		content.WriteString(t.Content[from:s.at])
		for len(rest) > 0 && rest[0].Start < s.at {
			blocks, rest = append(blocks, shift(rest[0], all)), rest[1:]
		}
		for _, b := range s.blocks {
			b.Start, b.End = b.Start+s.at+moved+len(s.lead), b.End+s.at+moved+len(s.lead)
			blocks = append(blocks, b)
		}
		content.WriteString(s.lead + s.text + s.trail)
		from, moved = s.at, moved+s.len()
	}
	content.WriteString(t.Content[from:])
	for _, b := range rest {
		blocks = append(blocks, shift(b, all))
	}
	t.Pages = movePages(t.Pages, all)
	t.Content, t.Blocks = content.String(), blocks
	return t
}

// cut parts the blocks that an insertion falls into.
func cut(blocks []qa.Block, content string, all []insertion) []qa.Block {
	var out []qa.Block
	for _, b := range blocks {
		for _, s := range all {
			if b.Start >= s.at || s.at >= b.End {
				continue
			}
			head := b
			head.Span = headOf(content, b.Span, s.at)
			b.Start = b.End - len(strings.TrimSpace(content[s.at:b.End]))
			out = append(out, head)
		}
		out = append(out, b)
	}
	for i := range out {
		for _, s := range all {
			if h := &out[i].Header; h.Start < s.at && s.at < h.End {
				*h = headOf(content, *h, s.at)
			}
		}
	}
	return out
}

// headOf is the part of a span before the offset.
func headOf(content string, s qa.Span, at int) qa.Span {
	return qa.Span{Start: s.Start, End: s.Start + len(strings.TrimSpace(content[s.Start:at]))}
}

// shift moves a block, and the header it points to, by what is inserted before them.
func shift(b qa.Block, all []insertion) qa.Block {
	b.Span = shiftSpan(b.Span, all)
	if b.Header.Len() > 0 {
		b.Header = shiftSpan(b.Header, all)
	}
	return b
}

func shiftSpan(span qa.Span, all []insertion) qa.Span {
	by := 0
	for _, s := range all {
		if s.at <= span.Start {
			by += s.len()
		}
	}
	return qa.Span{Start: span.Start + by, End: span.End + by}
}

// movePages moves the pages by what is inserted on those before, and grows those that got a text.
func movePages(pages []qa.Page, all []insertion) []qa.Page {
	out := slices.Clone(pages)
	moved := 0
	for i := range out {
		p := &out[i]
		p.Start, p.End = p.Start+moved, p.End+moved
		if len(all) == 0 || all[0].page != i {
			continue
		}
		s := all[0]
		if p.Len() == 0 {
			p.Start += len(s.lead)
		}
		p.End += len(s.lead) + len(s.text)
		moved += s.len()
		all = all[1:]
	}
	return out
}
