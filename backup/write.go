package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rapporteur/qa"
)

// packer writes the members of a backup.
type packer struct {
	zip     *gzip.Writer
	tar     *tar.Writer
	created time.Time
	sums    strings.Builder
	bytes   int64
}

func newPacker(w io.Writer, created time.Time) *packer {
	// Level 1: documents shrink to a third, and what does not shrink (PDF files, codes) costs least time.
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return &packer{zip: z, tar: tar.NewWriter(z), created: created}
}

// add writes one member of size bytes.
func (p *packer) add(name string, size int64, r io.Reader) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: p.created.Truncate(time.Second)}
	if err := p.tar.WriteHeader(h); err != nil {
		return unwritable(err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(p.tar, sum), r)
	if err == nil && n != size {
		err = fmt.Errorf("backup: %s has %d bytes, not %d", name, n, size)
	}
	if err != nil {
		return unwritable(err)
	}
	fmt.Fprintf(&p.sums, "%s  %s\n", hex.EncodeToString(sum.Sum(nil)), name)
	p.bytes += size
	return nil
}

func (p *packer) addBytes(name string, content []byte) error {
	if len(content) > maxMember {
		return qa.E(qa.Internal, "internal").Because(fmt.Errorf("backup: %s has %d bytes", name, len(content)))
	}
	return p.add(name, int64(len(content)), bytes.NewReader(content))
}

func (p *packer) addJSON(name string, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	return p.addBytes(name, b.Bytes())
}

// addDocument writes a document with its vectors apart.
func (p *packer) addDocument(number int, d qa.DocumentRecord) error {
	bare := d
	bare.Versions = slices.Clone(d.Versions)
	for i := range bare.Versions {
		bare.Versions[i].Vectors, bare.Versions[i].Sentences = nil, nil
	}
	name := documentName(number)
	if err := p.addJSON(name, bare); err != nil || !hasVectors(d) {
		return err
	}
	return p.addBytes(vectorsName(name), packVectors(d))
}

// close writes the sums and ends the file.
func (p *packer) close() error {
	lines := p.sums.String()
	all := sha256.Sum256([]byte(lines))
	if err := p.addBytes(sumsName, []byte(lines+"# "+hex.EncodeToString(all[:])+"\n")); err != nil {
		return err
	}
	return unwritable(errors.Join(p.tar.Close(), p.zip.Close()))
}

// writing is a backup in the making.
type writing struct {
	*packer
	Options
	Summary
	originals Originals
	hashes    []string // of the originals, in the order they are first named
	owners    map[string][]qa.DocumentID
	written   map[qa.DocumentID]bool
}

// Write writes a backup of the library as it is when Write begins to w, while the library goes on. Originals of
// documents that are removed meanwhile are left out, the rest of these documents is not: Save sees to that.
func Write(ctx context.Context, w io.Writer, o Options, s Source, originals Originals) (Summary, error) {
	o = o.filled()
	created := o.Now().UTC()
	job := &writing{packer: newPacker(w, created), Options: o, originals: originals, owners: map[string][]qa.DocumentID{}, written: map[qa.DocumentID]bool{}}
	job.Summary = Summary{Created: created, Program: o.Program}
	if err := job.addJSON(manifestName, manifest{format, created, o.Program}); err != nil {
		return job.Summary, err
	}
	if err := s.Export(ctx, qa.RecordWriter{Library: job.library, Document: job.document, Conversation: job.conversation, Feedback: job.feedback}); err != nil {
		return job.Summary, err
	}
	if err := job.addOriginals(ctx, s); err != nil {
		return job.Summary, err
	}
	return job.end(ctx, s)
}

func (w *writing) library(l qa.LibraryRecord) error {
	w.Encoder = l.Encoder
	return w.addJSON(libraryName, l)
}

func (w *writing) document(d qa.DocumentRecord) error {
	if err := w.addDocument(w.Documents+1, d); err != nil {
		return err
	}
	w.count(d)
	w.refer(d)
	w.Summary.Bytes = w.bytes
	w.Progress(w.Summary)
	return nil
}

func (w *writing) conversation(c qa.ConversationRecord) error {
	if err := w.addJSON(talkName(w.Conversations+1), c); err != nil {
		return err
	}
	w.Conversations++
	w.Summary.Bytes = w.bytes
	w.Progress(w.Summary)
	return nil
}

func (w *writing) feedback(f qa.Feedback) error {
	if err := w.addJSON(feedbackName(w.Feedback+1), f); err != nil {
		return err
	}
	w.Feedback++
	w.Summary.Bytes = w.bytes
	w.Progress(w.Summary)
	return nil
}

// refer notes which originals a written document needs.
func (w *writing) refer(d qa.DocumentRecord) {
	w.written[d.ID] = true
	for _, v := range d.Versions {
		if w.owners[v.Hash] == nil {
			w.hashes = append(w.hashes, v.Hash)
		}
		w.owners[v.Hash] = append(w.owners[v.Hash], d.ID)
	}
}

// needed reports whether a document that was not removed has the original.
func (w *writing) needed(hash string, removed map[qa.DocumentID]bool) bool {
	return slices.ContainsFunc(w.owners[hash], func(id qa.DocumentID) bool { return !removed[id] })
}

func (w *writing) addOriginals(ctx context.Context, s Source) error {
	stones, err := s.Tombstones(ctx)
	if err != nil {
		return err
	}
	removed := removedSet(stones)
	for _, hash := range w.hashes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !w.needed(hash, removed) {
			continue
		}
		found, err := w.addOriginal(ctx, hash)
		if err != nil {
			return err
		}
		if !found {
			w.Missing = append(w.Missing, hash)
			continue
		}
		w.Summary.Originals++
		w.Summary.Bytes = w.bytes
		w.Progress(w.Summary)
	}
	return nil
}

// addOriginal writes an original; false when it is not there or is not what its name says. It is read twice:
// what is damaged must be known before it is written.
func (w *writing) addOriginal(ctx context.Context, hash string) (found bool, err error) {
	f, err := w.originals.Open(ctx, hash)
	if qa.KindOf(err) == qa.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return false, qa.E(qa.Unavailable, "store_down").Because(err)
	}
	if hex.EncodeToString(h.Sum(nil)) != hash {
		return false, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, qa.E(qa.Unavailable, "store_down").Because(err)
	}
	return true, w.add(originalsPrefix+hash, size, f)
}

// end asks for the removals for the last time and closes the file. The documents that were written and removed
// meanwhile are in LeftOut.
func (w *writing) end(ctx context.Context, s Source) (Summary, error) {
	stones, err := s.Tombstones(ctx)
	if err != nil {
		return w.Summary, err
	}
	removed := removedSet(stones)
	w.Removed = stones
	for id := range w.written {
		if removed[id] {
			w.LeftOut = append(w.LeftOut, id)
		}
	}
	slices.Sort(w.LeftOut)
	w.Missing = slices.DeleteFunc(w.Missing, func(hash string) bool { return !w.needed(hash, removed) })
	if err := w.addJSON(removedName, ending{w.Removed, w.Missing}); err != nil {
		return w.Summary, err
	}
	err = w.close()
	w.Summary.Bytes = w.bytes
	return w.Summary, err
}
