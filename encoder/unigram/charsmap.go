package unigram

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// charsMap is the precompiled character map of sentencepiece: rules that replace a few bytes of a text. It is a
// 32-bit size, a double-array trie of the keys of that many bytes (darts-clone, XOR addressing), and the
// replacements, each ended by a zero byte. The longest key at a place of the text wins.
type charsMap struct {
	units []rule
	texts string
	plain [128]bool // the character is no key, nor the start of one that goes on with another ASCII character
}

// Bounds that keep the time per byte of text bounded too. The longest key of nmt_nfkc has 12 bytes, its longest
// replacement 33.
const (
	maxKey         = 256
	maxReplacement = 256
)

// rule is a unit of the trie: the label in the 8 low bits, or a value in all but the uppermost one, which tells
// the two apart; bit 8 says that a key ends here; the rest is the offset to the children.
type rule uint32

func (u rule) label() uint32 { return uint32(u) & (1<<31 | 0xff) }
func (u rule) ends() bool    { return u>>8&1 == 1 }
func (u rule) value() uint32 { return uint32(u) &^ (1 << 31) }
func (u rule) offset() uint32 {
	return uint32(u) >> 10 << (uint32(u) & (1 << 9) >> 6)
}

// newCharsMap reads and checks a map; none at all leaves texts as they are.
func newCharsMap(data []byte) (*charsMap, error) {
	m := &charsMap{}
	if len(data) > 0 {
		if err := m.read(data); err != nil {
			return nil, err
		}
	}
	for c := range m.plain {
		m.plain[c] = c != ' ' && m.isPlain(byte(c))
	}
	return m, nil
}

func (m *charsMap) read(data []byte) error {
	if len(data) < 4 {
		return fault(keyCharsMap, "%d bytes", len(data))
	}
	size := uint64(binary.LittleEndian.Uint32(data))
	data = data[4:]
	switch {
	case size >= uint64(len(data)):
		return fault(keyCharsMap, "cut short: a trie of %d bytes in %d", size, len(data))
	case size == 0 || size%4 != 0:
		return fault(keyCharsMap, "a trie of %d bytes", size)
	case data[len(data)-1] != 0:
		return fault(keyCharsMap, "cut short: the last replacement has no end")
	}
	m.texts = string(data[size:])
	m.units = make([]rule, size/4)
	for i := range m.units {
		m.units[i] = rule(binary.LittleEndian.Uint32(data[4*i:]))
	}
	w := newWalk(m)
	_, err := w.height(m.units[0].offset(), 0)
	return err
}

// walk visits each node below the root once. The units that can be children of a base are found by their label:
// the list of base b starts at first[b] and goes on by next, both one too large so that 0 ends it.
type walk struct {
	*charsMap
	first, next []uint32
	heights     []uint16 // by base: 0 not seen, maxHeight+1 being visited, else the height plus one
}

func newWalk(m *charsMap) *walk {
	n := len(m.units)
	w := &walk{charsMap: m, first: make([]uint32, n), next: make([]uint32, n), heights: make([]uint16, n)}
	for i, u := range m.units {
		base := uint32(i) ^ u.label()
		if base < uint32(n) {
			w.next[i] = w.first[base]
			w.first[base] = uint32(i) + 1
		}
	}
	return w
}

// visiting marks a base that is on the way from the root to the one at work.
const visiting = maxKey + 2

// height checks all that is below a base and gives the length of the longest key from there.
func (w *walk) height(base, depth uint32) (uint32, error) {
	if base >= uint32(len(w.units)) {
		return 0, fault(keyCharsMap, "a unit leads to %d of %d", base, len(w.units))
	}
	switch seen := w.heights[base]; {
	case seen == visiting || depth > maxKey:
		return 0, fault(keyCharsMap, "a cycle at unit %d, or a key of more than %d bytes", base, maxKey)
	case seen > 0:
		return uint32(seen) - 1, nil
	}
	w.heights[base] = visiting
	highest := uint32(0)
	for i := w.first[base]; i > 0; i = w.next[i-1] {
		u := w.units[i-1]
		below := (i - 1) ^ u.offset()
		if u.ends() {
			if err := w.checkValue(below); err != nil {
				return 0, err
			}
		}
		h, err := w.height(below, depth+1)
		if err != nil {
			return 0, err
		}
		highest = max(highest, h+1)
	}
	if depth+highest > maxKey {
		return 0, fault(keyCharsMap, "a key of more than %d bytes", maxKey)
	}
	w.heights[base] = uint16(highest) + 1
	return highest, nil
}

// checkValue looks at the replacement that a key leads to.
func (w *walk) checkValue(at uint32) error {
	if at >= uint32(len(w.units)) {
		return fault(keyCharsMap, "a value at unit %d of %d", at, len(w.units))
	}
	start := w.units[at].value()
	if start >= uint32(len(w.texts)) {
		return fault(keyCharsMap, "a replacement at %d of %d bytes", start, len(w.texts))
	}
	end := strings.IndexByte(w.texts[start:min(uint64(start)+maxReplacement+1, uint64(len(w.texts)))], 0)
	if end < 0 {
		return fault(keyCharsMap, "a replacement of more than %d bytes", maxReplacement)
	}
	if !utf8.ValidString(w.texts[start : start+uint32(end)]) {
		return fault(keyCharsMap, "the replacement at %d is not UTF-8", start)
	}
	return nil
}

// child follows one byte from a base.
func (m *charsMap) child(base uint32, c byte) (rule, uint32, bool) {
	at := base ^ uint32(c)
	if at >= uint32(len(m.units)) || m.units[at].label() != uint32(c) {
		return 0, 0, false
	}
	return m.units[at], at ^ m.units[at].offset(), true
}

// replace gives the replacement for the longest key that the text starts with, and the length of that key, 0
// where there is none.
func (m *charsMap) replace(text string) (replacement string, size int) {
	if len(m.units) == 0 {
		return "", 0
	}
	base, value := m.units[0].offset(), uint32(0)
	for i := range len(text) {
		u, below, ok := m.child(base, text[i])
		if !ok {
			break
		}
		if u.ends() {
			value, size = m.units[below].value(), i+1
		}
		base = below
	}
	if size == 0 {
		return "", 0
	}
	rest := m.texts[value:]
	return rest[:strings.IndexByte(rest, 0)], size
}

// isPlain tells whether an ASCII character stays as it is when another one, or nothing, follows.
func (m *charsMap) isPlain(c byte) bool {
	if len(m.units) == 0 {
		return true
	}
	u, below, ok := m.child(m.units[0].offset(), c)
	if !ok {
		return true
	}
	if u.ends() {
		return false
	}
	for next := range byte(utf8.RuneSelf) {
		if _, _, ok := m.child(below, next); ok {
			return false
		}
	}
	return true
}
