package sheet

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// verdict gives what became of a file: "read" or the code of its verdict.
func verdict(t *testing.T, name string, data []byte) string {
	t.Helper()
	var err error
	if strings.HasSuffix(name, ".xlsx") {
		_, err = xlsx(data)
	} else {
		_, err = comma(string(data))
	}
	switch code := qa.CodeOf(err); {
	case err == nil:
		return "read"
	case err == ErrNoTable:
		return "plain text"
	case qa.KindOf(err) == qa.Internal:
		t.Errorf("%s: %v is no verdict", name, err)
		return code
	default:
		return code
	}
}

// TestHostile reads the broken and hostile workbooks and CSV files.
func TestHostile(t *testing.T) {
	t.Parallel()
	outcomes := map[string][]string{}
	for _, folder := range []string{"files/ooxml", "own/files", "files/text"} {
		root := testkit.Shared(t, "data/hostile/"+folder)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".xlsx") && !strings.HasSuffix(path, ".csv") && !strings.Contains(path, "go-fuzz-csv") {
				return err
			}
			data, err := os.ReadFile(path)
			code := verdict(t, filepath.Base(path), data)
			outcomes[code] = append(outcomes[code], filepath.Base(path))
			return err
		})
		must(t, err)
	}
	for code, files := range outcomes {
		t.Log(len(files), code)
		if code != "read" && code != "plain text" {
			t.Log(strings.Join(files, " "))
		}
	}
	for code, file := range map[string]string{"damaged": "xlsx_row_2e9.xlsx", "read": "csv_formula.csv"} {
		if !strings.Contains(strings.Join(outcomes[code], " "), file) {
			t.Errorf("%s is not %s", file, code)
		}
	}
}

// TestCanceled checks that a reading stops with its context.
func TestCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	o := raw.Limits{}.WithDefaults()
	if _, err := ReadXLSX(ctx, o, bytes.NewReader(pack(t, budget(t)))); err != context.Canceled {
		t.Error(err)
	}
	if _, err := ReadCSV(ctx, o, strings.NewReader("a;b\n1;2\n")); err != context.Canceled {
		t.Error(err)
	}
}
