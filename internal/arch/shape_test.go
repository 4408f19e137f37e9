package arch

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// The limits of the house: what must be known to understand one thing stays small.
const (
	maxFunctionLines    = 100
	p95FunctionLines    = 60
	maxFileLines        = 700
	p95FileLines        = 400
	maxPackageLines     = 3000
	maxInterfaceMethods = 8
	maxParameters       = 5 // besides the context
)

// largerPackages have a limit of their own: the command line is one file a command and the wiring of all parts, and
// grows with the commands; the server is one file a group of routes; the stores keep in one file a table what their
// transactions change together.
func largerPackages() map[string]int {
	return map[string]int{"cmd/rapporteur": 4500, "server": 3800, "store/sqlite": 3300, "store/postgres": 3300}
}

// shape is what the limits are measured on.
type shape struct {
	t         *testing.T
	fset      *token.FileSet
	functions []int
	files     []int
	packages  map[string]int
}

func TestShape(t *testing.T) {
	s := &shape{t: t, fset: token.NewFileSet(), packages: map[string]int{}}
	eachFile(t, func(pkg, file string) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(s.fset, file, src, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(string(src), "\n")
		s.files = append(s.files, lines)
		s.packages[pkg] += lines
		if lines > maxFileLines {
			t.Errorf("%s has %d lines, at most %d", file, lines, maxFileLines)
		}
		for _, d := range f.Decls {
			s.decl(d)
		}
	})
	for pkg, lines := range s.packages {
		if limit := cmp.Or(largerPackages()[pkg], maxPackageLines); lines > limit {
			t.Errorf("package %s has %d lines, at most %d", pkg, lines, limit)
		}
	}
	if got := p95(s.functions); got > p95FunctionLines {
		t.Errorf("95 %% of functions have at most %d lines, want %d", got, p95FunctionLines)
	}
	if got := p95(s.files); got > p95FileLines {
		t.Errorf("95 %% of files have at most %d lines, want %d", got, p95FileLines)
	}
}

func (s *shape) decl(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		s.function(d)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			s.spec(d, spec)
		}
	}
}

func (s *shape) function(d *ast.FuncDecl) {
	where := s.fset.Position(d.Pos()).String() + " " + d.Name.Name
	lines := s.fset.Position(d.End()).Line - s.fset.Position(d.Pos()).Line + 1
	s.functions = append(s.functions, lines)
	if lines > maxFunctionLines {
		s.t.Errorf("%s has %d lines, at most %d", where, lines, maxFunctionLines)
	}
	if d.Name.Name == "init" && d.Recv == nil {
		s.t.Errorf("%s: no init functions", where)
	}
	if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
		s.t.Errorf("%s has no doc comment", where)
	}
	n := 0
	for _, p := range d.Type.Params.List {
		if sel, ok := p.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Context" {
			continue
		}
		n += max(1, len(p.Names))
	}
	if n > maxParameters {
		s.t.Errorf("%s takes %d parameters, at most %d", where, n, maxParameters)
	}
}

// exportedReceiver is true for functions and for methods of exported types: only those are read by users.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if index, ok := typ.(*ast.IndexExpr); ok {
		typ = index.X
	}
	id, ok := typ.(*ast.Ident)
	return !ok || id.IsExported()
}

func (s *shape) spec(d *ast.GenDecl, spec ast.Spec) {
	ts, ok := spec.(*ast.TypeSpec)
	if !ok {
		return
	}
	where := s.fset.Position(ts.Pos()).String() + " " + ts.Name.Name
	if ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil && ts.Comment == nil {
		s.t.Errorf("%s has no doc comment", where)
	}
	if i, ok := ts.Type.(*ast.InterfaceType); ok && i.Methods.NumFields() > maxInterfaceMethods {
		s.t.Errorf("%s has %d methods, at most %d", where, i.Methods.NumFields(), maxInterfaceMethods)
	}
}

func p95(v []int) int {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)*95/100]
}
