package web

import (
	"io"
	"log/slog"
	"strconv"
	"strings"

	readability "codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rapporteur/ingest/extract/draft"
)

const (
	// maxReadable is the most that a page judged may cost: the library walks it several times, and from
	// each element up and down, so that a node costs about the square of its depth. A page of 5,000
	// elements has some 200,000; nested boxes of 20 million took 46 seconds.
	maxReadable = 600_000
	// enough is the share of the visible letters of a page that the library must choose to be believed,
	// and enoughMain the same of a part that says it is the main one. Measured by TestMainText on 983
	// pages, precision, recall and F1: the library alone .881, .868, .875; our own choice .675, .944,
	// .787; both, with these shares, .846, .911, .877. Shares of .2 or .4 change F1 by less than .006.
	enough     = 0.3
	enoughMain = 0.6
	// keyPrefix starts the attribute that tells the elements of a page apart in what the library gives
	// back. Every element has an attribute of its own name: the library copies attributes from one
	// element to another when it makes one of two.
	keyPrefix = "data-place-"
)

// readable asks the library which text of a page is its main text, and gives the blocks whose own
// text that is, nil for all. Where the library chose too little, all of the main part is taken but what
// is named as clutter. The text is then read from the page itself: the library changes the levels of
// headings and takes small tables apart.
func (p *page) readable(root, main *html.Node, how way) map[*html.Node]bool {
	if how != wayTheirs && isPaper(root) {
		return nil
	}
	k := &visibleCopy{p: p}
	bare := k.of(root, 0)
	if k.cost > maxReadable {
		return nil
	}
	parser := readability.NewParser()
	parser.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	parser.DisableJSONLD = true
	article, err := parser.ParseAndMutate(bare, nil)
	if err != nil || article.Node == nil {
		return nil
	}
	chosen := map[*html.Node]bool{}
	for n := range article.Node.Descendants() {
		if n.Type == html.TextNode && !isBlank(n) {
			choose(chosen, k.places, n)
		}
	}
	if how == wayTheirs {
		return chosen
	}
	c := &choice{p: p, chosen: chosen, sums: map[*html.Node]sum{}}
	c.add(main)
	c.restore(main)
	share := enough
	if main.DataAtom != atom.Body {
		share = enoughMain
	}
	if s := c.add(main); float64(s.kept) >= share*float64(s.all) {
		return chosen
	}
	all := map[*html.Node]bool{}
	c.tidy(main, all)
	return all
}

// isPaper reports a page that a program wrote for a document, not a site for its visitors: it has no
// script, menu, form or margin, and so nothing that stands around a main text.
func isPaper(root *html.Node) bool {
	for n := range root.Descendants() {
		switch n.DataAtom {
		case atom.Script, atom.Nav, atom.Form, atom.Aside, atom.Header, atom.Footer, atom.Main, atom.Article, atom.Iframe:
			return false
		}
	}
	return true
}

// visibleCopy copies what is seen of a page, because the library changes what it reads and has an opinion
// of its own on what is seen. Every element of the copy has a key: its index in places.
type visibleCopy struct {
	p      *page
	places []*html.Node
	cost   int // of the nodes copied, as maxReadable has it
}

func (k *visibleCopy) of(n *html.Node, depth int) *html.Node {
	k.cost += depth*depth/16 + 8
	c := &html.Node{Type: n.Type, DataAtom: n.DataAtom, Data: n.Data, Namespace: n.Namespace}
	for _, a := range n.Attr {
		if a.Key != "style" && a.Key != "hidden" && a.Key != "aria-hidden" {
			c.Attr = append(c.Attr, a)
		}
	}
	if n.Type == html.ElementNode {
		c.Attr = append(c.Attr, html.Attribute{Key: keyPrefix + strconv.Itoa(len(k.places))})
		k.places = append(k.places, n)
	}
	for child := n.FirstChild; child != nil && k.cost <= maxReadable; child = child.NextSibling {
		if k.copies(child) {
			c.AppendChild(k.of(child, depth+1))
		}
	}
	return c
}

// copies reports a node that can be seen; scripts and the head do no harm, but for what they hide.
func (k *visibleCopy) copies(n *html.Node) bool {
	switch n.Type {
	case html.ElementNode:
		return n.DataAtom != atom.Noscript && n.DataAtom != atom.Template && n.DataAtom != atom.Script && !k.p.unseen[n].whole
	case html.TextNode:
		return k.p.unseen[n.Parent].means == ""
	}
	return n.Type == html.DoctypeNode
}

// choose marks the blocks that a text of the article was taken from.
func choose(chosen map[*html.Node]bool, places []*html.Node, text *html.Node) {
	for n := range text.Ancestors() {
		found := false
		for _, a := range n.Attr {
			key, ok := strings.CutPrefix(a.Key, keyPrefix)
			if !ok {
				continue
			}
			// A page may hold such attributes itself.
			if at, err := strconv.Atoi(key); err == nil && at >= 0 && at < len(places) {
				chosen[blockOf(places[at])] = true
				found = true
			}
		}
		if found {
			return
		}
	}
}

// blockOf gives the block that an element stands in, itself where it is one. The words of a block are read
// together or not at all: a part of them may say something else.
func blockOf(n *html.Node) *html.Node {
	for n.Parent != nil && n.Type == html.ElementNode && isInline(n.DataAtom) {
		n = n.Parent
	}
	return n
}

// choice is what the library chose of a page, on its way to what is read.
type choice struct {
	p      *page
	chosen map[*html.Node]bool
	sums   map[*html.Node]sum
}

// sum counts visible letters inside an element: all, those of links, and those chosen.
type sum struct{ all, linked, kept int }

// add counts the letters of an element and of all inside it.
func (c *choice) add(n *html.Node) sum {
	var s sum
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		switch {
		case k.Type == html.TextNode && c.p.unseen[n].means == "":
			count := draft.Letters(k.Data)
			s.all += count
			if c.chosen[blockOf(n)] {
				s.kept += count
			}
		case k.Type == html.ElementNode && !c.p.dropped(k):
			inside := c.add(k)
			s = sum{s.all + inside.all, s.linked + inside.linked, s.kept + inside.kept}
		}
	}
	if n.DataAtom == atom.A {
		s.linked = s.all
	}
	c.sums[n] = s
	return s
}

// restore chooses what the library often takes for clutter inside the main text: tables and lists that
// are no menus, and the headings above chosen text.
func (c *choice) restore(main *html.Node) {
	first, last := c.bounds(main)
	at := 0
	whole := map[*html.Node]bool{} // inside something restored already
	var above []*html.Node
	for n := range main.Descendants() {
		if at++; at > last {
			return
		}
		switch {
		case n.Type == html.TextNode && c.chosen[blockOf(n.Parent)] && !isBlank(n):
			for _, h := range above {
				takeAll(c.chosen, h)
			}
			above = nil
		case n.Type != html.ElementNode:
		case isHeading(n):
			above = outer(above, n)
		case at > first && !whole[n] && holdsData(n) && c.sums[n].linked*3 <= c.sums[n].all:
			takeAll(c.chosen, n)
			takeAll(whole, n)
		}
	}
}

// bounds gives the places of the first and the last chosen text, in the order of the page.
func (c *choice) bounds(main *html.Node) (first, last int) {
	at := 0
	for n := range main.Descendants() {
		at++
		if n.Type == html.TextNode && c.chosen[blockOf(n.Parent)] && !isBlank(n) {
			if first == 0 {
				first = at
			}
			last = at
		}
	}
	return first, last
}

// tidy takes everything but what is named as clutter and holds nothing that the library chose.
func (c *choice) tidy(n *html.Node, all map[*html.Node]bool) {
	if c.sums[n].kept == 0 && isClutter(n) {
		return
	}
	all[n] = true
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		if k.Type == html.ElementNode {
			c.tidy(k, all)
		}
	}
}

// isClutter reports an element whose class or id says that it stands around the text.
func isClutter(n *html.Node) bool {
	names := strings.ToLower(attribute(n, "class") + " " + attribute(n, "id"))
	for word := range strings.FieldsFuncSeq(names, func(r rune) bool { return r < 'a' || r > 'z' }) {
		switch word {
		case "ad", "ads", "advert", "ariane", "banner", "breadcrumb", "breadcrumbs", "byline", "comment", "commentaires",
			"commentlist", "comments", "cookie", "cookies", "copyright", "disclaimer", "footer", "login", "menu", "meta",
			"modal", "nav", "navbar", "navigation", "newsletter", "pager", "pagination", "partage", "popup", "promo",
			"recommendations", "recommended", "related", "reply", "respond", "search", "share", "sharing", "sidebar",
			"skip", "social", "sponsor", "subscribe", "tags", "teaser", "toolbar", "widget":
			return true
		}
	}
	return false
}

func isHeading(n *html.Node) bool {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

// holdsData reports a table or list.
func holdsData(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Table, atom.Ul, atom.Ol, atom.Dl:
		return true
	}
	return false
}

// outer adds a heading to those above it, without those it ends: of its level or lower.
func outer(above []*html.Node, h *html.Node) []*html.Node {
	for len(above) > 0 && above[len(above)-1].Data >= h.Data {
		above = above[:len(above)-1]
	}
	return append(above, h)
}

func takeAll(into map[*html.Node]bool, n *html.Node) {
	into[n] = true
	for c := range n.Descendants() {
		if c.Type == html.ElementNode {
			into[c] = true
		}
	}
}

func isBlank(n *html.Node) bool { return strings.TrimSpace(n.Data) == "" }
