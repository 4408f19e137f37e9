package source

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

const (
	// maxArchive is how much the members of an archive may unpack to in all: 4 GiB, a thousand long
	// reports. A member has limits of its own.
	maxArchive = 4 << 30
	// ratioFloor is the unpacked size under which the ratio of a member does not matter.
	ratioFloor = 4 << 20
	// maxName is the longest name of a member behind that of its archive, in bytes.
	maxName = 1000
	// endRecord opens the last record of a ZIP archive, which holds the place of its directory.
	endRecord = "PK\x05\x06"
	// entryMark opens each entry of the directory.
	entryMark = "PK\x01\x02"
	// encryptedFlag is the bit of an entry's flags that says its bytes are encrypted.
	encryptedFlag = 0x1
)

// archive is a ZIP file of documents. It is open while one of its members is.
type archive struct {
	open   func() (fs.File, error)
	limits raw.Limits

	mu       sync.Mutex // guards what follows
	file     fs.File    // nil while no member is open
	users    int
	unpacked int64
}

// archiveItems lists the documents in a ZIP file, with their names behind that of the archive as sources; listed is
// false where its directory could not be read.
// A file that is itself a document, such as a DOCX under another name, is one item; so is an archive that
// cannot be read or holds too much, whose opening gives the verdict. What a member would do to a folder
// (leave it, link out of it, stand in the place of another) gives a verdict of its own: members are
// never files, so nothing is written under their names.
func archiveItems(source string, open func() (fs.File, error)) (items []Item, listed bool) {
	a := &archive{open: open, limits: raw.Limits{}.WithDefaults()}
	z, err := a.list()
	var verdict *qa.Error
	if err != nil && !errors.As(err, &verdict) {
		err = unreadable(err)
	}
	if err != nil {
		return []Item{refusedItem(source, err)}, false
	}
	seen := map[string]bool{}
	for _, f := range z.File {
		name := memberName(f)
		switch {
		case name == "[Content_Types].xml" || name == "mimetype":
			return []Item{fileItem(source, open)}, true
		case strings.HasSuffix(name, "/") || isHidden(name):
		case len(source)+len(name) > maxName:
			items = append(items, refusedItem(source+"/"+strings.ToValidUTF8(name[:64], "")+"…", raw.Damaged()))
		case !fs.ValidPath(name) || strings.Contains(name, ":") || seen[name]:
			items = append(items, refusedItem(source+"/"+name, raw.Damaged()))
		case !f.Mode().IsRegular():
			items = append(items, refusedItem(source+"/"+name, raw.UnsupportedType()))
		default:
			seen[name] = true
			items = append(items, Item{Source: source + "/" + name, Open: func() (io.ReadCloser, error) { return a.member(f) }})
		}
	}
	return items, true
}

// refusedItem is an item whose opening gives a verdict.
func refusedItem(source string, verdict error) Item {
	return Item{Source: source, Open: func() (io.ReadCloser, error) { return nil, verdict }}
}

// memberName gives the name of a member with forward slashes and without what a terminal would obey. Names
// that are not UTF-8 were written on an old Windows system, in French in its code page 850.
func memberName(f *zip.File) string {
	name := f.Name
	if !utf8.ValidString(name) {
		if decoded, err := charmap.CodePage850.NewDecoder().String(name); err == nil {
			name = decoded
		}
	}
	return visible(strings.ReplaceAll(name, `\`, "/"))
}

// visible drops control and format characters, as the library does with the sources of documents.
func visible(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
}

// isHidden reports what folders leave out too, and what a Mac adds beside each file.
func isHidden(name string) bool {
	for element := range strings.SplitSeq(name, "/") {
		if element == "__MACOSX" || strings.HasPrefix(element, ".") && element != "." && element != ".." {
			return true
		}
	}
	return false
}

// list reads the directory, whose entries are counted first: the library reads them all, however many.
func (a *archive) list() (*zip.Reader, error) {
	file, err := a.use()
	if err != nil {
		return nil, err
	}
	defer a.release()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	start, most, err := directory(a, info.Size(), a.limits.MaxEntries)
	if err != nil {
		return nil, err
	}
	entries, err := raw.Count(io.NewSectionReader(a, start, info.Size()-start), entryMark, most+1)
	switch {
	case err != nil:
		return nil, raw.AsVerdict(err)
	case entries > most:
		return nil, raw.TooLargeUnpacked()
	}
	z, err := zip.NewReader(a, info.Size())
	switch {
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, raw.Damaged().Because(err)
	case len(z.File) > a.limits.MaxEntries:
		return nil, raw.TooLargeUnpacked()
	}
	return z, nil
}

// directory gives where the directory of an archive may start, and how many marks of an entry may stand
// from there on. Beyond 4 GiB its place is written elsewhere: the whole file is then looked through, where
// archives in the archive have marks of their own.
func directory(r io.ReaderAt, size int64, entries int) (start int64, most int, err error) {
	tail := make([]byte, min(size, 1<<16+22))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, err
	}
	at := bytes.LastIndex(tail, []byte(endRecord))
	if at < 0 || at+22 > len(tail) {
		return 0, 0, raw.Damaged()
	}
	length, offset := binary.LittleEndian.Uint32(tail[at+12:]), binary.LittleEndian.Uint32(tail[at+16:])
	end := size - int64(len(tail)) + int64(at)
	if length == 1<<32-1 || offset == 1<<32-1 {
		return 0, 64 * entries, nil
	}
	return max(min(end-int64(length), int64(offset)), 0), entries, nil
}

// use opens the file unless it is open; release closes it behind the last user.
func (a *archive) use() (fs.File, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.users == 0 {
		file, err := a.open()
		if err != nil {
			return nil, err
		}
		a.file = file
	}
	a.users++
	return a.file, nil
}

func (a *archive) release() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.users--; a.users > 0 {
		return nil
	}
	file := a.file
	a.file = nil
	return file.Close()
}

// ReadAt reads the file, which a user holds open.
func (a *archive) ReadAt(p []byte, offset int64) (int, error) {
	a.mu.Lock()
	file := a.file
	a.mu.Unlock()
	at, ok := file.(io.ReaderAt)
	if !ok {
		return 0, raw.UnsupportedType()
	}
	return at.ReadAt(p, offset)
}

// member unpacks one member, which is judged by what it declares first and by what it holds after.
func (a *archive) member(f *zip.File) (io.ReadCloser, error) {
	size, packed := f.UncompressedSize64, f.CompressedSize64
	switch {
	case f.Flags&encryptedFlag != 0:
		return nil, raw.Encrypted()
	case size > maxArchive, size > ratioFloor && size/max(packed, 1) > uint64(a.limits.MaxRatio):
		return nil, raw.TooLargeUnpacked()
	}
	if _, err := a.use(); err != nil {
		return nil, unreadable(err)
	}
	r, err := f.Open()
	if err != nil {
		a.release()
		if errors.Is(err, zip.ErrAlgorithm) {
			return nil, raw.UnsupportedType().Because(err)
		}
		return nil, raw.Damaged().Because(err)
	}
	return &memberReader{archive: a, r: r}, nil
}

// memberReader counts what an archive unpacks. Faults of the packing are verdicts.
type memberReader struct {
	archive *archive
	r       io.ReadCloser
}

func (m *memberReader) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.archive.mu.Lock()
	m.archive.unpacked += int64(n)
	full := m.archive.unpacked > maxArchive
	m.archive.mu.Unlock()
	switch {
	case full:
		return 0, raw.TooLargeUnpacked()
	case err != nil && !errors.Is(err, io.EOF):
		return n, raw.AsVerdict(err)
	}
	return n, err
}

func (m *memberReader) Close() error {
	m.r.Close() // its faults were told by Read
	return m.archive.release()
}
