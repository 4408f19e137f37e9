package web

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// headingLine starts a heading of Markdown at the margin.
var headingLine = regexp.MustCompile(`^#{1,6}[ \t]`)

// pieces cuts Markdown into pieces of at most limit bytes, where a reader would: before a heading, else
// at an empty line, neither inside a block of code nor before an indented line; where a piece has no
// such place, at the end of a line, else between words. Together the pieces are the whole text.
func pieces(s string, limit int) []string {
	var all []string
	for len(s) > limit {
		at := cut(s, limit)
		all = append(all, s[:at])
		s = s[at:]
	}
	return append(all, s)
}

// cut gives the best place to cut within the first limit bytes.
func cut(s string, limit int) int {
	heading, blank, line, at := 0, 0, 0, 0
	fence, empty := "", false
	for one := range strings.Lines(s) {
		if at+len(one) > limit {
			break
		}
		if fence == "" && at > 0 {
			switch {
			case headingLine.MatchString(one):
				heading = at
			case empty && one[0] != ' ' && one[0] != '\t':
				blank = at
			}
		}
		fence = fenced(fence, one)
		empty = strings.TrimSpace(one) == ""
		at += len(one)
		line = at
	}
	switch {
	case heading > limit/2:
		return heading
	case max(blank, heading) > 0:
		return max(blank, heading)
	case line > 0:
		return line
	}
	if space := strings.LastIndexByte(s[:limit], ' '); space > 0 {
		return space
	}
	for at = limit; at > 1 && !utf8.RuneStart(s[at]); at-- {
	}
	return at
}

// fenced gives the marks that must close the block of code after a line, "" outside of one.
func fenced(open, line string) string {
	line = strings.TrimLeft(line, " ")
	marks := len(line) - len(strings.TrimLeft(line, "`"))
	if marks == 0 {
		marks = len(line) - len(strings.TrimLeft(line, "~"))
	}
	switch {
	case marks < 3:
		return open
	case open == "":
		return line[:marks]
	case strings.HasPrefix(line[:marks], open) && strings.TrimSpace(line[marks:]) == "":
		return ""
	}
	return open
}
