package config

import "time"

// Model names the model that writes answers: the section [models.default] of the file. The help texts are the caller's
// variables for kong, as for every flag.
type Model struct {
	Kind         string        `group:"settings" key:"models.default.kind" enum:"openai,albert,mistral,ollama" default:"openai" env:"RAPPORTEUR_MODEL_KIND" help:"${help_model_kind}"`
	BaseURL      string        `group:"settings" key:"models.default.base_url" name:"base-url" env:"RAPPORTEUR_MODEL_BASE_URL" placeholder:"URL" help:"${help_model_base_url}"`
	Name         string        `group:"settings" key:"models.default.model" env:"RAPPORTEUR_MODEL_NAME" placeholder:"NAME" help:"${help_model_name}"`
	KeyEnv       string        `group:"settings" key:"models.default.key_env" default:"RAPPORTEUR_MODEL_KEY" env:"RAPPORTEUR_MODEL_KEY_ENV" help:"${help_model_key_env}"`
	KeyFile      string        `group:"settings" key:"models.default.key_file" env:"RAPPORTEUR_MODEL_KEY_FILE" placeholder:"FILE" help:"${help_model_key_file}"`
	FirstToken   time.Duration `group:"settings" key:"models.default.first_token" default:"10s" env:"RAPPORTEUR_MODEL_FIRST_TOKEN" help:"${help_model_first}"`
	Timeout      time.Duration `group:"settings" key:"models.default.timeout" default:"120s" env:"RAPPORTEUR_MODEL_TIMEOUT" help:"${help_model_timeout}"`
	Concurrency  int           `group:"settings" key:"models.default.concurrency" default:"4" env:"RAPPORTEUR_MODEL_CONCURRENCY" help:"${help_model_places}"`
	MaxTokens    int           `group:"settings" key:"models.default.max_tokens" default:"1024" env:"RAPPORTEUR_MODEL_MAX_TOKENS" help:"${help_model_tokens}"`
	Context      int           `group:"settings" key:"models.default.context" default:"8192" env:"RAPPORTEUR_MODEL_CONTEXT" help:"${help_model_context}"`
	Prompts      string        `group:"settings" key:"models.default.prompts" env:"RAPPORTEUR_MODEL_PROMPTS" placeholder:"DIR" help:"${help_model_prompts}"`
	TokensPerDay int64         `group:"settings" key:"models.default.tokens_per_day" default:"0" env:"RAPPORTEUR_MODEL_TOKENS_PER_DAY" help:"${help_model_budget}"`
}

// The tokens of a context that are not for passages, and the bytes of French text that a token holds at least.
const (
	promptTokens  = 1500
	bytesPerToken = 3
)

// PassageBytes is how much text of passages fits in the context with the rest of the prompt and the answer.
func (m Model) PassageBytes() int {
	return max(m.Context-m.MaxTokens-promptTokens, m.Context/4) * bytesPerToken
}

// Embedder names the remote encoder: the section [models.embedder].
type Embedder struct {
	Kind           string `group:"settings" key:"models.embedder.kind" enum:"openai,albert,mistral,ollama" default:"openai" env:"RAPPORTEUR_EMBEDDER_KIND" help:"${help_embedder_kind}"`
	BaseURL        string `group:"settings" key:"models.embedder.base_url" name:"base-url" env:"RAPPORTEUR_EMBEDDER_BASE_URL" placeholder:"URL" help:"${help_embedder_url}"`
	Name           string `group:"settings" key:"models.embedder.model" env:"RAPPORTEUR_EMBEDDER_NAME" placeholder:"NAME" help:"${help_embedder_name}"`
	KeyEnv         string `group:"settings" key:"models.embedder.key_env" default:"RAPPORTEUR_EMBEDDER_KEY" env:"RAPPORTEUR_EMBEDDER_KEY_ENV" help:"${help_embedder_env}"`
	KeyFile        string `group:"settings" key:"models.embedder.key_file" env:"RAPPORTEUR_EMBEDDER_KEY_FILE" placeholder:"FILE" help:"${help_embedder_file}"`
	Dimensions     int    `group:"settings" key:"models.embedder.dimensions" default:"0" env:"RAPPORTEUR_EMBEDDER_DIMENSIONS" help:"${help_embedder_size}"`
	QueryPrefix    string `group:"settings" key:"models.embedder.query_prefix" env:"RAPPORTEUR_EMBEDDER_QUERY_PREFIX" help:"${help_embedder_query}"`
	DocumentPrefix string `group:"settings" key:"models.embedder.document_prefix" env:"RAPPORTEUR_EMBEDDER_DOCUMENT_PREFIX" help:"${help_embedder_text}"`
}
