package freeport

import (
	"net"
	"testing"
)

func TestAddress(t *testing.T) {
	address, err := Address()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // and again, where it was
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if port := l.Addr().(*net.TCPAddr).Port; port < first || port > last {
			t.Errorf("port %d isn't from %d to %d", port, first, last)
		}
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		l.Close()
	}
}

// TestOnce: of many addresses where nobody listens yet no two are the same.
func TestOnce(t *testing.T) {
	seen := map[string]bool{}
	for range 400 {
		address, err := Address()
		if err != nil {
			t.Fatal(err)
		}
		if seen[address] {
			t.Fatalf("%s is given twice", address)
		}
		seen[address] = true
	}
}

// TestKept: what one process has was not given to another one, also while nobody listens.
func TestKept(t *testing.T) {
	address, err := Address()
	if err != nil {
		t.Fatal(err)
	}
	if lock, err := net.ListenPacket("udp", address); err == nil {
		lock.Close()
		t.Error("another process would be given it")
	}
	for range most + 10 {
		if _, err := Address(); err != nil {
			t.Fatal(err)
		}
	}
	if len(kept) != most {
		t.Errorf("%d ports are kept; want %d", len(kept), most)
	}
}
