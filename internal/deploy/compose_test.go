package deploy

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"rapporteur/internal/testkit"
	"rapporteur/internal/testkit/postgres"
)

// service is a service of the compose file, as far as it is run here.
type service struct {
	Image       string            `yaml:"image"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Profiles    []string          `yaml:"profiles"`
	Ports       []string          `yaml:"ports"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
}

func compose(t *testing.T) map[string]service {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(testkit.Root(t), "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]service `yaml:"services"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file.Services
}

// TestSecrets: a password or a key stands in no file, and has no default.
func TestSecrets(t *testing.T) {
	t.Parallel()
	secret := regexp.MustCompile(`(?i)password|key$`)
	seen := 0
	for name, s := range compose(t) {
		for variable, value := range s.Environment {
			if secret.MatchString(variable) {
				seen++
				if !regexp.MustCompile(`^\$\{[A-Z_]+:\?[^}]+\}$`).MatchString(value) {
					t.Errorf("%s of %s is %q: want a variable that must be given", variable, name, value)
				}
			}
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s is published on every address: %s", name, p)
			}
		}
		if len(s.Healthcheck.Test) == 0 {
			t.Errorf("%s has no healthcheck", name)
		}
	}
	if seen < 5 {
		t.Errorf("%d secrets seen, want those of the database and of each service", seen)
	}
}

// secrets are what an administrator exports before `docker compose up`.
func secrets() map[string]string {
	return map[string]string{"POSTGRES_PASSWORD": "canari-mot-de-passe", "RAPPORTEUR_KEY": "rap_canari0123456789abcdef0123456789"}
}

// filled puts the variables of compose into a value, as compose does.
func filled(value string) string {
	return regexp.MustCompile(`\$\{([A-Z_]+)(:[-?]([^}]*))?\}`).ReplaceAllStringFunc(value, func(s string) string {
		m := regexp.MustCompile(`\$\{([A-Z_]+)(:[-?]([^}]*))?\}`).FindStringSubmatch(s)
		if v, ok := secrets()[m[1]]; ok {
			return v
		}
		return m[3]
	})
}

// TestCompose runs every command of the file on this machine: the database with its settings and password,
// all services of the profile « scale », their healthchecks, and the proxy in front of two servers.
func TestCompose(t *testing.T) {
	services := compose(t)
	database := startDatabase(t, services["postgres"])
	binary, data := build(t), t.TempDir()
	var servers []string
	var all []*process
	for _, name := range slices.Sorted(maps.Keys(services)) {
		s := services[name]
		if s.Image != "rapporteur" {
			continue
		}
		p := &process{t: t, name: name, binary: binary, port: freePort(t)}
		p.env = environment(s, database, data, p.port)
		p.start(s.Command)
		all = append(all, p)
		if name != "worker" {
			servers = append(servers, fmt.Sprintf("127.0.0.1:%d", p.port))
		}
	}
	if len(all) != 3 || len(servers) != 2 {
		t.Fatalf("%d services, %d of them answer", len(all), len(servers))
	}
	for _, p := range all {
		p.healthy(services[p.name].Healthcheck.Test)
	}
	t.Run("Proxy", func(t *testing.T) { throughProxy(t, servers) })
	for _, p := range all {
		p.stop()
	}
	for _, p := range all {
		if s := p.output(); strings.Contains(s, "canari") {
			t.Errorf("%s prints a secret: %s", p.name, s)
		}
	}
}

// startDatabase runs PostgreSQL with the settings of the file, and makes its user as the image does.
func startDatabase(t *testing.T, s service) string {
	t.Helper()
	var settings []string
	for i, word := range s.Command {
		if i > 0 && s.Command[i-1] == "-c" {
			settings = append(settings, filled(word))
		}
	}
	if len(settings) < 5 {
		t.Fatalf("settings of the database: %q", settings)
	}
	server := postgres.Start(t, settings...)
	server.Run(fmt.Sprintf("CREATE ROLE rapporteur SUPERUSER LOGIN PASSWORD '%s'", filled(s.Environment["POSTGRES_PASSWORD"])))
	server.Run("CREATE DATABASE rapporteur OWNER rapporteur")
	u, err := url.Parse(server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func environment(s service, database, data string, port int) []string {
	env := []string{"RAPPORTEUR_CACHE=" + filepath.Join(os.TempDir(), "rapporteur-deploy-cache"), "RAPPORTEUR_ENCODER=none",
		"RAPPORTEUR_DATA=" + data, fmt.Sprintf("RAPPORTEUR_LISTEN=0.0.0.0:%d", port)}
	for name, value := range s.Environment {
		env = append(env, name+"="+strings.Replace(filled(value), "postgres:5432", database, 1))
	}
	return env
}

// build makes the binary as the image has it.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "rapporteur")
	cmd := exec.Command("go", "build", "-trimpath", "-o", binary, "./cmd/rapporteur")
	cmd.Dir, cmd.Env = testkit.Root(t), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// process is one service that runs here.
type process struct {
	t            testing.TB
	name, binary string
	port         int
	env          []string
	cmd          *exec.Cmd
	log          *os.File
}

func (p *process) start(args []string) {
	p.t.Helper()
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = filled(a)
		if words[i] == "${RAPPORTEUR_ROLE:-all}" {
			p.t.Fatalf("%s: %s is not filled", p.name, a)
		}
	}
	var err error
	if p.log, err = os.Create(filepath.Join(p.t.TempDir(), p.name+".log")); err != nil {
		p.t.Fatal(err)
	}
	p.cmd = exec.Command(p.binary, words...)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = p.env, p.log, p.log, p.t.TempDir()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = p.cmd.Process.Kill() })
}

// healthy waits until the healthcheck of the service, run as written, ends well.
func (p *process) healthy(test []string) {
	p.t.Helper()
	if len(test) < 3 || test[0] != "CMD" || test[1] != "/rapporteur" {
		p.t.Fatalf("healthcheck of %s: %q", p.name, test)
	}
	var out []byte
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		cmd := exec.Command(p.binary, test[2:]...)
		cmd.Env = p.env
		var err error
		if out, err = cmd.CombinedOutput(); err == nil {
			return
		}
	}
	p.t.Fatalf("%s is not healthy: %s\n%s", p.name, out, p.output())
}

// stop stops the service as a container engine does: it must end by itself, and well.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			p.t.Errorf("%s ended with %v\n%s", p.name, err, p.output())
		}
	case <-time.After(30 * time.Second):
		p.t.Errorf("%s does not stop\n%s", p.name, p.output())
	}
}

func (p *process) output() string {
	raw, err := os.ReadFile(p.log.Name())
	if err != nil {
		p.t.Fatal(err)
	}
	return string(raw)
}

// throughProxy adds a document and asks about it through the proxy, which goes on when a server has gone.
func throughProxy(t *testing.T, servers []string) {
	if _, err := exec.LookPath("caddy"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("caddy is missing (Debian package caddy)")
		}
		t.Skip("skipped: caddy is not on this machine")
	}
	port := freePort(t)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "caddy", "run", "--config", "deploy/Caddyfile", "--adapter", "caddyfile")
	cmd.Dir = testkit.Root(t)
	cmd.Env = append(os.Environ(), "RAPPORTEUR_SERVERS="+strings.Join(servers, " "), fmt.Sprintf("RAPPORTEUR_PROXY_PORT=%d", port), "HOME="+t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	c := &client{t: t, url: fmt.Sprintf("http://localhost:%d", port), key: secrets()["RAPPORTEUR_KEY"]}
	c.await("/readyz", "ready", false)
	if status, _ := c.get("/documents", false); status != http.StatusUnauthorized {
		t.Errorf("without a key: %d", status)
	}
	c.upload("canari.md", "# Rapport 2024\n\nLa ville a planté 4 312 arbres en 2024.\n")
	c.await("/?q="+url.QueryEscape("Combien d’arbres la ville a-t-elle plantés en 2024 ?"), "312 arbres", true)
}

// client is a browser with the key as its password.
type client struct {
	t        testing.TB
	url, key string
}

func (c *client) get(path string, withKey bool) (status int, body string) {
	r, err := http.NewRequest(http.MethodGet, c.url+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do(r, withKey)
}

func (c *client) do(r *http.Request, withKey bool) (status int, body string) {
	if withKey {
		r.SetBasicAuth("moi", c.key)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer w.Body.Close()
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		return 0, err.Error()
	}
	return w.StatusCode, string(raw)
}

func (c *client) await(path, words string, withKey bool) {
	c.t.Helper()
	var status int
	var body string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if status, body = c.get(path, withKey); status == http.StatusOK && strings.Contains(body, words) {
			return
		}
	}
	c.t.Fatalf("%s: %d, no %q in %s", path, status, words, body)
}

func (c *client) upload(name, content string) {
	c.t.Helper()
	body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\n" + content + "\r\n--x--\r\n"
	r, err := http.NewRequest(http.MethodPost, c.url+"/documents", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	if status, answer := c.do(r, true); status != http.StatusAccepted {
		c.t.Fatalf("upload: %d %s", status, answer)
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
