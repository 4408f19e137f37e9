package ingest

import (
	"strings"

	"rapporteur/qa"
)

// embeddedText is what the encoder reads of a chunk: the title of its document and the headings above it,
// which say what it is about where its own words do not; the header row of the table it goes on with;
// and its text.
func embeddedText(title string, c qa.Chunk) string {
	var b strings.Builder
	b.WriteString(title)
	for _, heading := range c.Section {
		if b.Len() > 0 {
			b.WriteString(" > ")
		}
		b.WriteString(heading)
	}
	for _, part := range []string{c.Header, c.Text} {
		if part == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(part)
	}
	return b.String()
}
