package model

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"rapporteur/internal/testkit/modelserver"
	"rapporteur/qa"
)

// TestKinds: each kind of server gets what it takes, and its answers are read: text, end and tokens.
func TestKinds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("L’été, à 34 % — « où » ? <b>€</b>\n", 300)
	for _, kind := range []Kind{OpenAI, Albert, Mistral, Ollama} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := modelserver.New(t)
			s.Reply(func(r modelserver.Request) string { return r.System() + " " + r.User() + " " + long })
			g := generator(t, s, Options{Server: Server{Kind: kind}, MaxTokens: 77})
			text, code := ask(t.Context(), t, g)
			if want := "Réponds. Combien d’agents ? " + long; text != want || code != "" {
				t.Errorf("%d bytes in place of %d, %q", len(text), len(want), code)
			}
			if u := g.Usage(); u.Prompt != 4 || u.Completion < 1000 || u.Estimated != 0 {
				t.Errorf("%+v", u)
			}
			r := s.Calls()[0]
			var fields map[string]json.RawMessage
			if err := json.Unmarshal(r.Body, &fields); err != nil {
				t.Fatal(err)
			}
			if kind == Ollama {
				if r.Path != "/api/chat" || !strings.Contains(string(fields["options"]), `"num_predict":77`) || !strings.Contains(string(fields["options"]), `"num_ctx":8192`) {
					t.Errorf("%s %s", r.Path, r.Body)
				}
				return
			}
			if r.Path != "/v1/chat/completions" || string(fields["max_tokens"]) != "77" || string(fields["temperature"]) != "0" {
				t.Errorf("%s %s", r.Path, r.Body)
			}
			if _, counted := fields["stream_options"]; counted == (kind == Mistral) {
				t.Errorf("stream_options: %s", r.Body)
			}
			if h := r.Header; h.Get("User-Agent") != "Rapporteur" || h.Get("Openai-Organization") != "" {
				t.Errorf("%v", h)
			}
		})
	}
}

// TestFaultsOfOllama: its stream is judged as strictly as that of the others.
func TestFaultsOfOllama(t *testing.T) {
	t.Parallel()
	const begin = `{"message":{"role":"assistant","content":"Bon"},"done":false}` + "\n"
	for _, c := range []struct{ name, body, text, code string }{
		{"whole", begin + `{"message":{"content":""},"done":true,"done_reason":"stop"}`, "Bon", ""},
		{"no end", begin, "Bon", "model_broken"},
		{"cut within a line", begin + `{"message":{"con`, "Bon", "model_broken"},
		{"error", begin + `{"error":"llama runner process has terminated"}`, "Bon", "model_broken"},
		{"too long an answer", begin + `{"done":true,"done_reason":"length"}`, "Bon", "model_cut"},
		{"thoughts", `{"message":{"thinking":"secret","content":""},"done":false}` + "\n" + begin + `{"done":true,"done_reason":"stop"}`, "Bon", ""},
		{"web page", "<html></html>", "", "model_broken"},
		{"nothing", "", "", "model_broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := modelserver.New(t)
			s.Raw([]byte(c.body))
			if text, code := ask(t.Context(), t, generator(t, s, Options{Server: Server{Kind: Ollama}})); text != c.text || code != c.code {
				t.Errorf("%q %q, want %q %q", text, code, c.text, c.code)
			}
		})
	}
	s := modelserver.New(t)
	g := generator(t, s, Options{Server: Server{Kind: Ollama}, Context: 10})
	if _, code := ask(t.Context(), t, g); code != "model_context" || len(s.Calls()) != 0 {
		t.Errorf("a prompt that Ollama would cut: %q", code)
	}
}

// TestShapes are answers of real servers that differ from OpenAI's.
func TestShapes(t *testing.T) {
	t.Parallel()
	const delta = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"}}]}\n"
	for _, c := range []struct{ name, body, text, code string }{
		{"no empty line between events", delta + "data: [DONE]\n", "ok", ""},
		{"no empty line at the end", delta + "\ndata: [DONE]", "ok", ""},
		{"end by the reason alone", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}\n\n", "ok", ""},
		{"byte-order mark", "\ufeff" + delta + "\ndata: [DONE]\n\n", "ok", ""},
		{"one object", `{"choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}`, "ok", ""},
		{"one object, cut", `{"choices":[{"index":0,"message":{"role":"assistant","content":"o`, "", "model_broken"},
		{"error as one object", `{"object":"error","message":"oops","code":500}`, "", "model_broken"},
		{"error as a message", `{"message":"Unauthorized"}`, "", "model_broken"},
		{"event of the name error", "event: error\ndata: overloaded\n\n", "", "model_broken"},
		{"parts with thoughts", `data: {"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"ok"}]}}]}` + "\n\ndata: [DONE]\n\n", "ok", ""},
		{"context exceeded in the stream", `data: {"error":{"message":"the request exceeds the available context size","code":400}}` + "\n\n", "", "model_context"},
		{"thoughts without a beginning", "data: {\"choices\":[{\"delta\":{\"content\":\"hm </think> ok\"}}]}\n\ndata: [DONE]\n\n", "hm ", "model_broken"},
		{"thoughts without an end", "data: {\"choices\":[{\"delta\":{\"content\":\"<think>hm\"}}]}\n\ndata: [DONE]\n\n", "", "model_broken"},
		{"only a list", "[]", "", "model_broken"},
		{"number as content", "data: {\"choices\":[{\"delta\":{\"content\":3}}]}\n\n", "", "model_broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := modelserver.New(t)
			s.Raw([]byte(c.body))
			g := generator(t, s, Options{})
			fast(g)
			if text, code := ask(t.Context(), t, g); text != c.text || code != c.code {
				t.Errorf("%q %q, want %q %q", text, code, c.text, c.code)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind       Kind
		base, want string // "" stands for a refusal
	}{
		{OpenAI, "http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"},
		{OpenAI, "http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1"},
		{OpenAI, "https://m.example.org/api/openai/v1/", "https://m.example.org/api/openai/v1"},
		{OpenAI, "https://m.example.org/v1/chat/completions", "https://m.example.org/v1"},
		{Albert, "", "https://albert.api.etalab.gouv.fr/v1"},
		{Mistral, "", "https://api.mistral.ai/v1"},
		{Ollama, "", "http://127.0.0.1:11434"},
		{Ollama, "http://10.0.0.5:11434/v1", "http://10.0.0.5:11434"},
		{OpenAI, "", ""}, {OpenAI, "127.0.0.1:8000", ""}, {OpenAI, "ftp://m/v1", ""}, {OpenAI, "http://u:p@m/v1", ""},
		{OpenAI, "http://m/v1?key=x", ""}, {OpenAI, "http://m/v1#x", ""}, {OpenAI, "http://", ""}, {OpenAI, "http://%zz", ""},
	} {
		u, err := Server{Kind: c.kind, BaseURL: c.base, Model: "m"}.address()
		if c.want == "" {
			if qa.KindOf(err) != qa.Invalid || strings.Contains(fmt.Sprint(err), ":p@") {
				t.Errorf("%s: %v", c.base, err)
			}
			continue
		}
		if err != nil || u.String() != c.want {
			t.Errorf("%s: %v %v, want %s", c.base, u, err, c.want)
		}
	}
	if _, err := NewGenerator(Options{Server: Server{Kind: "vllm", BaseURL: "http://m", Model: "m"}}, direct(t)); qa.CodeOf(err) != "model_kind_unknown" {
		t.Errorf("unknown kind: %v", err)
	}
}
