package safehttp

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"code.dny.dev/ssrf"

	"rapporteur/qa"
)

// rules say which hosts may be called at which ports and addresses.
type rules struct {
	public   *ssrf.Guardian
	hosts    map[endpoint]bool // what the operator allows by name or by single address
	networks []netip.Prefix    // what the operator allows by network, at the usual ports
}

// endpoint is a host in the spelling of hostName, or an address in that of netip. Port 0 stands for the
// two usual ports.
type endpoint struct {
	host string
	port uint16
}

// newRules reads the operator's list: name, name:port, address, address:port, [address]:port or network.
// Invalid allow_hosts_invalid names the entry that is none of these.
func newRules(allow []string) (*rules, error) {
	r := &rules{
		public: ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(azure)),
		hosts:  map[endpoint]bool{},
	}
	for _, entry := range allow {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		if !r.allow(entry) {
			return nil, qa.E(qa.Invalid, "allow_hosts_invalid", entry)
		}
	}
	return r, nil
}

// allow takes one entry of the operator's list.
func (r *rules) allow(entry string) bool {
	if p, err := netip.ParsePrefix(entry); err == nil {
		if p.IsSingleIP() {
			r.hosts[endpoint{host: p.Addr().String()}] = true
		} else {
			r.networks = append(r.networks, p.Masked())
		}
		return true
	}
	if ip, err := netip.ParseAddr(entry); err == nil {
		r.hosts[endpoint{host: ip.String()}] = true
		return ip.Zone() == ""
	}
	host, port := entry, uint64(0)
	if h, service, err := net.SplitHostPort(entry); err == nil {
		if port, err = strconv.ParseUint(service, 10, 16); err != nil || port == 0 {
			return false
		}
		host = h
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.String()
	} else if host, err = hostName(host); err != nil {
		return false
	}
	r.hosts[endpoint{host, uint16(port)}] = true
	return true
}

// named reports whether the operator allows the host at the port.
func (r *rules) named(host string, port uint16) bool {
	return r.hosts[endpoint{host, port}] || usual(port) && r.hosts[endpoint{host: host}]
}

// usual reports a port that needs no permission.
func usual(port uint16) bool { return port == 80 || port == 443 }

// callable judges a name before it is resolved: its port, and whether its spelling says that it is a local
// one. Where networks are allowed, such names are resolved and their addresses judged.
func (r *rules) callable(host string, port uint16) error {
	switch {
	case r.named(host, port):
		return nil
	case !usual(port):
		return refusedPort(port)
	case len(r.networks) == 0 && local(host):
		return refused()
	}
	return nil
}

// permit judges an address that host has, which is what keeps a name from leading inside. Addresses of
// the machine itself, of clouds' metadata and the like are refused whatever network or name is allowed,
// unless the address itself is.
func (r *rules) permit(host string, at netip.AddrPort) error {
	ip, port := at.Addr().Unmap(), at.Port()
	switch {
	case ip.Zone() != "":
		return refused()
	case r.named(ip.String(), port):
		return nil
	case !usual(port) && !r.named(host, port):
		return refusedPort(port)
	case r.public.SafeAddr(ip) == nil:
		return nil
	case reserved(ip):
		return refused()
	case r.named(host, port) && nearby(ip):
		return nil
	case slices.ContainsFunc(r.networks, func(p netip.Prefix) bool { return p.Contains(ip) }):
		return nil
	}
	return refused()
}

// control is permit for net.Dialer.Control: the address is the one that is about to be connected to.
func (r *rules) control(host, network, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return refused()
	}
	return r.permit(host, at)
}

// Networks that are named here because neither net/netip nor the library tells them apart.
var (
	azure  = netip.MustParsePrefix("168.63.129.16/32") // answers virtual machines only, from a public address
	shared = netip.MustParsePrefix("100.64.0.0/10")    // RFC 6598, between providers and in private overlays
)

// metadata lists where clouds tell a machine its secrets, as far as these addresses are not link-local.
var metadata = []netip.Addr{
	azure.Addr(),
	netip.MustParseAddr("100.100.100.200"),
	netip.MustParseAddr("192.0.0.192"),
	netip.MustParseAddr("fd00:ec2::254"),
	netip.MustParseAddr("fd20:ce::254"),
}

// reserved reports addresses that no allowed name or network opens.
func reserved(ip netip.Addr) bool {
	return ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || slices.Contains(metadata, ip)
}

// nearby reports addresses of private networks and of this machine, which an allowed name may have.
func nearby(ip netip.Addr) bool { return ip.IsPrivate() || ip.IsLoopback() || shared.Contains(ip) }

// local reports names that are never those of a public host: without a domain, or under one of the domains
// that are kept for private use (RFC 6761, 6762, 8375, ICANN's .internal) or are used so.
func local(host string) bool {
	at := strings.LastIndexByte(host, '.')
	if at < 0 || strings.HasSuffix(host, ".home.arpa") {
		return true
	}
	switch host[at+1:] {
	case "localhost", "local", "internal", "svc", "lan", "home", "corp", "intranet", "private", "localdomain":
		return true
	}
	return false
}

func refused() error { return qa.E(qa.Unprocessable, "url_refused") }

func refusedPort(port uint16) error { return qa.E(qa.Unprocessable, "url_port", int(port)) }
