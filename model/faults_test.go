package model

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/internal/testkit/modelserver"
	"rapporteur/qa"
)

// fastClock waits for nothing and notes what it was asked to wait.
type fastClock struct {
	mu     sync.Mutex
	at     time.Time
	waited []time.Duration
}

func (f *fastClock) clock() clock {
	return clock{
		now: func() time.Time { f.mu.Lock(); defer f.mu.Unlock(); return f.at },
		sleep: func(ctx context.Context, d time.Duration) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.at, f.waited = f.at.Add(d), append(f.waited, d)
			return ctx.Err()
		},
	}
}

func (f *fastClock) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = f.at.Add(d)
}

func fast(g *Generator) *fastClock {
	f := &fastClock{at: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
	g.client.clock = f.clock()
	return f
}

// TestStatuses: which statuses are retried, how often, and which error they end in (M02, M09).
func TestStatuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		calls  int // that are made of a server that answers so forever
		code   string
	}{
		{400, `{"error":{"message":"temperature must be a number"}}`, 1, "model_refused"},
		{400, `{"error":{"message":"This model's maximum context length is 8192 tokens.","code":"context_length_exceeded"}}`, 1, "model_context"},
		{400, `{"object":"error","message":"This model's maximum context length is 4096 tokens","code":400}`, 1, "model_context"},
		{400, `{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}`, 1, "model_context"},
		{413, ``, 1, "model_context"},
		{401, `{"detail":"Invalid API key."}`, 1, "model_refused"},
		{402, ``, 1, "model_refused"},
		{403, ``, 1, "model_refused"},
		{404, `{"detail":"Model not found."}`, 1, "model_refused"},
		{422, `{"detail":[{"loc":["body"],"msg":"Field required"}]}`, 1, "model_refused"},
		{408, ``, 4, "model_down"},
		{429, `{"error":{"message":"Rate limit"}}`, 4, "model_quota"},
		{500, ``, 4, "model_down"}, {501, ``, 4, "model_down"}, {502, `<html>Bad gateway</html>`, 4, "model_down"},
		{503, ``, 4, "model_down"}, {504, ``, 4, "model_down"}, {529, ``, 4, "model_down"},
		{301, ``, 1, "model_refused"},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.code), func(t *testing.T) {
			t.Parallel()
			s := modelserver.New(t)
			s.Status(100, c.status, http.Header{"Location": {"/elsewhere"}}, c.body)
			g := generator(t, s, Options{})
			clock := fast(g)
			text, code := ask(t.Context(), t, g)
			if code != c.code || text != "" || len(s.Calls()) != c.calls {
				t.Errorf("%q after %d calls, want %q after %d", code, len(s.Calls()), c.code, c.calls)
			}
			for i, d := range clock.waited {
				if least := firstBackoff << i / 2; d < least || d > 3*least {
					t.Errorf("wait %d: %v", i, d)
				}
			}
		})
	}
}

// TestRecovery: a server that fails at first answers in the end, with as few calls as that takes.
func TestRecovery(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		script func(s *modelserver.Server)
		calls  int
	}{
		{"well at once", func(*modelserver.Server) {}, 1},
		{"429", func(s *modelserver.Server) { s.Status(1, 429, nil, "") }, 2},
		{"three times 503", func(s *modelserver.Server) { s.Status(3, 503, nil, "") }, 4},
		{"reset", func(s *modelserver.Server) { s.Reset(2) }, 3},
		{"no stream_options", func(s *modelserver.Server) {
			s.Status(1, 422, nil, `{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"]}]}`)
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := modelserver.New(t)
			c.script(s)
			g := generator(t, s, Options{})
			fast(g)
			if text, code := ask(t.Context(), t, g); text != "Bonjour." || code != "" || len(s.Calls()) != c.calls {
				t.Errorf("%q %q after %d calls", text, code, len(s.Calls()))
			}
			if plain := !bytes.Contains(s.Calls()[c.calls-1].Body, []byte("stream_options")); plain != (c.name == "no stream_options") {
				t.Errorf("stream_options left out: %v", plain)
			}
		})
	}
}

// TestRetryAfter: what a server asks for is waited where there is time for it, and left to later calls elsewhere.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		value      string
		firstToken time.Duration
		waits      time.Duration // 0: no second call
	}{
		{"2", 10 * time.Second, 2 * time.Second},
		{at.Add(3 * time.Second).Format(http.TimeFormat), 10 * time.Second, 3 * time.Second},
		{"25", 40 * time.Second, 25 * time.Second},
		{"25", 10 * time.Second, 0},
		{"86400", 10 * time.Second, 0},
		{"", 10 * time.Second, 100 * time.Millisecond},
		{"soon", 10 * time.Second, 100 * time.Millisecond},
		{"-5", 10 * time.Second, 100 * time.Millisecond},
	} {
		t.Run(c.value+" "+c.firstToken.String(), func(t *testing.T) {
			t.Parallel()
			s := modelserver.New(t)
			s.Status(1, 429, http.Header{"Retry-After": {c.value}}, "")
			g := generator(t, s, Options{FirstToken: c.firstToken})
			clock := fast(g)
			_, code := ask(t.Context(), t, g)
			if c.waits > 0 {
				if code != "" || len(clock.waited) != 1 || clock.waited[0] < c.waits || clock.waited[0] > c.waits+time.Second {
					t.Errorf("%q after %v", code, clock.waited)
				}
				return
			}
			if code != "model_quota" || len(s.Calls()) != 1 || len(clock.waited) != 0 {
				t.Fatalf("%q after %d calls and %v", code, len(s.Calls()), clock.waited)
			}
			clock.pass(20 * time.Second)
			if _, code := ask(t.Context(), t, g); code != "model_quota" || len(s.Calls()) != 1 {
				t.Errorf("called before the time the server gave: %q, %d calls", code, len(s.Calls()))
			}
			clock.pass(11 * time.Second) // 30 s at most
			if text, code := ask(t.Context(), t, g); code != "" || text != "Bonjour." {
				t.Errorf("not called after 31 s: %q", code)
			}
		})
	}
}

// TestBreaker: five failures in a row, no call for 30 s, one probe (M04).
func TestBreaker(t *testing.T) {
	t.Parallel()
	s := modelserver.New(t)
	s.Refuse(http.StatusUnauthorized, "no")
	g := generator(t, s, Options{})
	clock := fast(g)
	for i := range 5 {
		if _, code := ask(t.Context(), t, g); code != "model_refused" || len(s.Calls()) != i+1 || !g.State().Degraded {
			t.Fatalf("call %d: %q", i, code)
		}
	}
	for range 30 {
		if _, code := ask(t.Context(), t, g); code != "model_paused" || g.State().Breaker != qa.BreakerOpen {
			t.Fatalf("%q in state %+v", code, g.State())
		}
		clock.pass(999 * time.Millisecond)
	}
	if len(s.Calls()) != 5 {
		t.Fatalf("%d calls while open", len(s.Calls())-5)
	}
	clock.pass(time.Second)
	if _, code := ask(t.Context(), t, g); code != "model_refused" || len(s.Calls()) != 5+1 {
		t.Fatalf("the probe: %q", code)
	}
	if _, code := ask(t.Context(), t, g); code != "model_paused" {
		t.Fatalf("after a failed probe: %q", code)
	}
	clock.pass(31 * time.Second)
	s.Reply(func(modelserver.Request) string { return "Voilà." })
	s.FirstToken(200 * time.Millisecond)
	var all sync.WaitGroup
	codes := make([]string, 8)
	for i := range codes {
		all.Go(func() { _, codes[i] = ask(t.Context(), t, g) })
	}
	all.Wait()
	if probes := len(s.Calls()) - 5 - 1; probes != 1 || strings.Count(fmt.Sprint(codes), "model_paused") != 7 {
		t.Fatalf("%d probes, %q", probes, codes)
	}
	if text, code := ask(t.Context(), t, g); text != "Voilà." || code != "" || g.State().Breaker != qa.BreakerClosed {
		t.Errorf("%q %q in state %+v", text, code, g.State())
	}
}

// TestUnreachable: servers that cannot be asked (M03), within the time for the first token.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	tls.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(tls.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	const limit = 700 * time.Millisecond
	for _, c := range []struct {
		name, url string
		script    func(s *modelserver.Server)
		code      string
	}{
		{"refused", nobody, nil, "model_down"},
		{"no such host", "http://model.invalid", nil, "model_down"},
		{"untrusted certificate", tls.URL, nil, "model_down"},
		{"http in place of https", strings.Replace(plain.URL, "http:", "https:", 1), nil, "model_down"},
		{"silent", "", (*modelserver.Server).Silent, "model_slow"},
		{"one byte at a time", "", func(s *modelserver.Server) { s.Drip(300 * time.Millisecond) }, "model_slow"},
		{"only keep-alives", "", func(s *modelserver.Server) { s.Raw([]byte(": ping\n\n: ping\n\n")); s.Hold() }, "model_slow"},
		{"slow first token", "", func(s *modelserver.Server) { s.FirstToken(time.Hour) }, "model_slow"},
		{"reset at once", "", func(s *modelserver.Server) { s.Cut(0) }, "model_down"},
		{"reset within the first event", "", func(s *modelserver.Server) { s.Cut(50) }, "model_down"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := modelserver.New(t)
			if c.script != nil {
				c.script(s)
			}
			g := generator(t, s, Options{Server: Server{BaseURL: c.url}, FirstToken: limit})
			start := time.Now()
			text, code := ask(t.Context(), t, g)
			if took := time.Since(start); text != "" || code != c.code || took > limit+time.Second {
				t.Errorf("%q %q after %v", text, code, took)
			}
		})
	}
}

// TestCutAfterText: nothing is asked twice once the model has begun to write.
func TestCutAfterText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script func(s *modelserver.Server)
		code   string
	}{
		"reset":    {func(s *modelserver.Server) { s.Cut(400) }, "model_broken"},
		"stalled":  {func(s *modelserver.Server) { s.Pace(time.Hour) }, "model_slow"},
		"too long": {func(s *modelserver.Server) { s.Pace(50 * time.Millisecond) }, "model_slow"},
		"without limit": {func(s *modelserver.Server) {
			s.Raw(bytes.Repeat([]byte("data: {\"choices\":[{\"delta\":{\"content\":\""+strings.Repeat("bla ", 1000)+"\"}}]}\n\n"), 100))
		}, "model_cut"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := modelserver.New(t)
			s.Reply(func(modelserver.Request) string { return strings.Repeat("La réponse est longue. ", 40) })
			c.script(s)
			o := Options{Idle: 300 * time.Millisecond}
			if name == "too long" {
				o.Whole = time.Second
			}
			start := time.Now()
			text, code := ask(t.Context(), t, generator(t, s, o))
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("took %v", took)
			}
			if text == "" || code != c.code || len(s.Calls()) != 1 {
				t.Errorf("%d bytes, %q, %d calls", len(text), code, len(s.Calls()))
			}
		})
	}
}

// TestHeldOpen: an answer that gave its reason to end is whole, although the server leaves the connection open.
func TestHeldOpen(t *testing.T) {
	t.Parallel()
	s := modelserver.New(t)
	s.Raw([]byte("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}\n\n"))
	s.Hold()
	start := time.Now()
	if text, code := ask(t.Context(), t, generator(t, s, Options{})); text != "ok" || code != "" || time.Since(start) > 3*time.Second {
		t.Errorf("%q %q after %v", text, code, time.Since(start))
	}
}

// TestCanceled: the server sees within 1 s that nobody listens, and the places are free again.
func TestCanceled(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]func(s *modelserver.Server){
		"before the first token": (*modelserver.Server).Silent,
		"while writing":          func(s *modelserver.Server) { s.Pace(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := modelserver.New(t)
			script(s)
			g := generator(t, s, Options{Concurrency: 1})
			for range 2 * maxFailures { // which say nothing of the server
				ctx, cancel := context.WithCancel(t.Context())
				calls := len(s.Calls())
				done := make(chan string, 1)
				go func() { _, code := ask(ctx, t, g); done <- code }()
				eventually(t, 5*time.Second, "no call", func() bool { return len(s.Calls()) > calls })
				cancel()
				eventually(t, time.Second, "the server still writes", func() bool { return s.Open() == 0 })
				if code := <-done; code != "canceled" {
					t.Fatalf("code %q", code)
				}
			}
			if g.State().Breaker != qa.BreakerClosed {
				t.Errorf("state %+v", g.State())
			}
		})
	}
}

// TestEmitError: an error of the receiver ends the work and comes back as it is.
func TestEmitError(t *testing.T) {
	t.Parallel()
	s := modelserver.New(t)
	s.Reply(func(modelserver.Request) string { return strings.Repeat("mot ", 1000) })
	s.Pace(time.Millisecond)
	g := generator(t, s, Options{})
	err := g.Generate(t.Context(), question, func(string) error { return io.ErrClosedPipe })
	if err != io.ErrClosedPipe || len(s.Calls()) != 1 {
		t.Errorf("%v after %d calls", err, len(s.Calls()))
	}
	eventually(t, time.Second, "the server still writes", func() bool { return s.Open() == 0 })
}

// TestPlaces: one call more than there are places waits a little, and is refused.
func TestPlaces(t *testing.T) {
	t.Parallel()
	s := modelserver.New(t)
	s.FirstToken(time.Second)
	g := generator(t, s, Options{Concurrency: 2, Wait: 100 * time.Millisecond})
	codes := make([]string, 3)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() { _, codes[i] = ask(t.Context(), t, g) })
	}
	all.Wait()
	if n := strings.Count(strings.Join(codes, ","), "model_busy"); n != 1 || len(s.Calls()) != 2 {
		t.Errorf("%q after %d calls", codes, len(s.Calls()))
	}
}

// TestBudget: the tokens of a day are counted as the server gives them or estimated, and end.
func TestBudget(t *testing.T) {
	t.Parallel()
	s := modelserver.New(t)
	s.Reply(func(modelserver.Request) string { return "un deux trois" })
	g := generator(t, s, Options{DailyTokens: 60})
	clock := fast(g)
	if _, code := ask(t.Context(), t, g); code != "" {
		t.Fatal(code)
	}
	if u := g.Usage(); u != (qa.TokenUsage{Day: "2026-11-29", Prompt: 4, Completion: 3, Limit: 60}) {
		t.Fatalf("%+v", u)
	}
	s.NoUsage()
	if _, code := ask(t.Context(), t, g); code != "" {
		t.Fatal(code)
	}
	if u := g.Usage(); u.Estimated != u.Total()-7 || u.Estimated < 15 || u.Estimated > 30 {
		t.Fatalf("%+v", u)
	}
	for range 10 {
		ask(t.Context(), t, g)
	}
	calls := len(s.Calls())
	if _, code := ask(t.Context(), t, g); code != "model_quota" || len(s.Calls()) != calls || g.Usage().Total() > 60 {
		t.Fatalf("%q after %d tokens", code, g.Usage().Total())
	}
	clock.pass(12 * time.Hour)
	if _, code := ask(t.Context(), t, g); code != "" {
		t.Errorf("the next day: %q", code)
	}
}

// TestKeyIsSecret: the key is sent to the server, and shows nowhere else, whatever the server does with it.
func TestKeyIsSecret(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	for _, status := range []int{400, 401, 404, 422, 429, 500} {
		s := modelserver.New(t)
		s.EchoKey(status)
		g := generator(t, s, Options{})
		fast(g)
		err := g.Generate(t.Context(), question, func(string) error { return nil })
		logger.Error("answering", "err", err, "model", g, "options", g.options, "key", g.options.Key)
		fmt.Fprintf(&log, "%v %+v %#v %v %+v %#v %v\n", err, err, err, g.options.Key, g.options, g.options, *g)
		for _, f := range Check(t.Context(), g.options, direct(t)).Findings {
			fmt.Fprintf(&log, "%+v", f)
		}
		if s.Calls()[0].Header.Get("Authorization") != "Bearer "+testKey {
			t.Error("the key was not sent")
		}
	}
	for _, body := range []string{"data: {\"error\":{\"message\":\"bad key " + testKey + "\"}}\n\n", "{\"error\":\"" + testKey + "\"}"} {
		s := modelserver.New(t)
		s.Raw([]byte(body))
		err := generator(t, s, Options{}).Generate(t.Context(), question, func(string) error { return nil })
		fmt.Fprintf(&log, "%v %#v", err, err)
	}
	if strings.Contains(log.String(), testKey) {
		t.Errorf("the key shows:\n%s", log.String())
	}
	if !strings.Contains(log.String(), "[key]") {
		t.Errorf("the server's words are not told:\n%s", log.String())
	}
}

// TestEnvironment: langchaingo's own variables change nothing.
func TestEnvironment(t *testing.T) {
	for name, v := range map[string]string{"OPENAI_API_KEY": "sk-other", "OPENAI_ORGANIZATION": "org", "OPENAI_BASE_URL": "http://127.0.0.1:1", "OPENAI_MODEL": "other", "OLLAMA_HOST": "127.0.0.1:1"} {
		t.Setenv(name, v)
	}
	for _, kind := range []Kind{OpenAI, Ollama} {
		s := modelserver.New(t)
		g, err := NewGenerator(Options{Server: Server{Kind: kind, BaseURL: s.URL, Model: modelserver.Name}}, direct(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, code := ask(t.Context(), t, g); code != "" {
			t.Fatal(code)
		}
		r := s.Calls()[0]
		if r.Model != modelserver.Name || r.Header.Get("Authorization") != "" || strings.Contains(fmt.Sprint(r.Header), "org") {
			t.Errorf("%s: %s, %v", kind, r.Model, r.Header)
		}
	}
}

// TestSafeClient: the model's own host is reached through the one outbound client, and no other private address.
func TestSafeClient(t *testing.T) {
	t.Parallel()
	s, other := modelserver.New(t), modelserver.New(t)
	where := Server{BaseURL: s.URL, Model: modelserver.Name}
	outside, err := where.Connect(nil, "", testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(outside.CloseIdleConnections)
	for url, code := range map[string]string{s.URL: "", other.URL: "model_refused", strings.Replace(s.URL, "127.0.0.1", "localhost", 1): "model_refused"} {
		g, err := NewGenerator(Options{Server: Server{BaseURL: url, Model: modelserver.Name}}, outside)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := ask(t.Context(), t, g); got != code {
			t.Errorf("%s: %q, want %q", url, got, code)
		}
	}
	local := Server{BaseURL: strings.Replace(s.URL, "127.0.0.1", "localhost", 1), Model: modelserver.Name}
	near, err := local.Connect(nil, "", testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(near.CloseIdleConnections)
	g, err := NewGenerator(Options{Server: local}, near)
	if err != nil {
		t.Fatal(err)
	}
	if _, code := ask(t.Context(), t, g); code != "" {
		t.Errorf("localhost: %q", code)
	}
	lost, err := NewGenerator(Options{Server: Server{BaseURL: s.URL + "/nothing", Model: modelserver.Name}}, outside)
	if err != nil {
		t.Fatal(err)
	}
	if _, code := ask(t.Context(), t, lost); code != "model_refused" {
		t.Errorf("a wrong path: %q", code)
	}
}
