// Package codec is how the stores write what a column holds whole: vectors, and the lists that go with a text.
// Both databases keep the same bytes.
package codec

import (
	"encoding/binary"
	"errors"
	"math"

	"rapporteur/qa"
)

// PackVector writes a vector in half precision (IEEE 754 binary16), little-endian: 2 bytes a dimension.
// It keeps 11 significant bits, which moves a cosine by less than 0.001.
func PackVector(v []float32) []byte {
	out := make([]byte, 0, 2*len(v))
	for _, x := range v {
		out = binary.LittleEndian.AppendUint16(out, toHalf(x))
	}
	return out
}

// UnpackVector is the inverse of PackVector. The error says that raw is no vector of so many dimensions.
func UnpackVector(raw []byte, dimensions int) ([]float32, error) {
	if len(raw) != 2*dimensions {
		return nil, errors.New("vector of another length")
	}
	out := make([]float32, dimensions)
	for i := range out {
		out[i] = fromHalf(binary.LittleEndian.Uint16(raw[2*i:]))
	}
	return out, nil
}

// toHalf rounds to the nearest half-precision number, ties to the even one.
func toHalf(f float32) uint16 {
	const (
		smallestNormal = 0x38800000 // 2^-14
		overflow       = 0x477ff000 // 65,520: from here the nearest is infinity
		infinity       = 0x7f800000
		rebias         = (127 - 15) << 23
	)
	b := math.Float32bits(f)
	sign := uint16(b>>16) & 0x8000
	b &= 0x7fffffff
	switch {
	case b > infinity:
		return sign | 0x7e00 // not a number
	case b >= overflow:
		return sign | 0x7c00
	case b < smallestNormal:
		// The last bit of a float32 next to 0.5 is worth 2^-24, as that of a subnormal half: the sum is
		// rounded as wanted.
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-math.Float32bits(0.5))
	}
	return sign | uint16((b-rebias+0xfff+b>>13&1)>>13)
}

func fromHalf(h uint16) float32 {
	b := uint32(h&0x7fff) << 13
	if h&0x7c00 == 0x7c00 {
		b |= 0x7f800000 // infinity, or not a number
	} else {
		b = math.Float32bits(math.Float32frombits(b) * 0x1p112) // exact, also for subnormals
	}
	return math.Float32frombits(b | uint32(h&0x8000)<<16)
}

var errSentences = errors.New("sentence vectors are damaged")

// PackSentences writes the vectors of the sentences of one chunk: their number; then for each its start
// and its length in bytes of the chunk's text, its scale (float32, little-endian) and its codes, one
// byte a dimension. Numbers are unsigned varints.
func PackSentences(list []qa.SentenceVector) []byte {
	out := binary.AppendUvarint(nil, uint64(len(list)))
	for _, s := range list {
		out = binary.AppendUvarint(out, uint64(s.Start))
		out = binary.AppendUvarint(out, uint64(s.Len()))
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(s.Scale))
		for _, c := range s.Codes {
			out = append(out, byte(c))
		}
	}
	return out
}

// UnpackSentences is the inverse of PackSentences; the error says that raw is none of its results. It takes no more memory than a few times raw.
func UnpackSentences(raw []byte, dimensions int) ([]qa.SentenceVector, error) {
	n, raw, err := uvarint(raw)
	if err != nil || n > len(raw)/(6+dimensions) { // two varints, the scale, the codes
		return nil, errSentences
	}
	out := make([]qa.SentenceVector, n)
	codes := make([]int8, n*dimensions)
	for i := range out {
		s := &out[i]
		s.Codes, codes = codes[:dimensions:dimensions], codes[dimensions:]
		if raw, err = unpackSentence(raw, s); err != nil {
			return nil, err
		}
	}
	if len(raw) > 0 {
		return nil, errSentences
	}
	return out, nil
}

// unpackSentence reads one sentence, with as many codes as s has room for, and gives what follows it.
func unpackSentence(raw []byte, s *qa.SentenceVector) (rest []byte, err error) {
	if s.Start, raw, err = uvarint(raw); err != nil {
		return nil, err
	}
	length, raw, err := uvarint(raw)
	if err != nil || len(raw) < 4+len(s.Codes) {
		return nil, errSentences
	}
	s.End = s.Start + length
	s.Scale = math.Float32frombits(binary.LittleEndian.Uint32(raw))
	raw = raw[4:]
	for i := range s.Codes {
		s.Codes[i] = int8(raw[i])
	}
	return raw[len(s.Codes):], nil
}

func uvarint(raw []byte) (n int, rest []byte, err error) {
	u, size := binary.Uvarint(raw)
	if size <= 0 || u > math.MaxInt32 {
		return 0, nil, errSentences
	}
	return int(u), raw[size:], nil
}
