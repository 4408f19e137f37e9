package pdf

import (
	"bytes"
	"fmt"
	"strings"
)

// samplePDF is a small PDF with one page of lines for each text, in Helvetica.
func samplePDF(pages ...string) string {
	contents := make([]string, len(pages))
	for i, text := range pages {
		for j, line := range strings.Split(text, "\n") {
			contents[i] += fmt.Sprintf("BT /F1 12 Tf 72 %d Td (%s) Tj ET\n", 700-14*j, line)
		}
	}
	return contentPDF(contents...)
}

// contentPDF is a small PDF with one page for each content stream; /F1 is Helvetica, and the state
// /Clear leaves no ink.
func contentPDF(pages ...string) string {
	var b bytes.Buffer
	var offsets []int
	object := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	b.WriteString("%PDF-1.4\n")
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 4+2*i))
	}
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object(fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", strings.Join(kids, " "), len(pages)))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	for i, content := range pages {
		object(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> /ExtGState << /Clear << /ca 0 /CA 0 >> >> >> >>", 5+2*i))
		object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content))
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.String()
}
