package source

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// opened lists an archive and reads each of its members: what was read or the code of its verdict, by source.
func opened(t testing.TB, source string, data []byte) map[string]string {
	t.Helper()
	dir := fstest.MapFS{source: {Data: data}}
	found := map[string]string{}
	items, _ := archiveItems(source, func() (fs.File, error) { return dir.Open(source) })
	for _, it := range items {
		r, err := it.Open()
		if err != nil {
			found[it.Source] = qa.CodeOf(err)
			continue
		}
		content, err := io.ReadAll(r)
		if found[it.Source] = string(content); err != nil {
			found[it.Source] = qa.CodeOf(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	return found
}

// TestArchive checks what is read of an archive, and what is refused or left out.
func TestArchive(t *testing.T) {
	t.Parallel()
	got := opened(t, "reports.zip", testkit.Zip(t,
		[2]string{"a.txt", "un"},
		[2]string{"dossier/", ""},
		[2]string{"dossier/été.txt", "deux"},
		[2]string{`windows\c.txt`, "trois"},
		[2]string{"\x82t\x82.txt", "quatre"}, // été in code page 850
		[2]string{"rouge\x1b[31m.txt", "cinq"},
		[2]string{"__MACOSX/._a.txt", "caché"},
		[2]string{"dossier/.DS_Store", "caché"},
		[2]string{"../../etc/passwd", "dehors"},
		[2]string{"dossier/../../x", "dehors"},
		[2]string{"/etc/shadow", "dehors"},
		[2]string{`C:\x.txt`, "dehors"},
		[2]string{"lien.txt", "link:/etc/passwd"},
		[2]string{"a.txt", "une autre fois"},
		[2]string{strings.Repeat("x", 4000), "trop long"},
	))
	want := map[string]string{
		"reports.zip/a.txt":                            "damaged", // the second of that name is refused
		"reports.zip/dossier/été.txt":                  "deux",
		"reports.zip/windows/c.txt":                    "trois",
		"reports.zip/été.txt":                          "quatre",
		"reports.zip/rouge[31m.txt":                    "cinq",
		"reports.zip/../../etc/passwd":                 "damaged",
		"reports.zip/dossier/../../x":                  "damaged",
		"reports.zip//etc/shadow":                      "damaged",
		"reports.zip/C:/x.txt":                         "damaged",
		"reports.zip/lien.txt":                         "unsupported_type",
		"reports.zip/" + strings.Repeat("x", 64) + "…": "damaged",
	}
	if !maps.Equal(got, want) {
		for _, source := range slices.Sorted(maps.Keys(got)) {
			t.Errorf("%s: %q", source, got[source])
		}
	}
}

// TestArchiveOfOne checks that a document that is a ZIP file itself stays one.
func TestArchiveOfOne(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"[Content_Types].xml", "mimetype"} {
		data := testkit.Zip(t, [2]string{"word/document.xml", "x"}, [2]string{name, "x"})
		if got := opened(t, "a.zip", data); len(got) != 1 || got["a.zip"] != string(data) {
			t.Errorf("%q", slices.Sorted(maps.Keys(got)))
		}
	}
}

// TestArchiveLimits checks that bombs and broken archives end in verdicts, before they are unpacked.
func TestArchiveLimits(t *testing.T) {
	t.Parallel()
	var many [][2]string
	for i := range 4097 {
		many = append(many, [2]string{fmt.Sprint(i), ""})
	}
	whole := testkit.Zip(t, [2]string{"a.txt", strings.Repeat("texte ", 1000)})
	broken := bytes.Clone(whole)
	broken[45] ^= 0xFF
	for _, c := range []struct {
		name   string
		data   []byte
		source string
		want   string
	}{
		{"entries", testkit.Zip(t, many...), "z.zip", "too_large_unpacked"},
		{"bomb", testkit.Zip(t, [2]string{"b.txt", strings.Repeat("\x00", 8<<20)}), "z.zip/b.txt", "too_large_unpacked"},
		{"no archive", []byte("texte"), "z.zip", "damaged"},
		{"cut", whole[:len(whole)/2], "z.zip", "damaged"},
		{"broken packing", broken, "z.zip/a.txt", "damaged"},
		{"encrypted", testkit.Hostile(t, "files/archive/tika/testZipEncrypted.zip"), "", "encrypted"},
		{"slip", testkit.Hostile(t, "own/files/zip_slip.zip"), "", "damaged"},
		{"link", testkit.Hostile(t, "own/files/zip_symlink.zip"), "", "unsupported_type"},
		{"5,000 entries", testkit.Hostile(t, "own/files/zip_5000_entries.zip"), "z.zip", "too_large_unpacked"},
		{"100 MB", testkit.Hostile(t, "own/files/zip_bomb_100MB.zip"), "", "too_large_unpacked"},
	} {
		got := opened(t, "z.zip", c.data)
		if c.source != "" && got[c.source] != c.want || !slices.Contains(slices.Collect(maps.Values(got)), c.want) {
			t.Errorf("%s: %.300v, want %s", c.name, got, c.want)
		}
	}
}

// FuzzArchive lists and reads whatever calls itself a ZIP file.
func FuzzArchive(f *testing.F) {
	f.Add(testkit.Zip(f, [2]string{"a.txt", "un"}, [2]string{"../b", "deux"}))
	root := testkit.Shared(f, "data/hostile/files/archive/go-fuzz-zip")
	for _, name := range testkit.Entries(f, root) {
		f.Add(testkit.Hostile(f, "files/archive/go-fuzz-zip/"+name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		for source, got := range opened(t, "z.zip", data) {
			if !strings.HasPrefix(source, "z.zip") || got == "gave_up" {
				t.Errorf("%q: %q", source, got)
			}
		}
	})
}
