package mls_test

import (
	"bytes"
	"testing"

	"parley/mls"
	"parley/mls/internal/suite"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// treeKEM is a case of treekem.json.
type treeKEM struct {
	GroupID     mlstest.Hex `json:"group_id"`
	Epoch       uint64
	Confirmed   mlstest.Hex   `json:"confirmed_transcript_hash"`
	RatchetTree mlstest.Hex   `json:"ratchet_tree"`
	Leaves      []leafPrivate `json:"leaves_private"`
	UpdatePaths []updatePath  `json:"update_paths"`
}

type leafPrivate struct {
	Index          public.LeafIndex
	EncryptionPriv mlstest.Hex `json:"encryption_priv"`
	SignaturePriv  mlstest.Hex `json:"signature_priv"`
	PathSecrets    []struct {
		Node       public.NodeIndex
		PathSecret mlstest.Hex `json:"path_secret"`
	} `json:"path_secrets"`
}

type updatePath struct {
	Sender        public.LeafIndex
	UpdatePath    mlstest.Hex   `json:"update_path"`
	PathSecrets   []mlstest.Hex `json:"path_secrets"`
	CommitSecret  mlstest.Hex   `json:"commit_secret"`
	TreeHashAfter mlstest.Hex   `json:"tree_hash_after"`
}

// kem is a running case.
type kem struct {
	t    *testing.T
	c    treeKEM
	tree *public.Tree
	keys map[public.LeafIndex]mls.Keys
}

// TestTreeKEM runs the vectors of RFC 9420, Section 7.4,
// RFC 9420, Section 7.5 and RFC 9420, Section 7.6.
func TestTreeKEM(t *testing.T) {
	mlstest.Each(t, "treekem.json",
		func(t *testing.T, s *public.Suite, c treeKEM) {
			tree, err := public.ParseTree(s, c.RatchetTree, 1<<10)
			if err != nil {
				t.Fatal(err)
			}
			k := &kem{t: t, c: c, tree: tree, keys: map[public.LeafIndex]mls.Keys{}}
			for _, leaf := range c.Leaves {
				k.keys[leaf.Index] = k.private(leaf)
			}
			for _, u := range c.UpdatePaths {
				k.received(u)
				k.made(u.Sender)
			}
		})
}

// private returns the keys of a leaf, which must be those of the tree.
func (k *kem) private(leaf leafPrivate) mls.Keys {
	s := k.tree.Suite()
	keys := mls.Keys{leaf.Index.Node(): mlstest.Scalar(s, leaf.EncryptionPriv)}
	for _, p := range leaf.PathSecrets {
		priv, _, err := mls.PathKey(s, suite.Secret(p.PathSecret))
		if err != nil {
			k.t.Fatal(err)
		}
		keys[p.Node] = priv
	}
	for x, priv := range keys {
		pub, err := s.HPKEPublicKeyOf(priv)
		if err != nil || !bytes.Equal(pub, k.tree.PublicKey(x)) {
			k.t.Errorf("leaf %d: the key of node %d is not that of the tree", leaf.Index, x)
		}
	}
	return keys
}

// context returns the encoded GroupContext for a tree hash.
func (k *kem) context(treeHash []byte) []byte {
	return public.Marshal(&public.GroupContext{
		Version: public.MLS10, CipherSuite: k.tree.Suite().ID(), GroupID: k.c.GroupID, Epoch: k.c.Epoch,
		TreeHash: treeHash, ConfirmedTranscriptHash: k.c.Confirmed,
	})
}

// received merges the vector's path and opens it as each other leaf.
func (k *kem) received(u updatePath) {
	path, err := public.Parse[public.UpdatePath](u.UpdatePath)
	if err != nil {
		k.t.Fatal(err)
	}
	after := k.tree.Clone()
	var pubs []public.HPKEPublicKey
	for i := range path.Nodes {
		pubs = append(pubs, path.Nodes[i].EncryptionKey)
	}
	hash, err := after.SetPath(u.Sender, pubs)
	if err != nil || !bytes.Equal(hash, path.LeafNode.ParentHash) {
		k.t.Fatalf("sender %d: parent hash %x, %v, want %x", u.Sender, hash, err, path.LeafNode.ParentHash)
	}
	after.SetLeaf(u.Sender, &path.LeafNode)
	if got := after.Hash(); !bytes.Equal(got, u.TreeHashAfter) {
		k.t.Errorf("sender %d: tree hash %x, want %x", u.Sender, got, u.TreeHashAfter)
	}
	for own, keys := range k.keys {
		if own == u.Sender {
			continue
		}
		secret, commit, err := mls.ReceivePath(after, u.Sender, own, keys, path, k.context(after.Hash()))
		if err != nil || !bytes.Equal(secret, u.PathSecrets[own]) || !bytes.Equal(commit, u.CommitSecret) {
			k.t.Errorf("sender %d, receiver %d: %v: wrong secrets", u.Sender, own, err)
		}
	}
}

// made makes a path of our own and opens it as each other leaf.
func (k *kem) made(sender public.LeafIndex) {
	for _, leaf := range k.c.Leaves {
		if leaf.Index != sender {
			continue
		}
		signer, _, err := k.tree.Suite().NewSignaturePrivateKey(mlstest.Scalar(k.tree.Suite(), leaf.SignaturePriv))
		if err != nil {
			k.t.Fatal(err)
		}
		p, err := mls.MakePath(k.tree, sender, signer, k.c.GroupID, k.context)
		if err != nil {
			k.t.Fatal(err)
		}
		if err := p.Path.LeafNode.VerifySignature(k.tree.Suite(), k.c.GroupID, sender); err != nil {
			k.t.Error(err)
		}
		for own, keys := range k.keys {
			if own == sender {
				continue
			}
			_, commit, err := mls.ReceivePath(p.Tree, sender, own, keys, p.Path, k.context(p.Tree.Hash()))
			if err != nil || !commit.Equal(p.Commit) {
				k.t.Errorf("sender %d, receiver %d of ours: %v: wrong commit secret", sender, own, err)
			}
		}
	}
}
