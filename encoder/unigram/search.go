package unigram

import (
	"bytes"
	"strings"
)

// search finds the best ways to all places that can be reached from a place before last, and gives the tokens
// of those stretches that are settled.
func (w *window) search(t *Tokenizer, s *sink, last int) {
	for w.at < last {
		next := w.at + charSize(w.norm[w.at])
		w.extend(t, next)
		w.at = next
		switch {
		case w.reach == next:
			// No piece crosses this place: every way leads through it, and what lies before it is settled.
			w.cut(t, s, next)
		case next-w.start >= maxStretch:
			// Pieces overlap without end, as in one letter repeated a million times. To bound the memory the text
			// is cut here; at most one piece for each maxStretch bytes is another than it would have been.
			for i := next + 1; i <= w.reach; i++ {
				w.arcs[i].from = unreached
			}
			w.reach = next
			w.cut(t, s, next)
		}
	}
}

// extend follows all pieces that begin at the place at work, where a character ends at next.
func (w *window) extend(t *Tokenizer, next int) {
	from, norm := w.at, w.norm[:w.solid]
	base, single := t.trie.root, false
	for i := from; i < len(norm); {
		c := uint32(norm[i])
		u := t.trie.units[base+c]
		if u.label() != c+1 {
			break
		}
		i++
		id := u.id()
		if u.tail() {
			rest := t.trie.pieces.at(uint32(id))[i-from:]
			if bytes.HasPrefix(norm[i:], rest) {
				i += len(rest)
				w.offer(i, id, t.scores[id])
				single = single || i == next
			}
			break
		}
		if id >= 0 {
			w.offer(i, id, t.scores[id])
			single = single || i == next
		}
		base = u.base()
	}
	if !single {
		w.offer(next, t.unknown, t.penalty)
	}
}

// offer proposes a piece from the place at work to another. Of equal ways the first stays (sentencepiece).
func (w *window) offer(to int, id int32, score float32) {
	score += w.arcs[w.at].score
	if a := &w.arcs[to]; a.from == unreached || score > a.score {
		*a = arc{score: score, id: id, from: int32(w.at)}
		w.reach = max(w.reach, to)
	}
}

// cut gives the tokens up to a place, which all go on from.
func (w *window) cut(t *Tokenizer, s *sink, end int) {
	w.path = w.path[:0]
	for i := int32(end); int(i) > w.start; i = w.arcs[i].from {
		w.path = append(w.path, i)
	}
	start := w.start
	for i := len(w.path) - 1; i >= 0; i-- {
		place := int(w.path[i])
		id := w.arcs[place].id
		s.add(Token{ID: id, Start: w.orig[start], End: w.orig[place]}, id == t.unknown)
		start = place
	}
	w.start = end
	w.arcs[end].score = 0
}

// shift drops what is settled from the window.
func (w *window) shift() {
	n := w.start
	if n == 0 {
		return
	}
	w.norm = append(w.norm[:0], w.norm[n:]...)
	w.orig = append(w.orig[:0], w.orig[n:]...)
	w.arcs = append(w.arcs[:0], w.arcs[n:]...)
	for i := range w.arcs {
		if w.arcs[i].from != unreached {
			w.arcs[i].from -= int32(n)
		}
	}
	w.solid -= n
	w.at -= n
	w.reach -= n
	w.start = 0
}

// charSize is the length of a UTF-8 character by its first byte.
func charSize(first byte) int {
	switch {
	case first < 0x80:
		return 1
	case first < 0xe0:
		return 2
	case first < 0xf0:
		return 3
	}
	return 4
}

// userPrefix is the length of the longest piece defined by users that a text starts with, 0 where there is none:
// such a piece is not normalised (sentencepiece). One with a space is found after normalisation only.
func (t *Tokenizer) userPrefix(text string) int {
	if t.userDefined == nil {
		return 0
	}
	longest, base := 0, t.trie.root
	for i := 0; i < len(text); {
		u := t.trie.units[base+uint32(text[i])]
		if text[i] == ' ' || u.label() != uint32(text[i])+1 {
			break
		}
		i++
		id := u.id()
		if u.tail() {
			rest := string(t.trie.pieces.at(uint32(id))[i:])
			if t.userDefined[id] && strings.IndexByte(rest, ' ') < 0 && strings.HasPrefix(text[i:], rest) {
				longest = i + len(rest)
			}
			break
		}
		if id >= 0 && t.userDefined[id] {
			longest = i
		}
		base = u.base()
	}
	return longest
}
