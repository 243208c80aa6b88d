package live

import (
	"errors"
	"testing"

	"parley/mls/public"
)

// What the peers do otherwise than RFC 9420, or we did, each shown once, so that we
// notice when a new version is right.

// opened returns a client of ts-mls and a group of one of ours, on suite s.
func opened(t *testing.T, s *suite) (n *node, alice *ours) {
	t.Helper()
	n = start(t, tsMLS)
	alice, err := openOurs(s, "alice", []byte("alice"))
	if err != nil {
		t.Fatal(err)
	}
	if err := alice.create([]byte(t.Name())); err != nil {
		t.Fatal(err)
	}
	return n, alice
}

// TestCompressedKeys: why ts-mls is handed keys for ECDSA. Its own are
// compressed points, and RFC 9420, Section 5.1.1 has uncompressed ones only.
func TestCompressedKeys(t *testing.T) {
	s := known(public.P256())[0]
	n, alice := opened(t, s)
	p := &peer{node: n, id: "compressed"}
	if err := p.call("open", opening{Suite: uint16(s.id), Identity: []byte("bob")}, nil); err != nil {
		t.Fatal(err)
	}
	message, err := p.keyPackage()
	if err != nil {
		t.Fatal(err)
	}
	kp, err := public.ParseKeyPackage(message)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(kp.LeafNode.SignatureKey); got != 33 {
		t.Fatalf("ts-mls makes keys of %d bytes now: it needs none of ours", got)
	}
	if _, err := alice.commit(change{add: [][]byte{message}}); err == nil {
		t.Error("a key package with a compressed point was added")
	}
}

// TestExternalPubLength: ts-mls tells its external_pub without the length of the
// key. RFC 9420, Section 12.4.3.2 has an ExternalPub there, an opaque<V>.
func TestExternalPubLength(t *testing.T) {
	s := known(public.X25519())[0]
	n := start(t, tsMLS)
	bob, err := tsMLS.open(n, s, "bob", []byte("bob"))
	if err != nil {
		t.Fatal(err)
	}
	if err := bob.create([]byte(t.Name())); err != nil {
		t.Fatal(err)
	}
	r, err := bob.ask("groupInfoAsIs", nil)
	if err != nil {
		t.Fatal(err)
	}
	info, err := public.ParseGroupInfo(r.GroupInfo)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := info.Extensions.Find(public.ExternalPubExtension)
	if len(data) != 32 {
		t.Fatalf("external_pub has %d bytes now: the driver need not mend it", len(data))
	}
	alice, err := openOurs(s, "alice", []byte("alice"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := alice.joinExternal(r.GroupInfo, false); err == nil {
		t.Error("an external_pub without length was accepted")
	}
}

// TestExtensionsNeedPath: ts-mls commits GroupContextExtensions without a path.
// RFC 9420, Section 12.4 wants one, unless all proposals are of types that need
// none: add, psk, reinit.
func TestExtensionsNeedPath(t *testing.T) {
	s := known(public.X25519())[0]
	n, alice := opened(t, s)
	bob, err := tsMLS.open(n, s, "bob", []byte("bob"))
	if err != nil {
		t.Fatal(err)
	}
	kp, err := bob.keyPackage()
	if err != nil {
		t.Fatal(err)
	}
	out, err := alice.commit(change{add: [][]byte{kp}})
	if err != nil {
		t.Fatal(err)
	}
	if err := bob.join(out.welcome); err != nil {
		t.Fatal(err)
	}
	empty := public.Marshal(&public.RequiredCapabilities{})
	r, err := bob.ask("commit", map[string]any{"extensions": empty})
	if err != nil {
		t.Fatal(err)
	}
	var rule *public.RuleError
	if err := alice.handle(r.Commit); !errors.As(err, &rule) || rule.Rule != public.RulePathRequired {
		t.Errorf("got %v, want the rule %s", err, public.RulePathRequired)
	}
}

// TestUnmergedLeaves: ts-mls refuses a tree in which a leaf is unmerged at a node
// and not at one above it. RFC 9420, Section 12.4.3.1 wants the leaf at the nodes
// below; those above were renewed by somebody else's path.
func TestUnmergedLeaves(t *testing.T) {
	s := known(public.X25519())[0]
	n, alice := opened(t, s)
	p := &play{t: t, row: &row{outcomes: map[string]outcome{}}, members: []party{alice}}
	p.cast = func(role string) (party, error) { return openOurs(s, role, []byte(role)) }
	add := func(roles ...string) {
		for _, role := range roles {
			if err := p.add(alice, role); err != nil {
				t.Fatal(err)
			}
		}
	}
	update := func(members ...party) {
		for _, m := range members {
			if err := p.commit(m, change{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	add("b", "c", "d")
	update(p.members...)
	add("e", "f", "g")
	update(p.members[4]) // gives keys to the node above leaves 4 to 7, and to the root
	add("h")             // unmerged there
	update(alice)        // renews the root, but not the node above leaves 4 to 7
	info, err := alice.groupInfo()
	if err != nil {
		t.Fatal(err)
	}
	ourJoiner, err := openOurs(s, "i", []byte("i"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ourJoiner.joinExternal(info, false); err != nil {
		t.Errorf("we can't join: %v", err)
	}
	theirs, err := tsMLS.open(n, s, "unmerged", []byte("k"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.joinExternal(info, false); !tooStrict(err) {
		t.Errorf("got %v: ts-mls may be right now", err)
	}
}

// TestKeyPackageExtensions: core-crypto takes our GREASE if and only if the
// leaf's capabilities list the extensions of the key package too, which RFC 9420,
// Section 10 wants. It is right.
func TestKeyPackageExtensions(t *testing.T) {
	n := start(t, coreCrypto)
	s := known(public.X25519())[0]
	peer, err := coreCrypto.open(n, s, "extensions", coreCrypto.identityOf("extensions"))
	if err != nil {
		t.Fatal(err)
	}
	if err := peer.create([]byte(t.Name())); err != nil {
		t.Fatal(err)
	}
	for _, grease := range []bool{false, true} {
		joiner, err := openOurs(s, "joiner", coreCrypto.identityOf(t.Name()))
		if err != nil {
			t.Fatal(err)
		}
		joiner.cfg.NoGREASE = !grease
		message, err := joiner.keyPackage()
		if err != nil {
			t.Fatal(err)
		}
		listed, err := extensionsListed(message)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = peer.commit(change{add: [][]byte{message}}); (err == nil) != listed {
			t.Errorf("GREASE %v, extensions listed %v: core-crypto says %v", grease, listed, err)
		}
	}
}

// extensionsListed reports whether the capabilities of a key package list the
// types of its own extensions.
func extensionsListed(message []byte) (bool, error) {
	kp, err := public.ParseKeyPackage(message)
	if err != nil {
		return false, err
	}
	for _, e := range kp.Extensions {
		if !kp.LeafNode.Capabilities.SupportsExtension(e.Type) {
			return false, nil
		}
	}
	return true, nil
}
