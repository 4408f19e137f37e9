package model

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"rapporteur/qa"
)

const (
	maxEvent = 1 << 20   // bytes of one event of a stream
	maxText  = 256 << 10 // bytes of an answer
	maxPiece = 8 << 10   // bytes of text passed on at once: langchaingo reads lines of less than 64 KiB
)

// piece is one event of a stream, whatever its protocol.
type piece struct {
	text     string
	thought  bool // the model thinks, which nobody reads
	finish   string
	used     *tokens
	end      bool // nothing follows
	streamed bool
}

// source gives the pieces of an answer in order: io.EOF when the body ends, a *failure for what is no answer.
type source interface{ next() (piece, error) }

// wire renders what is passed on to langchaingo in its protocol.
type wire interface {
	text(s string) []byte
	last(finish string) []byte
}

// stream is the body of an answer as langchaingo gets it: the server's, read by us, checked, cleaned and written anew
// in small events that langchaingo can read.
type stream struct {
	ctx   context.Context
	body  io.Closer
	in    source
	wire  wire
	call  *call
	key   Secret
	clean cleaner
	out   bytes.Buffer
	sent  int
	over  bool
}

// Read implements io.Reader. It ends without an error of its own: langchaingo would show only half of it.
func (s *stream) Read(p []byte) (int, error) {
	for s.out.Len() == 0 {
		if s.over {
			return 0, io.EOF
		}
		s.step()
	}
	return s.out.Read(p)
}

// Close ends the connection unless its answer was read to the end.
func (s *stream) Close() error { return s.body.Close() }

// step reads one piece.
func (s *stream) step() {
	p, err := s.in.next()
	if err != nil {
		s.stop(err)
		return
	}
	text := s.call.note(p, &s.clean)
	if s.sent += len(text); s.sent > maxText {
		s.stop(fail(qa.Unavailable, "model_cut", errors.New("the answer is longer than any that is wanted")))
		return
	}
	for text != "" {
		n := cut(text, maxPiece)
		s.out.Write(s.wire.text(text[:n]))
		text = text[n:]
	}
	switch {
	case s.clean.stray:
		s.stop(broken("thoughts ended that had not begun"))
	case p.end:
		s.stop(io.EOF)
	}
}

// stop ends the stream. An answer that has its end stays whole whatever the connection does afterwards.
func (s *stream) stop(err error) {
	s.over = true
	var f *failure
	switch {
	case errors.As(err, &f):
		s.call.fail(f.hidden(s.key))
	case s.call.whole():
	case s.ctx.Err() != nil: // told by the context
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), s.call.started():
		s.call.fail(broken("the answer has no end mark"))
	default:
		s.call.fail(unreachable(err).hidden(s.key))
	}
	s.out.Write(s.wire.last("stop"))
}

// cut gives the length of the longest beginning of text of at most n bytes that ends with a whole character.
func cut(text string, n int) int {
	if len(text) <= n {
		return len(text)
	}
	for n > 0 && text[n]&0xC0 == 0x80 {
		n--
	}
	return n
}

// lines reads a body line by line, without the ends of lines; no line is longer than maxEvent.
type lines struct{ r *bufio.Reader }

func newLines(body io.Reader) lines { return lines{bufio.NewReaderSize(body, 32<<10)} }

// next gives a line; the last may come with io.EOF.
func (l lines) next() ([]byte, error) {
	var line []byte
	for {
		part, err := l.r.ReadSlice('\n')
		if len(line)+len(part) > maxEvent {
			return nil, broken("an event of more than 1 MiB")
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimRight(line, "\r\n"), err
		}
	}
}

// first gives the first byte of the body that is no white space, without reading it; 0 for an empty body.
func (l lines) first() (byte, error) {
	for {
		b, err := l.r.Peek(1)
		if err != nil {
			return 0, err
		}
		switch b[0] {
		case ' ', '\t', '\r', '\n', 0xEF, 0xBB, 0xBF: // a byte-order mark counts as space
			if _, err := l.r.Discard(1); err != nil {
				return 0, err
			}
		default:
			return b[0], nil
		}
	}
}

// all reads the rest of the body, at most four events of the longest.
func (l lines) all() ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(l.r, 4*maxEvent+1))
	if err == nil && len(b) > 4*maxEvent {
		return nil, broken("an answer of more than 4 MiB")
	}
	return b, err
}
