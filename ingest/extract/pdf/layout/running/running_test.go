package running

import "testing"

func TestRepeat(t *testing.T) {
	t.Parallel()
	s := Spots{}
	for _, page := range []int{2, 4, 6, 20, 30, 40} {
		s.Add("guide", page, 700)
	}
	for page, want := range map[int]bool{2: true, 6: true, 20: false, 40: false} {
		if got := s.Repeat("guide", page, 703); got != want {
			t.Errorf("page %d: %v, want %v", page, got, want)
		}
	}
	if s.Repeat("guide", 4, 500) || s.RepeatPart("guide", 4, 700) {
		t.Error("another height, or too few pages, make a running title")
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text      string
		furniture bool
		n         int
		alone     bool
	}{
		{"12", false, 12, true}, {"Page 3 sur 40", false, 3, true}, {"– 7 –", false, 7, true}, {"3/128", false, 3, true},
		{"Bilan 2024 4", true, 4, false}, {"RGAA 4.1 20/128", true, 20, false}, {"Bilan 4", false, -1, false},
	} {
		if n, alone := Number(c.text, c.furniture); n != c.n || alone != c.alone {
			t.Errorf("%q: %d %v", c.text, n, alone)
		}
	}
}
