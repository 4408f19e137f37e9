package pdf

import (
	"bytes"
	"strings"
	"testing"

	"rapporteur/ingest/extract/pdf/layout"
)

// FuzzFrames reads any bytes as frames: what is accepted writes back to the same bytes.
func FuzzFrames(f *testing.F) {
	var b bytes.Buffer
	for _, p := range []string{"", "hello", strings.Repeat("x", 1000)} {
		if err := writeFrame(&b, frameText, []byte(p)); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(b.Bytes())
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 'd'})
	f.Add([]byte{0, 0, 0, 9, 't', 'c', 'u', 't'})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		var again bytes.Buffer
		for {
			fr, err := readFrame(r)
			if err != nil {
				break
			}
			if err := writeFrame(&again, fr.kind, fr.payload); err != nil {
				t.Fatal(err)
			}
			if size, err := parseSize(fr.payload, 1000); err == nil && (size < 1 || size > 1000) {
				t.Errorf("size %d passes its limit", size)
			}
			if fr.kind != frameText {
				continue
			}
			if text, err := parseText(fr.payload); err == nil && layout.Check(text) != nil {
				t.Error("a text that breaks its promises is accepted")
			}
		}
		if !bytes.HasPrefix(data, again.Bytes()) {
			t.Error("frames do not write back to the bytes they were read from")
		}
	})
}
