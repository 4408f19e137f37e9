// Package schema reads the steps that bring the tables of a library to their newest form; each store runs its own.
package schema

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Step is one step: the file NNNN_name.sql.
type Step struct {
	Version int    // NNNN
	Name    string // NNNN_name
	Script  string
}

// Steps reads those in a folder, which must be numbered 1, 2, 3, …
func Steps(scripts fs.FS, folder string) ([]Step, error) {
	files, err := fs.Glob(scripts, path.Join(folder, "*.sql")) // sorted
	if err != nil {
		return nil, err
	}
	var out []Step
	for i, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".sql")
		number, _, _ := strings.Cut(name, "_")
		n, err := strconv.Atoi(number)
		if err != nil || n != i+1 {
			return nil, fmt.Errorf("migration %s is not number %d", file, i+1)
		}
		script, err := fs.ReadFile(scripts, file)
		if err != nil {
			return nil, err
		}
		out = append(out, Step{Version: n, Name: name, Script: string(script)})
	}
	return out, nil
}
