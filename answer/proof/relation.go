package proof

import "slices"

// An actor is a name, a number or a noun with its article, that stands both in a sentence and in its proof: what a
// relation may be turned round between.
type actor struct {
	mine, theirs int // places in the two
	from, to     string
}

// otherRelation reports actors that changed places between the proof and the sentence: the prepositions that tie two of
// them are exchanged (« A verse à B » and « B verse à A »), or each stands beside the words of the other (« A finance B » and
// « B finance A »). What moves with its own words (« en 2023 »), and the turn from active to passive (« B est
// financé par A »), change nothing.
func (c comparison) otherRelation() bool {
	return c.each(func(p *prepared) bool {
		actors := c.actors(p)
		for i, a := range actors {
			for _, b := range actors[i+1:] {
				if !c.listed(p, a, b) && (exchanged(a, b) || c.turned(p, a, b)) {
					return true
				}
			}
			if otherAgent(a, actors) {
				return true
			}
		}
		return false
	})
}

// actors are those that stand once in both, in the order of the sentence.
func (c comparison) actors(p *prepared) []actor {
	var out []actor
	for i, w := range c.s.words {
		if !w.name && !(w.number && !isYear(w.exact)) && !(w.content && w.determined) && !w.opening {
			continue
		}
		at := -1
		for k, o := range p.words {
			if o.exact == w.exact || !w.name && !w.number && o.content && o.stem == w.stem {
				if at >= 0 {
					at = -1
					break
				}
				at = k
			}
		}
		if at >= 0 && !slices.ContainsFunc(out, func(a actor) bool { return a.theirs == at }) {
			out = append(out, actor{mine: i, theirs: at, from: p.words[at].relation, to: w.relation})
		}
	}
	return out
}

// exchanged reports two actors of which each has the preposition of the other.
func exchanged(a, b actor) bool {
	return a.from != b.from && a.to == b.from && b.to == a.from
}

// turned reports two actors that each stand beside a word which stood beside the other, and beside none of their own.
func (c comparison) turned(p *prepared, a, b actor) bool {
	if a.from != a.to || b.from != b.to {
		return false
	}
	mine, theirs := c.s.words, p.words
	takes := func(a, b actor) bool {
		for _, step := range []int{-1, 1} {
			now, ok := neighbour(mine, a.mine, step)
			was, known := neighbour(theirs, b.theirs, step)
			if ok && known && now.sameAs(was) {
				return true
			}
			// « A finance B »: B has A for its neighbour once they changed places, and so had A.
			if ok && known && now.sameAs(mine[b.mine]) && was.sameAs(theirs[a.theirs]) {
				return true
			}
		}
		return false
	}
	return takes(a, b) && takes(b, a) && !c.keeps(p, a) && !c.keeps(p, b)
}

// keeps reports whether the word after an actor, or the one before, is the same in both.
func (c comparison) keeps(p *prepared, a actor) bool {
	for _, step := range []int{-1, 1} {
		now, ok := neighbour(c.s.words, a.mine, step)
		was, known := neighbour(p.words, a.theirs, step)
		if ok && known && now.sameAs(was) {
			return true
		}
	}
	return false
}

func (w word) sameAs(o word) bool { return w.exact == o.exact || w.stem == o.stem }

// neighbour is the nearest word of substance beside place i.
func neighbour(words []word, i, step int) (word, bool) {
	for k := i + step; k >= 0 && k < len(words); k += step {
		if w := words[k]; w.content || w.number || w.name {
			return w, true
		}
	}
	return word{}, false
}

// otherAgent reports an actor that « par » now makes the doer, where others did it: in « A finance B », only A may
// become « par A »; and out of « par A » only the one that now stands first may come.
func otherAgent(a actor, actors []actor) bool {
	for _, b := range actors {
		if b == a {
			continue
		}
		if a.from == "" && isAgent(a.to) && b.from == "" && b.to == "" && b.theirs < a.theirs {
			return true
		}
		if isAgent(a.from) && a.to == "" && b.from == "" && b.to == "" && b.mine < a.mine {
			return true
		}
	}
	return false
}

func isAgent(preposition string) bool { return preposition == "par" || preposition == "by" }

// listed reports two actors between which the proof has nothing but others of a list.
func (c comparison) listed(p *prepared, a, b actor) bool {
	from, to := min(a.theirs, b.theirs), max(a.theirs, b.theirs)
	between := p.words[from+1 : to]
	plain := !slices.ContainsFunc(between, func(w word) bool { return w.content && !w.name && !w.determined })
	return plain && slices.ContainsFunc(between, func(w word) bool { return w.exact == "et" || w.exact == "and" || w.exact == "ou" }) || plain && parts(p.gap(to))
}
