package edge

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rapporteur/qa"
)

// Bounds of a form around the file.
const (
	maxFields     = 20       // fields before the file
	maxField      = 4 << 10  // bytes of one field
	maxPartHeader = 16 << 10 // bytes of the headers of one part
	maxBoundary   = 70       // RFC 2046
	maxFormAround = 1 << 20  // bytes of the form besides the file
	maxCollection = 100      // bytes of the name of a collection
)

// The names of the field of a form that holds the file, and of the one that may stand in its place.
const (
	FileField = "file"
	URLField  = "url"
)

// Form is the form of an upload, read up to its file. The fields collection, title, source, replace
// and password come before the file, or in the query; password never does: addresses are logged.
type Form struct {
	Upload qa.Upload // what the fields say; Document is not one of them
	URL    string    // web address of the document; "" where the form holds its file
	file   *formFile
}

// AddressForm is the form of a document that is to be fetched.
func AddressForm(address, collection, title string) (*Form, error) {
	address = strings.TrimSpace(address)
	if address == "" {
		return nil, qa.E(qa.Invalid, "field_invalid", URLField)
	}
	u, err := uploadFields{collection: collection, title: title}.upload("")
	u.Source = "" // the address gives it
	return &Form{Upload: u, URL: address}, err
}

// OpenForm checks the head of an upload, then reads its fields. l.Bytes is that of the file.
func OpenForm(w http.ResponseWriter, r *http.Request, l BodyLimits) (*Form, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, qa.E(qa.Unsupported, "content_type_unsupported", "multipart/form-data")
	}
	boundary := params["boundary"]
	if boundary == "" || len(boundary) > maxBoundary {
		return nil, qa.E(qa.Invalid, "form_invalid")
	}
	limit := l.Bytes + maxFormAround
	if r.ContentLength > limit {
		return nil, qa.E(qa.TooLarge, string(qa.VerdictTooLarge))
	}
	limited := http.MaxBytesReader(w, r.Body, limit)
	parts := multipart.NewReader(newSteadyBody(w, limited, l.Idle), boundary)
	fields, file, err := readFields(parts, r.URL.Query())
	if err != nil {
		return nil, err
	}
	if file == nil {
		return AddressForm(fields.url, fields.collection, fields.title)
	}
	upload, err := fields.upload(file.FileName())
	if err != nil {
		return nil, err
	}
	return &Form{Upload: upload, file: &formFile{form: parts, part: file, left: l.Bytes}}, nil
}

// File gives the file once; Unprocessable when it is empty. It ends with io.EOF only when the whole
// form ended well, so that a cut body or a field after the file stops the reader before it
// acknowledges anything.
func (f *Form) File() (io.Reader, error) {
	r := bufio.NewReader(f.file)
	if _, err := r.Peek(1); err != nil {
		return nil, cmp.Or(f.file.err, error(qa.E(qa.Unprocessable, string(qa.VerdictEmpty))))
	}
	return r, nil
}

// Err is what went wrong while the file was read; nil when nothing did.
func (f *Form) Err() error { return f.file.err }

// uploadFields are the fields of the form that are known, by name.
type uploadFields struct{ collection, title, source, replace, password, url string }

// set takes a field; unknown names are ignored.
func (f *uploadFields) set(name, value string) {
	switch name {
	case "collection":
		f.collection = value
	case "title":
		f.title = value
	case "source":
		f.source = value
	case "replace":
		f.replace = value
	case "password":
		f.password = value
	case URLField:
		f.url = strings.TrimSpace(value)
	}
}

// readFields reads the form up to its file; the part is nil where the form has an address instead.
func readFields(form *multipart.Reader, query url.Values) (uploadFields, *multipart.Part, error) {
	var fields uploadFields
	for _, name := range []string{"collection", "title", "source", "replace"} {
		fields.set(name, query.Get(name))
	}
	for range maxFields + 1 {
		part, err := nextPart(form)
		switch {
		case errors.Is(err, io.EOF) && fields.url != "":
			return fields, nil, nil
		case errors.Is(err, io.EOF):
			return fields, nil, qa.E(qa.Unprocessable, "file_missing")
		case err != nil:
			return fields, nil, err
		case part.FormName() == FileField && fields.url != "":
			return fields, nil, qa.E(qa.Invalid, "url_and_file")
		case part.FormName() == FileField:
			return fields, part, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, maxField+1))
		if err != nil {
			return fields, nil, formError(err)
		}
		if len(value) > maxField || !utf8.Valid(value) {
			return fields, nil, qa.E(qa.Invalid, "form_invalid")
		}
		fields.set(part.FormName(), string(value))
	}
	return fields, nil, qa.E(qa.Invalid, "form_invalid")
}

// nextPart gives the next part of the form; io.EOF after the last one.
func nextPart(form *multipart.Reader) (*multipart.Part, error) {
	part, err := form.NextRawPart() // raw: no decoding of transfer encodings that browsers never use
	if err != nil {
		return nil, formError(err)
	}
	var size int
	for name, values := range part.Header {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	if size > maxPartHeader {
		return nil, qa.E(qa.Invalid, "form_invalid")
	}
	return part, nil
}

// formError is what a client is told when its form cannot be read. io.EOF, and only that exact
// value, is the proper end of a form.
func formError(err error) error {
	var known *qa.Error
	switch {
	case err == io.EOF, errors.As(err, &known): //nolint:errorlint // a wrapped EOF is a form cut short
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return qa.E(qa.Invalid, "body_incomplete").Because(err)
	}
	return qa.E(qa.Invalid, "form_invalid").Because(err)
}

// upload checks the fields. Without a source the name of the file is the source.
func (f uploadFields) upload(name string) (qa.Upload, error) {
	u := qa.Upload{
		Collection: cmp.Or(qa.CollectionID(norm.NFC.String(strings.TrimSpace(f.collection))), qa.DefaultCollection),
		Title:      shorten(oneLine(f.title), maxTitle),
		Source:     cmp.Or(SourcePath(f.source), FileName(name)),
		Password:   f.password,
	}
	if len(u.Collection) > maxCollection || oneLine(string(u.Collection)) != string(u.Collection) {
		return qa.Upload{}, qa.E(qa.Invalid, "bad_collection")
	}
	switch f.replace {
	case "":
	case "on": // what a checkbox of a form sends
		u.Replace = true
	default:
		replace, err := strconv.ParseBool(f.replace)
		if err != nil {
			return qa.Upload{}, qa.E(qa.Invalid, "field_invalid", "replace")
		}
		u.Replace = replace
	}
	return u, nil
}

// formFile reads the file of a form, then the end of the form.
type formFile struct {
	form  *multipart.Reader
	part  *multipart.Part
	left  int64 // bytes that the file may still have
	err   error // the first error, io.EOF excepted
	ended bool
}

// Read implements io.Reader.
func (f *formFile) Read(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	if f.ended {
		return 0, io.EOF
	}
	n, err := f.part.Read(p)
	f.left -= int64(n)
	switch {
	case f.left < 0:
		f.err = qa.E(qa.TooLarge, string(qa.VerdictTooLarge))
		return 0, f.err
	case err == io.EOF: //nolint:errorlint // a wrapped EOF is a part cut short
		return n, f.end()
	case err != nil:
		f.err = formError(err)
		return n, f.err
	}
	return n, nil
}

// end checks that nothing follows the file.
func (f *formFile) end() error {
	_, err := nextPart(f.form)
	switch {
	case err == nil:
		f.err = qa.E(qa.Invalid, "field_after_file")
	case err != io.EOF: //nolint:errorlint // a wrapped EOF is a form cut short
		f.err = err
	}
	if f.err != nil {
		return f.err
	}
	f.ended = true
	return io.EOF
}
