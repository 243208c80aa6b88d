package passkeys

import (
	"errors"
	"slices"
	"testing"
)

func TestNew(t *testing.T) {
	for _, test := range []struct {
		name    string
		c       Config
		id      string
		origins []string
	}{
		{"a site", Config{Origins: []string{"https://dm.example.org", "https://dm.example.org:8443"}}, "dm.example.org", []string{"https://dm.example.org", "https://dm.example.org:8443"}},
		{"above it", Config{ID: "example.org", Origins: []string{"https://dm.example.org", "https://badexample.org"}}, "example.org", []string{"https://dm.example.org"}},
		{"this machine", Config{Origins: []string{"http://127.0.0.1:8440", "http://localhost:8440", "http://[::1]:8440"}}, "localhost", []string{"http://localhost:8440"}},
		{"two names", Config{Origins: []string{"https://a.example", "https://b.example"}}, "a.example", []string{"https://a.example"}},
		{"in the clear", Config{Origins: []string{"http://dm.example.org"}}, "", nil},
		{"an address", Config{Origins: []string{"https://192.0.2.1"}}, "", nil},
		{"another site's", Config{ID: "example.com", Origins: []string{"https://dm.example.org"}}, "", nil},
	} {
		v, err := New(test.c)
		if test.id == "" {
			if !errors.Is(err, ErrNoSite) {
				t.Errorf("%s: got %v, want ErrNoSite", test.name, err)
			}
			continue
		}
		if err != nil || v.ID() != test.id || !slices.Equal(v.site.Origins, test.origins) {
			t.Errorf("%s: got %+v, %v; want %s with %q", test.name, v, err, test.id, test.origins)
		}
	}
}
