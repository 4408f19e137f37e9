package model

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"

	"rapporteur/internal/testkit"
	"rapporteur/internal/testkit/modelserver"
)

// bare asks langchaingo with nothing of ours below it.
func bare(ctx context.Context, t *testing.T, llm llms.Model) (text string, err error) {
	t.Helper()
	var b strings.Builder
	_, err = llm.GenerateContent(ctx, contents(question), llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
		b.Write(chunk)
		return nil
	}))
	return b.String(), err
}

func bareOpenAI(t *testing.T, s *modelserver.Server) *openai.LLM {
	t.Helper()
	llm, err := openai.New(openai.WithBaseURL(s.URL+"/v1"), openai.WithModel(modelserver.Name), openai.WithEmbeddingModel("e"),
		openai.WithToken(testKey), openai.WithHTTPClient(direct(t)))
	if err != nil {
		t.Fatal(err)
	}
	return llm
}

// TestLimits shows what langchaingo alone makes of answers that this package takes for what they are: the reasons why
// the wire is watched below it, listed in docs/dependencies.md. When a newer version of it makes a line fail, that
// workaround can go.
func TestLimits(t *testing.T) {
	t.Parallel()
	folder := testkit.Shared(t, "data/hostile/own/sse")
	for name, want := range map[string]string{
		"truncated_no_done":     "La réponse est que le <nil>", // no end mark, no error
		"truncated_mid_json":    "La réponse <nil>",
		"error_first":           " <nil>", // an error event is skipped
		"error_mid_stream":      "début <nil>",
		"invalid_json_event":    "ab <nil>", // what is no JSON is skipped
		"html_instead":          " <nil>",
		"empty_body":            " <nil>",
		"finish_length":         "coup <nil>",
		"content_filter":        " <nil>",
		"multi_data_lines":      " <nil>", // the lines of an event are not joined
		"multiple_indexes":      "B <nil>",
		"nul_bytes":             "a\x00b <nil>",
		"invalid_utf8":          "\ufffd <nil>",
		"think_tags":            "<think>secret interne</think>Réponse <nil>",
		"tool_calls_unexpected": `[{"type":"","function":{"name":"delete_all","arguments":"{}"}}] <nil>`, // as if it were text
		"long_single_event_2MB": " error reading streaming response: bufio.Scanner: token too long",      // any event of 64 KiB
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(filepath.Join(folder, name+".sse"))
			if err != nil {
				t.Fatal(err)
			}
			s := modelserver.New(t)
			s.Raw(body)
			text, err := bare(t.Context(), t, bareOpenAI(t, s))
			if got := fmt.Sprint(text, " ", err); got != want {
				t.Errorf("%q, was %q", got, want)
			}
		})
	}
}

// TestMoreLimits are those of errors, keys and embeddings.
func TestMoreLimits(t *testing.T) {
	t.Parallel()
	s := modelserver.New(t)
	llm := bareOpenAI(t, s)

	s.EchoKey(http.StatusUnauthorized)
	if _, err := bare(t.Context(), t, llm); err == nil || !strings.Contains(err.Error(), testKey) {
		t.Errorf("a key that the server repeats was in the error: %v", err)
	}
	dead := modelserver.New(t)
	dead.Stop()
	if _, err := bare(t.Context(), t, bareOpenAI(t, dead)); fmt.Sprint(err) != "network error: failed to reach API server" {
		t.Errorf("why a server was not reached was not told: %v", err)
	}
	s.Raw([]byte(`{"data":[{"index":1,"embedding":[0,1]},{"index":0,"embedding":[1]}]}`))
	if v, err := llm.CreateEmbedding(t.Context(), []string{"a", "b"}); fmt.Sprint(v, err) != "[[0 1] [1]] <nil>" {
		t.Errorf("order and dimension of vectors were not looked at: %v %v", v, err)
	}
}

// TestOllamaLimits: a cut stream is a whole answer to langchaingo, and each text to embed a call.
func TestOllamaLimits(t *testing.T) {
	t.Parallel()
	s := modelserver.New(t)
	llm, err := ollama.New(ollama.WithServerURL(s.URL), ollama.WithModel(modelserver.Name), ollama.WithHTTPClient(direct(t)))
	if err != nil {
		t.Fatal(err)
	}
	s.Raw([]byte("{\"message\":{\"content\":\"Bon\"},\"done\":false}\n"))
	if text, err := bare(t.Context(), t, llm); text == "" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	s.Reply(func(modelserver.Request) string { return "" })
	if _, err := llm.CreateEmbedding(t.Context(), []string{"a", "b", "c"}); err != nil || len(s.Calls()) != 4 {
		t.Errorf("%d calls, %v", len(s.Calls()), err)
	}
}
