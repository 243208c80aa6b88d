package franking

import (
	"crypto/sha256"
	"math/bits"
)

// A Hash is a node of a Merkle tree.
type Hash = [HashSize]byte

// LeafHash is the hash of the leaf tag || frank || context.
//
// RFC 9162, Section 2.1.1.
func LeafHash(tag, frank, context []byte) (sum Hash) {
	var scratch [320]byte
	leaf := append(scratch[:0], 0)
	leaf = append(append(append(leaf, tag...), frank...), context...)
	return sha256.Sum256(leaf)
}

// nodeHash is the hash of an inner node.
func nodeHash(left, right *Hash) Hash {
	var node [1 + 2*HashSize]byte
	node[0] = 1
	copy(node[1:], left[:])
	copy(node[1+HashSize:], right[:])
	return sha256.Sum256(node[:])
}

// Tree returns the root of the tree over leaves, at least one, and each leaf's
// path: its hashes one after the other, the lowest first.
//
// RFC 9162, Section 2.1.1, and RFC 9162, Section 2.1.3.1.
func Tree(leaves []Hash) (root Hash, paths [][]byte) {
	n := len(leaves)
	size := Height(n) * HashSize
	all := make([]byte, 0, n*size)
	paths = make([][]byte, n)
	for i := range paths {
		at := i * size
		paths[i] = all[at:at:(at + size)]
	}
	return Grow(append([]Hash(nil), leaves...), paths), paths
}

// Height returns how many hashes a path has at most in a tree of n leaves, at
// least one.
func Height(n int) int { return bits.Len(uint(n - 1)) }

// Grow is [Tree] in the caller's memory: it appends to paths[i] the path of
// leaves[i], and uses leaves up.
//
// A last node without a neighbour moves up as it is: with it the tree has the form
// that the RFC defines from above, with the largest power of two to the left.
func Grow(leaves []Hash, paths [][]byte) (root Hash) {
	level := leaves
	for width := 1; len(level) > 1; width *= 2 {
		for i := range paths {
			if at := i/width ^ 1; at < len(level) {
				paths[i] = append(paths[i], level[at][:]...)
			}
		}
		next := level[:0]
		for i := 0; i < len(level); i += 2 {
			if i+1 == len(level) {
				next = append(next, level[i])
			} else {
				next = append(next, nodeHash(&level[i], &level[i+1]))
			}
		}
		level = next
	}
	return level[0]
}
