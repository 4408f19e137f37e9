package grid

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func level(y, from, to float64) Box    { return Box{from, y - 0.25, to, y + 0.25} }
func upright(x, low, high float64) Box { return Box{x - 0.25, low, x + 0.25, high} }

// cells shows the number of the cell at each place, row by row.
func cells(g *Grid, xs, ys []float64) string {
	out := ""
	for _, y := range ys {
		for _, x := range xs {
			out += fmt.Sprint(g.CellAt(Box{x - 1, y - 1, x + 1, y + 1}), " ")
		}
	}
	return out
}

func TestRuled(t *testing.T) {
	t.Parallel()
	frame := []Box{level(100, 0, 90), level(0, 0, 90), upright(0, 0, 100), upright(90, 0, 100)}
	for _, c := range []struct {
		name  string
		rules []Box
		want  string // at three places across and two down
	}{
		{"a frame alone parts nothing", frame, ""},
		{"six cells", append(frame[:4:4], level(50, 0, 90), upright(30, 0, 100), upright(60, 0, 100)), "0 1 2 3 4 5 "},
		{"a cell over two rows", append(frame[:4:4], level(50, 30, 90), upright(30, 0, 100), upright(60, 0, 100)), "0 1 2 0 4 5 "},
		{"a cell over all columns", append(frame[:4:4], level(50, 0, 90), upright(30, 0, 50), upright(60, 0, 50)), "0 0 0 3 4 5 "},
		{"borders drawn cell by cell, not quite meeting", append(frame[:4:4], level(50, 1, 29), level(50.5, 31, 59), level(50, 61, 89),
			upright(30, 51, 99), upright(30.4, 1, 49), upright(60, 0, 49), upright(60, 51, 100)), "0 1 2 3 4 5 "},
		{"outer borders left open at the sides", []Box{level(100, 0, 90), level(0, 0, 90), level(50, 0, 90), upright(30, 0, 100), upright(60, 0, 100)}, "0 1 2 3 4 5 "},
		{"lines that do not meet", []Box{level(100, 0, 90), level(50, 0, 90), upright(200, 0, 100), upright(300, 0, 100)}, ""},
		{"a broken number", append(frame[:4:4], Box{math.NaN(), 0, math.Inf(1), 0}), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			grids, got := Ruled(c.rules), ""
			if len(grids) > 0 {
				got = cells(grids[0], []float64{15, 45, 75}, []float64{75, 25})
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if g := Ruled(append(frame, level(50, 0, 90)))[0]; g.CellAt(Box{100, 40, 110, 60}) != -1 {
		t.Error("a place outside is in a cell")
	}
	if Ruled(make([]Box, maxRules+1)) != nil {
		t.Error("a drawing of too many lines was sorted out")
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	row := func(spans ...float64) []Box {
		var r []Box
		for i := 0; i < len(spans); i += 2 {
			r = append(r, Box{spans[i], 0, spans[i+1], 10})
		}
		return r
	}
	for _, c := range []struct {
		name string
		rows [][]Box
		want string
	}{
		{"full rows", [][]Box{row(10, 40, 60, 90), row(20, 30, 55, 95)}, "[[0 1] [0 1]]"},
		{"an empty cell at the start", [][]Box{row(10, 40, 60, 90), row(60, 70)}, "[[0 1] [1]]"},
		{"an empty cell within", [][]Box{row(0, 20, 30, 50, 60, 80), row(0, 10, 62, 70)}, "[[0 1 2] [0 2]]"},
		{"a title over all columns", [][]Box{row(30, 75), row(0, 20, 40, 100)}, "[[0] [0 1]]"},
		{"a cell beside the columns", [][]Box{row(0, 20, 30, 50, 60, 80), row(0, 10, 90, 99)}, "[[0 1 2] [0 2]]"},
		{"nothing", nil, "[]"},
	} {
		if got := fmt.Sprint(Columns(c.rows)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestLadders(t *testing.T) {
	t.Parallel()
	rules := []Box{level(300, 50, 250), level(280, 51, 250), level(200, 50, 251), level(100, 50, 90), level(90, 60, 300)}
	got := Ladders(rules)
	if len(got) != 1 || fmt.Sprint(got[0].Rungs) != "[300 280 200]" {
		t.Errorf("got %v", got)
	}
	if got := Ladders(append(rules, upright(50, 190, 310))); len(got) != 0 {
		t.Errorf("lines that an upright one meets are a ladder: %v", got)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	line := func(base float64, ends ...float64) Line {
		l := Line{Base: base, Size: 10}
		for i := 0; i < len(ends); i += 2 {
			l.Words = append(l.Words, Box{ends[i], base - 2, ends[i+1], base + 7})
		}
		return l
	}
	for _, c := range []struct {
		name  string
		lines []Line
		rungs []float64
		want  string // number of the cell of the first word of each line, from the top; "none"
	}{
		{"rows of two cells", []Line{line(100, 0, 30, 50, 60), line(80, 0, 10, 50, 90)}, nil, "0 2"},
		{"a cell of two lines", []Line{line(100, 0, 30, 50, 60), line(88, 50, 70), line(60, 0, 10, 50, 90), line(20, 0, 10, 50, 90)}, nil, "0 1 2 4"},
		{"a label of two lines", []Line{line(100, 0, 30, 50, 60), line(88, 0, 20), line(60, 0, 10, 50, 90), line(20, 0, 10, 50, 90)}, nil, "0 0 2 4"},
		{"a row of one cell after a rung", []Line{line(100, 0, 30, 50, 60), line(88, 50, 70), line(76, 0, 10, 50, 90)}, []float64{95}, "0 3 4"},
		{"drawn from the foot up", []Line{line(80, 0, 10, 50, 90), line(100, 0, 30, 50, 60)}, nil, "0 2"},
		{"one column", []Line{line(100, 0, 90), line(80, 0, 90)}, nil, "none"},
		{"words across every white stretch", []Line{line(100, 0, 30, 50, 60), line(80, 0, 60), line(60, 0, 30, 50, 60)}, nil, "none"},
		{"a broken number", []Line{line(100, 0, math.NaN(), 50, 60), line(80, 0, 10, 50, 90)}, nil, "none"},
	} {
		got := ""
		g := Open(c.lines, c.rungs)
		for _, l := range c.lines { // sorted by now
			if g != nil {
				got += fmt.Sprint(" ", g.CellAt(l.Words[0]))
			}
		}
		if g == nil {
			got = " none"
		}
		if got[1:] != c.want {
			t.Errorf("%s: %s, want %s", c.name, got[1:], c.want)
		}
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		rows string // a word a row: cells with text, then d, s, b where it is declared, shaded, bold
		want int
	}{
		{"declared", "3d 3 3", 1},
		{"on a ground", "3s 3 3 3", 1},
		{"bold", "3b 3", 1},
		{"nothing tells", "3 3 3", 0},
		{"all alike", "3b 3b 3b", 0},
		{"every second row on a ground", "3s 3 3s 3 3s 3", 0},
		{"a title declared over names in bold", "1d 3b 3 3", 2},
		{"a title over names, and titles within", "1s 3s 1s 3 3 1s 3 3", 2},
		{"names over two rows", "2s 3s 3 3", 2},
		{"titles alone", "1s 2 2 2 1s 2 2", 1},
		{"one row", "3d", 0},
		{"none", "", 0},
	} {
		var rows []Row
		for _, w := range strings.Fields(c.rows) {
			rows = append(rows, Row{Filled: int(w[0] - '0'), Declared: strings.Contains(w, "d"), Shaded: strings.Contains(w, "s"), Bold: strings.Contains(w, "b")})
		}
		if got := Head(rows); got != c.want {
			t.Errorf("%s: %d rows, want %d", c.name, got, c.want)
		}
	}
}

func TestDeclared(t *testing.T) {
	t.Parallel()
	got := Declared([]Element{{"Table", -1}, {"TR", 0}, {"TH", 1}, {"P", 2}, {"Table", 2}, {"TR", 4}, {"TD", 5}, {"P", -1}, {"TD", -1}, {"Caption", 0}, {"TD", 99}})
	none, cell := Nowhere(), Place{0, 1, 2, true}
	want := []Place{{0, -1, -1, false}, {0, 1, -1, false}, cell, cell, cell, cell, cell, none, none, {0, -1, -1, false}, none}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
