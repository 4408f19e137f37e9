package arch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"rapporteur/internal/testkit"
)

// TestDependenciesAreJustified holds docs/dependencies.md to the direct dependencies of go.mod.
func TestDependenciesAreJustified(t *testing.T) {
	root := testkit.Root(t)
	raw, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		if !r.Indirect && !strings.Contains(string(page), strings.TrimSuffix(r.Mod.Path, "/v2")) {
			t.Errorf("docs/dependencies.md does not say why %s is here", r.Mod.Path)
		}
	}
}
