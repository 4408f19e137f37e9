package model

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"

	"rapporteur/qa"
)

// afterEnd is how long a server may take to end its answer after it gave the reason for its end.
const afterEnd = time.Second

// Generator writes with a language model. It is safe for concurrent use.
type Generator struct {
	options Options
	client  *client
	meter   *meter
	llm     llms.Model
	call    []llms.CallOption
}

// NewGenerator makes a Generator that calls through outside; nothing is called yet. Errors: Invalid model_unset,
// model_url_invalid, model_kind_unknown.
func NewGenerator(o Options, outside *http.Client) (*Generator, error) {
	o.setDefaults()
	base, err := o.address()
	if err != nil {
		return nil, err
	}
	g := &Generator{options: o, client: newClient(o.Server, outside, o.Concurrency, o.Wait)}
	g.meter = &meter{now: func() time.Time { return g.client.now() }, limit: o.DailyTokens}
	g.llm, err = newModel(o.Server, base, g.client.http, o.Context)
	// Nothing of an answer is left to chance.
	g.call = []llms.CallOption{llms.WithTemperature(0), llms.WithMaxTokens(o.MaxTokens)}
	if base.Host != "api.openai.com" {
		g.call = append(g.call, openai.WithLegacyMaxTokensField()) // the newer name is OpenAI's alone
	}
	return g, err
}

// noToken stands for the key, which the transport adds: langchaingo wants one, and takes it from the environment
// otherwise.
const noToken = "none"

func newModel(s Server, base *url.URL, c *http.Client, window int) (llms.Model, error) {
	switch s.Kind {
	case "", OpenAI, Albert, Mistral:
		return openai.New(openai.WithBaseURL(base.String()), openai.WithModel(s.Model), openai.WithToken(noToken), openai.WithHTTPClient(c))
	case Ollama:
		return ollama.New(ollama.WithServerURL(base.String()), ollama.WithModel(s.Model), ollama.WithHTTPClient(c), ollama.WithRunnerNumCtx(window))
	}
	return nil, qa.E(qa.Invalid, "model_kind_unknown", string(s.Kind))
}

// Generate has the model continue messages; emit gets each piece of text as it comes: valid UTF-8 without control
// characters or the model's thoughts, not yet verified by anyone. An error of emit ends the work and is returned, as
// is that of ctx. All others are *qa.Error, Unavailable but for the Exhausted model_busy and model_quota:
// model_down, model_slow, model_paused, model_refused, model_context, model_broken, model_cut, model_filtered.
func (g *Generator) Generate(ctx context.Context, messages []qa.Message, emit func(text string) error) error {
	prompt := estimateAll(messages)
	if g.options.Kind == Ollama && prompt > int64(g.options.Context) {
		// Ollama cuts the beginning off a prompt that is too long, and says nothing.
		return qa.E(qa.Unavailable, "model_context")
	}
	if err := g.meter.reserve(prompt); err != nil {
		return err
	}
	var used tokens
	defer func() { g.meter.spend(prompt, used) }()

	limit, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	giveUp := func() { cancel(errTooSlow) }
	whole, next := time.AfterFunc(g.options.Whole, giveUp), time.AfterFunc(g.options.FirstToken, giveUp)
	defer whole.Stop()
	defer next.Stop()

	var refusal error // of emit
	deadline := g.client.now().Add(g.options.FirstToken)
	err := g.client.do(ctx, maxRetries, deadline, func() *failure {
		c := &call{token: func() { next.Reset(g.options.Idle) }, end: func() { next.Reset(afterEnd) }}
		f := g.try(limit, c, messages, func(text string) error {
			refusal = emit(text)
			return refusal
		})
		used = c.spent(prompt)
		if refusal != nil {
			return nil
		}
		return f
	})
	if refusal != nil {
		return refusal
	}
	return err
}

// try makes one call.
func (g *Generator) try(ctx context.Context, c *call, messages []qa.Message, emit func(string) error) *failure {
	options := append([]llms.CallOption{llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
		if len(chunk) == 0 {
			return nil
		}
		return emit(string(chunk))
	})}, g.call...)
	_, err := g.llm.GenerateContent(c.in(ctx), contents(messages), options...)
	f := c.verdict()
	switch {
	case c.whole() && (f == nil || f.told.Code != "model_down"):
	case errors.Is(context.Cause(ctx), errTooSlow):
		f = slow(errTooSlow)
	case f == nil && err != nil:
		f = broken("langchaingo: " + clip(g.options.Key.hide(err.Error())))
	}
	if f != nil {
		f.begun = c.started()
		f.again = f.again && !f.begun
	}
	return f
}

// contents gives messages as langchaingo wants them.
func contents(messages []qa.Message) []llms.MessageContent {
	roles := map[qa.Role]llms.ChatMessageType{qa.RoleSystem: llms.ChatMessageTypeSystem, qa.RoleAssistant: llms.ChatMessageTypeAI}
	out := make([]llms.MessageContent, len(messages))
	for i, m := range messages {
		role, ok := roles[m.Role]
		if !ok {
			role = llms.ChatMessageTypeHuman
		}
		out[i] = llms.TextParts(role, m.Content)
	}
	return out
}

// Usage gives the tokens of today.
func (g *Generator) Usage() qa.TokenUsage { return g.meter.usage() }

// State tells how the model is, for who watches the service.
func (g *Generator) State() qa.ModelState { return g.client.state(g.Usage()) }

// Context is how many tokens prompt and answer may have together.
func (g *Generator) Context() int { return g.options.Context }
