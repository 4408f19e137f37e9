package encoder

import (
	"cmp"
	"context"
	"slices"
	"unsafe"
)

// maxRows is the most tokens that are computed at once: their figures, 8 MiB for 384 dimensions, stay in the
// third-level cache beside the weights.
const maxRows = 1024

// rowsPerThread keeps a worker busy between two stages; fewer rows at once are less memory.
const rowsPerThread = 256

// window is how many texts are cut into tokens before they are computed.
const window = 256

// embed sets the vectors of texts.
func (e *Encoder) embed(ctx context.Context, vectors [][]float32, prefix string, texts []string) error {
	if err := ctx.Err(); err != nil || len(texts) == 0 {
		return err
	}
	size := 0
	for _, t := range texts {
		size = min(size+min(len(t), 4*e.shape.positions), 4*maxRows)
	}
	w := e.idle.get(size / 4) // about four bytes a token
	if w == nil {
		w = e.newWorkspace()
	}
	defer e.idle.put(w)
	for first := 0; first < len(texts); first += window {
		last := min(first+window, len(texts))
		w.texts, w.ids = w.texts[:0], w.ids[:0]
		for i, t := range texts[first:last] {
			if err := ctx.Err(); err != nil {
				return err
			}
			w.addText(i, prefix, t)
		}
		if err := w.embedWindow(ctx, vectors[first:last]); err != nil {
			return err
		}
	}
	return nil
}

// embedWindow computes the texts of the window batch after batch. Long texts come first: the short ones then
// fill what the workers have left to do at the end of a stage.
func (w *workspace) embedWindow(ctx context.Context, vectors [][]float32) error {
	most := min(rowsPerThread*len(w.workers), maxRows)
	slices.SortFunc(w.texts, func(a, b text) int {
		return cmp.Or(cmp.Compare(b.to-b.from, a.to-a.from), cmp.Compare(a.index, b.index))
	})
	for rest := w.texts; len(rest) > 0; {
		n, rows := 1, rest[0].to-rest[0].from
		for n < len(rest) && rows+rest[n].to-rest[n].from <= most {
			rows += rest[n].to - rest[n].from
			n++
		}
		w.batch, rest = rest[:n], rest[n:]
		if err := w.forward(ctx); err != nil {
			return err
		}
		for _, t := range w.batch {
			vector, err := w.pool(t)
			if err != nil {
				return err
			}
			vectors[t.index] = vector
		}
	}
	return nil
}

// addText cuts a text into tokens and adds it to the window. Of a long text no more is cut than is read.
func (w *workspace) addText(index int, prefix, t string) {
	w.written = append(append(w.written[:0], prefix...), t...)
	// The string is gone before the bytes change; a real one would be a copy of each text.
	whole := unsafe.String(unsafe.SliceData(w.written), len(w.written))
	w.words = w.tokenizer.AppendFirst(w.words[:0], whole, w.Longest())
	from := len(w.ids)
	w.ids = append(w.ids, w.shape.begin)
	for _, token := range w.words {
		w.ids = append(w.ids, token.ID)
	}
	w.ids = append(w.ids, w.shape.end)
	w.texts = append(w.texts, text{index: index, from: from, to: len(w.ids)})
	w.forget()
}

// keptBytes is the largest text whose room is kept for the next ones.
const keptBytes = 256 << 10

// forget drops what an enormous text has left.
func (w *workspace) forget() {
	if cap(w.written) > keptBytes {
		w.written, w.words = nil, nil
	}
}
