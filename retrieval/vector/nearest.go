package vector

import "math"

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
	var some [256]uint16
	floor, dimensions := n.floor(), len(q.away)
	for at := 0; at < len(rows.blocks); at += len(some) {
		blocks := rows.blocks[at:min(at+len(some), len(rows.blocks))]
		distances(some[:], blocks, &q.code[0])
		stretch, along := rows.stretch[at:at+len(blocks)], rows.along[at:at+len(blocks)]
		for i, d := range some[:len(blocks)] {
			if c := float32(dimensions-2*int(d))*q.worth*stretch[i] + along[i]; c >= floor {
				n.take(view, from+at+i, bucket(c))
				floor = n.floor()
			}
		}
	}
}

// expect lowers the limit, before the scan, to where a part of the rows lets the last wanted one be expected, with
// room for chance: most rows are then passed over from the start. sampled is how many rows have been looked at by
// sample, of all. Where fewer than wanted are found after all, the scan is made anew without it.
func (n *nearest) expect(sampled, all int) {
	share := float64(sampled) / float64(all) * float64(n.wanted)
	enough := int(share + 4*math.Sqrt(share) + 4)
	limit, seen := 0, n.count[0]
	for seen < enough && limit < fineness {
		limit++
		seen += n.count[limit]
	}
	clear(n.count)
	n.limit = limit
}

// sample counts, by their distance, one row in every.
func (n *nearest) sample(rows coded, q *question, every int) (sampled int) {
	for i := 0; i < len(rows.stretch); i += every {
		n.count[bucket(rows.rough(i, q))]++
		sampled++
	}
	return sampled
}

// scanLanes does the same for questions of several blocks.
func (n *nearest) scanLanes(view, from int, rows coded, q *question) {
	for i := range rows.stretch {
		if c := rows.rough(i, q); c >= n.floor() {
			n.take(view, from+i, bucket(c))
		}
	}
}

// rough is the rough estimate of the cosine of the question and row number i.
func (c *coded) rough(i int, q *question) float32 {
	agreeing, lanes := len(q.away), len(q.code)
	for j := range q.code {
		agreeing -= 2 * c.blocks[i*lanes+j].distance(&q.code[j])
	}
	return float32(agreeing)*q.worth*c.stretch[i] + c.along[i]
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
