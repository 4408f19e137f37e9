package web

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rapporteur/ingest/extract/draft"
)

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
	if n.Type == html.TextNode && p.unseen[n.Parent].means == "" {
		count = draft.Letters(n.Data)
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
	case atom.Nav, atom.Footer, atom.Aside:
		return !p.book && !isNote(n) || p.unseen[n].whole
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Svg, atom.Math, atom.Iframe, atom.Object, atom.Embed, atom.Audio, atom.Video, atom.Canvas, atom.Map, atom.Head,
		atom.Button, atom.Input, atom.Select, atom.Textarea, atom.Datalist, atom.Dialog, atom.Rt, atom.Rp:
		return true
	case atom.Form:
		return !p.book && p.weights[n]*2 < p.all || p.unseen[n].whole // some servers wrap the whole page in a form
	}
	switch attribute(n, "role") {
	case "navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alertdialog":
		return true
	}
	return p.unseen[n].whole
}

// isContents reports a table of contents inside the text: it says it is one, and most of it is links to
// places of its own page.
func isContents(n *html.Node) bool {
	says := attribute(n, "role") == "doc-toc" || attribute(n, "epub:type") == "toc"
	for word := range strings.FieldsSeq(attribute(n, "class") + " " + attribute(n, "id")) {
		switch strings.ToLower(word) {
		case "toc", "sommaire", "table-of-contents", "tableofcontents", "table-matieres", "tdm", "fr-summary":
			says = true
		}
	}
	if !says {
		return false
	}
	linked, all := 0, 0
	for c := range n.Descendants() {
		if c.Type != html.TextNode {
			continue
		}
		count := draft.Letters(c.Data)
		if all += count; all > maxContents {
			return false
		}
		if leadsToPlace(c) {
			linked += count
		}
	}
	return linked*2 > all
}

// maxContents is the longest table of contents known as one, in letters: some 1,000 entries.
const maxContents = 50_000

// leadsToPlace reports the text of a link to a place of a page; the link may hold a word or two of markup.
func leadsToPlace(text *html.Node) bool {
	for n, steps := text.Parent, 0; n != nil && steps < 4; n, steps = n.Parent, steps+1 {
		if n.DataAtom == atom.A {
			return strings.Contains(attribute(n, "href"), "#")
		}
	}
	return false
}
