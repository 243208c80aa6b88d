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
	CipherSuite  uint16 `json:"cipher_suite"`
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

func passiveSuite(c passiveClient) uint16 { return c.CipherSuite }

// TestPassiveClientWelcome runs the vectors of RFC 9420, Section 12.4.3.1.
func TestPassiveClientWelcome(t *testing.T) {
	forSuites(t, "passive-client-welcome.json", passiveSuite, followAlong)
}

// TestPassiveClientCommits runs the vectors of RFC 9420, Section 12.4.2
// and RFC 9420, Section 12.3.
func TestPassiveClientCommits(t *testing.T) {
	forSuites(t, "passive-client-handling-commit.json", passiveSuite, followAlong)
}

// TestInteropPassive runs what the interoperability scripts recorded.
func TestInteropPassive(t *testing.T) {
	for _, file := range []string{"application", "commit", "external_join", "welcome_join", "external_proposals"} {
		t.Run(file, func(t *testing.T) {
			forSuites(t, "interop-passive/"+file+".json", passiveSuite, func(t *testing.T, s *public.Suite, c passiveClient) {
				if s.ID() <= public.SuiteChaCha20 { // in the others, members' capabilities lack the group's suite
					followAlong(t, s, c)
				}
			})
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
	signer, _, err := s.NewSignaturePrivateKey(scalar(s, c.SignaturePriv))
	if err != nil {
		t.Fatal(err)
	}
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
	g, changes, err := mls.JoinWelcomeWithTree(member.Config, c.Welcome, c.RatchetTree, &mls.KeyPackageSecrets{
		KeyPackage: public.Marshal(kp),
		Init:       scalar(s, c.InitPriv), Leaf: scalar(s, c.EncryptionPriv),
	}, signer)
	if err != nil {
		t.Fatal(err)
	}
	member.Group = g
	member.Records.Write(changes)
	return member
}

// scalar restores the leading zeros that the vectors for P-521 leave out.
func scalar(s *public.Suite, b []byte) []byte {
	if s.ID() != public.SuiteP521 {
		return b
	}
	return append(make([]byte, 66-len(b)), b...)
}
