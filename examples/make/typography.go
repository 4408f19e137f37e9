package main

import (
	"regexp"
	"strings"
)

const (
	nbsp  = "\u00a0" // before a colon and inside « »
	nnbsp = "\u202f" // before ; ! ? % and inside numbers
	shy   = "\u00ad" // where a word may be cut at a line's end
)

var (
	thousands = regexp.MustCompile(`\b(\d{1,3}) (\d{3})\b`)
	unit      = regexp.MustCompile(`(\d) (€|k€|M€|ha|km|m²|m³|MWh|kWh|°C|h|g|t|ans|euros)\b`)
	ordinal   = regexp.MustCompile(`\b(n°|M\.|Mme|art\.|p\.) (\S)`)
	currency  = regexp.MustCompile(`(\d) (€|k€|M€)`)
)

// typography gives a text the spaces and apostrophes of French printing, so that the sources can be
// typed with plain ones.
func typography(s string) string {
	s = strings.NewReplacer("'", "’", "« ", "«"+nbsp, " »", nbsp+"»", " :", nbsp+":",
		" ;", nnbsp+";", " !", nnbsp+"!", " ?", nnbsp+"?", " %", nnbsp+"%", "...", "…", "~", shy).Replace(s)
	for range 2 { // twice: the groups of 1 234 567 share a digit run
		s = thousands.ReplaceAllString(s, "$1"+nnbsp+"$2")
	}
	s = currency.ReplaceAllString(s, "$1"+nbsp+"$2")
	s = unit.ReplaceAllString(s, "$1"+nbsp+"$2")
	return ordinal.ReplaceAllString(s, "$1"+nbsp+"$2")
}
