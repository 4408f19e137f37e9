package model

import (
	"errors"
	"sync"
	"time"
	"unicode/utf8"

	"rapporteur/qa"
)

// meter counts the tokens of a model's key, day by day. The count is that of one process, from its start.
type meter struct {
	now   func() time.Time
	limit int64

	mu       sync.Mutex
	used     qa.TokenUsage
	reserved int64 // by the prompts of calls on their way
}

// reserve keeps n tokens for a call that is about to be made: model_quota when the day's are spent.
func (m *meter) reserve(n int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn()
	if m.limit > 0 && m.used.Total()+m.reserved+n > m.limit {
		return quota(errors.New("the tokens of the day are spent")).told
	}
	m.reserved += n
	return nil
}

// spend counts a call for which n tokens were reserved.
func (m *meter) spend(n int64, t tokens) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn()
	m.reserved -= n
	m.used.Prompt += t.prompt
	m.used.Completion += t.completion
	if t.estimated {
		m.used.Estimated += t.prompt + t.completion
	}
}

// usage is that of today.
func (m *meter) usage() qa.TokenUsage {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn()
	return m.used
}

// turn begins a new day.
func (m *meter) turn() {
	if day := m.now().Format(time.DateOnly); day != m.used.Day {
		m.used = qa.TokenUsage{Day: day, Limit: m.limit}
	}
}

// tokens are those of one call.
type tokens struct {
	prompt, completion int64
	estimated          bool
}

// lettersPerToken is a low estimate for French in the tokenizers of current models, so that budgets err on the safe
// side.
const lettersPerToken = 3

// estimate counts the tokens of a text, roughly.
func estimate(text string) int64 {
	return int64((utf8.RuneCountInString(text) + lettersPerToken - 1) / lettersPerToken)
}

// estimateAll counts the tokens of a prompt, with those that chat templates put around each message.
func estimateAll(messages []qa.Message) int64 {
	var n int64
	for _, m := range messages {
		n += estimate(m.Content) + 4
	}
	return n
}
