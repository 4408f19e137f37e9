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
	Reading  Reading
}

// PageUnit says what a page of the format is.
type PageUnit string

// The units of pages.
const (
	UnitPage  PageUnit = ""      // of paper
	UnitSlide PageUnit = "slide" // of a presentation
	UnitSheet PageUnit = "sheet" // of a workbook; Label is its name
)

// Page is one physical page, slide or sheet. A page without text has an empty Span at its place in
// the order.
type Page struct {
	Span
	Number int    // physical, 1-based
	Label  string // what is printed on it, "" when unknown
	Unit   PageUnit
}

// BlockKind says what a block of text is.
type BlockKind string

// The kinds of block.
const (
	BlockParagraph BlockKind = "paragraph"
	BlockHeading   BlockKind = "heading"
	BlockListItem  BlockKind = "list_item"
	// BlockTableRow is a row of a table: its cells on one line, separated by " | ". An empty cell
	// keeps its place, so that every row of a table has as many separators as its header.
	BlockTableRow    BlockKind = "table_row"
	BlockTableHeader BlockKind = "table_header" // the row that names the columns, set like BlockTableRow
	BlockCaption     BlockKind = "caption"      // of a table or figure
	BlockFootnote    BlockKind = "footnote"
	BlockContents    BlockKind = "contents"  // entry of a table of contents, list of figures or index: kept, never cited
	BlockFurniture   BlockKind = "furniture" // running header or footer, page number: kept, never cited
)

// Citable reports whether a block of the kind may prove an answer: what only repeats or points to
// other text may not.
func (k BlockKind) Citable() bool { return k != BlockFurniture && k != BlockContents }

// Block is one paragraph, heading, list item or table row.
type Block struct {
	Span
	Kind       BlockKind
	Level      int     // heading: 1 (highest) to 9; list item: depth from 1; otherwise 0
	Header     Span    // table row: the BlockTableHeader of its table, on whatever page; zero where it has none
	Place      string  // where the format names places of its own: "Budget!A12:E12"; "" elsewhere
	Recognised float64 // mean confidence, 0 to 1, of the optical recognition that gave the text; 0: it came with the file
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
	// Blocks are those it touches, in order, whole: the first and last may pass its ends. Only blocks
	// of which something is to be known are there: plain paragraphs are left out.
	Blocks []Block
	// Header is the header row of the table that the chunk goes on with from an earlier chunk, "" when
	// its tables start in it. It is no part of Text.
	Header string
}

// BlockAt returns the block that holds the byte at offset of the version's text, and false where
// nothing is to be known of it: it is a plain paragraph.
func (c Chunk) BlockAt(offset int) (Block, bool) {
	for _, b := range c.Blocks {
		if b.Start <= offset && offset < b.End {
			return b, true
		}
	}
	return Block{}, false
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
