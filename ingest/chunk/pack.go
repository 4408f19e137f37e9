package chunk

import (
	"slices"
	"strings"

	"rapporteur/qa"
)

// packer fills chunks with the sections of one run of text.
type packer struct {
	splitter Splitter
	content  string
	chunks   []qa.Chunk

	open   node     // the chunk being filled, empty when it has no tokens; its header is that to repeat
	path   []string // common path of the sections in it
	parent []string // path of the parent of its first section
	within []string // path of the section being added

	last repeatedHeader // the header row asked for last: it is the same for all rows of a table
}

// section adds a section. It joins the open chunk only when that one is small, both stand under the
// same parent, and the sum fits or the section must be cut anyway; otherwise it starts a chunk.
func (p *packer) section(s section) {
	n := p.sectionNode(s.blocks)
	if !p.joins(n, s.path) {
		p.flush()
	}
	p.within = s.path
	p.add(n, p.limit(p.open.tokens+n.tokens))
}

func (p *packer) joins(n node, path []string) bool {
	switch {
	case p.open.tokens >= p.splitter.Min, !hasPrefix(path, p.parent):
		return false
	case n.tokens > p.splitter.Max:
		return 2*p.open.tokens < p.splitter.Min
	}
	return p.open.tokens+n.tokens <= p.splitter.Max
}

// add puts a node into the open chunk, cutting it where it does not fit; limit is the size at which
// the chunks of this section end, and only what would be cut otherwise goes beyond it, up to Max.
func (p *packer) add(n node, limit int) {
	_, again := p.repeated(n.Start, n)
	fits := n.tokens+again <= p.splitter.Max || len(n.children) == 0
	if p.open.head && len(n.children) == 0 {
		limit = p.splitter.Max
	}
	switch {
	case p.open.tokens+p.cost(n) <= limit, p.open.tokens == 0 && fits:
		p.append(n)
	case len(n.children) == 0, n.whole && fits, 2*p.open.tokens >= p.splitter.Min && fits:
		p.flush()
		p.append(n)
	default:
		for _, c := range n.children {
			p.add(c, limit)
		}
	}
}

// limit spreads a section that needs several chunks evenly over them, so that none is a mere rest.
// The tenth more leaves room for pieces that cannot be cut where the even size would want it.
func (p *packer) limit(tokens int) int {
	if tokens <= p.splitter.Max {
		return p.splitter.Max
	}
	parts := (tokens + p.splitter.Max - 1) / p.splitter.Max
	even := tokens / parts
	return min(p.splitter.Max, even+even/10+1)
}

func (p *packer) append(n node) {
	if p.open.tokens == 0 {
		p.path = p.within
		p.parent = p.within[:max(0, len(p.within)-1)]
		header, again := p.repeated(n.Start, n)
		p.open = node{Span: n.Span, tokens: max(1, n.tokens+again), header: header, head: n.head}
		return
	}
	p.path = commonPrefix(p.path, p.within)
	p.open.tokens += p.cost(n)
	if p.open.header.Len() == 0 {
		p.open.header, _ = p.repeated(p.open.Start, n)
	}
	p.open.End, p.open.head = n.End, n.head
}

// cost is what a node adds to the open chunk: its tokens, and those of the header row that its chunk
// must repeat because of it.
func (p *packer) cost(n node) int {
	start := n.Start
	if p.open.tokens > 0 {
		start = p.open.Start
	}
	if p.open.header.Len() > 0 {
		return n.tokens
	}
	_, again := p.repeated(start, n)
	return n.tokens + again
}

// repeated is the header row of the rows in n that a chunk which begins at start must repeat, one that
// stands before it, with its tokens.
func (p *packer) repeated(start int, n node) (qa.Span, int) {
	if n.header.Len() == 0 || n.header.Start >= start {
		return qa.Span{}, 0
	}
	if p.last.whole != n.header {
		p.last = p.shortened(n.header)
	}
	return p.last.Span, p.last.tokens
}

// repeatedHeader is a header row as further chunks of its table repeat it.
type repeatedHeader struct {
	qa.Span
	whole  qa.Span // all of it
	tokens int
}

// shortened cuts a long header row after a cell, and leaves nothing where its first cell is too long.
func (p *packer) shortened(whole qa.Span) repeatedHeader {
	h := repeatedHeader{Span: whole, whole: whole, tokens: p.count(whole)}
	for h.tokens > p.maxHeader() {
		h.End = h.Start + max(0, strings.LastIndex(p.content[h.Start:h.End], " | "))
		h.tokens = p.count(h.Span)
	}
	return h
}

// maxHeader is how many tokens a repeated header row takes at most.
func (p *packer) maxHeader() int { return p.splitter.Max / 3 }

func (p *packer) flush() {
	if p.open.tokens == 0 {
		return
	}
	p.chunks = append(p.chunks, qa.Chunk{
		Span:    p.open.Span,
		Section: slices.Clone(p.path),
		Text:    p.content[p.open.Start:p.open.End],
		Header:  p.content[p.open.header.Start:p.open.header.End],
	})
	p.open = node{}
}

func (p *packer) finish() []qa.Chunk {
	p.flush()
	return p.chunks
}

func hasPrefix(path, prefix []string) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}

func commonPrefix(a, b []string) []string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
