package layout

import (
	"cmp"
	"math"
	"slices"
)

// look is how a heading is set; headings of one look have one level.
type look struct {
	step   int // size in steps of 12 %, as fine as levels differ in practice
	weight int // 1 for bold
}

func (p paragraph) look() look {
	l := p.lines[len(p.lines)-1]
	k := look{step: int(math.Round(math.Log(max(l.Size, 1)) / math.Log(1.12)))}
	if l.Bold {
		k.weight = 1
	}
	return k
}

// outlineLevel is the level of a heading that the outline does not name: that of the headings it
// names in the same look or the next smaller; below all of them where it is smaller still.
func outlineLevel(l look, known map[look]map[float64]int, deepest int) int {
	if n := known[l]; len(n) > 0 {
		return int(most(n))
	}
	level, step := min(deepest+1, maxLevel), -1
	for k, n := range known {
		own := int(most(n))
		if k.step <= l.step && (k.step > step || k.step == step && own < level) {
			level, step = own, k.step
		}
	}
	return level
}

// rank orders the looks of headings, largest first, bold before light; six levels are enough.
func rank(headings []*paragraph) map[look]int {
	var looks []look
	for _, p := range headings {
		if !slices.Contains(looks, p.look()) {
			looks = append(looks, p.look())
		}
	}
	slices.SortFunc(looks, func(a, b look) int {
		return cmp.Or(cmp.Compare(b.step, a.step), cmp.Compare(b.weight, a.weight))
	})
	levels := map[look]int{}
	for i, l := range looks {
		levels[l] = min(i+1, 6)
	}
	return levels
}
