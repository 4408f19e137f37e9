package chunk

import (
	"strings"
	"unicode/utf8"

	"github.com/tmc/langchaingo/textsplitter"

	"rapporteur/qa"
)

// node is a piece of text that is best kept whole, and the smaller pieces it may be cut into:
// section, paragraph or list, item, sentence, words. Children cover all of it but white space.
type node struct {
	qa.Span
	tokens   int
	children []node
}

// sectionNode makes the tree of a section. A list and the paragraph that announces it are one piece,
// and so are the rows of a table.
func (p *packer) sectionNode(blocks []qa.Block) node {
	var children []node
	for i := 0; i < len(blocks); {
		end := groupEnd(p.content, blocks, i)
		children = append(children, p.groupNode(blocks[i:end]))
		i = end
	}
	return parent(children)
}

func (p *packer) groupNode(blocks []qa.Block) node {
	children := make([]node, len(blocks))
	for i, b := range blocks {
		children[i] = p.blockNode(b)
	}
	return parent(children)
}

// groupEnd is the index after the blocks that belong with blocks[i].
func groupEnd(content string, blocks []qa.Block, i int) int {
	end := i + 1
	for end < len(blocks) && belongs(content, blocks[end-1], blocks[end]) {
		end++
	}
	return end
}

func belongs(content string, previous, b qa.Block) bool {
	switch {
	case previous.Kind == qa.BlockHeading:
		return true // a title never ends a chunk that its text could have begun
	case b.Kind == qa.BlockTableRow:
		return previous.Kind == qa.BlockTableRow
	case b.Kind == qa.BlockListItem:
		return previous.Kind == qa.BlockListItem || strings.HasSuffix(content[previous.Start:previous.End], ":")
	}
	return false
}

// blockNode is a block, cut into sentences and words where it is too long for a chunk or where a
// chunk could end inside it. A table row is cut only when it is too long.
func (p *packer) blockNode(b qa.Block) node {
	n := node{Span: b.Span, tokens: p.count(b.Span)}
	if b.Kind == qa.BlockTableRow && n.tokens <= p.splitter.Max {
		return n
	}
	spans := sentenceSpans(p.content, b.Span)
	if b.Kind == qa.BlockHeading || b.Kind == qa.BlockTableRow {
		spans = []qa.Span{b.Span}
	}
	if len(spans) == 1 && n.tokens <= p.splitter.Max {
		return n
	}
	for _, s := range spans {
		child := node{Span: s, tokens: p.count(s)}
		if child.tokens > p.splitter.Max {
			n.children = append(n.children, p.words(s)...)
			continue
		}
		n.children = append(n.children, child)
	}
	n.tokens = parent(n.children).tokens
	return n
}

// words cuts a sentence that is longer than a chunk with langchaingo's recursive splitter, and finds
// each part again where it stands: the splitter trims and drops separators.
func (p *packer) words(s qa.Span) []node {
	splitter := textsplitter.NewRecursiveCharacter(
		textsplitter.WithChunkSize(p.splitter.Max),
		textsplitter.WithChunkOverlap(0),
		textsplitter.WithLenFunc(p.splitter.Count),
		textsplitter.WithSeparators([]string{" ; ", ", ", "\u00a0", " "}),
	)
	text := p.content[s.Start:s.End]
	parts, err := splitter.SplitText(text)
	if err != nil {
		parts = nil // the recursive splitter has no error of its own; letters remain
	}
	var starts []int
	at := 0
	for _, part := range parts {
		i := strings.Index(text[at:], part)
		if i < 0 || part == "" {
			continue
		}
		starts = append(starts, at+i)
		at += i + len(part)
	}
	return p.between(s, starts)
}

// between makes the nodes of a sentence cut at starts; a part that is still too long, one endless
// word, is cut between letters.
func (p *packer) between(s qa.Span, starts []int) []node {
	var nodes []node
	from := s.Start
	cut := func(to int) {
		span := trim(p.content, qa.Span{Start: from, End: to})
		from = to
		if span.Len() == 0 {
			return
		}
		if n := (node{Span: span, tokens: p.count(span)}); n.tokens <= p.splitter.Max {
			nodes = append(nodes, n)
			return
		}
		nodes = append(nodes, p.letters(span)...)
	}
	for _, start := range starts {
		cut(s.Start + start)
	}
	cut(s.End)
	return nodes
}

// letters halves a span between two runes until each part fits; one rune is never cut.
func (p *packer) letters(s qa.Span) []node {
	s = trim(p.content, s)
	n := node{Span: s, tokens: p.count(s)}
	middle := s.Start + s.Len()/2
	for middle < s.End && !utf8.RuneStart(p.content[middle]) {
		middle++
	}
	switch {
	case s.Len() == 0:
		return nil
	case n.tokens <= p.splitter.Max || middle <= s.Start || middle >= s.End:
		return []node{n}
	}
	return append(p.letters(qa.Span{Start: s.Start, End: middle}), p.letters(qa.Span{Start: middle, End: s.End})...)
}

func (p *packer) count(s qa.Span) int { return p.splitter.Count(p.content[s.Start:s.End]) }

// parent joins nodes that follow each other; the sum of their tokens is at least its own.
func parent(children []node) node {
	if len(children) == 1 {
		return children[0]
	}
	n := node{children: children}
	if len(children) == 0 {
		return n
	}
	n.Span = qa.Span{Start: children[0].Start, End: children[len(children)-1].End}
	for _, c := range children {
		n.tokens += c.tokens
	}
	return n
}
