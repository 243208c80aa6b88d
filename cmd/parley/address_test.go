package main

import (
	"net/http"
	"testing"
)

// A client can't choose where it is counted: X-Forwarded-For counts from trusted
// proxies only, from its end, up to the first address that isn't one.
func TestClientAddress(t *testing.T) {
	var c serveConfig
	if err := setProxies(&c, "10.0.0.0/8, 192.0.2.1, fd00::/8"); err != nil {
		t.Fatal(err)
	}
	of := clientAddress(c.proxies)
	tests := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "203.0.113.9:1", nil, "203.0.113.9"},
		{"made up by a client", "203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9"},
		{"proxy", "10.1.1.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.1.1.1:1", []string{"198.51.100.1, 192.0.2.1"}, "198.51.100.1"},
		{"made up before a proxy", "10.1.1.1:1", []string{"8.8.8.8, 198.51.100.1"}, "198.51.100.1"},
		{"in two headers", "10.1.1.1:1", []string{"8.8.8.8", "198.51.100.1"}, "198.51.100.1"},
		{"a trusted one claimed", "10.1.1.1:1", []string{"10.9.9.9, 198.51.100.1"}, "198.51.100.1"},
		{"nonsense", "10.1.1.1:1", []string{"8.8.8.8, nonsense"}, "10.1.1.1"},
		{"nothing", "10.1.1.1:1", nil, "10.1.1.1"},
		{"mapped", "[::ffff:10.1.1.1]:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"IPv6 counts as its network", "[2001:db8:1:2:3:4:5:6]:1", nil, "2001:db8:1:2::/64"},
		{"IPv6 behind a proxy", "[fd00::1]:1", []string{"2001:db8:1:2::9"}, "2001:db8:1:2::/64"},
		{"not an address", "@", nil, "@"},
	}
	for _, test := range tests {
		r := &http.Request{RemoteAddr: test.peer, Header: http.Header{"X-Forwarded-For": test.forwarded}}
		if got := of(r); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
