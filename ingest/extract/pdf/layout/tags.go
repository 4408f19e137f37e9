package layout

import (
	"strconv"

	"rapporteur/qa"
)

// element is what the file's own structure says of a line: the nearest element above most of its
// letters that means something here.
type element struct {
	index int    // in the tags of its sheet; the lines of one element are one block
	role  string // "" where the structure says nothing
	item  int    // the list item around it, one more than in the tags of its sheet; 0 for none
	depth int    // of that item in its lists, from 1
}

// headingLevel is the level of a role for headings, 0 for other roles. A plain H takes the level
// of its look.
func headingLevel(role string) (level int, ok bool) {
	switch role {
	case "H", "Title":
		return 0, true
	case "H1", "H2", "H3", "H4", "H5", "H6":
		level, _ = strconv.Atoi(role[1:])
		return level, true
	}
	return 0, false
}

// whole reports an element that is one block of text.
func (e element) whole() bool { return e.role == "Note" || e.role == "Caption" }

// elementOf finds the element that holds most letters of a line.
func (s Sheet) elementOf(l Line) element {
	votes := map[element]int{}
	all := 0
	for _, w := range l.Words {
		all += len(w.Text)
		votes[s.meaning(w.Tag)] += len(w.Text)
	}
	for e, n := range votes {
		if 2*n > all {
			return e
		}
	}
	return element{index: -1}
}

// maxTagDepth ends the way up of a structure that is too deep to be real.
const maxTagDepth = 64

// meaning climbs from a tag to the first element whose role says what the text is. A paragraph
// only says so where nothing above it does: notes, captions and cells are made of paragraphs.
func (s Sheet) meaning(tag int) element {
	plain := element{index: -1}
	within := func(e element) element {
		e.item, e.depth = s.itemAround(tag)
		return e
	}
	for range maxTagDepth {
		if tag < 0 || tag >= len(s.Tags) {
			break
		}
		role := s.Tags[tag].Role
		if _, heading := headingLevel(role); heading {
			return element{index: tag, role: role}
		}
		switch role {
		case "Caption", "Note", "TOCI", "TD", "TH", "Artifact":
			return element{index: tag, role: role}
		case "P", "LBody":
			if plain.role == "" {
				plain = within(element{index: tag, role: "P"})
			}
		}
		tag = s.Tags[tag].Parent
	}
	return plain
}

// itemAround finds the list item around a tag, as element has it.
func (s Sheet) itemAround(tag int) (item, depth int) {
	for range maxTagDepth {
		if tag < 0 || tag >= len(s.Tags) {
			break
		}
		if s.Tags[tag].Role == "LI" {
			if depth++; item == 0 {
				item = tag + 1
			}
		}
		tag = s.Tags[tag].Parent
	}
	return item, depth
}

// markTagged finds the lines that the file's own structure declares to be headings, where the
// outline does not name them.
func markTagged(pages []Sheet) {
	shifts := map[float64]int{} // of the outline's levels against those of the tags
	headed, all := 0, 0         // letters
	for i := range pages {
		item := 0
		for j := range pages[i].Lines {
			l := &pages[i].Lines[j]
			l.element = pages[i].elementOf(*l)
			l.opensItem, item = l.element.item > item, max(item, l.element.item)
			level, ok := headingLevel(l.element.role)
			if ok && level > 0 && l.title > 0 {
				shifts[float64(l.level-level)]++
			}
			if ok {
				headed += len(l.key)
			}
			all += len(l.key)
		}
	}
	if 2*headed > all {
		return // programs that call everything a heading tell nothing
	}
	shift := int(most(shifts))
	for i := range pages {
		for j := range pages[i].Lines {
			l := &pages[i].Lines[j]
			level, ok := headingLevel(l.element.role)
			if !ok || l.title != 0 || l.table != nil || l.furniture || l.entry != 0 || l.key == "" {
				continue
			}
			l.title = -1 - l.element.index
			if level > 0 {
				l.level = min(max(level+shift, 1), maxLevel)
			}
		}
	}
}

// declares reports that the file tags its headings, so that what it tags as plain text is none.
func declares(pages [][]paragraph) bool {
	n := 0
	for _, page := range pages {
		for _, p := range page {
			if p.kind == qa.BlockHeading && p.lines[0].title < 0 {
				n++
			}
		}
	}
	return n >= minDeclared
}

// minDeclared is how many headings a file must tag before its other tags are believed: a file with
// one or two tags its cover alone.
const minDeclared = 3
