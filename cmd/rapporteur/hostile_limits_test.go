package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapporteur/ingest/chunk"
	"rapporteur/ingest/source"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// ingestOne ingests one file of the shared data and gives what became of it.
func ingestOne(t *testing.T, svc *service, path string) outcome {
	t.Helper()
	return ingestBytes(t, svc, path, read(t, testkit.Shared(t, path)))
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func ingestBytes(t *testing.T, svc *service, name string, data []byte) outcome {
	t.Helper()
	var got outcome
	items := []source.Item{{Source: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}}
	if err := svc.ingest(t.Context(), qa.DefaultCollection, items, func(o outcome) error { got = o; return nil }); err != nil {
		t.Fatal(err)
	}
	return got
}

// textOf gives the text of a document, with its chunks as one string.
func textOf(t *testing.T, svc *service, o outcome) (text qa.Text, chunks []qa.Chunk) {
	t.Helper()
	text, v, err := svc.store.Text(t.Context(), scopeOf(""), qa.DocumentID(o.Document), "")
	if err != nil {
		t.Fatal(err)
	}
	if chunks, err = svc.store.Chunks(t.Context(), v.ID); err != nil {
		t.Fatal(err)
	}
	return text, chunks
}

// TestHostileLimits: bombs, cycles and monsters end in time, in a verdict, and the next document is read.
func TestHostileLimits(t *testing.T) {
	const own = "data/hostile/own/files/"
	for _, c := range []struct {
		file  string
		limit time.Duration
		want  []qa.Verdict // none: any verdict
	}{
		// Bombs: refused before they are unpacked.
		{own + "docx_bomb_50MB.docx", 2 * time.Second, []qa.Verdict{qa.VerdictTooLargeUnpacked}},
		{own + "docx_billion_laughs.docx", 2 * time.Second, []qa.Verdict{qa.VerdictDamaged}},
		{own + "zip_lying_size.docx", 2 * time.Second, []qa.Verdict{qa.VerdictDamaged}},
		{own + "zip_bomb_100MB.zip", 2 * time.Second, refused()},
		{own + "zip_nested_12.zip", 2 * time.Second, refused()},
		{own + "zip_5000_entries.zip", 2 * time.Second, refused()},
		{own + "xlsx_row_2e9.xlsx", 2 * time.Second, nil},
		{own + "pdf_flate_bomb_200MB.pdf", 10 * time.Second, []qa.Verdict{qa.VerdictResourceLimit}},
		// Cycles and depths.
		{own + "pdf_page_tree_cycle.pdf", 5 * time.Second, nil},
		{own + "pdf_prev_loop.pdf", 5 * time.Second, readable()},
		{own + "pdf_count_negative.pdf", 5 * time.Second, nil},
		{own + "pdf_length_self_ref.pdf", 5 * time.Second, nil},
		{own + "pdf_array_nest_100000.pdf", 5 * time.Second, nil},
		{own + "docx_deep_nesting_20000.docx", 5 * time.Second, []qa.Verdict{qa.VerdictResourceLimit}},
		{"data/hostile/files/pdf/qpdf/outlines-with-loop.pdf", 5 * time.Second, nil},
		{"data/hostile/files/pdf/pdfium/bookmarks_circular.pdf", 5 * time.Second, nil},
		{"data/hostile/files/pdf/pdfium/circular_viewer_ref.pdf", 5 * time.Second, nil},
		// Monsters.
		{own + "txt_one_line_2MB.txt", 10 * time.Second, readable()},
		{own + "html_deep_div_50000.html", 10 * time.Second, nil},
		{own + "html_unclosed_attr.html", 10 * time.Second, nil},
		{own + "docx_tracked_deletion.docx", 10 * time.Second, readable()},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			s := testSettings(t)
			s.PDFPage = 10 * time.Second
			svc := newServiceOf(t, s)
			if err := svc.readers.Warm(t.Context()); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			o := ingestOne(t, svc, c.file)
			took := time.Since(start)
			t.Logf("%s after %v", o.Verdict, took.Round(time.Millisecond))
			if took > c.limit && !raceDetector {
				t.Errorf("took %v, at most %v", took, c.limit)
			}
			if !slices.Contains(append(readable(), refused()...), qa.Verdict(o.Verdict)) || c.want != nil && !slices.Contains(c.want, qa.Verdict(o.Verdict)) {
				t.Errorf("%s, want one of %v", o.Verdict, c.want)
			}
			if o.readable() {
				checkChunks(t, svc, o)
			}
			if next := ingestOne(t, svc, own+"pdf_cr_only_eol.pdf"); next.Verdict != string(qa.VerdictIngested) {
				t.Errorf("the next document: %s", next.Verdict)
			}
		})
	}
}

// checkChunks holds the size of chunks.
func checkChunks(t *testing.T, svc *service, o outcome) {
	t.Helper()
	_, chunks := textOf(t, svc, o)
	for _, c := range chunks {
		if n := chunk.EstimateTokens(c.Text); n > chunk.DefaultMax {
			t.Errorf("a chunk of %d tokens", n)
		}
		if strings.Contains(o.Source, "tracked") && (strings.Contains(c.Text, "500") || !strings.Contains(c.Text, "750")) {
			t.Errorf("what was deleted is there, or what was inserted is not: %q", c.Text)
		}
	}
}

// TestBombMemory (on Linux, which tells the memory of a process) runs the program on each bomb: it takes little more memory than on a small text, and
// leaves no temporary file.
func TestBombMemory(t *testing.T) {
	if raceDetector || runtime.GOOS != "linux" {
		t.Skip("skipped: the race detector takes many times the memory (test.sh runs it without), and only Linux tells it")
	}
	const own = "data/hostile/own/files/"
	base, _ := peakOf(t, own+"txt_latin1_fr.txt")
	for _, file := range []string{"docx_bomb_50MB.docx", "zip_bomb_100MB.zip", "zip_nested_12.zip", "zip_5000_entries.zip", "zip_lying_size.docx",
		"docx_billion_laughs.docx", "xlsx_row_2e9.xlsx"} {
		peak, verdict := peakOf(t, own+file)
		t.Logf("%-26s %-20s %4d MiB, %d more than a small text", file, verdict, peak, peak-base)
		if peak-base > 100 {
			t.Errorf("%s takes %d MiB more than a small text", file, peak-base)
		}
	}
}

// peakOf ingests one file in a process of its own and gives the most memory it took, in MiB.
func peakOf(t *testing.T, file string) (mib int, verdict string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	temporary := t.TempDir()
	cmd := exec.Command(self, "ingest", testkit.Shared(t, file), "--json", "--data", t.TempDir(), "--log-level", "error")
	cmd.Env = append(os.Environ(), asMain+"=1", "TMPDIR="+temporary)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for running := true; running; {
		mib = max(mib, statusMiB("/proc/"+strconv.Itoa(cmd.Process.Pid)+"/status", "VmHWM:"))
		select {
		case err = <-ended:
			running = false
		case <-time.After(2 * time.Millisecond):
		}
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 2 {
		t.Fatalf("%s: exit %d: %v", file, code, err)
	}
	var o outcome
	if err := json.NewDecoder(&out).Decode(&o); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("%s leaves %d temporary files, error %v", file, len(left), err)
	}
	return mib, o.Verdict
}
