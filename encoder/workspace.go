package encoder

import (
	"sync"

	"rapporteur/encoder/kernel"
	"rapporteur/encoder/unigram"
)

// workspace is the memory of one call. Rows are tokens, those of all texts of a batch one after another.
type workspace struct {
	*Encoder
	crew    *crew
	workers []worker

	texts   []text  // of the call's window
	ids     []int32 // of their tokens, one text after another
	words   []unigram.Token
	written []byte // prefix and text

	batch   []text    // of texts, those that are computed together
	x       []float32 // [rows][hidden]
	qkv     []float32 // [rows][3][heads][dim]
	context []float32 // [rows][heads][dim], what attention gives
	rows    int
	block   int // rows of an item of the row stages
	group   int // heads of an item of the attention stages
	stage   stage
	layer   int
}

// text is a text of a window.
type text struct {
	index      int // in the window
	from, to   int // tokens of ids
	row, tally int // its rows in the batch: the first one and how many
}

// worker is the memory of one goroutine of a call.
type worker struct {
	codes     kernel.Codes
	wide      []float32 // [block][feed]
	attention *kernel.Attention
}

func (e *Encoder) newWorkspace() *workspace {
	w := &workspace{Encoder: e, workers: make([]worker, e.options.Threads)}
	w.crew = newCrew(e.options.Threads, w.compute)
	return w
}

// reserve makes room for the rows of a batch.
func (w *workspace) reserve(rows int) {
	h := w.shape.hidden
	if rows > len(w.x)/h {
		w.x = make([]float32, rows*h)
		w.qkv = make([]float32, rows*3*h)
		w.context = make([]float32, rows*h)
	}
	for i := range w.workers {
		k := &w.workers[i]
		if k.attention == nil {
			k.attention = w.level.NewAttention(w.shape.heads, h/w.shape.heads, w.options.Precision == Float32)
		}
		if len(k.wide) < w.block*w.shape.feed {
			k.wide = make([]float32, w.block*w.shape.feed)
		}
	}
}

// maxIdle is how many workspaces are kept for the next calls, and maxIdleRows how many rows they have
// together.
const (
	maxIdle     = 8
	maxIdleRows = 2 * maxRows
)

// idle keeps workspaces between calls. It is no sync.Pool, which would forget them at every second garbage
// collection.
type idle struct {
	mutex sync.Mutex
	free  []*workspace
}

// get gives an idle workspace with room for the rows if there is one, else the largest.
func (l *idle) get(rows int) *workspace {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	best := -1
	for i, w := range l.free {
		if best < 0 || better(w.capacity(), l.free[best].capacity(), rows) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	w := l.free[best]
	l.free[best] = l.free[len(l.free)-1]
	l.free = l.free[:len(l.free)-1]
	return w
}

// better prefers the smallest capacity that suffices, then the largest.
func better(a, b, rows int) bool {
	if a >= rows && b >= rows {
		return a < b
	}
	return a > b
}

func (l *idle) put(w *workspace) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	rows := w.capacity()
	for _, other := range l.free {
		rows += other.capacity()
	}
	if len(l.free) < maxIdle && rows <= maxIdleRows {
		l.free = append(l.free, w)
	}
}

// capacity is how many rows there is room for.
func (w *workspace) capacity() int { return len(w.x) / w.shape.hidden }
