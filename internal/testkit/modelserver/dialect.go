package modelserver

import (
	"slices"
	"time"
)

// openAI sends events of chat.completion.chunk.
type openAI struct{}

func (openAI) contentType() string { return "text/event-stream" }

func (openAI) event(model string, delta map[string]string, finish any) []byte {
	return event(map[string]any{"id": "x", "object": "chat.completion.chunk", "model": model,
		"choices": []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish}}})
}

func (d openAI) piece(model, text string) []byte {
	return d.event(model, map[string]string{"content": text}, nil)
}

func (d openAI) end(model, finish string, u counts, counted bool) []byte {
	b := d.event(model, map[string]string{}, finish)
	if counted {
		b = append(b, event(map[string]any{"id": "x", "object": "chat.completion.chunk", "model": model, "choices": []any{}, "usage": u})...)
	}
	return append(b, "data: [DONE]\n\n"...)
}

func (openAI) whole(model, text, finish string, u counts) []byte {
	return mustJSON(map[string]any{"id": "x", "object": "chat.completion", "model": model, "usage": u, "choices": []any{
		map[string]any{"index": 0, "message": Message{"assistant", text}, "finish_reason": finish}}})
}

func event(v any) []byte { return slices.Concat([]byte("data: "), mustJSON(v), []byte("\n\n")) }

// ollama sends a JSON object a line.
type ollama struct{}

func (ollama) contentType() string { return "application/x-ndjson" }

type ollamaLine struct {
	Model      string    `json:"model"`
	CreatedAt  time.Time `json:"created_at"`
	Message    Message   `json:"message"`
	Done       bool      `json:"done"`
	Reason     string    `json:"done_reason,omitempty"`
	Prompt     int       `json:"prompt_eval_count,omitempty"`
	Completion int       `json:"eval_count,omitempty"`
}

func (ollama) piece(model, text string) []byte {
	return append(mustJSON(ollamaLine{Model: model, CreatedAt: time.Now(), Message: Message{"assistant", text}}), '\n')
}

func (ollama) end(model, finish string, u counts, counted bool) []byte {
	l := ollamaLine{Model: model, CreatedAt: time.Now(), Message: Message{Role: "assistant"}, Done: true, Reason: finish}
	if counted {
		l.Prompt, l.Completion = u.Prompt, u.Completion
	}
	return append(mustJSON(l), '\n')
}

func (ollama) whole(model, text, finish string, u counts) []byte {
	return append(mustJSON(ollamaLine{Model: model, CreatedAt: time.Now(), Message: Message{"assistant", text}, Done: true,
		Reason: finish, Prompt: u.Prompt, Completion: u.Completion}), '\n')
}
