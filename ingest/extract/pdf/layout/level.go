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

// Levels by look alone.
const (
	maxLookLevel = 6   // six are enough
	ownParent    = 0.2 // part of the headings of a look that makes what they stand under its parent too
)

// ranks orders the looks of headings: the largest first, bold before light.
func ranks(headings []*paragraph) map[look]int {
	var looks []look
	for _, p := range headings {
		if !slices.Contains(looks, p.look()) {
			looks = append(looks, p.look())
		}
	}
	slices.SortFunc(looks, func(a, b look) int {
		return cmp.Or(cmp.Compare(b.step, a.step), cmp.Compare(b.weight, a.weight))
	})
	rank := map[look]int{}
	for i, l := range looks {
		rank[l] = i + 1
	}
	return rank
}

// tree is how the looks of headings stand under each other; they go by their rank, 0 is the document.
type tree map[int]map[int]int // headings by look and by the look above them

// levelByLook gives headings, in reading order, the level at which they stand under larger ones.
func levelByLook(headings []*paragraph) {
	rank := ranks(headings)
	above := tree{}
	eachUnder(headings, rank, func(p *paragraph, parent, _ int) {
		own := rank[p.look()]
		if above[own] == nil {
			above[own] = map[int]int{}
		}
		above[own][parent]++
	})
	eachUnder(headings, rank, func(p *paragraph, parent, level int) {
		p.level = min(level+above.steps(rank[p.look()], parent), maxLookLevel)
	})
}

// eachUnder visits headings with the rank and level of the one they stand under.
func eachUnder(headings []*paragraph, rank map[look]int, visit func(p *paragraph, parent, level int)) {
	var stack []*paragraph
	for _, p := range headings {
		for len(stack) > 0 && rank[stack[len(stack)-1].look()] >= rank[p.look()] {
			stack = stack[:len(stack)-1]
		}
		parent, level := 0, 0
		if n := len(stack); n > 0 {
			parent, level = rank[stack[n-1].look()], stack[n-1].level
		}
		visit(p, parent, level)
		stack = append(stack, p)
	}
}

// steps is how many levels a look stands under another: one where it often does, else one more
// than the look that usually stands between them.
func (t tree) steps(own, parent int) int {
	all, usual := 0, 0
	for p, n := range t[own] {
		all += n
		if m := t[own][usual]; n > m || n == m && p > usual {
			usual = p
		}
	}
	if usual <= parent || float64(t[own][parent]) >= ownParent*float64(all) {
		return 1
	}
	return t.steps(usual, parent) + 1
}
