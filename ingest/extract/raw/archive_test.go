package raw

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"rapporteur/qa"
)

// TestDeclaredSize checks that a part that declares too much is not opened, and that one that declares
// little does not unpack more.
func TestDeclaredSize(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	part, err := w.Create("a.xml")
	if err == nil {
		_, err = part.Write([]byte(strings.Repeat("<a/>", 10_000)))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	limits := Limits{MaxEntries: 10, MaxPart: 20_000, MaxUnpacked: 1 << 20, MaxRatio: 200, MaxDepth: 10}
	a, err := OpenArchive(context.Background(), limits, bytes.NewReader(packed.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Open("A.XML"); qa.CodeOf(err) != "too_large_unpacked" {
		t.Errorf("declared size: %v", err)
	}
	a.parts["a.xml"].UncompressedSize64 = 1000
	rc, err := a.Open("a.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if n, err := io.Copy(io.Discard, rc); err == nil || n > 2000 {
		t.Errorf("%d bytes unpacked, %v", n, err)
	}
}

// slow reads a few bytes at a time, from a place that it must be told, like some files do.
type slow struct{ io.ReadSeeker }

func (s slow) Read(p []byte) (int, error) { return s.ReadSeeker.Read(p[:min(len(p), 3)]) }

// TestCount finds marks that lie across two reads, and stops at the limit.
func TestCount(t *testing.T) {
	t.Parallel()
	r := slow{strings.NewReader(strings.Repeat("xxMARKx", 50) + "MAR")}
	for stop, want := range map[int]int{100: 50, 7: 7} {
		got, err := Count(r, "MARK", stop)
		if err != nil || got != want {
			t.Errorf("%d marks up to %d, %v", got, stop, err)
		}
	}
}

// TestAsVerdict keeps what is known of an error.
func TestAsVerdict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want string
	}{
		{io.ErrUnexpectedEOF, "damaged"},
		{fmt.Errorf("read: %w", Encrypted()), "encrypted"},
		{fmt.Errorf("read: %w", context.Canceled), "canceled"},
	} {
		if got := qa.CodeOf(AsVerdict(c.err)); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
}
