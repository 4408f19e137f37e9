// Package proof decides whether sentences of documents prove a sentence that a language model wrote. It reads words,
// numbers with what they count, names, negations and who does what to whom; it knows no model and asks none.
//
// A sentence passes when what it commits to stands in its proof: every number with its unit, every name, as many
// negations, no word that says the contrary, the order of who and whom, and most of its other words, in their
// own or another form. What cannot be decided so does not pass.
package proof

import (
	"cmp"
	"slices"
	"strings"

	"rapporteur/qa"
)

// Statement is a sentence, an item of a list or a row of a table of a document, offered as proof.
type Statement struct {
	Passage int    // which passage it stands in; the caller's own number
	Text    string // exact text of the document
	// Context is text that is read with it and is no proof alone: titles over it, the header of its table, the
	// lead-in of its list, the sentence before.
	Context string
}

// Failure says why a sentence did not pass, "" when it did.
type Failure string

// The reasons for which a sentence does not pass.
const (
	NotSaid       Failure = "not_said"       // most of its words stand in no statement
	OtherNumber   Failure = "other_number"   // a number, a date or a code is not in the proof, or counts something else there
	OtherName     Failure = "other_name"     // a name is not in the proof
	Denial        Failure = "denial"         // it denies what the proof says, or says what the proof denies
	Contrary      Failure = "contrary"       // it says the contrary by another word
	Strengthened  Failure = "strengthened"   // it says « only », « always », « at least » and the proof does not
	OtherRelation Failure = "other_relation" // who does what to whom is another
	Address       Failure = "address"        // it holds a link or markup, or an address that the proof does not
	Empty         Failure = "empty"          // it says nothing that could be proved
)

// Finding is what an examination gives: which statements prove the sentence, in the order in which they do it.
type Finding struct {
	Verdict    qa.SentenceVerdict
	Statements []int // of those given to New
	Failure    Failure
}

// How much of a sentence must stand in its proof.
const (
	supportedShare = 0.85 // of the content words, for « supported »
	partlyShare    = 0.7  // … for « partly »
	joinedShare    = 0.85 // … for any verdict, when several statements prove it together
	firstShare     = 0.5  // … in the first of several statements
	sameShare      = 0.5  // … as they are, or in another form of the same stem
	looseShare     = 0.8  // of a word for which another one stands
	aboveShare     = 0.5  // of a word that only the context of a statement holds
	fewestWords    = 2    // content words, names and numbers that a sentence has at least
	mostStatements = 3    // that prove one sentence together
	seeds          = 4    // statements tried first
	restatedShare  = 0.7  // … in one statement, for the sentence to be another form of it
	boundShare     = 0.5  // of the words beside a number or a name that stand in the statement which holds it
)

// Examiner holds the statements of some passages, read once. It is not safe for concurrent use.
type Examiner struct {
	statements []Statement
	read       []prepared
	reader     *reader
}

// prepared is a statement as it is compared.
type prepared struct {
	sentence
	context sentence
	stems   map[string]bool
	exacts  map[string]bool
	groups  map[int]bool
	above   map[string]bool // stems and exact forms of the context
}

// New reads statements in a language, "fr" or "en".
func New(statements []Statement, language string) *Examiner {
	e := &Examiner{statements: statements, reader: newReader(language)}
	for _, s := range statements {
		p := prepared{sentence: e.reader.read(s.Text), context: e.reader.read(s.Context),
			stems: map[string]bool{}, exacts: map[string]bool{}, groups: map[int]bool{}, above: map[string]bool{}}
		for _, w := range p.words {
			p.stems[w.stem], p.exacts[w.exact] = true, true
			for _, g := range synonyms()[w.stem] {
				p.groups[g] = true
			}
		}
		for _, w := range p.context.words {
			p.above[w.stem], p.above[w.exact] = true, true
		}
		e.read = append(e.read, p)
	}
	return e
}

// Examine looks for proof of a sentence in the statements of the passages named first, then in all others. The
// sentence is plain text, without marks of citations.
func (e *Examiner) Examine(text string, passages []int) Finding {
	if n, ok := e.verbatim(text, passages); ok && !links.MatchString(text) {
		return Finding{Verdict: qa.SentenceSupported, Statements: []int{n}}
	}
	s := e.reader.read(text)
	if substance(s) < fewestWords {
		return Finding{Verdict: qa.SentenceUnsupported, Failure: Empty}
	}
	best := attempt{Finding: Finding{Verdict: qa.SentenceUnsupported, Failure: NotSaid}, share: -1}
	for _, pool := range e.pools(passages) {
		contradicted := 0.0 // of the words as they stand, in the nearest statement that says something else
		for _, seed := range e.seeds(s, pool) {
			c := comparison{e: e, s: s, chosen: []int{seed}}
			near := c.likeness()
			if near < contradicted {
				continue
			}
			restates := c.share() >= restatedShare
			if !restates && contradicted == 0 {
				c.chosen = e.grow(s, seed, pool)
			}
			try := c.attempt()
			if restates && try.Failure != "" {
				contradicted = max(contradicted, near)
			}
			if try.better(best) {
				best = try
			}
			if best.Verdict == qa.SentenceSupported {
				return best.Finding
			}
		}
		if best.Failure == "" || contradicted > 0 {
			return best.Finding
		}
	}
	return best.Finding
}

// attempt is a finding, and how much of the sentence its statements hold.
type attempt struct {
	Finding
	share float64
}

func (c comparison) attempt() attempt {
	a := attempt{share: c.share()}
	switch a.Failure = c.failure(a.share); {
	case a.Failure != "":
		a.Verdict = qa.SentenceUnsupported
	case a.share < supportedShare:
		a.Verdict, a.Statements = qa.SentencePartly, c.chosen
	default:
		a.Verdict, a.Statements = qa.SentenceSupported, c.chosen
	}
	return a
}

// better prefers what passes, then what holds more of the sentence.
func (a attempt) better(b attempt) bool {
	if (a.Failure == "") != (b.Failure == "") {
		return a.Failure == ""
	}
	return a.share > b.share
}

// verbatim finds the statement that a sentence repeats letter for letter, spaces apart.
func (e *Examiner) verbatim(text string, passages []int) (int, bool) {
	flat := flatten(text)
	if len(flat) < 20 {
		return 0, false
	}
	found := -1
	for n, s := range e.statements {
		if flatten(s.Text) == flat {
			if slices.Contains(passages, s.Passage) {
				return n, true
			}
			found = n
		}
	}
	return found, found >= 0
}

func flatten(s string) string {
	return strings.TrimRight(strings.Join(strings.Fields(strings.NewReplacer("’", "'", "\u00a0", " ", "\u202f", " ").Replace(s)), " "), ".!?…;: ")
}

// substance counts what a sentence commits to.
func substance(s sentence) int {
	words, hard := 0, 0
	for _, w := range s.words {
		switch {
		case w.number || w.name:
			hard++
		case w.content:
			words++
		}
	}
	if words == 0 {
		return min(hard, 1) // a name or a code alone says nothing
	}
	return words + hard
}

// pools are the statements of the passages named, then all.
func (e *Examiner) pools(passages []int) [][]int {
	var first, all []int
	for n, s := range e.statements {
		all = append(all, n)
		if slices.Contains(passages, s.Passage) {
			first = append(first, n)
		}
	}
	if len(first) == 0 || len(first) == len(all) {
		return [][]int{all}
	}
	return [][]int{first, all}
}

// seeds are the statements of a pool that hold most of a sentence, best first.
func (e *Examiner) seeds(s sentence, pool []int) []int {
	type ranked struct {
		n      int
		weight float64
	}
	var all []ranked
	for _, n := range pool {
		if weight := e.weight(s, n); weight > 0 {
			all = append(all, ranked{n, weight})
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(b.weight, a.weight) })
	var out []int
	for _, r := range all[:min(len(all), seeds)] {
		out = append(out, r.n)
	}
	return out
}

// weight is how much of a sentence one statement holds, a little less for a longer one.
func (e *Examiner) weight(s sentence, n int) float64 {
	p, sum := &e.read[n], 0.0
	for _, w := range s.words {
		switch {
		case w.number || w.name:
			if p.exacts[w.exact] {
				sum += 2
			}
		case w.content && p.says(w):
			sum++
		}
	}
	return sum - 0.01*float64(len(p.words))
}

// grow adds to a statement those of its pool that hold what it lacks: a number, a name, or two words.
func (e *Examiner) grow(s sentence, seed int, pool []int) []int {
	chosen := []int{seed}
	for len(chosen) < mostStatements {
		best, gain := -1, 1
		for _, n := range pool {
			if slices.Contains(chosen, n) {
				continue
			}
			if g := e.gain(s, n, chosen); g > gain {
				best, gain = n, g
			}
		}
		if best < 0 {
			break
		}
		chosen = append(chosen, best)
	}
	return chosen
}

func (e *Examiner) gain(s sentence, n int, chosen []int) int {
	gain := 0
	for _, w := range s.words {
		hard := w.number || w.name
		if !hard && !w.content {
			continue
		}
		has := func(n int) bool {
			p := &e.read[n]
			if w.number {
				return p.exacts[w.exact]
			}
			return p.says(w)
		}
		if !slices.ContainsFunc(chosen, has) && has(n) {
			gain++
			if hard {
				gain++
			}
		}
	}
	return gain
}

// says reports whether a statement holds a word in one of its forms, or another word for it.
func (p *prepared) says(w word) bool {
	if p.exacts[w.exact] || p.stems[w.stem] {
		return true
	}
	if w.name || w.number {
		return false
	}
	for _, g := range synonyms()[w.stem] {
		if p.groups[g] {
			return true
		}
	}
	return slices.ContainsFunc(p.words, func(o word) bool { return o.content && akin(w.exact, o.exact) })
}

// akin reports two words of one root: « déploiement » and « déployer », « finance » and « financement ».
func akin(a, b string) bool {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	long := max(len(a), len(b))
	return n >= 5 && (2*n >= long+2 || n >= 7)
}
