package chunk

import (
	"slices"

	"rapporteur/qa"
)

// packer fills chunks with the sections of one run of text.
type packer struct {
	splitter Splitter
	content  string
	chunks   []qa.Chunk

	open   node     // the chunk being filled, empty when it has no tokens
	path   []string // common path of the sections in it
	parent []string // path of the parent of its first section
	within []string // path of the section being added
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
	fits := n.tokens <= p.splitter.Max || len(n.children) == 0
	switch {
	case p.open.tokens+n.tokens <= limit, p.open.tokens == 0 && fits:
		p.append(n)
	case len(n.children) == 0, 2*p.open.tokens >= p.splitter.Min && fits:
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
		p.open = node{Span: n.Span, tokens: max(1, n.tokens)}
		return
	}
	p.path = commonPrefix(p.path, p.within)
	p.open.End = n.End
	p.open.tokens += n.tokens
}

func (p *packer) flush() {
	if p.open.tokens == 0 {
		return
	}
	p.chunks = append(p.chunks, qa.Chunk{
		Span:    p.open.Span,
		Section: slices.Clone(p.path),
		Text:    p.content[p.open.Start:p.open.End],
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
