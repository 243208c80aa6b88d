package mls_test

import (
	"bytes"
	"testing"

	"parley/mls"
	"parley/mls/internal/codec"
	"parley/mls/internal/schedule"
	"parley/mls/internal/secrettree"
	"parley/mls/internal/suite"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// messageProtection is a case of message-protection.json.
type messageProtection struct {
	GroupID          mlstest.Hex `json:"group_id"`
	Epoch            uint64
	TreeHash         mlstest.Hex `json:"tree_hash"`
	Confirmed        mlstest.Hex `json:"confirmed_transcript_hash"`
	SignaturePriv    mlstest.Hex `json:"signature_priv"`
	SignaturePub     mlstest.Hex `json:"signature_pub"`
	EncryptionSecret mlstest.Hex `json:"encryption_secret"`
	SenderDataSecret mlstest.Hex `json:"sender_data_secret"`
	MembershipKey    mlstest.Hex `json:"membership_key"`
	Proposal         mlstest.Hex
	ProposalPub      mlstest.Hex `json:"proposal_pub"`
	ProposalPriv     mlstest.Hex `json:"proposal_priv"`
	Commit           mlstest.Hex
	CommitPub        mlstest.Hex `json:"commit_pub"`
	CommitPriv       mlstest.Hex `json:"commit_priv"`
	Application      mlstest.Hex
	ApplicationPriv  mlstest.Hex `json:"application_priv"`
}

// TestMessageProtection runs the vectors of RFC 9420, Section 6.1,
// RFC 9420, Section 6.2, RFC 9420, Section 6.3, RFC 9420, Section 6.3.1 and
// RFC 9420, Section 6.3.2.
func TestMessageProtection(t *testing.T) {
	mlstest.Each(t, "message-protection.json",
		func(t *testing.T, s *public.Suite, c messageProtection) {
			p := &protection{t: t, s: s, c: c}
			p.context = &public.GroupContext{
				Version: public.MLS10, CipherSuite: s.ID(), GroupID: c.GroupID, Epoch: c.Epoch,
				TreeHash: c.TreeHash, ConfirmedTranscriptHash: c.Confirmed,
			}
			p.public("proposal", c.ProposalPub, c.Proposal)
			p.public("commit", c.CommitPub, c.Commit)
			p.private("proposal", c.ProposalPriv, c.Proposal)
			p.private("commit", c.CommitPriv, c.Commit)
			var w codec.Writer
			w.Vector(c.Application)
			p.private("application", c.ApplicationPriv, w.Bytes())
		})
}

// protection is a running case.
type protection struct {
	t       *testing.T
	s       *public.Suite
	c       messageProtection
	context *public.GroupContext
}

// public opens a PublicMessage, and the one that we make of its content.
func (p *protection) public(name string, message, want []byte) {
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil || m.PublicMessage == nil {
		p.t.Fatalf("%s: %v", name, err)
	}
	content := m.PublicMessage.Authenticated()
	p.check(name, content, want)
	if !p.s.VerifyMAC(suite.Secret(p.c.MembershipKey), content.TBM(p.context), m.PublicMessage.MembershipTag) {
		p.t.Errorf("%s: bad membership tag", name)
	}
	if got := p.resign(content).Auth.ConfirmationTag; !bytes.Equal(got, content.Auth.ConfirmationTag) {
		p.t.Errorf("%s: signing changed the confirmation tag", name)
	}
}

// resign signs a copy of content with the vector's key and checks it.
func (p *protection) resign(content *public.AuthenticatedContent) *public.AuthenticatedContent {
	priv, _, err := p.s.NewSignaturePrivateKey(mlstest.Scalar(p.s, p.c.SignaturePriv))
	if err != nil {
		p.t.Fatal(err)
	}
	signed := *content
	if err := signed.Sign(p.s, priv, p.context); err != nil {
		p.t.Fatal(err)
	}
	if err := signed.VerifySignature(p.s, public.SignaturePublicKey(p.c.SignaturePub), p.context); err != nil {
		p.t.Errorf("our signature: %v", err)
	}
	return &signed
}

// private opens a PrivateMessage, and the one that we make of its content.
func (p *protection) private(name string, message, want []byte) {
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil || m.PrivateMessage == nil {
		p.t.Fatalf("%s: %v", name, err)
	}
	secret := suite.Secret(p.c.SenderDataSecret)
	content, err := mls.OpenPrivate(p.s, m.PrivateMessage, p.tree(), secret)
	if err != nil {
		p.t.Fatalf("%s: %v", name, err)
	}
	p.check(name, content, want)
	ours, err := mls.SealPrivate(p.s, p.resign(content), p.tree(), secret)
	if err != nil {
		p.t.Fatalf("%s: %v", name, err)
	}
	if content, err = mls.OpenPrivate(p.s, ours, p.tree(), secret); err != nil {
		p.t.Fatalf("%s: ours: %v", name, err)
	}
	p.check(name+" of ours", content, want)
	ours.Ciphertext[0] ^= 1
	if _, err := mls.OpenPrivate(p.s, ours, p.tree(), secret); err == nil {
		p.t.Errorf("%s: an altered message opens", name)
	}
}

func (p *protection) tree() *secrettree.Tree {
	return secrettree.New(p.s, 2, bytes.Clone(p.c.EncryptionSecret), func(string, []byte) {})
}

func (p *protection) check(name string, content *public.AuthenticatedContent, want []byte) {
	if content.Content.Sender != public.MemberSender(1) {
		p.t.Errorf("%s: sender %v", name, content.Content.Sender)
	}
	if err := content.VerifySignature(p.s, public.SignaturePublicKey(p.c.SignaturePub), p.context); err != nil {
		p.t.Errorf("%s: %v", name, err)
	}
	var w codec.Writer
	content.Content.MarshalBody(&w)
	if !bytes.Equal(w.Bytes(), want) {
		p.t.Errorf("%s: got %x, want %x", name, w.Bytes(), want)
	}
}

// transcript is a case of transcript-hashes.json.
type transcript struct {
	ConfirmationKey mlstest.Hex `json:"confirmation_key"`
	Content         mlstest.Hex `json:"authenticated_content"`
	InterimBefore   mlstest.Hex `json:"interim_transcript_hash_before"`
	ConfirmedAfter  mlstest.Hex `json:"confirmed_transcript_hash_after"`
	InterimAfter    mlstest.Hex `json:"interim_transcript_hash_after"`
}

// TestTranscriptHashes runs the vectors of RFC 9420, Section 8.2, and
// checks the confirmation tag of RFC 9420, Section 6.1.
func TestTranscriptHashes(t *testing.T) {
	mlstest.Each(t, "transcript-hashes.json",
		func(t *testing.T, s *public.Suite, c transcript) {
			content, err := public.Parse[public.AuthenticatedContent](c.Content)
			if err != nil {
				t.Fatal(err)
			}
			confirmed := public.ConfirmedTranscriptHash(s, c.InterimBefore, content)
			if !bytes.Equal(confirmed, c.ConfirmedAfter) {
				t.Errorf("confirmed: got %x, want %x", confirmed, c.ConfirmedAfter)
			}
			interim := public.InterimTranscriptHash(s, confirmed, content.Auth.ConfirmationTag)
			if !bytes.Equal(interim, c.InterimAfter) {
				t.Errorf("interim: got %x, want %x", interim, c.InterimAfter)
			}
			e := &schedule.Epoch{Confirmation: suite.Secret(c.ConfirmationKey)}
			if got := e.ConfirmationTag(s, confirmed); !bytes.Equal(got, content.Auth.ConfirmationTag) {
				t.Errorf("confirmation tag: got %x, want %x", got, content.Auth.ConfirmationTag)
			}
		})
}

// welcomeCase is a case of welcome.json.
type welcomeCase struct {
	InitPriv   mlstest.Hex `json:"init_priv"`
	SignerPub  mlstest.Hex `json:"signer_pub"`
	KeyPackage mlstest.Hex `json:"key_package"`
	Welcome    mlstest.Hex
}

// TestWelcome runs the vectors of RFC 9420, Section 12.4.3.1.
func TestWelcome(t *testing.T) {
	mlstest.Each(t, "welcome.json",
		func(t *testing.T, s *public.Suite, c welcomeCase) {
			kp, err := public.ParseKeyPackage(c.KeyPackage)
			if err != nil {
				t.Fatal(err)
			}
			cfg := &mls.Config{Suites: mlstest.Suites()}
			w, err := mls.OpenWelcome(cfg, c.Welcome, &mls.KeyPackageSecrets{
				KeyPackage: public.Marshal(kp), Init: public.HPKEPrivateKey(c.InitPriv),
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Info.VerifySignature(s, public.SignaturePublicKey(c.SignerPub)); err != nil {
				t.Error(err)
			}
			e := schedule.New(s, w.Joiner, s.Zero(), public.Marshal(&w.Info.GroupContext))
			got := e.ConfirmationTag(s, w.Info.GroupContext.ConfirmedTranscriptHash)
			if !bytes.Equal(got, w.Info.ConfirmationTag) {
				t.Errorf("confirmation tag: got %x, want %x", got, w.Info.ConfirmationTag)
			}
		})
}

// TestGroupSecretsVectors: what decodes encodes to the same bytes
// (RFC 9420, Section 12.4.3.1).
func TestGroupSecretsVectors(t *testing.T) {
	type messages struct {
		GroupSecrets mlstest.Hex `json:"group_secrets"`
	}
	mlstest.Each(t, "messages.json", func(t *testing.T, _ *public.Suite, c messages) {
		r := codec.NewReader(c.GroupSecrets)
		var g mls.GroupSecrets
		g.UnmarshalMLS(r)
		if err := r.Finish(); err != nil {
			t.Error(err)
		}
		if got := public.Marshal(&g); !bytes.Equal(got, c.GroupSecrets) {
			t.Errorf("got %x, want %x", got, c.GroupSecrets)
		}
	})
}
