package main

import (
	"strconv"
	"strings"
)

// style is how a text is set: its column, the size of its letters in points, face "" or "B".
type style struct {
	x, width, size float64
	face           string
	ink            [3]int
	justify        bool
}

// leading is the distance of two lines in millimetres: 1.42 times the size of the letters.
func (st style) leading() float64 { return st.size * 0.3528 * 1.42 }

// piece is a part of a word in one face, in the encoding of the fonts; a footnote's number has note.
type piece struct {
	text, face string
	note       int
	width      float64
}

// word is what stands between two spaces where a line may end.
type word struct {
	pieces []piece
	width  float64
}

// line is a set line; last says that it ends its paragraph and is not to be widened.
type line struct {
	words []word
	width float64 // of the words alone
	last  bool
}

func (s *sheet) notesOf(l line) (numbers []int, height float64) {
	for _, w := range l.words {
		for _, p := range w.pieces {
			if p.note > 0 {
				numbers = append(numbers, p.note)
				height += s.noteHeight(p.note)
			}
		}
	}
	return numbers, height
}

// paragraph sets a text from the current place on, over the end of the page if need be.
func (s *sheet) paragraph(runs []run, st style) { s.paragraphSigned(runs, st, "") }

// paragraphSigned is a paragraph with a sign (a bullet, a number) at the left of its first line. Its
// first two lines stay together, and its last two.
func (s *sheet) paragraphSigned(runs []run, st style, sign string) {
	lines := s.lines(runs, st)
	for i, l := range lines {
		room := st.leading()
		if len(lines) > 1 && (i == 0 || i == len(lines)-2) {
			room *= 2
		}
		numbers, extra := s.notesOf(l)
		if len(s.notes) == 0 && extra > 0 {
			extra += 4
		}
		if s.y+room > s.bottom()-extra {
			s.newPage()
		}
		s.notes = append(s.notes, numbers...)
		s.notesHeight += extra
		if i == 0 && sign != "" {
			s.print(st.x-4, s.y+st.leading()*0.72, st, sign)
		}
		s.drawLine(l, st)
		s.y += st.leading()
	}
}

// drawLine writes a line whose top is at the current place.
func (s *sheet) drawLine(l line, st style) {
	base := s.y + st.leading()*0.72
	extra := 0.0
	space := s.measure(" ", st.face, st.size)
	if gaps := float64(len(l.words) - 1); st.justify && !l.last && gaps > 0 {
		extra = (st.width-l.width)/gaps - space
	}
	s.space(extra)
	x := st.x
	var pending strings.Builder
	face := ""
	flush := func() {
		if pending.Len() > 0 {
			text := pending.String()
			s.write(x, base, st, face, text)
			x += s.measure(text, face, st.size) + extra*float64(strings.Count(text, " "))
			pending.Reset()
		}
	}
	for i, w := range l.words {
		if i > 0 {
			pending.WriteByte(' ')
		}
		for _, p := range w.pieces {
			if p.note > 0 || p.face != face {
				flush()
				face = p.face
			}
			if p.note > 0 {
				small := st
				small.size = st.size * 0.65
				s.write(x, base-st.size*0.12, small, "", p.text)
				x += p.width
				continue
			}
			pending.WriteString(p.text)
		}
	}
	flush()
}

// write puts an encoded text at a baseline.
func (s *sheet) write(x, y float64, st style, face, text string) {
	if chosen := (font{face, st.size}); s.font != chosen {
		s.pdf.SetFont("Helvetica", face, st.size)
		s.font = chosen
	}
	s.pdf.SetTextColor(st.ink[0], st.ink[1], st.ink[2])
	s.pdf.Text(x, y, text)
}

// space widens the spaces of the texts to come, in millimetres.
func (s *sheet) space(extra float64) {
	if s.spacing != extra {
		s.pdf.SetWordSpacing(extra)
		s.spacing = extra
	}
}

func (s *sheet) measure(text, face string, size float64) float64 {
	s.ruler.SetFont("Helvetica", face, size)
	return s.ruler.GetStringWidth(text)
}

// lines breaks a text into lines of the style's width, cutting a word only where it has a soft hyphen.
func (s *sheet) lines(runs []run, st style) []line {
	var all []line
	current := line{}
	space := s.measure(" ", st.face, st.size)
	for _, w := range s.words(runs, st) {
		room := st.width - current.width - space*float64(len(current.words))
		shown := s.unhyphenated(w, st)
		if shown.width <= room || len(current.words) == 0 {
			current.words = append(current.words, shown)
			current.width += shown.width
			continue
		}
		head, tail, cut := s.cut(w, room, st)
		if cut {
			current.words = append(current.words, head)
			current.width += head.width
			shown = tail
		}
		all = append(all, current)
		current = line{words: []word{shown}, width: shown.width}
	}
	current.last = true
	return append(all, current)
}

// words splits runs at spaces; a footnote's number clings to the word before it.
func (s *sheet) words(runs []run, st style) []word {
	var all []word
	var current word
	end := func() {
		if len(current.pieces) > 0 {
			all = append(all, current)
		}
		current = word{}
	}
	add := func(p piece) {
		current.pieces = append(current.pieces, p)
		current.width += p.width
	}
	for _, r := range runs {
		if r.Note > 0 {
			number := strconv.Itoa(r.Note)
			add(piece{text: number, note: r.Note, width: s.measure(number, "", st.size*0.65)})
			continue
		}
		face := faceOf(r, st)
		for i, text := range strings.Split(r.Text, " ") {
			if i > 0 {
				end()
			}
			if text != "" {
				text = s.latin(text)
				add(piece{text: text, face: face, width: s.measure(text, face, st.size)})
			}
		}
	}
	end()
	return all
}

func faceOf(r run, st style) string {
	face := st.face
	if r.Bold && face == "" {
		face = "B"
	}
	if r.Italic {
		face += "I"
	}
	return face
}

const latinShy = "\xad" // the soft hyphen in the encoding of the fonts

// cut splits a word at its last soft hyphen whose left part fits in room.
func (s *sheet) cut(w word, room float64, st style) (head, tail word, ok bool) {
	if len(w.pieces) != 1 {
		return word{}, word{}, false
	}
	p := w.pieces[0]
	for at := strings.LastIndex(p.text, latinShy); at > 0; at = strings.LastIndex(p.text[:at], latinShy) {
		head = s.wordOf(p.text[:at]+"-", p.face, st)
		if head.width <= room {
			return head, s.wordOf(p.text[at+1:], p.face, st), true
		}
	}
	return word{}, word{}, false
}

// unhyphenated is the word as it shows when it is not cut.
func (s *sheet) unhyphenated(w word, st style) word {
	if len(w.pieces) == 1 && strings.Contains(w.pieces[0].text, latinShy) {
		return s.wordOf(w.pieces[0].text, w.pieces[0].face, st)
	}
	return w
}

func (s *sheet) wordOf(text, face string, st style) word {
	text = strings.ReplaceAll(text, latinShy, "")
	width := s.measure(text, face, st.size)
	return word{pieces: []piece{{text: text, face: face, width: width}}, width: width}
}
