package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// blockKind is what a block of a document is.
type blockKind int

const (
	heading blockKind = iota
	paragraph
	list
	table
	quote   // a framed text: a word of the mayor, a note to the reader
	columns // Blocks set in two columns
	tiles   // Rows of two cells: a large figure and what it counts
)

// block is one element of a document. Which fields are set depends on Kind.
type block struct {
	Kind    blockKind
	Level   int // of a heading, from 1
	Ordered bool
	Text    []run   // heading, paragraph, quote
	Items   [][]run // list
	Caption []run   // table
	Rows    [][]cell
	Blocks  []block
}

// cell is the text of a table's cell.
type cell []run

// run is a piece of text in one style, or a reference to a footnote (Note from 1, no Text).
type run struct {
	Text         string
	Bold, Italic bool
	Note         int
}

// document is a source text, read.
type document struct {
	Title, Subtitle, Town, Adopted, Accent string
	Made                                   time.Time
	Blocks                                 []block
	Notes                                  [][]run // Notes[i] is footnote i+1
}

// parse reads the small dialect of Markdown of the sources: a front matter of "key: value" lines,
// headings, paragraphs, lists, tables under a caption line that starts with ": ", framed texts
// ("> "), footnotes ([^name]), and the fences "::: columns" and "::: tiles".
func parse(source string) (document, error) {
	p := parser{names: map[string]int{}, defined: map[string]string{}}
	body, err := p.frontMatter(source)
	if err != nil {
		return document{}, err
	}
	lines := p.takeNotes(strings.Split(body, "\n"))
	if p.doc.Blocks, err = p.blocks(lines); err != nil {
		return document{}, err
	}
	for i := 0; i < len(p.order); i++ {
		text, ok := p.defined[p.order[i]]
		if !ok {
			return document{}, fmt.Errorf("footnote %q has no text", p.order[i])
		}
		note := p.inline(text)
		if slices.ContainsFunc(note, func(r run) bool { return r.Note > 0 }) {
			return document{}, fmt.Errorf("footnote %q has a footnote", p.order[i])
		}
		p.doc.Notes = append(p.doc.Notes, note)
	}
	if len(p.defined) != len(p.order) {
		return document{}, fmt.Errorf("%d footnotes are written and %d are used", len(p.defined), len(p.order))
	}
	return p.doc, nil
}

type parser struct {
	doc     document
	names   map[string]int    // footnote name → number
	order   []string          // footnote names, by number
	defined map[string]string // footnote name → text
}

func (p *parser) frontMatter(source string) (body string, err error) {
	head, body, found := strings.Cut(source, "\n---\n")
	if !found {
		return "", fmt.Errorf("front matter: no line of three dashes after it")
	}
	for _, line := range strings.Split(head, "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "title":
			p.doc.Title = typography(value)
		case "subtitle":
			p.doc.Subtitle = typography(value)
		case "town":
			p.doc.Town = typography(value)
		case "adopted":
			p.doc.Adopted = typography(value)
		case "accent":
			p.doc.Accent = value
		case "made":
			if p.doc.Made, err = time.Parse(time.DateOnly, value); err != nil {
				return "", fmt.Errorf("front matter: %w", err)
			}
		default:
			return "", fmt.Errorf("front matter: unknown key %q", key)
		}
	}
	return body, nil
}

var noteText = regexp.MustCompile(`^\[\^([a-z0-9-]+)\]: (.+)$`)

// takeNotes keeps the texts of the footnotes and gives the other lines.
func (p *parser) takeNotes(lines []string) []string {
	var rest []string
	for _, line := range lines {
		if m := noteText.FindStringSubmatch(line); m != nil {
			p.defined[m[1]] = m[2]
			continue
		}
		rest = append(rest, line)
	}
	return rest
}

func (p *parser) blocks(lines []string) ([]block, error) {
	var found []block
	for i := 0; i < len(lines); {
		if strings.TrimSpace(lines[i]) == "" {
			i++
			continue
		}
		n := extent(lines[i:])
		b, err := p.block(lines[i : i+n])
		if err != nil {
			return nil, err
		}
		found = append(found, b)
		i += n
	}
	return found, nil
}

// extent counts the lines of the block at the start of lines: up to an empty line, or to the end of a fence.
func extent(lines []string) int {
	fence := strings.HasPrefix(lines[0], "::: ")
	for i, line := range lines {
		if fence && line == ":::" {
			return i + 1
		}
		if !fence && strings.TrimSpace(line) == "" {
			return i
		}
	}
	return len(lines)
}

var orderedItem = regexp.MustCompile(`^\d+\. `)

func (p *parser) block(lines []string) (block, error) {
	first := lines[0]
	switch {
	case strings.HasPrefix(first, "::: "):
		if lines[len(lines)-1] != ":::" {
			return block{}, fmt.Errorf("the fence %q has no end", first)
		}
		return p.fence(strings.TrimPrefix(first, "::: "), lines[1:len(lines)-1])
	case strings.HasPrefix(first, "#"):
		marks, text, _ := strings.Cut(first, " ")
		return block{Kind: heading, Level: len(marks), Text: p.inline(text)}, nil
	case strings.HasPrefix(first, ": "):
		return p.table(strings.TrimPrefix(first, ": "), lines[1:])
	case strings.HasPrefix(first, "> "):
		return block{Kind: quote, Text: p.inline(join(lines, "> "))}, nil
	case strings.HasPrefix(first, "- "), orderedItem.MatchString(first):
		return p.list(lines), nil
	}
	return block{Kind: paragraph, Text: p.inline(join(lines, ""))}, nil
}

func join(lines []string, mark string) string {
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.TrimPrefix(line, mark))
	}
	return b.String()
}

func (p *parser) list(lines []string) block {
	b := block{Kind: list, Ordered: !strings.HasPrefix(lines[0], "- ")}
	for _, line := range lines {
		text := strings.TrimPrefix(line, "- ")
		if b.Ordered {
			text = orderedItem.ReplaceAllString(line, "")
		}
		b.Items = append(b.Items, p.inline(text))
	}
	return b
}

func (p *parser) table(caption string, lines []string) (block, error) {
	b := block{Kind: table, Caption: p.inline(caption)}
	for _, line := range lines {
		if strings.HasPrefix(line, "|--") {
			continue
		}
		cells := p.row(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"))
		if len(b.Rows) > 0 && len(cells) != len(b.Rows[0]) {
			return block{}, fmt.Errorf("table %q: a row of %d cells under a header of %d", caption, len(cells), len(b.Rows[0]))
		}
		b.Rows = append(b.Rows, cells)
	}
	if len(b.Rows) < 2 {
		return block{}, fmt.Errorf("table %q: no rows", caption)
	}
	return b, nil
}

func (p *parser) row(line string) []cell {
	var cells []cell
	for _, text := range strings.Split(line, "|") {
		cells = append(cells, p.inline(strings.TrimSpace(text)))
	}
	return cells
}

func (p *parser) fence(name string, lines []string) (block, error) {
	switch name {
	case "columns":
		inner, err := p.blocks(lines)
		return block{Kind: columns, Blocks: inner}, err
	case "tiles":
		b := block{Kind: tiles}
		for _, line := range lines {
			cells := p.row(line)
			if len(cells) != 2 {
				return block{}, fmt.Errorf("a tile is a figure and what it counts, not %q", line)
			}
			b.Rows = append(b.Rows, cells)
		}
		return b, nil
	}
	return block{}, fmt.Errorf("unknown fence %q", name)
}

var inlineMark = regexp.MustCompile(`\*\*|\*|\[\^[a-z0-9-]+\]`)

// inline splits a text at its marks of bold, italic and footnote.
func (p *parser) inline(text string) []run {
	text = typography(text)
	var runs []run
	var bold, italic bool
	add := func(s string) {
		if s != "" {
			runs = append(runs, run{Text: s, Bold: bold, Italic: italic})
		}
	}
	for {
		at := inlineMark.FindStringIndex(text)
		if at == nil {
			add(text)
			return runs
		}
		add(text[:at[0]])
		switch mark := text[at[0]:at[1]]; mark {
		case "**":
			bold = !bold
		case "*":
			italic = !italic
		default:
			runs = append(runs, run{Note: p.number(mark[2 : len(mark)-1])})
		}
		text = text[at[1]:]
	}
}

func (p *parser) number(name string) int {
	if p.names[name] == 0 {
		p.order = append(p.order, name)
		p.names[name] = len(p.order)
	}
	return p.names[name]
}

// plain gives the text of runs without their styles and footnote references.
func plain(runs []run) string {
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(r.Text)
	}
	return b.String()
}
