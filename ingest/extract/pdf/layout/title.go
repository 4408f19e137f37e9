package layout

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"rapporteur/qa"
)

var fileName = regexp.MustCompile(`(?i)\.(pdf|docx?|odt|rtf|indd|pptx?|xlsx?|html?|tex|qxd)\s*$`)

// documentTitle takes the title of the metadata when a person wrote it, else the largest text of
// the first two pages with text.
func documentTitle(meta string, pages [][]paragraph) string {
	meta = clean(meta)
	lower := strings.ToLower(meta)
	generated := strings.HasPrefix(lower, "microsoft ") || strings.HasPrefix(lower, "untitled") ||
		strings.HasPrefix(lower, "sans titre") || strings.HasPrefix(lower, "document1") || strings.HasPrefix(lower, "powerpoint ")
	if letters(meta) >= 3 && !generated && !fileName.MatchString(meta) && (strings.Contains(meta, " ") || !strings.Contains(meta, "_")) {
		return cut(meta)
	}
	title, size := "", 0.0
	for _, page := range firstFilled(pages, 2) {
		open := false // the paragraph before is part of the title
		for i, p := range page {
			text := p.raw()
			set := p.lines[0].Size
			switch {
			case letters(text) < 3 || utf8.RuneCountInString(text) > maxHeadingRunes || p.kind == qa.BlockFurniture || p.kind == qa.BlockContents:
				open = false
			case set > size:
				title, size, open = above(page[:i], text), set, true
			case set == size && open:
				title += " " + text
			default:
				open = false
			}
		}
	}
	return cut(title)
}

// firstFilled gives the first n pages with text.
func firstFilled(pages [][]paragraph, n int) [][]paragraph {
	filled := slices.DeleteFunc(slices.Clone(pages), func(p []paragraph) bool { return len(p) == 0 })
	return filled[:min(n, len(filled))]
}

// above puts the line before a title in front of one that starts in the middle of a sentence.
func above(before []paragraph, title string) string {
	if !startsLower(title) || len(before) == 0 {
		return title
	}
	if line := before[len(before)-1].raw(); letters(line) >= 3 && utf8.RuneCountInString(line) <= 60 {
		return line + " " + title
	}
	return title
}

// cut keeps a title within what fits a list.
func cut(title string) string {
	r := []rune(title)
	if len(r) > maxHeadingRunes {
		return strings.TrimSpace(string(r[:maxHeadingRunes-1])) + "…"
	}
	return title
}
