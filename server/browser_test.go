package server

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"rapporteur/qa"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listen, local, host string
		public              []string
		own                 bool
	}{
		{"127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:8080", nil, true},
		{"127.0.0.1:8080", "127.0.0.1:8080", "localhost:8080", nil, true},
		{"127.0.0.1:8080", "127.0.0.1:8080", "LOCALHOST:8080", nil, true},
		{"127.0.0.1:8080", "127.0.0.1:8080", "[::1]:8080", nil, true},
		{"127.0.0.1:8080", "", "127.0.0.1:8080", nil, true},
		{"127.0.0.1:0", "127.0.0.1:41234", "127.0.0.1:41234", nil, true},
		{"127.0.0.1:80", "127.0.0.1:80", "localhost", nil, true},
		{"0.0.0.0:8080", "192.168.1.5:8080", "192.168.1.5:8080", nil, true},
		{"[::]:8080", "[::ffff:192.168.1.5]:8080", "192.168.1.5:8080", nil, true},
		{"rapports.local:8080", "192.168.1.5:8080", "rapports.local:8080", nil, true},
		{"0.0.0.0:8080", "172.17.0.2:8080", "rapports.example.fr", []string{"rapports.example.fr"}, true},
		{"0.0.0.0:8080", "172.17.0.2:8080", "rapports.example.fr:8443", []string{"rapports.example.fr"}, true},
		{"0.0.0.0:8080", "172.17.0.2:8080", "localhost:9000", []string{"localhost:9000"}, true},

		{"127.0.0.1:8080", "127.0.0.1:8080", "evil.example:8080", nil, false},
		{"127.0.0.1:8080", "127.0.0.1:8080", "evil.example", nil, false},
		{"127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:9999", nil, false},
		{"127.0.0.1:8080", "127.0.0.1:8080", "localhost", nil, false},
		{"127.0.0.1:8080", "127.0.0.1:8080", "localhost.evil.example:8080", nil, false},
		{"127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1.nip.io:8080", nil, false},
		{"127.0.0.1:8080", "127.0.0.1:8080", "203.0.113.7:8080", nil, false},
		{"127.0.0.1:8080", "127.0.0.1:8080", "user@127.0.0.1:8080", nil, false},
		{"127.0.0.1:8080", "127.0.0.1:8080", "", nil, false},
		{":8080", "127.0.0.1:8080", ":8080", nil, false},
		{"0.0.0.0:8080", "172.17.0.2:8080", "evil.rapports.example.fr", []string{"rapports.example.fr"}, false},
		{"0.0.0.0:8080", "172.17.0.2:8080", "rapports.example.fr:1", []string{"rapports.example.fr:443"}, false},
	} {
		s := newServer(nil)
		s.Listen, s.PublicHosts = c.listen, c.public
		r := request(http.MethodGet, "/healthz", "")
		r.Host = c.host
		if c.local != "" {
			a, err := net.ResolveTCPAddr("tcp", c.local)
			if err != nil {
				t.Fatal(err)
			}
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(a)))
		}
		w := serve(handlerOf(t, s), r)
		if c.own && w.Code != http.StatusOK {
			t.Errorf("%+v: refused %s", c, w.Body)
		}
		if !c.own {
			if p := problemOf(t, w); w.Code != http.StatusMisdirectedRequest || p.Code != "foreign_host" {
				t.Errorf("%+v: got %d %s", c, w.Code, p.Code)
			}
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	for _, c := range []struct {
		method, target, origin, site, mode, referer string
		ok                                          bool
	}{
		{"POST", "/ask", "", "", "", "", true},
		{"POST", "/ask", "http://127.0.0.1:8080", "same-origin", "cors", "", true},
		{"POST", "/ask", "http://127.0.0.1:8080", "", "", "", true},
		{"POST", "/ask", "https://127.0.0.1:8080", "", "", "", true}, // behind a proxy that ends TLS
		{"POST", "/ask", "", "none", "", "", true},
		{"POST", "/ask", "", "", "", "http://127.0.0.1:8080/library", true},
		{"GET", "/documents", "", "none", "navigate", "", true},
		{"GET", "/documents", "", "cross-site", "navigate", "http://elsewhere.example/", true},
		{"GET", "/documents", "", "", "", "http://elsewhere.example/", true},

		{"POST", "/ask", "http://evil.example", "", "", "", false},
		{"POST", "/ask", "null", "", "", "", false},
		{"POST", "/ask", "http://127.0.0.1:3000", "", "", "", false},
		{"POST", "/ask", "http://localhost:8080", "", "", "", false},
		{"POST", "/ask", "http://127.0.0.1:8080.evil.example", "", "", "", false},
		{"POST", "/ask", "http://127.0.0.1:8080", "cross-site", "", "", false},
		{"POST", "/ask", "http://127.0.0.1:8080", "same-site", "", "", false},
		{"POST", "/ask", "", "cross-site", "navigate", "", false},
		{"POST", "/ask", "", "", "", "http://evil.example/form", false},
		{"DELETE", "/documents/d1", "http://evil.example", "cross-site", "cors", "", false},
		{"GET", "/documents", "", "cross-site", "no-cors", "", false},
		{"GET", "/documents", "", "same-site", "cors", "", false},
		{"GET", "/documents", "http://evil.example", "", "", "", false},
	} {
		r := request(c.method, c.target, "")
		if c.target == "/ask" {
			r = request(c.method, c.target, askBody)
		}
		for name, value := range map[string]string{
			"Origin": c.origin, "Sec-Fetch-Site": c.site, "Sec-Fetch-Mode": c.mode, "Referer": c.referer,
		} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := serve(h, r)
		if c.ok && w.Code != http.StatusOK {
			t.Errorf("%+v: refused %s", c, w.Body)
		}
		if !c.ok {
			if p := problemOf(t, w); w.Code != http.StatusForbidden || p.Code != "foreign_origin" {
				t.Errorf("%+v: got %d %s", c, w.Code, p.Code)
			}
		}
		if w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%+v: CORS header", c)
		}
	}
}

// A form of another site can only send these three types without asking the browser first.
func TestFormsCannotAsk(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
		"application/json; charset=latin1", "application/json+x", ";"} {
		for _, target := range []string{"/ask", "/search"} {
			r := request(http.MethodPost, target, askBody)
			r.Header.Set("Content-Type", kind)
			wantProblem(t, serve(h, r), http.StatusUnsupportedMediaType, "content_type_unsupported")
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	for _, target := range []string{"/healthz", "/documents/d1", "/nothing", "/documents/d1/text"} {
		w := serve(h, request(http.MethodGet, target, ""))
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
				"frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"X-Request-Id": "request-1",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", target, name, got, want)
			}
		}
		if w.Header().Get("Permissions-Policy") == "" {
			t.Error("no Permissions-Policy")
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	type header struct{ name, value string }
	for _, c := range []struct {
		name    string
		onLocal bool // KeyOnLoopback
		remote  string
		headers []header
		status  int
		code    string
	}{
		{"local", false, "127.0.0.1:1", nil, 200, ""},
		{"local IPv6", false, "[::1]:1", nil, 200, ""},
		{"local, mapped", false, "[::ffff:127.0.0.1]:1", nil, 200, ""},
		{"local, key wanted", true, "127.0.0.1:1", nil, 401, "key_missing"},
		{"remote", false, "192.168.1.2:1", nil, 401, "key_missing"},
		{"no address", false, "", nil, 401, "key_missing"},
		{"through a proxy", false, "127.0.0.1:1", []header{{"X-Forwarded-For", "127.0.0.1"}}, 401, "key_missing"},
		{"through a proxy, empty header", false, "127.0.0.1:1", []header{{"X-Forwarded-For", ""}}, 401, "key_missing"},
		{"through another proxy", false, "127.0.0.1:1", []header{{"Forwarded", "for=127.0.0.1"}}, 401, "key_missing"},
		{"claims to be local", false, "192.168.1.2:1", []header{{"X-Real-Ip", "127.0.0.1"}}, 401, "key_missing"},
		{"good key", false, "192.168.1.2:1", []header{{"Authorization", "Bearer reader"}}, 200, ""},
		{"good key, small letters", true, "127.0.0.1:1", []header{{"Authorization", "bearer reader"}}, 200, ""},
		{"bad key from here", false, "127.0.0.1:1", []header{{"Authorization", "Bearer nothing"}}, 401, "bad_key"},
		{"empty key from here", false, "127.0.0.1:1", []header{{"Authorization", ""}}, 401, "bad_key"},
		{"key as a password", false, "192.168.1.2:1", []header{{"Authorization", "Basic YW55Om9uZTpyZWFkZXI="}}, 401, "bad_key"}, // any, one:reader
		{"key as the password", false, "192.168.1.2:1", []header{{"Authorization", "Basic bW9pOnJlYWRlcg=="}}, 200, ""},          // moi, reader
		{"key as the name", false, "127.0.0.1:1", []header{{"Authorization", "Basic cmVhZGVyOg=="}}, 401, "bad_key"},
		{"two keys", false, "127.0.0.1:1", []header{{"Authorization", "Bearer reader"}, {"Authorization", "Bearer writer"}}, 401, "bad_key"},
		{"endless key", false, "127.0.0.1:1", []header{{"Authorization", "Bearer " + strings.Repeat("x", 5000)}}, 401, "bad_key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(nil)
			s.KeyOnLoopback = c.onLocal
			r := request(http.MethodGet, "/documents/d1", "")
			r.RemoteAddr = c.remote
			for _, h := range c.headers {
				r.Header.Add(h.name, h.value)
			}
			w := serve(handlerOf(t, s), r)
			if c.code != "" {
				wantProblem(t, w, c.status, c.code)
				if w.Header().Get("WWW-Authenticate") != "Bearer" {
					t.Error("no WWW-Authenticate")
				}
			} else if w.Code != c.status {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		})
	}
}

// TestPageAsksForTheKey: beyond this machine, a browser asks its user for the key, as for a password.
func TestPageAsksForTheKey(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	for _, path := range []string{"/", "/library", "/documents/d1/pages/1"} {
		r := request(http.MethodGet, path, "")
		r.RemoteAddr = "192.168.1.2:1"
		if w := serve(h, r); w.Code != http.StatusUnauthorized || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%s: %d, %q", path, w.Code, w.Header().Get("WWW-Authenticate"))
		}
		r.SetBasicAuth("moi", "reader")
		if w := serve(h, r); w.Code == http.StatusUnauthorized {
			t.Errorf("%s: the key is refused", path)
		}
	}
}

func TestNoGuardTakesNoKey(t *testing.T) {
	t.Parallel()
	s := newServer(nil)
	s.Guard = nil
	h := handlerOf(t, s)
	r := request(http.MethodGet, "/documents/d1", "")
	r.Header.Set("Authorization", "Bearer reader")
	wantProblem(t, serve(h, r), http.StatusUnauthorized, "bad_key")
}

func TestKeysInAddressesAreRefused(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	for _, name := range []string{"key", "api_key", "api-key", "apikey", "token", "access_token"} {
		wantProblem(t, serve(h, request(http.MethodGet, "/documents?"+name+"=reader", "")), http.StatusBadRequest, "key_in_query")
	}
}

func TestCheckListen(t *testing.T) {
	t.Parallel()
	for addr, open := range map[string]bool{
		"127.0.0.1:8080": true, "127.9.9.9:1": true, "[::1]:8080": true, "localhost:8080": true,
		"0.0.0.0:8080": false, ":8080": false, "[::]:8080": false, "192.168.1.2:80": false, "example.org:80": false, "": false,
	} {
		err := CheckListen(addr, 0)
		if open && err != nil || !open && qa.CodeOf(err) != "key_required" {
			t.Errorf("%q without keys: %v", addr, err)
		}
		if err := CheckListen(addr, 1); err != nil {
			t.Errorf("%q with a key: %v", addr, err)
		}
	}
}
