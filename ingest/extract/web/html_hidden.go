package web

import (
	"cmp"
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
	whole            qa.HiddenMeans // hides it all
	visibility, size qa.HiddenMeans // as declared has them
	ink              string         // colour of text, "" while none is declared
	paper            string         // colour behind it: "" while none is declared, unknown where it cannot be told
}

// hiding tells how text is hidden that looks so.
func (l look) hiding() hiding {
	switch {
	case l.whole != "":
		return hiding{means: l.whole, whole: true}
	case l.visibility == qa.HiddenNotDisplayed:
		return hiding{means: qa.HiddenNotDisplayed}
	case l.size == qa.HiddenTiny:
		return hiding{means: qa.HiddenTiny}
	case l.ink == transparent:
		return hiding{means: qa.HiddenInvisible}
	case l.blends():
		return hiding{means: qa.HiddenColour}
	}
	return hiding{}
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
		if h := outer.hiding(); h.means != "" {
			s.found[n] = h
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
	if outer.whole != "" {
		return outer
	}
	d := s.rules.of(n)
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			d.display = qa.HiddenNotDisplayed
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
	l := look{
		visibility: cmp.Or(d.visibility, outer.visibility),
		size:       cmp.Or(d.size, outer.size),
		ink:        cmp.Or(d.ink, outer.ink),
		paper:      cmp.Or(d.paper, outer.paper),
	}
	if d.display == qa.HiddenNotDisplayed {
		l.whole = d.display
	} else {
		l.whole = d.place
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

// isProgram reports the types of script elements that hold programs or data for programs; a script of
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
		case c.Type == html.CommentNode && strings.HasPrefix(c.Data, "?xml"): // what XML starts with
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
