package pdf

// cells cuts a line at its gaps. A gap after a bullet parts no cells.
func cells(l line) []string {
	var out []string
	start := 0
	for _, g := range append(l.gaps, gap{at: len(l.text)}) {
		text := clean(l.text[start:g.at])
		start = g.at
		if text == "" {
			continue
		}
		if n := len(out); n == 1 && marker.FindString(out[0]) == out[0] {
			out[0] += " " + text
		} else {
			out = append(out, text)
		}
	}
	return out
}

// markRows marks the rows of tables: two lines or more, one after the other, of two cells or
// more, with a gap at one place.
func markRows(lines []line) {
	for i := 1; i < len(lines); i++ {
		a, b := &lines[i-1], &lines[i]
		if len(a.cells) > 1 && len(b.cells) > 1 && sharedGap(a.gaps, b.gaps) && stacked(*a, *b) {
			a.row, b.row = true, true
		}
	}
}

// sharedGap reports that two lines have an empty stretch in common.
func sharedGap(a, b []gap) bool {
	for _, g := range a {
		for _, h := range b {
			if min(g.x1, h.x1)-max(g.x0, h.x0) > 4 {
				return true
			}
		}
	}
	return false
}
