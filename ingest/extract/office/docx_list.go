package office

import (
	"encoding/xml"
	"strconv"
	"strings"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// listLevel says how the items of one depth are marked.
type listLevel struct {
	format string // "bullet", "decimal", "none"…
	text   string // the mark, with %1 to %9 for the counters of the depths
	start  int
}

// listNum is one use of an abstract list.
type listNum struct {
	abstract string
	restart  map[int]int // by depth
	begun    bool
}

// numbering counts the items of the lists of a document, as Word does when it shows them.
type numbering struct {
	abstract map[string]map[int]listLevel
	nums     map[string]*listNum
	counters map[string]*[9]int // by abstract list: its uses count on from each other
}

// readNumbering reads numbering.xml. Where it is broken, items lose their numbers only.
func readNumbering(a *raw.Archive, part string) (*numbering, error) {
	n := &numbering{abstract: map[string]map[int]listLevel{}, nums: map[string]*listNum{}, counters: map[string]*[9]int{}}
	err := a.Scan(part, false, func(s *raw.Scanner) error {
		var child func(e xml.StartElement) error
		child = func(e xml.StartElement) error {
			switch e.Name.Local {
			case "abstractNum":
				return n.readAbstract(s, raw.Attr(e, "abstractNumId"))
			case "num":
				return n.readNum(s, raw.Attr(e, "numId"))
			}
			return s.Each(child, nil)
		}
		return s.Each(child, nil)
	})
	if qa.CodeOf(err) == string(qa.VerdictDamaged) {
		err = nil
	}
	return n, err
}

func (n *numbering) readAbstract(s *raw.Scanner, id string) error {
	levels := map[int]listLevel{}
	n.abstract[id] = levels
	return s.Each(func(e xml.StartElement) error {
		if e.Name.Local != "lvl" {
			return s.Skip()
		}
		level := listLevel{start: 1}
		err := s.Each(func(e xml.StartElement) error {
			value := raw.Attr(e, "val")
			switch e.Name.Local {
			case "start":
				level.start = number(value)
			case "numFmt":
				level.format = value
			case "lvlText":
				level.text = value
			}
			return s.Skip()
		}, nil)
		levels[number(raw.Attr(e, "ilvl"))] = level
		return err
	}, nil)
}

func (n *numbering) readNum(s *raw.Scanner, id string) error {
	one := &listNum{restart: map[int]int{}}
	n.nums[id] = one
	return s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "abstractNumId":
			one.abstract = raw.Attr(e, "val")
		case "lvlOverride":
			depth := number(raw.Attr(e, "ilvl"))
			return s.Each(func(e xml.StartElement) error {
				if e.Name.Local == "startOverride" {
					one.restart[depth] = number(raw.Attr(e, "val"))
				}
				return s.Skip()
			}, nil)
		}
		return s.Skip()
	}, nil)
}

// mark counts one item and gives what stands before its text: "- " or its number.
func (n *numbering) mark(ref listRef) string {
	num := n.nums[ref.num]
	if num == nil {
		return "- "
	}
	levels := n.abstract[num.abstract]
	counts := n.counters[num.abstract]
	if counts == nil {
		counts = &[9]int{}
		n.counters[num.abstract] = counts
	}
	if !num.begun {
		num.begun = true
		for depth, start := range num.restart {
			if depth >= 0 && depth < len(counts) && start > 0 {
				counts[depth] = start - 1
			}
		}
	}
	if counts[ref.level] == 0 && levels[ref.level].start > 1 {
		counts[ref.level] = levels[ref.level].start - 1
	}
	counts[ref.level]++
	for deeper := ref.level + 1; deeper < len(counts); deeper++ {
		counts[deeper] = 0
	}
	return markText(levels, counts, ref.level)
}

func markText(levels map[int]listLevel, counts *[9]int, depth int) string {
	level := levels[depth]
	if level.format == "bullet" || !strings.Contains(level.text, "%") {
		return "- "
	}
	text := level.text
	for i := range counts {
		text = strings.ReplaceAll(text, "%"+strconv.Itoa(i+1), ordinal(levels[i].format, max(counts[i], 1)))
	}
	return text + " "
}

// ordinal writes a counter in a format; those unknown here are written in digits.
func ordinal(format string, n int) string {
	switch strings.ToLower(format) {
	case "none":
		return ""
	case "lowerletter", "a":
		if format == "A" {
			return strings.ToUpper(letters(n))
		}
		return letters(n)
	case "upperletter":
		return strings.ToUpper(letters(n))
	case "lowerroman", "i":
		if format == "I" {
			return strings.ToUpper(roman(n))
		}
		return roman(n)
	case "upperroman":
		return strings.ToUpper(roman(n))
	}
	return strconv.Itoa(n)
}

// letters writes 1 as a, 26 as z, 27 as aa, 28 as bb, like word processors.
func letters(n int) string {
	return strings.Repeat(string(rune('a'+(n-1)%26)), min(1+(n-1)/26, 9))
}

func roman(n int) string {
	if n > 3999 {
		return strconv.Itoa(n)
	}
	values := []int{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1}
	signs := []string{"m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"}
	var b strings.Builder
	for i, v := range values {
		for ; n >= v; n -= v {
			b.WriteString(signs[i])
		}
	}
	return b.String()
}
