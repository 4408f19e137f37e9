package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"rapporteur/ingest"
	"rapporteur/ingest/source"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

const (
	// hostileTime is the longest that reading one file may take.
	hostileTime = 30 * time.Second
	// hostileMemory is the most memory that a PDF reader may take, in MiB.
	hostileMemory = 512
	// goodShare is the least share of good samples, in percent, that must be read.
	goodShare = 95
)

// hostileFile is one line of the manifest.
type hostileFile struct{ path, class string }

// hostileFiles are the files of the manifest that are meant for ingestion.
func hostileFiles(t testing.TB) []hostileFile {
	t.Helper()
	f, err := os.Open(testkit.Shared(t, "data/hostile/MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var files []hostileFile
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(fields[0], "files/") || strings.HasPrefix(fields[0], "own/files/") {
			files = append(files, hostileFile{fields[0], fields[len(fields)-1]})
		}
	}
	if err := lines.Err(); err != nil || len(files) < 1600 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	return files
}

func hostileItems(t testing.TB, files []hostileFile) []source.Item {
	t.Helper()
	dir := os.DirFS(testkit.Shared(t, "data/hostile"))
	var items []source.Item
	for _, f := range files {
		items = append(items, source.Item{Source: f.path, Open: func() (io.ReadCloser, error) { return dir.Open(f.path) }})
	}
	return items
}

// needProgram skips where a program is missing, and fails in CI.
func needProgram(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing, and CI needs it", name)
	}
	t.Skipf("skipped: %s is not on this machine", name)
}

// clocked times the extractor, file by file.
type clocked struct {
	ingest.Extractor
	mu    sync.Mutex
	times []time.Duration
}

// Extract reads a file and notes how long it took.
func (c *clocked) Extract(ctx context.Context, f qa.File) (qa.Text, error) {
	start := time.Now()
	t, err := c.Extractor.Extract(ctx, f)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times = append(c.times, time.Since(start))
	return t, err
}

// readers watches the memory of the PDF readers that this process starts.
type readers struct {
	mu   sync.Mutex
	most int // MiB, of one process
	seen map[string]bool
}

// watch looks at the readers until ctx ends. The system keeps the peak of each, hence looking now and
// then is enough.
func (r *readers) watch(ctx context.Context) {
	for {
		r.look()
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (r *readers) look() {
	self := strconv.Itoa(os.Getpid())
	children, err := filepath.Glob("/proc/" + self + "/task/*/children")
	if err != nil {
		return
	}
	for _, file := range children {
		pids, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, pid := range strings.Fields(string(pids)) {
			command, err := os.ReadFile("/proc/" + pid + "/cmdline")
			if err != nil || !strings.Contains(string(command), "pdf-reader") {
				continue
			}
			peak := statusMiB("/proc/"+pid+"/status", "VmHWM:")
			r.mu.Lock()
			r.most, r.seen[pid] = max(r.most, peak), true
			r.mu.Unlock()
		}
	}
}

// statusMiB is one figure of a status file of Linux, 0 where there is none.
func statusMiB(file, name string) int {
	status, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				return 0
			}
			return kib / 1024
		}
	}
	return 0
}

// TestHostile ingests every file that is meant to break a reader: the process lives on, each file gets
// a verdict that fits its class, in time, and the good ones are read.
func TestHostile(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("skipped: takes a minute, and the race detector takes many times the memory; test.sh runs it without")
	}
	needProgram(t, "pdftotext")
	files := hostileFiles(t)
	s := testSettings(t)
	s.PDFPage, s.PDFTimeout, s.OCR = 10*time.Second, hostileTime, "auto"
	svc := newServiceOf(t, s)
	clock := &clocked{Extractor: svc.pipeline.Extractor}
	svc.pipeline.Extractor = clock
	children := &readers{seen: map[string]bool{}}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go children.watch(ctx)
	start := time.Now()
	table, read, blanks, sound := verdicts{}, 0, 0, 0
	next := 0
	err := svc.ingest(t.Context(), qa.DefaultCollection, hostileItems(t, files), func(o outcome) error {
		f := files[next] // outcomes come in the order of the files
		next++
		if wrong := unfit(o, f.class); o.Source != f.path || wrong != "" {
			t.Errorf("%s (%s): %s", f.path, f.class, wrong)
		}
		table.count(f.class, o.Verdict)
		if good(f) {
			sound++
			switch {
			case o.readable():
				read++
			case o.Verdict == string(qa.VerdictNoText) && holdsNoText(t, f.path): // for pdftotext, which reads no pictures
				blanks++
			default:
				t.Logf("a good sample that was not read: %s, %s", f.path, o.Verdict)
			}
		}
		return nil
	})
	if err != nil || next != len(files) {
		t.Fatalf("%d of %d files, error %v", next, len(files), err)
	}
	table.log(t)
	slices.Sort(clock.times)
	slowest := clock.times[len(clock.times)-1]
	t.Logf("%d files in %v, the slowest %v; %d PDF readers, at most %d MiB each",
		len(files), time.Since(start).Round(time.Second), slowest.Round(time.Millisecond), len(children.seen), children.most)
	t.Logf("good samples: %d, of which %d hold no text; read: %d of the other %d", sound, blanks, read, sound-blanks)
	if sound-blanks < 100 || 100*read < goodShare*(sound-blanks) {
		t.Errorf("only %d of %d good samples with a text were read", read, sound-blanks)
	}
	if slowest > hostileTime {
		t.Errorf("a file took %v", slowest)
	}
	if children.most > hostileMemory {
		t.Errorf("a PDF reader took %d MiB", children.most)
	}
}

// readable and refused are the verdicts that files may get.
func readable() []qa.Verdict { return []qa.Verdict{qa.VerdictIngested, qa.VerdictPartlyNoText} }

func refused() []qa.Verdict {
	return []qa.Verdict{qa.VerdictNoText, qa.VerdictEncrypted, qa.VerdictDamaged, qa.VerdictTooLargeUnpacked,
		qa.VerdictUnsupportedType, qa.VerdictTypeMismatch, qa.VerdictResourceLimit, qa.VerdictEmpty}
}

// fit says which verdicts a file of each class may get. Files made to break a reader may end in any
// of them; what no file may end in is "gave_up".
func fit(class string) []qa.Verdict {
	switch class {
	case "valid-office", "tagged-pdf", "odd-html", "encoding":
		return append(readable(), qa.VerdictNoText)
	case "mail":
		return readable()
	case "archive", "zip-symlink":
		return []qa.Verdict{qa.VerdictUnsupportedType, qa.VerdictDamaged, qa.VerdictTooLargeUnpacked}
	case "xml-entity":
		return []qa.Verdict{qa.VerdictUnsupportedType}
	}
	return append(readable(), refused()...)
}

// fixtures says what the files that were written for this project end in, by name.
func fixtures() map[string][]qa.Verdict {
	read := []qa.Verdict{qa.VerdictIngested}
	damaged := []qa.Verdict{qa.VerdictDamaged}
	refusedType := []qa.Verdict{qa.VerdictUnsupportedType}
	noPages := []qa.Verdict{qa.VerdictEmpty, qa.VerdictDamaged, qa.VerdictNoText}
	table := map[string][]qa.Verdict{
		"docx_bomb_50MB.docx":          {qa.VerdictTooLargeUnpacked},
		"docx_deep_nesting_20000.docx": {qa.VerdictResourceLimit},
		"html_deep_div_50000.html":     {qa.VerdictIngested, qa.VerdictResourceLimit},
		"html_unclosed_attr.html":      {qa.VerdictNoText},
		"pdf_flate_bomb_200MB.pdf":     {qa.VerdictResourceLimit},
		"pdf_no_text_scan.pdf":         {qa.VerdictNoText},
		"xlsx_row_2e9.xlsx":            {qa.VerdictIngested, qa.VerdictDamaged, qa.VerdictTooLargeUnpacked, qa.VerdictResourceLimit},
		"zero_bytes.pdf":               {qa.VerdictEmpty},
	}
	for verdicts, names := range map[*[]qa.Verdict][]string{
		&read: {"csv_formula.csv", "docx_external_rel.docx", "docx_hidden_injection_fr.docx", "docx_named.pdf", "docx_tracked_deletion.docx",
			"html_active.html", "html_hidden_injection_fr.html", "html_meta_charset_lie.html", "html_named.pdf", "md_images.md",
			"pdf_cr_only_eol.pdf", "pdf_garbage_prefix_2KB.pdf", "pdf_hidden_white_injection_fr.pdf", "pdf_invisible_mode3_injection_fr.pdf",
			"pdf_metadata_injection_fr.pdf", "pdf_offpage_injection_fr.pdf", "pdf_prev_loop.pdf", "polyglot_pdf_zip.pdf", "txt_bidi_override.txt",
			"txt_invalid_utf8.txt", "txt_latin1_fr.txt", "txt_nul_bytes.txt", "txt_one_line_2MB.txt", "txt_unicode_tags_injection.txt",
			"txt_utf16le_bom_fr.txt", "txt_zalgo.txt", "txt_zero_width.txt"},
		&damaged: {"docx_billion_laughs.docx", "docx_xxe_file.docx", "docx_xxe_http.docx", "pdf_header_only.pdf", "pdf_truncated_half.pdf",
			"zip_lying_size.docx"},
		&refusedType: {"svg_script.svg", "zip_5000_entries.zip", "zip_bomb_100MB.zip", "zip_nested_12.zip", "zip_slip.zip", "zip_symlink.zip"},
		&noPages:     {"pdf_array_nest_100000.pdf", "pdf_count_negative.pdf", "pdf_length_self_ref.pdf", "pdf_page_tree_cycle.pdf"},
	} {
		for _, name := range names {
			table[name] = *verdicts
		}
	}
	return table
}

// unfit says why a verdict is wrong, "" where it is right.
func unfit(o outcome, class string) string {
	allowed := fit(class)
	if class == "own-fixture" {
		allowed = fixtures()[path.Base(o.Source)]
	}
	if !slices.Contains(allowed, qa.Verdict(o.Verdict)) {
		return fmt.Sprintf("%s, want one of %v", cmp.Or(o.Verdict, "no verdict"), allowed)
	}
	return ""
}

// good reports a sound sample of a format that is read, without a password: those that the projects
// behind the data use to show that reading works.
func good(f hostileFile) bool {
	switch f.class {
	case "valid-office", "tagged-pdf", "odd-html", "mail", "encoding":
		return true
	case "odd-office", "odd-pdf", "nonconforming-pdf", "parser-divergence":
		name := strings.ToLower(path.Base(f.path))
		if !slices.Contains([]string{".pdf", ".docx", ".odt", ".pptx", ".xlsx", ".rtf"}, path.Ext(name)) || strings.Contains(f.path, "/horrors/") {
			return false
		}
		for _, word := range []string{"protect", "encrypt", "password", "owner_user", "truncated"} {
			if strings.Contains(name, word) {
				return false
			}
		}
		return true
	}
	return false
}

// blank are the good samples that hold no text at all.
func blank() []string {
	return []string{"blk-containing-table.docx", "doc-coreprops.docx", "doc-default.docx", "doc-no-coreprops.docx", "doc-word-default-blank.docx",
		"set-no-settings-part.docx", "headerPic.docx", "testWORD_multi_authors.docx", "testHTML_head.html"}
}

// holdsNoText asks pdftotext, or the list of blank samples.
func holdsNoText(t *testing.T, file string) bool {
	t.Helper()
	if path.Ext(file) != ".pdf" {
		return slices.Contains(blank(), path.Base(file))
	}
	// What pdftotext cannot read holds no text for it.
	out, _ := exec.Command("pdftotext", "-raw", testkit.Shared(t, "data/hostile/"+file), "-").Output()
	return !strings.ContainsFunc(string(out), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// verdicts counts files by class and verdict.
type verdicts map[string]map[string]int

func (v verdicts) count(class, verdict string) {
	if v[class] == nil {
		v[class] = map[string]int{}
	}
	v[class][verdict]++
}

func (v verdicts) log(t *testing.T) {
	t.Helper()
	for _, class := range slices.Sorted(maps.Keys(v)) {
		var cells []string
		for _, verdict := range slices.Sorted(maps.Keys(v[class])) {
			cells = append(cells, fmt.Sprintf("%s %d", verdict, v[class][verdict]))
		}
		t.Logf("%-18s %s", class, strings.Join(cells, ", "))
	}
}
