package model

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/internal/testkit"
	"rapporteur/internal/testkit/modelserver"
)

// TestBodies asks a server that sends each of the bodies of ../shared: what text comes of it, and which error.
func TestBodies(t *testing.T) {
	t.Parallel()
	folder := testkit.Shared(t, "data/hostile/own/sse")
	cases := map[string]struct{ text, code string }{
		"bogus_citations":         {"Le taux est de 34 % [1] et [99] et [doc:secret.pdf].", ""}, // for who verifies citations
		"content_filter":          {"", "model_filtered"},
		"crlf_and_comments":       {"ok", ""},
		"double_done_then_data":   {"ok", ""},
		"empty_body":              {"", "model_broken"},
		"empty_choices_and_usage": {"ok", ""},
		"error_first":             {"", "model_quota"}, // its event has the code 429
		"error_mid_stream":        {"début", "model_broken"},
		"exfil_image":             {"Voici : ![x](http://127.0.0.1:9/canary?d=SECRET)", ""},
		"exfil_ref_split":         {"Voir [note][r]\n\n[r]: http://127.0.0.1:9/canary?d=SECRET", ""},
		"finish_length":           {"coup", "model_cut"},
		"html_instead":            {"", "model_broken"},
		"invalid_json_event":      {"a", "model_broken"},
		"invalid_utf8":            {"", "model_broken"}, // nothing is left of it
		"long_single_event_2MB":   {"", "model_broken"},
		"multi_data_lines":        {"ok", ""},
		"multiple_indexes":        {"A", ""},
		"no_space_after_colon":    {"ok", ""},
		"nul_bytes":               {"ab", ""},
		"null_content":            {"ok", ""},
		"ok":                      {"Bonjour", ""},
		"only_keepalives":         {"", "model_broken"},
		"reasoning_content":       {"ok", ""},
		"repeat_loop":             {"", ""}, // its text is checked below
		"script_split":            {"<script>alert(1)</script>", ""},
		"think_tags":              {"Réponse", ""},
		"tool_calls_unexpected":   {"", "model_broken"},
		"truncated_mid_json":      {"La réponse", "model_broken"},
		"truncated_no_done":       {"La réponse est que le", "model_broken"},
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.sse"))
	if err != nil || len(files) != len(cases) {
		t.Fatalf("%d bodies, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sse")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, known := cases[name]
			if !known {
				t.Fatal("no line for this body")
			}
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := modelserver.New(t)
			s.Raw(body)
			text, code := ask(t.Context(), t, generator(t, s, Options{FirstToken: 2 * time.Second}))
			if name == "repeat_loop" {
				if strings.ReplaceAll(text, "bla ", "") != "" {
					t.Errorf("text %q", text)
				}
				want.text = text
				if code != "model_broken" { // it has no end
					t.Errorf("code %q", code)
				}
				return
			}
			if text != want.text || code != want.code {
				t.Errorf("%q %q, want %q %q", text, code, want.text, want.code)
			}
		})
	}
}
