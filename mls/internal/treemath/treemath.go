// Package treemath is the arithmetic of a complete binary tree that is kept in
// an array (RFC 9420, Appendix C): leaf n is node 2n, parents are odd, and the
// number of leaves is a power of two, as RFC 9420, Section 4.1 has it.
//
//	          7               level 3
//	    3          11         level 2
//	 1     5     9     13     level 1
//	0 2   4 6   8 10  12 14   level 0
package treemath

import "math/bits"

// MaxLeaves is the greatest number of leaves whose nodes a NodeIndex can name.
const MaxLeaves = 1 << 31

// LeafIndex is the place of a leaf among the leaves, from 0.
type LeafIndex uint32

// NodeIndex is the place of a node in the array, from 0.
type NodeIndex uint32

// Node returns the node of leaf l, which is less than [MaxLeaves].
func (l LeafIndex) Node() NodeIndex { return NodeIndex(l) * 2 }

// IsLeaf reports whether x is a leaf.
func (x NodeIndex) IsLeaf() bool { return x&1 == 0 }

// Leaf returns the leaf index of x, and whether x is a leaf.
func (x NodeIndex) Leaf() (LeafIndex, bool) { return LeafIndex(x / 2), x.IsLeaf() }

// Level returns the height of x above the leaves.
func (x NodeIndex) Level() int { return bits.TrailingZeros32(^uint32(x)) }

// Left returns the left child of x, or false if x is a leaf.
func (x NodeIndex) Left() (NodeIndex, bool) {
	k := x.Level()
	if k == 0 {
		return 0, false
	}
	return x ^ 1<<(k-1), true
}

// Right returns the right child of x, or false if x is a leaf.
func (x NodeIndex) Right() (NodeIndex, bool) {
	k := x.Level()
	if k == 0 {
		return 0, false
	}
	return x ^ 3<<(k-1), true
}

// Size returns the number of leaves of the smallest complete tree that has n
// leaves: n rounded up to a power of two, at least 1. n is at most [MaxLeaves].
func Size(n uint32) uint32 {
	if n <= 1 {
		return 1
	}
	return 1 << bits.Len32(n-1)
}

// Width returns the number of nodes of a tree of n leaves.
func Width(n uint32) uint32 {
	if n == 0 {
		return 0
	}
	return 2*(n-1) + 1
}

// Root returns the root of a tree of n leaves; n is a power of two.
func Root(n uint32) NodeIndex { return NodeIndex(n - 1) }

// Parent returns the parent of x in a tree of n leaves, or false if x is the
// root or outside.
func (x NodeIndex) Parent(n uint32) (NodeIndex, bool) {
	if x == Root(n) || uint32(x) >= Width(n) {
		return 0, false
	}
	k := x.Level()
	return (x | 1<<k) &^ (1 << (k + 1)), true
}

// Sibling returns the other child of the parent of x in a tree of n leaves, or
// false if x is the root or outside.
func (x NodeIndex) Sibling(n uint32) (NodeIndex, bool) {
	p, ok := x.Parent(n)
	if !ok {
		return 0, false
	}
	if x < p {
		return p.Right()
	}
	return p.Left()
}

// DirectPath returns the ancestors of x in a tree of n leaves, from its parent
// to the root (RFC 9420, Section 4.1.2). It is empty for the root.
func (x NodeIndex) DirectPath(n uint32) []NodeIndex {
	var path []NodeIndex
	for p, ok := x.Parent(n); ok; p, ok = p.Parent(n) {
		path = append(path, p)
	}
	return path
}

// Copath returns the sibling of x and those of its ancestors below the root, in
// a tree of n leaves (RFC 9420, Section 4.1.2): as many as DirectPath, in
// the same order.
func (x NodeIndex) Copath(n uint32) []NodeIndex {
	var path []NodeIndex
	for s, ok := x.Sibling(n); ok; s, ok = x.Sibling(n) {
		path = append(path, s)
		x, _ = x.Parent(n)
	}
	return path
}

// Covers reports whether y is x or a descendant of x.
func (x NodeIndex) Covers(y NodeIndex) bool {
	k := x.Level() + 1
	return y.Level() < k && uint64(x)>>k == uint64(y)>>k
}

// CommonAncestor returns the lowest node that covers both x and y.
func CommonAncestor(x, y NodeIndex) NodeIndex {
	if x.Covers(y) {
		return x
	}
	if y.Covers(x) {
		return y
	}
	k := bits.Len32(uint32(x ^ y))
	return x>>k<<k + 1<<(k-1) - 1
}
