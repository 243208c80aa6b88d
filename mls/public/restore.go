package public

import "parley/mls/internal/codec"

// NodeBytes returns the encoding of node x, an optional<Node>
// (RFC 9420, Section 12.4.3.3), nil if it is blank. x must be in the tree.
func (t *Tree) NodeBytes(x NodeIndex) []byte {
	if t.blank(x) {
		return nil
	}
	var w codec.Writer
	t.marshalNode(&w, x)
	return w.Bytes()
}

// RestoreGroup returns a group whose state was saved before, so that it is not
// validated again: context, the nodes of the tree as [Tree.NodeBytes] gave them,
// nil for blank ones, and the confirmation tag. The tree must have the hash that
// context says, else the error is [ErrState]. The group keeps no proposals.
func RestoreGroup(cfg *Config, context *GroupContext, nodes [][]byte, confirmationTag []byte) (*Group, error) {
	s, err := cfg.suite(context.CipherSuite)
	if err != nil {
		return nil, err
	}
	for len(nodes) > 0 && nodes[len(nodes)-1] == nil {
		nodes = nodes[:len(nodes)-1]
	}
	var w codec.Writer
	w.Nested(func(w *codec.Writer) {
		for _, node := range nodes {
			if node == nil {
				w.Optional(false)
			}
			w.Raw(node)
		}
	})
	t, err := ParseTree(s, w.Bytes(), cfg.maxLeaves())
	if err != nil || string(t.Hash()) != string(context.TreeHash) {
		return nil, ErrState
	}
	return newGroup(cfg, context, t, confirmationTag), nil
}
