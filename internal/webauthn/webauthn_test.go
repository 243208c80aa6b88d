package webauthn

import (
	"errors"
	"testing"

	"parley/server/passkeys/passkeytest"
)

func TestAt(t *testing.T) {
	for origin, host := range map[string]string{
		"https://desk.example.org": "desk.example.org", "https://desk.example.org:8450": "desk.example.org", "http://localhost:8450": "localhost",
		"http://desk.example.org": "", "https://192.0.2.1": "", "https://[::1]:8450": "", "https://desk.example.org/desk": "", "": "", "https:": "", "%": "",
	} {
		s, err := At(origin)
		if host == "" {
			if !errors.Is(err, ErrNoSite) {
				t.Errorf("%q: %v, want ErrNoSite", origin, err)
			}
			continue
		}
		if err != nil || s.ID != host || len(s.Origins) != 1 || s.Origins[0] != origin || len(s.Parents) != 0 {
			t.Errorf("%q: %+v, %v", origin, s, err)
		}
	}
}

// A passkey proves its person, and nothing else does.
func TestUsed(t *testing.T) {
	const origin = "https://desk.example.org"
	s, err := At(origin)
	if err != nil {
		t.Fatal(err)
	}
	challenge := []byte("0123456789abcdef0123456789abcdef")
	a := passkeytest.Authenticator{Origin: origin}
	options, err := s.CreationOptions([]byte("p-1"), "Rita", challenge, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := a.Create(options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Created(answer, []byte("another")); !errors.Is(err, ErrBad) {
		t.Errorf("an answer to another challenge: %v, want ErrBad", err)
	}
	key, err := s.Created(answer, challenge)
	if err != nil {
		t.Fatal(err)
	}
	if options, err = s.RequestOptions(challenge); err != nil {
		t.Fatal(err)
	}
	if answer, err = a.Get(options); err != nil {
		t.Fatal(err)
	}
	if user, err := User(answer); err != nil || string(user) != "p-1" {
		t.Errorf("User = %q, %v", user, err)
	}
	if which, _, err := s.Used(answer, challenge, []byte("p-1"), []Key{{ID: []byte("other")}, *key}); err != nil || which != 1 {
		t.Errorf("Used = %d, %v", which, err)
	}
	copied := *key
	copied.Backup = !copied.Backup
	elsewhere := *s
	elsewhere.Origins = []string{"https://evil.example"}
	for name, used := range map[string]func() error{
		"of somebody else":     func() error { _, _, err := s.Used(answer, challenge, []byte("p-2"), []Key{*key}); return err },
		"of no key":            func() error { _, _, err := s.Used(answer, challenge, []byte("p-1"), nil); return err },
		"to another challenge": func() error { _, _, err := s.Used(answer, []byte("another"), []byte("p-1"), []Key{*key}); return err },
		"of another device":    func() error { _, _, err := s.Used(answer, challenge, []byte("p-1"), []Key{copied}); return err },
		"of another page":      func() error { _, _, err := elsewhere.Used(answer, challenge, []byte("p-1"), []Key{*key}); return err },
		"that isn't one":       func() error { _, _, err := s.Used([]byte("{}"), challenge, []byte("p-1"), []Key{*key}); return err },
	} {
		if err := used(); !errors.Is(err, ErrBad) {
			t.Errorf("an answer %s: %v, want ErrBad", name, err)
		}
	}
}
