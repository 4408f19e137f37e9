package backup_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"rapporteur/backup"
	"rapporteur/qa"
	"rapporteur/store/storetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// unpacked is all that a backup holds, with the names of its members.
func unpacked(t testing.TB, file []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "== %s\n", h.Name)
		if strings.HasSuffix(h.Name, ".vectors") {
			fmt.Fprintf(&out, "%x\n", raw)
		} else {
			fmt.Fprintf(&out, "%s\n", raw)
		}
	}
}

// TestFormat holds the format still: what was written with any version must be readable in ten years. A change of
// the golden file is a new version of the format.
func TestFormat(t *testing.T) {
	t.Parallel()
	file, _ := write(t, storetest.Fill(t, openSQLite), originals(t, filled...))
	const golden = "testdata/format-4.txt"
	got := unpacked(t, file)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/format-4.backup", file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("%v: the format has changed:\n%s", err, got)
	}
	for version, own := range map[int]int{1: 0, 2: 1, 3: 1, 4: 1} {
		old, err := os.Open(fmt.Sprintf("testdata/format-%d.backup", version))
		if err != nil {
			t.Fatal(err)
		}
		defer old.Close()
		restored := openSQLite(t, time.Now)
		if sum, err := backup.Restore(t.Context(), old, restored, originals(t)); err != nil || sum.Documents != 4 {
			t.Errorf("a backup made with version %d: %+v, %v", version, sum, err)
		}
		if list, err := restored.OnlyFrom(t.Context(), "Autre", "dossier"); err != nil || len(list) != own {
			t.Errorf("version %d: %d documents of a folder, %v; want %d", version, len(list), err, own)
		}
	}
}

// packed makes a file of members as a stranger would.
func packed(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for i := 0; i < len(members); i += 2 {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: members[i], Size: int64(len(members[i+1])), Mode: 0o600}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, members[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestForeignMembers(t *testing.T) {
	t.Parallel()
	head := []string{"backup.json", `{"Format":1}`, "library.json", `{}`}
	for name, c := range map[string]struct {
		members []string
		code    string
	}{
		"a later format": {[]string{"backup.json", `{"Format":5,"Program":"9.0"}`, "what/ever", ""}, "backup_newer"},
		"no format":      {[]string{"backup.json", `{}`}, "backup_damaged"},
		"no manifest":    {[]string{"library.json", `{}`}, "backup_damaged"},
		"path":           {append(head, "originals/../../etc/passwd", "x"), "backup_damaged"},
		"absolute path":  {append(head, "/etc/passwd", "x"), "backup_damaged"},
		"unknown field":  {append(head, "documents/00000001.json", `{"Path":"/etc"}`), "backup_damaged"},
		"hash of a path": {append(head, "documents/00000001.json", `{"Versions":[{"Hash":"../x"}]}`), "backup_damaged"},
		"no end":         {head, "backup_damaged"},
	} {
		_, err := backup.Verify(t.Context(), bytes.NewReader(packed(t, c.members...)))
		if qa.CodeOf(err) != c.code || qa.KindOf(err) != qa.Unprocessable {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// FuzzVerify: whatever the bytes, the reader ends with an error or a sound summary. The bytes are members, too:
// a fuzzer does not get through a checksum.
func FuzzVerify(f *testing.F) {
	old, err := os.ReadFile("testdata/format-1.backup")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(old, []byte("{}"), []byte{1, 0, 0, 0})
	f.Add([]byte("x"), []byte(`{"Encoder":{"Fingerprint":"e","Dimensions":2}}`), []byte{255, 255, 255, 255, 0})
	f.Fuzz(func(t *testing.T, file, library, vectors []byte) {
		for _, raw := range [][]byte{file, packed(t, "backup.json", `{"Format":1}`, "library.json", string(library),
			"documents/00000001.json", `{"Versions":[{"Hash":"`+hashOf("")+`"}]}`, "documents/00000001.vectors", string(vectors))} {
			if _, err := backup.Verify(t.Context(), bytes.NewReader(raw)); err != nil && qa.KindOf(err) != qa.Unprocessable {
				t.Errorf("%v", err)
			}
		}
	})
}
