package proof

import (
	"regexp"
	"slices"
	"strings"
)

// comparison is a sentence beside the statements that may prove it.
type comparison struct {
	e      *Examiner
	s      sentence
	chosen []int // the one that holds most of it first
}

func (c comparison) each(f func(p *prepared) bool) bool {
	return slices.ContainsFunc(c.chosen, func(n int) bool { return f(&c.e.read[n]) })
}

// first is the same beside the first statement alone.
func (c comparison) first() comparison { return comparison{e: c.e, s: c.s, chosen: c.chosen[:1]} }

// likeness is how many of the words, of any kind, stand in the first statement in the same form.
func (c comparison) likeness() float64 {
	p, held := &c.e.read[c.chosen[0]], 0
	for _, w := range c.s.words {
		if p.exacts[w.exact] {
			held++
		}
	}
	return float64(held) / float64(len(c.s.words))
}

// share is how many of the content words stand in the proof, other forms and other words for them and those that only
// its context holds counting less; 0 when fewer than half stand there as they are.
func (c comparison) share() float64 {
	all, same, loose, above := 0, 0, 0, 0
	for _, w := range c.s.words {
		if !w.content || w.name {
			continue
		}
		all++
		switch {
		case c.each(func(p *prepared) bool { return p.exacts[w.exact] || p.stems[w.stem] }):
			same++
		case c.each(func(p *prepared) bool { return p.says(w) }):
			loose++
		case c.each(func(p *prepared) bool { return p.above[w.exact] || p.above[w.stem] }):
			above++
		}
	}
	if all == 0 || float64(same) < sameShare*float64(all) {
		return 0
	}
	return (float64(same) + looseShare*float64(loose) + aboveShare*float64(min(above, same))) / float64(all)
}

// failure is the first thing that keeps the proof from proving, "" for none.
func (c comparison) failure(share float64) Failure {
	switch {
	case share < partlyShare, len(c.chosen) > 1 && (share < joinedShare || c.first().share() < firstShare):
		return NotSaid
	case c.foreignAddress():
		return Address
	case c.otherNumber():
		return OtherNumber
	case c.otherName():
		return OtherName
	case c.denies():
		return Denial
	case c.contrary():
		return Contrary
	case c.strengthened():
		return Strengthened
	case c.otherRelation():
		return OtherRelation
	}
	return ""
}

// links are what a reader could be led away by: they never pass, wherever they stand.
var links = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://|\bwww\.|!?\[[^\]]*\]\s*[(\[:]|<[a-z/!]|javascript:|data:[a-z]+/`)

// addresses are mail addresses and names of hosts: they pass where the proof holds them.
var addresses = regexp.MustCompile(`(?i)[\w.+-]+@[\w-]+\.\w+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:fr|com|org|net|eu|io|gouv|info|dev|invalid|test|example|ru|cn|de|uk)\b`)

func (c comparison) foreignAddress() bool {
	if links.MatchString(c.s.text) {
		return true
	}
	for _, a := range addresses.FindAllString(c.s.text, -1) {
		a = strings.ToLower(strings.TrimRight(a, ".,;:)»"))
		if !c.each(func(p *prepared) bool { return strings.Contains(strings.ToLower(p.text), a) }) {
			return true
		}
	}
	return false
}

// otherNumber reports a number that no statement holds for the same thing. A year may stand in a title, when the
// statement names none.
func (c comparison) otherNumber() bool {
	for i, w := range c.s.words {
		switch {
		case months[w.exact] && !c.each(func(p *prepared) bool { return p.exacts[w.exact] }):
			return true
		case !w.number:
			continue
		case c.each(func(p *prepared) bool { return p.counts(w) && c.beside(i, p) && c.s.times(w) <= p.times(w) }):
			continue
		case isYear(w.exact) && c.each(func(p *prepared) bool { return p.above[w.exact] && !p.namesYear() }):
			continue
		}
		return true
	}
	return false
}

func isYear(s string) bool {
	return len(s) == 4 && (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20")) && strings.Trim(s, "0123456789") == ""
}

func (p *prepared) namesYear() bool {
	return slices.ContainsFunc(p.words, func(w word) bool { return isYear(w.exact) })
}

// counts reports whether a statement holds the number w for the same unit.
func (p *prepared) counts(w word) bool {
	return slices.ContainsFunc(p.words, func(o word) bool {
		return o.number && o.exact == w.exact && o.unit.scale == w.unit.scale && (w.bound == "" || w.bound == o.bound) && p.sameUnit(w, o)
	})
}

// times is how often a number stands in a sentence.
func (s *sentence) times(w word) (n int) {
	for _, o := range s.words {
		if o.number && o.exact == w.exact {
			n++
		}
	}
	return n
}

// sameUnit compares what two equal numbers count. In a row of a table, the unit stands in the header.
func (p *prepared) sameUnit(w, o word) bool {
	switch {
	case isYear(w.exact) && w.unit.of != o.unit.of:
		return !isSymbol(w.unit.of) && !isSymbol(o.unit.of)
	case w.unit.of == o.unit.of && w.unit.of != "":
		return true
	case w.unit.of == "" && o.unit.of == "":
		return w.unit.label == "" || w.unit.label == o.unit.label || p.stems[w.unit.label] || p.above[w.unit.label]
	case o.unit.of == "":
		return p.stems[w.unit.of] || p.above[w.unit.of] || p.means(w.unit.of)
	case w.unit.of == "":
		return !isMeasure(o.unit.of)
	}
	if isMeasure(w.unit.of) || isMeasure(o.unit.of) {
		return false
	}
	return alike(w.unit.of, o.unit.of) || p.stems[w.unit.of]
}

func (p *prepared) means(stem string) bool {
	return slices.ContainsFunc(synonyms()[stem], func(g int) bool { return p.groups[g] })
}

// alike reports two stems of one group or of one root.
func alike(a, b string) bool {
	for _, g := range synonyms()[a] {
		if slices.Contains(synonyms()[b], g) {
			return true
		}
	}
	return akin(a, b)
}

func isSymbol(unit string) bool { return unit != "" && strings.ContainsAny(unit, "%‰€$£°") }

// isMeasure reports a unit that is no noun like another.
func isMeasure(unit string) bool {
	if isSymbol(unit) {
		return true
	}
	for _, u := range units {
		if u == unit {
			return true
		}
	}
	return false
}

// beside reports whether a statement also holds the words that stand beside word i in its clause: half of them, or
// of the whole sentence when the clause has less than two.
func (c comparison) beside(i int, p *prepared) bool {
	count := func(within func(word) bool) (all, held int) {
		for k, w := range c.s.words {
			if k == i || !w.content || w.name || !within(w) {
				continue
			}
			all++
			if p.says(w) || p.above[w.stem] || p.above[w.exact] {
				held++
			}
		}
		return all, held
	}
	all, held := count(func(w word) bool { return w.clause == c.s.words[i].clause })
	if all < 2 {
		all, held = count(func(word) bool { return true })
	}
	return float64(held) >= boundShare*float64(all)
}

// otherName reports a name that neither a statement nor its context holds.
func (c comparison) otherName() bool {
	for i, w := range c.s.words {
		switch {
		case w.name:
			held := c.each(func(p *prepared) bool { return (p.exacts[w.exact] || p.spells(w.exact)) && c.beside(i, p) })
			if !held && !c.each(func(p *prepared) bool { return p.above[w.exact] && !c.dropsName(p) }) {
				return true
			}
		case w.opening && !c.each(func(p *prepared) bool { return p.says(w) || p.above[w.exact] && !c.dropsName(p) }) && !c.opens(w):
			return true // « Lyon compte… » where the proof says « Marseille compte… »
		}
	}
	return false
}

// dropsName reports a name of the statement that the sentence leaves out: another may then stand in its place.
func (c comparison) dropsName(p *prepared) bool {
	return slices.ContainsFunc(p.words, func(w word) bool { return (w.name || w.opening) && !c.s.holds(w.exact) })
}

// spells reports an acronym that the words of a statement begin with, in order.
func (p *prepared) spells(acronym string) bool {
	if len(acronym) < 3 {
		return false
	}
	for i := range p.words {
		n := 0
		for _, w := range p.words[i:] {
			if n < len(acronym) && w.exact != "" && w.exact[0] == acronym[n] {
				n++
			} else if !functionWords[w.exact] {
				break
			}
			if n == len(acronym) {
				return true
			}
		}
	}
	return false
}

// opens reports a word that may begin a sentence without being a name: a participle, or an adverb before a comma.
func (c comparison) opens(w word) bool {
	adverb := strings.HasSuffix(w.exact, "ment") || strings.HasSuffix(w.exact, "ly")
	return connectors[w.exact] || participle[w.exact] || adverb && strings.HasPrefix(c.s.text[w.End:], ",")
}

var (
	participle = set(`crée créé créés fondé lancé publié situé installé établi adopté prévu doté chargé composé rattaché piloté porté`)
	connectors = set(`désormais aujourd'hui aujourd hui hier demain depuis cependant toutefois néanmoins parallèlement par ailleurs globalement
		résultat bilan synthèse conclusion précision exemple today currently moreover however overall thus hence`)
)

// denies compares the negations of a sentence with those of the clauses of its proof that it takes up.
func (c comparison) denies() bool {
	mine := 0
	for _, x := range c.s.clauses {
		mine += x.denials
	}
	theirs := 0
	for _, n := range c.chosen {
		p := &c.e.read[n]
		for k, x := range p.clauses {
			if x.denials > 0 && c.takesUp(p, k) {
				theirs += x.denials
			}
		}
	}
	return mine != theirs
}

// takesUp reports whether a sentence holds half of the content words of a clause.
func (c comparison) takesUp(p *prepared, clause int) bool {
	all, held := 0, 0
	for _, w := range p.words {
		if w.clause != clause || !w.content && !w.number {
			continue
		}
		all++
		if slices.ContainsFunc(c.s.words, func(o word) bool { return o.stem == w.stem || o.exact == w.exact || o.content && alike(o.stem, w.stem) }) {
			held++
		}
	}
	if all == 0 { // « s'il ne le fait pas »: nothing but function words, which then count
		for _, w := range p.words {
			if w.clause != clause || denials[w.exact] || w.exact == "ne" {
				continue
			}
			all++
			if c.s.holds(w.exact) {
				held++
			}
		}
	}
	return 2*held >= all
}

// prefixes make the contrary of a word.
var prefixes = []string{"in", "im", "ir", "il", "non", "de", "des", "dis", "mal", "anti", "un"}

// contrary reports a word that says the opposite of one of the proof, which the sentence does not hold.
func (c comparison) contrary() bool {
	for _, w := range c.s.words {
		if !w.content || c.each(func(p *prepared) bool { return p.exacts[w.exact] || p.stems[w.stem] }) {
			continue
		}
		for stem := range opposites()[w.stem] {
			if !c.s.hasStem(stem) && c.each(func(p *prepared) bool { return p.stems[stem] }) {
				return true
			}
		}
		if c.each(func(p *prepared) bool { return p.negates(w.exact) }) {
			return true
		}
	}
	return false
}

func (s *sentence) hasStem(stem string) bool {
	return slices.ContainsFunc(s.words, func(w word) bool { return w.stem == stem })
}

// negates reports a word of the statement that is another with a prefix of negation, or without it.
func (p *prepared) negates(exact string) bool {
	return slices.ContainsFunc(p.words, func(o word) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool {
			return len(exact) > 4 && o.exact == prefix+exact || len(o.exact) > 4 && exact == prefix+o.exact
		})
	})
}

// strengthened reports a word that commits to more than the proof does.
func (c comparison) strengthened() bool {
	for _, w := range c.s.words {
		if committing[w.exact] && !c.each(func(p *prepared) bool { return p.exacts[w.exact] || p.stems[w.stem] || p.above[w.exact] }) {
			mine := limiting[w.exact] && c.each(func(p *prepared) bool {
				return slices.ContainsFunc(p.clauses, func(x clause) bool { return x.only })
			})
			if !mine {
				return true
			}
		}
	}
	for _, x := range c.s.clauses {
		if x.only && !c.each(func(p *prepared) bool {
			return slices.ContainsFunc(p.clauses, func(x clause) bool { return x.only })
		}) {
			return true
		}
	}
	return false
}
