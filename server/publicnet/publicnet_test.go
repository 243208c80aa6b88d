package publicnet

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"parley/server/publicnet/publicnettest"
)

func TestIsPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"142.250.1.95": true, "2a00:1450:4001:801::200a": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"100.100.100.200": false, "168.63.129.16": false, "168.63.129.17": true, "192.0.0.192": false, "fd00:ec2::254": false, "0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false, "192.0.2.1": false, "198.18.0.1": false, "240.0.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "::ffff:127.0.0.1": false,
		"::ffff:10.0.0.1": false, "::127.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "2002:7f00:1::": false,
		"2001:0:7f00:1::": false, "2001:db8::1": false, "100::1": false, "fec0::1": false, "4000::1": false,
	} {
		if got := IsPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
}

// TestControl: what is judged is the address that is connected to, and its port.
func TestControl(t *testing.T) {
	d := &Dialer{Ports: []uint16{443}}
	if err := d.control("tcp4", "192.0.2.7:443", nil); !errors.Is(err, ErrAddress) {
		t.Errorf("got %v, want ErrAddress", err)
	}
	if err := d.control("tcp4", "142.250.1.95:25", nil); !errors.Is(err, ErrAddress) {
		t.Errorf("port 25: got %v, want ErrAddress", err)
	}
	if err := d.control("tcp4", "142.250.1.95:443", nil); err != nil {
		t.Error(err)
	}
}

// TestDial: a name that leads to an inner address, at once or the second time, isn't
// connected to; one that the operator allows by name and port is.
func TestDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	address := net.JoinHostPort("site.example", port)
	d := &Dialer{Ports: []uint16{uint16(l.Addr().(*net.TCPAddr).Port)}, Timeout: time.Minute, Resolve: publicnettest.Resolver(t, "127.0.0.1")}
	for range 2 {
		if _, err := d.DialContext(t.Context(), "tcp", address); !errors.Is(err, ErrAddress) {
			t.Errorf("got %v, want ErrAddress", err)
		}
	}
	d.Own = []string{address}
	conn, err := d.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
