package answer

import (
	"cmp"
	"regexp"
	"slices"

	"rapporteur/analysis"
	"rapporteur/answer/wording"
	"rapporteur/qa"
)

var year = regexp.MustCompile(`\b(?:19|20)[0-9]{2}\b`)

// seriesOf gives the series that a document is of, "" for none, and its years.
func seriesOf(d qa.Document) (name string, years []string) {
	return qa.SeriesOf(analysis.Fold(cmp.Or(d.Title, d.Source)))
}

// ofTheYear keeps, of each series that has a report of a year that the question names, the reports of such a year
// alone: the others are about another one, however near their words. What is of no series stays.
func (q inquiry) ofTheYear(passages []qa.Passage) []qa.Passage {
	if len(q.years) == 0 || wording.SpansYears(q.text) {
		return passages
	}
	asked := func(years []string) bool {
		return slices.ContainsFunc(years, func(y string) bool { return slices.Contains(q.years, y) })
	}
	named := map[string]bool{}
	for _, p := range passages {
		if name, years := seriesOf(p.Document); asked(years) {
			named[name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(passages), func(p qa.Passage) bool {
		name, years := seriesOf(p.Document)
		return named[name] && !asked(years)
	})
}

// eachYear makes room among the chosen quotes for the best quote of every other report of the series that the first
// one is of, where the question names no year: which one is meant is for the reader to say. It must be nearly as
// likely to answer in its report as the first in its own.
func (q inquiry) eachYear(chosen, all []quote, most, bytes int) []quote {
	if len(chosen) == 0 || len(q.years) > 0 {
		return chosen
	}
	name := chosen[0].reading.series
	if name == "" {
		return chosen
	}
	seen := map[qa.DocumentID]bool{}
	var first, rest []quote
	for _, c := range chosen {
		if d := c.reading.Document.ID; len(first) == 0 || !seen[d] && c.reading.series == name {
			first = append(first, c)
			seen[d] = true
			continue
		}
		rest = append(rest, c)
	}
	for _, c := range all {
		d := c.reading.Document.ID
		if seen[d] || c.reading.series != name || chosen[0].score-c.score > behindWell {
			continue
		}
		seen[d] = true
		if !slices.ContainsFunc(first, c.repeats) && !c.speaks() {
			first = append(first, q.inForm(c, all))
		}
	}
	out := make([]quote, 0, most)
	for _, c := range append(first, rest...) {
		if len(out) < most && len(c.text()) <= bytes {
			bytes -= len(c.text())
			out = append(out, c)
		}
	}
	return out
}
