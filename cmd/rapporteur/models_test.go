package main

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/internal/testkit/modelserver"
)

// modelKey must show nowhere.
const modelKey = "sk-5ecret-of-the-command-test"

func TestModelsCheck(t *testing.T) {
	t.Setenv("RAPPORTEUR_MODEL_KEY", modelKey)
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, c := range []struct {
		name   string
		script func(s *modelserver.Server)
		args   []string // SERVER stands for the address of the scripted server
		code   int
		says   []string

		language string // "" is French
	}{
		{"none set", nil, nil, 3, []string{"Aucun modèle n’est réglé"}, ""},
		{"no name", nil, []string{"--model-base-url", "SERVER"}, 2, []string{"RAPPORTEUR_MODEL_NAME"}, ""},
		{"no address", nil, []string{"--model-name", "m"}, 2, []string{"base_url"}, ""},
		{"bad address", nil, []string{"--model-base-url", "http://u:p@127.0.0.1", "--model-name", "m"}, 2, []string{"base_url"}, ""},
		{"well", nil, nil, 0, []string{"répond à l’adresse http://127.0.0.1", "Premier mot après", "jetons par seconde", "au fil de l’eau", "compte les jetons", "marque la fin"}, ""},
		{"ollama", nil, []string{"--model-kind", "ollama"}, 0, []string{"au fil de l’eau", "compte les jetons", "marque la fin"}, ""},
		{"english", nil, nil, 0, []string{"is streamed"}, "en"},
		{"in one piece, uncounted", func(s *modelserver.Server) {
			s.Raw([]byte(`{"choices":[{"index":0,"message":{"role":"assistant","content":"un deux"},"finish_reason":"stop"}]}`))
		}, nil, 0, []string{"d’un bloc", "ne compte pas les jetons"}, ""},
		{"no end mark", func(s *modelserver.Server) {
			s.Raw([]byte("data: {\"choices\":[{\"delta\":{\"content\":\"un\"},\"finish_reason\":\"stop\"}]}\n\n"))
		}, nil, 0, []string{"ne marque pas la fin"}, ""},
		{"path without /v1", nil, []string{"--model-base-url", "SERVER/nothing"}, 3, []string{"/v1"}, ""},
		{"web page", (*modelserver.Server).HTML, nil, 3, []string{"page web"}, ""},
		{"web page that is missing", func(s *modelserver.Server) { s.Status(1, 404, nil, "<html>Not found</html>") }, nil, 3, []string{"page web"}, ""},
		{"key refused", func(s *modelserver.Server) { s.EchoKey(401) }, nil, 4, []string{"refuse la clé"}, ""},
		{"no key", func(s *modelserver.Server) { s.EchoKey(401) }, []string{"--model-key-env", "NONE"}, 4, []string{"demande une clé", "RAPPORTEUR_MODEL_KEY"}, ""},
		{"key file missing", nil, []string{"--model-key-file", "/absent"}, 2, []string{"key_file"}, ""},
		{"unknown model", func(s *modelserver.Server) { s.Models("mistral-small", "gemma3") }, nil, 3, []string{"scripted-model", "mistral-small, gemma3"}, ""},
		{"unknown to ollama", func(s *modelserver.Server) { s.Models("gemma3:270m") }, []string{"--model-kind", "ollama"}, 3, []string{"gemma3:270m"}, ""},
		{"refused", nil, []string{"--model-base-url", gone.URL}, 6, []string{"Aucun serveur n’écoute", gone.URL}, ""},
		{"no such host", nil, []string{"--model-base-url", "http://modele.invalid"}, 6, []string{"inconnu"}, ""},
		{"certificate", nil, []string{"--model-base-url", secure.URL}, 6, []string{"certificat"}, ""},
		{"http in place of https", nil, []string{"--model-base-url", strings.Replace(gone.URL, "http:", "https:", 1)}, 6, []string{"Aucun serveur"}, ""},
		{"quota", func(s *modelserver.Server) { s.Refuse(429, "slow down") }, nil, 6, []string{"quota"}, ""},
		{"refuses the request", func(s *modelserver.Server) { s.Refuse(400, "max_tokens is too large") }, nil, 6, []string{"400", "max_tokens is too large"}, ""},
		{"out of order", func(s *modelserver.Server) { s.Refuse(500, "x") }, nil, 6, []string{"en panne", "500"}, ""},
		{"error in the answer", func(s *modelserver.Server) {
			s.Raw([]byte("data: {\"error\":{\"message\":\"CUDA out of memory\"}}\n\n"))
		}, nil, 6, []string{"CUDA out of memory"}, ""},
		{"redirect", func(s *modelserver.Server) {
			s.Status(1, 308, http.Header{"Location": {"https://elsewhere.invalid/v1/chat/completions"}}, "")
		}, nil, 2, []string{"base_url"}, ""},
		{"silly settings", nil, []string{"--model-concurrency=-3", "--model-first-token=-1s", "--model-max-tokens=-7"}, 0, nil, ""},
		{"silent", (*modelserver.Server).Silent, []string{"--model-first-token", "100ms"}, 6, []string{"trop de temps"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := modelserver.New(t)
			s.Reply(func(modelserver.Request) string { return "un, deux, trois, quatre" })
			if c.script != nil {
				c.script(s)
			}
			args := []string{"models", "check", "--language", cmp.Or(c.language, "fr")}
			if c.name != "none set" && c.name != "no name" && c.name != "no address" && c.name != "bad address" {
				args = append(args, "--model-base-url", s.URL, "--model-name", modelserver.Name)
			}
			for _, a := range c.args {
				args = append(args, strings.Replace(a, "SERVER", s.URL, 1))
			}
			code, out, errs := command(t, "", args...)
			for _, says := range c.says {
				if !strings.Contains(strings.ReplaceAll(out+errs, "\u00a0", " "), says) {
					t.Errorf("%q is not said", says)
				}
			}
			if code != c.code || t.Failed() {
				t.Errorf("exit %d, want %d: %s%s", code, c.code, out, errs)
			}
			if strings.Contains(out+errs, modelKey) {
				t.Errorf("the key shows: %s%s", out, errs)
			}
		})
	}
}

// TestModelsCheckFile takes the model from the settings file and its key from a file, and prints JSON.
func TestModelsCheckFile(t *testing.T) {
	s := modelserver.New(t)
	dir := t.TempDir()
	key := write(t, dir, "key", modelKey+"\n")
	toml := write(t, dir, "r.toml", "[models.default]\nkind = \"albert\"\nbase_url = \""+s.URL+"/v1/\"\nmodel = \""+modelserver.Name+"\"\nkey_file = \""+key+"\"\n")
	code, out, errs := command(t, "", "--config", toml, "models", "check", "--json")
	var lines []line
	if err := json.Unmarshal([]byte(out), &lines); err != nil || code != 0 || len(lines) < 5 {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errs)
	}
	if got := s.Calls()[0].Header.Get("Authorization"); got != "Bearer "+modelKey {
		t.Errorf("sent %q", got)
	}
}

func TestModelsCheckEmbedder(t *testing.T) {
	s := modelserver.New(t)
	args := []string{"models", "check", "--embedder", "--language", "fr", "--embedder-base-url", s.URL, "--embedder-name", "vectors"}
	if code, out, errs := command(t, "", args...); code != 0 || !strings.Contains(out, "dimension 32") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if code, out, errs := command(t, "", append(args, "--embedder-dimensions", "64")...); code != 6 || !strings.Contains(errs, "mal formée") {
		t.Errorf("another dimension: exit %d: %s%s", code, out, errs)
	}
	s.EchoKey(http.StatusUnauthorized)
	if code, out, errs := command(t, "", args...); code != 4 || !strings.Contains(errs, "demande une clé") {
		t.Errorf("no key: exit %d: %s%s", code, out, errs)
	}
	if code, out, errs := command(t, "", args[:5]...); code != 2 || !strings.Contains(errs, "[models.embedder]") {
		t.Errorf("none set: exit %d: %s%s", code, out, errs)
	}
}

// TestRemoteEncoder makes a library with the vectors of a remote encoder, which another encoder cannot use (M08), and
// searches it by words while the server is down (M05).
func TestRemoteEncoder(t *testing.T) {
	s := modelserver.New(t)
	dir := t.TempDir()
	doc := filepath.Join(dir, "bilan.txt")
	if err := os.WriteFile(doc, []byte("La direction compte 212 agents en 2024."), 0o600); err != nil {
		t.Fatal(err)
	}
	remote := []string{"--data", filepath.Join(dir, "library"), "--encoder", "remote", "--embedder-base-url", s.URL, "--embedder-name", "vectors-1"}
	run := func(args ...string) (int, string) {
		code, out, errs := command(t, "", args...)
		return code, out + errs
	}
	if code, said := run(append([]string{"ingest", doc}, remote...)...); code != 0 {
		t.Fatalf("exit %d: %s", code, said)
	}
	if code, said := run(append([]string{"search", "agents", "--arm", "semantic", "--json"}, remote...)...); code != 0 || !strings.Contains(said, "212 agents") {
		t.Errorf("semantic: exit %d: %s", code, said)
	}
	if code, said := run(append([]string{"search", "agents", "--embedder-name", "vectors-2"}, remote[:6]...)...); code != 5 {
		t.Errorf("another model: exit %d: %s", code, said)
	}
	if code, said := run("search", "agents", "--encoder", "builtin", "--data", remote[1]); code != 5 {
		t.Errorf("the built-in encoder: exit %d: %s", code, said)
	}
	s.Stop()
	start := time.Now()
	code, said := run(append([]string{"search", "agents", "--json"}, remote...)...)
	if code != 0 || !strings.Contains(said, "212 agents") || !strings.Contains(said, "semantic_unavailable") {
		t.Errorf("server down: exit %d: %s", code, said)
	}
	t.Logf("search with the server down: %v, start of the program included", time.Since(start))
}
