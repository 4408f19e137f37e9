package pdf

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"rapporteur/ingest/extract/pdf/layout"
	"rapporteur/qa"
)

// The parent and its child speak in frames: four bytes of length (big endian), one byte of kind,
// then the payload. The parent sends frameOpen and frameBytes until all bytes are there; the child
// says frameReady once at its start, then for each document framePage before each page, frameText
// as often as needed, and frameDone.
const (
	frameOpen  = 'o' // the size of the document, eight bytes
	frameBytes = 'b' // the next bytes of the document
	frameReady = 'r' // the child can read documents
	framePage  = 'p' // a page is about to be read: its number and their count, four bytes each
	frameText  = 't' // the next bytes of the text, as JSON
	frameDone  = 'd' // the end of a document: a reply, as JSON
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

// reply ends a document. Code is empty when the text was sent.
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

// sizeFrame is the payload of frameOpen.
func sizeFrame(size int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(size)) }

// parseSize reads a frameOpen.
func parseSize(payload []byte, limit int64) (int64, error) {
	if len(payload) != 8 {
		return 0, fmt.Errorf("open a document: %d bytes of size", len(payload))
	}
	size := int64(binary.BigEndian.Uint64(payload))
	if size <= 0 || size > limit {
		return 0, fmt.Errorf("open a document: size %d is not within 1 and %d", size, limit)
	}
	return size, nil
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
	if err := layout.Check(t); err != nil {
		return qa.Text{}, fmt.Errorf("read the text of a child: %w", err)
	}
	return t, nil
}
