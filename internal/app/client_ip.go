package app

import (
	"net/http"
	"net/netip"
	"strings"

	"mandorla/internal/fault"
)

// ParseProxies reads addresses of proxies that may be believed: networks such as 10.0.0.0/8, or single addresses.
func ParseProxies(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range list {
		text = strings.TrimSpace(text)
		if addr, err := netip.ParseAddr(text); err == nil {
			addr = plainAddr(addr)
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil || p.Addr().Is4In6() {
			return nil, fault.New(fault.Invalid, "--trusted-proxy %q is neither an address nor a network, such as 10.0.0.7 or 10.0.0.0/8.", text)
		}
		if p.Bits() == 0 {
			return nil, fault.New(fault.Invalid, "--trusted-proxy %s would believe everybody. Name the addresses of your proxies.", text)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// clientIP gives the function by which every surface tells who is at the other end: the address of the connection or, where that is a
// trusted proxy, the last address in X-Forwarded-For that is none. Everything else that a request says about where it comes from
// (Forwarded, X-Real-IP, X-Forwarded-Host, X-Forwarded-Proto) is not looked at: anybody can write it, and links are built from the
// configured origin. "" is an address that cannot be told, such as that of a Unix socket.
func clientIP(proxies []netip.Prefix) func(*http.Request) string {
	trusted := func(a netip.Addr) bool {
		for _, p := range proxies {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	return func(r *http.Request) string {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return ""
		}
		at := plainAddr(peer.Addr())
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0 && trusted(at); i-- {
			next, ok := parseHop(hops[i])
			if !ok { // a proxy wrote nonsense, or passed it on: it is the last that is known
				break
			}
			at = next
		}
		return at.String()
	}
}

// parseHop reads one entry of X-Forwarded-For. Some proxies add the port.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err == nil {
		return plainAddr(a), true
	}
	if a, err := netip.ParseAddrPort(text); err == nil {
		return plainAddr(a.Addr()), true
	}
	return netip.Addr{}, false
}

// plainAddr is one spelling for each address: no zone, IPv4 as such.
func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
