package answer

// Confidence is a rule, not a probability: it will be calibrated on more signals. It starts from the
// share of the question's weight that the quote, its titles and its passage hold, and falls for what
// makes a wrong answer likely. The figures were set on the development questions over the reports
// and on the development half of PIAF, with the article removed for the unanswerable ones.
const (
	trustContext   = 0.8  // share of a term that only a title, lead-in or table head holds
	trustNeighbour = 0.7  // … that only the sentence before or after holds
	trustPassage   = 0.5  // … that only the rest of the passage holds
	absentFocus    = 0.55 // factor when neither quote nor context names what is asked for
	absentName     = 0.7  // factor for each name, acronym or number of the question absent from the passage
	absentType     = 0.6  // factor when a number, date or name is asked for and there is none
	// Threshold is the confidence from which a quote is an answer.
	Threshold = 0.5
)

// trust is the confidence, 0 to 1, that the quote answers the inquiry.
func (q inquiry) trust(c quote) float64 {
	if q.mass == 0 {
		return 0
	}
	sentences := c.reading.sentences
	var near bits
	if c.first > 0 {
		near |= sentences[c.first-1].stem
	}
	if c.last+1 < len(sentences) {
		near |= sentences[c.last+1].stem
	}
	sum, factor := 0.0, 1.0
	around := c.own | c.context | near
	for i, t := range q.terms {
		bit := bits(1) << i
		switch {
		case c.own&bit != 0:
			sum += t.weight
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
			factor *= absentFocus
		}
	}
	if !c.fits(q.want) {
		factor *= absentType
	}
	return factor * sum / q.mass
}
