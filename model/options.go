// Package model talks to language and embedding models on other machines, through langchaingo: any server of
// OpenAI's protocol (vLLM, llama.cpp, LM Studio), Albert API, Mistral and Ollama. Whatever such a server does, a
// caller gets clean text and one error with a stable code: what langchaingo hides of an answer is watched below it,
// on the wire (docs/dependencies.md lists what that is).
package model

import (
	"net/url"
	"strings"
	"time"

	"rapporteur/qa"
)

// Kind is the protocol of a server and its habits.
type Kind string

// The kinds of server.
const (
	OpenAI  Kind = "openai"
	Albert  Kind = "albert"
	Mistral Kind = "mistral"
	Ollama  Kind = "ollama"
)

// Server says where a model is.
type Server struct {
	Kind    Kind   // "" means OpenAI
	BaseURL string // without /chat/completions; "" means the provider's own address
	Model   string // as the server names it
	Key     Secret // the zero Secret sends none
}

// Options are the settings of a Generator; zero values are replaced by the defaults given.
type Options struct {
	Server
	FirstToken  time.Duration // longest wait for the first token, retries included: 10 s
	Whole       time.Duration // longest time of an answer: 120 s
	Idle        time.Duration // longest wait for the next token: 20 s
	Wait        time.Duration // longest wait for a free place: 2 s
	Concurrency int           // calls at the same time: 4
	MaxTokens   int           // longest answer: 1024
	Context     int           // tokens of prompt and answer together: 8192; Ollama is told so
	DailyTokens int64         // tokens a day, prompts included; 0 is no limit
}

func (o *Options) setDefaults() {
	o.FirstToken = positive(o.FirstToken, 10*time.Second)
	o.Whole = positive(o.Whole, 2*time.Minute)
	o.Idle = positive(o.Idle, 20*time.Second)
	o.Wait = positive(o.Wait, 2*time.Second)
	o.Concurrency = positive(o.Concurrency, 4)
	o.MaxTokens = positive(o.MaxTokens, 1024)
	o.Context = positive(o.Context, 8192)
}

// positive gives the default for what is not set, and for what no setting can be.
func positive[T int | time.Duration](v, fallback T) T {
	if v <= 0 {
		return fallback
	}
	return v
}

// EmbedderOptions are the settings of an Embedder; zero values are replaced by the defaults given.
type EmbedderOptions struct {
	Server
	Dimensions     int           // of the vectors; 0 when not known yet
	QueryPrefix    string        // what the model wants before a question
	DocumentPrefix string        // and before a passage
	Batch          int           // texts a call: 32
	Query          time.Duration // longest wait for the vector of a question: 2 s
	Documents      time.Duration // longest wait for those of a batch: 60 s
	Wait           time.Duration // longest wait for a free place: 2 s
	Concurrency    int           // calls at the same time: 4
}

func (o *EmbedderOptions) setDefaults() {
	o.Batch = positive(o.Batch, 32)
	o.Query = positive(o.Query, 2*time.Second)
	o.Documents = positive(o.Documents, time.Minute)
	o.Wait = positive(o.Wait, 2*time.Second)
	o.Concurrency = positive(o.Concurrency, 4)
}

// address gives the base URL in the spelling that langchaingo wants: OpenAI's protocol is under /v1 unless said
// otherwise, Ollama's at the root. Invalid model_unset and model_url_invalid.
func (s Server) address() (*url.URL, error) {
	if s.Model == "" {
		return nil, qa.E(qa.Invalid, "model_unset")
	}
	base := s.BaseURL
	if base == "" {
		base = map[Kind]string{Albert: "https://albert.api.etalab.gouv.fr/v1", Mistral: "https://api.mistral.ai/v1",
			Ollama: "http://127.0.0.1:11434"}[s.Kind]
	}
	if base == "" {
		return nil, qa.E(qa.Invalid, "model_unset")
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, qa.E(qa.Invalid, "model_url_invalid") // without its cause, which repeats an address that may hold a password
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/chat/completions"), "/embeddings")
	switch {
	case s.Kind == Ollama:
		u.Path = strings.TrimSuffix(u.Path, "/v1")
	case u.Path == "":
		u.Path = "/v1"
	}
	return u, nil
}

// Secret is a key that no print, log or dump shows: formatting prints the addresses of functions, never what they
// return.
type Secret struct{ reveal func() string }

// NewSecret keeps a key; white space around it, as at the end of a file, is no part of it.
func NewSecret(key string) Secret {
	if key = strings.TrimSpace(key); key == "" {
		return Secret{}
	}
	return Secret{func() string { return key }}
}

// Set reports whether there is a key.
func (s Secret) Set() bool { return s.reveal != nil }

// hide takes the key out of a text that a server sent.
func (s Secret) hide(text string) string {
	if s.reveal == nil {
		return text
	}
	return strings.ReplaceAll(text, s.reveal(), "[key]")
}
