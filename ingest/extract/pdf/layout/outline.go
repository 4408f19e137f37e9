package layout

import (
	"strings"

	"rapporteur/ingest/extract/pdf/layout/wording"
)

// markTitles finds the lines that print the titles of the outline. Those lines are headings.
func markTitles(pages []Sheet, entries []OutlineEntry) {
	for i, e := range entries {
		title := wording.Fold(wording.Clean(e.Title))
		if title == "" || e.Page < 0 || e.Page >= len(pages) {
			continue
		}
		lines := pages[e.Page].Lines
		if start, end := findTitle(lines, title); end > start {
			for j := start; j < end; j++ {
				lines[j].title, lines[j].level = i+1, min(e.Level, maxLevel)
			}
		}
	}
}

// findTitle looks for consecutive free lines that hold the title and nothing more, with or
// without its number. Of several the one in the largest letters is the heading.
func findTitle(lines []Line, title string) (start, end int) {
	bare := strings.TrimLeft(title, "0123456789")
	size := 0.0
	for i := range lines {
		if lines[i].Size <= size {
			continue
		}
		if n := titleLines(lines[i:], title, bare); n > 0 {
			start, end, size = i, i+n, lines[i].Size
		}
	}
	return start, end
}

// titleLines counts the lines from the first that make the title, 0 when they do not.
func titleLines(lines []Line, title, bare string) int {
	text := ""
	for i, l := range lines {
		if l.furniture || l.table != nil || l.title != 0 || l.entry != 0 || i >= maxHeadingLines {
			return 0
		}
		text += l.key
		switch {
		case text == title, bare != "" && strings.TrimLeft(text, "0123456789") == bare:
			return i + 1
		case len(text) > len(title)+8:
			return 0
		}
	}
	return 0
}
