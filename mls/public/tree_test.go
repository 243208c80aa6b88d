package public

import (
	"bytes"
	"slices"
	"testing"

	"parley/mls/internal/codec"
)

// TestGrowAndShrink: the tree doubles when it is full, and halves when its right
// half is empty (RFC 9420, Section 7.7); unmerged leaves are those added below a
// parent since it got its key (RFC 9420, Section 7.1).
func TestGrowAndShrink(t *testing.T) {
	w := newWorld(t, X25519())
	for n, size := range []uint32{1: 2, 2: 4, 3: 4, 4: 8, 5: 8} {
		if n == 0 {
			continue
		}
		w.merge(w.raw(0, &Commit{Proposals: inline(w.adds(1)...)}))
		if got := w.group.tree.Size(); got != size {
			t.Errorf("%d members: %d leaves, want %d", n+1, got, size)
		}
	}
	w.merge(w.commit(0))
	w.merge(w.raw(0, &Commit{Proposals: inline(w.adds(2)...)}))
	root := w.group.tree.Parent(w.group.tree.Root())
	if want := []LeafIndex{6, 7}; !slices.Equal(root.UnmergedLeaves, want) {
		t.Errorf("unmerged at the root: %v, want %v", root.UnmergedLeaves, want)
	}
	var far []Proposal
	for i := LeafIndex(3); i < 8; i++ {
		far = append(far, &Remove{i})
	}
	w.merge(w.commit(0, far...))
	if got := w.group.tree.Size(); got != 4 {
		t.Errorf("%d leaves are left, want 4", got)
	}
	w.merge(w.raw(0, &Commit{Proposals: inline(w.adds(1)...)}))
	if leaf := w.group.tree.Leaf(3); leaf == nil {
		t.Error("the new member is not at the leftmost blank leaf")
	}
}

// TestParentNodeForm decodes parent nodes of right and of wrong form
// (RFC 9420, Section 7.1, RFC 9420, Section 2.1).
func TestParentNodeForm(t *testing.T) {
	good := &ParentNode{EncryptionKey: []byte("key"), ParentHash: []byte("hash"), UnmergedLeaves: []LeafIndex{1, 5, 9}}
	encoded := Marshal(good)
	back, err := Parse[ParentNode](encoded)
	if err != nil || !bytes.Equal(Marshal(back), encoded) || !slices.Equal(back.UnmergedLeaves, good.UnmergedLeaves) {
		t.Errorf("got %+v, %v", back, err)
	}
	for name, leaves := range map[string][]LeafIndex{"twice": {5, 5}, "descending": {9, 1}} {
		bad := &ParentNode{UnmergedLeaves: leaves}
		if _, err := Parse[ParentNode](Marshal(bad)); err == nil {
			t.Errorf("%s: unmerged leaves are taken", name)
		}
	}
	if _, err := Parse[ParentNode](encoded[:len(encoded)-1]); err == nil {
		t.Error("a cut node is taken")
	}
}

// TestParentHashChain: after a commit each node of the path carries the parent
// hash of the one above, and the leaf that of the lowest; a changed key anywhere
// above breaks the chain (RFC 9420, Section 7.9, RFC 9420, Section 7.9.1).
func TestParentHashChain(t *testing.T) {
	w := newWorldOf(t, X25519(), 8)
	w.merge(w.commit(2))
	tree := w.group.tree
	path := tree.FilteredDirectPath(2)
	below := tree.Leaf(2).ParentHash
	for _, at := range path {
		p := tree.Parent(at.Node)
		if want := tree.parentHash(p, at.Copath); !bytes.Equal(below, want) {
			t.Errorf("below node %d: parent hash %x, want %x", at.Node, below, want)
		}
		below = p.ParentHash
	}
	if len(below) != 0 {
		t.Errorf("the root's parent hash is %x, want none", below)
	}
	for _, at := range path {
		changed := tree.Clone()
		p := *tree.Parent(at.Node)
		p.EncryptionKey = w.hpkeKey()
		changed.setParent(at.Node, &p)
		if err := changed.VerifyParentHashes(); RuleOf(err) != RuleParentHash {
			t.Errorf("node %d changed: got %v", at.Node, err)
		}
	}
}

// TestGroupContext: each field of the GroupContext moves as
// RFC 9420, Section 8.1 says.
func TestGroupContext(t *testing.T) {
	w := newWorldOf(t, X25519(), 3)
	before := w.group.Context()
	staged := w.merge(w.commit(0, &GroupContextExtensions{Extensions{{0x1a1a, []byte("x")}}}))
	after := w.group.Context()
	if after.Version != MLS10 || after.CipherSuite != w.suite.ID() || !bytes.Equal(after.GroupID, before.GroupID) {
		t.Errorf("version, suite or group id changed: %+v", after)
	}
	if after.Epoch != before.Epoch+1 || !bytes.Equal(after.TreeHash, w.group.tree.Hash()) {
		t.Errorf("epoch %d, tree hash %x", after.Epoch, after.TreeHash)
	}
	interim := InterimTranscriptHash(w.suite, before.ConfirmedTranscriptHash, w.random(w.suite.HashSize()))
	if bytes.Equal(after.ConfirmedTranscriptHash, ConfirmedTranscriptHash(w.suite, interim, staged.Content())) {
		t.Error("the transcript hash does not depend on the tag before")
	}
	if len(after.Extensions) != 1 || after.Equal(before) || !after.Equal(staged.Context()) {
		t.Errorf("extensions %v", after.Extensions)
	}
	back, err := Parse[GroupContext](Marshal(after))
	if err != nil || !back.Equal(after) {
		t.Errorf("got %v, %v", back, err)
	}
	bad := Marshal(after)
	bad[1] = 2
	if _, err := Parse[GroupContext](bad); err == nil {
		t.Error("another version is taken")
	}
}

// TestArrayForm: leaf n is node 2n, the root is in the middle, and a tree is read
// back from its array (RFC 9420, Appendix C, RFC 9420, Section 12.4.3.3).
func TestArrayForm(t *testing.T) {
	w := newWorldOf(t, X25519(), 6)
	tree := w.group.tree
	if tree.Root() != 7 || LeafIndex(5).Node() != 10 {
		t.Errorf("root %d, leaf 5 is node %d", tree.Root(), LeafIndex(5).Node())
	}
	back, err := ParseTree(w.suite, Marshal(tree), 8)
	if err != nil || !back.Equal(tree) || back.Size() != 8 || back.Leaf(6) != nil {
		t.Errorf("read back: %v", err)
	}
	for i, leaf := range tree.Leaves() {
		if !back.Leaf(i).Equal(leaf) {
			t.Errorf("leaf %d is another", i)
		}
	}
}

// TestOptional: presence is one byte, 0 or 1 (RFC 9420, Section 2.1.1).
func TestOptional(t *testing.T) {
	commit := &Commit{}
	if got := Marshal(commit); !bytes.Equal(got, []byte{0, 0}) {
		t.Errorf("got %x", got)
	}
	if _, err := Parse[Commit]([]byte{0, 2}); err == nil {
		t.Error("a presence of 2 is taken")
	}
	r := codec.NewReader([]byte{1})
	if !r.Optional() || r.Finish() != nil {
		t.Error("1 is not present")
	}
}
