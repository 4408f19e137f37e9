// Package levels gives the headings of a document their levels by their looks.
package levels

import (
	"cmp"
	"math"
	"slices"
)

// Look is how a heading is set; headings of one look are of one kind.
type Look struct {
	Step   int // size in steps of 12 %, as fine as levels differ in practice
	Weight int // 1 for bold
}

// LookOf is the look of letters of a size in points.
func LookOf(size float64, bold bool) Look {
	l := Look{Step: int(math.Round(math.Log(max(size, 1)) / math.Log(1.12)))}
	if bold {
		l.Weight = 1
	}
	return l
}

// maxLevel is the deepest level by look alone: six are enough.
const maxLevel = 6

// ownParent is the part of the headings of a look that makes what they stand under its parent too.
const ownParent = 0.2

// Known are the levels of headings that the file names, by look: how many have each.
type Known map[Look]map[int]int

// Add counts a heading.
func (k Known) Add(l Look, level int) {
	if k[l] == nil {
		k[l] = map[int]int{}
	}
	k[l][level]++
}

// usual is the level of most headings of a look, the highest of equals.
func (k Known) usual(l Look) int {
	best, n := 0, 0
	for level, count := range k[l] {
		if count > n || count == n && level < best {
			best, n = level, count
		}
	}
	return best
}

// At is the level of a heading that the file does not name: that of the headings it names in the
// same look or the next smaller; below all of them, to deepest at most, where it is smaller still.
func (k Known) At(l Look, deepest int) int {
	if len(k[l]) > 0 {
		return k.usual(l)
	}
	level, step := 0, -1
	below := 1
	for other := range k {
		own := k.usual(other)
		below = max(below, own+1)
		for named := range k[other] {
			below = max(below, named+1)
		}
		if other.Step <= l.Step && (other.Step > step || other.Step == step && own < level) {
			level, step = own, other.Step
		}
	}
	if step < 0 {
		return min(below, deepest)
	}
	return level
}

// ranks orders looks: the largest first, bold before light.
func ranks(looks []Look) []int {
	kinds := slices.Clone(looks)
	slices.SortFunc(kinds, func(a, b Look) int {
		return cmp.Or(cmp.Compare(b.Step, a.Step), cmp.Compare(b.Weight, a.Weight))
	})
	kinds = slices.Compact(kinds)
	out := make([]int, len(looks))
	for i, l := range looks {
		out[i] = slices.Index(kinds, l) + 1
	}
	return out
}

// tree counts how looks stand under each other; they go by their rank, 0 is the document.
type tree map[int]map[int]int

// ByLook gives headings, in reading order, the level at which they stand under larger ones.
func ByLook(looks []Look) []int {
	rank := ranks(looks)
	above, levels := tree{}, make([]int, len(looks))
	eachUnder(rank, func(i, parent int) {
		under := 0
		if parent >= 0 {
			under = rank[parent]
		}
		if above[rank[i]] == nil {
			above[rank[i]] = map[int]int{}
		}
		above[rank[i]][under]++
	})
	eachUnder(rank, func(i, parent int) {
		under, level := 0, 0
		if parent >= 0 {
			under, level = rank[parent], levels[parent]
		}
		levels[i] = min(level+above.steps(rank[i], under), maxLevel)
	})
	return levels
}

// eachUnder visits headings with the one they stand under, -1 for none.
func eachUnder(rank []int, visit func(i, parent int)) {
	var stack []int
	for i := range rank {
		for len(stack) > 0 && rank[stack[len(stack)-1]] >= rank[i] {
			stack = stack[:len(stack)-1]
		}
		parent := -1
		if len(stack) > 0 {
			parent = stack[len(stack)-1]
		}
		visit(i, parent)
		stack = append(stack, i)
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
