package model

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"rapporteur/qa"
)

// failure is why a call gave no whole answer.
type failure struct {
	told   *qa.Error     // what the caller gets
	again  bool          // the call may be made again
	after  time.Duration // which the server wants to be left alone
	begun  bool          // the model had begun to write
	plain  bool          // the server refuses stream_options: the call is made again without
	status int           // HTTP status, 0 without an answer
	reason reason
	said   string // by the server, without keys
}

// reason tells failures of one code apart, for who configures the server.
type reason int

const (
	otherReason reason = iota
	refusedReason
	hostReason
	certificateReason
	addressReason // the address is not to be called
	htmlReason
)

// The codes of a failure, as they stand in degraded_reason.
func down(cause error) *failure   { return fail(qa.Unavailable, "model_down", cause) }
func slow(cause error) *failure   { return fail(qa.Unavailable, "model_slow", cause) }
func broken(why string) *failure  { return fail(qa.Unavailable, "model_broken", errors.New(why)) }
func quota(cause error) *failure  { return fail(qa.Exhausted, "model_quota", cause) }
func refuse(cause error) *failure { return fail(qa.Unavailable, "model_refused", cause) }

func fail(kind qa.Kind, code string, cause error) *failure {
	return &failure{told: qa.E(kind, code).Because(cause)}
}

// Error implements error, for the way up to the call that fails.
func (f *failure) Error() string { return f.told.Error() }

// maxSaid is the longest message of a server that is kept, in bytes.
const maxSaid = 300

// unreachable judges a call that got no answer. Its cause is kept as text: an error of net/http may hold the request.
func unreachable(err error) *failure {
	var (
		own    *qa.Error
		dns    *net.DNSError
		verify *tls.CertificateVerificationError
		record tls.RecordHeaderError
		alert  tls.AlertError
		host   x509.HostnameError
		limit  net.Error
	)
	f := down(errors.New(clip(err.Error())))
	switch {
	case errors.As(err, &own):
		f = refuse(own)
		f.reason = addressReason
	case errors.As(err, &dns):
		f.reason = hostReason
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &host):
		f.reason = certificateReason
	case reset(err):
		f.again, f.reason = true, refusedReason
	case errors.As(err, &limit) && limit.Timeout():
		f.reason = refusedReason
	}
	return f
}

// reset reports a connection that was refused, or ended by the server.
func reset(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// statusFailure judges an answer that is none by its status and what the server says.
func statusFailure(w *http.Response, body []byte, now time.Time) *failure {
	said, code := message(body)
	if said == "" && !looksLikeHTML(body) {
		said = clip(string(body))
	}
	f := codeFailure(w.StatusCode, code, said)
	f.status, f.said = w.StatusCode, said
	if looksLikeHTML(body) {
		f.reason = htmlReason
	}
	if f.again {
		f.after = retryAfter(w.Header.Get("Retry-After"), now)
	}
	f.plain = (w.StatusCode == http.StatusBadRequest || w.StatusCode == http.StatusUnprocessableEntity) && strings.Contains(string(body), "stream_options")
	return f
}

// codeFailure is the failure for a status, of the answer or within an event of it.
func codeFailure(status int, code, said string) *failure {
	cause := errors.New("status " + strconv.Itoa(status) + ": " + said)
	switch {
	case status == http.StatusRequestEntityTooLarge, status < 500 && status != 429 && tooLong(code+" "+said):
		return fail(qa.Unavailable, "model_context", cause)
	case status == http.StatusTooManyRequests:
		f := quota(cause)
		f.again = true
		return f
	case status == http.StatusRequestTimeout, status >= 500:
		f := down(cause)
		f.again = true
		return f
	}
	return refuse(cause)
}

// eventFailure judges an error that came within an answer of status 200.
func eventFailure(raw json.RawMessage) *failure {
	said, code := message([]byte(`{"error":` + string(raw) + `}`))
	status, err := strconv.Atoi(code)
	if err != nil || status < 400 {
		status = 0
	}
	var f *failure
	switch {
	case status == http.StatusTooManyRequests, strings.Contains(code, "rate_limit"):
		f = quota(errors.New("error event: " + said))
		f.again = true
	case status < 500 && tooLong(code+" "+said):
		f = fail(qa.Unavailable, "model_context", errors.New("error event: "+said))
	default:
		f = broken("error event: " + said)
		f.again = status == http.StatusRequestTimeout || status >= 500
	}
	f.status, f.said = status, said
	return f
}

// tooLong reports what servers say of a prompt that exceeds the model's context: none has a status of its own.
func tooLong(said string) bool {
	said = strings.ToLower(said)
	for _, phrase := range []string{"context_length", "context length", "context window", "context size", "maximum context",
		"exceed_context", "prompt is too long", "too many tokens", "input is too long", "prompt too long"} {
		if strings.Contains(said, phrase) {
			return true
		}
	}
	return false
}

// message finds what a server says of an error, and its code, in the shapes that servers have for it: {"error":
// {"message", "code"}}, {"error": "…"}, {"detail": …}, {"message": …}.
func message(body []byte) (said, code string) {
	var b struct {
		Error, Detail, Message json.RawMessage
	}
	if json.Unmarshal(body, &b) != nil {
		return "", ""
	}
	for _, raw := range []json.RawMessage{b.Error, b.Detail, b.Message} {
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			return clip(text), ""
		}
		var inner struct {
			Message    string
			Type       string
			Code, Msgs json.RawMessage
		}
		if len(raw) > 0 && json.Unmarshal(raw, &inner) == nil && (inner.Message != "" || len(inner.Code) > 0) {
			code = strings.Trim(string(inner.Code), `"`)
			if code == "" || code == "null" {
				code = inner.Type
			}
			return clip(inner.Message), code
		}
		if len(raw) > 0 && string(raw) != "null" {
			return clip(string(raw)), ""
		}
	}
	return "", ""
}

// clip keeps the beginning of a foreign text, on one line.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s[:min(len(s), maxSaid)])
	return strings.Join(strings.Fields(s), " ")
}

func looksLikeHTML(body []byte) bool {
	return strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 512)])), "<")
}

// retryAfter reads the header of that name: seconds or a date; 0 when there is none.
func retryAfter(v string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
		return time.Duration(min(max(seconds, 0), 24*3600)) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// hidden takes the key out of what the server said.
func (f *failure) hidden(key Secret) *failure {
	f.said = key.hide(f.said)
	if f.told.Err != nil {
		f.told = f.told.Because(errors.New(key.hide(f.told.Err.Error())))
	}
	return f
}
