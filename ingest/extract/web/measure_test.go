package web

import (
	"context"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
)

var trafilatura = flag.String("trafilatura", "", "folder of the module github.com/markusmobius/go-trafilatura, whose evaluation pages are read")

// entry is a page of the evaluation: phrases of its main text, and phrases that are not.
type entry struct {
	file          string
	with, without []string
}

// entries reads the pages' list, which is Go source.
func entries(t *testing.T, folder string) []entry {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, "scripts/comparison/data.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []entry
	ast.Inspect(parsed, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok || lit.Type != nil {
			return true
		}
		e := entry{}
		for _, field := range lit.Elts {
			kv, ok := field.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			name, _ := kv.Key.(*ast.Ident)
			switch {
			case name == nil:
			case name.Name == "File":
				e.file = phrase(kv.Value)
			case name.Name == "With":
				e.with = phrases(kv.Value)
			case name.Name == "Without":
				e.without = phrases(kv.Value)
			}
		}
		if e.file != "" {
			all = append(all, e)
		}
		return true
	})
	return all
}

func phrase(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value)
	return s
}

func phrases(e ast.Expr) []string {
	var all []string
	if lit, ok := e.(*ast.CompositeLit); ok {
		for _, one := range lit.Elts {
			all = append(all, phrase(one))
		}
	}
	return all
}

// TestMainText prints how much of the main text of web pages is read, and how much else: our own
// choice, the library's, and both together.
//
//	go test ./ingest/extract/web -run TestMainText -v -trafilatura $(go list -m -f '{{.Dir}}' github.com/markusmobius/go-trafilatura)
func TestMainText(t *testing.T) {
	if *trafilatura == "" {
		t.Skip("skipped: give -trafilatura, the folder of the evaluation pages")
	}
	for _, way := range []struct {
		name string
		how  way
	}{{"ours", wayOurs}, {"readability", wayTheirs}, {"both", wayBoth}} {
		t.Run(way.name, func(t *testing.T) {
			kept, lost, extra, left, pages := 0, 0, 0, 0, 0
			for _, e := range entries(t, *trafilatura) {
				data, err := findPage(*trafilatura, e.file)
				if err != nil {
					continue
				}
				pages++
				got := fold(mainText(t, raw.DecodeHTML(data), way.how))
				for _, want := range e.with {
					if strings.Contains(got, fold(want)) {
						kept++
					} else {
						lost++
					}
				}
				for _, want := range e.without {
					if strings.Contains(got, fold(want)) {
						extra++
					} else {
						left++
					}
				}
			}
			precision, recall := float64(kept)/float64(kept+extra), float64(kept)/float64(kept+lost)
			t.Logf("%d pages: precision %.3f recall %.3f F1 %.3f", pages, precision, recall, 2*precision*recall/(precision+recall))
		})
	}
}

func findPage(folder, name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(folder, "test-files/comparison", name))
	if err != nil {
		data, err = os.ReadFile(filepath.Join(folder, "test-files/mock", name))
	}
	return data, err
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }

func mainText(t *testing.T, source string, how way) string {
	t.Helper()
	o := raw.Limits{}.WithDefaults()
	doc, err := parse(context.Background(), source, o)
	if err != nil {
		t.Fatal(err)
	}
	b := draft.New(o)
	doc.addTo(b, how)
	got, err := b.Text("")
	if err != nil {
		t.Fatal(err)
	}
	return got.Content
}

// TestShares prints how many letters of the pages of the hostile collection each way keeps, of those
// that our own choice keeps.
func TestShares(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Shared(t, "data/hostile/files/html/tika"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source := raw.DecodeHTML(data)
		ours, both := draft.Letters(mainText(t, source, wayOurs)), draft.Letters(mainText(t, source, wayBoth))
		t.Logf("%s: ours %d, the library %d, both %d", filepath.Base(file), ours, draft.Letters(mainText(t, source, wayTheirs)), both)
		if both*100 < ours*30 {
			t.Errorf("%s: %d letters of %d kept", filepath.Base(file), both, ours)
		}
	}
}
