package web

import (
	"cmp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rapporteur/qa"
)

const (
	// seen says that a declaration makes text visible again that something around it hid.
	seen qa.HiddenMeans = "seen"
	// tinyPoints is the height under which nobody reads a text.
	tinyPoints = 2.0
	// farPixels and farEms are how far from its place an element is drawn when it is drawn where nobody
	// looks; pages move pictures and menus by less.
	farPixels, farEms = 500, 50
	// maxRules bounds the rules kept of the style sheets of one page.
	maxRules = 5000
)

// declared is what declarations say of what can be seen. Empty fields say nothing.
type declared struct {
	display    qa.HiddenMeans // not_displayed, or seen
	place      qa.HiddenMeans // hides the element and all inside it by where or how it is drawn
	visibility qa.HiddenMeans // not_displayed, or seen; elements inside may undo it
	size       qa.HiddenMeans // tiny, or seen; elements inside may undo it
	ink, paper string
}

// with gives what is declared when other is declared later.
func (d declared) with(other declared) declared {
	return declared{
		display:    cmp.Or(other.display, d.display),
		place:      cmp.Or(other.place, d.place),
		visibility: cmp.Or(other.visibility, d.visibility),
		size:       cmp.Or(other.size, d.size),
		ink:        cmp.Or(other.ink, d.ink),
		paper:      cmp.Or(other.paper, d.paper),
	}
}

// declarations reads the style of an element, or the body of a rule.
func declarations(style string) declared {
	var d declared
	clipped, flat, painted := false, false, false
	for one := range strings.SplitSeq(strings.ToLower(style), ";") {
		name, value, _ := strings.Cut(one, ":")
		name = strings.TrimSpace(name)
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		switch name {
		case "overflow", "overflow-x", "overflow-y":
			clipped = value == "hidden" || value == "clip"
		case "width", "height", "max-width", "max-height":
			flat = flat || isZero(value) || value == "1px"
		case "background-clip", "-webkit-background-clip":
			painted = value == "text" // letters without ink show a picture or a gradient
		default:
			d = d.declare(name, value)
		}
	}
	if clipped && flat {
		d.place = qa.HiddenOffPage
	}
	if painted {
		d.ink = unknown
	}
	return d
}

// declare adds one declaration.
func (d declared) declare(name, value string) declared {
	switch name {
	case "display":
		d.display = when(value == "none", qa.HiddenNotDisplayed, seen)
	case "visibility":
		d.visibility = when(value == "hidden" || value == "collapse", qa.HiddenNotDisplayed, seen)
	case "font-size":
		d.size = sizeOf(value, d.size)
	case "font":
		size, _, _ := strings.Cut(value, "/")
		d.size = sizeOf(size[strings.LastIndexByte(size, ' ')+1:], d.size)
	case "opacity":
		d.place = when(isZero(value), qa.HiddenInvisible, d.place)
	case "transform", "filter":
		d.place = when(strings.Contains(value, "scale(0)") || strings.Contains(value, "opacity(0"), qa.HiddenInvisible, d.place)
	case "left", "right", "top", "bottom", "margin-left", "margin-top", "text-indent":
		d.place = when(isFar(value), qa.HiddenOffPage, d.place)
	case "clip":
		d.place = when(isNothing(value, "rect("), qa.HiddenOffPage, d.place)
	case "clip-path":
		d.place = when(strings.HasPrefix(value, "inset(50%") || strings.HasPrefix(value, "inset(100%") || isNothing(value, "circle("), qa.HiddenOffPage, d.place)
	case "color", "-webkit-text-fill-color":
		switch value {
		case "inherit", "currentcolor", "unset", "initial":
		default:
			d.ink = colour(value)
		}
	case "background", "background-color", "background-image":
		if paper := colour(value); paper != transparent {
			d.paper = paper
		}
	}
	return d
}

func when(yes bool, means, otherwise qa.HiddenMeans) qa.HiddenMeans {
	if yes {
		return means
	}
	return otherwise
}

// isNothing reports a shape whose numbers are all zero or one pixel.
func isNothing(value, shape string) bool {
	inside, ok := strings.CutPrefix(value, shape)
	if !ok {
		return false
	}
	inside, _, _ = strings.Cut(inside, ")")
	for _, number := range strings.FieldsFunc(inside, func(r rune) bool { return r == ' ' || r == ',' }) {
		if !isZero(number) && number != "1px" {
			return false
		}
	}
	return true
}

// measure parts a length into its number and unit.
func measure(value string) (number float64, unit string, ok bool) {
	digits := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz% ")
	number, err := strconv.ParseFloat(digits, 64)
	return number, strings.TrimSpace(value[len(digits):]), err == nil
}

// isZero reports a length or share of nothing, in any unit.
func isZero(value string) bool {
	number, _, ok := measure(value)
	return ok && number == 0
}

// sizeOf judges the size of letters: under tinyPoints nobody reads them. A size that is a share of the
// one around it is tiny, or says nothing.
func sizeOf(value string, otherwise qa.HiddenMeans) qa.HiddenMeans {
	number, unit, ok := measure(value)
	relative := true
	switch unit {
	case "px":
		number, relative = number*0.75, false
	case "pt":
		relative = false
	case "rem":
		number, relative = number*12, false
	case "em":
		number *= 12
	case "%":
		number *= 0.12
	case "":
	default:
		number, ok = number*10, ok && number == 0
	}
	switch {
	case ok && number < tinyPoints:
		return qa.HiddenTiny
	case ok && !relative:
		return seen
	}
	return otherwise
}

// isFar reports a place far before the start of the page. Far behind its end is a place too, on a page
// that scrolls.
func isFar(value string) bool {
	number, unit, ok := measure(value)
	switch {
	case !ok:
		return false
	case unit == "px" || unit == "pt" || unit == "":
		return number <= -farPixels
	case unit == "%" || unit == "vw" || unit == "vh":
		return number <= -100
	}
	return number <= -farEms
}

// sheet holds the rules of the style sheets of a page that have a simple selector: a tag, a class, an
// id, or a tag with one of them.
type sheet struct {
	rules   map[string]declared
	foreign bool // colours may come from elsewhere: another file, or a rule that is not understood
}

// sheetsOf reads the page's own style sheets for all media. Rules for a medium, such as print, are left
// out: they do not apply to a reader.
func sheetsOf(root *html.Node) sheet {
	s := sheet{rules: map[string]declared{}}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch {
		case n.DataAtom == atom.Link && strings.Contains(strings.ToLower(attribute(n, "rel")), "stylesheet"):
			s.foreign = true
		case n.DataAtom == atom.Style && (attribute(n, "media") == "" || attribute(n, "media") == "all" || attribute(n, "media") == "screen"):
			s.read(withoutComments(textOf(n)))
		}
	}
	return s
}

func withoutComments(css string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(css, "/*")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		_, css, _ = strings.Cut(rest, "*/")
	}
}

func (s *sheet) read(css string) {
	for css != "" && len(s.rules) < maxRules {
		selectors, rest, ok := strings.Cut(css, "{")
		if !ok {
			break
		}
		if at := strings.LastIndexByte(selectors, ';'); at >= 0 { // @import and @charset have no block
			s.foreign = s.foreign || strings.Contains(selectors[:at], "@import")
			selectors = selectors[at+1:]
		}
		if strings.Contains(selectors, "@") {
			css = afterBlock(rest)
			continue
		}
		body, after, _ := strings.Cut(rest, "}")
		css = after
		s.add(selectors, declarations(body))
	}
}

// add keeps a rule for each of its simple selectors.
func (s *sheet) add(selectors string, d declared) {
	if d == (declared{}) {
		return
	}
	for one := range strings.SplitSeq(selectors, ",") {
		one = strings.TrimSpace(one)
		if one == "" || strings.ContainsAny(one, ":[>+~ *\t\n") || strings.Count(one, ".")+strings.Count(one, "#") > 1 {
			s.foreign = s.foreign || d.paper != ""
			continue
		}
		if one[0] != '.' && one[0] != '#' { // tags have no case, names do
			at := len(one)
			if cut := strings.IndexAny(one, ".#"); cut > 0 {
				at = cut
			}
			one = strings.ToLower(one[:at]) + one[at:]
		}
		s.rules[one] = s.rules[one].with(d)
	}
}

// of gives what the rules declare of an element; the closer selector wins.
func (s *sheet) of(n *html.Node) declared {
	if len(s.rules) == 0 {
		return declared{}
	}
	d := s.rules[n.Data]
	for class := range strings.FieldsSeq(attribute(n, "class")) {
		d = d.with(s.rules["."+class]).with(s.rules[n.Data+"."+class])
	}
	if id := attribute(n, "id"); id != "" {
		d = d.with(s.rules["#"+id]).with(s.rules[n.Data+"#"+id])
	}
	return d
}

// afterBlock gives what follows the block that is open.
func afterBlock(css string) string {
	depth := 1
	for i := range len(css) {
		switch css[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return css[i+1:]
			}
		}
	}
	return ""
}
