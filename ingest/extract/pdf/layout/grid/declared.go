package grid

// Element is an element of the structure that a file declares; its parent always comes before it, or is
// -1 at the top.
type Element struct {
	Role   string
	Parent int
}

// Place is where an element stands in the tables that a file declares: the number of the outermost
// table, row and cell around it, -1 for none.
type Place struct {
	Table, Row, Cell int
	Header           bool // the cell is declared to name a row or column
}

// Nowhere is the place of what stands in no table.
func Nowhere() Place { return Place{-1, -1, -1, false} }

// Declared gives the place of each element.
func Declared(elements []Element) []Place {
	places := make([]Place, len(elements))
	for i, e := range elements {
		p := Nowhere()
		if e.Parent >= 0 && e.Parent < i {
			p = places[e.Parent]
		}
		switch {
		case e.Role == "Table" && p.Table < 0:
			p.Table = i
		case e.Role == "TR" && p.Table >= 0 && p.Row < 0:
			p.Row = i
		case (e.Role == "TD" || e.Role == "TH") && p.Row >= 0 && p.Cell < 0:
			p.Cell, p.Header = i, e.Role == "TH"
		}
		places[i] = p
	}
	return places
}
