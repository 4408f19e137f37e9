package safehttp

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"rapporteur/qa"
)

// TestAllowed holds the operator's list to what it opens, and to nothing else.
func TestAllowed(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		allow, host, at string
		want            string
	}{
		{"", "example.org", "93.184.216.34:443", ""},
		{"", "example.org", "93.184.216.34:8080", "url_port"},
		{"", "example.org", "[2606:2800:220:1::1]:443", ""},
		{"", "example.org", "[::ffff:10.0.0.5]:80", "url_refused"},
		{"", "example.org", "168.63.129.16:80", "url_refused"},
		{"model", "model", "10.0.0.5:80", ""},
		{"model", "model", "10.0.0.5:11434", "url_port"},
		{"model", "other", "10.0.0.5:80", "url_refused"},
		{"model:11434", "model", "10.0.0.5:11434", ""},
		{"model:11434", "model", "10.0.0.5:80", "url_refused"},
		{"MODEL:11434", "model", "127.0.0.1:11434", ""},
		{"model", "model", "169.254.169.254:80", "url_refused"},
		{"model", "model", "[fd00:ec2::254]:80", "url_refused"},
		{"model", "model", "100.100.100.200:80", "url_refused"},
		{"model", "model", "100.64.3.4:80", ""},
		{"model", "model", "[fe80::1]:80", "url_refused"},
		{"model", "model", "0.0.0.0:80", "url_refused"},
		{"model", "model", "224.0.0.1:80", "url_refused"},
		{"model", "model", "192.0.2.1:80", "url_refused"},
		{"10.0.0.0/8", "any.example", "10.9.9.9:443", ""},
		{"10.0.0.0/8", "any.example", "11.9.9.9:443", ""},
		{"10.0.0.0/8", "any.example", "10.9.9.9:8080", "url_port"},
		{"10.0.0.0/8", "any.example", "192.168.1.1:80", "url_refused"},
		{"0.0.0.0/0", "any.example", "169.254.169.254:80", "url_refused"},
		{"::/0", "any.example", "[fd20:ce::254]:80", "url_refused"},
		{"169.254.0.0/16", "any.example", "169.254.169.254:80", "url_refused"},
		{"169.254.169.254", "any.example", "169.254.169.254:80", ""},
		{"169.254.169.254/32", "any.example", "169.254.169.254:80", ""},
		{"127.0.0.1:8081", "127.0.0.1", "127.0.0.1:8081", ""},
		{"127.0.0.1:8081", "127.0.0.1", "127.0.0.1:80", "url_refused"},
		{"[::1]:8081", "::1", "[::1]:8081", ""},
		{"::1", "::1", "[::1]:443", ""},
		{"example.org:8443", "example.org", "93.184.216.34:8443", ""},
	} {
		r, err := newRules(strings.Split(k.allow, ","))
		if err != nil {
			t.Fatal(k.allow, err)
		}
		err = r.permit(k.host, netip.MustParseAddrPort(k.at))
		if got := qa.CodeOf(err); err == nil && k.want != "" || err != nil && got != k.want {
			t.Errorf("%q, %s at %s: %v, want %q", k.allow, k.host, k.at, err, k.want)
		}
	}
	for _, entry := range []string{"*", "*.example.org", "http://a", "a:b", "a:0", "a:70000", "10.0.0.0/33", "a b", "fe80::1%eth0", "a/b", "user@a"} {
		if _, err := New(Options{Allow: []string{entry}}); qa.CodeOf(err) != "allow_hosts_invalid" || qa.KindOf(err) != qa.Invalid {
			t.Errorf("%q: %v", entry, err)
		}
	}
}

// TestAllowedNames lets names that are local by their spelling pass where the operator wants them to.
func TestAllowedNames(t *testing.T) {
	t.Parallel()
	for _, k := range []struct{ allow, address, want string }{
		{"", "http://wiki/", "url_refused"}, {"wiki", "http://wiki/", "http://wiki/"}, {"wiki", "http://WIKI.:80/a/../b", "http://wiki/b"},
		{"wiki", "http://wiki:8080/", "url_port"}, {"wiki:8080", "http://wiki:8080/", "http://wiki:8080/"},
		{"10.0.0.0/8", "http://wiki.corp/", "http://wiki.corp/"}, {"10.0.0.0/8", "http://10.1.2.3/", "http://10.1.2.3/"},
		{"10.0.0.0/8", "http://192.168.0.1/", "url_refused"}, {"::1", "http://[0:0::1]/", "http://[::1]/"},
		{"", "https://Example.ORG:443", "https://example.org/"}, {"", "http://example.org:443/", "http://example.org:443/"},
		{"", "http://example.org/a%2fb//c?q=é|%zz%41#f", "http://example.org/a%2fb//c?q=%C3%A9%7C%25zz%41"},
		{"", `http://example.org/a\b`, "url_invalid"}, {"", `http://example.org/?a\b`, "url_invalid"}, {"", "http://example.org/a\tb", "url_invalid"},
		{"", "http://example.org/" + strings.Repeat("é", 200), "url_invalid"},
	} {
		c, err := New(Options{Allow: []string{k.allow}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Normal(k.address)
		if err != nil {
			got = qa.CodeOf(err)
		}
		if got != k.want {
			t.Errorf("%q, %s: %s (%v), want %s", k.allow, k.address, got, err, k.want)
		}
	}
}

// TestAnySpelling writes addresses drawn by lot in spellings drawn by lot: what is connected to is always a
// public address.
func TestAnySpelling(t *testing.T) {
	t.Parallel()
	c, n := online(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "x") }), Options{})
	r := rand.New(rand.NewPCG(7, 7))
	accepted := 0
	for range 3000 {
		host := spelling(r, drawn(r))
		before := len(n.dialed)
		_, err := read(t, c, "http://"+host+"/")
		if err == nil {
			accepted++
		}
		for _, at := range n.dialed[before:] {
			if ip := at.Addr(); !plainlyPublic(ip) {
				t.Errorf("%s led to %s", host, ip)
			}
		}
	}
	if accepted < 100 {
		t.Errorf("only %d of 3,000 were accepted: the property says little", accepted)
	}
}

// drawn gives an address by lot, half of them from networks that are not public.
func drawn(r *rand.Rand) netip.Addr {
	var b [16]byte
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	special := []string{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "0.0.0.0/8",
		"192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4", "198.18.0.0/15", "::/128", "::1/128", "fe80::/10", "fc00::/7", "fec0::/10", "ff00::/8",
		"64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "2001:db8::/32", "100::/64", "::ffff:0:0/96", "::/96", "5f00::/16"}
	switch r.IntN(4) {
	case 0:
		return netip.AddrFrom4([4]byte(b[:4]))
	case 1:
		b[0] = 0x20 | b[0]&0x1f
		return netip.AddrFrom16(b)
	}
	p := netip.MustParsePrefix(special[r.IntN(len(special))])
	at := p.Addr().AsSlice()
	for i := p.Bits(); i < len(at)*8; i++ {
		at[i/8] |= b[i/8] & (1 << (7 - i%8))
	}
	ip, _ := netip.AddrFromSlice(at)
	return ip
}

// spelling writes an address as some program reads it.
func spelling(r *rand.Rand, ip netip.Addr) string {
	if ip.Is6() {
		switch r.IntN(4) {
		case 0:
			return "[" + ip.StringExpanded() + "]"
		case 1:
			return "[" + strings.ToUpper(ip.String()) + "]"
		case 2:
			return "[" + ip.WithZone("").String() + "%25lo]"
		}
		return "[" + ip.String() + "]"
	}
	b := ip.As4()
	whole := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	switch r.IntN(12) {
	case 0:
		return fmt.Sprint(whole)
	case 1:
		return fmt.Sprintf("0x%x", whole)
	case 2:
		return fmt.Sprintf("0%o", whole)
	case 3:
		return fmt.Sprintf("0x%x.0x%x.0x%x.0x%x", b[0], b[1], b[2], b[3])
	case 4:
		return fmt.Sprintf("0%o.0%o.0%o.0%o", b[0], b[1], b[2], b[3])
	case 5:
		return fmt.Sprintf("%d.%d", b[0], whole&0xffffff)
	case 6:
		return "[::ffff:" + ip.String() + "]"
	case 7:
		return fmt.Sprintf("[64:ff9b::%x:%x]", whole>>16, whole&0xffff)
	case 8:
		return ip.String() + "."
	case 9:
		return strings.ReplaceAll(ip.String(), ".", "。")
	case 10:
		return fmt.Sprintf("%03d.%03d.%03d.%03d", b[0], b[1], b[2], b[3])
	}
	return ip.String()
}

// plainlyPublic is a second opinion, from the standard library and the registries of special addresses.
func plainlyPublic(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is4In6() {
		return false
	}
	for _, p := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "5f00::/16", "fec0::/10", "::/96"} {
		if netip.MustParsePrefix(p).Contains(ip) {
			return false
		}
	}
	return true
}

// FuzzNormal holds every address that is accepted to one spelling that every program reads alike.
func FuzzNormal(f *testing.F) {
	for address := range decided {
		f.Add(address)
	}
	for _, address := range []string{"http://127.1/", "http://[::ffff:7f00:1]/", "http://a@b/", "http://a\\@b/", "http://①②⑦.0.0.1/", "http://a.b:080/?%&é", "https://xn--é.org/", "http://a.org/..//..\\"} {
		f.Add(address)
	}
	c, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, address string) {
		normal, err := c.Normal(address)
		if err != nil {
			if code := qa.CodeOf(err); code != "url_invalid" && code != "url_refused" && code != "url_port" {
				t.Errorf("%q: %v", address, err)
			}
			return
		}
		if again, err := c.Normal(normal); err != nil || again != normal {
			t.Errorf("%q becomes %q, then %q (%v)", address, normal, again, err)
		}
		u, err := url.Parse(normal)
		if err != nil || u.User != nil || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
			t.Fatalf("%q becomes %q, %v", address, normal, err)
		}
		if strings.ContainsFunc(normal, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }) {
			t.Errorf("%q becomes %q", address, normal)
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !plainlyPublic(ip) {
			t.Errorf("%q becomes %q", address, normal)
		}
	})
}
