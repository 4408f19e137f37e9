package kernel

import "math"

// Attention computes the heads of self-attention (Vaswani et al. 2017) of one text at a time:
// softmax(q·kᵀ/√dim)·v. It holds the figures of one head, small enough for the second-level cache, and is used
// by one goroutine at a time.
type Attention struct {
	level      Level
	heads, dim int
	// Keys and values are kept in panels of `width` columns, each [rows of the panel][width]: the kernels read
	// them from the first figure to the last. A panel of keys has dim rows, one column a token; a panel of
	// values has a row a token.
	keys, values []float32
	scores       []float32 // [height][columns], of the tile at hand
	queries, out []float32 // [height][dim] and [height][padded dim], of the last tile of a text
	scale        []float32 // [height]
	inverse      []float32 // [height]: 1 / the sum of a row's weights

	coded bool // texts that are short enough are computed with words
	words words
}

// The padding of scores: its weight is nothing beside that of any token.
const nowhere = -1e30

// NewAttention is for texts with heads heads of dim figures each. The first text of a length makes room for it.
// Where exact is false, the level may use codes of 16 bits.
func (l Level) NewAttention(heads, dim int, exact bool) *Attention {
	if dim%8 != 0 {
		l = Generic
	}
	height, width := l.tileSize()
	a := &Attention{
		level: l, heads: heads, dim: dim,
		queries: make([]float32, height*dim),
		out:     make([]float32, height*roundUp(dim, width)),
		scale:   make([]float32, height),
		inverse: make([]float32, height),
		coded:   !exact && l.takesWords(dim),
	}
	for i := range a.scale {
		a.scale[i] = float32(math.Log2E / math.Sqrt(float64(dim)))
	}
	return a
}

// Head computes one head of a text. qkv is [tokens][3][heads][dim], queries, keys and values; the head's part of
// out, [tokens][heads][dim], is written and nothing else of it: the heads of a text may be computed at once,
// each with an Attention of its own.
func (a *Attention) Head(out, qkv []float32, head int) {
	hidden := a.heads * a.dim
	n := len(out) / hidden
	if n == 0 {
		return
	}
	a.reserve(n)
	if a.coded && n <= mostWordTokens {
		a.headOfWords(out, qkv[:n*3*hidden], head)
		return
	}
	a.pack(qkv[:n*3*hidden], head)
	height, width := a.level.tileSize()
	columns := roundUp(n, width)
	for i := 0; i < n; i += height {
		rows := min(height, n-i)
		q, stride := qkv[i*3*hidden+head*a.dim:], 3*hidden
		if rows < height { // the kernels read a whole tile
			for r := range rows {
				copy(a.queries[r*a.dim:(r+1)*a.dim], q[r*stride:])
			}
			q, stride = a.queries, a.dim
		}
		a.level.multiplyTile(&headTile{
			c: a.scores, a: q, b: a.keys, scale: a.scale,
			lda: stride, ldc: columns, k: a.dim, panels: columns / width,
		})
		for r := range rows {
			row := a.scores[r*columns : (r+1)*columns]
			for j := n; j < columns; j++ {
				row[j] = nowhere
			}
			a.inverse[r] = 1 / a.level.powers(row)
		}
		a.weigh(out[i*hidden+head*a.dim:], rows, n)
	}
}

// weigh stores the tile's weighted sums of the values of n tokens.
func (a *Attention) weigh(out []float32, rows, n int) {
	hidden := a.heads * a.dim
	height, width := a.level.tileSize()
	padded := roundUp(a.dim, width)
	t := headTile{
		c: out, a: a.scores, b: a.values, scale: a.inverse,
		lda: roundUp(n, width), ldc: hidden, k: n, panels: padded / width,
	}
	if rows == height && padded == a.dim {
		a.level.multiplyTile(&t)
		return
	}
	t.c, t.ldc = a.out, padded
	a.level.multiplyTile(&t)
	for r := range rows {
		copy(out[r*hidden:r*hidden+a.dim], a.out[r*padded:])
	}
}

// pack lays out the keys and values of a head in panels.
func (a *Attention) pack(qkv []float32, head int) {
	hidden := a.heads * a.dim
	_, width := a.level.tileSize()
	n := len(qkv) / (3 * hidden)
	for i := 0; i < n; i += 8 {
		panel := a.keys[i/width*a.dim*width+i%width:]
		a.turn(panel, qkv[i*3*hidden+hidden+head*a.dim:], min(8, n-i))
	}
	for c := 0; c < a.dim; c += width {
		columns := min(width, a.dim-c)
		panel := a.values[c*n:]
		for i := range n {
			v := qkv[(i*3+2)*hidden+head*a.dim+c:]
			copy(panel[i*width:i*width+columns], v[:columns])
		}
	}
}

func (a *Attention) reserve(n int) {
	height, width := a.level.tileSize()
	columns := roundUp(n, width)
	if len(a.scores) >= height*columns {
		return
	}
	a.scores = make([]float32, height*columns)
	if a.coded && n <= mostWordTokens {
		return
	}
	a.keys = make([]float32, columns*a.dim)
	a.values = make([]float32, columns*roundUp(a.dim, width))
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }

// headTile is a product of a strip of a matrix, as many rows as the level's tiles are high, with panels as wide:
// c[i][j] = scale[i] × Σ a[i][p]·b[p][j]. Distances between rows are in figures; the panels of b follow one
// another, each [k][width], and give neighbouring columns of c.
type headTile struct {
	c, a, b, scale      []float32
	lda, ldc, k, panels int
}

// The tiles of the plain Go twin.
const (
	genericHeight = 4
	genericWidth  = 8
)

func (l Level) tileSize() (height, width int) {
	switch {
	case l >= AVX512:
		return 12, 32
	case l >= AVX2:
		return 6, 16
	}
	return genericHeight, genericWidth
}

// multiplyTileTwin is the product in plain Go, with the tile's size of that level.
func multiplyTileTwin(t *headTile) {
	for p := range t.panels {
		b := t.b[p*t.k*genericWidth:]
		for i := range genericHeight {
			var sum [genericWidth]float32
			a := t.a[i*t.lda : i*t.lda+t.k]
			for k, v := range a {
				row := b[k*genericWidth : k*genericWidth+genericWidth]
				for j := range sum {
					sum[j] += v * row[j]
				}
			}
			c := t.c[i*t.ldc+p*genericWidth:]
			for j := range sum {
				c[j] = sum[j] * t.scale[i]
			}
		}
	}
}

// turn writes the first n ≤ 8 keys of rows as columns of a panel, which has room for 8; the others become 0.
func (a *Attention) turn(panel, rows []float32, n int) {
	stride := 3 * a.heads * a.dim
	if n == 8 && a.level.turn(panel, rows, stride, a.dim) {
		return
	}
	_, width := a.level.tileSize()
	for d := range a.dim {
		column := panel[d*width : d*width+8]
		for i := range column {
			column[i] = 0
			if i < n {
				column[i] = rows[i*stride+d]
			}
		}
	}
}

// exp2 is the polynomial of degree 5 nearest to 2^x for |x| ≤ 1/2 by its relative error, 7.5e-8: found with
// the exchange algorithm of Remez (1934). The kernels use the same figures.
var exp2 = [6]float32{1.0000000716546416, 0.6931469670652651, 0.24022119723969054, 0.05550713272875251, 0.00967554133102592, 0.0013276472167843424}

// powersTwin replaces every figure x of a row by 2^(x-m), m being the largest of the row, and gives their sum.
func powersTwin(row []float32) float32 {
	m := row[0]
	for _, v := range row {
		m = max(m, v)
	}
	var sum float32
	for i, v := range row {
		x := max(v-m, -126)
		whole := float32(math.RoundToEven(float64(x)))
		f := x - whole
		p := exp2[5]
		for k := 4; k >= 0; k-- {
			p = p*f + exp2[k]
		}
		row[i] = float32(math.Ldexp(float64(p), int(whole)))
		sum += row[i]
	}
	return sum
}
