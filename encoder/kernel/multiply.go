package kernel

import "unsafe"

// height is how many rows of activations a tile of the product has.
const height = 12

// few is how many rows the kernels for the last rows take.
const few = 4

// cacheBytes of activations are multiplied by all the weights before the next ones are: they stay in a
// second-level cache of 512 KiB, beside a panel of weights.
const cacheBytes = 192 << 10

// Finish is what happens to a product as it is stored: out = gelu(product + Bias) + Residual.
type Finish struct {
	Bias     []float32 // [n], or nil
	GELU     bool
	Residual []float32 // [rows][n], or nil; may be out itself
}

// Part is a rectangle of a product: rows [From, To), outputs [Left, Right). Left is a multiple of 32, and Right
// as well or n.
type Part struct{ From, To, Left, Right int }

// Multiply sets the rows [from, to) of out, which is [rows][n], to a·wᵀ. Ranges that share no row may be set at
// the same time.
func (w *Weights) Multiply(out []float32, a *Codes, from, to int, f Finish) {
	w.MultiplyPart(out, a, Part{From: from, To: to, Right: w.n}, f)
}

// MultiplyPart sets a part of out; parts that do not overlap may be set at the same time.
func (w *Weights) MultiplyPart(out []float32, a *Codes, p Part, f Finish) {
	if a.k != w.k || !w.Quantised() || p.To > a.rows {
		panic("kernel: codes do not fit the weights")
	}
	if p.From >= p.To {
		return
	}
	rowBytes := w.k / group * int(unsafe.Sizeof(codes{}))
	w.multiply(out, operand{unsafe.Pointer(unsafe.SliceData(a.data)), uintptr(rowBytes)}, p, f)
}

// MultiplyFloat is Multiply with exact activations [rows][k], for weights that are not quantised.
func (w *Weights) MultiplyFloat(out, a []float32, from, to int, f Finish) {
	w.MultiplyFloatPart(out, a, Part{From: from, To: to, Right: w.n}, f)
}

// MultiplyFloatPart is MultiplyPart with exact activations.
func (w *Weights) MultiplyFloatPart(out, a []float32, p Part, f Finish) {
	if w.Quantised() || p.To*w.k > len(a) {
		panic("kernel: activations do not fit the weights")
	}
	if p.From >= p.To {
		return
	}
	w.multiply(out, operand{unsafe.Pointer(unsafe.SliceData(a)), uintptr(4 * w.k)}, p, f)
}

// operand is where the rows of activations lie.
type operand struct {
	first  unsafe.Pointer
	stride uintptr // bytes
}

func (o operand) row(i int) unsafe.Pointer { return unsafe.Add(o.first, uintptr(i)*o.stride) }

// tile is what the kernels work on: up to 12 rows by 32 outputs. The assembly reads the fields by name.
type tile struct {
	sums   *[width]float32     // the product: of the first row, the others follow
	rows   [few]unsafe.Pointer // of activations; the kernels of 12 rows take the first one and stride
	stride uintptr             // bytes from a row of activations to the next
	panel  unsafe.Pointer      // of weights
	scales *float32            // of the panel, if quantised
	steps  int                 // blocks of 32 along k, or figures if not quantised

	count    int      // rows to store
	out      *float32 // of the tile's first figure
	bias     *float32 // or nil
	residual *float32 // or nil
	pitch    uintptr  // bytes from a row of out and of residual to the next
	gelu     bool
}

// multiply goes over the part: rows that stay in the cache, panels of weights, tiles of rows.
func (w *Weights) multiply(out []float32, a operand, p Part, f Finish) {
	w.check(out, p, f)
	depth := max(cacheBytes/int(a.stride)/height, 1) * height
	var room [height + 1][width]float32
	t := tile{sums: aligned(&room), stride: a.stride, gelu: f.GELU}
	for first := p.From; first < p.To; first += depth {
		last := min(first+depth, p.To)
		for left := p.Left; left < p.Right; left += width {
			w.usePanel(&t, left/width)
			for row := first; row < last; {
				t.count = min(height, last-row)
				if t.count < height {
					t.count = min(few, t.count)
				}
				for i := range t.rows {
					t.rows[i] = a.row(row + min(i, t.count-1))
				}
				w.product(&t)
				w.store(&t, out, f, row, left)
				row += t.count
			}
		}
	}
}

// aligned is the first row of the room at an address that vectors of 64 bytes like; the last row is spare.
func aligned(room *[height + 1][width]float32) *[width]float32 {
	first := unsafe.Pointer(room)
	return (*[width]float32)(unsafe.Add(first, -uintptr(first)&63))
}

func (w *Weights) check(out []float32, p Part, f Finish) {
	switch {
	case p.From < 0 || p.Left < 0 || p.Left%width != 0 || p.Right > w.n || p.Right%width != 0 && p.Right != w.n:
		panic("kernel: a part beyond the product")
	case len(out) < p.To*w.n, f.Bias != nil && len(f.Bias) < w.n, f.Residual != nil && len(f.Residual) < p.To*w.n:
		panic("kernel: the output, the bias or the residual is too short")
	}
}

func (w *Weights) usePanel(t *tile, i int) {
	if !w.Quantised() {
		t.steps = w.k
		t.panel = unsafe.Pointer(&w.floats[i*w.k*width])
		return
	}
	t.steps = w.k / group
	t.panel = unsafe.Pointer(&w.bytes[i*w.k*width/4])
	t.scales = &w.scales[i*t.steps*width]
}

// product sets the sums of a tile.
func (w *Weights) product(t *tile) {
	if w.Quantised() {
		w.level.multiplyCodes(t)
	} else {
		w.level.multiplyFloats(t)
	}
}

// store finishes a tile. The outputs of the last panel that do not exist are left out, by way of arrays in
// which they do.
func (w *Weights) store(t *tile, out []float32, f Finish, row, left int) {
	at := row*w.n + left
	if left+width <= w.n {
		t.out, t.pitch = &out[at], uintptr(4*w.n)
		if f.Bias != nil {
			t.bias = &f.Bias[left]
		}
		if f.Residual != nil {
			t.residual = &f.Residual[at]
		}
		w.level.finish(t)
		return
	}
	tail := *t
	var bias [width]float32
	var residual, result [height][width]float32
	copy(bias[:], f.Bias[min(left, len(f.Bias)):])
	for i := 0; i < t.count && f.Residual != nil; i++ {
		copy(residual[i][:w.n-left], f.Residual[at+i*w.n:])
	}
	tail.out, tail.bias, tail.residual, tail.pitch = &result[0][0], &bias[0], &residual[0][0], 4*width
	w.level.finish(&tail)
	for i := range t.count {
		copy(out[at+i*w.n:][:w.n-left], result[i][:])
	}
}
