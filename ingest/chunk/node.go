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
	header   qa.Span // of the first rows in it whose header row stands before it; zero when there are none
	head     bool    // ends with a header row, which must not end a chunk that can hold its first row
	whole    bool    // cut only where it is too long for a chunk of its own
}

// sectionNode makes the tree of a section. A list and the paragraph that announces it are one piece,
// and so are the rows of a table with its caption.
func (p *packer) sectionNode(blocks []qa.Block) node {
	var children []node
	for i := 0; i < len(blocks); {
		end := groupEnd(p.content, blocks, i)
		children = append(children, p.groupNode(blocks[i:end]))
		i = end
	}
	return parent(children)
}

// groupNode joins blocks that belong together. What stands over the first row of a table is kept with
// it, and a caption under the last row with that: a reader of the rows needs both.
func (p *packer) groupNode(blocks []qa.Block) node {
	var children []node
	for i := 0; i < len(blocks); {
		end := i
		for end < len(blocks) && isHead(blocks[end].Kind) {
			end++
		}
		if end == len(blocks) || blocks[end].Kind != qa.BlockTableRow {
			end = i
		}
		n := p.blockNode(blocks[end])
		for over := end - 1; over >= i; over-- {
			n = whole(p.blockNode(blocks[over]), n)
		}
		end++
		if end == len(blocks)-1 && blocks[end].Kind == qa.BlockCaption && isRow(blocks[end-1].Kind) {
			n = whole(n, p.blockNode(blocks[end]))
			end++
		}
		children = append(children, n)
		i = end
	}
	return parent(children)
}

func isHead(k qa.BlockKind) bool {
	return k == qa.BlockHeading || k == qa.BlockCaption || k == qa.BlockTableHeader
}

func isRow(k qa.BlockKind) bool { return k == qa.BlockTableRow || k == qa.BlockTableHeader }

// groupEnd is the index after the blocks that belong with blocks[i].
func groupEnd(content string, blocks []qa.Block, i int) int {
	end := i + 1
	for end < len(blocks) && belongs(content, blocks, end) {
		end++
	}
	return end
}

// belongs reports whether blocks[i] belongs with the block before it. A caption between two tables
// belongs with the second.
func belongs(content string, blocks []qa.Block, i int) bool {
	previous, b := blocks[i-1], blocks[i]
	switch {
	case previous.Kind == qa.BlockHeading:
		return true // a title never ends a chunk that its text could have begun
	case b.Kind == qa.BlockTableRow:
		return isRow(previous.Kind) || previous.Kind == qa.BlockCaption
	case b.Kind == qa.BlockTableHeader:
		return previous.Kind == qa.BlockTableHeader || previous.Kind == qa.BlockCaption
	case b.Kind == qa.BlockCaption:
		return isRow(previous.Kind) && (i+1 == len(blocks) || !isRow(blocks[i+1].Kind))
	case b.Kind == qa.BlockListItem:
		return previous.Kind == qa.BlockListItem || strings.HasSuffix(content[previous.Start:previous.End], ":")
	}
	return false
}

// blockNode is a block, cut into sentences and words where it is too long for a chunk or where a
// chunk could end inside it. A table row is cut only when it is too long to stand with its header.
func (p *packer) blockNode(b qa.Block) node {
	n := node{Span: b.Span, tokens: p.count(b.Span), header: b.Header, head: b.Kind == qa.BlockTableHeader}
	most := p.splitter.Max
	if b.Header.Len() > 0 {
		_, again := p.repeated(b.Start, n)
		most -= again
	}
	uncut := isRow(b.Kind) || b.Kind == qa.BlockHeading
	if uncut && n.tokens <= most {
		return n
	}
	spans := []qa.Span{b.Span}
	if !uncut {
		spans = sentenceSpans(p.content, b.Span)
	}
	if len(spans) == 1 && n.tokens <= most {
		return n
	}
	for _, s := range spans {
		child := node{Span: s, tokens: p.count(s), header: b.Header}
		if child.tokens > most {
			n.children = append(n.children, p.words(child, most)...)
			continue
		}
		n.children = append(n.children, child)
	}
	n.tokens = parent(n.children).tokens
	return n
}

// words cuts a sentence that is longer than most tokens with langchaingo's recursive splitter, and
// finds each part again where it stands: the splitter trims and drops separators.
func (p *packer) words(s node, most int) []node {
	splitter := textsplitter.NewRecursiveCharacter(
		textsplitter.WithChunkSize(most),
		textsplitter.WithChunkOverlap(0),
		textsplitter.WithLenFunc(p.splitter.Count),
		textsplitter.WithSeparators([]string{" | ", " ; ", ", ", "\u00a0", " "}),
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
	nodes := p.between(s.Span, starts, most)
	for i := range nodes {
		nodes[i].header = s.header
	}
	return nodes
}

// between makes the nodes of a sentence cut at starts; a part that is still too long, one endless
// word, is cut between letters.
func (p *packer) between(s qa.Span, starts []int, most int) []node {
	var nodes []node
	from := s.Start
	cut := func(to int) {
		span := trim(p.content, qa.Span{Start: from, End: to})
		from = to
		if span.Len() == 0 {
			return
		}
		if n := (node{Span: span, tokens: p.count(span)}); n.tokens <= most {
			nodes = append(nodes, n)
			return
		}
		nodes = append(nodes, p.letters(span, most)...)
	}
	for _, start := range starts {
		cut(s.Start + start)
	}
	cut(s.End)
	return nodes
}

// letters halves a span between two runes until each part fits; one rune is never cut.
func (p *packer) letters(s qa.Span, most int) []node {
	s = trim(p.content, s)
	n := node{Span: s, tokens: p.count(s)}
	middle := s.Start + (s.Len()+1)/2
	for middle > s.Start && middle < s.End && !utf8.RuneStart(p.content[middle]) {
		middle--
	}
	if middle == s.Start && s.Len() > 0 {
		_, size := utf8.DecodeRuneInString(p.content[s.Start:s.End])
		middle += size
	}
	switch {
	case s.Len() == 0:
		return nil
	case n.tokens <= most || middle <= s.Start || middle >= s.End:
		return []node{n}
	}
	return append(p.letters(qa.Span{Start: s.Start, End: middle}, most), p.letters(qa.Span{Start: middle, End: s.End}, most)...)
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
		if n.header.Len() == 0 && c.header.Len() > 0 && c.header.Start < n.Start {
			n.header = c.header
		}
	}
	return n
}

// whole joins two nodes that are parted only where a chunk cannot hold both.
func whole(a, b node) node {
	n := parent([]node{a, b})
	n.whole = true
	return n
}
