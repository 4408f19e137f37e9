package levels

import (
	"slices"
	"testing"
)

func TestByLook(t *testing.T) {
	t.Parallel()
	a, b, c := Look{Step: 30}, Look{Step: 25, Weight: 1}, Look{Step: 25}
	for _, x := range []struct {
		name  string
		looks []Look
		want  []int
	}{
		{"none", nil, []int{}},
		{"bold before light", []Look{c, b, c}, []int{1, 1, 2}},
		{"a small one right under a chapter is no section", []Look{a, b, c, c, b, c, c, b, c, c, a, c}, []int{1, 2, 3, 3, 2, 3, 3, 2, 3, 3, 1, 3}},
		{"where it often is, it is one", []Look{a, b, c, a, c, c}, []int{1, 2, 3, 1, 2, 2}},
	} {
		if got := ByLook(x.looks); !slices.Equal(got, x.want) {
			t.Errorf("%s: levels %v, want %v", x.name, got, x.want)
		}
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	k := Known{}
	k.Add(Look{Step: 30}, 1)
	k.Add(Look{Step: 25}, 3)
	k.Add(Look{Step: 25}, 3)
	k.Add(Look{Step: 25}, 2)
	for look, want := range map[Look]int{{Step: 30}: 1, {Step: 25}: 3, {Step: 27}: 3, {Step: 40}: 1, {Step: 20}: 4} {
		if got := k.At(look, 9); got != want {
			t.Errorf("%+v: level %d, want %d", look, got, want)
		}
	}
}
