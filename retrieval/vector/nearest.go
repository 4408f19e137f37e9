package vector

// nearest gathers the rows whose codes are nearest to the query's, with all that are as near as the last
// of them: a code is short, and those at the same distance are not told apart by chance.
type nearest struct {
	wanted int
	limit  int   // the wanted rows are at this distance at most, as far as was scanned
	within int   // rows found up to limit
	count  []int // of rows found, by distance
	found  []candidate
}

// candidate is a row of a view. Some of those found are past the final limit.
type candidate struct{ view, row, distance uint32 }

func (n *nearest) reset(wanted, lanes int) {
	bits := lanes * blockBits
	if len(n.count) != bits+1 {
		n.count = make([]int, bits+1)
	}
	clear(n.count)
	n.wanted, n.limit, n.within, n.found = wanted, bits, 0, n.found[:0]
}

// scan looks at codes of one block; the first is that of row from.
func (n *nearest) scan(view, from int, codes []block, query *block) {
	q, limit := *query, n.limit
	for i := range codes {
		if d := codes[i].distance(&q); d <= limit {
			limit = n.take(view, from+i, d)
		}
	}
}

// scanLanes looks at codes of several blocks.
func (n *nearest) scanLanes(view, from int, codes, query []block) {
	for row := from; len(codes) > 0; row++ {
		d := 0
		for i := range query {
			d += codes[i].distance(&query[i])
		}
		if d <= n.limit {
			n.take(view, row, d)
		}
		codes = codes[len(query):]
	}
}

// take notes a row at a distance within the limit, and gives the new limit.
func (n *nearest) take(view, row, distance int) int {
	n.found = append(n.found, candidate{uint32(view), uint32(row), uint32(distance)})
	n.count[distance]++
	n.within++
	for n.within-n.count[n.limit] >= n.wanted {
		n.within -= n.count[n.limit]
		n.limit--
	}
	return n.limit
}
