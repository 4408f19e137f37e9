package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"rapporteur/qa"
)

// contentSecurityPolicy lets a page use its own files and nothing else. form-action is 'self' and
// not 'none' because asking and uploading work without JavaScript.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"

// secureHeaders sets what every response carries; static files replace Cache-Control.
func secureHeaders(h http.Header) {
	h.Set("Content-Security-Policy", contentSecurityPolicy)
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

// guardBrowser refuses what another web site could make a browser send here, and what no client
// of ours sends.
func (s *Server) guardBrowser(c *gin.Context) {
	if err := s.checkRequest(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	c.Next()
}

func (s *Server) checkRequest(r *http.Request) error {
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
func (s *Server) ownHost(r *http.Request) bool {
	name, port := splitHost(strings.ToLower(r.Host))
	for _, public := range s.PublicHosts {
		public = strings.ToLower(public)
		if public == strings.ToLower(r.Host) || public == name {
			return true
		}
	}
	listenName, listenPort := splitHost(strings.ToLower(s.Listen))
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
	_, port := splitHost(a.String())
	return p.Addr().WithZone("").Unmap(), port
}

// splitHost cuts "name:port", "name", "[v6]:port" or "[v6]"; the port is "" when absent.
func splitHost(host string) (name, port string) {
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
