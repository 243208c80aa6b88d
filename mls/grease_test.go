package mls_test

import (
	"slices"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

func isGREASE[T ~uint16](v T) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff && v != 0xfafa }

func hasGREASE[T ~uint16](list []T) bool { return slices.ContainsFunc(list, isGREASE[T]) }

func extensionTypes(list public.Extensions) []public.ExtensionType {
	var types []public.ExtensionType
	for _, e := range list {
		types = append(types, e.Type)
	}
	return types
}

// TestGREASE: what we send has random unknown values wherever they are allowed,
// and what it has is tolerated (RFC 9420, Section 13.5, RFC 9420, Section 13.4,
// RFC 9420, Section 7.2). Without them there are none.
func TestGREASE(t *testing.T) {
	for _, none := range []bool{false, true} {
		c := mlstest.NewClient(t, public.X25519(), "alice")
		c.Config.NoGREASE = none
		message, _ := c.KeyPackage(t)
		k, err := public.ParseKeyPackage(message)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&public.Config{Suites: mlstest.Suites()}).ValidateKeyPackage(k); err != nil {
			t.Errorf("the key package is not valid: %v", err)
		}
		c.Create(t, "group")
		message, err = c.Group.GroupInfo()
		if err != nil {
			t.Fatal(err)
		}
		info, err := public.ParseGroupInfo(message)
		if err != nil {
			t.Fatal(err)
		}
		caps := &k.LeafNode.Capabilities
		for name, got := range map[string]bool{
			"cipher suites":     hasGREASE(caps.CipherSuites),
			"extensions":        hasGREASE(caps.Extensions),
			"proposals":         hasGREASE(caps.Proposals),
			"credentials":       hasGREASE(caps.Credentials),
			"leaf extensions":   hasGREASE(extensionTypes(k.LeafNode.Extensions)),
			"key package":       hasGREASE(extensionTypes(k.Extensions)),
			"group info":        hasGREASE(extensionTypes(info.Extensions)),
			"leaf's components": hasGREASE(components(t, &k.LeafNode)),
		} {
			if got == none {
				t.Errorf("%s: GREASE is %v, want %v", name, got, !none)
			}
		}
		if hasGREASE(extensionTypes(info.GroupContext.Extensions)) {
			t.Error("the GroupContext has GREASE")
		}
		// RFC 9420, Section 10: those of the key package itself as well.
		for _, e := range slices.Concat(k.LeafNode.Extensions, k.Extensions) {
			if !caps.SupportsExtension(e.Type) {
				t.Errorf("extension %04x is not in the capabilities", e.Type)
			}
		}
	}
}

// components returns the components that a leaf lists
// (draft-ietf-mls-extensions-10, Section 5, draft-ietf-mls-extensions-10, Section 5.1).
func components(t *testing.T, leaf *public.LeafNode) public.ComponentsList {
	t.Helper()
	dict, err := leaf.Extensions.Dictionary()
	if err != nil {
		t.Fatal(err)
	}
	data, _ := dict.Find(public.AppComponents)
	list, err := public.Parse[public.ComponentsList](data)
	if err != nil {
		t.Fatal(err)
	}
	return *list
}

// TestUnknownValues: members whose leaves, key packages and GroupInfo say things
// that we don't know are added, followed and joined (RFC 9420, Section 13.4).
func TestUnknownValues(t *testing.T) {
	alice, bob := mlstest.NewClient(t, public.X25519(), "alice"), mlstest.NewClient(t, public.X25519(), "bob")
	alice.Create(t, "group")
	k, secrets, err := mls.NewKeyPackage(bob.Config, bob.Suite, bob.Identity, bob.Signer, mls.KeyPackageOptions{
		LeafExtensions:  public.Extensions{{Type: 0xf0f0, Data: []byte("unknown")}},
		GroupExtensions: []public.ExtensionType{0xf1f1, 0xf2f2},
	})
	if err != nil {
		t.Fatal(err)
	}
	bob.Join(t, alice.Commit(t, mls.CommitOptions{Add: [][]byte{k}}).Welcome(), secrets)
	agree(t, alice, bob)
}
