// Package web reads what is written for browsers: HTML, Markdown and EPUB.
package web

import (
	"context"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// ReadHTML reads what a person sees of a page: no scripts, no hidden elements, no comments, no menus,
// forms or margins; of a page with a main part that holds most of its text, that part only. What is
// hidden is counted.
func ReadHTML(ctx context.Context, o raw.Limits, r io.Reader) (qa.Text, error) {
	data, err := raw.ReadAll(r, o.MaxInput)
	if err != nil {
		return qa.Text{}, err
	}
	b := draft.New(o)
	source := raw.DecodeHTML(data)
	if strings.HasPrefix(strings.TrimSpace(source[:min(len(source), 100)]), "<?xml") {
		source = closeTags(source)
	}
	doc, err := parse(ctx, source, o)
	if err != nil {
		return qa.Text{}, err
	}
	doc.dates(b)
	doc.addTo(b, wayBoth)
	return b.Text(doc.title())
}

// Add appends to a draft what a person sees of a page or fragment in UTF-8, such as the body of a
// message, and gives the title it declares. The errors are resource_limit and that of ctx.
func Add(ctx context.Context, d *draft.Draft, source string, o raw.Limits) (title string, err error) {
	doc, err := parse(ctx, source, o)
	if err != nil {
		return "", err
	}
	doc.addTo(d, wayOurs)
	return doc.title(), nil
}

// document is a parsed page. The parser refuses more than 512 open elements, so what walks its tree may
// recurse; root is nil for a page that it refused.
type document struct {
	source string
	root   *html.Node
}

func parse(ctx context.Context, source string, o raw.Limits) (*document, error) {
	if int64(len(source)) > o.MaxMarkup || strings.Count(source, "<") > o.MaxTags {
		return nil, raw.ResourceLimit()
	}
	root, err := html.Parse(&contextReader{ctx: ctx, r: strings.NewReader(source)})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return &document{source: source}, nil
	}
	return &document{root: root}, nil
}

// way says how the main text of a page is told from what stands around it.
type way int

const (
	wayOurs     way = iota // by elements and roles: all of what is left, as for a message
	wayBoth                // what the library chooses of it, where that is enough
	wayTheirs              // what the library chooses; to compare
	wayBook                // all of the body: a chapter has no menus, and its notes and boxes are text
	wayContents            // all of the body is a table of contents
)

// addTo appends what is visible of the document.
func (d *document) addTo(b *draft.Draft, how way) {
	if d.root == nil {
		addFlat(b, d.source)
		return
	}
	p := &page{b: b, unseen: unseen(d.root), weights: map[*html.Node]int{}, book: how == wayBook || how == wayContents}
	p.count(d.root)
	body := find(d.root, atom.Body)
	if body == nil {
		return
	}
	p.contents = how == wayContents
	main := body
	if !p.book {
		p.all = p.weigh(body)
		main = p.mainPart(body)
	}
	if how == wayBoth || how == wayTheirs {
		p.chosen = p.readable(d.root, main, how)
	}
	p.walk(main)
	p.flush()
}

func (d *document) title() string {
	if d.root == nil {
		return ""
	}
	if t := find(d.root, atom.Title); t != nil {
		return textOf(t)
	}
	return ""
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
	b        *draft.Draft
	unseen   map[*html.Node]hiding
	chosen   map[*html.Node]bool // blocks whose own text is read; nil for all
	weights  map[*html.Node]int  // visible letters of forms and of what may be the main part
	all      int                 // visible letters of the body
	run      strings.Builder
	kind     qa.BlockKind
	level    int
	mark     string // of a list item, until it is written
	lists    []int  // counter of each open list, -1 where it has bullets
	pre      bool
	contents bool // inside a table of contents
	book     bool // all of it is text
}

// flush ends the current block.
func (p *page) flush() {
	text := p.run.String()
	p.run.Reset()
	if strings.TrimSpace(text) == "" {
		return
	}
	switch {
	case p.contents:
		p.b.Add(qa.BlockContents, 0, text)
	case p.kind == qa.BlockHeading:
		p.b.Heading(p.level, strings.ReplaceAll(text, "\n", " "))
	case p.kind == qa.BlockListItem:
		p.b.Add(p.kind, p.level, p.mark+text)
		p.mark = ""
	case p.kind == qa.BlockCaption || p.kind == qa.BlockFootnote:
		p.b.Add(p.kind, 0, text)
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
		if p.reads(n) {
			p.write(n.Data)
		}
		return
	case n.Type != html.ElementNode:
		return
	case n.DataAtom == atom.Img || n.DataAtom == atom.Svg:
		p.picture(n)
		return
	case p.dropped(n):
		return
	}
	if !p.contents && isContents(n) {
		p.flush()
		p.contents = true
		p.element(n)
		p.flush()
		p.contents = false
		return
	}
	if isNote(n) {
		p.inside(n, qa.BlockFootnote, 0, "")
		return
	}
	p.element(n)
}

// isNote reports a footnote or endnote.
func isNote(n *html.Node) bool {
	switch attribute(n, "role") {
	case "doc-footnote", "doc-endnote":
		return true
	}
	for kind := range strings.FieldsSeq(attribute(n, "epub:type")) {
		if kind == "footnote" || kind == "endnote" || kind == "rearnote" || kind == "note" {
			return true
		}
	}
	return false
}

// reads reports a text that its reader sees and that belongs to the main text.
func (p *page) reads(n *html.Node) bool {
	return p.unseen[n.Parent].means == "" && (p.chosen == nil || p.chosen[blockOf(n.Parent)])
}

func (p *page) element(n *html.Node) {
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
	case atom.Figcaption:
		p.inside(n, qa.BlockCaption, 0, "")
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

// smallPicture is the width or height, in pixels, up to which a picture is an icon or a counter of
// visits and holds no text.
const smallPicture = 48

// picture counts an image that may hold text; those of icons and of what is hidden do not. What stands
// for it is read by those who do not see it, but a page shows it to nobody else: it is left out.
func (p *page) picture(n *html.Node) {
	p.b.Hide(qa.HiddenAlternative, attribute(n, "alt"))
	if p.unseen[n].whole || attribute(n, "aria-hidden") == "true" {
		return
	}
	for _, side := range []string{"width", "height"} {
		if size, err := strconv.Atoi(strings.TrimSuffix(attribute(n, side), "px")); err == nil && size <= smallPicture {
			return
		}
	}
	p.b.Reading().Images++
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

// isInline reports elements that go on with the running text of their block; unknown ones do too.
func isInline(a atom.Atom) bool {
	switch a {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Caption, atom.Center, atom.Dd, atom.Details,
		atom.Dir, atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.Header,
		atom.Hgroup, atom.Hr, atom.Html, atom.Legend, atom.Li, atom.Main, atom.Menu, atom.Nav, atom.Ol, atom.Optgroup, atom.Option, atom.P, atom.Pre, atom.Section,
		atom.Summary, atom.Table, atom.Tbody, atom.Td, atom.Tfoot, atom.Th, atom.Thead, atom.Tr, atom.Ul:
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
