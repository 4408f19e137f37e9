package source

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// write makes a file below dir, with the folders that lead to it.
func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// told are the sources of items with what is read of each, or the code of its verdict.
func told(t *testing.T, items []Item) (out []string) {
	t.Helper()
	for _, it := range items {
		if it.URL != "" {
			out = append(out, it.Source+" from "+it.URL)
			continue
		}
		r, err := it.Open()
		if err != nil {
			out = append(out, it.Source+" "+qa.CodeOf(err))
			continue
		}
		content, err := io.ReadAll(r)
		if cerr := r.Close(); err != nil || cerr != nil {
			t.Error(err, cerr)
		}
		out = append(out, it.Source+"="+string(content))
	}
	return out
}

func TestList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "a.md", "un")
	write(t, dir, "2024/b.md", "deux")
	write(t, dir, ".git/c.md", "caché")
	write(t, dir, "2024/.d.md", "caché")
	write(t, dir, "2024/e.zip", string(testkit.Zip(t, [2]string{"f.md", "trois"})))
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "lien.md")); err != nil {
		t.Fatal(err)
	}
	lines := write(t, t.TempDir(), "corpus.jsonl", `{"_id":"x","title":"T","text":"quatre"}`+"\n")
	alone := write(t, t.TempDir(), "seul.txt", "cinq")
	for _, c := range []struct {
		what  string
		paths []string
		lines bool
		want  []string
		files int // in all folders
	}{
		{"folder", []string{dir}, false, []string{"2024/b.md=deux", "2024/e.zip/f.md=trois", "a.md=un"}, 3},
		{"file, address", []string{alone, "https://example.org/r.pdf"}, false, []string{"seul.txt=cinq", "https://example.org/r.pdf from https://example.org/r.pdf"}, 0},
		{"lines", []string{lines}, true, []string{"x=quatre"}, 0},
		{"a folder of an archive and a file", []string{filepath.Join(dir, "2024"), alone}, false, []string{"b.md=deux", "e.zip/f.md=trois", "seul.txt=cinq"}, 2},
		{"archive", []string{filepath.Join(dir, "2024", "e.zip")}, false, []string{"e.zip/f.md=trois"}, 0},
		{"empty folder", []string{t.TempDir()}, false, nil, 0},
	} {
		l, err := List(c.paths, c.lines)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if got := told(t, l.Items); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
		files := 0
		for _, f := range l.Folders {
			files += f.Files
			if !f.Whole || f.Origin == "" {
				t.Errorf("%s: %+v", c.what, f)
			}
		}
		if files != c.files {
			t.Errorf("%s: %d files, want %d", c.what, files, c.files)
		}
		for _, it := range l.Items {
			if (it.Origin != "") != (len(l.Folders) > 0 && it.Source != "seul.txt") {
				t.Errorf("%s: %s has the origin %q", c.what, it.Source, it.Origin)
			}
		}
	}
	if _, err := List([]string{filepath.Join(dir, "absent")}, false); qa.CodeOf(err) != "path_missing" {
		t.Errorf("absent: %v", err)
	}
	if _, err := List([]string{alone}, true); qa.CodeOf(err) != "path_missing" {
		t.Errorf("no lines: %v", err)
	}
}

// TestOrigin: the mark is that of the folder, by whatever path it is reached, and holds no word of it.
func TestOrigin(t *testing.T) {
	t.Parallel()
	one, two := t.TempDir(), t.TempDir()
	link := filepath.Join(t.TempDir(), "lien")
	if err := os.Symlink(one, link); err != nil {
		t.Fatal(err)
	}
	origin := func(p string) string {
		t.Helper()
		l, err := List([]string{p}, false)
		if err != nil || len(l.Folders) != 1 {
			t.Fatalf("%+v, %v", l, err)
		}
		return l.Folders[0].Origin
	}
	first := origin(one)
	if len(first) != 64 || strings.ContainsAny(first, "/.") {
		t.Errorf("mark %q", first)
	}
	for _, same := range []string{one + "/", filepath.Join(one, "..", filepath.Base(one)), link} {
		if origin(same) != first {
			t.Errorf("%s is another folder", same)
		}
	}
	if origin(two) == first {
		t.Error("two folders have one mark")
	}
}

// shut is a folder of which parts cannot be listed or opened.
type shut struct {
	fs.FS
	names map[string]bool
}

func (s shut) Open(name string) (fs.File, error) {
	if s.names[name] {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return s.FS.Open(name)
}

// TestNotWhole: what cannot be read is told, the rest is listed, and it is known that something may be missing.
func TestNotWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a.md", "b/c.md", "d/e.md"} {
		write(t, dir, name, name)
	}
	write(t, dir, "f.zip", "ceci n’est pas une archive")
	write(t, dir, "g.zip", string(testkit.Zip(t, [2]string{"h.md", "h"})))
	for _, c := range []struct {
		shut  string
		drop  string
		want  []string
		whole bool
	}{
		{"", "", []string{"a.md=a.md", "b/c.md=b/c.md", "d/e.md=d/e.md", "f.zip damaged", "g.zip/h.md=h"}, false},
		{"b", "f.zip", []string{"a.md=a.md", "b folder_unreadable", "d/e.md=d/e.md", "g.zip/h.md=h"}, false},
		{"b/c.md", "", []string{"a.md=a.md", "b/c.md file_unreadable", "d/e.md=d/e.md", "g.zip/h.md=h"}, true},
		{"g.zip", "", []string{"a.md=a.md", "b/c.md=b/c.md", "d/e.md=d/e.md", "g.zip file_unreadable"}, false},
	} {
		if c.drop != "" {
			if err := os.Remove(filepath.Join(dir, c.drop)); err != nil {
				t.Fatal(err)
			}
		}
		items, f, err := list(shut{os.DirFS(dir), map[string]bool{c.shut: true}})
		if got := told(t, items); err != nil || !slices.Equal(got, c.want) || f.Whole != c.whole {
			t.Errorf("%q shut: %q, whole %v, %v", c.shut, got, f.Whole, err)
		}
	}
	if _, _, err := list(shut{os.DirFS(dir), map[string]bool{".": true}}); err == nil {
		t.Error("a folder that cannot be listed at all is taken")
	}
}

// TestReadTwice: files and records can be hashed before they are taken.
func TestReadTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := write(t, dir, "a.md", "un")
	lines := write(t, dir, "b.jsonl", fmt.Sprintf("{%q:%q,%q:%q}\n", "_id", "b", "text", "deux"))
	for p, isLines := range map[string]bool{file: false, lines: true} {
		l, err := List([]string{p}, isLines)
		if err != nil {
			t.Fatal(err)
		}
		r, err := l.Items[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		first, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		s, ok := r.(io.Seeker)
		if !ok {
			t.Fatalf("%s can be read once only", p)
		}
		if _, err := s.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if again, err := io.ReadAll(r); err != nil || !bytes.Equal(again, first) || len(first) == 0 {
			t.Errorf("%q, then %q, %v", first, again, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
