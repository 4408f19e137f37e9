package web

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/html/atom"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// ReadEPUB reads the chapters of a book in the order of its spine. Its tables of contents are marked as
// such; title, language and dates are those that the package declares. A book whose chapters are under
// a key is encrypted; one whose fonts alone are is read.
func ReadEPUB(ctx context.Context, o raw.Limits, r io.ReadSeeker) (qa.Text, error) {
	a, err := raw.OpenArchive(ctx, o, r)
	if err != nil {
		return qa.Text{}, err
	}
	if a.Crowded() {
		return qa.Text{}, raw.TooLargeUnpacked()
	}
	b := &book{ctx: ctx, a: a, o: o, d: draft.New(o), items: map[string]item{}, contents: map[string]bool{}}
	if err := b.open(); err != nil {
		return qa.Text{}, err
	}
	locked, err := b.locked()
	if err != nil {
		return qa.Text{}, err
	}
	if err := b.chapters(locked); err != nil {
		return qa.Text{}, err
	}
	b.d.Dates(b.created, b.modified)
	t, err := b.d.Text(b.title)
	t.Language = b.language
	return t, err
}

// book is the state of one reading.
type book struct {
	ctx               context.Context
	a                 *raw.Archive
	o                 raw.Limits
	d                 *draft.Draft
	folder            string          // of the package document
	items             map[string]item // of the manifest, by id
	spine             []string        // ids, in reading order
	contents          map[string]bool // paths of the pages that the guide calls a table of contents
	title, language   string
	created, modified time.Time
}

// item is a file of the book.
type item struct {
	path, media string
	nav         bool // the table of contents that programs read
}

// open reads the package document that the container names.
func (b *book) open() error {
	var found string
	err := elements(b.a, "META-INF/container.xml", true, func(e xml.StartElement, _ func() (string, error)) error {
		if e.Name.Local == "rootfile" && found == "" {
			found = raw.Attr(e, "full-path")
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.folder = path.Dir(found)
	return elements(b.a, found, true, b.declared)
}

// elements calls use for every element of a part; inside gives the characters inside the element, which
// is then done.
func elements(a *raw.Archive, name string, needed bool, use func(e xml.StartElement, inside func() (string, error)) error) error {
	return a.Scan(name, needed, func(s *raw.Scanner) error {
		var child func(xml.StartElement) error
		child = func(e xml.StartElement) error {
			done := false
			inside := func() (string, error) {
				done = true
				return s.Collect()
			}
			if err := use(e, inside); err != nil || done {
				return err
			}
			return s.Each(child, nil)
		}
		return s.Each(child, nil)
	})
}

// declared reads one element of the package document.
func (b *book) declared(e xml.StartElement, inside func() (string, error)) error {
	switch e.Name.Local {
	case "item":
		b.items[raw.Attr(e, "id")] = item{
			path:  b.path(raw.Attr(e, "href")),
			media: strings.ToLower(raw.Attr(e, "media-type")),
			nav:   strings.Contains(" "+raw.Attr(e, "properties")+" ", " nav "),
		}
	case "itemref":
		b.spine = append(b.spine, raw.Attr(e, "idref"))
	case "reference":
		if raw.Attr(e, "type") == "toc" {
			b.contents[b.path(raw.Attr(e, "href"))] = true
		}
	case "title", "language", "date", "meta":
		text, err := inside()
		b.metadata(e, strings.TrimSpace(text))
		return err
	}
	return nil
}

var languageCode = regexp.MustCompile(`^[a-z]{2,3}$`)

// metadata keeps the first title, language and dates.
func (b *book) metadata(e xml.StartElement, text string) {
	switch {
	case e.Name.Local == "title" && b.title == "":
		b.title = text
	case e.Name.Local == "language" && b.language == "":
		if code, _, _ := strings.Cut(strings.ToLower(text), "-"); languageCode.MatchString(code) {
			b.language = code
		}
	case e.Name.Local == "date" && raw.Attr(e, "event") == "modification", raw.Attr(e, "property") == "dcterms:modified":
		keep(&b.modified, text)
	case e.Name.Local == "date":
		keep(&b.created, text)
	}
}

// path gives the place in the archive of a file that the package document names.
func (b *book) path(href string) string {
	href, _, _ = strings.Cut(href, "#")
	if plain, err := url.PathUnescape(href); err == nil {
		href = plain
	}
	return strings.ToLower(path.Join(b.folder, href))
}

// fontScrambling are the methods that hide fonts from other programs, and no text.
func fontScrambling(algorithm string) bool {
	return algorithm == "http://www.idpf.org/2008/embedding" || algorithm == "http://ns.adobe.com/pdf/enc#RC"
}

// locked gives the paths of the files that are under a key.
func (b *book) locked() (map[string]bool, error) {
	locked := map[string]bool{}
	fonts := false
	err := elements(b.a, "META-INF/encryption.xml", false, func(e xml.StartElement, _ func() (string, error)) error {
		switch e.Name.Local {
		case "EncryptedData":
			fonts = false
		case "EncryptionMethod":
			fonts = fonts || fontScrambling(raw.Attr(e, "Algorithm"))
		case "CipherReference":
			name := raw.Attr(e, "URI")
			if plain, err := url.PathUnescape(name); err == nil {
				name = plain
			}
			if !fonts {
				locked[strings.ToLower(path.Clean(name))] = true
			}
		}
		return nil
	})
	if qa.CodeOf(err) == string(qa.VerdictDamaged) {
		return locked, nil // what is under a key and not named so will not be text
	}
	return locked, err
}

// chapters appends the files of the spine, each once.
func (b *book) chapters(locked map[string]bool) error {
	done := map[string]bool{}
	found := 0
	for _, id := range b.spine {
		it, ok := b.items[id]
		if !ok || done[it.path] {
			continue
		}
		done[it.path] = true
		if locked[it.path] {
			return raw.Encrypted()
		}
		there, err := b.chapter(it)
		if err != nil {
			return err
		}
		if there {
			found++
		}
	}
	if found == 0 {
		return raw.Damaged().Because(errors.New("no chapter of the spine is in the archive"))
	}
	return nil
}

// chapter appends one file and reports whether the archive has it.
func (b *book) chapter(it item) (bool, error) {
	if it.media == "image/svg+xml" {
		b.d.Reading().Images++
		return b.a.Has(it.path), nil
	}
	rc, err := b.a.Open(it.path)
	if err != nil || rc == nil {
		return false, err
	}
	defer rc.Close()
	data, err := io.ReadAll(io.LimitReader(rc, b.o.MaxMarkup+1))
	if err != nil {
		return false, raw.AsVerdict(err)
	}
	doc, err := parse(b.ctx, closeTags(raw.DecodeHTML(data)), b.o)
	if err != nil {
		return false, err
	}
	how := wayBook
	if it.nav || b.contents[it.path] {
		how = wayContents
	}
	doc.addTo(b.d, how)
	return true, nil
}

var closedTag = regexp.MustCompile(`<([a-zA-Z][\w.-]*)((?:\s(?:[^<>"']|"[^"]*"|'[^']*')*?)?)/>`)

// closeTags writes the elements that XML may close at once, such as <title/>, as HTML has them: its
// parser would take all that follows as their content.
func closeTags(source string) string {
	if !strings.Contains(source, "/>") {
		return source
	}
	return closedTag.ReplaceAllStringFunc(source, func(tag string) string {
		m := closedTag.FindStringSubmatch(tag)
		if isVoid(atom.Lookup([]byte(strings.ToLower(m[1])))) {
			return tag
		}
		return "<" + m[1] + m[2] + "></" + m[1] + ">"
	})
}
