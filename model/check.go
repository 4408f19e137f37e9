package model

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"rapporteur/qa"
)

// listTime is how long a server may take to list its models.
const listTime = 5 * time.Second

// Report is what a test of a configuration found.
type Report struct {
	Findings []qa.Finding // what works, and what the server leaves out
	Wrong    *qa.Error    // what keeps the model from writing, with what to do about it; nil when it writes
}

// checkPrompt is the tiny question of a check. Its answer has some words, so that their rate can be told.
func checkPrompt() []qa.Message {
	return []qa.Message{{Role: qa.RoleUser, Content: "Compte de un à vingt, en toutes lettres."}}
}

// Check calls the server of o once with a tiny question, and says how it answers or what is wrong.
func Check(ctx context.Context, o Options, outside *http.Client) Report {
	g, err := NewGenerator(o, outside)
	if err != nil {
		return Report{Wrong: asError(err)}
	}
	base, err := o.address()
	if err != nil {
		return Report{Wrong: asError(err)}
	}
	where := base.String()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	whole := time.AfterFunc(g.options.Whole, func() { cancel(errTooSlow) })
	first := time.AfterFunc(g.options.FirstToken, func() { cancel(errTooSlow) })
	defer whole.Stop()
	defer first.Stop()

	start := time.Now()
	var begun time.Time
	c := &call{token: func() {
		if begun.IsZero() {
			begun = time.Now()
		}
		first.Reset(g.options.Idle)
	}, end: func() { first.Reset(afterEnd) }}
	f := g.try(ctx, c, checkPrompt(), func(string) error { return nil })
	if f != nil && f.plain { // the transport leaves stream_options out from now on
		c = &call{token: c.token, end: c.end}
		f = g.try(ctx, c, checkPrompt(), func(string) error { return nil })
	}
	if err := ctx.Err(); err != nil && !errors.Is(context.Cause(ctx), errTooSlow) {
		return Report{Wrong: qa.E(qa.Canceled, "canceled").Because(err)}
	}
	if f != nil && f.told.Code != "model_cut" {
		return Report{Wrong: g.client.diagnose(ctx, f, where)}
	}
	return Report{Findings: g.describe(c, where, begun.Sub(start), time.Since(begun))}
}

// CheckEmbedder calls the embedding model of o once, and says what vectors it gives or what is wrong.
func CheckEmbedder(ctx context.Context, o EmbedderOptions, outside *http.Client) Report {
	e, err := NewEmbedder(o, outside)
	if err != nil {
		return Report{Wrong: asError(err)}
	}
	base, err := o.address()
	if err != nil {
		return Report{Wrong: asError(err)}
	}
	within, cancel := context.WithTimeoutCause(ctx, e.options.Documents, errTooSlow)
	defer cancel()
	start := time.Now()
	c := &call{}
	vectors, err := e.remote.EmbedDocuments(c.in(within), []string{"Compte rendu."})
	if ctx.Err() != nil {
		return Report{Wrong: qa.E(qa.Canceled, "canceled").Because(ctx.Err())}
	}
	if f := e.judge(within, c, err, vectors); f != nil {
		return Report{Wrong: e.client.diagnose(ctx, f, base.String())}
	}
	return Report{Findings: []qa.Finding{
		{Code: "model_check_answers", Args: []any{o.Model, base.String()}},
		{Code: "model_check_vectors", Args: []any{e.Dimensions(), time.Since(start).Milliseconds()}},
	}}
}

// describe says how the server answered.
func (g *Generator) describe(c *call, where string, first, rest time.Duration) []qa.Finding {
	used := c.spent(estimateAll(checkPrompt()))
	rate := float64(used.completion) / max(rest, time.Millisecond).Seconds()
	c.mu.Lock()
	defer c.mu.Unlock()
	choose := func(ok bool, yes, no string) qa.Finding {
		if ok {
			return qa.Finding{Code: yes}
		}
		return qa.Finding{Code: no}
	}
	found := []qa.Finding{
		{Code: "model_check_answers", Args: []any{g.options.Model, where}},
		{Code: "model_check_first", Args: []any{first.Milliseconds()}},
		choose(c.streamed, "model_check_streams", "model_check_whole"),
		choose(c.used != nil, "model_check_usage", "model_check_no_usage"),
		choose(c.marked, "model_check_end", "model_check_no_end"),
	}
	if c.streamed {
		found = append(found[:2], append([]qa.Finding{{Code: "model_check_rate", Args: []any{rate}}}, found[2:]...)...)
	}
	return found
}

// diagnose says what is wrong with a configuration by how the server failed.
func (c *client) diagnose(ctx context.Context, f *failure, where string) *qa.Error {
	because := func(e *qa.Error) *qa.Error { return e.Because(f.told) }
	switch f.reason {
	case refusedReason:
		return because(qa.E(qa.Unavailable, "model_nobody", where))
	case hostReason:
		return because(qa.E(qa.Unavailable, "model_host_unknown", where))
	case certificateReason:
		return because(qa.E(qa.Unavailable, "model_certificate", where))
	case addressReason:
		return because(qa.E(qa.Invalid, "model_address_refused", where))
	case htmlReason:
		if f.status < 500 {
			return because(qa.E(qa.NotFound, "model_no_server", where))
		}
	}
	switch {
	case (f.status == http.StatusUnauthorized || f.status == http.StatusForbidden) && !c.server.Key.Set():
		return because(qa.E(qa.Unauthenticated, "model_key_needed", where))
	case f.status == http.StatusUnauthorized, f.status == http.StatusForbidden:
		return because(qa.E(qa.Unauthenticated, "model_key_refused", where))
	case f.status >= 400 && f.status < 500 && f.told.Code == "model_refused":
		return because(c.unknown(ctx, f, where))
	case f.status >= 300 && f.status < 400:
		return because(qa.E(qa.Invalid, "model_address_refused", where))
	case f.told.Code == "model_broken" && f.said != "":
		return because(qa.E(qa.Unavailable, "model_said_error", where, f.said))
	case f.status >= 500 && f.told.Code == "model_down":
		return because(qa.E(qa.Unavailable, "model_ill", where, f.status))
	}
	return f.told
}

// unknown tells a model that the server does not have from an address where there is no server of models.
func (c *client) unknown(ctx context.Context, f *failure, where string) *qa.Error {
	names, err := c.offered(ctx, where)
	switch {
	case err == nil && len(names) > 0 && !has(names, c.server.Model):
		return qa.E(qa.NotFound, "model_unknown", c.server.Model, where, strings.Join(names[:min(len(names), 20)], ", "))
	case f.status == http.StatusNotFound && err != nil:
		return qa.E(qa.NotFound, "model_no_server", where)
	}
	return qa.E(qa.Unavailable, "model_said_no", where, f.status, f.said)
}

// has finds the name of a model; Ollama's may lack the tag that stands for the latest.
func has(names []string, name string) bool {
	for _, n := range names {
		if n == name || n == name+":latest" {
			return true
		}
	}
	return false
}

// offered lists the models of the server.
func (c *client) offered(ctx context.Context, where string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listTime)
	defer cancel()
	path := "/models"
	if c.server.Kind == Ollama {
		path = "/api/tags"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, where+path, nil)
	if err != nil {
		return nil, err
	}
	if c.server.Key.Set() {
		r.Header.Set("Authorization", "Bearer "+c.server.Key.reveal())
	}
	w, err := c.transport.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer w.Body.Close()
	type entry struct{ ID, Name string }
	var list struct{ Data, Models []entry }
	if w.StatusCode != http.StatusOK {
		return nil, errors.New(w.Status)
	}
	if err := json.NewDecoder(io.LimitReader(w.Body, maxEvent)).Decode(&list); err != nil {
		return nil, err
	}
	var names []string
	for _, m := range append(list.Data, list.Models...) {
		if name := clip(c.server.Key.hide(m.ID + m.Name)); name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}

// asError gives the qa.Error that err is.
func asError(err error) *qa.Error {
	var e *qa.Error
	if errors.As(err, &e) {
		return e
	}
	return qa.E(qa.Internal, "internal").Because(err)
}
