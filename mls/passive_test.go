package mls_test

import (
	"bytes"
	"testing"
	"time"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// passiveClient is a case of the passive-client files.
type passiveClient struct {
	ExternalPSKs []struct {
		ID  mlstest.Hex `json:"psk_id"`
		PSK mlstest.Hex
	} `json:"external_psks"`
	KeyPackage           mlstest.Hex `json:"key_package"`
	SignaturePriv        mlstest.Hex `json:"signature_priv"`
	EncryptionPriv       mlstest.Hex `json:"encryption_priv"`
	InitPriv             mlstest.Hex `json:"init_priv"`
	Welcome              mlstest.Hex
	RatchetTree          mlstest.Hex `json:"ratchet_tree"`
	InitialAuthenticator mlstest.Hex `json:"initial_epoch_authenticator"`
	Epochs               []struct {
		Proposals     []mlstest.Hex
		Commit        mlstest.Hex
		Authenticator mlstest.Hex `json:"epoch_authenticator"`
	}
}

// TestPassiveClientWelcome runs the vectors of RFC 9420, Section 12.4.3.1.
func TestPassiveClientWelcome(t *testing.T) {
	mlstest.Each(t, "passive-client-welcome.json", followAlong)
}

// TestPassiveClientCommits runs the vectors of RFC 9420, Section 12.4.2
// and RFC 9420, Section 12.3.
func TestPassiveClientCommits(t *testing.T) {
	mlstest.Each(t, "passive-client-handling-commit.json", followAlong)
}

// TestInteropPassive runs what the interoperability scripts recorded.
func TestInteropPassive(t *testing.T) {
	for _, file := range []string{
		"application", "branch", "commit", "external_join", "external_proposals", "reinit", "welcome_join",
	} {
		t.Run(file, func(t *testing.T) {
			mlstest.Each(t, "interop-passive/"+file+".json", followAlong)
		})
	}
}

// followAlong joins and follows, reloading the group from its records before
// each epoch.
func followAlong(t *testing.T, s *public.Suite, c passiveClient) {
	member := passiveMember(t, s, c)
	if got := member.Group.EpochAuthenticator(); !bytes.Equal(got, c.InitialAuthenticator) {
		t.Fatalf("after the Welcome: got %x, want %x", got, c.InitialAuthenticator)
	}
	for i, e := range c.Epochs {
		member.Reload(t)
		for _, p := range e.Proposals {
			_, changes, err := member.Group.ReceiveProposal(p)
			if err != nil {
				t.Fatalf("epoch %d: proposal: %v", i, err)
			}
			member.Records.Write(changes)
			member.Reload(t)
		}
		member.Follow(t, e.Commit)
		if got := member.Group.EpochAuthenticator(); !bytes.Equal(got, e.Authenticator) {
			t.Fatalf("epoch %d: got %x, want %x", i, got, e.Authenticator)
		}
	}
}

// passiveMember joins as the client of c.
func passiveMember(t *testing.T, s *public.Suite, c passiveClient) *mlstest.Client {
	kp, err := public.ParseKeyPackage(c.KeyPackage)
	if err != nil {
		t.Fatal(err)
	}
	secrets := &mls.KeyPackageSecrets{
		KeyPackage: public.Marshal(kp),
		Init:       mlstest.Scalar(s, c.InitPriv), Leaf: mlstest.Scalar(s, c.EncryptionPriv),
	}
	signer := passiveKeys(t, s, c, kp, secrets)
	member := mlstest.NewClient(t, s, "passive")
	member.Signer = signer
	member.Config.MaxLifetime = -1
	member.Config.Now = func() time.Time { return time.Unix(int64(kp.LeafNode.Lifetime.NotBefore)+1, 0) }
	member.Config.ExternalPSK = func(id []byte) []byte {
		for _, p := range c.ExternalPSKs {
			if bytes.Equal(p.ID, id) {
				return p.PSK
			}
		}
		return nil
	}
	g, changes, err := mls.JoinWelcomeWithTree(member.Config, c.Welcome, c.RatchetTree, secrets, signer)
	if err != nil {
		t.Fatal(err)
	}
	member.Group = g
	member.Records.Write(changes)
	return member
}

// passiveKeys checks that the private keys of c are those of its key package, and
// returns the signer.
func passiveKeys(t *testing.T, s *public.Suite, c passiveClient, kp *public.KeyPackage, secrets *mls.KeyPackageSecrets) public.SignaturePrivateKey {
	signer, pub, err := s.NewSignaturePrivateKey(mlstest.Scalar(s, c.SignaturePriv))
	if err != nil || !bytes.Equal(pub, kp.LeafNode.SignatureKey) {
		t.Fatalf("signature key: got %x, %v, want %x", pub, err, kp.LeafNode.SignatureKey)
	}
	if got, err := s.HPKEPublicKeyOf(secrets.Init); err != nil || !bytes.Equal(got, kp.InitKey) {
		t.Fatalf("init key: got %x, %v, want %x", got, err, kp.InitKey)
	}
	if got, err := s.HPKEPublicKeyOf(secrets.Leaf); err != nil || !bytes.Equal(got, kp.LeafNode.EncryptionKey) {
		t.Fatalf("encryption key: got %x, %v, want %x", got, err, kp.LeafNode.EncryptionKey)
	}
	return signer
}
