package vector

// nearest gathers the rows at the least distance, with all that are as near as the last of them: those
// at the same distance are not told apart by chance.
type nearest struct {
	wanted int
	limit  int   // the wanted rows are at this distance at most, as far as was looked
	within int   // rows found up to limit
	count  []int // of rows found, by distance
	found  []candidate
}

// candidate is a row of a view. Some of those found are past the final limit.
type candidate struct{ view, row, distance uint32 }

// reset starts anew; distances are from 0 to farthest.
func (n *nearest) reset(wanted, farthest int) {
	if len(n.count) != farthest+1 {
		n.count = make([]int, farthest+1)
	}
	clear(n.count)
	n.wanted, n.limit, n.within, n.found = wanted, farthest, 0, n.found[:0]
}

// scan looks at rows of a view, of which from is the first; the query has one block.
func (n *nearest) scan(view, from int, rows coded, query *block) {
	q, limit := *query, n.limit
	handicap := rows.handicap[:len(rows.blocks)]
	for i := range rows.blocks {
		if d := rows.blocks[i].distance(&q) + int(handicap[i]); d <= limit {
			limit = n.take(view, from+i, d)
		}
	}
}

// scanLanes does the same for queries of several blocks.
func (n *nearest) scanLanes(view, from int, rows coded, query []block) {
	for i, h := range rows.handicap {
		d := int(h)
		for j := range query {
			d += rows.blocks[i*len(query)+j].distance(&query[j])
		}
		if d <= n.limit {
			n.take(view, from+i, d)
		}
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
