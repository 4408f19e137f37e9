package office_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// goodShare is the least share of the good samples of other projects that must be read.
const goodShare = 0.95

// slowest is how long one file may take, with a wide margin for a machine under load.
const slowest = 10 * time.Second

// sample is a file of the hostile data, with the class that its manifest gives it.
type sample struct {
	name, class string
	data        []byte
}

// samples are the files of the formats read here, whatever they are in truth.
func samples(t testing.TB) []sample {
	t.Helper()
	root := testkit.Shared(t, "data/hostile")
	manifest, err := os.ReadFile(filepath.Join(root, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var all []sample
	for line := range strings.Lines(string(manifest)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if !slices.Contains([]string{".docx", ".odt", ".pptx"}, filepath.Ext(fields[0])) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(fields[0])))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sample{filepath.Base(fields[0]), fields[len(fields)-1], data})
	}
	if len(all) < 70 {
		t.Fatalf("only %d files", len(all))
	}
	return all
}

// TestSamples reads the documents that other projects keep for their tests: each ends in a text or a
// verdict, none takes long, and the good ones are read. Those under a password are no ZIP archives, or
// say that they are encrypted: they are left out of the share.
func TestSamples(t *testing.T) {
	t.Parallel()
	good, readable := 0, 0
	for _, s := range samples(t) {
		start := time.Now()
		_, err := read(t, s.name, s.data)
		if took := time.Since(start); took > slowest {
			t.Errorf("%s took %v", s.name, took)
		}
		var verdict *qa.Error
		if err != nil && (!errors.As(err, &verdict) || verdict.Kind == qa.Internal) {
			t.Errorf("%s: %v is no verdict", s.name, err)
		}
		locked := !bytes.HasPrefix(s.data, []byte("PK")) || qa.CodeOf(err) == string(qa.VerdictEncrypted)
		if locked || s.class != "valid-office" && s.class != "odd-office" {
			continue
		}
		good++
		if err != nil {
			t.Logf("%s: %v", s.name, err)
			continue
		}
		readable++
	}
	t.Logf("%d of %d good samples are read", readable, good)
	if good < 40 || float64(readable) < goodShare*float64(good) {
		t.Errorf("%d of %d good samples are read", readable, good)
	}
}
