package safehttp

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"rapporteur/locale"
	"rapporteur/qa"
)

// TestRedirects sends the client inside by each code of a redirect, and elsewhere.
func TestRedirects(t *testing.T) {
	t.Parallel()
	target := ""
	status := 0
	c, n := online(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/go" {
			w.Header().Set("Location", target)
			w.WriteHeader(status)
			return
		}
		site().ServeHTTP(w, r)
	}), Options{})
	n.names["inner.test"] = [][]netip.Addr{{netip.MustParseAddr("192.168.1.10")}}
	n.names["gone.test"] = [][]netip.Addr{}
	for _, status = range []int{301, 302, 303, 307, 308} {
		for _, k := range []struct{ to, want string }{
			{"http://127.0.0.1/", "url_redirect"}, {"http://169.254.169.254/latest/", "url_redirect"}, {"http://[::1]/", "url_redirect"},
			{"file:///etc/passwd", "url_redirect"}, {"gopher://x.test/", "url_redirect"}, {"http://localhost/", "url_redirect"},
			{"http://inner.test/", "url_redirect"}, {"http://a:b@other.test/", "url_redirect"}, {"http://other.test:6379/", "url_redirect"},
			{"//127.0.0.1/", "url_redirect"}, {"http://redir.test/?signature=" + strings.Repeat("x", 3000), ""},
			{"http://127.0.0.1\\@other.test/", "url_unreachable"}, {"http://0x7f.1/", "url_redirect"}, {"/go", "url_redirects"}, {"http://gone.test/", "url_unreachable"},
			{"http://redir.test/chain6", "url_redirects"}, {"http://redir.test/down", ""}, {"https://redir.test/down", "url_redirect"},
			{"http://redir.test/chain3", ""}, {"//other.test/end", ""}, {"end", ""}, {"https://redir.test/end", ""},
		} {
			target = k.to
			_, err := read(t, c, "http://redir.test/go")
			if got := qa.CodeOf(err); err != nil && got != k.want || err == nil && k.want != "" {
				t.Errorf("%d to %s: %v, want %q", status, k.to, err, k.want)
			}
		}
	}
	if bad := n.forbidden(); len(bad) > 0 {
		t.Errorf("forbidden connections: %v", bad)
	}
}

// TestCredentialsStay looks at what other hosts are sent after a redirect: nothing that tells who asks. A
// further redirect back does not bring it back.
func TestCredentialsStay(t *testing.T) {
	t.Parallel()
	var seen []string
	hops := []string{"http://other.test/1", "http://first.test/2"}
	c, _ := online(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secrets := 0
		for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "Referer"} {
			if r.Header.Get(name) != "" {
				secrets++
			}
		}
		seen = append(seen, fmt.Sprint(r.Host, " ", secrets, " ", r.Header.Get("Accept")))
		if len(seen) <= len(hops) {
			http.Redirect(w, r, hops[len(seen)-1], http.StatusFound)
		}
	}), Options{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://first.test/?key=secret", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Authorization": "Bearer x", "Cookie": "a=b", "X-Api-Key": "k", "Accept": "text/html"} {
		r.Header.Set(name, value)
	}
	answer, err := c.HTTP().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if want := []string{"first.test 3 text/html", "other.test 0 text/html", "first.test 0 text/html"}; !slices.Equal(seen, want) {
		t.Errorf("sent %q, want %q", seen, want)
	}
	seen, hops = nil, []string{"http://other.test/1"}
	answer, err = c.HTTP().Post("http://first.test/", "application/json", strings.NewReader(`{}`))
	if answer != nil {
		_ = answer.Body.Close()
	}
	if err != nil || len(seen) != 2 {
		t.Errorf("a POST that is answered by 302 goes on as a GET: %v, %q", err, seen)
	}
}

// TestBodiesStay keeps the body of a request from following a redirect.
func TestBodiesStay(t *testing.T) {
	t.Parallel()
	asked := 0
	c, _ := online(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "http://other.test/", http.StatusTemporaryRedirect)
	}), Options{})
	answer, err := c.HTTP().Post("http://first.test/", "application/json", strings.NewReader(`{"q":"secret"}`))
	if answer != nil {
		_ = answer.Body.Close()
	}
	if qa.CodeOf(err) != "url_redirect" || asked != 1 {
		t.Errorf("%v after %d requests", err, asked)
	}
}

// TestAnswers gives every sort of answer that is no document its own code, in time.
func TestAnswers(t *testing.T) {
	t.Parallel()
	c, n := online(t, site(), Options{})
	n.names["gone.test"] = [][]netip.Addr{}
	for address, want := range map[string]string{
		"http://short.test/": "url_response", "http://broken.test/": "url_response", "http://brotli.test/": "url_response",
		"http://film.test/": "unsupported_type", "http://silent.test/": "url_timeout", "http://stalled.test/": "url_timeout",
		"http://slow.test/": "url_timeout", "http://endless.test/": "too_large", "http://bomb.test/": "too_large", "http://empty.test/": "empty",
		"http://auth.test/": "url_status", "http://gone.test/": "url_unreachable", "https://self-signed.org/": "url_certificate",
	} {
		t.Run(want+" "+address, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			content, err := read(t, c, address)
			if qa.CodeOf(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
			if len(content) > 2<<20 || time.Since(start) > 15*time.Second {
				t.Errorf("%d bytes in %v", len(content), time.Since(start))
			}
			for _, language := range []string{locale.French, locale.English} {
				e := err.(*qa.Error) //nolint:errorlint // what a client is told from
				told := locale.Sentence(language, e.Code, e.Args...)
				if !locale.Known(e.Code) || strings.Contains(told, "%!") || strings.Contains(told, "93.184") || strings.Contains(told, "secret") {
					t.Errorf("told %q", told)
				}
			}
		})
	}
}

// TestProxiesAreIgnored sets every variable that names a proxy: a proxy would be called instead of the
// address that was checked.
func TestProxiesAreIgnored(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	c, n := online(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Alt-Svc", `h2="10.0.0.1:443", h3=":443"`)
		_, _ = io.WriteString(w, "x")
	}), Options{})
	for _, address := range []string{"http://a.test/", "https://b.test/", "https://b.test/again", "https://c.test/"} {
		if content, err := read(t, c, address); err != nil || content != "x" {
			t.Error(address, err)
		}
	}
	if bad := n.forbidden(); len(bad) > 0 || len(n.dialed) != 4 {
		t.Errorf("connections %v, %d in all", bad, len(n.dialed))
	}
}

// TestRealDialer lets the system connect, without a stub in between: only what is allowed is reached.
func TestRealDialer(t *testing.T) {
	t.Parallel()
	reached := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reached++; _, _ = io.WriteString(w, "x") }))
	defer server.Close()
	at := server.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(at)
	closed, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closed.Close()
	for _, address := range []string{server.URL, "http://localhost:" + port + "/", "http://127.0.0.1/"} {
		if _, err := read(t, closed, address); !strings.HasPrefix(qa.CodeOf(err), "url_") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, host := range []string{"localhost", "example.org"} { // as if the checks before had missed it
		_, err := closed.dialer(host).DialContext(t.Context(), "tcp", at)
		if code := qa.CodeOf(err); code != "url_port" && code != "url_refused" {
			t.Errorf("dialling for %s: %v", host, err)
		}
	}
	if reached != 0 {
		t.Errorf("the server was reached %d times", reached)
	}
	open, err := New(Options{Allow: []string{at, "localhost:" + port}})
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	for _, address := range []string{server.URL, "http://localhost:" + port + "/"} {
		if content, err := read(t, open, address); err != nil || content != "x" {
			t.Errorf("%s: %v", address, err)
		}
	}
	answer, err := open.HTTP().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	var refusal *url.Error
	if _, err = closed.HTTP().Get(server.URL); qa.CodeOf(err) != "url_port" && qa.CodeOf(err) != "url_refused" { //nolint:bodyclose // there is none
		t.Errorf("%T %v %v", refusal, refusal, err)
	}
}

// TestConditions sends what a server said of a document the last time, and believes its 304.
func TestConditions(t *testing.T) {
	t.Parallel()
	current := `"v1"`
	c, _ := online(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", current)
		w.Header().Set("Last-Modified", "Mon, 05 Jan 2026 10:00:00 GMT")
		if r.URL.Path == "/never" || r.Header.Get("If-None-Match") == current {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = fmt.Fprint(w, "document ", current, " ", r.Header.Get("If-Modified-Since"))
	}), Options{})
	f, err := c.Fetch(t.Context(), "http://a.test/", qa.Validator{})
	if err != nil || f.Validator != (qa.Validator{ETag: `"v1"`, Modified: "Mon, 05 Jan 2026 10:00:00 GMT"}) {
		t.Fatalf("%+v, %v", f, err)
	}
	known := f.Validator
	_ = f.Body.Close()
	if f, err = c.Fetch(t.Context(), "http://a.test/", known); err != nil || !f.Unchanged || f.Body != nil {
		t.Errorf("unchanged: %+v, %v", f, err)
	}
	current = `"v2"`
	if f, err = c.Fetch(t.Context(), "http://a.test/", known); err != nil || f.Unchanged || f.Validator.ETag != current {
		t.Fatalf("changed: %+v, %v", f, err)
	}
	content, err := io.ReadAll(f.Body)
	if err != nil || string(content) != `document "v2" Mon, 05 Jan 2026 10:00:00 GMT` {
		t.Errorf("%q, %v", content, err)
	}
	_ = f.Body.Close()
	if _, err = c.Fetch(t.Context(), "http://a.test/never", qa.Validator{}); qa.CodeOf(err) != "url_status" {
		t.Errorf("304 to a plain request: %v", err)
	}
	current = "\"é\x80\""
	if f, err = c.Fetch(t.Context(), "http://a.test/", qa.Validator{}); err != nil || f.Validator.ETag != "" {
		t.Errorf("a field that could not be sent back is kept: %q, %v", f.Validator.ETag, err)
	}
	_ = f.Body.Close()
}
