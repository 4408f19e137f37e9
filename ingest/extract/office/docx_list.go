package office

import (
	"encoding/xml"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
)

// listNum is one use of an abstract list.
type listNum struct {
	abstract string
	restart  map[int]int // by depth
	begun    bool
}

// numbering counts the items of the lists of a document, as Word does when it shows them.
type numbering struct {
	abstract map[string]map[int]draft.ListLevel
	nums     map[string]*listNum
	counters map[string]*[9]int // by abstract list: its uses count on from each other
}

// readNumbering reads numbering.xml. Where it is broken, items lose their numbers only.
func readNumbering(a *raw.Archive, part string) (*numbering, error) {
	n := &numbering{abstract: map[string]map[int]draft.ListLevel{}, nums: map[string]*listNum{}, counters: map[string]*[9]int{}}
	err := a.Scan(part, false, func(s *raw.Scanner) error {
		return s.Walk(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "abstractNum":
				return n.readAbstract(s, raw.Attr(e, "abstractNumId"))
			case "num":
				return n.readNum(s, raw.Attr(e, "numId"))
			}
			return nil
		})
	})
	return n, unlessDamaged(err)
}

func (n *numbering) readAbstract(s *raw.Scanner, id string) error {
	levels := map[int]draft.ListLevel{}
	n.abstract[id] = levels
	return s.Each(func(e xml.StartElement) error {
		if e.Name.Local != "lvl" {
			return s.Skip()
		}
		level := draft.ListLevel{Start: 1}
		err := s.Each(func(e xml.StartElement) error {
			value := raw.Attr(e, "val")
			switch e.Name.Local {
			case "start":
				level.Start = number(value)
			case "numFmt":
				level.Format = value
			case "lvlText":
				level.Text = value
			}
			return s.Skip()
		}, nil)
		levels[raw.Int(e, "ilvl")] = level
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
			depth := raw.Int(e, "ilvl")
			return s.Each(func(e xml.StartElement) error {
				if e.Name.Local == "startOverride" {
					one.restart[depth] = raw.Int(e, "val")
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
	if counts[ref.level] == 0 && levels[ref.level].Start > 1 {
		counts[ref.level] = levels[ref.level].Start - 1
	}
	counts[ref.level]++
	for deeper := ref.level + 1; deeper < len(counts); deeper++ {
		counts[deeper] = 0
	}
	return draft.Mark(levels, counts, ref.level)
}
