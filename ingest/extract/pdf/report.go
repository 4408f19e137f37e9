package pdf

import (
	"strings"
	"time"

	"rapporteur/ingest/extract/pdf/layout"
	"rapporteur/qa"
)

// knownMeans are the means that a PDF can hide text by.
var knownMeans = []qa.HiddenMeans{
	qa.HiddenColour, qa.HiddenTiny, qa.HiddenOffPage, qa.HiddenInvisible, qa.HiddenNotDisplayed, qa.HiddenComment,
}

// arranged lays the document out and reports what was found on its pages.
func arranged(r reading) qa.Text {
	t := layout.Arrange(r.Document)
	t.Reading.Created, t.Reading.Modified = parseDate(r.created), parseDate(r.modified)
	for len(t.Reading.Pages) < len(t.Pages) {
		t.Reading.Pages = append(t.Reading.Pages, qa.PageReading{Number: len(t.Reading.Pages) + 1})
	}
	for i := range t.Pages {
		p, s := &t.Reading.Pages[i], r.Pages[i]
		p.Images, p.Unread = s.Images, s.Unread
		for means, n := range s.Hidden {
			p.Hide(means, n)
		}
	}
	return t
}

// parseDate reads a date as PDF files write it (ISO 32000-1, 7.9.4): D:YYYYMMDDHHmmSSOHH'mm', of
// which only the year must be there. Programs also leave out the D: or write ISO 8601. It gives the
// zero time for what is no date.
func parseDate(s string) time.Time {
	var digits [6]int // year, month, day, hour, minute, second
	widths := [6]int{4, 2, 2, 2, 2, 2}
	digits[1], digits[2] = 1, 1
	rest := strings.TrimLeft(s, "D: ")
	for i := range digits {
		n, after, ok := number(rest, widths[i])
		if !ok {
			if i == 0 {
				return time.Time{}
			}
			break
		}
		digits[i], rest = n, strings.TrimLeft(after, "-:T ")
		if after != "" && (after[0] == '-' || after[0] == ' ') && i >= 3 {
			rest = after // an offset
			break
		}
	}
	offset := parseOffset(rest)
	t := time.Date(digits[0], time.Month(digits[1]), digits[2], digits[3], digits[4], digits[5], 0, time.FixedZone("", offset))
	wrong := t.Year() != digits[0] || int(t.Month()) != digits[1] || t.Day() != digits[2] ||
		digits[3] > 23 || digits[4] > 59 || digits[5] > 60
	if wrong || digits[0] < 1900 || digits[0] > 2200 {
		return time.Time{}
	}
	return t.UTC()
}

// parseOffset reads the distance from UTC in seconds, such as +01'00' or -0330; 0 where there is none.
func parseOffset(s string) int {
	s = strings.TrimLeft(s, " ")
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0
	}
	hours, rest, ok := number(s[1:], 2)
	if !ok || hours > 14 {
		return 0
	}
	minutes, _, ok := number(strings.TrimLeft(rest, "':"), 2)
	if !ok || minutes > 59 {
		minutes = 0
	}
	seconds := hours*3600 + minutes*60
	if s[0] == '-' {
		return -seconds
	}
	return seconds
}

// number reads exactly width digits.
func number(s string, width int) (n int, rest string, ok bool) {
	if len(s) < width {
		return 0, s, false
	}
	for _, c := range []byte(s[:width]) {
		if c < '0' || c > '9' {
			return 0, s, false
		}
		n = 10*n + int(c-'0')
	}
	return n, s[width:], true
}
