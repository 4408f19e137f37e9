package model

import (
	"strings"
	"unicode"
)

// cleaner takes out of a text that comes in pieces what is not meant for readers: the model's thoughts in their tags,
// NULs and other control characters, and the marks of what was no UTF-8.
type cleaner struct {
	held   string // the beginning of what may be a tag
	inside string // the tag that ends the thoughts being skipped; "" outside
	begun  bool   // text was given; white space before it is dropped
	stray  bool   // thoughts ended that had not begun: what was given before were thoughts
}

// thoughtTags are the tags that models put around their thoughts.
var thoughtTags = []string{"think", "thinking", "reasoning", "thought"}

// longestTag is the length of the longest of them with its brackets.
const longestTag = len("</reasoning>")

// write takes a piece and gives what of the text is known to be meant for readers.
func (c *cleaner) write(piece string) string {
	rest := c.held + strings.Map(keep, piece)
	c.held = ""
	var out strings.Builder
	for rest != "" && !c.stray {
		if c.inside != "" {
			rest = c.skip(rest)
			continue
		}
		at := strings.IndexByte(rest, '<')
		if at < 0 {
			out.WriteString(rest)
			break
		}
		out.WriteString(rest[:at])
		rest = c.tag(rest[at:], &out)
	}
	return c.trim(out.String())
}

// close gives what was held back, when nothing more comes.
func (c *cleaner) close() string {
	held := c.held
	c.held = ""
	if c.inside != "" || c.stray {
		return ""
	}
	return c.trim(held)
}

// skip drops thoughts; it gives what follows them.
func (c *cleaner) skip(rest string) string {
	at := strings.Index(strings.ToLower(rest), c.inside)
	if at < 0 {
		c.held = rest[len(rest)-tail(rest, c.inside):]
		return ""
	}
	rest = rest[at+len(c.inside):]
	c.inside = ""
	return rest
}

// tag reads what begins with "<": it gives what is left to read.
func (c *cleaner) tag(rest string, out *strings.Builder) string {
	head := strings.ToLower(rest[:min(len(rest), longestTag)])
	for _, name := range thoughtTags {
		opening, closing := "<"+name+">", "</"+name+">"
		switch {
		case strings.HasPrefix(head, opening):
			c.inside = closing
			return rest[len(opening):]
		case strings.HasPrefix(head, closing):
			c.stray = true
			return ""
		case strings.HasPrefix(opening, head), strings.HasPrefix(closing, head):
			c.held = rest
			return ""
		}
	}
	out.WriteByte('<')
	return rest[1:]
}

// tail gives the length of the longest end of s that is a beginning of tag.
func tail(s, tag string) int {
	lower := strings.ToLower(s[max(0, len(s)-len(tag)):])
	for n := min(len(tag)-1, len(lower)); n > 0; n-- {
		if strings.HasSuffix(lower, tag[:n]) {
			return n
		}
	}
	return 0
}

func (c *cleaner) trim(s string) string {
	if !c.begun {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
		c.begun = s != ""
	}
	return s
}

// keep drops characters that no text has. Bytes that were no UTF-8 have become U+FFFD on the way.
func keep(r rune) rune {
	if r == unicode.ReplacementChar || r != '\n' && r != '\t' && unicode.IsControl(r) {
		return -1
	}
	return r
}
