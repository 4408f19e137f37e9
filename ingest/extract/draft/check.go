package draft

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"rapporteur/qa"
)

// Check reports what breaks the promises of qa.Text: valid UTF-8, pages and blocks in order and
// apart, cut between characters, and blocks over all that is not white space.
func Check(t qa.Text) error {
	if !utf8.ValidString(t.Content) {
		return fmt.Errorf("content is not UTF-8")
	}
	end := 0
	for i, p := range t.Pages {
		if p.Number != i+1 {
			return fmt.Errorf("page %d has number %d", i+1, p.Number)
		}
		if err := fits(t.Content, p.Span, end); err != nil {
			return fmt.Errorf("page %d: %w", i+1, err)
		}
		end = p.End
	}
	end = 0
	for i, b := range t.Blocks {
		if err := fits(t.Content, b.Span, end); err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
		if rest := t.Content[end:b.Start]; strings.TrimSpace(rest) != "" {
			return fmt.Errorf("block %d: %d bytes of text before it are in no block", i, len(rest))
		}
		end = b.End
	}
	if strings.TrimSpace(t.Content[end:]) != "" {
		return fmt.Errorf("the text after the last block is in no block")
	}
	return nil
}

// fits checks a span that must start at or after a byte.
func fits(content string, s qa.Span, after int) error {
	if s.Start < after || s.End < s.Start || s.End > len(content) {
		return fmt.Errorf("span %d-%d does not fit after %d in %d bytes", s.Start, s.End, after, len(content))
	}
	for _, at := range []int{s.Start, s.End} {
		if at < len(content) && !utf8.RuneStart(content[at]) {
			return fmt.Errorf("span %d-%d cuts a character", s.Start, s.End)
		}
	}
	return nil
}
