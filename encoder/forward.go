package encoder

import (
	"context"
	"math"

	"rapporteur/encoder/kernel"
)

// stage is a step of the computation that is shared among the workers: within a stage, items do not wait for
// one another.
type stage uint8

const (
	stageEmbed  stage = iota // items are blocks of rows: first vectors, then the products of the first layer
	stageAttend              // items are heads of a text
	stageRows                // items are blocks of rows: a layer from attention to the products of the next one
)

// forward computes the batch: afterwards x holds the last layer's figures.
func (w *workspace) forward(ctx context.Context) error {
	w.rows = 0
	for i := range w.batch {
		t := &w.batch[i]
		t.row, t.tally = w.rows, t.to-t.from
		w.rows += t.tally
	}
	w.plan()
	w.reserve(w.rows)
	w.crew.polite = w.rows > politeRows
	helpers := 0
	if w.rows >= aloneRows {
		helpers = len(w.workers) - 1
	}
	w.crew.start(helpers)
	defer w.crew.stop()
	blocks := (w.rows + w.block - 1) / w.block
	w.stage, w.layer = stageEmbed, 0
	w.crew.run(blocks)
	for w.layer = range w.model.layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.stage = stageAttend
		w.crew.run(len(w.batch) * (w.shape.heads / w.group))
		w.stage = stageRows
		w.crew.run(blocks)
	}
	return nil
}

const (
	// Up to aloneRows rows, helpers come too late to be of help.
	aloneRows = 8
	// Beyond politeRows rows, workers let other goroutines of the program come in between: a question shall not
	// wait for a passage.
	politeRows = 128
	// A block has at most blockRows rows: with their wide figures they stay in a second-level cache of 1 MiB.
	blockRows = 96
	// The kernels take tileRows rows at a time, and what is left in fours.
	tileRows, fewRows = 12, 4
)

// plan sets how the batch is cut in items: as few as keep all workers busy to the end. Where there are many, they
// are of whole tiles and the last one has what is left.
func (w *workspace) plan() {
	share := (w.rows + len(w.workers) - 1) / len(w.workers)
	pieces := (share + blockRows - 1) / blockRows
	w.block = (share + pieces - 1) / pieces
	if pieces > 2 {
		w.block -= w.block % tileRows
	} else {
		w.block = (w.block + fewRows - 1) / fewRows * fewRows
	}
	w.group = 1
	if len(w.batch) >= 2*len(w.workers) {
		w.group = w.shape.heads
	}
}

// compute does one item of the stage.
func (w *workspace) compute(worker, item int) {
	k := &w.workers[worker]
	if w.stage == stageAttend {
		perText := w.shape.heads / w.group
		w.attend(k, w.batch[item/perText], item%perText*w.group)
		return
	}
	from := item * w.block
	to := min(from+w.block, w.rows)
	h := w.shape.hidden
	x := w.x[from*h : to*h]
	next := w.layer
	if w.stage == stageEmbed {
		w.embedRows(x, from)
	} else {
		w.finishLayer(k, x, w.context[from*h:to*h])
		next++
	}
	if next < len(w.model.layers) {
		w.apply(k, w.model.layers[next].qkv, w.qkv[from*3*h:to*3*h], x, kernel.Finish{})
	}
}

// attend computes some heads of a text.
func (w *workspace) attend(k *worker, t text, head int) {
	h := w.shape.hidden
	out := w.context[t.row*h : (t.row+t.tally)*h]
	qkv := w.qkv[t.row*3*h : (t.row+t.tally)*3*h]
	for i := range w.group {
		k.attention.Head(out, qkv, head+i)
	}
}

// embedRows sets rows of x, the first one numbered from, to the vectors of their tokens and places.
func (w *workspace) embedRows(x []float32, from int) {
	h := w.shape.hidden
	t := w.textOf(from)
	for i := 0; i < len(x)/h; i++ {
		for from+i >= w.batch[t].row+w.batch[t].tally {
			t++
		}
		place := from + i - w.batch[t].row
		row := x[i*h : (i+1)*h]
		w.model.tokens.Row(row, int(w.ids[w.batch[t].from+place]))
		for j, v := range w.model.places[place*h : (place+1)*h] {
			row[j] += v
		}
	}
	w.level.Normalise(x, w.model.norm.gain, w.model.norm.bias, w.shape.epsilon)
}

// textOf is the number of the text that a row belongs to.
func (w *workspace) textOf(row int) int {
	low, high := 0, len(w.batch)-1
	for low < high {
		middle := (low + high + 1) / 2
		if w.batch[middle].row <= row {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// finishLayer does what follows attention in a layer, for some rows.
func (w *workspace) finishLayer(k *worker, x, context []float32) {
	l := &w.model.layers[w.layer]
	w.apply(k, l.output, x, context, kernel.Finish{Residual: x})
	w.level.Normalise(x, l.afterAttention.gain, l.afterAttention.bias, w.shape.epsilon)
	wide := k.wide[:len(x)/w.shape.hidden*w.shape.feed]
	w.apply(k, l.up, wide, x, kernel.Finish{GELU: true})
	w.apply(k, l.down, x, wide, kernel.Finish{Residual: x})
	w.level.Normalise(x, l.after.gain, l.after.bias, w.shape.epsilon)
}

// apply sets out to the product of in with a matrix, its bias added.
func (w *workspace) apply(k *worker, l linear, out, in []float32, f kernel.Finish) {
	f.Bias = l.bias
	_, columns := l.weights.Shape()
	rows := len(in) / columns
	if !l.weights.Quantised() {
		l.weights.MultiplyFloat(out, in, 0, rows, f)
		return
	}
	k.codes.Reset(rows, columns)
	w.level.Quantise(&k.codes, in, 0, rows)
	l.weights.Multiply(out, &k.codes, 0, rows, f)
}

// pool gives the vector of a text of the batch, of length 1.
func (w *workspace) pool(t text) ([]float32, error) {
	h := w.shape.hidden
	vector := make([]float32, h)
	rows := w.x[t.row*h : (t.row+t.tally)*h]
	if w.shape.cls {
		rows = rows[:h]
	}
	for ; len(rows) >= h; rows = rows[h:] {
		for i, v := range rows[:h] {
			vector[i] += v
		}
	}
	var square float64
	for _, v := range vector {
		square += float64(v) * float64(v)
	}
	scale := 1 / math.Sqrt(square)
	if !(scale > 0) || math.IsInf(scale, 0) {
		return nil, ErrNotFinite
	}
	for i := range vector {
		vector[i] = float32(float64(vector[i]) * scale)
	}
	return vector, nil
}
