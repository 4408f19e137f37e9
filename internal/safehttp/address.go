package safehttp

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"rapporteur/qa"
)

// maxAddress is the longest address in bytes, as long as the source of a document may be.
const maxAddress = 1024

// parse judges an address as far as its spelling tells, and gives the one spelling by which it is both
// checked and called. Errors: url_invalid, url_port, url_refused.
func (r *rules) parse(address string) (*url.URL, error) {
	address = strings.TrimSpace(address)
	if len(address) > maxAddress || !utf8.ValidString(address) || strings.ContainsFunc(address, confusing) {
		return nil, invalid("characters")
	}
	u, err := url.Parse(address)
	if err != nil { // it repeats the address, perhaps with a password
		return nil, invalid("syntax")
	}
	u, err = r.normal(u)
	if err == nil && len(u.String()) > maxAddress {
		return nil, invalid("length")
	}
	return u, err
}

// normal is parse for an address that was parsed already; u itself stays as it is.
func (r *rules) normal(u *url.URL) (*url.URL, error) {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, invalid("scheme")
	case u.User != nil:
		return nil, invalid("credentials")
	case u.Opaque != "" || u.Host == "":
		return nil, invalid("no host")
	}
	port, err := portOf(u)
	if err != nil {
		return nil, err
	}
	host, ip, err := hostOf(u)
	if err != nil {
		return nil, err
	}
	if ip.IsValid() {
		err = r.permit(host, netip.AddrPortFrom(ip, port))
	} else {
		err = r.callable(host, port)
	}
	if err != nil {
		return nil, err
	}
	plain := url.URL{Scheme: u.Scheme, Path: u.Path, RawPath: u.RawPath, RawQuery: query(u.RawQuery)}
	plain.Host = net.JoinHostPort(host, strconv.Itoa(int(port)))
	if port == defaultPort(u.Scheme) {
		plain.Host = strings.TrimSuffix(plain.Host, ":"+strconv.Itoa(int(port)))
	}
	if plain.Path == "" {
		plain.Path = "/"
	}
	return plain.ResolveReference(&plain), nil // without dot segments
}

// confusing reports characters by which programs come to read one address as two: none stands in an
// address as it is.
func confusing(r rune) bool { return unicode.IsControl(r) || r == '\\' }

func defaultPort(scheme string) uint16 {
	if scheme == "https" {
		return 443
	}
	return 80
}

func portOf(u *url.URL) (uint16, error) {
	if u.Port() == "" {
		return defaultPort(u.Scheme), nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return 0, invalid("port")
	}
	return uint16(port), nil
}

// hostOf gives the host in one spelling, and its address where it is written as one. Only the usual
// spelling of an IPv4 address is taken: others, as 0x7f.1, are read differently by different programs.
func hostOf(u *url.URL) (string, netip.Addr, error) {
	if strings.HasPrefix(u.Host, "[") {
		ip, err := netip.ParseAddr(u.Hostname())
		switch {
		case err != nil || !ip.Is6():
			return "", ip, invalid("IPv6 address")
		case ip.Is4In6() || ip.Zone() != "":
			return "", ip, refused()
		}
		return ip.String(), ip, nil
	}
	host, err := hostName(u.Hostname())
	if err != nil {
		return "", netip.Addr{}, err
	}
	ip, err := netip.ParseAddr(host)
	if err != nil && numeric(host[strings.LastIndexByte(host, '.')+1:]) {
		return "", ip, invalid("IPv4 address")
	}
	return host, ip, nil
}

// names maps names to ASCII as browsers do, and refuses what no host is called.
var names = idna.New(idna.MapForLookup(), idna.StrictDomainName(true), idna.BidiRule(), idna.Transitional(false))

// hostName gives the name of a host in lower-case ASCII without the dot at its end.
func hostName(name string) (string, error) {
	ascii, err := names.ToASCII(name)
	if err != nil || !utf8.ValidString(name) {
		return "", invalid("host name")
	}
	ascii = strings.TrimSuffix(ascii, ".")
	if len(ascii) > 253 {
		return "", invalid("host name")
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 {
			return "", invalid("host name")
		}
	}
	return ascii, nil
}

// numeric reports a last label that makes other programs read a host as an IPv4 address.
func numeric(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// query escapes what may not stand in a query; what is escaped already stays.
func query(raw string) string {
	var b strings.Builder
	for i := range len(raw) {
		c := raw[i]
		switch {
		case c == '%' && !escaped(raw[i:]), c <= ' ', c >= 0x7f, strings.IndexByte("\"<>\\^`{|}", c) >= 0:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

const hexDigits = "0123456789ABCDEF"

// escaped reports a percent sign with its two digits at the start of s.
func escaped(s string) bool {
	return len(s) >= 3 && strings.Trim(s[1:3], "0123456789abcdefABCDEF") == ""
}

// invalid is a refusal of what is no web address; the reason is for the log.
func invalid(reason string) error {
	return qa.E(qa.Invalid, "url_invalid").Because(errors.New(reason))
}
