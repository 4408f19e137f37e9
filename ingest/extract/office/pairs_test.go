package office_test

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"rapporteur/ingest/chunk"
	"rapporteur/ingest/extract/office"
	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// sameShare is the least share of chunks that must be the same, but for spacing, in a DOCX and an ODT
// of one text.
const sameShare = 0.98

// read reads a document by the extension of its name.
func read(t testing.TB, name string, data []byte) (qa.Text, error) {
	t.Helper()
	reader := map[string]func(context.Context, raw.Limits, *bytes.Reader) (qa.Text, error){
		".docx": func(ctx context.Context, o raw.Limits, r *bytes.Reader) (qa.Text, error) {
			return office.ReadDOCX(ctx, o, r)
		},
		".odt": func(ctx context.Context, o raw.Limits, r *bytes.Reader) (qa.Text, error) {
			return office.ReadODT(ctx, o, r)
		},
		".pptx": func(ctx context.Context, o raw.Limits, r *bytes.Reader) (qa.Text, error) {
			return office.ReadPPTX(ctx, o, r)
		},
	}[filepath.Ext(name)]
	if reader == nil {
		t.Fatalf("%s is of no type that is read here", name)
	}
	return reader(context.Background(), raw.Limits{}.WithDefaults(), bytes.NewReader(data))
}

// chunksOf cuts a file into chunks and gives the words of each.
func chunksOf(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := read(t, file, data)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range (chunk.Splitter{}).Split(text) {
		all = append(all, strings.Join(strings.Fields(c.Text), " "))
	}
	return all
}

// same counts the chunks that both have, each once, and tells those that only one has.
func same(a, b []string) (both int, only []string) {
	left := map[string]int{}
	for _, c := range a {
		left[c]++
	}
	for _, c := range b {
		if left[c] > 0 {
			left[c]--
			both++
			continue
		}
		only = append(only, "+ "+c)
	}
	for _, c := range a {
		if left[c] > 0 {
			left[c]--
			only = append(only, "- "+c)
		}
	}
	return both, only
}

// TestSameChunks reads the same texts as DOCX and as ODT: one pair that its author published in both, the
// others converted by LibreOffice where it is on the machine.
func TestSameChunks(t *testing.T) {
	t.Parallel()
	pairs := [][2]string{{testkit.Shared(t, "data/reports/declaration-ecoconception.docx"), testkit.Shared(t, "data/reports/declaration-ecoconception.odt")}}
	if suite, err := exec.LookPath("soffice"); err != nil {
		t.Log("LibreOffice is not on this machine: only the published pair is compared")
	} else if !testing.Short() {
		pairs = append(pairs, converted(t, suite)...)
	}
	all, both := 0, 0
	for _, pair := range pairs {
		docx, odt := chunksOf(t, pair[0]), chunksOf(t, pair[1])
		shared, only := same(docx, odt)
		t.Logf("%-40s %3d and %3d chunks, %3d the same", filepath.Base(pair[0]), len(docx), len(odt), shared)
		for _, c := range only[:min(len(only), 6)] {
			t.Logf("   %.300s", c)
		}
		all, both = all+max(len(docx), len(odt)), both+shared
	}
	if share := float64(both) / float64(all); share < sameShare {
		t.Errorf("%d of %d chunks are the same: %.4f", both, all, share)
	} else {
		t.Logf("%d of %d chunks are the same: %.4f", both, all, share)
	}
}

// converted makes pairs of documents of the reports: from each format to the other, and from pages to both.
func converted(t *testing.T, suite string) [][2]string {
	t.Helper()
	folder := t.TempDir()
	convert := func(ext string, files []string, more ...string) []string {
		t.Helper()
		args := append([]string{"-env:UserInstallation=file://" + folder + "/profile", "--headless", "--convert-to", ext[1:], "--outdir", folder}, more...)
		if out, err := exec.Command(suite, append(args, files...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var made []string
		for _, file := range files {
			name := filepath.Join(folder, strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))+ext)
			if _, err := os.Stat(name); err != nil {
				t.Fatalf("LibreOffice made nothing of %s", filepath.Base(file))
			}
			made = append(made, name)
		}
		return made
	}
	docx := []string{testkit.Shared(t, "data/reports/eig3-fiche-detaillee.docx"), testkit.Shared(t, "data/reports/communique-referents.docx")}
	odt := convert(".odt", docx)
	var pages []string
	for _, name := range longest(t, testkit.Shared(t, "data/reports/md"), 4) {
		pages = append(pages, htmlOf(t, name, folder))
	}
	sources := append(convert(".odt", pages, "--infilter=HTML (StarWriter)"), testkit.Shared(t, "data/reports/rgaa-4.1.odt"))
	odt, docx = append(odt, sources...), append(docx, convert(".docx", sources)...)
	var pairs [][2]string
	for i := range odt {
		pairs = append(pairs, [2]string{docx[i], odt[i]})
	}
	return pairs
}

// htmlOf writes a Markdown report as a page that LibreOffice opens.
func htmlOf(t *testing.T, markdown, folder string) string {
	t.Helper()
	source, err := os.ReadFile(markdown)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.WriteString("<!doctype html><html><head><meta charset=utf-8></head><body>")
	if err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert(source, &b); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(folder, strings.TrimSuffix(filepath.Base(markdown), ".md")+".html")
	if err := os.WriteFile(page, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return page
}

// longest gives the n largest Markdown files under a folder.
func longest(t *testing.T, folder string, n int) []string {
	t.Helper()
	sizes := map[string]int64{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			info, err := entry.Info()
			if err != nil {
				return err
			}
			sizes[path] = info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files := slices.SortedFunc(maps.Keys(sizes), func(a, b string) int { return cmp.Or(cmp.Compare(sizes[b], sizes[a]), cmp.Compare(a, b)) })
	return files[:min(n, len(files))]
}
