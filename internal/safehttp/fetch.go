package safehttp

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rapporteur/qa"
)

// Normal gives the one spelling of a web address that may be fetched, in ASCII and without its fragment.
// Errors: url_invalid, url_port, url_refused. The host is not looked up.
func (c *Client) Normal(address string) (string, error) {
	u, err := c.rules.parse(address)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

// Fetch gets the document at an address, unless known tells the server that it has not changed. The body
// must be closed; its errors can be told to a client, as those of Fetch can:
//
//   - url_invalid, url_port, url_refused: the address, or what it leads to, may not be called;
//   - url_redirect, url_redirects: it leads where the service does not follow, or on and on;
//   - url_unreachable, url_certificate, url_timeout, url_response: nobody answers, not as who they should,
//     not in time, or in pieces;
//   - url_status: the answer is another one than the document;
//   - too_large, empty, unsupported_type: of the document.
//
// They tell nothing of what was found on the way: neither addresses nor answers.
func (c *Client) Fetch(ctx context.Context, address string, known qa.Validator) (qa.Fetched, error) {
	u, err := c.rules.parse(address)
	if err != nil {
		return qa.Fetched{}, err
	}
	within, cancel := context.WithCancelCause(ctx)
	late := time.AfterFunc(c.limits.whole, func() { cancel(errSlow) })
	stop := func() { late.Stop(); cancel(nil) }
	r, err := http.NewRequestWithContext(within, http.MethodGet, u.String(), nil)
	if err != nil {
		stop()
		return qa.Fetched{}, invalid("request")
	}
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("Accept", "*/*")
	setIf(r.Header, "If-None-Match", known.ETag)
	setIf(r.Header, "If-Modified-Since", known.Modified)
	answer, err := c.documents.Do(r)
	if err != nil {
		stop()
		return qa.Fetched{}, elsewhere(u.String(), err, verdict(ctx, within, err))
	}
	b := &body{raw: answer.Body, left: c.limits.bytes, limits: c.limits, start: time.Now(), stop: stop,
		tell: func(err error) error { return verdict(ctx, within, err) }}
	b.stall = time.AfterFunc(c.limits.idle, func() { cancel(errSlow) })
	f, err := c.take(answer, b, known)
	if err != nil || f.Unchanged {
		_ = b.Close() // nothing was asked of it
	}
	return f, err
}

// take judges the head of an answer and the first byte of its body.
func (c *Client) take(answer *http.Response, b *body, known qa.Validator) (qa.Fetched, error) {
	v := qa.Validator{ETag: field(answer.Header, "ETag"), Modified: field(answer.Header, "Last-Modified")}
	switch {
	case answer.StatusCode == http.StatusNotModified && known != (qa.Validator{}):
		return qa.Fetched{Unchanged: true, Validator: known}, nil
	case answer.StatusCode != http.StatusOK:
		return qa.Fetched{}, qa.E(qa.Unprocessable, "url_status", answer.StatusCode)
	case answer.ContentLength > c.limits.bytes:
		return qa.Fetched{}, qa.E(qa.TooLarge, string(qa.VerdictTooLarge))
	case answer.Header.Get("Content-Encoding") != "" && !strings.EqualFold(answer.Header.Get("Content-Encoding"), "identity"):
		return qa.Fetched{}, broken(errors.New("an encoding that was not asked for"))
	case isMedia(answer.Header.Get("Content-Type")):
		return qa.Fetched{}, qa.E(qa.Unsupported, string(qa.VerdictUnsupportedType))
	}
	buffered := bufio.NewReader(b)
	if _, err := buffered.Peek(1); errors.Is(err, io.EOF) {
		return qa.Fetched{}, qa.E(qa.Unprocessable, string(qa.VerdictEmpty))
	} else if err != nil {
		return qa.Fetched{}, err
	}
	return qa.Fetched{Validator: v, Body: struct {
		io.Reader
		io.Closer
	}{buffered, b}}, nil
}

// maxField bounds what is kept of a field and sent back later.
const maxField = 256

// field reads a field of an answer that will be sent back as it is; "" where it could not be.
func field(h http.Header, name string) string {
	v := h.Get(name)
	if len(v) > maxField || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return v
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

// isMedia reports pictures, sounds and films. What is not one of them is judged by its content: servers
// give documents all sorts of types.
func isMedia(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	family, _, _ := strings.Cut(kind, "/")
	return err == nil && (family == "image" || family == "audio" || family == "video" || family == "font")
}

// errSlow is why a fetch is ended that takes too long.
var errSlow = errors.New("too slow")

// verdict is what can be told of an error of the network. ctx is the caller's, within that of the fetch.
func verdict(ctx, within context.Context, err error) error {
	var known *qa.Error
	var certificate *tls.CertificateVerificationError
	var network net.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return known
	case errors.Is(context.Cause(within), errSlow), errors.As(err, &network) && network.Timeout():
		return qa.E(qa.Unavailable, "url_timeout").Because(err)
	case errors.As(err, &certificate):
		return qa.E(qa.Unprocessable, "url_certificate").Because(err)
	}
	return qa.E(qa.Unavailable, "url_unreachable").Because(err)
}

// elsewhere makes one refusal of all that a redirect leads to: to say that the address is not public would
// be wrong of the one that was given.
func elsewhere(given string, failed, told error) error {
	var at *url.Error
	if !errors.As(failed, &at) || at.URL == given {
		return told
	}
	switch qa.CodeOf(told) {
	case "url_invalid", "url_port", "url_refused":
		return redirected(told)
	}
	return told
}

// broken is what can be told of an answer that cannot be read to its end.
func broken(cause error) error { return qa.E(qa.Unprocessable, "url_response").Because(cause) }

// body reads an answer within the limits.
type body struct {
	raw    io.ReadCloser
	left   int64 // bytes that it may still have
	read   int64
	limits limits
	start  time.Time
	stall  *time.Timer // ends the fetch where no byte comes
	stop   func()
	tell   func(error) error
	err    error // the first error, io.EOF included
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	b.stall.Reset(b.limits.idle)
	n, err := b.raw.Read(p)
	b.stall.Stop()
	b.left -= int64(n)
	b.read += int64(n)
	since := time.Since(b.start)
	switch {
	case b.left < 0:
		n, b.err = 0, qa.E(qa.TooLarge, string(qa.VerdictTooLarge))
	case err == io.EOF: //nolint:errorlint // a wrapped EOF is a body cut short
		b.err = io.EOF
	case err != nil:
		b.err = b.tell(err)
		if qa.CodeOf(b.err) == "url_unreachable" {
			b.err = broken(errors.New(err.Error())) // without its cause, which may be an EOF that a reader takes for the end
		}
	case since > b.limits.grace && b.read < int64(since.Seconds()*float64(b.limits.rate)):
		b.err = qa.E(qa.Unavailable, "url_timeout").Because(errSlow)
	}
	return n, b.err
}

// Close ends the fetch.
func (b *body) Close() error {
	b.stall.Stop()
	b.stop()
	return b.raw.Close()
}
