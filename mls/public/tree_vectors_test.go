package public_test

import (
	"bytes"
	"slices"
	"testing"

	"parley/mls/internal/codec"
	"parley/mls/mlstest"
	"parley/mls/public"
)

type treeValidationCase struct {
	Tree        mlstest.Hex          `json:"tree"`
	GroupID     mlstest.Hex          `json:"group_id"`
	TreeHashes  []mlstest.Hex        `json:"tree_hashes"`
	Resolutions [][]public.NodeIndex `json:"resolutions"`
}

// TestTreeValidationVectors checks resolutions (RFC 9420, Section 4.1.1), tree
// hashes (RFC 9420, Section 7.8), parent hashes (RFC 9420, Section 7.9.2) and
// the signatures of leaves (RFC 9420, Section 7.3).
func TestTreeValidationVectors(t *testing.T) {
	mlstest.Each(t, "tree-validation.json", func(t *testing.T, s *public.Suite, c treeValidationCase) {
		tree, err := public.ParseTree(s, c.Tree, 1<<10)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.TreeHashes {
			if got := tree.NodeHash(public.NodeIndex(i)); !bytes.Equal(got, want) {
				t.Errorf("tree hash of node %d: %x, want %x", i, got, want)
			}
		}
		for i, want := range c.Resolutions {
			if got := tree.Resolution(public.NodeIndex(i)); !slices.Equal(got, want) {
				t.Errorf("resolution of node %d: %v, want %v", i, got, want)
			}
		}
		if err := tree.VerifyParentHashes(); err != nil {
			t.Error(err)
		}
		for i, leaf := range tree.Leaves() {
			if err := leaf.VerifySignature(s, c.GroupID, i); err != nil {
				t.Errorf("leaf %d: %v", i, err)
			}
		}
		if got := public.Marshal(tree); !bytes.Equal(got, c.Tree) {
			t.Error("the tree encodes differently")
		}
	})
}

type treeOperationCase struct {
	Before     mlstest.Hex      `json:"tree_before"`
	HashBefore mlstest.Hex      `json:"tree_hash_before"`
	Proposal   mlstest.Hex      `json:"proposal"`
	Sender     public.LeafIndex `json:"proposal_sender"`
	After      mlstest.Hex      `json:"tree_after"`
	HashAfter  mlstest.Hex      `json:"tree_hash_after"`
}

// TestTreeOperationsVectors applies an Add, Update or Remove
// (RFC 9420, Section 12.1.1, RFC 9420, Section 12.1.2,
// RFC 9420, Section 12.1.3).
func TestTreeOperationsVectors(t *testing.T) {
	mlstest.Each(t, "tree-operations.json", func(t *testing.T, s *public.Suite, c treeOperationCase) {
		before, err := public.ParseTree(s, c.Before, 1<<10)
		if err != nil {
			t.Fatal(err)
		}
		if got := before.Hash(); !bytes.Equal(got, c.HashBefore) {
			t.Errorf("hash before: %x, want %x", got, c.HashBefore)
		}
		tree := before.Clone()
		applyProposal(t, tree, c.Sender, public.ReadProposal(codec.NewReader(c.Proposal)))
		if got := public.Marshal(tree); !bytes.Equal(got, c.After) {
			t.Errorf("tree after: %x, want %x", got, c.After)
		}
		if got := tree.Hash(); !bytes.Equal(got, c.HashAfter) {
			t.Errorf("hash after: %x, want %x", got, c.HashAfter)
		}
		if got := public.Marshal(before); !bytes.Equal(got, c.Before) {
			t.Error("the clone's change shows in the original")
		}
	})
}

func applyProposal(t *testing.T, tree *public.Tree, sender public.LeafIndex, p public.Proposal) {
	t.Helper()
	switch p := p.(type) {
	case *public.Add:
		tree.Add(&p.KeyPackage.LeafNode)
	case *public.Update:
		tree.Update(sender, &p.LeafNode)
	case *public.Remove:
		tree.Remove(p.Removed)
	default:
		t.Fatalf("proposal %T", p)
	}
}
