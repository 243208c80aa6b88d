package server

import (
	"testing"

	"parley/identity"
)

// TestOwns: owns is what comparing with Device.Account is.
func TestOwns(t *testing.T) {
	var accounts []identity.Account
	for _, domain := range []string{"example.org", "example.or", "u", "d", "u:1", "127.0.0.1:8000"} {
		for _, name := range []string{"alice", "alic", "u", "d", "bob"} {
			a, err := identity.NewAccount(domain, name)
			if err != nil {
				t.Fatal(err)
			}
			accounts = append(accounts, a)
		}
	}
	for _, a := range accounts {
		for _, b := range accounts {
			d := identity.NewDevice(b, [16]byte{1})
			if got, want := owns(a, d), d.Account() == a; got != want {
				t.Errorf("owns(%s, %s) = %v; want %v", a, d, got, want)
			}
		}
	}
}
