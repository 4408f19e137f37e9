package safehttp

import (
	"bufio"
	"encoding/json"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// decided says what becomes of the cases that the stub server decides: a code, or the content.
var decided = map[string]string{
	"http://rebind.test/":              "url_refused",
	"http://multi.test/":               "url_refused",
	"http://cname.test/":               "url_refused",
	"http://redir.test/to-loopback":    "url_redirect",
	"http://redir.test/to-metadata":    "url_redirect",
	"http://redir.test/loop":           "url_redirects",
	"http://redir.test/chain6":         "url_redirects",
	"http://redir.test/https-to-http":  "url_redirect",
	"http://redir.test/to-file":        "url_redirect",
	"http://slow.test/":                "url_timeout",
	"http://endless.test/":             "too_large",
	"http://bomb.test/gzip":            "too_large",
	"http://lying.test/":               "0123456789",
	"http://empty.test/":               "empty",
	"http://html-as-pdf.test/":         "<!doctype html><p>Bonjour",
	"http://auth.test/":                "url_status",
	"http://cookie.test/":              "cookies 0",
	"http://refresh.test/":             `<!doctype html><meta http-equiv="refresh" content="0; url=http://127.0.0.1/">`,
	"http://example.org/%0d%0aX: y":    "example.org /%0D%0AX:%20y",
	"https://example.org/rapport.pdf":  "example.org /rapport.pdf",
	"https://example.org:443/a":        "example.org /a",
	"http://example.org/é à.pdf":       "example.org /%C3%A9%20%C3%A0.pdf",
	"https://préfecture.example.org/a": "xn--prfecture-c4a.example.org /a",
	"https://example.org/a?x=1#frag":   "example.org /a?x=1",
}

// TestSSRFCases fetches every address of the collection of attacks with the real client, whose connections
// are noted where they would leave the machine. Every name that is not said to be inside resolves to a
// public address, so that no case is right by luck of the resolver.
func TestSSRFCases(t *testing.T) {
	t.Parallel()
	file, err := os.Open(testkit.Shared(t, "data/hostile/own/ssrf_urls.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	c, n := online(t, site(), Options{})
	inner := netip.MustParseAddr("10.0.0.1")
	n.names["multi.test"] = [][]netip.Addr{{outside, inner}}
	n.names["cname.test"] = [][]netip.Addr{{inner}}
	count, right := map[string]int{}, 0
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var k struct{ URL, Expect, Why string }
		if err := json.Unmarshal(lines.Bytes(), &k); err != nil {
			t.Fatal(err)
		}
		count[k.Expect]++
		if k.URL == "http://rebind.test/" { // public when it is first asked for, as any good site
			n.names["rebind.test"] = [][]netip.Addr{{outside}, {netip.MustParseAddr("127.0.0.1")}}
			if _, err := read(t, c, k.URL); err != nil {
				t.Error("the first answer of rebind.test:", err)
			}
		}
		before, start := len(n.dialed), time.Now()
		content, err := read(t, c, k.URL)
		ok := false
		switch k.Expect {
		case "block":
			ok = strings.HasPrefix(qa.CodeOf(err), "url_") && len(n.dialed) == before
		case "server-stub", "allow", "safe":
			want := decided[k.URL]
			ok = want != "" && (err == nil && content == want || err != nil && qa.CodeOf(err) == want)
		}
		if k.URL == "http://cookie.test/" && ok {
			content, err = read(t, c, k.URL)
			ok = err == nil && content == "cookies 0"
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%.60s took %v", k.URL, took)
		}
		if ok {
			right++
		} else {
			t.Errorf("%.60q (%s): content %.80q, %v", k.URL, k.Why, content, err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if count["block"] != 95 || count["allow"] != 5 || count["safe"] != 1 || count["server-stub"] != 18 {
		t.Errorf("cases: %v", count)
	}
	if bad := n.forbidden(); len(bad) > 0 {
		t.Errorf("forbidden connections: %v", bad)
	}
	t.Logf("ssrf: %d of %d cases judged right (%d block, %d allow, %d safe, %d by the stub server), %d connections, %d forbidden",
		right, count["block"]+count["allow"]+count["safe"]+count["server-stub"], count["block"], count["allow"], count["safe"], count["server-stub"],
		len(n.dialed), len(n.forbidden()))
}
