// Package chunk cuts the text of a version into the units of retrieval.
package chunk

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"unicode"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// The default size of a chunk in tokens: 200 to 400 retrieve best in French reports, and a chunk
// with its prefix must stay well below the 512 tokens that the encoder reads.
const (
	DefaultMin = 250
	DefaultMax = 350
)

// Splitter cuts texts into chunks. It prefers, in this order, to cut before a heading, between
// paragraphs or lists, between the items of a list or the rows of a table, between sentences; it
// never cuts a table row or a sentence that fits in a chunk. The header row of a table stays with its
// first row, a caption with its table, and each further chunk of the table has the header row again,
// beside its text. Chunks do not overlap. Small sections under one parent share a chunk. The zero
// Splitter is ready.
type Splitter struct {
	Min   int              // tokens from which a chunk is big enough; 0 means DefaultMin
	Max   int              // tokens that a chunk with its Header never exceeds; 0 means DefaultMax
	Count func(string) int // counts tokens, special ones excluded; nil means EstimateTokens
}

// Split cuts a text. The Text of every chunk equals Content[Start:End]; what is never cited, as running
// headers and tables of contents, is in no chunk, so it always ends one. Ordinals count from 0; ID and
// Version are left to the store.
func (s Splitter) Split(t qa.Text) []qa.Chunk {
	s = s.withDefaults()
	var chunks []qa.Chunk
	var path headings
	for _, run := range runs(t) {
		p := packer{splitter: s, content: t.Content}
		for _, sec := range path.sections(t.Content, run) {
			p.section(sec)
		}
		for _, c := range p.finish() {
			c.Ordinal = len(chunks)
			c.Pages = pagesOf(t.Pages, c.Span)
			c.Blocks = blocksOf(t.Blocks, c.Span)
			chunks = append(chunks, c)
		}
	}
	return chunks
}

// SplitText cuts plain text, as a langchaingo TextSplitter does. The error is always nil.
func (s Splitter) SplitText(text string) ([]string, error) {
	chunks := s.Split(qa.Text{Content: text})
	parts := make([]string, len(chunks))
	for i, c := range chunks {
		parts[i] = c.Text
	}
	return parts, nil
}

func (s Splitter) withDefaults() Splitter {
	s.Max = cmp.Or(s.Max, DefaultMax)
	s.Min = min(cmp.Or(s.Min, DefaultMin), s.Max)
	if s.Count == nil {
		s.Count = EstimateTokens
	}
	return s
}

// runs are the citable blocks of the text between two that are not, trimmed and without empty ones.
func runs(t qa.Text) [][]qa.Block {
	blocks := t.Blocks
	if len(blocks) == 0 {
		blocks = paragraphs(t.Content)
	}
	var all [][]qa.Block
	var run []qa.Block
	for _, b := range blocks {
		b.Span, b.Header = trim(t.Content, b.Span), trim(t.Content, b.Header)
		switch {
		case !b.Kind.Citable() && len(run) > 0:
			all = append(all, run)
			run = nil
		case b.Kind.Citable() && b.Len() > 0:
			run = append(run, b)
		}
	}
	if len(run) > 0 {
		all = append(all, run)
	}
	return all
}

// paragraphs are the blocks of a text that came without any: what empty lines part.
func paragraphs(content string) []qa.Block {
	var blocks []qa.Block
	for start := 0; start < len(content); {
		end := len(content)
		if i := strings.Index(content[start:], "\n\n"); i >= 0 {
			end = start + i + 1
		}
		blocks = append(blocks, qa.Block{Span: qa.Span{Start: start, End: end}, Kind: qa.BlockParagraph})
		start = end
	}
	return blocks
}

func trim(content string, s qa.Span) qa.Span {
	part := content[s.Start:s.End]
	s.Start += len(part) - len(strings.TrimLeftFunc(part, unicode.IsSpace))
	return qa.Span{Start: s.Start, End: s.Start + len(strings.TrimSpace(part))}
}

// pagesOf are the pages that a span touches.
func pagesOf(pages []qa.Page, s qa.Span) []qa.Page {
	var touched []qa.Page
	first := sort.Search(len(pages), func(i int) bool { return pages[i].End > s.Start })
	for _, p := range pages[first:] {
		if p.Start >= s.End {
			break
		}
		if p.Overlaps(s) {
			touched = append(touched, p)
		}
	}
	return touched
}

// blocksOf are the blocks that a span touches and of which something is to be known.
func blocksOf(blocks []qa.Block, s qa.Span) []qa.Block {
	var touched []qa.Block
	first := sort.Search(len(blocks), func(i int) bool { return blocks[i].End > s.Start })
	for _, b := range blocks[first:] {
		if b.Start >= s.End {
			break
		}
		if b.Overlaps(s) && (b.Kind != qa.BlockParagraph || b.Recognised > 0 || b.Place != "") {
			touched = append(touched, b)
		}
	}
	return touched
}

// headings is the path of titles above the current place.
type headings []heading

type heading struct {
	level int
	title string
}

// section is a title, or titles that follow each other, with what stands below up to the next title.
type section struct {
	path   []string // titles above the section's body, its own included
	blocks []qa.Block
}

// sections cuts a run before each title that follows something else, and moves the path along.
func (h *headings) sections(content string, run []qa.Block) []section {
	var all []section
	for i, b := range run {
		isHeading := b.Kind == qa.BlockHeading
		if isHeading {
			h.enter(b.Level, content[b.Start:b.End])
		}
		if i == 0 || isHeading && !h.continues(run[i-1], b) {
			all = append(all, section{})
		}
		last := &all[len(all)-1]
		last.blocks = append(last.blocks, b)
		last.path = h.titles()
	}
	return all
}

// continues reports whether a title only goes on with the titles before it: nothing stands between
// them and it is lower than they are.
func (h *headings) continues(previous, b qa.Block) bool {
	return previous.Kind == qa.BlockHeading && b.Level > previous.Level
}

func (h *headings) enter(level int, title string) {
	kept := *h
	for len(kept) > 0 && kept[len(kept)-1].level >= level {
		kept = kept[:len(kept)-1]
	}
	*h = append(slices.Clip(kept), heading{level, strings.Join(strings.Fields(title), " ")})
}

// titles are those above, highest first; one that repeats the title over it says nothing more.
func (h *headings) titles() []string {
	titles := make([]string, 0, len(*h))
	for _, t := range *h {
		if n := len(titles); n == 0 || titles[n-1] != t.title {
			titles = append(titles, t.title)
		}
	}
	return titles
}

// sentenceSpans are the sentences of one block, as spans of the content.
func sentenceSpans(content string, s qa.Span) []qa.Span {
	var spans []qa.Span
	for _, x := range analysis.Sentences(content[s.Start:s.End]) {
		spans = append(spans, qa.Span{Start: s.Start + x.Start, End: s.Start + x.End})
	}
	return spans
}
