package pdf

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/ingest/extract/draft"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
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
			if req, err := parseRequest(fr.payload, 1000); err == nil && (req.Size < 0 || req.Size > 1000 || req.Page > maxPages) {
				t.Errorf("request %+v passes its limits", req)
			}
			if fr.kind != frameText {
				continue
			}
			if text, err := parseText(fr.payload); err == nil && draft.Check(text) != nil {
				t.Error("a text that breaks its promises is accepted")
			}
		}
		if !bytes.HasPrefix(data, again.Bytes()) {
			t.Error("frames do not write back to the bytes they were read from")
		}
	})
}

// FuzzDates reads any text as a date: what is accepted is of a time that files are from.
func FuzzDates(f *testing.F) {
	for _, s := range []string{"D:20210305143000+01'00'", "D:2021", "20210305", "2021-03-05T10:00:00-05:00", "D:20210230", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d := parseDate(s); !d.IsZero() && (d.Year() < 1899 || d.Year() > 2201) {
			t.Errorf("%q is read as %v", s, d)
		}
	})
}

// FuzzRead reads any bytes as a PDF: a text that keeps its promises, or a verdict. Its seeds are the
// small files of the hostile set where that stands beside the repository.
func FuzzRead(f *testing.F) {
	f.Add([]byte(samplePDF("Bonjour", "Deux\nlignes")))
	f.Add([]byte(taggedPDF("/P 9 0 R", "/K [1 7 0 R]")))
	f.Add([]byte(contentPDF("q 0 0 0.6 rg 50 590 300 40 re f 1 g " + show(600, "Secret") + " Q 100 500 200 40 re S")))
	const maxSeed = 4 << 10
	files, err := filepath.Glob(filepath.Join(testkit.Root(f), "../shared/data/hostile/files/pdf/*/*.pdf"))
	if err != nil {
		f.Fatal(err)
	}
	for i, file := range files {
		if b, err := os.ReadFile(file); err == nil && len(b) <= maxSeed && i%4 == 0 {
			f.Add(b)
		}
	}
	e, err := newEngine(context.Background(), cacheDir(f), defaultMemoryMiB)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := e.read(context.Background(), data, "", func(int, int) error { return nil })
		if err != nil {
			if qa.CodeOf(verdict(codeOf(err), err)) != codeOf(err) {
				t.Errorf("code %q of %v is no verdict", codeOf(err), err)
			}
			return
		}
		text := arranged(r)
		if err := draft.Check(text); err != nil {
			t.Error(err)
		}
		if err := checkReading(text); err != nil {
			t.Error(err)
		}
	})
}
