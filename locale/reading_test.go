package locale

import "testing"

func TestPages(t *testing.T) {
	t.Parallel()
	far := make([]int, 30)
	for i := range far {
		far[i] = 1 + 2*i
	}
	long := make([]int, 500)
	for i := range long {
		long[i] = i + 1
	}
	for _, c := range []struct {
		numbers []int
		want    string
	}{
		{nil, ""},
		{[]int{4}, "4"},
		{[]int{3, 4, 5, 6, 7}, "3–7"},
		{[]int{1, 3, 4, 9, 11, 12, 13}, "1, 3–4, 9, 11–13"},
		{long, "1–500"},
		{[]int{0}, ""}, // what a format without pages is numbered: it names no page
		{far, "1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35, 37, 39, …"},
	} {
		if got := Pages(c.numbers); got != c.want {
			t.Errorf("%v: %q, want %q", c.numbers, got, c.want)
		}
	}
}

func TestHidden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language string
		counts   map[string]int
		want     string
	}{
		{French, nil, ""},
		{French, map[string]int{"colour": 0}, ""},
		{French, map[string]int{"tags": 3, "tiny": 1, "colour": 40, "off_page": 2}, "40 de la couleur du fond, 1 trop petits pour être lus, 2 hors de la page, 3 étiquettes invisibles"},
		{English, map[string]int{"tiny": 7, "deleted": 1}, "7 too small to be read, 1 deleted in review"},
	} {
		if got := Hidden(c.language, c.counts); got != c.want {
			t.Errorf("%v in %s: %q, want %q", c.counts, c.language, got, c.want)
		}
	}
}
