package answer

// Confidence is a rule, not a probability: it will be calibrated on more signals. It starts from the
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
	// Threshold is the confidence from which a quote is an answer. At 0.45 the sum of what is rightly
	// answered and rightly refused was highest: 51 of 75 and 21 of 25 over the reports, 75 % and 79 %
	// of 808 questions of PIAF with and without their article.
	Threshold = 0.45
)

// trust is the confidence, 0 to 1, that the quote answers the inquiry.
func (q inquiry) trust(c quote) float64 {
	if q.mass == 0 {
		return 0
	}
	sentences := c.reading.sentences
	var near bits
	if before := c.before(); before >= 0 {
		near |= sentences[before].stem
	}
	if c.last+1 < len(sentences) {
		near |= sentences[c.last+1].stem
	}
	sum, factor := 0.0, 1.0
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
			factor *= q.focusFactor()
		}
	}
	if !c.fits(q.want) {
		factor *= absentType
	}
	if sentences[c.last].asks {
		factor *= posed
	}
	if q.otherYear(c) {
		factor *= trustOtherYear
	}
	covered := sum / q.mass
	if q.idf > 0 {
		covered = (1-trustRank)*covered + trustRank*min(1, c.reading.Lexical/q.idf)
	}
	return factor * covered
}

func (q inquiry) focusFactor() float64 {
	if q.firm {
		return absentFirm
	}
	return absentFocus
}
