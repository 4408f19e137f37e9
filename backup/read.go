package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"rapporteur/qa"
)

// gzipHead is how every backup begins: no name, no time, level 1, no system (RFC 1952, section 2.3).
const gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"

// unpacker reads the members of a backup, one after the other, and holds their sums against the list at the end.
type unpacker struct {
	ctx    context.Context
	raw    *bufio.Reader
	zip    *gzip.Reader
	tar    *tar.Reader
	member *tar.Header // the one that is being read; nil after the last
	sum    hash.Hash   // of what was read of it
	sums   strings.Builder
	bytes  int64
}

// newUnpacker stands on the first member.
func newUnpacker(ctx context.Context, r io.Reader) (*unpacker, error) {
	raw := bufio.NewReaderSize(r, 1<<20)
	if head, err := raw.Peek(len(gzipHead)); err != nil || string(head) != gzipHead {
		return nil, damaged(errors.Join(err, errors.New("backup: not one of ours")))
	}
	z, err := gzip.NewReader(raw)
	if err != nil {
		return nil, damaged(err)
	}
	z.Multistream(false)
	u := &unpacker{ctx: ctx, raw: raw, zip: z, tar: tar.NewReader(z)}
	return u, u.next()
}

// next goes to the next member; what was not read of this one is read for its sum.
func (u *unpacker) next() error {
	if err := u.ctx.Err(); err != nil {
		return err
	}
	if u.member != nil {
		if _, err := io.Copy(io.Discard, u); err != nil {
			return damaged(err)
		}
		fmt.Fprintf(&u.sums, "%s  %s\n", hex.EncodeToString(u.sum.Sum(nil)), u.member.Name)
		u.bytes += u.member.Size
	}
	h, err := u.tar.Next()
	if err != nil {
		return damaged(fmt.Errorf("backup: next member: %w", err))
	}
	if h.Typeflag != tar.TypeReg || h.Size < 0 {
		return damaged(fmt.Errorf("backup: member of type %q", h.Typeflag))
	}
	u.member, u.sum = h, sha256.New()
	return nil
}

// Read reads the member.
func (u *unpacker) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := u.tar.Read(p)
	u.sum.Write(p[:n])
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(err)
	}
	return n, err
}

func (u *unpacker) is(name string) bool { return u.member.Name == name }

// content reads the whole member.
func (u *unpacker) content() ([]byte, error) {
	if u.member.Size > maxMember {
		return nil, damaged(fmt.Errorf("backup: member of %d bytes", u.member.Size))
	}
	return io.ReadAll(u) // it grows with what is there, whatever the header says
}

// json reads the member that must stand here into v, and goes to the next.
func (u *unpacker) json(name string, v any) error {
	if !u.is(name) {
		return damaged(fmt.Errorf("backup: %q where %q belongs", u.member.Name, name))
	}
	raw, err := u.content()
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return damaged(err)
	}
	return u.next()
}

// manifest reads the first member; Unprocessable backup_newer.
func (u *unpacker) manifest() (m manifest, err error) {
	if !u.is(manifestName) {
		return m, damaged(fmt.Errorf("backup: begins with %q", u.member.Name))
	}
	raw, err := u.content()
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, damaged(err)
	}
	if m.Format > format {
		return m, qa.E(qa.Unprocessable, "backup_newer", m.Program)
	}
	if m.Format < 1 {
		return m, damaged(errors.New("backup: no format"))
	}
	return m, u.next()
}

// document reads the document with this number; false when there is none left.
func (u *unpacker) document(number, dimensions int) (d qa.DocumentRecord, more bool, err error) {
	if !strings.HasPrefix(u.member.Name, documentsPrefix) {
		return d, false, nil
	}
	name := documentName(number)
	if err := u.json(name, &d); err != nil {
		return d, false, err
	}
	for _, v := range d.Versions {
		if !isHash(v.Hash) || len(v.Vectors)+len(v.Sentences) > 0 {
			return d, false, damaged(fmt.Errorf("backup: version %s", v.ID))
		}
	}
	if len(d.Versions) == 0 {
		return d, false, damaged(errors.New("backup: document without versions"))
	}
	if !u.is(vectorsName(name)) {
		return d, true, nil
	}
	raw, err := u.content()
	if err != nil {
		return d, false, err
	}
	if err := unpackVectors(raw, dimensions, &d); err != nil {
		return d, false, damaged(err)
	}
	return d, true, u.next()
}

// conversation reads the conversation with this number; false when there is none left. Formats before 3 have none.
func (u *unpacker) conversation(number int) (c qa.ConversationRecord, more bool, err error) {
	if !strings.HasPrefix(u.member.Name, talksPrefix) {
		return c, false, nil
	}
	if err := u.json(talkName(number), &c); err != nil {
		return c, false, err
	}
	return c, true, nil
}

// opinion reads the feedback with this number; false when there is none left. Formats before 4 have none.
func (u *unpacker) opinion(number int) (f qa.Feedback, more bool, err error) {
	if !strings.HasPrefix(u.member.Name, feedbackPrefix) {
		return f, false, nil
	}
	if err := u.json(feedbackName(number), &f); err != nil {
		return f, false, err
	}
	return f, true, nil
}

// original gives the hash of the original that is to be read; false when there is none left.
func (u *unpacker) original() (hash string, more bool, err error) {
	hash, more = strings.CutPrefix(u.member.Name, originalsPrefix)
	if more && !isHash(hash) {
		err = damaged(fmt.Errorf("backup: member %q", u.member.Name))
	}
	return hash, more, err
}

// end reads the last members and holds the sums against what was read. Nothing may follow.
func (u *unpacker) end() (e ending, err error) {
	if err := u.json(removedName, &e); err != nil {
		return e, err
	}
	if !u.is(sumsName) {
		return e, damaged(fmt.Errorf("backup: %q where the sums belong", u.member.Name))
	}
	raw, err := u.content()
	if err != nil {
		return e, err
	}
	u.bytes += u.member.Size
	all := sha256.Sum256([]byte(u.sums.String()))
	if string(raw) != u.sums.String()+"# "+hex.EncodeToString(all[:])+"\n" {
		return e, damaged(errors.New("backup: sums differ"))
	}
	if _, err := u.tar.Next(); !errors.Is(err, io.EOF) {
		return e, damaged(errors.Join(err, errors.New("backup: no end")))
	}
	if n, err := io.Copy(io.Discard, u.zip); err != nil || n > 0 {
		return e, damaged(errors.Join(err, errors.New("backup: something follows the archive")))
	}
	if _, err := u.raw.ReadByte(); !errors.Is(err, io.EOF) {
		return e, damaged(errors.Join(err, errors.New("backup: something follows the file")))
	}
	return e, nil
}
