package qa

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
)

var yearNamed = regexp.MustCompile(`\b(?:19|20)[0-9]{2}\b`)

// SeriesOf gives a title without its years, and the years; none for a title that names none. Reports that are called
// alike but for the year, « Bilan 2023 » and « Bilan 2024 », are a series.
func SeriesOf(title string) (name string, years []string) {
	years = yearNamed.FindAllString(title, -1)
	if len(years) == 0 {
		return "", nil
	}
	return strings.Join(strings.Fields(yearNamed.ReplaceAllString(strings.ToLower(title), "#")), " "), years
}

// IsYear reports a year as titles name them, from 1900 to 2099.
func IsYear(s string) bool { return yearNamed.FindString(s) == s && s != "" }

// yearsOf are the years that the title or the file name of a document names.
func yearsOf(d Document) []string {
	return yearNamed.FindAllString(d.Title+"\n"+path.Base(d.Source), -1)
}

// Years are the years that the titles and file names of documents name, each once, latest first.
func Years(documents []Document) []string {
	var out []string
	for _, d := range documents {
		out = append(out, yearsOf(d)...)
	}
	slices.Sort(out)
	slices.Reverse(out)
	return slices.Compact(out)
}

// OfYear are the documents whose title or file name names a year.
func OfYear(documents []Document, year string) (out []DocumentID) {
	for _, d := range documents {
		if slices.Contains(yearsOf(d), year) {
			out = append(out, d.ID)
		}
	}
	return out
}

// Choice is one of several reports that answer a question.
type Choice struct {
	Document DocumentID
	Title    string
	year     string // its last
}

// Choices are the reports of a series that an answer rests on, newest first, where the question names no year and
// there are several: which one is meant is for the reader to say.
func (a Answer) Choices() []Choice {
	if !a.Answered || yearNamed.MatchString(a.Standalone+" "+a.Asked) {
		return nil
	}
	series := map[string][]Choice{}
	for _, c := range a.Citations {
		name, years := SeriesOf(c.Title)
		known := func(x Choice) bool { return x.Document == c.Document }
		if name != "" && !slices.ContainsFunc(series[name], known) {
			series[name] = append(series[name], Choice{c.Document, c.Title, slices.Max(years)})
		}
	}
	var out []Choice
	for _, c := range a.Citations { // of the series that is cited first
		if name, _ := SeriesOf(c.Title); len(series[name]) > 1 {
			out = series[name]
			break
		}
	}
	slices.SortStableFunc(out, func(x, y Choice) int { return cmp.Compare(y.year, x.year) })
	return out
}
