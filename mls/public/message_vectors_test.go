package public_test

import (
	"bytes"
	"errors"
	"testing"

	"parley/mls/internal/codec"
	"parley/mls/internal/suite"
	"parley/mls/mlstest"
	"parley/mls/public"
)

type protectionCase struct {
	GroupID             mlstest.Hex `json:"group_id"`
	Epoch               uint64      `json:"epoch"`
	TreeHash            mlstest.Hex `json:"tree_hash"`
	ConfirmedTranscript mlstest.Hex `json:"confirmed_transcript_hash"`
	SignaturePriv       mlstest.Hex `json:"signature_priv"`
	SignaturePub        mlstest.Hex `json:"signature_pub"`
	MembershipKey       mlstest.Hex `json:"membership_key"`
	Proposal            mlstest.Hex `json:"proposal"`
	ProposalPub         mlstest.Hex `json:"proposal_pub"`
	Commit              mlstest.Hex `json:"commit"`
	CommitPub           mlstest.Hex `json:"commit_pub"`
}

// TestMessageProtectionVectors checks the public half of the file: signatures
// (RFC 9420, Section 6.1) and membership tags (RFC 9420, Section 6.2) of
// PublicMessages, and that messages made here verify.
func TestMessageProtectionVectors(t *testing.T) {
	mlstest.Each(t, "message-protection.json", func(t *testing.T, s *public.Suite, c protectionCase) {
		context := &public.GroupContext{
			Version: public.MLS10, CipherSuite: s.ID(), GroupID: c.GroupID, Epoch: c.Epoch,
			TreeHash: c.TreeHash, ConfirmedTranscriptHash: c.ConfirmedTranscript,
		}
		for _, m := range []struct{ message, want []byte }{{c.ProposalPub, c.Proposal}, {c.CommitPub, c.Commit}} {
			parsed, err := public.Parse[public.MLSMessage](m.message)
			if err != nil {
				t.Fatal(err)
			}
			got := parsed.PublicMessage
			checkProtection(t, s, &c, context, got)
			if body := public.Marshal(contentBody{&got.Content}); !bytes.Equal(body, m.want) {
				t.Errorf("suite %d: content %x, want %x", s.ID(), body, m.want)
			}
			checkProtection(t, s, &c, context, protect(t, s, &c, context, got))
		}
	})
}

// contentBody is the content of a message without its framing.
type contentBody struct{ *public.FramedContent }

func (b contentBody) MarshalMLS(w *codec.Writer) { b.MarshalBody(w) }

// checkProtection checks signature and membership tag of m, and that neither
// serves another content.
func checkProtection(t *testing.T, s *suite.Suite, c *protectionCase, context *public.GroupContext, m *public.PublicMessage) {
	t.Helper()
	a := m.Authenticated()
	if a.Content.Sender != public.MemberSender(1) {
		t.Errorf("sender %v, want leaf 1", a.Content.Sender)
	}
	if err := a.VerifySignature(s, suite.SignaturePublicKey(c.SignaturePub), context); err != nil {
		t.Errorf("suite %d: %v", s.ID(), err)
	}
	key := suite.Secret(c.MembershipKey)
	if !s.VerifyMAC(key, a.TBM(context), m.MembershipTag) {
		t.Errorf("suite %d: wrong membership tag", s.ID())
	}
	a.Content.AuthenticatedData = append(bytes.Clone(a.Content.AuthenticatedData), 1)
	if err := a.VerifySignature(s, suite.SignaturePublicKey(c.SignaturePub), context); !errors.Is(err, public.ErrSignature) {
		t.Errorf("suite %d: changed content: %v; want ErrSignature", s.ID(), err)
	}
	if s.VerifyMAC(key, a.TBM(context), m.MembershipTag) {
		t.Errorf("suite %d: the membership tag serves changed content", s.ID())
	}
}

// protect signs the content of m anew.
func protect(t *testing.T, s *suite.Suite, c *protectionCase, context *public.GroupContext, m *public.PublicMessage) *public.PublicMessage {
	t.Helper()
	priv, _, err := s.NewSignaturePrivateKey(mlstest.Scalar(s, c.SignaturePriv))
	if err != nil {
		t.Fatal(err)
	}
	a := &public.AuthenticatedContent{WireFormat: public.WirePublicMessage, Content: m.Content}
	if err := a.Sign(s, priv, context); err != nil {
		t.Fatal(err)
	}
	a.Auth.ConfirmationTag = m.Auth.ConfirmationTag
	made := &public.PublicMessage{
		Content: a.Content, Auth: a.Auth,
		MembershipTag: s.MAC(suite.Secret(c.MembershipKey), a.TBM(context)),
	}
	parsed, err := public.Parse[public.MLSMessage](made.Message())
	if err != nil {
		t.Fatal(err)
	}
	return parsed.PublicMessage
}

type transcriptCase struct {
	Content        mlstest.Hex `json:"authenticated_content"`
	InterimBefore  mlstest.Hex `json:"interim_transcript_hash_before"`
	ConfirmedAfter mlstest.Hex `json:"confirmed_transcript_hash_after"`
	InterimAfter   mlstest.Hex `json:"interim_transcript_hash_after"`
}

// TestTranscriptHashVectors checks both transcript hashes
// (RFC 9420, Section 8.2).
func TestTranscriptHashVectors(t *testing.T) {
	mlstest.Each(t, "transcript-hashes.json", func(t *testing.T, s *public.Suite, c transcriptCase) {
		a := roundTrip[public.AuthenticatedContent](t, "AuthenticatedContent", c.Content)
		confirmed := public.ConfirmedTranscriptHash(s, c.InterimBefore, a)
		if !bytes.Equal(confirmed, c.ConfirmedAfter) {
			t.Errorf("confirmed %x, want %x", confirmed, c.ConfirmedAfter)
		}
		if got := public.InterimTranscriptHash(s, confirmed, a.Auth.ConfirmationTag); !bytes.Equal(got, c.InterimAfter) {
			t.Errorf("interim %x, want %x", got, c.InterimAfter)
		}
	})
}

type treeKEMCase struct {
	GroupID     mlstest.Hex `json:"group_id"`
	Tree        mlstest.Hex `json:"ratchet_tree"`
	UpdatePaths []struct {
		Sender        public.LeafIndex `json:"sender"`
		UpdatePath    mlstest.Hex      `json:"update_path"`
		TreeHashAfter mlstest.Hex      `json:"tree_hash_after"`
	} `json:"update_paths"`
}

// TestTreeKEMVectors merges update paths and checks parent hash and tree hash
// (RFC 9420, Section 7.5); their secrets are another package's.
func TestTreeKEMVectors(t *testing.T) {
	mlstest.Each(t, "treekem.json", func(t *testing.T, s *public.Suite, c treeKEMCase) {
		base, err := public.ParseTree(s, c.Tree, 1<<10)
		if err != nil {
			t.Fatal(err)
		}
		base.Hash()
		for _, u := range c.UpdatePaths {
			path := roundTrip[public.UpdatePath](t, "UpdatePath", u.UpdatePath)
			mergeVector(t, base.Clone(), u.Sender, path, u.TreeHashAfter)
		}
	})
}

func mergeVector(t *testing.T, tree *public.Tree, sender public.LeafIndex, path *public.UpdatePath, want []byte) {
	t.Helper()
	var keys []public.HPKEPublicKey
	for i, at := range tree.FilteredDirectPath(sender) {
		keys = append(keys, path.Nodes[i].EncryptionKey)
		if got, want := len(path.Nodes[i].PathSecrets), len(tree.Resolution(at.Copath)); got != want {
			t.Errorf("%d ciphertexts, want %d", got, want)
		}
	}
	parentHash, err := tree.SetPath(sender, keys)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(parentHash, path.LeafNode.ParentHash) {
		t.Errorf("parent hash %x, want %x", parentHash, path.LeafNode.ParentHash)
	}
	tree.SetLeaf(sender, &path.LeafNode)
	if got := tree.Hash(); !bytes.Equal(got, want) {
		t.Errorf("tree hash after %x, want %x", got, want)
	}
	if err := tree.VerifyParentHashes(); err != nil {
		t.Error(err)
	}
}
