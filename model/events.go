package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// events reads an answer in OpenAI's protocol: server-sent events, or one JSON object where the server does not
// stream.
type events struct {
	lines
	begun bool
	queue []string // data of events that were read
}

func (e *events) next() (piece, error) {
	if !e.begun {
		e.begun = true
		first, err := e.first()
		switch {
		case err != nil:
			return piece{}, err
		case first == '<':
			return piece{}, htmlFailure()
		case first == '{', first == '[':
			return e.whole()
		}
	}
	for len(e.queue) == 0 {
		if err := e.event(); err != nil {
			return piece{}, err
		}
	}
	data := e.queue[0]
	e.queue = e.queue[1:]
	if data == "[DONE]" {
		return piece{end: true, streamed: true}, nil
	}
	p, err := chunkOf([]byte(data))
	p.streamed = true
	return p, err
}

// htmlFailure is that of an address where a web site is.
func htmlFailure() *failure {
	f := broken("HTML in place of an answer")
	f.reason = htmlReason
	return f
}

// event reads the lines of one event into the queue.
func (e *events) event() error {
	var data []string
	name := ""
	for {
		line, err := e.lines.next()
		field, value, _ := strings.Cut(string(line), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case field == "data":
			data = append(data, value)
		case field == "event":
			name = value
		}
		if err == nil && len(line) > 0 {
			continue
		}
		if e.queue = split(data); name == "error" && len(data) > 0 {
			return eventFailure(errorOf(strings.Join(data, "\n")))
		}
		if len(e.queue) > 0 && errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}

// split joins the lines of an event, as the standard says, unless each is whole in itself: some servers leave out
// the empty lines between events.
func split(data []string) []string {
	joined := strings.TrimSpace(strings.Join(data, "\n"))
	if joined == "" {
		return nil
	}
	single := func(s string) bool { return s == "[DONE]" || json.Valid([]byte(s)) }
	if len(data) > 1 && !single(joined) && !slices.ContainsFunc(data, func(s string) bool { return !single(strings.TrimSpace(s)) }) {
		return data
	}
	return []string{joined}
}

// errorOf gives the error within the data of an error event, as JSON.
func errorOf(data string) json.RawMessage {
	var c chunk
	switch {
	case json.Unmarshal([]byte(data), &c) == nil && present(c.Error):
		return c.Error
	case json.Valid([]byte(data)):
		return json.RawMessage(data)
	}
	quoted, err := json.Marshal(data)
	if err != nil {
		return nil
	}
	return quoted
}

// whole reads an answer that was not streamed.
func (e *events) whole() (piece, error) {
	b, err := e.all()
	if err != nil {
		return piece{}, err
	}
	p, err := chunkOf(b)
	p.end = err == nil
	return p, err
}

// chunk is an event of a stream, or a whole answer.
type chunk struct {
	Object  string
	Error   json.RawMessage
	Message json.RawMessage // of an error that is the whole event
	Code    json.RawMessage
	Usage   *struct {
		Prompt     int64 `json:"prompt_tokens"`
		Completion int64 `json:"completion_tokens"`
	}
	Choices []struct {
		Index        int
		Delta        content
		Message      content
		FinishReason *string `json:"finish_reason"`
	}
}

// content is what a model writes, and what it thinks.
type content struct {
	Content   json.RawMessage
	Reasoning json.RawMessage
	Thoughts  json.RawMessage `json:"reasoning_content"`
}

// chunkOf reads one event; only the first choice counts.
func chunkOf(data []byte) (piece, error) {
	var c chunk
	if err := json.Unmarshal(data, &c); err != nil {
		return piece{}, broken("an event that is no JSON of a chat")
	}
	switch {
	case present(c.Error):
		return piece{}, eventFailure(c.Error)
	case c.Object == "error":
		return piece{}, eventFailure(data)
	case len(c.Choices) == 0 && c.Usage == nil && c.Object == "" && present(c.Message):
		return piece{}, eventFailure(data)
	}
	var p piece
	if c.Usage != nil && (c.Usage.Prompt > 0 || c.Usage.Completion > 0) {
		p.used = &tokens{prompt: c.Usage.Prompt, completion: c.Usage.Completion}
	}
	for _, choice := range c.Choices {
		if choice.Index != 0 {
			continue
		}
		for _, written := range []content{choice.Delta, choice.Message} {
			text, thought, err := read(written.Content)
			if err != nil {
				return piece{}, err
			}
			p.text += text
			p.thought = p.thought || thought || present(written.Reasoning) || present(written.Thoughts)
		}
		if choice.FinishReason != nil {
			p.finish = *choice.FinishReason
		}
	}
	return p, nil
}

// read gives the text of a content: a string, or parts of which some are thoughts, as Mistral's models write them.
func read(raw json.RawMessage) (text string, thought bool, err error) {
	if !present(raw) {
		return "", false, nil
	}
	if json.Unmarshal(raw, &text) == nil {
		return text, false, nil
	}
	var parts []struct{ Type, Text string }
	if json.Unmarshal(raw, &parts) != nil {
		return "", false, broken("a content that is no text")
	}
	for _, p := range parts {
		if p.Type == "text" {
			text += p.Text
		} else {
			thought = true
		}
	}
	return text, thought, nil
}

// present reports a field that is there with a value.
func present(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 0 && !bytes.Equal(raw, []byte("null")) && !bytes.Equal(raw, []byte(`""`))
}

// openAIWire writes events of OpenAI's protocol.
type openAIWire struct{}

func (openAIWire) text(s string) []byte {
	return slices.Concat([]byte(`data: {"choices":[{"index":0,"delta":{"content":`), quote(s), []byte("}}]}\n\n"))
}

func (openAIWire) last(finish string) []byte {
	return slices.Concat([]byte(`data: {"choices":[{"index":0,"delta":{},"finish_reason":`), quote(finish), []byte("}]}\n\ndata: [DONE]\n\n"))
}

// quote writes a string of valid UTF-8 as JSON, which cannot fail.
func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`)
	}
	return b
}

// objects reads an answer in Ollama's protocol: a JSON object a line.
type objects struct {
	lines
	begun bool
}

func (o *objects) next() (piece, error) {
	if !o.begun {
		o.begun = true
		if first, err := o.first(); err != nil {
			return piece{}, err
		} else if first == '<' {
			return piece{}, htmlFailure()
		}
	}
	for {
		line, err := o.lines.next()
		if len(bytes.TrimSpace(line)) > 0 {
			return object(line)
		}
		if err != nil {
			return piece{}, err
		}
	}
}

// object reads one line.
func object(line []byte) (piece, error) {
	var l struct {
		Error   json.RawMessage
		Message struct{ Content, Thinking string }
		Done    bool
		Reason  string `json:"done_reason"`
		Prompt  int64  `json:"prompt_eval_count"`
		Count   int64  `json:"eval_count"`
	}
	if json.Unmarshal(line, &l) != nil {
		return piece{}, broken("a line that is no JSON of a chat")
	}
	if present(l.Error) {
		return piece{}, eventFailure(l.Error)
	}
	p := piece{text: l.Message.Content, thought: l.Message.Thinking != "", end: l.Done, finish: l.Reason, streamed: !l.Done}
	if l.Done && l.Prompt+l.Count > 0 {
		p.used = &tokens{prompt: l.Prompt, completion: l.Count}
	}
	return p, nil
}

// ollamaWire writes lines of Ollama's protocol.
type ollamaWire struct{}

func (ollamaWire) text(s string) []byte {
	return slices.Concat([]byte(`{"message":{"role":"assistant","content":`), quote(s), []byte("},\"done\":false}\n"))
}

func (ollamaWire) last(finish string) []byte {
	return slices.Concat([]byte(`{"message":{"role":"assistant","content":""},"done":true,"done_reason":`), quote(finish), []byte("}\n"))
}
