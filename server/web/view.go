package web

import "time"

// Place is a page of the navigation.
type Place string

// The places of the navigation.
const (
	PlaceAsk      Place = "ask"
	PlaceLibrary  Place = "library"
	PlaceDocument Place = "document"
	PlaceAbout    Place = "about"
)

// Frame is what every page shows around its content.
type Frame struct {
	Language  string // "fr" or "en"
	Title     string // of the window
	Service   string // name of the service, "" for that of the product
	Place     Place
	Kept      bool           // conversations are kept, and have a page
	Switch    string         // address of this page in the other language
	Documents []DocumentLink // a few documents, for the rail
	More      bool           // there are documents beside these
}

// Empty reports whether nothing has been added yet.
func (f Frame) Empty() bool { return len(f.Documents) == 0 }

// DocumentLink names a document and where to read it.
type DocumentLink struct {
	Title   string
	Note    string // one short line, already in the language: pages, or the trouble
	URL     string
	Current bool
}

// AskView is the main page.
type AskView struct {
	Frame
	Collection  string   // where to search; "" is everywhere
	Collections []string // to choose from, when there are several
	Years       []string // that titles name, to choose from where there are several and nothing narrows questions
	Tags        []Tag    // what questions are narrowed to beside the collection
	Previous    string   // the last question as it was searched, so that a follow-up is understood without scripts
	Suggestions []string
	Talk        TalkView
	Vote        *VoteView // the one that scripts put under answers, nil where opinions are not taken
	Answer      *AnswerView
	Problem     *Problem
}

// Tag is one thing that questions are narrowed to: a field of the form, in words, and the address without it.
type Tag struct{ Name, Value, Label, Without string }

// Problem is an error told to the user.
type Problem struct {
	Question string // what was asked, "" on other pages
	Detail   string // one sentence in the language of the page
	Retry    string // address to try again, "" when it would not help
}

// AnswerView is one question with its answer or refusal.
type AnswerView struct {
	Number     int // of its turn in a conversation, 0 where there is none
	Question   string
	Standalone string // the question as it was searched, "" when it is the question itself
	Plain      string // the answer with numbered marks, for follow-ups; "" when none may lean on it
	Language   string // of the answer
	Paragraphs []Paragraph
	Sentences  int
	Verified   int
	Cited      int // documents quoted
	Extractive bool
	Degraded   string   // a sentence, "" when all went well
	Notes      []string // sentences about what became of a kept answer
	Documents  int      // searched
	Passages   int      // read
	Duration   time.Duration
	Citations  []CitationView
	Choices    []DocumentLink // reports that each answer, to ask one of them alone
	Refusal    *RefusalView
	Vote       *VoteView // nil where its reader is not asked
}

// AllVerified reports whether every sentence is proved.
func (a AnswerView) AllVerified() bool { return a.Verified == a.Sentences }

// Paragraph is one paragraph of an answer.
type Paragraph struct{ Pieces []Piece }

// Piece is a stretch of an answer: text, or a chip, or the verdict of the sentence before it.
type Piece struct {
	Text    string
	Chip    *Chip
	Warning string // code of the warning's sentence
	Sure    bool   // the sentence before it is proved
}

// Chip is a citation inside a sentence. Same hides the title, because the chip just before names it.
type Chip struct {
	CitationView
	Same bool
}

// CitationView is a quote and the page where it stands.
type CitationView struct {
	Number int
	Title  string
	Page   int    // 0 where the format has none
	Place  string // "p. 12", "sheet Budget, A12:E12", or the section where there are no pages; may be ""
	Header string // names of the columns, where the quote is a row of a table
	Quote  string
	Doubt  string // that the quote was recognised on an image, and how surely; "" otherwise
	URL    string // the page with the quote marked
}

// RefusalView says with dignity that there is no answer.
type RefusalView struct {
	Heading    string // "" when Text says all
	Text       string
	Gentle     bool // nothing is missing: what was asked was no question
	Nearest    []CitationView
	Unreadable []DocumentLink // documents whose text could not be read, where the answer may stand
	Add        bool           // the library is empty: offer to add documents
}

// BlockKind says how a block of a document is drawn.
type BlockKind string

// The kinds of block that templates draw.
const (
	BlockHeading   BlockKind = "heading"
	BlockParagraph BlockKind = "paragraph"
	BlockList      BlockKind = "list"
	BlockTable     BlockKind = "table"
	BlockFootnote  BlockKind = "footnote"
	BlockFurniture BlockKind = "furniture"
	BlockCaption   BlockKind = "caption"
	BlockContents  BlockKind = "contents" // entry of a table of contents
)

// Block is one visible block of a document's page.
type Block struct {
	Kind  BlockKind
	Level int    // heading: 1 to 9
	Runs  []Run  // all but lists and tables
	Items []Item // list
	Rows  []Row  // table
}

// Item is one item of a list; Depth counts from 1 to 4.
type Item struct {
	Depth int
	Bare  bool // its text begins with its own bullet or number
	Runs  []Run
}

// Row is one row of a table.
type Row struct {
	Header bool // it names the columns
	Cells  []Cell
}

// Cell is one cell of a table.
type Cell struct{ Runs []Run }

// Run is a stretch of text, marked or not. First is the first marked run of the page.
type Run struct {
	Text   string
	Marked bool
	First  bool
}

// PageView is one page of a document, or a stretch of a document without pages.
type PageView struct {
	Frame
	Name          string // the document's title
	Source        string
	Collection    string
	Date          time.Time // of the version
	Superseded    bool      // a later version took its place
	LiveURL       string    // the same page of the live version
	Section       []string  // headings above the mark, highest first
	Number        int       // physical page, 0 where the format has none
	Label         string    // printed on the page, "" when it is unknown or equal to Number
	Pages         int
	Previous      string // addresses of the neighbours, "" at the ends
	Next          string
	Original      string
	TextLang      string // BCP 47 of the document, "" when unknown
	Blocks        []Block
	Report        string // address of the ingestion report
	Ask           string // address to ask this document alone
	Recognised    string // that the text of the page was recognised, and how surely; "" otherwise
	TextURL       string // this page as text and as a picture, "" where there is no choice
	PictureURL    string
	Picture       *PictureView // nil: the text is shown
	OpensOriginal bool         // the browser shows the original at this page; else it is saved
	End           bool         // the links to other pages are drawn at the end of the page
	Unplaced      bool         // a span was asked for and cannot be shown here: nothing is marked
	Marked        bool
}

// AtEnd is the view for the links at the end of the page, which are named apart from those at its top.
func (v PageView) AtEnd() PageView {
	v.End = true
	return v
}

// PictureView is a page as it was printed, with boxes around the marked words.
type PictureView struct {
	URL             string
	Width, Height   int // of the page, in points; 0 when unknown
	Boxes           []Box
	Zoom            int    // per cent of the room there is
	Smaller, Larger string // addresses of the next zooms, "" at the ends
	Unplaced        string // says that the marked words were not found on the picture; "" otherwise
	Problem         string // says why there is no picture; "" otherwise
}

// Box is a rectangle on a page, in points from its upper left corner.
type Box struct{ X, Y, Width, Height float64 }

// LibraryView is the list of documents with the upload form.
type LibraryView struct {
	Frame
	Items    []DocumentView
	Pending  bool   // some file is still being read
	Next     string // address of the next page of the list
	Previous string // of the one before, where the list is filtered or in another order
	Filter   string // what titles and sources must hold
	Order    string // "" is that of the library
	Orders   []Choice
	Found    string // how many documents match, "" where nothing was looked for
	Notice   string // what was just done
	Problem  string // what went wrong
	Replace  bool   // a document of this name exists: the form proposes to replace it
	Limit    string // greatest size of a file, as printed
	ReadOnly bool
}

// Choice is one of several values to choose from.
type Choice struct{ Value, Label string }

// Tone is how good a state is; the page adds an icon and words, never colour alone.
type Tone string

// The tones of a state.
const (
	ToneGood Tone = "good"
	ToneWait Tone = "wait"
	ToneWarn Tone = "warn"
)

// DocumentView is one line of the library.
type DocumentView struct {
	ID         string
	Title      string
	Source     string
	Collection string // "" for the default one
	URL        string // first page; "" when there is nothing to read
	Tone       Tone
	State      string // in words
	Verdict    string // sentence, "" while unknown
	Pages      int
	Unread     int    // pages that could not be read
	Report     string // address of the ingestion report, "" until the file was read
	Date       time.Time
	Versions   int
}

// ReadingView is the ingestion report of a version of a document.
type ReadingView struct {
	Frame
	ID           string        // of the document
	Notice       string        // what was just done
	Versions     []VersionView // newest first, none where there is only one
	Name         string
	Source       string
	URL          string // its first page, "" when there is nothing to read
	Date         time.Time
	Verdict      string // sentence
	Unread       string // the pages that could not be read, as a list; "" when all were
	Paged        bool
	Unit         string // "page", "slide" or "sheet"
	TextLanguage string // of the text, in words; "" when unknown
	Created      time.Time
	Modified     time.Time
	Attachments  []string
	Hidden       string // how much was hidden by which means, "" when nothing was
	Total        ReadingLine
	Pages        []ReadingLine
}

// VersionView is one version of a document.
type VersionView struct {
	ID         string
	Date       time.Time
	State      string // in words
	URL        string // first page, "" when there is nothing to read
	Report     string
	Live       bool
	Shown      bool // its report is the one on the page
	Restorable bool
}

// ReadingLine is one page of the report, or their sum.
type ReadingLine struct {
	Number     int
	Label      string // printed on the page, or the name of a sheet; "" when it says no more than Number
	URL        string
	Characters int
	Tables     int
	Images     int
	Recognised int
	Confidence int // per cent, 0 where nothing was recognised
	Hidden     int
	Repeated   int
	State      string // code without its prefix: "ok", "is_recognised", "no_text", "blank", "damaged", "not_recognised"
}

// Bad reports a page that could not be read.
func (l ReadingLine) Bad() bool {
	return l.State != "ok" && l.State != "is_recognised" && l.State != "blank"
}

// FailureView is a page that only says what went wrong.
type FailureView struct {
	Frame
	Problem Problem
}

// AboutView is a page that speaks of the service: the accessibility statement, the legal notice.
type AboutView struct {
	Frame
	Heading  string
	Lede     string
	Sections []Section
}

// Section is a part of such a page; each of its fields may be empty.
type Section struct {
	Heading    string
	Paragraphs []string
	Items      []string
}
