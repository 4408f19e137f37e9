package web

import (
	"context"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/plain"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

const (
	// maxMarkdown is the longest Markdown parsed at once, in bytes; what is longer is parsed in pieces.
	// The parser may need 250 times as much memory; the longest file of the development data has 0.7 MB.
	maxMarkdown = 1 << 20
	// maxMarkers is how many quotes and lists one line may open, and maxIndent how far it may be
	// indented before one: the parser recurses, and each line costs its depth.
	maxMarkers = 64
	maxIndent  = 200
	// maxInlineCost bounds the work of the inline parser, which is quadratic in the marks of one
	// paragraph: 2e8 took about a second where it was measured.
	maxInlineCost = 200_000_000
)

// ReadMarkdown reads Markdown as its reader sees it: marks of emphasis, addresses of links and images
// are left out, tables are read row by row.
func ReadMarkdown(ctx context.Context, o raw.Limits, r io.Reader) (qa.Text, error) {
	data, err := raw.ReadAll(r, o.MaxInput)
	if err != nil {
		return qa.Text{}, err
	}
	front, body := frontMatter(raw.LineEnds(raw.Decode(data)))
	body = openContainers(body)
	if tooNested(body) {
		return qa.Text{}, raw.ResourceLimit()
	}
	m := &markdown{ctx: ctx, o: o, b: draft.New(o)}
	for _, piece := range pieces(body, maxMarkdown) {
		m.source = []byte(piece)
		if err := m.blocks(parserFor(piece).Parse(text.NewReader(m.source)), 0); err != nil {
			return qa.Text{}, err
		}
	}
	if m.b.Empty() {
		return qa.Text{}, raw.Empty()
	}
	m.b.Dates(front.created, front.modified)
	return m.b.Text(front.title)
}

// parserFor gives the parser of CommonMark with tables, strikethrough and footnotes. Where the marks
// of a file would cost too much, it parses blocks only: the marks then stay in the text.
func parserFor(s string) parser.Parser {
	if inlineCost(s) <= maxInlineCost {
		return goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Footnote)).Parser()
	}
	return parser.NewParser(parser.WithBlockParsers(parser.DefaultBlockParsers()...))
}

// inlineCost adds the squares of the counts of marks between blank lines.
func inlineCost(s string) int {
	total, marks := 0, 0
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(line) == "" {
			total += marks * marks
			marks = 0
			continue
		}
		for i := range len(line) {
			if strings.IndexByte("*_~[]!<`", line[i]) >= 0 {
				marks++
			}
		}
	}
	return total + marks*marks
}

// front is what the settings above a text say of it.
type front struct {
	title             string
	created, modified time.Time
}

// frontMatter parts the settings that some programs write above the text, between lines of three
// dashes. A page that is nothing but settings is read as it stands.
func frontMatter(s string) (f front, body string) {
	rest, ok := strings.CutPrefix(s, "---\n")
	if !ok {
		return front{}, s
	}
	settings, body, ok := strings.Cut(rest, "\n---\n")
	if !ok || strings.Contains(settings, "\n\n") {
		return front{}, s
	}
	if strings.TrimSpace(body) == "" {
		return front{}, strings.ReplaceAll(settings, "\n", "\n\n")
	}
	for line := range strings.SplitSeq(settings, "\n") {
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(name) {
		case "title":
			f.title = strings.Trim(strings.TrimSpace(value), `"'`)
		case "date", "created", "published", "publishdate", "pubdate":
			keep(&f.created, value)
		case "updated", "modified", "lastmod", "last_modified", "last_update":
			keep(&f.modified, value)
		}
	}
	return f, body
}

var container = regexp.MustCompile(`(?m)^[ \t]*:::+[ \t]*[\w-]*[ \t]*(.*)$`)

// openContainers takes away the fences of the boxes that site generators know (« ::: tip Title »),
// which the parser does not, and keeps their titles.
func openContainers(s string) string {
	if !strings.Contains(s, ":::") {
		return s
	}
	return container.ReplaceAllString(s, "\n$1\n")
}

// tooNested reports a line that opens more quotes and lists than anybody writes.
func tooNested(s string) bool {
	for line := range strings.SplitSeq(s, "\n") {
		if indent := len(line) - len(strings.TrimLeft(line, " \t")); indent > maxIndent && plain.IsItem(line) {
			return true
		}
		markers := 0
		for i := 0; i < len(line) && strings.IndexByte(" \t>-+*0123456789.)", line[i]) >= 0; i++ {
			if strings.IndexByte(">-+*.)", line[i]) >= 0 && (line[i] == '>' || i+1 < len(line) && line[i+1] == ' ') {
				markers++
			}
		}
		if markers > maxMarkers {
			return true
		}
	}
	return false
}

// markdown is the state of one reading.
type markdown struct {
	ctx    context.Context
	o      raw.Limits
	source []byte
	b      *draft.Draft
	veil   veil // what raw HTML hides of the text that follows it
}

// add appends a block, or counts it where the HTML around it hides it.
func (m *markdown) add(kind qa.BlockKind, level int, text string) {
	switch {
	case m.veil.means != "":
		m.b.Hide(m.veil.means, text)
	case kind == qa.BlockHeading:
		m.b.Heading(level, text)
	default:
		m.b.Add(kind, level, text)
	}
}

// blocks appends the blocks inside a container. depth counts the lists around it.
func (m *markdown) blocks(n ast.Node, depth int) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	if depth > m.o.MaxDepth {
		return raw.ResourceLimit()
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if err := m.block(c, depth); err != nil {
			return err
		}
	}
	return nil
}

func (m *markdown) block(n ast.Node, depth int) error {
	switch n := n.(type) {
	case *ast.Heading:
		m.add(qa.BlockHeading, n.Level, m.inline(n))
	case *ast.Paragraph, *ast.TextBlock:
		m.add(qa.BlockParagraph, 0, m.inline(n))
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		m.add(qa.BlockParagraph, 0, m.lines(n))
	case *ast.HTMLBlock:
		return m.html(n)
	case *ast.List:
		return m.list(n, depth+1)
	case *east.Table:
		m.table(n)
	case *east.Footnote:
		m.b.Push()
		err := m.blocks(n, depth+1)
		m.b.Add(qa.BlockFootnote, 0, draft.Join(m.b.Pop()))
		return err
	default:
		return m.blocks(n, depth+1)
	}
	return nil
}

// html appends a block of HTML. What it opens and hides, it hides until it is closed.
func (m *markdown) html(n *ast.HTMLBlock) error {
	source := m.lines(n)
	if n.HasClosure() {
		source += string(n.ClosureLine.Value(m.source))
	}
	covered := m.veil.means != ""
	m.veil.pass(source)
	if covered {
		return nil
	}
	_, err := Add(m.ctx, m.b, source, m.o)
	return err
}

// list appends the items of a list; only the first block of an item has its mark.
func (m *markdown) list(n *ast.List, depth int) error {
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if n.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		for c := item.FirstChild(); c != nil; c = c.NextSibling() {
			switch c.(type) {
			case *ast.Paragraph, *ast.TextBlock:
				m.add(qa.BlockListItem, min(depth, 9), mark+m.inline(c))
				mark = ""
			default:
				if err := m.block(c, depth); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (m *markdown) table(n *east.Table) {
	m.b.OpenTable()
	defer m.b.CloseTable()
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		var cells [][]draft.Piece
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			m.b.Push()
			m.add(qa.BlockParagraph, 0, m.inline(cell))
			cells = append(cells, m.b.Pop())
		}
		if row.Kind() == east.KindTableHeader {
			m.b.Header(cells)
		} else {
			m.b.Row(cells)
		}
	}
}

// lines gives the source lines of a block that holds no inline elements.
func (m *markdown) lines(n ast.Node) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		b.Write(line.Value(m.source))
	}
	return b.String()
}

// inline gives the text of a block. It steps through the tree without recursion, because emphasis can
// be nested as deep as a file is long.
func (m *markdown) inline(block ast.Node) string {
	var b strings.Builder
	over := m.veil
	for n := block.FirstChild(); n != nil; {
		if m.veil.means != over.means {
			var hidden strings.Builder
			if m.write(&hidden, n) && n.FirstChild() != nil {
				n = n.FirstChild()
				continue
			}
			m.b.Hide(m.veil.means, hidden.String())
		} else if m.write(&b, n) && n.FirstChild() != nil {
			n = n.FirstChild()
			continue
		}
		for n != block && n.NextSibling() == nil {
			n = n.Parent()
		}
		if n == block {
			break
		}
		n = n.NextSibling()
	}
	m.veil = over // an element inside a paragraph ends with it
	return b.String()
}

// write appends one inline node and reports whether what is inside it is text too.
func (m *markdown) write(b *strings.Builder, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Text:
		value := n.Segment.Value(m.source)
		if !n.IsRaw() && n.Parent().Kind() != ast.KindCodeSpan {
			value = unescape(value)
		}
		b.Write(value)
		switch {
		case n.HardLineBreak():
			b.WriteByte('\n')
		case n.SoftLineBreak():
			b.WriteByte(' ')
		}
	case *ast.String:
		b.Write(n.Value)
	case *ast.AutoLink:
		b.Write(n.Label(m.source))
	case *ast.RawHTML:
		m.rawInline(b, string(n.Segments.Value(m.source)))
	case *ast.Image:
		m.b.Reading().Images++
		return false
	case *east.FootnoteLink, *east.FootnoteBacklink:
		return false
	}
	return true
}

// rawInline reads a tag or comment between words.
func (m *markdown) rawInline(b *strings.Builder, source string) {
	lower := strings.ToLower(source)
	switch {
	case strings.HasPrefix(lower, "<!--"):
		m.b.Hide(qa.HiddenComment, strings.TrimSuffix(source[len("<!--"):], "-->"))
	case strings.HasPrefix(lower, "<br"):
		b.WriteByte('\n')
	case strings.HasPrefix(lower, "<img"):
		m.b.Reading().Images++
	}
	m.veil.pass(source)
}

// unescape gives the characters that backslashes and entities stand for.
func unescape(value []byte) []byte {
	return util.UnescapePunctuations(util.ResolveEntityNames(util.ResolveNumericReferences(value)))
}
