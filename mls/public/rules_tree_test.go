package public

// damaged takes up the group from a GroupInfo whose tree was changed, and whose
// tree hash is that of the changed tree.
func damaged(change func(*world, *Tree)) func(*world) error {
	return func(w *world) error {
		tree := w.group.tree.Clone()
		change(w, tree)
		context := w.group.context.clone()
		context.TreeHash = tree.Hash()
		_, err := NewGroup(w.cfg, w.groupInfo(context, tree, w.group.tag, 0, nil))
		return err
	}
}

// setRoot replaces the root, which is node 3, and whose leaf 3 is unmerged.
func setRoot(change func(*world, *ParentNode)) func(*world) error {
	return damaged(func(w *world, t *Tree) {
		p := *t.Parent(3)
		change(w, &p)
		t.setParent(3, &p)
	})
}

// setLeaf replaces leaf 3, signed again.
func setLeaf(change func(*world, *LeafNode)) func(*world) error {
	return damaged(func(w *world, t *Tree) {
		leaf := t.Leaf(3).Clone()
		change(w, leaf)
		w.must(leaf.Sign(w.suite, w.keys[string(leaf.SignatureKey)], w.group.GroupID(), 3))
		t.setLeaf(3, newLeafRecord(leaf))
	})
}

var treeBreaches = []breach{
	{RuleTreeHash, "another", func(w *world) error {
		context := w.group.context.clone()
		context.TreeHash = w.random(w.suite.HashSize())
		_, err := NewGroup(w.cfg, w.groupInfo(context, w.group.tree, w.group.tag, 0, nil))
		return err
	}},
	{RuleParentHash, "key of the root", setRoot(func(w *world, p *ParentNode) { p.EncryptionKey = w.hpkeKey() })},
	{RuleParentHash, "parent nobody set", damaged(func(w *world, t *Tree) {
		t.setParent(5, &ParentNode{EncryptionKey: w.hpkeKey(), UnmergedLeaves: []LeafIndex{3}})
	})},
	{RuleParentHash, "not unmerged", setRoot(func(_ *world, p *ParentNode) { p.UnmergedLeaves = nil })},
	{RuleParentHash, "sibling changed", setRoot(func(_ *world, p *ParentNode) { p.UnmergedLeaves = []LeafIndex{2, 3} })},
	{RuleParentKey, "short", setRoot(func(_ *world, p *ParentNode) { p.EncryptionKey = []byte{1} })},
	{RuleLeafParentHashLength, "parent", setRoot(func(_ *world, p *ParentNode) { p.ParentHash = []byte{1} })},
	{RuleUnmergedLeaf, "blank", damaged(func(_ *world, t *Tree) { t.setLeaf(3, nil); t.setLeaf(2, t.leaves[2]) })},
	{RuleUnmergedLeaf, "elsewhere", damaged(func(w *world, t *Tree) {
		t.setParent(1, &ParentNode{EncryptionKey: w.hpkeKey(), UnmergedLeaves: []LeafIndex{3}})
	})},
	{RuleUnmergedGap, "below the root", damaged(func(w *world, t *Tree) {
		t.setParent(5, &ParentNode{EncryptionKey: w.hpkeKey()})
	})},
	{RuleDuplicateEncryption, "leaf and leaf", setLeaf(func(w *world, leaf *LeafNode) {
		leaf.EncryptionKey = w.group.tree.Leaf(0).EncryptionKey
	})},
	{RuleDuplicateEncryption, "leaf and parent", setLeaf(func(w *world, leaf *LeafNode) {
		leaf.EncryptionKey = w.group.tree.PublicKey(3)
	})},
	{RuleDuplicateSignature, "in the tree", setLeaf(func(w *world, leaf *LeafNode) {
		leaf.SignatureKey = w.group.tree.Leaf(0).SignatureKey
	})},
	{RuleLeafSignature, "in the tree", damaged(func(_ *world, t *Tree) {
		leaf := t.Leaf(3).Clone()
		leaf.Signature[1] ^= 1
		t.setLeaf(3, newLeafRecord(leaf))
	})},
	{RuleCredentialSupport, "in the tree", setLeaf(func(_ *world, leaf *LeafNode) {
		leaf.Credential.Type = 0x3a3a
		leaf.Capabilities.Credentials = []CredentialType{0x3a3a}
	})},
	{RuleGroupExtension, "in the tree", func(w *world) error {
		context := w.group.context.clone()
		context.Extensions = Extensions{{0x1111, nil}}
		_, err := NewGroup(w.cfg, w.groupInfo(context, w.group.tree, w.group.tag, 0, nil))
		return err
	}},
}

// joins takes up the group from a GroupInfo changed before it is signed.
func joins(change func(*world, *GroupInfo)) func(*world) error {
	return func(w *world) error {
		_, err := NewGroup(w.cfg, w.currentInfo(func(i *GroupInfo) { change(w, i) }))
		return err
	}
}

// follows checks a GroupInfo of the next epoch, changed before it is signed.
func follows(change func(*world, *GroupInfo)) func(*world) error {
	return func(w *world) error {
		staged := w.stage(w.commit(1))
		return w.group.CheckGroupInfo(staged, w.info(staged, func(i *GroupInfo) { change(w, i) }))
	}
}

// setTree replaces the ratchet_tree extension by that of t.
func (g *GroupInfo) setTree(t *Tree) { g.Extensions[0].Data = Marshal(t) }

var groupInfoBreaches = []breach{
	{RuleGroupInfoSigner, "outside", joins(func(_ *world, i *GroupInfo) { i.Signer = 4 })},
	{RuleGroupInfoSigner, "next epoch", follows(func(_ *world, i *GroupInfo) { i.Signer = 9 })},
	{RuleGroupInfoSigned, "by another", joins(func(_ *world, i *GroupInfo) { i.Signer = 2 })},
	{RuleGroupInfoSigned, "next epoch", follows(func(_ *world, i *GroupInfo) { i.Signer = 2 })},
	{RuleDuplicateExtension, "GroupInfo", joins(func(_ *world, i *GroupInfo) { i.Extensions = append(i.Extensions, i.Extensions[2]) })},
	{RuleExternalPub, "malformed", joins(func(_ *world, i *GroupInfo) { i.Extensions[1].Data = nil })},
	{RuleExternalPub, "no key", follows(func(_ *world, i *GroupInfo) { i.Extensions[1].Data = []byte{1, 1} })},
	{RuleHashLength, "tag", joins(func(_ *world, i *GroupInfo) { i.ConfirmationTag = []byte{1} })},
	{RuleHashLength, "transcript", joins(func(_ *world, i *GroupInfo) { i.GroupContext.ConfirmedTranscriptHash = []byte{1} })},
	{RuleGroupInfoContext, "epoch", follows(func(_ *world, i *GroupInfo) { i.GroupContext.Epoch++ })},
	{RuleGroupInfoContext, "transcript", follows(func(w *world, i *GroupInfo) {
		i.GroupContext.ConfirmedTranscriptHash = w.random(w.suite.HashSize())
	})},
	{RuleGroupInfoContext, "tree hash", follows(func(w *world, i *GroupInfo) { i.GroupContext.TreeHash = w.group.context.TreeHash })},
	{RuleGroupInfoTag, "another", follows(func(w *world, i *GroupInfo) { i.ConfirmationTag = w.random(w.suite.HashSize()) })},
	{RuleGroupInfoTree, "of the old epoch", follows(func(w *world, i *GroupInfo) { i.setTree(w.group.tree) })},
	{RuleGroupInfoTree, "longer", follows(func(_ *world, i *GroupInfo) { i.Extensions[0].Data = append(i.Extensions[0].Data, 0) })},
	{RuleGroupInfoTree, "blank node at the end", follows(func(w *world, i *GroupInfo) {
		t, err := ParseTree(w.suite, i.Extensions[0].Data, 8)
		w.must(err)
		bigger := append(Marshal(t)[2:], 0)
		i.Extensions[0].Data = append([]byte{0x40 | byte(len(bigger)>>8), byte(len(bigger))}, bigger...)
	})},
	{RuleGroupExtensions, "in the group", joins(func(_ *world, i *GroupInfo) {
		i.GroupContext.Extensions = Extensions{{ExternalSendersExtension, []byte{5}}}
	})},
}
