package unigram

import (
	"strings"
	"unicode/utf8"
)

// Sizes of the window, in bytes of normalised text.
const (
	windowFill = 4 << 10  // so much is normalised before it is searched
	windowKeep = 32 << 10 // a larger window is not kept for the next text
	maxStretch = 64 << 10 // see cut
)

// maxIdle is how many windows are kept for the next texts, about 200 KB each.
const maxIdle = 8

// window is the part of a text that is at work: normalised, with the place in the source of each byte, and for
// each place the best way to reach it.
type window struct {
	norm  []byte
	orig  []int // of each byte of norm
	arcs  []arc // of each place between bytes of norm
	path  []int32
	solid int // places up to here are not followed by spaces only
	start int // where the tokens that are not given yet begin
	at    int // the place that is searched from next
	reach int // the furthest place that a piece ends at

	text      string
	read      int // bytes of text that are normalised
	prevSpace bool
}

// arc is the best way to a place: the piece that ends there, where it begins, and the score of all from the start
// of the stretch.
type arc struct {
	score float32
	id    int32
	from  int32
}

// unreached marks a place that no piece ends at.
const unreached = -1

// run gives the tokens of a text to the sink.
func (t *Tokenizer) run(s *sink, text string) {
	w := t.take()
	defer t.give(w)
	if !w.open(t, text) {
		return
	}
	for more := true; more && !s.done(); {
		more = w.fill(t)
		last := w.solid
		if more {
			last -= t.lookahead + 1
		}
		w.search(t, s, last)
		w.shift()
	}
}

// take gives a window that no other text is at work in.
func (t *Tokenizer) take() *window {
	select {
	case w := <-t.idle:
		return w
	default:
		return new(window)
	}
}

// give hands a window back.
func (t *Tokenizer) give(w *window) {
	w.text = ""
	if cap(w.norm) > windowKeep {
		return
	}
	select {
	case t.idle <- w:
	default:
	}
}

// open starts a text. It is false where nothing of it is left but spaces.
func (w *window) open(t *Tokenizer, text string) bool {
	*w = window{
		norm: w.norm[:0], orig: w.orig[:0], arcs: append(w.arcs[:0], arc{}), path: w.path[:0],
		text: text, prevSpace: t.trim,
	}
	for t.trim && w.read < len(text) {
		chars, size := t.normal(text[w.read:])
		if chars != " " {
			break
		}
		w.read += size
	}
	if w.read == len(text) {
		return false
	}
	if t.spacePrefix {
		w.push(t, ' ', w.read)
	}
	return true
}

// push adds a byte that comes from a place of the source.
func (w *window) push(t *Tokenizer, c byte, from int) {
	w.norm = append(w.norm, c)
	w.orig = append(w.orig, from)
	if c != ' ' || !t.trim {
		w.solid = len(w.norm)
	}
}

// fill normalises the next part of the text. It is false when it has reached the end.
func (w *window) fill(t *Tokenizer) (more bool) {
	for target := w.solid + windowFill; w.solid < target && w.read < len(w.text); {
		c := w.text[w.read]
		if c < utf8.RuneSelf && t.rules.plain[c] && t.userDefined == nil &&
			(w.read+1 == len(w.text) || w.text[w.read+1] < utf8.RuneSelf) {
			w.norm = append(w.norm, c)
			w.orig = append(w.orig, w.read)
			w.solid = len(w.norm)
			w.prevSpace = false
			w.read++
			continue
		}
		w.fillChar(t)
	}
	more = w.read < len(w.text)
	if !more {
		// The place of the end: where the spaces at the end begin, or the end of the text.
		w.orig = append(w.orig, len(w.text))
	}
	for len(w.arcs) <= len(w.norm) {
		w.arcs = append(w.arcs, arc{from: unreached})
	}
	return more
}

// fillChar normalises what the text goes on with: a key of the character map, or one character.
func (w *window) fillChar(t *Tokenizer) {
	chars, size := t.normal(w.text[w.read:])
	for w.prevSpace && len(chars) > 0 && chars[0] == ' ' {
		chars = chars[1:]
	}
	if n := len(chars); n > 0 {
		w.prevSpace = t.trim && chars[n-1] == ' '
	}
	for len(chars) > 0 {
		c, n := chars[0], 1
		if strings.HasPrefix(chars, spaceSymbol) {
			c, n = ' ', len(spaceSymbol)
		}
		w.push(t, c, w.read)
		chars = chars[n:]
	}
	w.read += size
}

// replacementChar stands for a byte that is not part of a UTF-8 character.
const replacementChar = "\uFFFD"

// normal gives what the start of a text, which is not empty, becomes and how many bytes of the text that is.
func (t *Tokenizer) normal(text string) (chars string, size int) {
	if n := t.userPrefix(text); n > 0 {
		return text[:n], n
	}
	if chars, size = t.rules.replace(text); size > 0 {
		return chars, size
	}
	r, size := utf8.DecodeRuneInString(text)
	if r == utf8.RuneError && size == 1 {
		return replacementChar, 1
	}
	return text[:size], size
}
