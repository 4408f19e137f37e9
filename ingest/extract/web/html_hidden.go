package web

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// hidden reports an element that the page itself hides: by attribute, by its own style, or by a rule
// of the page's style sheet for one of its classes or its id.
func (p *page) hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			if hides(a.Val) {
				return true
			}
		case "id":
			if p.hiding["#"+a.Val] {
				return true
			}
		case "class":
			for class := range strings.FieldsSeq(a.Val) {
				if p.hiding["."+class] {
					return true
				}
			}
		}
	}
	return false
}

// hides reports declarations that leave nothing to see.
func hides(declarations string) bool {
	for one := range strings.SplitSeq(strings.ToLower(declarations), ";") {
		name, value, _ := strings.Cut(one, ":")
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		switch strings.TrimSpace(name) {
		case "display":
			if value == "none" {
				return true
			}
		case "visibility":
			if value == "hidden" || value == "collapse" {
				return true
			}
		case "font-size", "opacity":
			if isZero(value) {
				return true
			}
		}
	}
	return false
}

// isZero reports a length or share of nothing, in any unit.
func isZero(value string) bool {
	digits := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz% ")
	return digits != "" && strings.Trim(digits, "0.") == ""
}

// maxHiding bounds the rules kept of one style sheet.
const maxHiding = 1000

// hidingRules gives the simple selectors (one class or one id) that the page's own style sheets hide
// for all media. Rules for a medium, such as print, are left out: they do not apply to a reader.
func hidingRules(root *html.Node) map[string]bool {
	all := map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.DataAtom != atom.Style || attribute(n, "media") != "" {
			continue
		}
		for _, selector := range sheetRules(textOf(n)) {
			all[selector] = true
		}
	}
	return all
}

func sheetRules(sheet string) []string {
	var found []string
	for sheet != "" && len(found) < maxHiding {
		selectors, rest, ok := strings.Cut(sheet, "{")
		if !ok {
			break
		}
		if strings.Contains(selectors, "@") {
			sheet = afterBlock(rest)
			continue
		}
		body, after, _ := strings.Cut(rest, "}")
		sheet = after
		if !hides(body) {
			continue
		}
		for s := range strings.SplitSeq(selectors, ",") {
			s = strings.TrimSpace(s)
			if len(s) > 1 && (s[0] == '.' || s[0] == '#') && !strings.ContainsAny(s[1:], ".#:[>+~ *\t\n") {
				found = append(found, s)
			}
		}
	}
	return found
}

// afterBlock gives what follows the block that is open.
func afterBlock(sheet string) string {
	depth := 1
	for i := range len(sheet) {
		switch sheet[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return sheet[i+1:]
			}
		}
	}
	return ""
}
