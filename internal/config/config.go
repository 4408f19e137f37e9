// Package config fills the settings of a command line from a TOML file and prints their reference.
// The order is default < file < environment < flag; a key that no flag knows is refused.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/pelletier/go-toml/v2"
)

// Group is the kong group of the flags that are settings: only these may stand in a file.
const Group = "settings"

// File is a settings file, as a source of values for flags.
type File struct {
	path   string
	values map[string]any // key of the setting → value as TOML gives it; keys of a section after its name and a dot
	lookup func(env string) (string, bool)
}

// Open reads the TOML file at path. A file that does not exist gives no values unless it is required;
// lookup tells whether a variable is set in the environment, which wins over the file.
func Open(path string, required bool, lookup func(env string) (string, bool)) (*File, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return &File{path: path, lookup: lookup}, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.path, f.lookup = path, lookup
	return f, nil
}

func parse(raw []byte) (*File, error) {
	tree := map[string]any{}
	if err := toml.NewDecoder(bytes.NewReader(raw)).Decode(&tree); err != nil {
		return nil, err
	}
	values := map[string]any{}
	flatten("", tree, values)
	return &File{values: values}, nil
}

// flatten gives the keys of sections the name of their section, as TOML does itself: kind in [models.default] is
// models.default.kind.
func flatten(section string, tree, values map[string]any) {
	for key, v := range tree {
		switch v := v.(type) {
		case map[string]any:
			flatten(section+key+".", v, values)
		case []any:
			parts := make([]string, len(v))
			for i, item := range v {
				parts[i] = fmt.Sprint(item)
			}
			values[section+key] = strings.Join(parts, ",")
		default:
			values[section+key] = fmt.Sprint(v)
		}
	}
}

// keyOf is the key of a flag in the file: that of its tag "key", or its own name as files write it, max_upload for
// --max-upload.
func keyOf(flag *kong.Flag) string {
	if key := flag.Tag.Get("key"); key != "" {
		return key
	}
	return strings.ReplaceAll(flag.Name, "-", "_")
}

// Validate refuses keys that are no setting of app.
func (f *File) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, s := range settings(app) {
		known[keyOf(s)] = true
	}
	var unknown []string
	for key := range f.values {
		if !known[key] {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return fmt.Errorf("%s: unknown setting %s", f.path, strings.Join(unknown, ", "))
}

// Resolve gives the file's value of a flag, nil where it has none or the environment has one.
func (f *File) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, set := f.lookup(env); set {
			return nil, nil
		}
	}
	return f.values[keyOf(flag)], nil
}

// settings lists the flags of the settings group, each once.
func settings(app *kong.Application) []*kong.Flag {
	var out []*kong.Flag
	seen := map[string]bool{}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		for _, flag := range n.Flags {
			if flag.Group != nil && flag.Group.Key == Group && !seen[flag.Name] {
				seen[flag.Name] = true
				out = append(out, flag)
			}
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(app.Node)
	return out
}

// Reference describes every setting as a Markdown table: flag, key of the file, variable, default, meaning.
func Reference(app *kong.Application) string {
	var b strings.Builder
	b.WriteString("| flag | key in the file | environment | default | what |\n|---|---|---|---|---|\n")
	for _, f := range settings(app) {
		fallback := f.Default
		if fallback == "" {
			fallback = "(none)"
		}
		fmt.Fprintf(&b, "| `--%s` | `%s` | `%s` | %s | %s |\n",
			f.Name, keyOf(f), strings.Join(f.Envs, ", "), fallback, f.Help)
	}
	return b.String()
}
