package testkit

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// Zip makes a ZIP file of names and contents. A content that begins with link: makes its member a symbolic link.
func Zip(t testing.TB, members ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		header := &zip.FileHeader{Name: m[0], Method: zip.Deflate}
		if strings.HasPrefix(m[1], "link:") {
			header.SetMode(fs.ModeSymlink | 0o777)
		}
		w, err := z.CreateHeader(header)
		if err == nil {
			_, err = io.WriteString(w, m[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Hostile reads one of the shared hostile files.
func Hostile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(Shared(t, "data/hostile/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Entries lists the names in a folder.
func Entries(t testing.TB, dir string) []string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}
