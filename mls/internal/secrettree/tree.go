// Package secrettree is the secret tree of RFC 9420, Section 9: from an epoch's
// encryption secret it derives, for each leaf, two ratchets of keys that are
// used once. It forgets what it used, as RFC 9420, Section 9.2 asks, and keeps
// its state as small records, so that one message rewrites one of them.
//
// # Records
//
// Keys are relative to the tree; its owner adds a prefix for group and epoch.
// Each value begins with a version byte, 1.
//
//	n<node>          secret                     a node secret that is not used up
//	r<leaf>          2 × (next u32, secret<V>, kept<V>)
//	                                            handshake and application ratchet;
//	                                            bit i of kept: generation
//	                                            next-1-i has a k record
//	k<leaf>.<kind>.<generation>   key nonce     of a message that is still to come
//
// A leaf has either its own or an ancestor's n record, or an r record.
//
// # Bounds
//
// A message at most MaxSkip generations ahead of the last one is accepted; keys
// that it skips are kept until MaxSkip more generations have come.
package secrettree

import (
	"errors"
	"fmt"
	"strconv"

	"parley/mls/internal/suite"
	"parley/mls/internal/treemath"
)

// MaxSkip bounds how many generations a message may skip, and how many keys of
// skipped generations a ratchet keeps.
const MaxSkip = 1000

// Errors that callers match.
var (
	// ErrReplayed: the generation was used, or its key is no longer kept.
	ErrReplayed = errors.New("mls/internal/secrettree: generation already used")
	// ErrTooFarAhead: more than MaxSkip generations would be skipped.
	ErrTooFarAhead = errors.New("mls/internal/secrettree: generation too far ahead")
	// ErrExhausted: a ratchet has no generation left to send with.
	ErrExhausted = errors.New("mls/internal/secrettree: ratchet exhausted")
	// ErrLeaf: the tree has no such leaf.
	ErrLeaf = errors.New("mls/internal/secrettree: no such leaf")
	// ErrState: a record is missing or damaged.
	ErrState = errors.New("mls/internal/secrettree: damaged state")
)

// Kind says which of a leaf's two ratchets is meant.
type Kind uint8

// The two ratchets of a leaf (RFC 9420, Section 9).
const (
	Handshake Kind = iota
	Application
)

// Get reads the record with the given key, nil if there is none. Its result is
// not changed.
type Get func(key string) ([]byte, error)

// Put writes the record with the given key, or deletes it if value is nil. It
// may keep value.
type Put func(key string, value []byte)

// Key is the AEAD key and nonce of one message, before the reuse guard.
type Key struct {
	Generation uint32
	Key        suite.Secret // KeySize bytes
	Nonce      suite.Secret // NonceSize bytes
}

// Erase overwrites the key.
func (k *Key) Erase() {
	k.Key.Erase()
	k.Nonce.Erase()
}

// Tree is the secret tree of one epoch. What it has read or written once it
// keeps in memory, so the records that it puts need not be written before the
// next operation. It is not safe for concurrent use.
type Tree struct {
	suite  *suite.Suite
	size   uint32 // leaves, a power of two
	get    Get
	nodes  map[treemath.NodeIndex]suite.Secret // nil: known to be used up
	leaves map[treemath.LeafIndex]*leafState
	kept   map[string]suite.Secret // k records not read back yet: key || nonce
}

// New returns the tree of a group with size leaves, a power of two, and puts
// its first record. It keeps encryptionSecret and erases it when it is used.
func New(s *suite.Suite, size uint32, encryptionSecret suite.Secret, put Put) *Tree {
	t := Open(s, size, func(string) ([]byte, error) { return nil, nil })
	root := treemath.Root(size)
	t.nodes[root] = encryptionSecret
	put(nodeKey(root), encodeSecret(encryptionSecret))
	return t
}

// Open returns the tree whose records get reads, as they are needed.
func Open(s *suite.Suite, size uint32, get Get) *Tree {
	return &Tree{
		suite: s, size: size, get: get,
		nodes:  map[treemath.NodeIndex]suite.Secret{},
		leaves: map[treemath.LeafIndex]*leafState{},
		kept:   map[string]suite.Secret{},
	}
}

// node returns the secret of x, nil if it is used up or not derived.
func (t *Tree) node(x treemath.NodeIndex) (suite.Secret, error) {
	if secret, ok := t.nodes[x]; ok {
		return secret, nil
	}
	record, err := t.get(nodeKey(x))
	if err != nil {
		return nil, err
	}
	var secret suite.Secret
	if record != nil {
		if secret, err = decodeSecret(record, t.suite.HashSize()); err != nil {
			return nil, err
		}
	}
	t.nodes[x] = secret
	return secret, nil
}

// descent is how a leaf's secret comes from the lowest secret above it: what is
// used up by it, and what is left beside the way.
type descent struct {
	used treemath.NodeIndex // holds the secret that the descent began with
	left map[treemath.NodeIndex]suite.Secret
}

// descend derives the ratchets of leaf from the nearest node secret above, or
// its own (RFC 9420, Section 9). It changes nothing.
func (t *Tree) descend(leaf treemath.LeafIndex) (*leafState, *descent, error) {
	target := leaf.Node()
	x, secret, err := t.nearest(target)
	if err != nil {
		return nil, nil, err
	}
	d := &descent{used: x, left: map[treemath.NodeIndex]suite.Secret{}}
	secret = t.leafSecret(d, secret, target)
	state := &leafState{}
	state.ratchets[Handshake].secret = t.suite.DeriveSecret(secret, "handshake")
	state.ratchets[Application].secret = t.suite.DeriveSecret(secret, "application")
	if target != d.used {
		secret.Erase()
	}
	return state, d, nil
}

// leafSecret derives the secret of target, a leaf, from secret, which is that of
// d.used, and notes in d what is left beside the way. It does not erase secret.
func (t *Tree) leafSecret(d *descent, secret suite.Secret, target treemath.NodeIndex) suite.Secret {
	for x := d.used; x != target; {
		l, _ := x.Left()
		r, _ := x.Right()
		nl := t.suite.ExpandWithLabel(secret, "tree", []byte("left"), t.suite.HashSize())
		nr := t.suite.ExpandWithLabel(secret, "tree", []byte("right"), t.suite.HashSize())
		if x != d.used {
			secret.Erase()
		}
		if target < x {
			x, secret, d.left[r] = l, nl, nr
		} else {
			x, secret, d.left[l] = r, nr, nl
		}
	}
	return secret
}

// nearest returns the lowest node at or above x that has a secret.
func (t *Tree) nearest(x treemath.NodeIndex) (treemath.NodeIndex, suite.Secret, error) {
	for ok := true; ok; x, ok = x.Parent(t.size) {
		secret, err := t.node(x)
		if err != nil || secret != nil {
			return x, secret, err
		}
	}
	return 0, nil, ErrState
}

// apply makes d part of the tree.
func (t *Tree) apply(d *descent, put Put) {
	t.nodes[d.used].Erase()
	t.nodes[d.used] = nil
	put(nodeKey(d.used), nil)
	for x, secret := range d.left {
		t.nodes[x] = secret
		put(nodeKey(x), encodeSecret(secret))
	}
}

// Delete puts the deletion of every record and erases what is in memory. The
// tree must not be used afterwards.
func (t *Tree) Delete(put Put) error {
	return t.delete(treemath.Root(t.size), put)
}

func (t *Tree) delete(x treemath.NodeIndex, put Put) error {
	secret, err := t.node(x)
	if err != nil {
		return err
	}
	if secret != nil {
		secret.Erase()
		put(nodeKey(x), nil)
		return nil
	}
	if leaf, ok := x.Leaf(); ok {
		return t.deleteLeaf(leaf, put)
	}
	l, _ := x.Left()
	r, _ := x.Right()
	if err := t.delete(l, put); err != nil {
		return err
	}
	return t.delete(r, put)
}

func (t *Tree) deleteLeaf(leaf treemath.LeafIndex, put Put) error {
	state, err := t.leaf(leaf)
	if err != nil || state == nil {
		return err
	}
	for kind := range state.ratchets {
		state.ratchets[kind].secret.Erase()
		for _, g := range state.ratchets[kind].kept {
			put(keptKey(leaf, Kind(kind), g), nil)
		}
	}
	put(leafKey(leaf), nil)
	return nil
}

func nodeKey(x treemath.NodeIndex) string { return "n" + strconv.FormatUint(uint64(x), 10) }

func leafKey(l treemath.LeafIndex) string { return "r" + strconv.FormatUint(uint64(l), 10) }

func keptKey(l treemath.LeafIndex, k Kind, generation uint32) string {
	return fmt.Sprintf("k%d.%d.%d", l, k, generation)
}
