package backup

import (
	"encoding/binary"
	"errors"
	"math"

	"rapporteur/qa"
)

// A member of vectors holds, for each version of the document in its order, numbers little-endian:
//
//	uint32  how many chunks have a vector, then for each:
//	        int64 the chunk; float32 × dimensions
//	uint32  of how many chunks the sentences have vectors, then for each:
//	        int64 the chunk; uint32 how many sentences, then for each:
//	        uint32 start; uint32 end; float32 scale; int8 × dimensions

// hasVectors reports whether a document needs the member.
func hasVectors(d qa.DocumentRecord) bool {
	for _, v := range d.Versions {
		if len(v.Vectors)+len(v.Sentences) > 0 {
			return true
		}
	}
	return false
}

func packVectors(d qa.DocumentRecord) []byte {
	var out []byte
	le := binary.LittleEndian
	for _, v := range d.Versions {
		out = le.AppendUint32(out, uint32(len(v.Vectors)))
		for _, c := range v.Vectors {
			out = le.AppendUint64(out, uint64(c.Chunk))
			for _, x := range c.Vector {
				out = le.AppendUint32(out, math.Float32bits(x))
			}
		}
		out = le.AppendUint32(out, uint32(len(v.Sentences)))
		for _, c := range v.Sentences {
			out = le.AppendUint64(out, uint64(c.Chunk))
			out = le.AppendUint32(out, uint32(len(c.Sentences)))
			for _, s := range c.Sentences {
				out = le.AppendUint32(out, uint32(s.Start))
				out = le.AppendUint32(out, uint32(s.End))
				out = le.AppendUint32(out, math.Float32bits(s.Scale))
				for _, code := range s.Codes {
					out = append(out, byte(code))
				}
			}
		}
	}
	return out
}

var errVectors = errors.New("backup: vectors are damaged")

// cursor reads numbers; after the end it gives zeros and remembers that it failed.
type cursor struct {
	raw    []byte
	failed bool
}

func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.raw) {
		c.failed, c.raw = true, nil
		return nil
	}
	out := c.raw[:n]
	c.raw = c.raw[n:]
	return out
}

func (c *cursor) uint32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) chunk() qa.ChunkID {
	if b := c.take(8); b != nil {
		return qa.ChunkID(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// many reads a number of things of at least so many bytes each: never more than there can be.
func (c *cursor) many(bytes int) int {
	n := int(c.uint32())
	if n > len(c.raw)/bytes {
		c.failed, c.raw = true, nil
		return 0
	}
	return n
}

// unpackVectors puts the vectors into the versions of d.
func unpackVectors(raw []byte, dimensions int, d *qa.DocumentRecord) error {
	if dimensions <= 0 || dimensions > len(raw) {
		return errVectors
	}
	c := &cursor{raw: raw}
	for i := range d.Versions {
		v := &d.Versions[i]
		for range c.many(8 + 4*dimensions) {
			v.Vectors = append(v.Vectors, qa.ChunkVector{Chunk: c.chunk(), Vector: c.floats(dimensions)})
		}
		for range c.many(12) {
			v.Sentences = append(v.Sentences, c.sentences(dimensions))
		}
	}
	if c.failed || len(c.raw) > 0 {
		return errVectors
	}
	return nil
}

func (c *cursor) floats(n int) []float32 {
	b := c.take(4 * n)
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

func (c *cursor) sentences(dimensions int) qa.ChunkSentences {
	out := qa.ChunkSentences{Chunk: c.chunk()}
	n := c.many(12 + dimensions)
	out.Sentences = make([]qa.SentenceVector, 0, n)
	for range n {
		s := qa.SentenceVector{Span: qa.Span{Start: int(int32(c.uint32())), End: int(int32(c.uint32()))}, Scale: math.Float32frombits(c.uint32())}
		codes := c.take(dimensions)
		s.Codes = make([]int8, len(codes))
		for i, b := range codes {
			s.Codes[i] = int8(b)
		}
		c.failed = c.failed || s.Start < 0 || s.End < s.Start
		out.Sentences = append(out.Sentences, s)
	}
	return out
}
