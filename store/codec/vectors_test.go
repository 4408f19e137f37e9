package codec

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"rapporteur/qa"
)

// halfValue is the definition of a finite half-precision number.
func halfValue(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&0x3ff)
	value := math.Ldexp(1024+fraction, exponent-25)
	if exponent == 0 {
		value = math.Ldexp(fraction, -24)
	}
	if h&0x8000 != 0 {
		value = -value
	}
	return value
}

// TestHalf goes through all numbers of half precision, and through the points half-way between two.
func TestHalf(t *testing.T) {
	t.Parallel()
	for n := range 1 << 16 {
		h := uint16(n)
		f := fromHalf(h)
		if h&0x7c00 == 0x7c00 {
			if h&0x3ff == 0 && (!math.IsInf(float64(f), 0) || toHalf(f) != h) || h&0x3ff != 0 && (f == f || toHalf(f)&0x7fff != 0x7e00) {
				t.Fatalf("%#04x reads %v and is written %#04x", h, f, toHalf(f))
			}
			continue
		}
		if float64(f) != halfValue(h) || toHalf(f) != h {
			t.Fatalf("%#04x reads %v, want %v; is written %#04x", h, f, halfValue(h), toHalf(f))
		}
		if h&0x7fff == 0x7bff {
			continue // the largest: what follows is infinity
		}
		middle := float32((halfValue(h) + halfValue(h+1)) / 2) // exact
		even := h + h&1
		if got := toHalf(middle); got != even {
			t.Fatalf("half-way between %#04x and the next is written %#04x, want the even one %#04x", h, got, even)
		}
		below, above := math.Float32frombits(math.Float32bits(middle)-1), math.Float32frombits(math.Float32bits(middle)+1)
		if toHalf(below) != h || toHalf(above) != h+1 {
			t.Fatalf("just beside the middle after %#04x: %#04x, %#04x", h, toHalf(below), toHalf(above))
		}
	}
	for f, want := range map[float32]uint16{65519: 0x7bff, 65520: 0x7c00, math.MaxFloat32: 0x7c00, -65520: 0xfc00, math.SmallestNonzeroFloat32: 0} {
		if got := toHalf(f); got != want {
			t.Errorf("%v is written %#04x, want %#04x", f, got, want)
		}
	}
}

func TestSentencesRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		dimensions := 1 + r.IntN(400)
		list := make([]qa.SentenceVector, n)
		for i := range list {
			start := r.IntN(1 << r.IntN(20))
			list[i] = qa.SentenceVector{Span: qa.Span{Start: start, End: start + r.IntN(500)}, Scale: r.Float32(), Codes: make([]int8, dimensions)}
			for j := range list[i].Codes {
				list[i].Codes[j] = int8(r.IntN(256) - 128)
			}
		}
		raw := PackSentences(list)
		got, err := UnpackSentences(raw, dimensions)
		if err != nil || !reflect.DeepEqual(got, list) {
			t.Fatalf("%d sentences of %d dimensions: %v", n, dimensions, err)
		}
		for _, wrong := range [][]byte{raw[:len(raw)-1], append(bytes.Clone(raw), 0)} {
			if _, err := UnpackSentences(wrong, dimensions); err == nil {
				t.Errorf("%d bytes instead of %d are read without an error", len(wrong), len(raw))
			}
		}
	}
}

// FuzzSentences: whatever stands in a row is an error or what would be written again, and takes no more
// memory than its length says.
func FuzzSentences(f *testing.F) {
	f.Add([]byte{0}, 4)
	f.Add([]byte{}, 4)
	f.Add(PackSentences([]qa.SentenceVector{{Span: qa.Span{Start: 300, End: 900}, Scale: 1, Codes: []int8{1, -2, 127, -128}}}), 4)
	f.Add(binary.AppendUvarint(nil, 1<<60), 1)
	f.Add(binary.AppendUvarint(nil, 1<<31), 1)
	f.Fuzz(func(t *testing.T, raw []byte, dimensions int) {
		dimensions = 1 + dimensions&0x3ff
		list, err := UnpackSentences(raw, dimensions)
		if err != nil {
			return
		}
		if len(list)*(6+dimensions) > len(raw) {
			t.Fatalf("%d sentences of %d dimensions out of %d bytes", len(list), dimensions, len(raw))
		}
		again, err := UnpackSentences(PackSentences(list), dimensions)
		if err != nil || len(again) != len(list) {
			t.Fatalf("written and read again: %v", err)
		}
		for i, s := range list {
			if s.Start < 0 || s.End < s.Start || again[i].Span != s.Span || !reflect.DeepEqual(again[i].Codes, s.Codes) {
				t.Fatalf("sentence %d is %v, then %v", i, s.Span, again[i].Span)
			}
		}
	})
}
