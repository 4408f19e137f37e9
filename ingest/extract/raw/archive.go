package raw

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	// ratioFloor is the unpacked size under which the compression ratio of a part does not matter.
	ratioFloor = 4 << 20
	// directoryMark opens each entry of the directory of a ZIP archive.
	directoryMark = "PK\x01\x02"
	// encryptedFlag is the bit of an entry's flags that says its bytes are encrypted.
	encryptedFlag = 0x1
)

// Archive reads parts of a ZIP file within the limits. A part that declares too much is not opened;
// one that holds more than it declares is cut by the ZIP library. What all parts unpack is counted.
type Archive struct {
	ctx      context.Context
	parts    map[string]*zip.File // by lower-case name with forward slashes
	limits   Limits
	unpacked int64
}

// OpenArchive reads the directory of a ZIP file.
func OpenArchive(ctx context.Context, o Limits, r io.ReadSeeker) (*Archive, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	// The library reads the whole directory before its length can be judged, so it is counted first;
	// archives stored inside the archive have marks of their own, hence the factor.
	marks, err := Count(r, directoryMark, 4*o.MaxEntries)
	if err != nil {
		return nil, err
	}
	if marks >= 4*o.MaxEntries {
		return nil, TooLargeUnpacked()
	}
	z, err := zip.NewReader(readerAt(r), size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, Damaged().Because(err)
	}
	a := &Archive{ctx: ctx, parts: make(map[string]*zip.File, len(z.File)), limits: o}
	for _, f := range z.File {
		name := partName(f.Name)
		if a.parts[name] == nil {
			a.parts[name] = f
		}
	}
	return a, nil
}

func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// Has reports a part of that name, in any case.
func (a *Archive) Has(name string) bool { return a.parts[partName(name)] != nil }

// Crowded reports more entries than the limit.
func (a *Archive) Crowded() bool { return len(a.parts) > a.limits.MaxEntries }

// Open unpacks one part, which the caller closes. The part is missing when the reader is nil without an error.
func (a *Archive) Open(name string) (io.ReadCloser, error) {
	f := a.parts[partName(name)]
	if f == nil {
		return nil, nil
	}
	if f.Flags&encryptedFlag != 0 {
		return nil, Encrypted()
	}
	size, packed := int64(f.UncompressedSize64), int64(f.CompressedSize64)
	if size < 0 || size > a.limits.MaxPart || size > ratioFloor && size > a.limits.MaxRatio*packed {
		return nil, TooLargeUnpacked()
	}
	rc, err := f.Open()
	if err != nil {
		return nil, Damaged().Because(err)
	}
	return &partReader{a: a, rc: rc}, nil
}

// partReader counts what is unpacked.
type partReader struct {
	a  *Archive
	rc io.ReadCloser
}

func (p *partReader) Read(buf []byte) (int, error) {
	if err := p.a.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := p.rc.Read(buf)
	p.a.unpacked += int64(n)
	if p.a.unpacked > p.a.limits.MaxUnpacked {
		return 0, TooLargeUnpacked()
	}
	return n, err
}

func (p *partReader) Close() error { return p.rc.Close() }

// Scan opens a part as XML and gives it to read, which is called with the scanner before the root
// element. A missing part is an error only when it is needed.
func (a *Archive) Scan(name string, needed bool, read func(*Scanner) error) error {
	rc, err := a.Open(name)
	if err != nil {
		return err
	}
	if rc == nil {
		if needed {
			return Damaged().Because(errors.New("a part is missing from the archive"))
		}
		return nil
	}
	defer rc.Close()
	return read(newScanner(rc, a.limits.MaxDepth))
}

// Texts gives the characters of each element with one of the names in a part, in order; none where the part
// is missing.
func (a *Archive) Texts(name string, elements ...string) ([]string, error) {
	var texts []string
	err := a.Scan(name, false, func(s *Scanner) error {
		return s.Walk(func(e xml.StartElement) error {
			if !slices.Contains(elements, e.Name.Local) {
				return nil
			}
			text, err := s.Collect()
			texts = append(texts, text)
			return err
		})
	})
	return texts, err
}

// Scanner reads XML one token at a time. It resolves no external entity, knows no document type and
// refuses elements nested deeper than max, so its callers may recurse.
type Scanner struct {
	d     *xml.Decoder
	depth int
	max   int
}

func newScanner(r io.Reader, max int) *Scanner {
	// A byte order mark wins over the declared encoding; after it the declaration is already obeyed.
	plain := transform.NewReader(r, unicode.BOMOverride(transform.Nop))
	d := xml.NewDecoder(bufio.NewReader(plain))
	d.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if strings.HasPrefix(strings.ToLower(label), "utf-16") {
			return input, nil
		}
		return charset.NewReaderLabel(label, input)
	}
	return &Scanner{d: d, max: max}
}

// next gives the next token, io.EOF at the end of a whole document.
func (s *Scanner) next() (xml.Token, error) {
	t, err := s.d.Token()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, AsVerdict(err)
	}
	switch t.(type) {
	case xml.StartElement:
		if s.depth++; s.depth > s.max {
			return nil, ResourceLimit()
		}
	case xml.EndElement:
		s.depth--
	}
	return t, nil
}

// Each reads what is left of the current element, or the whole document before its root: it calls
// child for each element directly inside, which must read that element to its end, and text, where
// not nil, for the characters directly inside.
func (s *Scanner) Each(child func(xml.StartElement) error, text func(string)) error {
	inside := s.depth
	for {
		t, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := child(t); err != nil {
				return err
			}
		case xml.CharData:
			if text != nil {
				text(string(t))
			}
		case xml.EndElement:
			if s.depth < inside {
				return nil
			}
		}
	}
}

// Walk calls visit for each element inside the current one, at any depth, in the order of the file. An
// element that visit read to its end is done with; one that it left alone is walked through.
func (s *Scanner) Walk(visit func(xml.StartElement) error) error {
	for inside := s.depth; ; {
		t, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok {
			if err := visit(e); err != nil {
				return err
			}
		}
		if s.depth < inside {
			return nil
		}
	}
}

// Skip reads the current element to its end and forgets it.
func (s *Scanner) Skip() error {
	for inside := s.depth; s.depth >= inside; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// Collect gives the characters of the current element and of all elements inside it.
func (s *Scanner) Collect() (string, error) {
	var b strings.Builder
	var child func(xml.StartElement) error
	write := func(t string) { b.WriteString(t) }
	child = func(xml.StartElement) error { return s.Each(child, write) }
	err := s.Each(child, write)
	return b.String(), err
}

// Attr gives an attribute by local name: prefixes differ between producers, local names do not.
func Attr(e xml.StartElement, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// Int reads an attribute that is a decimal number, 0 where it is none.
func Int(e xml.StartElement, local string) int {
	n, err := strconv.Atoi(Attr(e, local))
	if err != nil {
		return 0
	}
	return n
}

// Yes reads an attribute that says yes or no, as schemas write it; no where it is absent.
func Yes(e xml.StartElement, local string) bool {
	switch Attr(e, local) {
	case "", "0", "false", "off":
		return false
	}
	return true
}

// Count counts a mark of a few bytes in the whole file, up to stop.
func Count(r io.ReadSeeker, mark string, stop int) (int, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	buf := make([]byte, 64<<10)
	kept, found := 0, 0
	for found < stop {
		n, err := r.Read(buf[kept:])
		window := buf[:kept+n]
		found += bytes.Count(window, []byte(mark))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return found, err
		}
		// A mark may lie across two windows: keep one byte less than a whole one.
		kept = min(len(mark)-1, len(window))
		copy(buf, window[len(window)-kept:])
	}
	return found, nil
}

// readerAt lets the ZIP library read at any place of r, which no other goroutine reads meanwhile.
func readerAt(r io.ReadSeeker) io.ReaderAt {
	if at, ok := r.(io.ReaderAt); ok {
		return at
	}
	return &seekReader{r: r}
}

type seekReader struct {
	mu sync.Mutex
	r  io.ReadSeeker
}

func (s *seekReader) ReadAt(p []byte, off int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
