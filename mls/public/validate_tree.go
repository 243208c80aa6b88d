package public

import "parley/mls/internal/parallel"

// ValidateTree checks the whole tree of a group that a client joins or a server
// takes up (RFC 9420, Section 12.4.3.1): the tree hash against context, parent
// hashes, unmerged leaves, that keys occur once, and each leaf. Lifetimes are
// not compared with the clock: members stay after theirs has ended.
// The error is a [*RuleError].
func (c *Config) ValidateTree(t *Tree, context *GroupContext) error {
	if string(t.Hash()) != string(context.TreeHash) {
		return broken(RuleTreeHash)
	}
	if err := t.checkParents(); err != nil {
		return err
	}
	if err := t.VerifyParentHashes(); err != nil {
		return err
	}
	if err := t.checkKeysUnique(); err != nil {
		return err
	}
	return c.checkLeaves(t, context)
}

// checkParents checks the keys and unmerged leaves of all parents.
func (t *Tree) checkParents() error {
	for i, p := range t.parents {
		if p == nil {
			continue
		}
		if err := t.suite.CheckHPKEPublicKey(p.EncryptionKey); err != nil {
			return &RuleError{Rule: RuleParentKey, Err: err}
		}
		if !hashOrEmpty(t.suite, p.ParentHash) {
			return broken(RuleLeafParentHashLength)
		}
		for _, leaf := range p.UnmergedLeaves {
			if err := t.checkUnmerged(NodeIndex(2*i+1), leaf); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkUnmerged checks that leaf, unmerged at x, is a member below x and unmerged
// at each node between that has a key.
func (t *Tree) checkUnmerged(x NodeIndex, leaf LeafIndex) error {
	if t.Leaf(leaf) == nil || !x.Covers(leaf.Node()) {
		return broken(RuleUnmergedLeaf)
	}
	for y, _ := leaf.Node().Parent(t.Size()); y != x; y, _ = y.Parent(t.Size()) {
		if p := t.Parent(y); p != nil && len(p.unmergedUnder(leaf.Node())) == 0 {
			return broken(RuleUnmergedGap)
		}
	}
	return nil
}

// checkKeysUnique checks that no encryption key and no signature key occurs
// twice.
func (t *Tree) checkKeysUnique() error {
	keys := make(map[string]bool, len(t.keys))
	for x := range NodeIndex(len(t.keys)) {
		if t.blank(x) {
			continue
		}
		key := string(t.PublicKey(x))
		if keys[key] {
			return broken(RuleDuplicateEncryption)
		}
		keys[key] = true
	}
	signers := make(map[string]bool, len(t.signers))
	for _, leaf := range t.Leaves() {
		key := string(leaf.SignatureKey)
		if signers[key] {
			return broken(RuleDuplicateSignature)
		}
		signers[key] = true
	}
	return nil
}

// checkLeaves checks each leaf by itself and against what the group requires.
func (c *Config) checkLeaves(t *Tree, context *GroupContext) error {
	required, err := context.Extensions.requirements()
	if err != nil {
		return err
	}
	types := t.credentialTypes()
	forged, bad := t.verifyLeaves(context.GroupID)
	for i, leaf := range t.Leaves() {
		if err := c.checkLeaf(t.suite, leaf); err != nil {
			return err
		}
		if bad != nil && i == forged {
			return &RuleError{Rule: RuleLeafSignature, Err: bad}
		}
		if err := required.met(leaf, context.Extensions); err != nil {
			return err
		}
		if err := leaf.supportsCredentials(types); err != nil {
			return err
		}
		if err := c.judge(LeafView{i, leaf}, nil); err != nil {
			return err
		}
	}
	return nil
}

// verifyLeaves returns the first leaf whose signature does not verify, and the
// error; a nil error if all do. It takes most of the time of a join, so that all
// cores share it.
func (t *Tree) verifyLeaves(groupID []byte) (LeafIndex, error) {
	i, err := parallel.Do(len(t.leaves), func(i int) error {
		if t.leaves[i] == nil {
			return nil
		}
		return t.leaves[i].node.VerifySignature(t.suite, groupID, LeafIndex(i))
	})
	return LeafIndex(i), err
}
