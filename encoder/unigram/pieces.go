package unigram

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what is accepted: the units of the trie have 26 bits for an id, and the time that a text takes grows
// with the longest piece. Real vocabularies have up to 256,000 pieces of up to 100 bytes.
const (
	maxPieces     = 1 << 24
	maxPiece      = 1 << 10 // bytes
	maxPieceBytes = 1 << 27 // bytes of all pieces together
)

// spaceSymbol stands for a space in pieces. Inside this package it is written as a space: one byte instead of
// three, and a text has no other spaces once it is normalised.
const spaceSymbol = "\u2581"

// pieces is the vocabulary in one run of bytes, each piece with spaceSymbol written as a space.
type pieces struct {
	text    []byte
	ends    []uint32 // by id, the end of the piece in text
	entries []entry  // those that texts are searched for
	longest int
}

// entry is one piece on its way into the trie. key is its first 8 bytes, the first one uppermost, with zeros
// behind a shorter piece: most comparisons need nothing else.
type entry struct {
	key  uint64
	id   uint32
	size uint32
}

// at gives the bytes of a piece.
func (p *pieces) at(id uint32) []byte {
	start := uint32(0)
	if id > 0 {
		start = p.ends[id-1]
	}
	return p.text[start:p.ends[id]]
}

// readPieces takes the pieces over and sorts those that texts are searched for.
func readPieces(v Vocabulary) (*pieces, error) {
	n := len(v.Scores)
	p := &pieces{text: make([]byte, 0, 12*n), ends: make([]uint32, 0, n), entries: make([]entry, 0, n)}
	id := 0
	for piece := range v.Pieces {
		if id >= n {
			id++
			break
		}
		if err := p.add(id, piece, v.kind(id)); err != nil {
			return nil, err
		}
		id++
	}
	if id != n {
		return nil, fault(keyScores, "%d scores for a vocabulary of another length", n)
	}
	p.sort()
	return p, nil
}

func (p *pieces) add(id int, piece string, kind int32) error {
	if len(p.text)+len(piece) > maxPieceBytes {
		return fault(keyPieces, "more than %d bytes", maxPieceBytes)
	}
	start := len(p.text)
	p.text = appendSpaced(p.text, piece)
	p.ends = append(p.ends, uint32(len(p.text)))
	// A space of its own can never be found: those of a text become spaceSymbol.
	if kind != Normal && kind != UserDefined || strings.IndexByte(piece, ' ') >= 0 {
		return nil
	}
	own := p.text[start:]
	switch {
	case len(own) == 0:
		return fault(keyPieces, "piece %d: %w", id, errEmptyPiece)
	case len(own) > maxPiece:
		return fault(keyPieces, "piece %d has %d bytes, at most %d are read", id, len(own), maxPiece)
	case !utf8.Valid(own):
		return fault(keyPieces, "piece %d is not UTF-8", id)
	}
	p.longest = max(p.longest, len(own))
	p.entries = append(p.entries, entry{key: firstBytes(own), id: uint32(id), size: uint32(len(own))})
	return nil
}

// appendSpaced adds a text with spaceSymbol written as a space.
func appendSpaced(dst []byte, text string) []byte {
	// Nearly always the symbol is the first character or there is none.
	if strings.HasPrefix(text, spaceSymbol) {
		dst, text = append(dst, ' '), text[len(spaceSymbol):]
	}
	for {
		i := strings.IndexByte(text, spaceSymbol[0])
		if i < 0 {
			return append(dst, text...)
		}
		if strings.HasPrefix(text[i:], spaceSymbol) {
			dst = append(append(dst, text[:i]...), ' ')
			text = text[i+len(spaceSymbol):]
			continue
		}
		dst = append(dst, text[:i+1]...)
		text = text[i+1:]
	}
}

// firstBytes gives the key of a piece.
func firstBytes(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	var key uint64
	for i, c := range b {
		key |= uint64(c) << (56 - 8*i)
	}
	return key
}

// sort brings the entries into the order of their bytes. By radix, a byte at a time from the eighth to the first:
// 250,000 pieces take a few milliseconds, a tenth of what comparing them takes.
func (p *pieces) sort() {
	var counts [8][256]uint32
	for _, e := range p.entries {
		for d := range 8 {
			counts[d][byte(e.key>>(8*d))]++
		}
	}
	from, to := p.entries, make([]entry, len(p.entries))
	for d := range 8 {
		at := uint32(0)
		for c, n := range counts[d] {
			counts[d][c] = at
			at += n
		}
		for _, e := range from {
			c := byte(e.key >> (8 * d))
			to[counts[d][c]] = e
			counts[d][c]++
		}
		from, to = to, from
	}
	p.entries = from // after an even number of rounds the first slice again
	p.sortEqualKeys()
}

// sortEqualKeys brings the pieces that share their first 8 bytes into order.
func (p *pieces) sortEqualKeys() {
	for lo := 0; lo < len(p.entries); {
		hi := lo + 1
		for hi < len(p.entries) && p.entries[hi].key == p.entries[lo].key {
			hi++
		}
		if hi-lo > 1 {
			slices.SortFunc(p.entries[lo:hi], func(a, b entry) int {
				return bytes.Compare(p.at(a.id), p.at(b.id))
			})
		}
		lo = hi
	}
}
