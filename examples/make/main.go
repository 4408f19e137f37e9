// Command make writes the example reports of an imaginary town from the texts of examples/source.
//
//	go run ./examples/make
//
// Its output depends on nothing but those texts: dates are fixed and nothing is compressed, so that
// the same bytes come out on every machine and with every release of Go.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// report says which source becomes which file, and how.
type report struct {
	source string
	target string
	render func(document) ([]byte, error)
}

// reports lists every generated file of examples/reports.
func reports() []report {
	return []report{
		{"rapport-activite-2022.md", "rapport-activite-2022.pdf", renderPDF},
		{"rapport-activite-2023.md", "rapport-activite-2023.pdf", renderPDF},
		{"plan-sobriete-2023-2026.md", "plan-sobriete-2023-2026.docx", renderDOCX},
		{"bilan-concertation-2023.md", "bilan-concertation-2023.odt", renderODT},
		{"accueil-usagers-2023.md", "accueil-usagers-2023.html", renderHTML},
	}
}

// build reads the sources under dir and gives the content of each report by file name.
func build(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, r := range reports() {
		source, err := os.ReadFile(filepath.Join(dir, "source", r.source))
		if err != nil {
			return nil, err
		}
		doc, err := parse(string(source))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.source, err)
		}
		if files[r.target], err = r.render(doc); err != nil {
			return nil, fmt.Errorf("%s: %w", r.target, err)
		}
	}
	return files, nil
}

func main() {
	dir := flag.String("dir", "examples", "folder that holds source and reports")
	flag.Parse()
	if err := write(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	files, err := build(dir)
	if err != nil {
		return err
	}
	for _, r := range reports() {
		path := filepath.Join(dir, "reports", r.target)
		if err := os.WriteFile(path, files[r.target], 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %d bytes\n", path, len(files[r.target]))
	}
	return nil
}
