package layout

import (
	"slices"
	"unicode/utf8"

	"rapporteur/qa"

	"rapporteur/ingest/extract/pdf/layout/wording"
)

// documentTitle takes the title of the metadata when a person wrote it, else the largest text of
// the first two pages with text.
func documentTitle(meta string, pages [][]paragraph) string {
	meta = wording.Clean(meta)
	if wording.Written(meta) {
		return wording.Cut(meta)
	}
	title, size := "", 0.0
	for _, page := range firstFilled(pages, 2) {
		open := false // the paragraph before is part of the title
		for i, p := range page {
			text := p.raw()
			set := p.lines[0].Size
			switch {
			case wording.Letters(text) < 3 || utf8.RuneCountInString(text) > wording.MaxTitle || p.kind == qa.BlockFurniture || p.kind == qa.BlockContents:
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
	return wording.Cut(title)
}

// firstFilled gives the first n pages with text.
func firstFilled(pages [][]paragraph, n int) [][]paragraph {
	filled := slices.DeleteFunc(slices.Clone(pages), func(p []paragraph) bool { return len(p) == 0 })
	return filled[:min(n, len(filled))]
}

// above puts the line before a title in front of one that starts in the middle of a sentence.
func above(before []paragraph, title string) string {
	if !wording.StartsLower(title) || len(before) == 0 {
		return title
	}
	if line := before[len(before)-1].raw(); wording.Letters(line) >= 3 && utf8.RuneCountInString(line) <= 60 {
		return line + " " + title
	}
	return title
}
