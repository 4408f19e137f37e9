// Package arch tests the house itself: which package may import which, and how large things may grow.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
)

const module = "rapporteur"

// arrows says which of our packages each package may import; cmd/rapporteur may import all.
func arrows() map[string][]string {
	return map[string][]string{
		"qa":       {},
		"locale":   {},
		"analysis": {},
		"ingest":   {"qa"},
		"ingest/extract": {"qa", "ingest/extract/raw", "ingest/extract/draft", "ingest/extract/plain", "ingest/extract/web",
			"ingest/extract/office", "ingest/extract/sheet", "ingest/extract/mail", "ingest/extract/rtf", "ingest/extract/ocr"},
		"ingest/extract/raw":       {"qa"},
		"ingest/extract/draft":     {"qa", "ingest/extract/raw"},
		"ingest/extract/plain":     {"qa", "ingest/extract/raw", "ingest/extract/draft"},
		"ingest/extract/web":       {"qa", "ingest/extract/raw", "ingest/extract/draft", "ingest/extract/plain"},
		"ingest/extract/office":    {"qa", "ingest/extract/raw", "ingest/extract/draft"},
		"ingest/extract/sheet":     {"qa", "ingest/extract/raw", "ingest/extract/draft"},
		"ingest/extract/mail":      {"qa", "ingest/extract/raw", "ingest/extract/draft", "ingest/extract/plain", "ingest/extract/web"},
		"ingest/extract/rtf":       {"qa", "ingest/extract/raw", "ingest/extract/draft"},
		"ingest/extract/ocr":       {"qa"},
		"ingest/extract/pdf":       {"qa", "ingest/extract/draft", "ingest/extract/pdf/layout", "ingest/extract/pdf/place"},
		"ingest/extract/pdf/place": {"qa", "ingest/extract/pdf/layout"},
		"ingest/extract/pdf/layout": {"qa", "ingest/extract/pdf/layout/grid", "ingest/extract/pdf/layout/levels",
			"ingest/extract/pdf/layout/wording", "ingest/extract/pdf/layout/contents", "ingest/extract/pdf/layout/running"},
		"ingest/extract/pdf/layout/grid":     {},
		"ingest/extract/pdf/layout/levels":   {},
		"ingest/extract/pdf/layout/wording":  {},
		"ingest/extract/pdf/layout/contents": {"ingest/extract/pdf/layout/wording"},
		"ingest/extract/pdf/layout/running":  {"ingest/extract/pdf/layout/wording"},
		"ingest/chunk":                       {"qa", "analysis"},
		"retrieval":                          {"qa", "analysis"},
		"retrieval/lexical":                  {"qa", "analysis", "retrieval/timeline"},
		"retrieval/timeline":                 {"qa"},
		"retrieval/vector":                   {"qa", "retrieval/timeline"},
		"encoder":                            {"encoder/gguf", "encoder/unigram", "encoder/kernel"},
		"encoder/gguf":                       {},
		"encoder/unigram":                    {},
		"encoder/kernel":                     {},
		"encoder/weights":                    {},
		"bench/encoder":                      {"encoder", "encoder/kernel", "encoder/weights"},
		"bench/search":                       {"qa", "bench/corpus", "retrieval/vector", "retrieval/lexical"},
		"answer":                             {"qa", "analysis", "locale", "prompts", "answer/followup", "answer/draft", "answer/guard", "answer/proof", "answer/rephrase", "answer/wording"},
		"answer/unread":                      {"qa", "analysis", "locale", "answer/wording"},
		"answer/rephrase":                    {"qa", "analysis", "answer/guard", "prompts"},
		"answer/wording":                     {"analysis"},
		"answer/draft":                       {"analysis"},
		"answer/guard":                       {"analysis"},
		"answer/proof":                       {"qa", "analysis"},
		"prompts":                            {"qa", "locale"},
		"answer/fit":                         {},
		"answer/followup":                    {"analysis"},
		"server":                             {"qa", "server/edge", "server/export", "server/feedback", "server/live", "server/web", "server/wire", "server/sheet", "server/shelf", "server/suggest", "server/reply", "locale"},
		"server/live":                        {},
		"server/export":                      {"qa", "locale"},
		"server/feedback":                    {"qa", "server/web", "locale"},
		"server/reply":                       {"qa", "server/web", "server/wire", "server/sheet", "locale"},
		"server/suggest":                     {"qa"},
		"server/shelf":                       {"qa", "analysis"},
		"server/sheet":                       {"qa", "server/web"},
		"server/wire":                        {"qa"},
		"server/edge":                        {"qa", "locale"},
		"server/web":                         {"locale"},
		"store/sqlite":                       {"qa", "store/codec", "store/schema"},
		"store/postgres":                     {"qa", "store/codec", "store/postgres/migrations", "store/postgres/purge", "store/postgres/talk"},
		"store/postgres/talk":                {"qa", "store/codec", "store/postgres/purge"},
		"store/postgres/migrations":          {"qa", "store/schema"},
		"store/schema":                       {},
		"store/postgres/purge":               {},
		"store/codec":                        {"qa", "analysis"},
		"store/sqlite/examine":               {"qa"},
		"store/postgres/examine":             {"qa"},
		"store/bucket":                       {"qa"},
		"store/files":                        {"qa"},
		"store/storetest":                    {"qa"},
		"pictures":                           {"qa", "ingest/extract/pdf"},
		"jobs":                               {"qa"},
		"backup":                             {"qa"},
		"upkeep":                             {"qa"},
		"langchain":                          {"qa"},
		"model":                              {"qa", "internal/safehttp"},
		"ingest/source":                      {"qa", "eval", "ingest/extract/raw"},
		"access":                             {"qa"},
		"eval":                               {"qa", "analysis", "eval/typing"},
		"eval/typing":                        {"analysis"},
		"eval/report":                        {"eval", "locale"},
		"examples":                           {},
		"examples/make":                      {},
		"bench/load":                         {"eval"},
		"internal/arch":                      {},
		"internal/chaos":                     {},
		"internal/deploy":                    {},
		"internal/config":                    {},
		"internal/safehttp":                  {"qa"},
		"internal/testkit/postgres":          {"internal/chaos"},
		"internal/testkit/report":            {"qa"},
		"internal/testkit/modelserver":       {},
		"bench/corpus":                       {"qa", "eval", "analysis", "encoder", "encoder/weights"},
		"bench/postgres":                     {"qa", "bench/corpus", "retrieval/vector", "store/postgres"},
		"bench/baseline":                     {"qa", "eval", "bench/corpus", "ingest/extract", "ingest/extract/pdf", "ingest/source"},
		"bench/scale":                        {"qa", "bench/corpus", "encoder/weights", "retrieval/lexical", "retrieval/vector", "store/sqlite"},
		"internal/testkit":                   {},
		"cmd/rapporteur":                     nil,
	}
}

// fences says which of our packages may import a library, by the library's path prefix.
func fences() map[string][]string {
	return map[string][]string{
		"github.com/gin-gonic/gin":        {"server"},
		"github.com/danielgtaylor/huma":   {"server"},
		"github.com/prometheus":           {"server"},
		"github.com/tmc/langchaingo":      {"ingest/chunk", "langchain", "model", "bench/postgres", "bench/baseline"},
		"github.com/riverqueue":           {"jobs"},
		"modernc.org/sqlite":              {"store/sqlite", "bench/search"},
		"github.com/klippa-app/go-pdfium": {"ingest/extract/pdf"},
		"github.com/tetratelabs/wazero":   {"ingest/extract/pdf"},
		"github.com/alecthomas/kong":      {"internal/config", "cmd/rapporteur"},
		"github.com/gofrs/flock":          {"jobs"},
		"github.com/jackc/pgx":            {"store/postgres", "store/postgres/migrations", "store/postgres/purge", "store/postgres/talk", "store/postgres/examine", "jobs", "internal/testkit/postgres", "bench/postgres", "bench/baseline"},
		"github.com/pgvector/pgvector-go": {"store/postgres", "bench/postgres"},
		"gocloud.dev":                     {"store/bucket"},
		"code.dny.dev/ssrf":               {"internal/safehttp"},
		"github.com/xuri/excelize":        {"ingest/extract/sheet"},
		"codeberg.org/readeck":            {"ingest/extract/web"},
		"codeberg.org/go-pdf/fpdf":        {"examples/make"},
		"github.com/blevesearch/bleve":    {"bench/search"},
		"github.com/philippgille/chromem": {"bench/search"},
	}
}

// TestArrows reads the files itself: a test that asks the go command is served from its cache and
// misses new violations.
func TestArrows(t *testing.T) {
	allowed, seen := arrows(), map[string]bool{}
	eachFile(t, func(pkg, file string) {
		seen[pkg] = true
		own, known := allowed[pkg]
		if !known {
			t.Errorf("package %s has no line in the table of arrows", pkg)
			return
		}
		for _, imported := range imports(t, file) {
			if reason := refuse(pkg, imported, own); reason != "" {
				t.Errorf("%s: %s", file, reason)
			}
		}
	})
	for pkg := range allowed {
		if !seen[pkg] && pkg != "internal/arch" {
			t.Errorf("the table of arrows names %s, which does not exist", pkg)
		}
	}
}

// TestRefuse plants violations, so that the table is known to bite.
func TestRefuse(t *testing.T) {
	for _, c := range []struct {
		pkg, imported string
		refused       bool
	}{
		{"qa", "rapporteur/store/sqlite", true},
		{"answer", "rapporteur/retrieval", true},
		{"answer", "rapporteur/qa", false},
		{"answer", "github.com/gin-gonic/gin", true},
		{"server", "github.com/gin-gonic/gin", false},
		{"cmd/rapporteur", "rapporteur/store/sqlite", false},
		{"server", "rapporteur/internal/testkit", true},
	} {
		if got := refuse(c.pkg, c.imported, arrows()[c.pkg]) != ""; got != c.refused {
			t.Errorf("%s importing %s: refused %v, want %v", c.pkg, c.imported, got, c.refused)
		}
	}
}

func refuse(pkg, imported string, own []string) string {
	if inner, ok := strings.CutPrefix(imported, module+"/"); ok {
		if pkg == "cmd/rapporteur" || slices.Contains(own, inner) {
			return ""
		}
		return pkg + " may not import " + inner
	}
	for library, homes := range fences() {
		if (imported == library || strings.HasPrefix(imported, library+"/")) && !slices.Contains(homes, pkg) {
			return library + " is kept in " + strings.Join(homes, ", ")
		}
	}
	return ""
}

// eachFile calls f for every Go file of the module that is not a test.
func eachFile(t *testing.T, f func(pkg, file string)) {
	t.Helper()
	root := testkit.Root(t)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		if rel != "." {
			f(filepath.ToSlash(rel), path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func imports(t *testing.T, file string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range f.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// TestMigrations: a library can move from one database to the other at any step of its life, and who reads one
// list knows the other.
func TestMigrations(t *testing.T) {
	var lists [2][]string
	for i, store := range []string{"sqlite", "postgres"} {
		files, err := filepath.Glob(filepath.Join(testkit.Root(t), "store", store, "migrations", "*.sql"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			lists[i] = append(lists[i], filepath.Base(f))
		}
	}
	if len(lists[0]) < 6 || !slices.Equal(lists[0], lists[1]) {
		t.Errorf("migrations differ:\n%q\n%q", lists[0], lists[1])
	}
}
