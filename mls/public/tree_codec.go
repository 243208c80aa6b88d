package public

import (
	"bytes"
	"slices"

	"parley/mls/internal/codec"
	"parley/mls/internal/treemath"
)

// Kinds of nodes (RFC 9420, Section 7.8).
const (
	nodeLeaf   = 1
	nodeParent = 2
)

// MarshalMLS writes the tree as the ratchet_tree extension has it
// (RFC 9420, Section 12.4.3.3): without blank nodes at the end.
func (t *Tree) MarshalMLS(w *codec.Writer) {
	w.Nested(func(w *codec.Writer) {
		for x := range t.used() {
			t.marshalNode(w, x)
		}
	})
}

func (t *Tree) blank(x NodeIndex) bool { return t.keys[x] == 0 }

// marshalNode writes node x as an optional<Node>.
func (t *Tree) marshalNode(w *codec.Writer, x NodeIndex) {
	if rec := t.record(x); rec != nil {
		w.Optional(true)
		w.Uint8(nodeLeaf)
		w.Raw(rec.raw)
		return
	}
	p := t.Parent(x)
	w.Optional(p != nil)
	if p != nil {
		w.Uint8(nodeParent)
		p.MarshalMLS(w)
	}
}

// A node is what readNode reads: at most one field is set.
type node struct {
	leaf   *leafRecord
	parent *ParentNode
}

// readNode reads an optional<Node> for place x. Leaves are at even places and
// parents at odd ones.
func readNode(r *codec.Reader, x NodeIndex) (n node) {
	if !r.Optional() {
		return n
	}
	kind := r.Uint8()
	switch {
	case kind == nodeLeaf && x.IsLeaf():
		n.leaf = readLeafRecord(r)
	case kind == nodeParent && !x.IsLeaf():
		n.parent = new(ParentNode)
		n.parent.UnmarshalMLS(r)
	default:
		r.Fail(invalidValue{"node_type", uint64(kind)})
	}
	return n
}

// readLeafRecord reads a leaf and keeps its encoding, both aliasing the input.
func readLeafRecord(r *codec.Reader) *leafRecord {
	rec := new(leafRecord)
	before := r.Rest()
	rec.node.UnmarshalMLS(r)
	rec.raw = before[:len(before)-len(r.Rest())]
	return rec
}

// ParseTree decodes the content of a ratchet_tree extension
// (RFC 9420, Section 12.4.3.3). It judges form only. A tree of more than
// maxLeaves leaves gives [ErrTooLarge]; other errors wrap [ErrMalformed].
// Memory is bounded by a small multiple of len(b), and by maxLeaves.
func ParseTree(s *Suite, b []byte, maxLeaves uint32) (*Tree, error) {
	r := codec.NewReader(bytes.Clone(b))
	nodes := readNodes(r, maxLeaves)
	if err := r.Finish(); err != nil {
		return nil, malformed(err)
	}
	return assembleTree(s, nodes), nil
}

// readNodes reads the vector of a ratchet tree, whose last node must not be
// blank.
func readNodes(r *codec.Reader, maxLeaves uint32) []node {
	var nodes []node
	for in := r.Nested(); !in.Empty(); {
		if uint32(len(nodes)) >= treemath.Width(maxLeaves) {
			in.Fail(ErrTooLarge)
			return nil
		}
		nodes = append(nodes, readNode(in, NodeIndex(len(nodes))))
	}
	if len(nodes) == 0 || nodes[len(nodes)-1] == (node{}) {
		r.Fail(invalidValue{"last node of the tree", 0})
		return nil
	}
	return nodes
}

// assembleTree extends nodes to a complete tree.
func assembleTree(s *Suite, nodes []node) *Tree {
	t := newTree(s, treemath.Size(uint32(len(nodes)/2+1)))
	for x, n := range nodes {
		if n.leaf != nil {
			t.setLeaf(LeafIndex(x/2), n.leaf)
		}
		if n.parent != nil {
			t.setParent(NodeIndex(x), n.parent)
		}
	}
	return t
}

// Equal reports whether both trees have the same encoding.
func (t *Tree) Equal(other *Tree) bool { return t.encodesTo(Marshal(other)) }

// encodesTo reports whether b is the encoding of t, without making it.
func (t *Tree) encodesTo(b []byte) bool {
	r := codec.NewReader(b)
	in := r.Nested()
	for x := range t.used() {
		if !t.nextIs(in, x) {
			return false
		}
	}
	return in.Finish() == nil && r.Finish() == nil
}

// nextIs takes node x off r and reports whether it is that of t.
func (t *Tree) nextIs(r *codec.Reader, x NodeIndex) bool {
	if rec := t.record(x); rec != nil {
		return r.Optional() && r.Uint8() == nodeLeaf && bytes.Equal(r.Raw(len(rec.raw)), rec.raw)
	}
	n, p := readNode(r, x), t.Parent(x)
	if r.Err() != nil || n.leaf != nil || p == nil || n.parent == nil {
		return r.Err() == nil && n.leaf == nil && p == nil && n.parent == nil
	}
	return bytes.Equal(p.EncryptionKey, n.parent.EncryptionKey) && bytes.Equal(p.ParentHash, n.parent.ParentHash) &&
		slices.Equal(p.UnmergedLeaves, n.parent.UnmergedLeaves)
}

// used returns the number of nodes up to the last that is not blank.
func (t *Tree) used() NodeIndex {
	n := NodeIndex(len(t.keys))
	for n > 0 && t.blank(n-1) {
		n--
	}
	return n
}
