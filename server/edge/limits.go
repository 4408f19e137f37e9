package edge

import (
	"errors"
	"io"
	"net/http"
	"time"

	"rapporteur/qa"
)

// Timed gives every piece of a response its own write deadline: a long stream may last, a client
// that does not read is dropped.
func Timed(next http.Handler, limit time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&timedWriter{ResponseWriter: w, control: http.NewResponseController(w), limit: limit}, r)
	})
}

type timedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	limit   time.Duration
}

// timedPiece is how many bytes a client must take within the limit.
const timedPiece = 64 << 10

// Write sends b piece by piece, each with a fresh deadline.
func (w *timedWriter) Write(b []byte) (int, error) {
	var sent int
	for {
		piece := b[sent:min(sent+timedPiece, len(b))]
		w.extend()
		n, err := w.ResponseWriter.Write(piece)
		sent += n
		if err != nil || sent == len(b) {
			return sent, err
		}
	}
}

// Flush sends what is buffered.
func (w *timedWriter) Flush() {
	w.extend()
	_ = w.control.Flush() // the next Write tells that the client is gone
}

// Unwrap lets http.ResponseController reach the connection.
func (w *timedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *timedWriter) extend() {
	_ = w.control.SetWriteDeadline(time.Now().Add(w.limit)) // a writer without a connection has none
}

// minUploadRate and uploadGrace: an upload slower than 1 kB/s is cut after a minute.
const (
	minUploadRate = 1024
	uploadGrace   = time.Minute
)

// steadyBody reads a body that must keep coming: each Read within idle, and after the grace at
// the minimal rate. Its errors are those a client can be told. At the end of the body net/http lifts
// the deadline itself, when it starts to watch for the client's going away.
type steadyBody struct {
	body    io.Reader
	control *http.ResponseController
	idle    time.Duration
	start   time.Time
	read    int64
}

func newSteadyBody(w http.ResponseWriter, body io.Reader, idle time.Duration) *steadyBody {
	return &steadyBody{body: body, control: http.NewResponseController(w), idle: idle, start: time.Now()}
}

// Read implements io.Reader.
func (b *steadyBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.idle)) // a body without a connection has none
	n, err := b.body.Read(p)
	b.read += int64(n)
	if elapsed := time.Since(b.start); elapsed > uploadGrace && b.read < int64(elapsed.Seconds())*minUploadRate {
		return n, qa.E(qa.Invalid, "body_incomplete")
	}
	return n, bodyError(err)
}

// bodyError is what a client is told when its body cannot be read.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	var known *qa.Error
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.As(err, &known):
		return err
	case errors.As(err, &tooLarge):
		return qa.E(qa.TooLarge, "body_too_large", tooLarge.Limit).Because(err)
	}
	return qa.E(qa.Invalid, "body_incomplete").Because(err)
}
