// Package pdf reads the text of PDF files: pages, headings, paragraphs, lists, table rows and
// running furniture, in the order of the content, with words mended at line ends.
//
// PDFium does the reading. It runs as WebAssembly inside a child process of the same program:
// a file that crashes, hangs or swells it costs the child only. Pool is the parent's side and
// Serve the child's; protocol.go is what they say to each other.
//
// The child works in two steps. The document is asked once for the facts of each page: native.go
// calls PDFium; page.go and lines.go take the text, drawing.go what is drawn beside it, tags.go the
// declared structure, and hidden.go takes out what readers do not see. Package layout then turns the
// facts of the whole document into a qa.Text, and knows nothing of PDFium.
package pdf
