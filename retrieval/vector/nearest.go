package vector

// nearest gathers the rows at the least distance, with all that are as near as the last of them: those
// at the same distance are not told apart by chance. Distances are steps of cosine.
type nearest struct {
	wanted int
	limit  int   // the wanted rows are at this distance at most, as far as was looked
	within int   // rows found up to limit
	count  []int // of rows found, by distance
	found  []candidate
}

// candidate is a row of a view. Some of those found are past the final limit.
type candidate struct{ view, row, distance uint32 }

// reset starts anew.
func (n *nearest) reset(wanted int) {
	if n.count == nil {
		n.count = make([]int, fineness+1)
	}
	clear(n.count)
	n.wanted, n.limit, n.within, n.found = wanted, fineness, 0, n.found[:0]
}

// scan looks at rows of a view, of which from is the first; the question has one block.
func (n *nearest) scan(view, from int, rows coded, q *question) {
	code, worth, floor, dimensions := q.code[0], q.worth, n.floor(), len(q.away)
	stretch, along := rows.stretch[:len(rows.blocks)], rows.along[:len(rows.blocks)]
	for i := range rows.blocks {
		agreeing := float32(dimensions - 2*rows.blocks[i].distance(&code))
		if c := agreeing*worth*stretch[i] + along[i]; c >= floor {
			n.take(view, from+i, bucket(c))
			floor = n.floor()
		}
	}
}

// scanLanes does the same for questions of several blocks.
func (n *nearest) scanLanes(view, from int, rows coded, q *question) {
	lanes := len(q.code)
	for i, stretch := range rows.stretch {
		agreeing := len(q.away)
		for j := range q.code {
			agreeing -= 2 * rows.blocks[i*lanes+j].distance(&q.code[j])
		}
		if c := float32(agreeing)*q.worth*stretch + rows.along[i]; c >= n.floor() {
			n.take(view, from+i, bucket(c))
		}
	}
}

// bucket is the distance that stands for a cosine.
func bucket(cosine float32) int {
	return max(0, min(fineness, int((widest-cosine)*(fineness/(2*widest)))))
}

// floor is the least cosine that is within the limit.
func (n *nearest) floor() float32 { return widest - float32(n.limit+1)*(2*widest/fineness) }

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
