package public

import "parley/mls/internal/codec"

// Hash returns the tree hash of the root (RFC 9420, Section 7.8).
func (t *Tree) Hash() []byte { return t.NodeHash(t.Root()) }

// NodeHash returns the tree hash of node x, which must be in the tree. The
// result must not be changed.
func (t *Tree) NodeHash(x NodeIndex) []byte {
	if t.hashes[x] != nil {
		return t.hashes[x]
	}
	var h []byte
	if i, ok := x.Leaf(); ok {
		h = t.leafHash(i, t.leaves[i])
	} else {
		left, _ := x.Left()
		right, _ := x.Right()
		h = t.parentTreeHash(t.parents[x/2], t.NodeHash(left), t.NodeHash(right))
	}
	t.hashes[x] = h
	return h
}

// leafHash hashes the TreeHashInput of leaf i, which is blank if rec is nil.
func (t *Tree) leafHash(i LeafIndex, rec *leafRecord) []byte {
	w := codec.NewWriter(6)
	w.Uint8(nodeLeaf)
	w.Uint32(uint32(i))
	w.Optional(rec != nil)
	if rec == nil {
		return t.suite.Hash(w.Bytes())
	}
	return t.suite.Hash(w.Bytes(), rec.raw)
}

// parentTreeHash hashes the TreeHashInput of a parent, which is blank if p is
// nil.
func (t *Tree) parentTreeHash(p *ParentNode, left, right []byte) []byte {
	w := codec.NewWriter(256)
	w.Uint8(nodeParent)
	w.Optional(p != nil)
	if p != nil {
		p.MarshalMLS(w)
	}
	w.Vector(left)
	w.Vector(right)
	return t.suite.Hash(w.Bytes())
}

// hashWithout returns the tree hash of x in the tree in which the leaves of
// without, which are sorted and all below x, are blank and unmerged nowhere
// (RFC 9420, Section 7.9: original_sibling_tree_hash).
func (t *Tree) hashWithout(x NodeIndex, without []LeafIndex) []byte {
	if len(without) == 0 {
		return t.NodeHash(x)
	}
	if i, ok := x.Leaf(); ok {
		return t.leafHash(i, nil)
	}
	left, _ := x.Left()
	right, _ := x.Right()
	split := 0
	for split < len(without) && without[split].Node() < x {
		split++
	}
	p := t.parents[x/2]
	if p != nil {
		p = p.withoutUnmerged(without)
	}
	return t.parentTreeHash(p, t.hashWithout(left, without[:split]), t.hashWithout(right, without[split:]))
}

// withoutUnmerged returns a copy of n whose unmerged leaves lack those of
// without.
func (n *ParentNode) withoutUnmerged(without []LeafIndex) *ParentNode {
	c := &ParentNode{EncryptionKey: n.EncryptionKey, ParentHash: n.ParentHash}
	for _, i := range n.UnmergedLeaves {
		for len(without) > 0 && without[0] < i {
			without = without[1:]
		}
		if len(without) == 0 || without[0] != i {
			c.UnmergedLeaves = append(c.UnmergedLeaves, i)
		}
	}
	return c
}

// parentHash returns the parent hash of p with copath child sibling
// (RFC 9420, Section 7.9).
func (t *Tree) parentHash(p *ParentNode, sibling NodeIndex) []byte {
	w := codec.NewWriter(256)
	w.Vector(p.EncryptionKey)
	w.Vector(p.ParentHash)
	w.Vector(t.hashWithout(sibling, p.unmergedUnder(sibling)))
	return t.suite.Hash(w.Bytes())
}

// VerifyParentHashes checks that each parent is parent-hash valid
// (RFC 9420, Section 7.9.2): that exactly one node below it was set by the same
// update path. The error is a [*RuleError].
func (t *Tree) VerifyParentHashes() error {
	for i, p := range t.parents {
		if p == nil {
			continue
		}
		x := NodeIndex(2*i + 1)
		left, _ := x.Left()
		right, _ := x.Right()
		a, b := t.setTogether(p, left, right), t.setTogether(p, right, left)
		if a == b {
			return broken(RuleParentHash)
		}
	}
	return nil
}

// setTogether reports whether one node in the resolution of child carries the
// parent hash of p with copath child sibling, and the others there are exactly
// the unmerged leaves of p below child.
func (t *Tree) setTogether(p *ParentNode, child, sibling NodeIndex) bool {
	unmerged := p.unmergedUnder(child)
	resolution := t.Resolution(child)
	if len(resolution) != len(unmerged)+1 {
		return false
	}
	d, ok := extraNode(resolution, unmerged)
	if !ok {
		return false
	}
	own := t.ownParentHash(d)
	return len(own) > 0 && string(own) == string(t.parentHash(p, sibling))
}

// extraNode returns the one node of resolution that is not an unmerged leaf, if
// there is exactly one.
func extraNode(resolution []NodeIndex, unmerged []LeafIndex) (extra NodeIndex, ok bool) {
	at := make(map[NodeIndex]bool, len(unmerged))
	for _, i := range unmerged {
		at[i.Node()] = true
	}
	found := 0
	for _, x := range resolution {
		if !at[x] {
			extra = x
			found++
		}
	}
	return extra, found == 1
}

// ownParentHash returns the parent_hash field of node x, nil if it has none.
func (t *Tree) ownParentHash(x NodeIndex) []byte {
	if i, ok := x.Leaf(); ok {
		if leaf := t.Leaf(i); leaf != nil && leaf.Source == SourceCommit {
			return leaf.ParentHash
		}
		return nil
	}
	if p := t.Parent(x); p != nil {
		return p.ParentHash
	}
	return nil
}
