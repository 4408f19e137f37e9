package model

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"

	"rapporteur/qa"
)

// call is what happened on the wire in one call of a server. langchaingo tells neither why a call failed nor whether
// its answer had an end, so the transport notes both here; it reads on a goroutine of langchaingo's, hence the lock.
type call struct {
	token func() // called at each sign of the model's work
	end   func() // called once, when the answer has its end

	mu       sync.Mutex
	failure  *failure
	begun    bool   // the model has begun to write, thoughts included
	ended    bool   // an end mark or a finish reason came
	marked   bool   // the end mark came
	streamed bool   // the answer came in pieces
	finish   string // why the model stopped, "" where it does not say
	used     *tokens
	text     strings.Builder
}

// callKey is where a context holds its call.
type callKey struct{}

func (c *call) in(ctx context.Context) context.Context { return context.WithValue(ctx, callKey{}, c) }

// callOf gives the call of a context; one that has none is watched for nobody.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// fail notes the first failure.
func (c *call) fail(f *failure) *failure {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		c.failure = f
	}
	return f
}

// note takes one piece of an answer and gives the text of it that readers may see.
func (c *call) note(p piece, clean *cleaner) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.used != nil {
		c.used = p.used
	}
	if p.text != "" || p.thought {
		c.begun = true
		if c.token != nil {
			c.token()
		}
	}
	text := clean.write(p.text)
	if p.finish != "" || p.end {
		text += clean.close()
		c.finish, c.marked = cmp.Or(p.finish, c.finish), c.marked || p.end
		if !c.ended && c.end != nil {
			c.end()
		}
		c.ended = true
	}
	c.streamed = c.streamed || p.streamed
	c.text.WriteString(text)
	return text
}

// verdict is what became of the call, nil when its answer is whole.
func (c *call) verdict() *failure {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil {
		return c.failure
	}
	if !c.ended {
		return broken("the answer has no end mark")
	}
	switch c.finish {
	case "length", "model_length", "max_tokens":
		return fail(qa.Unavailable, "model_cut", errors.New("the answer reached its longest length"))
	case "content_filter", "safety":
		return fail(qa.Unavailable, "model_filtered", errors.New("the server filtered the answer"))
	case "tool_calls", "function_call", "error", "abort":
		return broken("the answer ended with " + c.finish)
	}
	if strings.TrimSpace(c.text.String()) == "" {
		return broken("the answer is empty")
	}
	return nil
}

// spent counts the tokens of the call: none for one that the model did not begin.
func (c *call) spent(prompt int64) tokens {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.used != nil:
		return *c.used
	case c.begun:
		return tokens{prompt: prompt, completion: estimate(c.text.String()), estimated: true}
	}
	return tokens{}
}

// started reports whether the model had begun to write: nothing is asked twice from then on.
func (c *call) started() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun
}

// whole reports whether the answer has its end.
func (c *call) whole() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}
