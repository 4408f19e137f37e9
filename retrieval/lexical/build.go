package lexical

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"rapporteur/analysis"
	"rapporteur/qa"
	"rapporteur/retrieval/timeline"
)

// builder gathers versions into a segment.
type builder struct {
	analyzers map[string]*analysis.Analyzer
	tokens    []analysis.Token
	chunks    []qa.ChunkID
	first     []uint32
	states    []*timeline.State
	field     [fields]fieldBuilder
	acronyms  []acronym
}

func newBuilder() *builder { return &builder{analyzers: map[string]*analysis.Analyzer{}} }

func (b *builder) analyze(text, language string) []analysis.Token {
	a := b.analyzers[language]
	if a == nil {
		a = analysis.New(language)
		b.analyzers[language] = a
	}
	b.tokens = a.Append(b.tokens[:0], text)
	return b.tokens
}

// add takes in a version with its chunks.
func (b *builder) add(s *timeline.State, documentTitle string, chunks []qa.Chunk) {
	b.states = append(b.states, s)
	b.first = append(b.first, uint32(len(b.chunks)))
	b.field[title].addPlace(b.analyze(documentTitle, s.Language), s.Language)
	for _, c := range chunks {
		b.chunks = append(b.chunks, c.ID)
		b.field[body].addPlace(b.analyze(c.Text, s.Language), s.Language)
		b.learn(c.Text)
		if c.Header != "" {
			b.field[body].extend(b.analyze(c.Header, s.Language), s.Language)
		}
		b.field[heading].addPlace(b.analyze(strings.Join(c.Section, "\n"), s.Language), s.Language)
	}
}

// learn keeps the acronyms that a text of the last version defines; its words were just analysed.
func (b *builder) learn(text string) {
	for _, a := range defined(text, b.tokens) {
		if len(b.acronyms) < heldAcronyms {
			a.version = uint32(len(b.states) - 1)
			b.acronyms = append(b.acronyms, a)
		}
	}
}

// addSegment takes in what is still held of a segment; the words are not analysed again.
func (b *builder) addSegment(v view) {
	moved := make([]int32, len(v.chunks)) // new place of each chunk, -1 where the version is gone
	movedVersion := make([]int32, len(v.States))
	for i, s := range v.States {
		place := int32(len(b.chunks)) - int32(v.first[i])
		movedVersion[i] = int32(len(b.states))
		if s.Removed() {
			movedVersion[i] = -1
		} else {
			b.states = append(b.states, s)
			b.first = append(b.first, uint32(len(b.chunks)))
			b.chunks = append(b.chunks, v.chunks[v.first[i]:v.first[i+1]]...)
		}
		for c := v.first[i]; c < v.first[i+1]; c++ {
			if moved[c] = int32(c) + place; s.Removed() {
				moved[c] = -1
			}
		}
	}
	b.field[body].addField(&v.field[body], moved)
	b.field[heading].addField(&v.field[heading], moved)
	b.field[title].addField(&v.field[title], movedVersion)
	for _, a := range v.acronyms.byShort {
		if to := movedVersion[a.version]; to >= 0 {
			a.version = uint32(to)
			b.acronyms = append(b.acronyms, a)
		}
	}
}

// segment ends the building. The builder is not used afterwards.
func (b *builder) segment() *segment {
	s := &segment{chunks: b.chunks, first: append(b.first, uint32(len(b.chunks))), acronyms: newAcronyms(b.acronyms)}
	for i := range b.field {
		s.field[i] = b.field[i].field()
	}
	return s
}

// view ends the building with the segment in its first state.
func (b *builder) view() view {
	return view{segment: b.segment(), List: timeline.List{States: b.states}}
}

// word is a form of a stem.
type word struct{ stem, exact string }

// fieldBuilder gathers postings in order of their place.
type fieldBuilder struct {
	ids    map[word]uint32
	known  map[string][]uint32 // by language, then by analysis.Token.ID: the word's id + 1
	words  []word
	last   []int32 // of each word, its last posting; -1 when none
	form   []uint32
	place  []uint32
	times  []uint8
	length []uint16
}

func (f *fieldBuilder) id(w word) uint32 {
	if id, ok := f.ids[w]; ok {
		return id
	}
	if f.ids == nil {
		f.ids = map[word]uint32{}
	}
	id := uint32(len(f.words))
	f.ids[w] = id
	f.words = append(f.words, w)
	f.last = append(f.last, -1)
	return id
}

// addPlace takes in the words of the next place. Its length leaves out stopwords and the joined
// forms of compounds, which would make a text look longer than it is.
func (f *fieldBuilder) addPlace(tokens []analysis.Token, language string) {
	f.length = append(f.length, 0)
	f.extend(tokens, language)
}

// extend takes in more words of the last place.
func (f *fieldBuilder) extend(tokens []analysis.Token, language string) {
	last := len(f.length) - 1
	place, length := uint32(last), int(f.length[last])
	known := f.known[language]
	for i := range tokens {
		t := &tokens[i]
		if !t.Joined && !t.Stop {
			length++
		}
		if t.ID >= len(known) {
			known = append(known, make([]uint32, t.ID+1-len(known))...)
		}
		if known[t.ID] == 0 {
			known[t.ID] = 1 + f.id(word{t.Stem, t.Exact})
		}
		id := known[t.ID] - 1
		if p := f.last[id]; p >= 0 && f.place[p] == place {
			f.times[p] = addTimes(f.times[p], 1)
			continue
		}
		f.post(id, place, 1)
	}
	if f.known == nil {
		f.known = map[string][]uint32{}
	}
	f.known[language] = known
	f.length[last] = uint16(min(length, math.MaxUint16))
}

func (f *fieldBuilder) post(id, place uint32, times uint8) {
	f.last[id] = int32(len(f.place))
	f.form = append(f.form, id)
	f.place = append(f.place, place)
	f.times = append(f.times, times)
}

func addTimes(a, b uint8) uint8 { return uint8(min(int(a)+int(b), math.MaxUint8)) }

// addField takes in the postings of a finished field at their new places.
func (f *fieldBuilder) addField(from *field, moved []int32) {
	for place, to := range moved {
		if to >= 0 {
			f.length = append(f.length, from.length[place])
		}
	}
	var ids []uint32
	for i := range from.stems.len() {
		ids = ids[:0]
		stem := from.stems.at(i)
		for j := from.form[i]; j < from.form[i+1]; j++ {
			ids = append(ids, f.id(word{stem, from.forms.at(int(j))}))
		}
		for p := from.posting[i]; p < from.posting[i+1]; p++ {
			if to := moved[from.place[p]]; to >= 0 {
				f.post(ids[from.variant[p]], uint32(to), from.times[p])
			}
		}
	}
}

// field sorts what was gathered by stem, then place; within a place the forms keep any order.
func (f *fieldBuilder) field() field {
	out := field{length: slices.Clip(f.length)}
	for _, n := range f.length {
		out.words += int(n)
	}
	stemOf, variant := f.dictionary(&out)
	starts := make([]uint32, out.stems.len()+1)
	for _, id := range f.form {
		starts[stemOf[id]+1]++
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	out.posting = slices.Clone(starts)
	out.count = make([]uint32, out.stems.len())
	out.place = make([]uint32, len(f.place))
	out.variant = make([]uint8, len(f.place))
	out.times = make([]uint8, len(f.place))
	for p, id := range f.form {
		i := stemOf[id]
		to := starts[i]
		starts[i]++
		out.place[to], out.variant[to], out.times[to] = f.place[p], variant[id], f.times[p]
		if to == out.posting[i] || out.place[to-1] != f.place[p] {
			out.count[i]++
		}
	}
	return out
}

// dictionary writes the stems and forms of out, and gives each word's stem and the number of its form.
func (f *fieldBuilder) dictionary(out *field) (stemOf []uint32, variant []uint8) {
	order := make([]uint32, 0, len(f.words))
	for id := range f.words {
		if f.last[id] >= 0 {
			order = append(order, uint32(id))
		}
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(f.words[a].stem, f.words[b].stem), cmp.Compare(f.words[a].exact, f.words[b].exact))
	})
	stemOf, variant = make([]uint32, len(f.words)), make([]uint8, len(f.words))
	var stems, forms strings.Builder
	for i, id := range order {
		w := f.words[id]
		if i == 0 || w.stem != f.words[order[i-1]].stem {
			stems.WriteString(w.stem)
			out.stems.end = append(out.stems.end, uint32(stems.Len()))
			out.form = append(out.form, uint32(i))
		}
		forms.WriteString(w.exact)
		out.forms.end = append(out.forms.end, uint32(forms.Len()))
		stem := len(out.form) - 1
		stemOf[id] = uint32(stem)
		variant[id] = uint8(min(i-int(out.form[stem]), otherForm))
	}
	out.form = append(out.form, uint32(len(order)))
	out.stems.text, out.forms.text = stems.String(), forms.String()
	out.sketches = newSketches(out.forms)
	return stemOf, variant
}
