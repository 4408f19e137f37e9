package qa

import "io"

// Upload is what comes with the bytes of a file that is to be ingested.
type Upload struct {
	Collection CollectionID // "" means DefaultCollection
	Document   DocumentID   // when set, the bytes are a new version of this document
	Title      string       // "" lets the text give the title
	Source     string       // file name or relative path; the identity of the document in its collection, never a path of storage
	MediaType  string       // when set, believed instead of the content: for texts that did not come as a file
	Validator  Validator    // of a document that was fetched from the web; its Source is the address
	Origin     string       // mark of the folder it was found in, which holds no word of it; "" for all that came otherwise
	Password   string       // opens a protected file; it is used once, never stored and never logged
	Replace    bool         // an existing Source with other bytes gets a new version instead of a Conflict
}

// Receipt says what became of an upload that is durably stored.
type Receipt struct {
	Document Document
	Version  Version
	Outcome  Verdict // VerdictUnchanged, VerdictNewVersion or VerdictIngested; the latter two still wait for a step
}

// Fetched is what a web server answered when it was asked for a document.
type Fetched struct {
	Body      io.ReadCloser // to be read, then closed; nil when Unchanged
	Validator Validator
	Unchanged bool // the bytes are still those that the server was asked about
}

// Listed is one line of a list of documents.
type Listed struct {
	Document
	Newest Version // the version uploaded last, whatever its state
}

// File is a file to be read.
type File struct {
	io.ReadSeeker
	Name      string // as the user knows it; it only chooses between readings of plain text
	MediaType string // found by content; "" while it is unknown
	Password  string // "" when none was given
}
