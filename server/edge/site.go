package edge

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"rapporteur/qa"
)

// ContentSecurityPolicy lets a page use its own files and nothing else. form-action is 'self' and
// not 'none' because asking and uploading work without JavaScript.
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"

// SecureHeaders sets what every response carries; static files replace Cache-Control.
func SecureHeaders(h http.Header) {
	h.Set("Content-Security-Policy", ContentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
}

// keyParameters are the places in an address where clients of other services put keys. An address
// ends in logs and histories, so a key there is refused before it becomes a habit.
var keyParameters = [...]string{"key", "api_key", "api-key", "apikey", "token", "access_token"}

// Site is what the service is called: the address it listens on, and the further names it answers
// to, "name" (any port) or "name:port".
type Site struct {
	Listen      string
	PublicHosts []string
}

// Check refuses what another web site could make a browser send here, what no client of ours sends,
// and compressed bodies, whose true size is unknown.
func (s Site) Check(r *http.Request) error {
	if !s.ownHost(r) {
		return qa.E(qa.Forbidden, "foreign_host")
	}
	if !ownOrigin(r) {
		return qa.E(qa.Forbidden, "foreign_origin")
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return qa.E(qa.Unsupported, "content_encoded")
	}
	if r.URL.RawQuery == "" {
		return nil
	}
	query := r.URL.Query()
	for _, name := range keyParameters {
		if query.Has(name) {
			return qa.E(qa.Invalid, "key_in_query")
		}
	}
	return nil
}

// ownHost reports whether the request names this server. A web site that makes its own name point
// to this machine (DNS rebinding) is told apart by that name; an address cannot be rebound.
func (s Site) ownHost(r *http.Request) bool {
	name, port := SplitHost(strings.ToLower(r.Host))
	for _, public := range s.PublicHosts {
		public = strings.ToLower(public)
		if public == strings.ToLower(r.Host) || public == name {
			return true
		}
	}
	listenName, listenPort := SplitHost(strings.ToLower(s.Listen))
	local, wantPort := localAddress(r)
	if wantPort == "" {
		wantPort = listenPort
	}
	if port == "" {
		port = "80"
	}
	if port != wantPort {
		return false
	}
	ip, err := netip.ParseAddr(name)
	if err != nil {
		return name == "localhost" || name != "" && name == listenName
	}
	ip = ip.Unmap()
	return ip.IsLoopback() || ip == local
}

// localAddress is where the connection of r arrived: port "" when unknown.
func localAddress(r *http.Request) (netip.Addr, string) {
	a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return netip.Addr{}, ""
	}
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}, ""
	}
	_, port := SplitHost(a.String())
	return p.Addr().WithZone("").Unmap(), port
}

// SplitHost cuts "name:port", "name", "[v6]:port" or "[v6]"; the port is "" when absent.
func SplitHost(host string) (name, port string) {
	if n, p, err := net.SplitHostPort(host); err == nil {
		return n, p
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), ""
}

// ownOrigin reports whether the request comes from our own page or from no page at all. Another
// port of the same machine is another origin. Following a link from elsewhere is allowed.
func ownOrigin(r *http.Request) bool {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	site := r.Header.Get("Sec-Fetch-Site")
	if site != "" && site != "same-origin" && site != "none" {
		return reads && r.Header.Get("Sec-Fetch-Mode") == "navigate"
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		return sameHost(origin, r.Host)
	}
	// A form of an old browser has no Origin, but says the page it was on.
	if referer := r.Header.Get("Referer"); !reads && referer != "" {
		return sameHost(referer, r.Host)
	}
	return true
}

func sameHost(address, host string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, host)
}

// forwardingHeaders show that a proxy passed the request on: it then comes from somewhere else
// than the address of the connection says.
var forwardingHeaders = [...]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"}

// FromThisMachine reports whether r comes from this machine and through no proxy.
func FromThisMachine(r *http.Request) bool {
	for _, name := range forwardingHeaders {
		if len(r.Header.Values(name)) > 0 {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
