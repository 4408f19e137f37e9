package unigram

import "math/bits"

// trie is a double-array trie (Aoe 1989) of the pieces: the child of a node by a byte stands at the node's base
// plus the byte, if the unit there has that label. No two nodes have the same base, so the label is enough to
// tell whose child a unit is. Where a single piece is left below a node, the rest of it is not spelled out in
// nodes but compared with the piece itself.
type trie struct {
	units  []unit
	root   uint32
	pieces *pieces
}

// unit is one node: from the lowest bit, 9 bits of label (the byte plus one, 0 for a free unit), 1 bit that says
// that the rest of the piece is to be compared, 26 bits of the piece that ends here (its id plus one, or 0) and
// 28 bits of base, 0 where the node has no child.
type unit uint64

const (
	labelMask = 1<<9 - 1
	tailBit   = 1 << 9
	idShift   = 10
	idMask    = 1<<26 - 1
	baseShift = 36
	maxBase   = 1<<28 - 1
)

func (u unit) label() uint32 { return uint32(u & labelMask) }
func (u unit) tail() bool    { return u&tailBit != 0 }
func (u unit) id() int32     { return int32(u>>idShift&idMask) - 1 }
func (u unit) base() uint32  { return uint32(u >> baseShift) }

// builder places the nodes of a trie. Bit i of free tells whether unit i is free, bit i of bases whether base i
// is not taken.
type builder struct {
	*trie
	free, bases []uint64
	from        int    // the word of bases where the search for room starts
	edges       []edge // of the nodes from the root to the one at work
}

// edge leads to a child: its byte and the entries below it.
type edge struct {
	label  byte
	lo, hi int32
}

// searchWords is how many words of bases a search may pass before later searches start further on. More words
// fill the array better and take longer: with 4, 78 % of the units for the 250,000 pieces of XLM-RoBERTa are used.
const searchWords = 4

// newTrie builds the trie from sorted pieces.
func newTrie(p *pieces) (*trie, error) {
	b := &builder{trie: &trie{pieces: p}}
	b.grow(2 * len(p.entries))
	root, err := b.place(0, int32(len(p.entries)), 0)
	if err != nil {
		return nil, err
	}
	b.root = root
	p.entries = nil // only the texts are needed from here on
	return b.trie, nil
}

// grow makes room for n units and the 256 bytes that a base can lead beyond.
func (b *builder) grow(n int) {
	words := n/64 + 8
	for len(b.free) < words {
		b.free = append(b.free, ^uint64(0))
		b.bases = append(b.bases, ^uint64(0))
	}
	if more := 64*words - len(b.units); more > 0 {
		b.units = append(b.units, make([]unit, more)...)
	}
}

// place puts the children of a node into the array, and what is below them. The node's entries, lo to hi, are
// longer than depth and share their first depth bytes. It gives the node's base.
func (b *builder) place(lo, hi int32, depth uint32) (uint32, error) {
	first := len(b.edges)
	for lo < hi {
		label := b.byteAt(lo, depth)
		end := lo + 1
		for end < hi && b.byteAt(end, depth) == label {
			end++
		}
		b.edges = append(b.edges, edge{label: label, lo: lo, hi: end})
		lo = end
	}
	last := len(b.edges)
	base := b.room(b.edges[first:last])
	if base > maxBase {
		return 0, fault(keyPieces, "the pieces take more than %d units", maxBase)
	}
	for i := first; i < last; i++ {
		if err := b.child(base, b.edges[i], depth+1); err != nil {
			return 0, err
		}
	}
	b.edges = b.edges[:first]
	return uint32(base), nil
}

// child fills the unit that an edge leads to; depth is the number of bytes from the root to it.
func (b *builder) child(base int, e edge, depth uint32) error {
	u := unit(e.label) + 1
	lo := e.lo
	// Sorted, the piece that ends here comes before the longer ones.
	if entry := b.pieces.entries[lo]; entry.size == depth {
		u |= unit(entry.id+1) << idShift
		lo++
		if lo < e.hi && b.pieces.entries[lo].size == depth {
			return fault(keyPieces, "pieces %d and %d are the same", entry.id, b.pieces.entries[lo].id)
		}
	} else if e.hi-lo == 1 {
		u |= unit(entry.id+1)<<idShift | tailBit
		lo++
	}
	at := base + int(e.label)
	b.units[at] = u
	if lo == e.hi {
		return nil
	}
	below, err := b.place(lo, e.hi, depth)
	b.units[at] |= unit(below) << baseShift
	return err
}

// byteAt gives a byte of an entry.
func (b *builder) byteAt(i int32, depth uint32) byte {
	e := b.pieces.entries[i]
	if depth < 8 {
		return byte(e.key >> (56 - 8*depth))
	}
	return b.pieces.at(e.id)[depth]
}

// room finds the first base whose units for all edges are free, 64 bases at a time, and takes them.
func (b *builder) room(edges []edge) int {
	for w := b.from; ; w++ {
		if w+8 >= len(b.free) {
			b.grow(64*w + 64*64)
		}
		fits := b.bases[w]
		if w == 0 {
			fits &^= 1 // base 0 means that there is no child
		}
		for _, e := range edges {
			fits &= b.freeFrom(64*w + int(e.label))
			if fits == 0 {
				break
			}
		}
		if fits == 0 {
			continue
		}
		base := 64*w + bits.TrailingZeros64(fits)
		b.bases[base/64] &^= 1 << (base % 64)
		for _, e := range edges {
			at := base + int(e.label)
			b.free[at/64] &^= 1 << (at % 64)
		}
		b.from = max(b.from, w-searchWords)
		return base
	}
}

// freeFrom gives the bits of free for the 64 units from i.
func (b *builder) freeFrom(i int) uint64 {
	return b.free[i/64]>>(i%64) | b.free[i/64+1]<<(64-i%64)
}
