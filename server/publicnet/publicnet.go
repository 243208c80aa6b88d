// Package publicnet connects to the public internet alone. It is for what the server
// fetches or posts to because a stranger said so: an address that leads into the
// operator's own network, by whatever way, is refused (CWE-918).
//
// What counts is the address that a connection is made to, not what its name meant a
// moment before: see [Dialer].
package publicnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ErrAddress is why nothing is sent to an inner address, or to another port.
var ErrAddress = errors.New("publicnet: not a public address")

// inner are the networks that aren't the public internet, beside those that
// netip.Addr knows (IANA's registries of special purposes), those that lead to
// others' addresses, and 168.63.129.16, at which each machine in Azure reaches its host.
var inner = func() (all []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "168.63.129.16/32", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}()

// unicast6 is all of IPv6 that is given out. (So NAT64's prefixes are out too.)
var unicast6 = netip.MustParsePrefix("2000::/3")

// IsPublic reports whether a is somebody's on the public internet.
func IsPublic(a netip.Addr) bool {
	a = a.Unmap()
	if a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !unicast6.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(inner, func(p netip.Prefix) bool { return p.Contains(a) })
}

// A Dialer connects by TCP to public addresses. Its fields mustn't change once it is
// used; then it is safe for concurrent use.
type Dialer struct {
	Ports   []uint16      // that are connected to
	Own     []string      // HOST:PORT as a URL names it, which the operator allows at whatever address
	Timeout time.Duration // for one connection
	Resolve *net.Resolver // nil: the system's
}

// DialContext is for http.Transport. It returns ErrAddress, which may come wrapped,
// for an address that isn't public. A name is looked up once, and each address that
// it has is judged when it is connected to: a name that means something else a moment
// later gains nothing.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	plain := net.Dialer{Timeout: d.Timeout, Resolver: d.Resolve}
	if !slices.Contains(d.Own, address) {
		plain.Control = d.control
	}
	return plain.DialContext(ctx, network, address)
}

// control is for net.Dialer.Control: it sees the address that is connected to.
func (d *Dialer) control(network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") || !slices.Contains(d.Ports, to.Port()) || !IsPublic(to.Addr()) {
		return ErrAddress
	}
	return nil
}
