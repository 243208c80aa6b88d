package main

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress returns the function that says where a request comes from, for
// rate limits: the connection's peer or, where that is a trusted proxy, the last
// address of X-Forwarded-For that isn't one. Of IPv6 it is the network of 64 bits:
// one client has at least that.
func clientAddress(proxies []netip.Prefix) func(*http.Request) string {
	trusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	return func(r *http.Request) string {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return r.RemoteAddr
		}
		at := peer.Addr().Unmap().WithZone("")
		if !trusted(at) {
			return network(at)
		}
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, hop := range slices.Backward(hops) {
			a, err := netip.ParseAddr(strings.TrimSpace(hop))
			if err != nil {
				break // what stands before was written by who knows whom
			}
			at = a.Unmap().WithZone("")
			if !trusted(at) {
				break
			}
		}
		return network(at)
	}
}

// network returns what an address counts as.
func network(a netip.Addr) string {
	if a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}
