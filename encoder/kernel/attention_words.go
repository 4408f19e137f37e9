package kernel

import "unsafe"

// words is attention with codes of 16 bits, twice as fast as float32 where the machine multiplies pairs of them
// at once (VNNI): a query and a key have a scale each, the values one per column, and the weights of a row are
// 2^13 at most. Sums are exact. What the codes leave out is far below what activations of 8 bits do.
type words struct {
	queries, rows           []int16   // [tokens, whole tiles][dim]; rows are the keys
	queryScales, keyScales  []float32 // of the rows above
	keys                    []int32   // panels [dim/2][width] of pairs
	values                  []int32   // panels [tokens/2][width] of pairs
	valueScales             []float32 // [padded dim]
	weights                 []int16   // [height][columns]
	pairs, columns, written int       // of the text; written is how many keys the rows hold
}

// The largest codes. Sums stay below 2^31: of queries and keys for up to 128 figures a head, of weights and
// values for up to 512 tokens.
const (
	largestKey    = 4095
	largestWeight = 1 << 13
	largestValue  = 511

	mostWordFigures = 128
	mostWordTokens  = 512
)

// takesWords tells whether the level computes heads of so many figures with codes of 16 bits.
func (l Level) takesWords(dim int) bool { return l >= VNNI && dim%16 == 0 && dim <= mostWordFigures }

// reserveWords makes room for texts of n tokens.
func (a *Attention) reserveWords(n int) {
	height, width := a.level.tileSize()
	w, columns := &a.words, roundUp(n, width)
	w.pairs, w.columns = (n+1)/2, columns
	if len(w.keyScales) >= columns {
		return
	}
	w.queries = make([]int16, (columns+height)*a.dim)
	w.queryScales = make([]float32, columns+height)
	w.rows, w.written = make([]int16, columns*a.dim), 0
	w.keyScales = make([]float32, columns)
	w.keys = make([]int32, columns*a.dim/2)
	w.values = make([]int32, columns/2*roundUp(a.dim, width))
	w.valueScales = make([]float32, roundUp(a.dim, width))
	w.weights = make([]int16, height*columns)
}

// headOfWords is Head with codes of 16 bits.
func (a *Attention) headOfWords(out, qkv []float32, head int) {
	hidden := a.heads * a.dim
	n := len(out) / hidden
	a.reserveWords(n)
	a.packWords(qkv, head, n)
	w := &a.words
	height, width := a.level.tileSize()
	padded := roundUp(a.dim, width)
	for i := 0; i < n; i += height {
		rows := min(height, n-i)
		a.level.multiplyWords(&wordTile{
			c: a.scores, a: w.queries[i*a.dim:], b: w.keys, rowScale: w.queryScales[i:], columnScale: w.keyScales,
			lda: a.dim, ldc: w.columns, k: a.dim / 2, panels: w.columns / width,
		})
		for r := range rows {
			row := a.scores[r*w.columns : (r+1)*w.columns]
			for j := n; j < w.columns; j++ {
				row[j] = nowhere
			}
			a.inverse[r] = 1 / a.level.powersOfWords(w.weights[r*w.columns:], row)
		}
		t := wordTile{
			c: out[i*hidden+head*a.dim:], a: w.weights, b: w.values, rowScale: a.inverse, columnScale: w.valueScales,
			lda: w.columns, ldc: hidden, k: w.pairs, panels: padded / width,
		}
		if rows == height && padded == a.dim {
			a.level.multiplyWords(&t)
			continue
		}
		target := t.c
		t.c, t.ldc = a.out, padded
		a.level.multiplyWords(&t)
		for r := range rows {
			copy(target[r*hidden:r*hidden+a.dim], a.out[r*padded:])
		}
	}
}

// packWords codes the queries, keys and values of a head.
func (a *Attention) packWords(qkv []float32, head, n int) {
	w, hidden := &a.words, a.heads*a.dim
	_, width := a.level.tileSize()
	r := wordRows{figures: qkv[head*a.dim:], stride: 3 * hidden, dim: a.dim, rows: n}
	r.words, r.scales, r.factor = w.queries, w.queryScales, a.scale[0]
	a.level.codeRows(&r)
	r.figures = r.figures[hidden:]
	r.words, r.scales, r.factor = w.rows, w.keyScales, 1
	a.level.codeRows(&r)
	for i := n; i < w.written; i++ { // keys of the text before
		clear(w.rows[i*a.dim : (i+1)*a.dim])
		w.keyScales[i] = 0
	}
	w.written = n
	for i := 0; i < n; i += 8 {
		panel := w.keys[i/width*a.dim/2*width+i%width:]
		a.level.turnPairs(panel, w.rows[i*a.dim:(i+8)*a.dim], a.dim/2)
	}
	r.figures = r.figures[hidden:]
	for c := 0; c < a.dim; c += 16 {
		a.level.codeColumns(&wordColumns{
			figures: r.figures[c:], stride: r.stride, rows: n, width: min(width, 16),
			pairs: w.values[c/width*w.pairs*width+c%width:], pitch: width, scales: w.valueScales[c:],
		})
		if width < 16 { // the twin's panels are of 8 columns
			a.level.codeColumns(&wordColumns{
				figures: r.figures[c+8:], stride: r.stride, rows: n, width: 8,
				pairs: w.values[(c+8)/width*w.pairs*width:], pitch: width, scales: w.valueScales[c+8:],
			})
		}
	}
}

// wordTile is headTile with codes: c[i][j] = rowScale[i] × columnScale[j] × Σ a[i][p]·b[p][j], k being the number
// of pairs along p. lda is in codes.
type wordTile struct {
	c                     []float32
	a                     []int16
	b                     []int32
	rowScale, columnScale []float32
	lda, ldc, k, panels   int
}

func multiplyWordsTwin(t *wordTile) {
	for p := range t.panels {
		b := t.b[p*t.k*genericWidth:]
		for i := range genericHeight {
			for j := range genericWidth {
				var sum int32
				for k := range t.k {
					pair := b[k*genericWidth+j]
					sum += int32(t.a[i*t.lda+2*k])*int32(int16(pair)) + int32(t.a[i*t.lda+2*k+1])*(pair>>16)
				}
				column := p*genericWidth + j
				t.c[i*t.ldc+column] = float32(sum) * t.rowScale[i] * t.columnScale[column]
			}
		}
	}
}

// wordRows are rows of dim figures and the codes that they become: figure = scale × code, the scale kept being
// factor times that.
type wordRows struct {
	figures           []float32
	words             []int16   // [rows][dim]
	scales            []float32 // [rows]
	stride, dim, rows int
	factor            float32
}

func codeRowsTwin(r *wordRows) {
	for i := range r.rows {
		row := r.figures[i*r.stride : i*r.stride+r.dim]
		peak := float32(smallestPeak)
		for _, v := range row {
			peak = max(peak, v, -v)
		}
		for d, v := range row {
			r.words[i*r.dim+d] = nearest(v * (largestKey / peak))
		}
		r.scales[i] = peak / largestKey * r.factor
	}
}

// nearest is the nearest code, the even one of two.
func nearest(v float32) int16 {
	const big = 3 << 22 // adding 1.5 × 2^23 leaves no bits for a fraction
	return int16(float32(v+big) - big)
}

// wordColumns are columns of figures and the pairs of codes that they become: each pair is of two rows, that of
// the even row in its low half, and stands pitch after the pair before.
type wordColumns struct {
	figures             []float32
	pairs               []int32
	scales              []float32
	stride, rows, width int
	pitch               int
}

func codeColumnsTwin(c *wordColumns) {
	for j := range c.width {
		peak := float32(smallestPeak)
		for i := range c.rows {
			v := c.figures[i*c.stride+j]
			peak = max(peak, v, -v)
		}
		c.scales[j] = peak / largestValue
		for i := 0; i < c.rows; i += 2 {
			low, high := nearest(c.figures[i*c.stride+j]*(largestValue/peak)), int16(0)
			if i+1 < c.rows {
				high = nearest(c.figures[(i+1)*c.stride+j] * (largestValue / peak))
			}
			c.pairs[i/2*c.pitch+j] = int32(high)<<16 | int32(uint16(low))
		}
	}
}

// powersOfWordsTwin is powersTwin with weights as codes, the largest being largestWeight.
func powersOfWordsTwin(weights []int16, row []float32) float32 {
	powersTwin(row)
	var sum int32
	for i, v := range row {
		weights[i] = nearest(v * largestWeight)
		sum += int32(weights[i])
	}
	return float32(sum)
}

// turnPairsTwin writes 8 rows of n pairs as columns of a panel.
func turnPairsTwin(panel []int32, rows []int16, n int) {
	for p := range n {
		for i := range 8 {
			at := (i*n + p) * 2
			panel[p*genericWidth+i] = int32(rows[at+1])<<16 | int32(uint16(rows[at]))
		}
	}
}

// asFloats lets the kernels that only move figures of 32 bits move pairs.
func asFloats[T int16 | int32](v []T) *float32 { return (*float32)(unsafe.Pointer(&v[0])) }
