package qa

// Span is a half-open range of bytes, [Start, End), in the Content of a version's text.
type Span struct{ Start, End int }

// Len is the number of bytes of the span.
func (s Span) Len() int { return s.End - s.Start }

// Overlaps reports whether the two spans share at least one byte.
func (s Span) Overlaps(o Span) bool { return s.Start < o.End && o.Start < s.End }

// Text is what was read from a version: normalised UTF-8 (NFC), pages and structure.
// Blocks are in order, do not overlap, and cover every byte of Content that is not white space.
// Pages are in order and do not overlap; a format without pages has none.
type Text struct {
	Content  string
	Title    string
	Language string // BCP 47, "" when unknown
	Pages    []Page
	Blocks   []Block
}

// Page is one physical page. A page without text has an empty Span at its place in the order.
type Page struct {
	Span
	Number int    // physical, 1-based
	Label  string // what is printed on it, "" when unknown
}

// BlockKind says what a block of text is.
type BlockKind string

// The kinds of block.
const (
	BlockParagraph BlockKind = "paragraph"
	BlockHeading   BlockKind = "heading"
	BlockListItem  BlockKind = "list_item"
	BlockTableRow  BlockKind = "table_row" // cells separated by " | "
	BlockFootnote  BlockKind = "footnote"
	BlockFurniture BlockKind = "furniture" // running header or footer, page number: kept, never cited
)

// Block is one paragraph, heading, list item or table row.
type Block struct {
	Span
	Kind  BlockKind
	Level int // heading: 1 (highest) to 9; list item: depth from 1; otherwise 0
}

// Chunk is the stored unit of retrieval. Text equals Content[Start:End] of its version's text.
type Chunk struct {
	ID      ChunkID
	Version VersionID
	Ordinal int // 0-based place in the version
	Span
	Pages   []Page   // the pages it touches, in order; empty where the format has none
	Section []string // headings above it, highest first
	Text    string
}

// PageAt returns the page that holds the byte at offset of the version's text,
// and false where the format has no pages.
func (c Chunk) PageAt(offset int) (Page, bool) {
	for i := len(c.Pages) - 1; i >= 0; i-- {
		if c.Pages[i].Start <= offset {
			return c.Pages[i], true
		}
	}
	if len(c.Pages) > 0 {
		return c.Pages[0], true
	}
	return Page{}, false
}
