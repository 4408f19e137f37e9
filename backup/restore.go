package backup

import (
	"context"
	"fmt"
	"io"
	"slices"

	"rapporteur/qa"
)

// Verify reads a backup from where r stands to its end and says what it holds. Unprocessable backup_damaged when
// it is cut short, altered, followed by something or no backup; backup_newer when a later program made it.
func Verify(ctx context.Context, r io.Reader) (Summary, error) {
	u, err := newUnpacker(ctx, r)
	if err != nil {
		return Summary{}, err
	}
	p := &reading{unpacker: u}
	if _, err := p.begin(); err != nil {
		return Summary{}, err
	}
	for more := true; more; {
		if _, more, err = p.take(); err != nil {
			return Summary{}, err
		}
	}
	for more := true; more; {
		if _, more, err = p.talk(); err != nil {
			return Summary{}, err
		}
	}
	for more := true; more; {
		if _, more, err = p.feedback(); err != nil {
			return Summary{}, err
		}
	}
	for {
		_, more, err := u.original()
		if err != nil {
			return Summary{}, err
		}
		if !more {
			break
		}
		p.Originals++
		if err := u.next(); err != nil {
			return Summary{}, err
		}
	}
	return p.Summary, p.finish()
}

// reading is a backup as it is read.
type reading struct {
	*unpacker
	Summary
	number int // of the document read last
}

// begin reads what stands before the documents.
func (p *reading) begin() (l qa.LibraryRecord, err error) {
	m, err := p.manifest()
	if err != nil {
		return l, err
	}
	if err := p.json(libraryName, &l); err != nil {
		return l, err
	}
	p.Created, p.Program, p.Encoder = m.Created, m.Program, l.Encoder
	return l, nil
}

// take reads the next document; false when there is none left.
func (p *reading) take() (d qa.DocumentRecord, more bool, err error) {
	p.number++
	d, more, err = p.document(p.number, p.Encoder.Dimensions)
	if more {
		p.count(d)
	}
	return d, more, err
}

// talk reads the next conversation; false when there is none left.
func (p *reading) talk() (c qa.ConversationRecord, more bool, err error) {
	c, more, err = p.conversation(p.Conversations + 1)
	if more {
		p.Conversations++
	}
	return c, more, err
}

// feedback reads the next feedback; false when there is none left.
func (p *reading) feedback() (f qa.Feedback, more bool, err error) {
	f, more, err = p.opinion(p.Feedback + 1)
	if more {
		p.Feedback++
	}
	return f, more, err
}

// finish reads what stands behind the originals.
func (p *reading) finish() error {
	e, err := p.end()
	p.Removed, p.Missing, p.Summary.Bytes = e.Removed, e.Missing, p.bytes
	return err
}

// Restore reads the whole backup, and if it is sound fills the empty library t, with its originals, in one
// transaction: nothing is in t until all is. Documents that were removed, as the backup or a list in removed says,
// are not brought back, nor is what conversations and feedback quote of them; t is told of these removals. A failed Restore may leave originals that no document has.
func Restore(ctx context.Context, r io.ReadSeeker, t Target, k Keeper, removed ...[]qa.Tombstone) (Summary, error) {
	start, err := r.Seek(0, io.SeekCurrent)
	if err != nil {
		return Summary{}, damaged(err)
	}
	found, err := Verify(ctx, r)
	if err != nil {
		return Summary{}, err
	}
	if _, err := r.Seek(start, io.SeekStart); err != nil {
		return Summary{}, damaged(err)
	}
	u, err := newUnpacker(ctx, r)
	if err != nil {
		return Summary{}, err
	}
	job := &restoring{reading: reading{unpacker: u}, keeper: k, wanted: map[string]bool{}}
	l, err := job.begin()
	if err != nil {
		return Summary{}, err
	}
	l.Removed = merged(append([][]qa.Tombstone{l.Removed, found.Removed}, removed...)...)
	job.removed = removedSet(l.Removed)
	if err := t.Import(ctx, l, qa.RecordReader{Document: job.next, Conversation: job.nextTalk, Feedback: job.nextFeedback}); err != nil {
		return Summary{}, err
	}
	job.Removed, job.Missing = l.Removed, found.Missing
	return job.Summary, nil
}

// restoring is a backup on its way into a library.
type restoring struct {
	reading
	keeper  Keeper
	removed map[qa.DocumentID]bool
	wanted  map[string]bool // hashes of the originals of the restored documents
}

// next gives the documents.
func (j *restoring) next() (qa.DocumentRecord, error) {
	for {
		j.number++
		d, more, err := j.document(j.number, j.Encoder.Dimensions)
		if err != nil {
			return d, err
		}
		if !more {
			return d, io.EOF
		}
		if j.removed[d.ID] {
			j.LeftOut = append(j.LeftOut, d.ID)
			continue
		}
		for _, v := range d.Versions {
			j.wanted[v.Hash] = true
		}
		j.count(d)
		return d, nil
	}
}

// nextTalk gives the conversations.
func (j *restoring) nextTalk() (qa.ConversationRecord, error) {
	c, more, err := j.talk()
	if err == nil && !more {
		err = io.EOF
	}
	return without(c, j.removed), err
}

// nextFeedback gives the feedback; before it tells that there is no more, the originals are in place and the rest of the
// file is sound.
func (j *restoring) nextFeedback() (qa.Feedback, error) {
	f, more, err := j.feedback()
	if err == nil && !more {
		err = j.complete()
	}
	return withoutFeedback(f, j.removed), err
}

// complete restores the originals and gives io.EOF, or why not.
func (j *restoring) complete() error {
	for {
		hash, more, err := j.original()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if j.wanted[hash] {
			if err := j.keep(hash); err != nil {
				return err
			}
		}
		if err := j.unpacker.next(); err != nil {
			return err
		}
	}
	slices.Sort(j.LeftOut)
	if err := j.finish(); err != nil {
		return err
	}
	return io.EOF
}

func (j *restoring) keep(hash string) error {
	stage, got, _, err := j.keeper.Stage(j.ctx, j.unpacker, j.member.Size)
	if err != nil {
		return err
	}
	defer j.keeper.Discard(stage)
	if got != hash {
		return damaged(fmt.Errorf("backup: original %s is another", hash))
	}
	if err := j.keeper.Keep(j.ctx, stage, hash); err != nil {
		return err
	}
	j.Originals++
	return nil
}
