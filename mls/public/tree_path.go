package public

import (
	"slices"

	"parley/mls/internal/treemath"
)

// Add puts a copy of leaf at the leftmost blank leaf, extending the tree if
// there is none, and returns its place (RFC 9420, Section 12.1.1).
func (t *Tree) Add(leaf *LeafNode) LeafIndex {
	i := t.Reserve()
	t.setLeaf(i, newLeafRecord(leaf))
	for _, x := range i.Node().DirectPath(t.Size()) {
		if p := t.parents[x/2]; p != nil {
			t.setParent(x, p.withUnmerged(i))
		}
	}
	return i
}

// Reserve returns the leftmost blank leaf, extending the tree if there is none
// (RFC 9420, Section 7.7). The leaf stays blank. An external joiner takes it.
func (t *Tree) Reserve() LeafIndex {
	if i := slices.Index(t.leaves, nil); i >= 0 {
		return LeafIndex(i)
	}
	n := len(t.leaves)
	t.leaves = append(t.leaves, make([]*leafRecord, n)...)
	t.signers = append(t.signers, make([]uint64, n)...)
	t.parents = append(t.parents, make([]*ParentNode, n)...)
	t.hashes = append(t.hashes, make([][]byte, 2*n)...)
	t.keys = append(t.keys, make([]uint64, 2*n)...)
	return LeafIndex(n)
}

// Update replaces the leaf at i by a copy of leaf and blanks its direct path
// (RFC 9420, Section 12.1.2). i must be in the tree.
func (t *Tree) Update(i LeafIndex, leaf *LeafNode) {
	t.setLeaf(i, newLeafRecord(leaf))
	t.blankPath(i)
}

// Remove blanks the leaf at i and its direct path, then drops the right half as
// long as it has no leaf (RFC 9420, Section 12.1.3). i must be in the tree.
func (t *Tree) Remove(i LeafIndex) {
	t.removeLeaf(i)
	t.shrink()
}

// removeLeaf is Remove without the truncation.
func (t *Tree) removeLeaf(i LeafIndex) {
	t.setLeaf(i, nil)
	t.blankPath(i)
}

// shrink drops the right half as long as it has no leaf.
func (t *Tree) shrink() {
	for t.Size() > 1 && !slices.ContainsFunc(t.leaves[t.Size()/2:], func(rec *leafRecord) bool { return rec != nil }) {
		t.truncate()
	}
}

// truncate drops the root and its right subtree (RFC 9420, Section 7.7).
func (t *Tree) truncate() {
	half := t.Size() / 2
	width := treemath.Width(half)
	t.leaves, t.signers = slices.Clip(t.leaves[:half]), slices.Clip(t.signers[:half])
	t.parents = slices.Clip(t.parents[:half-1])
	t.hashes, t.keys = slices.Clip(t.hashes[:width]), slices.Clip(t.keys[:width])
}

func (t *Tree) blankPath(i LeafIndex) {
	for _, x := range i.Node().DirectPath(t.Size()) {
		t.setParent(x, nil)
	}
}

// A PathNode is a node on a filtered direct path.
type PathNode struct {
	Node   NodeIndex
	Copath NodeIndex // the child of Node that is not on the direct path
}

// FilteredDirectPath returns the nodes above leaf i, from below to the root,
// without those whose copath child has an empty resolution
// (RFC 9420, Section 4.1.2). i must be in the tree.
func (t *Tree) FilteredDirectPath(i LeafIndex) []PathNode {
	var path []PathNode
	direct := i.Node().DirectPath(t.Size())
	for k, sibling := range i.Node().Copath(t.Size()) {
		if !t.vacant(sibling) {
			path = append(path, PathNode{Node: direct[k], Copath: sibling})
		}
	}
	return path
}

// SetPath blanks the direct path of leaf i, sets the keys of its filtered direct
// path, from below to the root, with their parent hashes, and returns the parent
// hash that the leaf itself must carry: empty if the path is
// (RFC 9420, Section 7.5, RFC 9420, Section 7.9.1). keys must be as many as
// [Tree.FilteredDirectPath] has nodes, else the result is a [*RuleError]. The
// caller sets the leaf next, with [Tree.SetLeaf].
func (t *Tree) SetPath(i LeafIndex, keys []HPKEPublicKey) (parentHash []byte, err error) {
	path := t.FilteredDirectPath(i)
	if len(path) != len(keys) {
		return nil, broken(RulePathLength)
	}
	t.blankPath(i)
	parentHash = []byte{}
	for k, at := range slices.Backward(path) {
		p := &ParentNode{EncryptionKey: slices.Clone(keys[k]), ParentHash: parentHash}
		t.setParent(at.Node, p)
		parentHash = t.parentHash(p, at.Copath)
	}
	return parentHash, nil
}

// SetLeaf puts a copy of leaf at i and leaves its direct path as it is. i must
// be in the tree.
func (t *Tree) SetLeaf(i LeafIndex, leaf *LeafNode) { t.setLeaf(i, newLeafRecord(leaf)) }
