package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rapporteur/ingest/chunk"
	"rapporteur/internal/config"
	"rapporteur/locale"
)

// settings are what an administrator may set, on every command; docs/settings.md lists them.
type settings struct {
	Config                string        `name:"config" env:"RAPPORTEUR_CONFIG" placeholder:"FILE" help:"${help_config}"`
	Data                  string        `group:"settings" default:"./rapporteur-data" env:"RAPPORTEUR_DATA" placeholder:"DIR" help:"${help_data}"`
	Database              string        `group:"settings" env:"RAPPORTEUR_DATABASE" placeholder:"DSN" help:"${help_database}"`
	Originals             string        `group:"settings" env:"RAPPORTEUR_ORIGINALS" placeholder:"DIR|URL" help:"${help_originals}"`
	Cache                 string        `group:"settings" env:"RAPPORTEUR_CACHE" placeholder:"DIR" help:"${help_cache}"`
	Language              string        `group:"settings" env:"RAPPORTEUR_LANGUAGE" enum:"fr,en," default:"" help:"${help_language}"`
	LogLevel              slog.Level    `group:"settings" default:"info" env:"RAPPORTEUR_LOG_LEVEL" help:"${help_log_level}"`
	LogQuestions          bool          `group:"settings" env:"RAPPORTEUR_LOG_QUESTIONS" help:"${help_log_questions}"`
	MaxUpload             int64         `group:"settings" default:"50" env:"RAPPORTEUR_MAX_UPLOAD" help:"${help_max_upload}"`
	Workers               int           `group:"settings" default:"2" env:"RAPPORTEUR_WORKERS" help:"${help_workers}"`
	PDFTimeout            time.Duration `group:"settings" name:"pdf-timeout" default:"120s" env:"RAPPORTEUR_PDF_TIMEOUT" help:"${help_pdf_timeout}"`
	PDFPage               time.Duration `group:"settings" name:"pdf-page-timeout" default:"20s" env:"RAPPORTEUR_PDF_PAGE_TIMEOUT" help:"${help_pdf_page}"`
	PDFMemory             int           `group:"settings" name:"pdf-memory" default:"256" env:"RAPPORTEUR_PDF_MEMORY" help:"${help_pdf_memory}"`
	OCR                   string        `group:"settings" name:"ocr" enum:"auto,off" default:"auto" env:"RAPPORTEUR_OCR" help:"${help_ocr}"`
	OCRTimeout            time.Duration `group:"settings" name:"ocr-timeout" default:"10m" env:"RAPPORTEUR_OCR_TIMEOUT" help:"${help_ocr_timeout}"`
	Encoder               string        `group:"settings" default:"builtin" env:"RAPPORTEUR_ENCODER" placeholder:"builtin|none|remote|FILE" help:"${help_encoder}"`
	AllowHosts            []string      `group:"settings" env:"RAPPORTEUR_ALLOW_HOSTS" help:"${help_allow_hosts}"`
	MaxQuestion           int           `group:"settings" default:"4000" env:"RAPPORTEUR_MAX_QUESTION" help:"${help_max_question}"`
	AskTimeout            time.Duration `group:"settings" default:"30s" env:"RAPPORTEUR_ASK_TIMEOUT" help:"${help_ask_timeout}"`
	Conversations         string        `group:"settings" enum:"on,off" default:"on" env:"RAPPORTEUR_CONVERSATIONS" help:"${help_conversations}"`
	ConversationRetention int           `group:"settings" name:"conversation-retention" default:"365" env:"RAPPORTEUR_CONVERSATION_RETENTION" placeholder:"DAYS" help:"${help_conversation_retention}"`
	Feedback              string        `group:"settings" enum:"on,off" default:"on" env:"RAPPORTEUR_FEEDBACK" help:"${help_feedback_setting}"`
	FeedbackRetention     int           `group:"settings" name:"feedback-retention" default:"365" env:"RAPPORTEUR_FEEDBACK_RETENTION" placeholder:"DAYS" help:"${help_feedback_retention}"`

	Model    config.Model    `embed:"" prefix:"model-"`
	Embedder config.Embedder `embed:"" prefix:"embedder-"`

	chunks      chunk.Splitter // of another size than the default, where sizes are compared
	vectorCache string         // folder of vectors made before; "" keeps none
	vectorIndex string         // where the vectors of PostgreSQL are compared; "" is indexAuto
	rebuild     bool           // vectors are made beside those in use, which may be another encoder's
}

// cacheDir is where compiled code is kept between runs: the user's cache, or the library itself
// where the user has none (a service account without a home).
func (s *settings) cacheDir() string {
	if s.Cache != "" {
		return s.Cache
	}
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "rapporteur")
	}
	return filepath.Join(s.Data, "cache")
}

// languageOf finds the language of messages before anything else is parsed: the flag, the variable,
// an English locale; French otherwise.
func languageOf(args []string, lookup func(string) (string, bool)) string {
	if v, ok := argument(args, "--language"); ok {
		return normalLanguage(v)
	}
	for _, env := range []string{"RAPPORTEUR_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v, ok := lookup(env); ok && v != "" {
			return normalLanguage(v)
		}
	}
	return locale.French
}

func normalLanguage(tag string) string {
	if strings.HasPrefix(strings.ToLower(tag), "en") {
		return locale.English
	}
	return locale.French
}

// configFile finds the settings file; one that was named must exist.
func configFile(args []string, lookup func(string) (string, bool)) (path string, required bool) {
	if v, ok := argument(args, "--config"); ok {
		return v, true
	}
	if v, ok := lookup("RAPPORTEUR_CONFIG"); ok && v != "" {
		return v, true
	}
	return "rapporteur.toml", false
}

// argument finds the value of a flag written as "--flag value" or "--flag=value".
func argument(args []string, flag string) (string, bool) {
	for i, a := range args {
		if a == "--" {
			break
		}
		if v, ok := strings.CutPrefix(a, flag+"="); ok {
			return v, true
		}
		if a == flag && i+1 < len(args) {
			return args[i+1], true
		}
	}
	return "", false
}
