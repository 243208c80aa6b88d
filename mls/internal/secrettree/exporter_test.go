package secrettree_test

import (
	"bytes"
	"errors"
	"testing"

	"parley/mls/internal/secrettree"
	"parley/mls/internal/suite"
	"parley/mls/internal/treemath"
)

// leafOf walks from the root to a leaf as RFC 9420, Section 9 derives a secret
// tree, without any of the tree's code.
func leafOf(s *suite.Suite, root suite.Secret, component uint16) suite.Secret {
	secret := root
	for bit := 15; bit >= 0; bit-- {
		side := "left"
		if component>>bit&1 == 1 {
			side = "right"
		}
		secret = s.ExpandWithLabel(secret, "tree", []byte(side), s.HashSize())
	}
	return secret
}

// TestExporter is draft-ietf-mls-extensions-10, Section 4.4: each component's
// secret comes once, and nothing that could give it stays (RFC 9420, Section 9.2).
func TestExporter(t *testing.T) {
	s := suite.X25519()
	root := bytes.Repeat([]byte{7}, s.HashSize())
	records := map[string][]byte{}
	put := func(key string, value []byte) {
		if value == nil {
			delete(records, key)
			return
		}
		records[key] = bytes.Clone(value)
	}
	get := func(key string) ([]byte, error) { return records[key], nil }
	e := secrettree.NewExporter(s, bytes.Clone(root), put)
	want := map[uint16]suite.Secret{}
	for i, component := range []uint16{0, 1, 0x8001, 0xffff, 0x0020} {
		got, err := e.Take(component, put)
		want[component] = leafOf(s, root, component)
		if err != nil || !bytes.Equal(got, want[component]) {
			t.Errorf("component %d: got %x, %v, want %x", component, got, err, want[component])
		}
		if i%2 == 1 {
			e = secrettree.OpenExporter(s, get) // a restart
		}
		if _, err := e.Take(component, put); !errors.Is(err, secrettree.ErrReplayed) {
			t.Errorf("component %d again: got %v, want ErrReplayed", component, err)
		}
	}
	for key, value := range records {
		for component, secret := range want {
			if bytes.Contains(value, secret) || bytes.Contains(value, root) {
				t.Errorf("record %s holds what gives component %d", key, component)
			}
		}
	}
	if _, ok := records["n"+"65535"]; ok || treemath.Root(secrettree.Components) != 65535 {
		t.Error("the root stays")
	}
	if err := e.Delete(put); err != nil || len(records) != 0 {
		t.Errorf("%d records stay, %v", len(records), err)
	}
}
