package answer

import "rapporteur/answer/wording"

import (
	"math"
	"slices"
	"unicode/utf8"
)

// The features of a candidate quote, by which quotes are ranked; rankWeights has a weight for each. Shares are of the
// weight of the question's words, 0 to 1.
const (
	ownExact        = iota // share that the quote holds in its exact form
	ownStem                // … in another form
	ownNear                // … by another word for it
	fromContext            // … that only a title, lead-in or table head over it holds
	fromBefore             // … that only the sentence before holds
	fromAfter              // … that only the sentence after holds
	fromPassage            // … that only the rest of the passage holds
	pairs                  // of the neighbouring words of the question, those that are neighbours in the quote too
	passageRank            // score of the passage over that of the best
	passageSquared         // its square
	passageWords           // lexical score of the passage over the idf of the question
	passageMeans           // how far the cosine of the passage is below the best one's, in cosineStep
	meansPlace             // place of its nearest sentence among all sentences read, 0 to 1
	meansSquared           // its square
	meansBelow             // how far the cosine of its nearest sentence is below the best one's, in cosineStep
	belowSquared           // its square
	wordsAndMeans          // held words times meansPlace
	wordsSquared           // held words, squared
	wordsAndRank           // words held by the quote and its context, times passageRank
	numberGone             // a number is asked for and missing
	dateGone               // a date
	nameGone               // a name
	typeGoneWords          // held words, where any of the three is missing
	listGone               // several things are asked for, and it is no list
	senseGone              // what a word means is asked for, and not said
	focusGone              // the thing asked for is not named
	focusGoneWords         // held words, where it is not
	posed                  // it asks a question
	yearOther              // it is about another year than the question
	oneRow                 // a table of which one row leads
	isItem                 // an item or a row alone
	isList                 // a list or a table whole
	fromContextItem        // fromContext, of an item or a row alone: all of its list share it
	leansOn                // it begins with a pronoun or a connector
	isTwo                  // two sentences
	logLength              // logarithm of its characters over 100
	isShort                // fewer than 40 characters
	rankFeatures
)

type features [rankFeatures]float64

// cosineStep is the difference of two cosines that counts as 1.
const cosineStep = 0.1

// unknownPlace stands for the place of a quote without vectors among others that have them.
const unknownPlace = 0.5

// featuresOf measures a quote; nearness and the best passage are those of all that was read.
func (q inquiry) featuresOf(c quote, near nearness, top topPassage) (f features) {
	if q.mass == 0 {
		return f
	}
	q.wordFeatures(c, &f)
	words := f[ownExact] + stemShare*f[ownStem] + nearShare*f[ownNear]
	f[passageRank] = top.rank(c.reading.Score)
	f[passageSquared] = f[passageRank] * f[passageRank]
	if q.idf > 0 {
		f[passageWords] = min(1.5, c.reading.Lexical/q.idf)
	}
	f[passageMeans] = top.below(c.reading.Semantic)
	if near.known {
		f[meansPlace], f[meansBelow] = unknownPlace, unknownPlace
		if cosine := c.cosine(); !math.IsNaN(cosine) {
			f[meansPlace], f[meansBelow] = near.place(cosine), (near.high-cosine)/cosineStep
		}
	}
	f[meansSquared], f[belowSquared] = f[meansPlace]*f[meansPlace], f[meansBelow]*f[meansBelow]
	f[wordsAndMeans], f[wordsSquared] = words*f[meansPlace], words*words
	f[wordsAndRank] = (words + contextShare*f[fromContext]) * f[passageRank]
	q.kindFeatures(c, words, &f)
	return f
}

// wordFeatures says where the words of the question stand.
func (q inquiry) wordFeatures(c quote, f *features) {
	sentences := c.reading.sentences
	share := func(b bits) float64 { return q.weigh(b) / q.mass }
	f[ownExact], f[ownStem], f[ownNear] = share(c.ownExact), share(c.own&^c.ownExact), share(c.near)
	held := c.own | c.near
	f[fromContext] = share(c.context &^ held)
	held |= c.context
	if before := c.before(); before >= 0 {
		f[fromBefore] = share(sentences[before].stem &^ held)
		held |= sentences[before].stem
	}
	if c.last+1 < len(sentences) {
		f[fromAfter] = share(sentences[c.last+1].stem &^ held)
		held |= sentences[c.last+1].stem
	}
	f[fromPassage] = share(c.reading.all &^ held)
	f[pairs] = q.pairs(c)
}

// kindFeatures says what a quote is, and whether it is what is asked for.
func (q inquiry) kindFeatures(c quote, words float64, f *features) {
	sentences := c.reading.sentences
	first, last := sentences[c.first], sentences[c.last]
	one := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	gone := one(!c.fits(q.want))
	switch q.want {
	case wording.Number:
		f[numberGone] = gone
	case wording.Date:
		f[dateGone] = gone
	case wording.Name:
		f[nameGone] = gone
	case wording.List:
		f[listGone] = one(c.last-c.first <= 1)
	case wording.Sense:
		f[senseGone] = one(!first.defines && !last.defines)
	}
	f[typeGoneWords] = gone * words
	focus := c.own | c.near
	if first.kind != plain {
		focus |= c.context // the head of a table or the lead-in of a list names it
	}
	f[focusGone] = one(q.misses(focus))
	f[focusGoneWords] = f[focusGone] * words
	f[posed] = one(last.asks)
	f[yearOther] = one(q.otherYear(c))
	f[oneRow] = one(last.headed && c.last > c.first && q.oneRowLeads(c))
	f[isItem] = one(c.last == c.first && first.kind != plain)
	f[fromContextItem] = f[isItem] * f[fromContext]
	f[isList] = one(c.last > c.first && last.kind != plain)
	f[leansOn] = one(first.leans)
	f[isTwo] = one(c.last == c.first+1)
	n := utf8.RuneCountInString(c.text())
	f[logLength] = math.Log(float64(max(n, 10)) / 100)
	f[isShort] = one(n < 40)
}

// nearby is how many words further a neighbour may stand.
const nearby = 3

// pairs is the share of the question's neighbouring terms that are neighbours in the quote, in their order.
func (q inquiry) pairs(c quote) float64 {
	if len(q.terms) < 2 {
		return 0
	}
	words := slices.Concat(c.reading.tokens[c.first : c.last+1]...)
	found := 0
	for i, t := range q.terms[:len(q.terms)-1] {
		for at, w := range words {
			if w == t.exact && slices.Contains(words[at+1:min(len(words), at+1+nearby)], q.terms[i+1].exact) {
				found++
				break
			}
		}
	}
	return float64(found) / float64(len(q.terms)-1)
}

// topPassage is the best of the passages read, by each measure.
type topPassage struct{ score, semantic float64 }

func topOf(readings []reading) (t topPassage) {
	for _, r := range readings {
		t.score, t.semantic = max(t.score, r.Score), max(t.semantic, r.Semantic)
	}
	return t
}

func (t topPassage) rank(score float64) float64 {
	if t.score <= 0 {
		return 0
	}
	return score / t.score
}

func (t topPassage) below(semantic float64) float64 {
	if semantic == 0 {
		return 1 // meaning did not find it
	}
	return (t.semantic - semantic) / cosineStep
}

// score is what quotes are ordered by: of two, the difference is the logarithm of how much likelier the one holds the
// answer than the other.
func (f features) score() float64 {
	sum := 0.0
	for i, x := range f {
		sum += rankWeights[i] * x
	}
	return sum
}
