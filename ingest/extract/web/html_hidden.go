package web

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rapporteur/qa"
)

// hiding says how the text directly inside an element is hidden. The zero value is text that is seen.
type hiding struct {
	means qa.HiddenMeans
	whole bool // nothing inside can be seen, whatever it says of itself
}

// look is what an element hands down to those inside it.
type look struct {
	hiding
	ink   string // colour of text, "" while none is declared
	paper string // colour behind it: "" while none is declared, unknown where it cannot be told
}

// unseen finds the elements whose text a reader of the page cannot see.
func unseen(root *html.Node) map[*html.Node]hiding {
	s := &styles{rules: sheetsOf(root), found: map[*html.Node]hiding{}}
	outer := look{}
	if s.rules.foreign {
		outer.paper = unknown // a style sheet of another file may colour anything
	}
	s.descend(root, outer)
	return s.found
}

// styles walks a page with the rules of its style sheets.
type styles struct {
	rules sheet
	found map[*html.Node]hiding
}

func (s *styles) descend(n *html.Node, outer look) {
	if n.Type == html.ElementNode {
		outer = s.look(n, outer)
		if outer.means != "" {
			s.found[n] = outer.hiding
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode || c.Type == html.DocumentNode {
			s.descend(c, outer)
		}
	}
}

// look applies what is declared of an element: by its tag, classes, id, old attributes and own style.
func (s *styles) look(n *html.Node, outer look) look {
	if outer.whole {
		return outer
	}
	d := s.rules.of(n)
	l := outer
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			d.whole = qa.HiddenNotDisplayed
		case "bgcolor":
			d.paper = colour(a.Val)
		case "background":
			d.paper = unknown
		case "color":
			if n.DataAtom == atom.Font {
				d.ink = colour(a.Val)
			}
		case "style":
			d = d.with(declarations(a.Val))
		}
	}
	if d.whole != "" {
		l.hiding = hiding{means: d.whole, whole: true}
		return l
	}
	if d.ink != "" {
		l.ink = d.ink
	}
	if d.paper != "" {
		l.paper = d.paper
	}
	return l.settle(d)
}

// settle decides whether text directly inside is seen; an element may undo what those around it said.
func (l look) settle(d declared) look {
	wasColoured := l.means == qa.HiddenColour
	switch {
	case d.text == seen:
		l.means = ""
	case d.text != "":
		l.means = d.text
	}
	blended := l.blends()
	switch {
	case l.means == "" && blended:
		l.means = qa.HiddenColour
	case wasColoured && !blended && l.means == qa.HiddenColour:
		l.means = ""
	}
	return l
}

// blends reports text in the colour of what is behind it; without any colour declared that is white.
func (l look) blends() bool {
	if l.ink == "" || l.ink == unknown || l.paper == unknown {
		return false
	}
	paper := l.paper
	if paper == "" {
		paper = white
	}
	return alike(l.ink, paper)
}

// notScripts are the types of script elements that hold programs or data for programs; a script of
// another type is text that nobody sees.
func isProgram(kind string) bool {
	kind = strings.ToLower(strings.TrimSpace(kind))
	return kind == "" || kind == "module" || kind == "importmap" || kind == "speculationrules" ||
		strings.Contains(kind, "javascript") || strings.Contains(kind, "ecmascript") || strings.Contains(kind, "json")
}

// count reports all the text of the page that is hidden, wherever it stands.
func (p *page) count(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.CommentNode:
			p.b.Hide(qa.HiddenComment, c.Data)
		case c.Type == html.TextNode:
			if h := p.unseen[n]; h.means != "" {
				p.b.Hide(h.means, c.Data)
			}
		case c.Type != html.ElementNode || c.DataAtom == atom.Style || c.DataAtom == atom.Svg:
		case c.DataAtom == atom.Script && isProgram(attribute(c, "type")):
		case c.DataAtom == atom.Template || c.DataAtom == atom.Noscript || c.DataAtom == atom.Script:
			p.b.Hide(qa.HiddenNotDisplayed, textOf(c))
		default:
			p.count(c)
		}
	}
}
