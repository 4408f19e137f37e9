// Package web reads what is written for browsers: HTML and Markdown.
package web

import (
	"context"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// ReadHTML reads what a person sees of a page: no scripts, no hidden elements, no comments, no menus,
// forms or margins; of a page with a main part that holds most of its text, that part only.
func ReadHTML(ctx context.Context, o raw.Limits, r io.Reader) (qa.Text, error) {
	data, err := raw.ReadAll(r, o.MaxInput)
	if err != nil {
		return qa.Text{}, err
	}
	if int64(len(data)) > o.MaxMarkup {
		return qa.Text{}, raw.ResourceLimit()
	}
	b := draft.New(o)
	title, err := addHTML(ctx, b, raw.DecodeHTML(data), o.MaxTags)
	if err != nil {
		return qa.Text{}, err
	}
	return b.Text(title)
}

// Add appends to a draft what a person sees of a page or fragment in UTF-8, such as the body of a
// message, and gives the title it declares. The errors are resource_limit and that of ctx.
func Add(ctx context.Context, d *draft.Draft, source string, o raw.Limits) (title string, err error) {
	if int64(len(source)) > o.MaxMarkup {
		return "", raw.ResourceLimit()
	}
	return addHTML(ctx, d, source, o.MaxTags)
}

// addHTML appends the blocks of a page or fragment and gives the title it declares.
func addHTML(ctx context.Context, b *draft.Draft, source string, maxTags int) (title string, err error) {
	if strings.Count(source, "<") > maxTags {
		return "", raw.ResourceLimit()
	}
	// The parser refuses more than 512 open elements, so what walks its tree may recurse.
	root, err := html.Parse(&contextReader{ctx: ctx, r: strings.NewReader(source)})
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", raw.ResourceLimit().Because(err)
	}
	p := &page{b: b, hiding: hidingRules(root), weights: map[*html.Node]int{}}
	body := find(root, atom.Body)
	if body == nil {
		return "", nil
	}
	p.all = p.weigh(body)
	p.walk(p.mainPart(body))
	p.flush()
	if t := find(root, atom.Title); t != nil {
		title = textOf(t)
	}
	return title, nil
}

// contextReader stops a parser that reads it once ctx is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// page is the state of one walk: the running text of the block being read, and what that block is.
type page struct {
	b       *draft.Draft
	hiding  map[string]bool    // ".class" and "#id" that the style sheet of the page hides
	weights map[*html.Node]int // visible letters of forms and of what may be the main part
	all     int                // visible letters of the body
	run     strings.Builder
	kind    qa.BlockKind
	level   int
	mark    string // of a list item, until it is written
	lists   []int  // counter of each open list, -1 where it has bullets
	pre     bool
}

// flush ends the current block.
func (p *page) flush() {
	text := p.run.String()
	p.run.Reset()
	if strings.TrimSpace(text) == "" {
		return
	}
	switch p.kind {
	case qa.BlockHeading:
		p.b.Heading(p.level, strings.ReplaceAll(text, "\n", " "))
	case qa.BlockListItem:
		p.b.Add(p.kind, p.level, p.mark+text)
		p.mark = ""
	default:
		p.b.Add(qa.BlockParagraph, 0, text)
	}
}

// inside reads children as a block of a kind of its own.
func (p *page) inside(n *html.Node, kind qa.BlockKind, level int, mark string) {
	p.flush()
	outerKind, outerLevel, outerMark := p.kind, p.level, p.mark
	p.kind, p.level, p.mark = kind, level, mark
	p.children(n)
	p.flush()
	p.kind, p.level, p.mark = outerKind, outerLevel, outerMark
}

func (p *page) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.walk(c)
	}
}

func (p *page) walk(n *html.Node) {
	switch {
	case n.Type == html.TextNode:
		p.write(n.Data)
		return
	case n.Type != html.ElementNode || p.dropped(n):
		return
	}
	switch n.DataAtom {
	case atom.Br:
		p.run.WriteByte('\n')
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		p.inside(n, qa.BlockHeading, int(n.Data[1]-'0'), "")
	case atom.Ul, atom.Ol, atom.Menu:
		p.list(n)
	case atom.Li:
		p.item(n)
	case atom.Table:
		p.flush()
		p.table(n)
	case atom.Pre:
		outer := p.pre
		p.pre = true
		p.block(n)
		p.pre = outer
	default:
		if isInline(n.DataAtom) {
			p.children(n)
			return
		}
		p.block(n)
	}
}

// block reads a paragraph or container. The first block of a list item takes its mark.
func (p *page) block(n *html.Node) {
	p.flush()
	p.children(n)
	p.flush()
}

func (p *page) list(n *html.Node) {
	p.flush()
	counter := -1
	if n.DataAtom == atom.Ol {
		counter = 0
		if start, err := strconv.Atoi(attribute(n, "start")); err == nil {
			counter = start - 1
		}
	}
	p.lists = append(p.lists, counter)
	p.inside(n, p.kind, p.level, "")
	p.lists = p.lists[:len(p.lists)-1]
}

func (p *page) item(n *html.Node) {
	mark, depth := "- ", max(len(p.lists), 1)
	if top := len(p.lists) - 1; top >= 0 && p.lists[top] >= 0 {
		p.lists[top]++
		mark = strconv.Itoa(p.lists[top]) + ". "
	}
	p.inside(n, qa.BlockListItem, min(depth, 9), mark)
}

// table reads rows wherever they are in the table; what stands outside rows (a caption) is a block.
func (p *page) table(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type != html.ElementNode || p.dropped(c):
		case c.DataAtom == atom.Tr:
			p.row(c)
		case c.DataAtom == atom.Caption:
			p.inside(c, qa.BlockParagraph, 0, "")
		default:
			p.table(c)
		}
	}
}

func (p *page) row(n *html.Node) {
	var cells [][]draft.Piece
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || p.dropped(c) {
			continue
		}
		p.b.Push()
		lists := p.lists
		p.lists = nil
		p.inside(c, qa.BlockParagraph, 0, "")
		p.lists = lists
		cells = append(cells, p.b.Pop())
	}
	p.b.Row(cells)
}

// write appends running text. White space of the source is one space, except where it is preformatted.
func (p *page) write(s string) {
	if p.pre {
		p.run.WriteString(s)
		return
	}
	p.run.WriteString(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' || r == '\f' {
			return ' '
		}
		return r
	}, s))
}

// mainPart gives the innermost main part or article that holds most of the visible text, else the
// body: a page of a list of articles has several, and none holds the page.
func (p *page) mainPart(body *html.Node) *html.Node {
	best, least := body, p.all
	for n, weight := range p.weights {
		if n.DataAtom != atom.Form && weight*2 > p.all && weight <= least && (weight < least || within(n, best)) {
			best, least = n, weight
		}
	}
	return best
}

// within reports that an element stands inside another one.
func within(n, outer *html.Node) bool {
	for a := range n.Ancestors() {
		if a == outer {
			return true
		}
	}
	return false
}

// weigh counts the letters and digits that a reader sees in an element, those of forms included, and
// keeps the counts that decide what is read.
func (p *page) weigh(n *html.Node) int {
	count := 0
	if n.Type == html.TextNode {
		for _, r := range n.Data {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				count++
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || c.DataAtom == atom.Form || !p.dropped(c) {
			count += p.weigh(c)
		}
	}
	if n.DataAtom == atom.Form || n.DataAtom == atom.Main || n.DataAtom == atom.Article || attribute(n, "role") == "main" {
		p.weights[n] = count
	}
	return count
}

// dropped reports elements that are not part of the document for its reader.
func (p *page) dropped(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Nav, atom.Footer, atom.Aside, atom.Svg, atom.Math,
		atom.Iframe, atom.Object, atom.Embed, atom.Audio, atom.Video, atom.Canvas, atom.Map, atom.Head,
		atom.Button, atom.Input, atom.Select, atom.Textarea, atom.Datalist, atom.Dialog, atom.Rt, atom.Rp:
		return true
	case atom.Form:
		return p.weights[n]*2 < p.all // some servers wrap the whole page in a form
	}
	switch attribute(n, "role") {
	case "navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alertdialog":
		return true
	}
	return p.hidden(n)
}

// isInline reports elements that go on with the running text of their block; unknown ones do too.
func isInline(a atom.Atom) bool {
	switch a {
	case atom.Address, atom.Article, atom.Blockquote, atom.Body, atom.Caption, atom.Center, atom.Dd, atom.Details, atom.Dir,
		atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Form, atom.Header, atom.Hgroup, atom.Hr,
		atom.Html, atom.Legend, atom.Main, atom.Optgroup, atom.Option, atom.P, atom.Section, atom.Summary, atom.Tbody,
		atom.Td, atom.Tfoot, atom.Th, atom.Thead, atom.Tr:
		return false
	}
	return true
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

// find gives the first element of a kind, in the order of the page.
func find(root *html.Node, a atom.Atom) *html.Node {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == a && n.Namespace == "" {
			return n
		}
	}
	return nil
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode && utf8.ValidString(c.Data) {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}
