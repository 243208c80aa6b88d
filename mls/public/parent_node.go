package public

import (
	"encoding/binary"
	"slices"

	"parley/mls/internal/codec"
	"parley/mls/internal/treemath"
)

type (
	// LeafIndex is the place of a leaf among the leaves, from 0.
	LeafIndex = treemath.LeafIndex
	// NodeIndex is the place of a node in the array form of the tree: leaf n is
	// node 2n, parents are odd (RFC 9420, Appendix C).
	NodeIndex = treemath.NodeIndex
)

// A ParentNode is a node above the leaves that has a key
// (RFC 9420, Section 7.1). A ParentNode in a Tree must not be changed.
type ParentNode struct {
	EncryptionKey  HPKEPublicKey
	ParentHash     []byte      // empty or one hash
	UnmergedLeaves []LeafIndex // strictly increasing
}

// MarshalMLS implements [Encoder].
func (n *ParentNode) MarshalMLS(w *codec.Writer) {
	w.Vector(n.EncryptionKey)
	w.Vector(n.ParentHash)
	writeList(w, n.UnmergedLeaves, func(w *codec.Writer, i LeafIndex) { w.Uint32(uint32(i)) })
}

// UnmarshalMLS implements [Decoder]. It fails if the unmerged leaves are not in
// increasing order.
func (n *ParentNode) UnmarshalMLS(r *codec.Reader) {
	n.EncryptionKey = r.Vector()
	n.ParentHash = r.Vector()
	raw := r.Vector()
	if len(raw)%4 != 0 {
		r.Fail(codec.ErrTruncated)
		return
	}
	n.UnmergedLeaves = make([]LeafIndex, 0, len(raw)/4)
	for ; len(raw) > 0; raw = raw[4:] {
		i := LeafIndex(binary.BigEndian.Uint32(raw))
		if k := len(n.UnmergedLeaves); k > 0 && n.UnmergedLeaves[k-1] >= i {
			r.Fail(invalidValue{"unmerged_leaves order", uint64(i)})
			return
		}
		n.UnmergedLeaves = append(n.UnmergedLeaves, i)
	}
}

// withUnmerged returns a copy of n to whose unmerged leaves i is added.
func (n *ParentNode) withUnmerged(i LeafIndex) *ParentNode {
	at, found := slices.BinarySearch(n.UnmergedLeaves, i)
	if found {
		return n
	}
	leaves := make([]LeafIndex, 0, len(n.UnmergedLeaves)+1)
	leaves = append(append(append(leaves, n.UnmergedLeaves[:at]...), i), n.UnmergedLeaves[at:]...)
	return &ParentNode{EncryptionKey: n.EncryptionKey, ParentHash: n.ParentHash, UnmergedLeaves: leaves}
}

// unmergedUnder returns the unmerged leaves of n that are below x, or x itself.
func (n *ParentNode) unmergedUnder(x NodeIndex) []LeafIndex {
	first, last := leafRange(x)
	from, _ := slices.BinarySearch(n.UnmergedLeaves, first)
	to, found := slices.BinarySearch(n.UnmergedLeaves, last)
	if found {
		to++
	}
	return n.UnmergedLeaves[from:to]
}

// leafRange returns the first and the last leaf below x.
func leafRange(x NodeIndex) (first, last LeafIndex) {
	half := NodeIndex(1)<<x.Level() - 1 // nodes on either side of x below it
	return LeafIndex((x - half) / 2), LeafIndex((x + half) / 2)
}
