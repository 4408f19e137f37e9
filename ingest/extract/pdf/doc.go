// Package pdf reads the text of PDF files: pages, headings, paragraphs, lists, table rows and
// running furniture, in the order of the content, with words mended at line ends.
//
// PDFium does the reading. It runs as WebAssembly inside a child process of the same program:
// a file that crashes, hangs or swells it costs the child only. Pool is the parent's side and
// Serve the child's; protocol.go is what they say to each other.
//
// The child works in two steps. engine.go, page.go and lines.go ask PDFium for the lines of each
// page, once; layout.go, segment.go, heading.go, furniture.go and write.go turn the lines of the
// whole document into a qa.Text, and know nothing of PDFium.
package pdf
