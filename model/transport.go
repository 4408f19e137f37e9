package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// transport stands between langchaingo and the HTTP client: it sends what the kind of server takes, with the key that
// langchaingo never sees, and reads the answers itself.
type transport struct {
	next http.RoundTripper
	kind Kind
	key  Secret
	now  func() time.Time
	// plain leaves stream_options out of requests; set for good once a server refuses it.
	plain atomic.Bool
}

// maxBody is the longest body of an answer that is no stream, in bytes.
const maxBody = 32 << 20

// RoundTrip implements http.RoundTripper. What it says of a failure is noted in the call of the context too, since
// langchaingo replaces errors by its own words.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	c := callOf(r.Context())
	body, err := t.body(r)
	if err != nil {
		return nil, err
	}
	out, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header.Set("Content-Type", "application/json")
	out.Header.Set("Accept", "text/event-stream, application/x-ndjson, application/json")
	out.Header.Set("User-Agent", "Rapporteur")
	if t.key.Set() {
		out.Header.Set("Authorization", "Bearer "+t.key.reveal())
	}
	w, err := t.next.RoundTrip(out)
	if err != nil {
		return nil, c.fail(unreachable(err).hidden(t.key))
	}
	if w.StatusCode != http.StatusOK {
		defer w.Body.Close()
		said, _ := io.ReadAll(io.LimitReader(w.Body, 64<<10)) // what was read is what there is to say
		f := statusFailure(w, said, t.now()).hidden(t.key)
		if f.plain && t.plain.CompareAndSwap(false, true) {
			f.again = true
		}
		return nil, c.fail(f)
	}
	return t.read(w, r, c, body)
}

// read gives an answer in the form that langchaingo reads well.
func (t *transport) read(w *http.Response, r *http.Request, c *call, asked []byte) (*http.Response, error) {
	answer := *w
	answer.Header, answer.ContentLength = http.Header{"Content-Type": {"application/json"}}, -1
	if path := r.URL.Path; strings.HasSuffix(path, "/embeddings") || strings.HasSuffix(path, "/api/embed") {
		defer w.Body.Close()
		vectors, err := t.vectors(w.Body, asked)
		if err != nil {
			var f *failure
			if !errors.As(err, &f) {
				f = unreachable(err)
			}
			return nil, c.fail(f.hidden(t.key))
		}
		answer.Body = io.NopCloser(bytes.NewReader(vectors))
		return &answer, nil
	}
	s := &stream{ctx: r.Context(), body: w.Body, call: c, key: t.key}
	if t.kind == Ollama {
		s.in, s.wire = &objects{lines: newLines(w.Body)}, ollamaWire{}
	} else {
		s.in, s.wire = &events{lines: newLines(w.Body)}, openAIWire{}
	}
	answer.Body = s
	return &answer, nil
}

// body gives what is sent: langchaingo asks every server for a count of tokens, which Mistral's API takes for a
// mistake since it counts unasked.
func (t *transport) body(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || t.kind != Mistral && !t.plain.Load() {
		return body, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	delete(fields, "stream_options")
	return json.Marshal(fields)
}
