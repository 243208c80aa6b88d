package secrettree_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"parley/mls/internal/secrettree"
	"parley/mls/internal/suite"
	"parley/mls/internal/treemath"
)

const (
	app  = secrettree.Application
	size = 8
)

func secretOf(s *suite.Suite) suite.Secret { return bytes.Repeat([]byte{7}, s.HashSize()) }

func getFrom(records map[string][]byte) secrettree.Get {
	return func(key string) ([]byte, error) { return records[key], nil }
}

// pair is a sender's and a receiver's tree of one epoch.
type pair struct {
	sender, receiver *secrettree.Tree
	records          map[string][]byte // the receiver's
}

func newPair() *pair {
	s := suite.X25519()
	p := &pair{records: map[string][]byte{}}
	p.sender = secrettree.New(s, size, secretOf(s), func(string, []byte) {})
	p.receiver = secrettree.New(s, size, secretOf(s), putInto(p.records))
	return p
}

// send returns the sender's next n keys for leaf 3.
func (p *pair) send(t *testing.T, n int) []secrettree.Key {
	t.Helper()
	var keys []secrettree.Key
	for range n {
		k, err := p.sender.Next(3, app, func(string, []byte) {})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
	}
	return keys
}

// receive checks that the receiver gets the same key, and commits it.
func (p *pair) receive(t *testing.T, want secrettree.Key) {
	t.Helper()
	u, err := p.receiver.Find(3, app, want.Generation)
	if err != nil {
		t.Fatalf("generation %d: %v", want.Generation, err)
	}
	if !u.Key.Key.Equal(want.Key) || !u.Key.Nonce.Equal(want.Nonce) {
		t.Errorf("generation %d: keys differ", want.Generation)
	}
	u.Commit(putInto(p.records))
}

func (p *pair) refuse(t *testing.T, generation uint32, want error) {
	t.Helper()
	before := len(p.records)
	if _, err := p.receiver.Find(3, app, generation); !errors.Is(err, want) {
		t.Errorf("generation %d: got %v, want %v", generation, err, want)
	}
	if len(p.records) != before {
		t.Error("a refused generation changed the records")
	}
}

func TestOutOfOrder(t *testing.T) {
	p := newPair()
	keys := p.send(t, 6)
	for _, i := range []int{2, 0, 5, 4, 1} {
		p.receive(t, keys[i])
		p.refuse(t, uint32(i), secrettree.ErrReplayed)
	}
	p.receive(t, keys[3])
	p.refuse(t, 3, secrettree.ErrReplayed)
}

func TestSkipBounds(t *testing.T) {
	p := newPair()
	keys := p.send(t, secrettree.MaxSkip+4)
	p.refuse(t, secrettree.MaxSkip+1, secrettree.ErrTooFarAhead)
	p.refuse(t, 1<<32-1, secrettree.ErrTooFarAhead)
	p.receive(t, keys[secrettree.MaxSkip])
	p.receive(t, keys[1])
	p.receive(t, keys[secrettree.MaxSkip+3]) // pushes out 0 and 2
	for _, g := range []uint32{0, 2} {
		p.refuse(t, g, secrettree.ErrReplayed)
	}
	p.receive(t, keys[3])
	if got := len(p.records); got > secrettree.MaxSkip+8 {
		t.Errorf("%d records are kept", got)
	}
}

// TestFindChangesNothing: a key that was only looked at can be had again, and
// the records are as before.
func TestFindChangesNothing(t *testing.T) {
	p := newPair()
	before := clone(p.records)
	keys := p.send(t, 5)
	for range 2 {
		if _, err := p.receiver.Find(3, app, 4); err != nil {
			t.Fatal(err)
		}
	}
	if !equal(p.records, before) {
		t.Error("Find changed the records")
	}
	p.receive(t, keys[0])
}

// TestReload reopens the tree from its records before every step.
func TestReload(t *testing.T) {
	s := suite.X25519()
	p := newPair()
	keys := p.send(t, 40)
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for _, k := range keys {
		p.receiver = secrettree.Open(s, size, getFrom(p.records))
		p.receive(t, k)
		p.receiver = secrettree.Open(s, size, getFrom(p.records))
		p.refuse(t, k.Generation, secrettree.ErrReplayed)
	}
}

// TestDeletesUsed follows RFC 9420, Section 9.2: after a key is used, no record
// holds it, the secrets above it, nor what they could be derived from.
func TestDeletesUsed(t *testing.T) {
	s := suite.X25519()
	p := newPair()
	root := p.records["n7"]
	keys := p.send(t, 3)
	p.receive(t, keys[1])
	for name, value := range p.records {
		if bytes.Contains(value, root[1:]) {
			t.Errorf("record %s holds the encryption secret", name)
		}
		if bytes.Contains(value, keys[1].Key) || bytes.Contains(value, keys[1].Nonce) {
			t.Errorf("record %s holds a used key", name)
		}
	}
	for _, name := range []string{"n7", "n3", "n5", "n6"} {
		if p.records[name] != nil {
			t.Errorf("record %s is left", name)
		}
	}
	for _, name := range []string{"n11", "n1", "n4", "r3", "k3.1.0"} {
		if p.records[name] == nil {
			t.Errorf("record %s is missing", name)
		}
	}
	first := s.DeriveSecret(leafSecret(s), "application")
	if bytes.Contains(p.records["r3"], first) {
		t.Error("the first ratchet secret is left")
	}
}

// leafSecret derives the secret of leaf 3 of 8 by the book.
func leafSecret(s *suite.Suite) suite.Secret {
	secret := secretOf(s)
	for _, way := range []string{"left", "right", "right"} {
		secret = s.ExpandWithLabel(secret, "tree", []byte(way), s.HashSize())
	}
	return secret
}

// TestSmallRecords: a message after the first rewrites one small record.
func TestSmallRecords(t *testing.T) {
	s := suite.XWing(suite.XWingPrivateUse)
	tree := secrettree.New(s, 1024, secretOf(s), func(string, []byte) {})
	for i := range 3 {
		n, total := 0, 0
		_, err := tree.Next(500, app, func(key string, value []byte) {
			n++
			total += len(key) + len(value)
		})
		if err != nil {
			t.Fatal(err)
		}
		if total > 1024 || i > 0 && (n != 1 || total > 160) {
			t.Errorf("message %d: %d records of %d bytes", i, n, total)
		}
	}
}

func TestDelete(t *testing.T) {
	for _, reopen := range []bool{false, true} {
		p := newPair()
		keys := p.send(t, 9)
		p.receive(t, keys[8])
		p.receive(t, keys[2])
		if _, err := p.receiver.Next(0, secrettree.Handshake, putInto(p.records)); err != nil {
			t.Fatal(err)
		}
		if reopen {
			p.receiver = secrettree.Open(suite.X25519(), size, getFrom(p.records))
		}
		if err := p.receiver.Delete(putInto(p.records)); err != nil {
			t.Fatal(err)
		}
		if len(p.records) != 0 {
			t.Errorf("%d records are left", len(p.records))
		}
	}
}

func TestBadLeafAndState(t *testing.T) {
	s := suite.X25519()
	p := newPair()
	if _, err := p.receiver.Find(size, app, 0); !errors.Is(err, secrettree.ErrLeaf) {
		t.Errorf("got %v, want ErrLeaf", err)
	}
	empty := secrettree.Open(s, size, getFrom(nil))
	if _, err := empty.Next(0, app, func(string, []byte) {}); !errors.Is(err, secrettree.ErrState) {
		t.Errorf("no records: got %v, want ErrState", err)
	}
	broken := errors.New("disk")
	failing := secrettree.Open(s, size, func(string) ([]byte, error) { return nil, broken })
	if _, err := failing.Find(treemath.LeafIndex(0), app, 0); !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of reading", err)
	}
}

// FuzzRecord: damaged records give errors, not panics.
func FuzzRecord(f *testing.F) {
	p := newPair()
	k, err := p.receiver.Next(3, app, putInto(p.records))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.records["r3"], k.Generation+1)
	f.Fuzz(func(t *testing.T, record []byte, generation uint32) {
		tree := secrettree.Open(suite.X25519(), size, getFrom(map[string][]byte{"r3": record, "n7": record}))
		u, err := tree.Find(3, app, generation)
		if err == nil {
			u.Commit(func(string, []byte) {})
		}
	})
}

func clone(m map[string][]byte) map[string][]byte {
	c := map[string][]byte{}
	for k, v := range m {
		c[k] = slices.Clone(v)
	}
	return c
}

func equal(a, b map[string][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if !bytes.Equal(v, b[k]) {
			return false
		}
	}
	return true
}
