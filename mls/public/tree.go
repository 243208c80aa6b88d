package public

import (
	"bytes"
	"hash/maphash"
	"iter"
	"slices"

	"parley/mls/internal/codec"
	"parley/mls/internal/treemath"
)

// A Tree is the ratchet tree of one epoch (RFC 9420, Section 4.1): public keys
// and no secret. It holds a power of two of leaves, blank ones included.
//
// Its nodes are immutable and shared between clones, so that [Tree.Clone] copies
// only the arrays that point to them. Tree hashes are kept, and computed anew
// only above a node that changed. A Tree is not safe for concurrent use, not
// even for reading hashes.
type Tree struct {
	suite   *Suite
	leaves  []*leafRecord
	parents []*ParentNode // parents[i] is node 2i+1
	hashes  [][]byte      // by node, nil if not known; then no ancestor's is known
	keys    []uint64      // by node: fingerprint of the encryption key, 0 if blank
	signers []uint64      // by leaf: fingerprint of the signature key, 0 if blank
}

// A leafRecord is a leaf and its encoding, whose memory the leaf shares.
type leafRecord struct {
	node LeafNode
	raw  []byte
}

// newLeafRecord copies leaf.
func newLeafRecord(leaf *LeafNode) *leafRecord {
	rec := &leafRecord{raw: Marshal(leaf)}
	rec.node.UnmarshalMLS(codec.NewReader(rec.raw))
	return rec
}

// fingerprints is the seed that tells keys apart quickly; equal ones are compared in full.
var fingerprints = maphash.MakeSeed()

func fingerprint(key []byte) uint64 { return maphash.Bytes(fingerprints, key) | 1 }

// NewTree returns the tree of a group that has only its creator.
func NewTree(s *Suite, creator *LeafNode) *Tree {
	t := newTree(s, 1)
	t.setLeaf(0, newLeafRecord(creator))
	return t
}

// newTree returns a blank tree of size leaves, which is a power of two.
func newTree(s *Suite, size uint32) *Tree {
	width := treemath.Width(size)
	return &Tree{
		suite:   s,
		leaves:  make([]*leafRecord, size),
		parents: make([]*ParentNode, size-1),
		hashes:  make([][]byte, width),
		keys:    make([]uint64, width),
		signers: make([]uint64, size),
	}
}

// Clone returns a copy that may be changed without changing t.
func (t *Tree) Clone() *Tree {
	return &Tree{
		suite:   t.suite,
		leaves:  slices.Clone(t.leaves),
		parents: slices.Clone(t.parents),
		hashes:  slices.Clone(t.hashes),
		keys:    slices.Clone(t.keys),
		signers: slices.Clone(t.signers),
	}
}

// Suite returns the suite whose hash the tree uses.
func (t *Tree) Suite() *Suite { return t.suite }

// Size returns the number of leaves, blank ones included: a power of two.
func (t *Tree) Size() uint32 { return uint32(len(t.leaves)) }

// Root returns the index of the root.
func (t *Tree) Root() NodeIndex { return treemath.Root(t.Size()) }

// Leaf returns the leaf at i, nil if it is blank or outside the tree.
func (t *Tree) Leaf(i LeafIndex) *LeafNode {
	if uint64(i) >= uint64(len(t.leaves)) || t.leaves[i] == nil {
		return nil
	}
	return &t.leaves[i].node
}

// Parent returns the parent node x, nil if it is blank, a leaf or outside the
// tree.
func (t *Tree) Parent(x NodeIndex) *ParentNode {
	if x.IsLeaf() || int(x/2) >= len(t.parents) {
		return nil
	}
	return t.parents[x/2]
}

// PublicKey returns the encryption key of node x, nil if it is blank.
func (t *Tree) PublicKey(x NodeIndex) HPKEPublicKey {
	if i, ok := x.Leaf(); ok {
		if leaf := t.Leaf(i); leaf != nil {
			return leaf.EncryptionKey
		}
		return nil
	}
	if p := t.Parent(x); p != nil {
		return p.EncryptionKey
	}
	return nil
}

// Leaves yields the leaves that are not blank, from left to right.
func (t *Tree) Leaves() iter.Seq2[LeafIndex, *LeafNode] {
	return func(yield func(LeafIndex, *LeafNode) bool) {
		for i, rec := range t.leaves {
			if rec != nil && !yield(LeafIndex(i), &rec.node) {
				return
			}
		}
	}
}

// Count returns the number of leaves that are not blank.
func (t *Tree) Count() int {
	n := 0
	for _, rec := range t.leaves {
		if rec != nil {
			n++
		}
	}
	return n
}

// FindSigner returns the leaf with the signature key, and whether there is one.
func (t *Tree) FindSigner(key SignaturePublicKey) (LeafIndex, bool) {
	print := fingerprint(key)
	for i, p := range t.signers {
		if p == print && bytes.Equal(t.leaves[i].node.SignatureKey, key) {
			return LeafIndex(i), true
		}
	}
	return 0, false
}

// FindKey returns the first node with the encryption key, and whether there is
// one.
func (t *Tree) FindKey(key HPKEPublicKey) (NodeIndex, bool) {
	print := fingerprint(key)
	for x, p := range t.keys {
		if p == print && bytes.Equal(t.PublicKey(NodeIndex(x)), key) {
			return NodeIndex(x), true
		}
	}
	return 0, false
}

// setLeaf puts rec at i, or blanks i if rec is nil.
func (t *Tree) setLeaf(i LeafIndex, rec *leafRecord) {
	t.leaves[i] = rec
	t.keys[i.Node()], t.signers[i] = 0, 0
	if rec != nil {
		t.keys[i.Node()] = fingerprint(rec.node.EncryptionKey)
		t.signers[i] = fingerprint(rec.node.SignatureKey)
	}
	t.forget(i.Node())
}

// setParent puts p at x, or blanks x if p is nil.
func (t *Tree) setParent(x NodeIndex, p *ParentNode) {
	if p == nil && t.parents[x/2] == nil {
		return
	}
	t.parents[x/2] = p
	t.keys[x] = 0
	if p != nil {
		t.keys[x] = fingerprint(p.EncryptionKey)
	}
	t.forget(x)
}

// forget drops the hashes of x and its ancestors.
func (t *Tree) forget(x NodeIndex) {
	for ok := true; ok && t.hashes[x] != nil; x, ok = x.Parent(t.Size()) {
		t.hashes[x] = nil
	}
}

// Resolution returns the nodes that together cover the members below x
// (RFC 9420, Section 4.1.1), in the order of the RFC.
func (t *Tree) Resolution(x NodeIndex) []NodeIndex { return t.appendResolution(nil, x) }

func (t *Tree) appendResolution(list []NodeIndex, x NodeIndex) []NodeIndex {
	if i, ok := x.Leaf(); ok {
		if t.Leaf(i) != nil {
			list = append(list, x)
		}
		return list
	}
	if p := t.Parent(x); p != nil {
		list = append(list, x)
		for _, i := range p.UnmergedLeaves {
			list = append(list, i.Node())
		}
		return list
	}
	left, _ := x.Left()
	right, _ := x.Right()
	return t.appendResolution(t.appendResolution(list, left), right)
}

// vacant reports whether the resolution of x is empty.
func (t *Tree) vacant(x NodeIndex) bool {
	if i, ok := x.Leaf(); ok {
		return t.leaves[i] == nil
	}
	if t.parents[x/2] != nil {
		return false
	}
	left, _ := x.Left()
	right, _ := x.Right()
	return t.vacant(left) && t.vacant(right)
}

// ChangedSince returns the nodes that differ from those of base, in increasing
// order. Nodes that only one of the trees has count if they are not blank.
func (t *Tree) ChangedSince(base *Tree) []NodeIndex {
	var changed []NodeIndex
	for x := range NodeIndex(max(len(t.hashes), len(base.hashes))) {
		if t.record(x) != base.record(x) || t.Parent(x) != base.Parent(x) {
			changed = append(changed, x)
		}
	}
	return changed
}

// record returns the leaf record of node x, nil if there is none.
func (t *Tree) record(x NodeIndex) *leafRecord {
	if i, ok := x.Leaf(); ok && int(i) < len(t.leaves) {
		return t.leaves[i]
	}
	return nil
}
