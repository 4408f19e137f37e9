package answer

import "math"

// Trust is a rule, one of the signals of the confidence. It starts from the
// share of the question's weight that the quote, its titles and its passage hold, and falls for what
// makes a wrong answer likely. The figures were set on the development questions over the reports
// and on the development half of PIAF, with the article removed for the unanswerable ones.
const (
	trustNear      = 0.7  // share of a term that the quote has another word for
	trustContext   = 0.8  // share of a term that only a title, lead-in or table head holds
	trustNeighbour = 0.7  // … that only the sentence before or after holds
	trustPassage   = 0.5  // … that only the rest of the passage holds
	trustRank      = 0.4  // weight of the passage's lexical score over the idf of all words of the question
	absentFirm     = 0.45 // factor when neither quote nor context names what a firm question asks for
	absentFocus    = 0.75 // … what another question asks for
	absentName     = 0.55 // factor for each name, acronym or number of the question absent from the passage
	absentType     = 0.6  // factor when a number, date or name is asked for and there is none
	trustOtherYear = 0.6  // factor when the quote is about another year
	trustPosed     = 0.6  // factor of a question: it announces an answer and is none
	// trustMeaning is the weight of what the cosine of the question with the quote's nearest sentence says,
	// where it has one. The four figures below it were set for the built-in encoder, on the development
	// reports and the development half of PIAF: between 0.3 and 0.4, and cosineSame between 0.87 and 0.88, both
	// sum what is rightly answered and rightly refused higher than words alone.
	trustMeaning = 0.3
	cosineApart  = 0.80 // of what says something else: half of the best ones are below 0.83 where PIAF has no answer
	cosineSame   = 0.87 // of what answers: half of the best ones are above it where PIAF has one
	meaningClear = 1.3  // from here on, in steps from cosineApart to cosineSame, a missing word matters less
	meaningMost  = 1.7  // what is nearer still says no more; from 1.5 on no word of the question is needed
)

// trust is 0 to 1, the higher the more the quote looks like an answer to the inquiry.
func (q inquiry) trust(c quote) float64 {
	if q.mass == 0 {
		return 0
	}
	sentences, near := c.reading.sentences, c.around()
	sum, factor, means := 0.0, 1.0, q.means(c)
	around := c.own | c.near | c.context | near
	for i, t := range q.terms {
		bit := bits(1) << i
		switch {
		case c.own&bit != 0:
			sum += t.weight
		case c.near&bit != 0:
			sum += trustNear * t.weight
		case c.context&bit != 0:
			sum += trustContext * t.weight
		case near&bit != 0:
			sum += trustNeighbour * t.weight
		case c.reading.all&bit != 0:
			sum += trustPassage * t.weight
		case t.name:
			factor *= absentName
		}
		if t.focus && around&bit == 0 {
			factor *= q.focusFactor(means)
		}
	}
	if !c.fits(q.want) {
		factor *= absentType
	}
	if sentences[c.last].asks {
		factor *= trustPosed
	}
	if q.otherYear(c) {
		factor *= trustOtherYear
	}
	covered := sum / q.mass
	if q.idf > 0 {
		covered = (1-trustRank)*covered + trustRank*min(1, c.reading.Lexical/q.idf)
	}
	if !math.IsNaN(means) {
		covered = (1-trustMeaning)*covered + trustMeaning*means
	}
	return factor * min(1, covered)
}

// around are the terms of the sentences before and after a quote.
func (c quote) around() (terms bits) {
	sentences := c.reading.sentences
	if before := c.before(); before >= 0 {
		terms |= sentences[before].stem
	}
	if c.last+1 < len(sentences) {
		terms |= sentences[c.last+1].stem
	}
	return terms
}

// focusFactor falls for a quote that does not name the thing asked for, less so the more it means what
// is asked.
func (q inquiry) focusFactor(means float64) float64 {
	factor := absentFocus
	if q.firm {
		factor = absentFirm
	}
	if means > meaningClear {
		factor += (1 - factor) * (means - meaningClear) / (meaningMost - meaningClear)
	}
	return factor
}

// means says how far the quote's nearest sentence means what is asked: 0 as unlike ones do, 1 as answers
// do, meaningMost at most; NaN when no sentence has a vector, or vectors do not tell.
func (q inquiry) means(c quote) float64 {
	cosine := c.cosine()
	if q.wordsOnly || math.IsNaN(cosine) {
		return math.NaN()
	}
	return clip(meantBy(cosine), 0, meaningMost)
}

// meantBy places a cosine: 0 as unlike sentences have, 1 as answers have.
func meantBy(cosine float64) float64 { return (cosine - cosineApart) / (cosineSame - cosineApart) }
