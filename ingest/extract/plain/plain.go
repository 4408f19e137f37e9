// Package plain reads plain text: paragraphs, titles, lists and lines broken by programs.
package plain

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

const (
	// wrapWidth is the longest line, in characters, that an editor or a mail program breaks by itself.
	wrapWidth = 120
	// wrapMinimum is the narrowest text worth joining: shorter lines are verse, addresses or lists.
	wrapMinimum = 40
	// titleWidth is the longest first line taken for a title.
	titleWidth = 120
	// noHeading ranks a first line as a title after headings of all levels.
	noHeading = 11
)

// Read reads plain text in any encoding. Blank lines part paragraphs. Between them, lines that look broken by a
// program are joined by a space; other lines are paragraphs of their own.
func Read(o raw.Limits, r io.Reader) (qa.Text, error) {
	data, err := raw.ReadAll(r, o.MaxInput)
	if err != nil {
		return qa.Text{}, err
	}
	b := draft.New(o)
	groups(raw.LineEnds(raw.Decode(data)), func(group []string) { addGroup(b, group) })
	if b.Empty() {
		return qa.Text{}, raw.Empty()
	}
	if first := b.First(); len(first) <= 4*titleWidth {
		line, _, _ := strings.Cut(first, "\n")
		if utf8.RuneCountInString(line) <= titleWidth {
			b.SuggestTitle(noHeading, line)
		}
	}
	return b.Text("")
}

// groups parts text into runs of lines that are not blank.
func groups(s string, use func([]string)) {
	var group []string
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line != "" {
			group = append(group, line)
			continue
		}
		if len(group) > 0 {
			use(group)
			group = group[:0]
		}
	}
	if len(group) > 0 {
		use(group)
	}
}

// addGroup appends one run of lines: headings and list items first, the rest as paragraphs.
func addGroup(b *draft.Draft, lines []string) {
	if len(lines) == 1 && isShouted(lines[0]) {
		b.Heading(1, lines[0])
		return
	}
	for len(lines) > 0 {
		n := 1
		if level, text := heading(lines); level > 0 {
			if len(lines) > 1 && isRule(lines[1]) && !strings.HasPrefix(lines[0], "#") {
				n = 2
			}
			b.Heading(level, text)
		} else if IsItem(lines[0]) {
			n = 1 + itemRest(lines[1:])
			addItem(b, lines[:n])
		} else {
			n = 1 + plainRest(lines[1:])
			addProse(b, lines[:n])
		}
		lines = lines[n:]
	}
}

// heading recognises « # Title » and a title underlined with = or -; level 0 means neither.
func heading(lines []string) (level int, text string) {
	marks := len(lines[0]) - len(strings.TrimLeft(lines[0], "#"))
	if marks > 0 && marks <= 6 && strings.HasPrefix(lines[0][marks:], " ") {
		return marks, lines[0][marks:]
	}
	if len(lines) < 2 || !isRule(lines[1]) || IsItem(lines[0]) || utf8.RuneCountInString(lines[0]) > titleWidth {
		return 0, ""
	}
	if lines[1][0] == '=' {
		return 1, lines[0]
	}
	return 2, lines[0]
}

func isRule(line string) bool {
	return len(line) >= 3 && (strings.Trim(line, "=") == "" || strings.Trim(line, "-") == "")
}

// isShouted reports a lone line in capitals, as typewriters made headings.
func isShouted(line string) bool {
	letters := 0
	for _, r := range line {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	last, _ := utf8.DecodeLastRuneInString(line)
	return letters >= 4 && letters*2 > utf8.RuneCountInString(line) && utf8.RuneCountInString(line) <= 80 && !strings.ContainsRune(".,;", last)
}

var itemMark = regexp.MustCompile(`^\s*([-*•◦▪‣–—·]|\d{1,3}[.)]|[a-zA-Z]\))\s+\S`)

// IsItem reports a line that starts with the mark of a list item.
func IsItem(line string) bool { return itemMark.MatchString(line) }

// itemRest counts the lines that go on with an item: indented, and no item themselves.
func itemRest(lines []string) int {
	for i, line := range lines {
		if IsItem(line) || !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			return i
		}
	}
	return len(lines)
}

// addItem appends a list item; two spaces of indent are one level.
func addItem(b *draft.Draft, lines []string) {
	indent := len(lines[0]) - len(strings.TrimLeft(lines[0], " "))
	text := strings.TrimSpace(strings.Join(lines, " "))
	for _, bullet := range []string{"*", "•", "◦", "▪", "‣", "–", "—", "·"} {
		if rest, ok := strings.CutPrefix(text, bullet); ok {
			text = "-" + rest
		}
	}
	b.Add(qa.BlockListItem, min(1+indent/2, 9), text)
}

// plainRest counts the lines that are neither items nor headings.
func plainRest(lines []string) int {
	for i := range lines {
		if level, _ := heading(lines[i:]); level > 0 || IsItem(lines[i]) {
			return i
		}
	}
	return len(lines)
}

// addProse appends lines of prose: as one paragraph when a program broke them, else each by itself.
func addProse(b *draft.Draft, lines []string) {
	if isWrapped(lines) {
		lines = []string{strings.Join(lines, " ")}
	}
	for _, line := range lines {
		if !isRule(line) {
			b.Add(qa.BlockParagraph, 0, line)
		}
	}
}

// isWrapped reports lines broken at a width: the first word of each would not have fitted on the
// line before. Two or three lines prove little, so there the next line must also go on in lower case.
func isWrapped(lines []string) bool {
	if len(lines) < 2 || hasColumns(lines) {
		return false
	}
	widths := make([]int, len(lines))
	for i, line := range lines {
		widths[i] = utf8.RuneCountInString(line)
	}
	width := slices.Max(widths)
	if width > wrapWidth || width < wrapMinimum {
		return false
	}
	fits, goesOn := 0, 0
	for i, line := range lines[1:] {
		word := strings.Fields(line)[0]
		if widths[i]+1+utf8.RuneCountInString(word) <= width {
			fits++
		}
		if first, _ := utf8.DecodeRuneInString(word); unicode.IsLower(first) {
			goesOn++
		}
	}
	if len(lines) <= 3 {
		return fits == 0 && goesOn == len(lines)-1
	}
	return fits*10 <= len(lines) && goesOn*3 >= len(lines)
}

// hasColumns reports lines of a table set with spaces: a third of them, and two at least, have gaps
// that are wider than those of justified text.
func hasColumns(lines []string) bool {
	gaps := 0
	for _, line := range lines {
		if strings.Contains(strings.TrimLeft(line, " "), "   ") || strings.Contains(strings.TrimLeft(line, "\t"), "\t") {
			gaps++
		}
	}
	return gaps >= 2 && gaps*3 >= len(lines)
}
