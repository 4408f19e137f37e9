package pdf

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"rapporteur/ingest/extract/draft"
	"rapporteur/qa"
)

// The parent and its child speak in frames: four bytes of length (big endian), one byte of kind,
// then the payload. The parent sends frameOpen and frameBytes until all bytes are there; the child
// says frameReady once at its start, then for each request framePage before each page, frameText
// as often as needed, and frameDone.
const (
	frameOpen  = 'o' // a request, as JSON
	frameBytes = 'b' // the next bytes of the document
	frameReady = 'r' // the child can read documents
	framePage  = 'p' // a page is about to be read: its number and their count, four bytes each
	frameText  = 't' // the next bytes of what was asked for
	frameDone  = 'd' // the end of a request: a reply, as JSON
)

// Limits of the protocol: a longer message is a fault of the other side.
const (
	maxFrame = 1 << 20
	maxReply = 8 * maxText
)

const frameHead = 5

// frame is one message.
type frame struct {
	kind    byte
	payload []byte
}

// task is what is asked of a document.
type task string

// The tasks, and what answers them.
const (
	taskText    task = "text"    // a qa.Text, as JSON
	taskPicture task = "picture" // a PNG of one page
	taskPlace   task = "place"   // a Place on one page, as JSON
)

// request asks one task of one document.
type request struct {
	Task     task
	Size     int64  // of the document; 0 for that of the request before, of which no bytes follow
	Password string // opens the document, "" for none
	Page     int    // of a picture or place, counted from 1
	DPI      int    // of a picture
	Before   string // of a place: see Pool.Locate
	Quote    string
}

// reply ends a request. Code is empty when what was asked for was sent.
type reply struct {
	Code    string
	Cause   string
	Recycle bool // the child's memory grew: start a fresh one for the next document
}

// writeFrame sends one message of at most maxFrame bytes.
func writeFrame(w io.Writer, kind byte, payload []byte) error {
	if len(payload) > maxFrame {
		return fmt.Errorf("send a frame of %d bytes: too long", len(payload))
	}
	b := make([]byte, frameHead, frameHead+len(payload))
	binary.BigEndian.PutUint32(b, uint32(len(payload)))
	b[4] = kind
	_, err := w.Write(append(b, payload...))
	return err
}

// readFrame receives one message. It gives io.EOF at the end of the stream, between frames only.
func readFrame(r io.Reader) (frame, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxFrame {
		return frame{}, fmt.Errorf("receive a frame of %d bytes: too long", n)
	}
	f := frame{kind: head[4], payload: make([]byte, n)}
	if _, err := io.ReadFull(r, f.payload); err != nil {
		return frame{}, fmt.Errorf("receive a frame: %w", noEOF(err))
	}
	return f, nil
}

// noEOF tells a stream cut inside a frame from one that ended between two.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// writeBytes sends b in frames of that kind.
func writeBytes(w io.Writer, kind byte, b []byte) error {
	for len(b) > 0 {
		n := min(len(b), maxFrame)
		if err := writeFrame(w, kind, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// parseRequest reads a frameOpen.
func parseRequest(payload []byte, limit int64) (request, error) {
	var r request
	if err := json.Unmarshal(payload, &r); err != nil {
		return r, errors.New("open a document: the request is not JSON") // the cause could quote a password
	}
	if r.Size < 0 || r.Size > limit {
		return r, fmt.Errorf("open a document: size %d is not within 0 and %d", r.Size, limit)
	}
	switch r.Task {
	case taskText:
	case taskPicture, taskPlace:
		if r.Page < 1 || r.Page > maxPages {
			return r, fmt.Errorf("open a document: page %d", r.Page)
		}
	default:
		return r, errors.New("open a document: unknown task")
	}
	return r, nil
}

// pageFrame is the payload of framePage.
func pageFrame(number, count int) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(number)), uint32(count))
}

// parseText reads the text a child sent, and checks what callers rely on: a child read hostile bytes.
func parseText(b []byte) (qa.Text, error) {
	var t qa.Text
	if err := json.Unmarshal(b, &t); err != nil {
		return qa.Text{}, fmt.Errorf("read the text of a child: %w", err)
	}
	if err := draft.Check(t); err != nil {
		return qa.Text{}, fmt.Errorf("read the text of a child: %w", err)
	}
	if err := checkReading(t); err != nil {
		return qa.Text{}, fmt.Errorf("read the report of a child: %w", err)
	}
	return t, nil
}

// checkReading reports what breaks the promises of qa.Reading.
func checkReading(t qa.Text) error {
	if n := len(t.Reading.Pages); n != len(t.Pages) && n != 0 {
		return fmt.Errorf("%d pages of %d", n, len(t.Pages))
	}
	for i, p := range t.Reading.Pages {
		if p.Number != i+1 || p.Images < 0 || p.Tables < 0 || p.Repeated < 0 || p.Unread != "" && p.Unread != codeDamaged && p.Unread != codeNoText {
			return fmt.Errorf("page %d is reported as %+v", i+1, p)
		}
		for means, count := range p.Hidden {
			if count < 0 || !slices.Contains(knownMeans, means) {
				return fmt.Errorf("page %d hides %d by %q", i+1, count, means)
			}
		}
	}
	return nil
}
