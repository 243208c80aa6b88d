package x509cred_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"math/big"
	"net/url"
	"testing"
	"time"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
	"parley/mls/x509cred"
)

var _ mls.CredentialVerifier = (*x509cred.Verifier)(nil)

// authority is a root that certifies members by an intermediate.
type authority struct {
	t            *testing.T
	roots        *x509.CertPool
	intermediate *x509.Certificate
	key          *ecdsa.PrivateKey
	serial       int64
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, roots: x509.NewCertPool()}
	rootKey, root := a.ca(nil, nil)
	a.roots.AddCert(root)
	a.key, a.intermediate = a.ca(root, rootKey)
	return a
}

func (a *authority) template() *x509.Certificate {
	a.serial++
	return &x509.Certificate{
		SerialNumber: big.NewInt(a.serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
}

func (a *authority) ca(parent *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c := a.template()
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	c.Subject.CommonName = "authority"
	if parent == nil {
		parent, signer = c, key
	}
	return key, a.sign(c, parent, key.Public(), signer)
}

func (a *authority) sign(c, parent *x509.Certificate, pub any, key *ecdsa.PrivateKey) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, c, parent, pub, key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

// credential certifies pub for name. change may alter the certificate.
func (a *authority) credential(name string, pub any, change func(*x509.Certificate)) *public.Credential {
	c := a.template()
	if u, err := url.Parse(name); err == nil && name != "" {
		c.URIs = []*url.URL{u}
	}
	if change != nil {
		change(c)
	}
	cert := a.sign(c, a.intermediate, pub, a.key)
	out := x509cred.New([][]byte{cert.Raw, a.intermediate.Raw})
	return &out
}

// TestGroup: members with X.509 credentials, one of whom renews its certificate,
// and one with a basic credential (RFC 9420, Section 5.3, RFC 9420, Section 5.3.1,
// RFC 9420, Section 5.3.3, RFC 9420, Section 13.3).
func TestGroup(t *testing.T) {
	a := newAuthority(t)
	s := public.X25519()
	client := func(name string) (*mlstest.Client, *public.Credential) {
		c := mlstest.NewClient(t, s, name)
		c.Config.Credentials = []mls.CredentialVerifier{&x509cred.Verifier{Roots: a.roots}}
		_, pub, err := s.NewSignaturePrivateKey(c.Signer)
		if err != nil {
			t.Fatal(err)
		}
		return c, a.credential(name, ed25519.PublicKey(pub), nil)
	}
	alice, ca := client("mimi://a/alice")
	bob, cb := client("mimi://a/bob")
	basic, _ := client("mimi://a/basic")
	g, changes, err := mls.Create(alice.Config, s, []byte("group"), nil, alice.Signer, mls.CreateOptions{Credential: ca})
	if err != nil {
		t.Fatal(err)
	}
	alice.Group = g
	alice.Records.Write(changes)
	kb, secrets, err := mls.NewKeyPackage(bob.Config, s, nil, bob.Signer, mls.KeyPackageOptions{Credential: cb})
	if err != nil {
		t.Fatal(err)
	}
	kc, basicSecrets := basic.KeyPackage(t)
	welcome := alice.Commit(t, mls.CommitOptions{Add: [][]byte{kb, kc}}).Welcome()
	bob.Join(t, welcome, secrets)
	basic.Join(t, welcome, basicSecrets)
	for i, want := range []string{"mimi://a/alice", "mimi://a/bob", "mimi://a/basic"} {
		if m, _ := basic.Group.Member(public.LeafIndex(i)); string(m.Identity) != want {
			t.Errorf("leaf %d is %q, want %q", i, m.Identity, want)
		}
	}
	m, _, err := bob.Group.Decrypt(alice.Send(t, "x"))
	if err != nil || string(m.SenderIdentity) != "mimi://a/alice" {
		t.Errorf("from %q, %v", m.SenderIdentity, err)
	}
	signer, pub, err := s.GenerateSignatureKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	renewed := a.credential("mimi://a/bob", ed25519.PublicKey(pub), nil)
	commit := bob.Commit(t, mls.CommitOptions{Leaf: mls.LeafOptions{Signer: signer, Credential: renewed}}).CommitMessage()
	alice.Follow(t, commit)
	stolen := a.credential("mimi://a/alice", ed25519.PublicKey(pub), nil)
	if _, _, err := bob.Group.Commit(mls.CommitOptions{Leaf: mls.LeafOptions{Credential: stolen}}); public.RuleOf(err) != public.RuleApplication {
		t.Errorf("another's name: got %v, want %s", err, public.RuleApplication)
	}
	if _, _, _, err := bob.Group.ProposeUpdate(mls.LeafOptions{Credential: stolen}, mls.ProposeOptions{}); public.RuleOf(err) != public.RuleApplication {
		t.Errorf("another's name: got %v, want %s", err, public.RuleApplication)
	}
	plain := mlstest.NewClient(t, s, "plain") // knows basic credentials only
	kp, _ := plain.KeyPackage(t)
	if _, _, err := alice.Group.Commit(mls.CommitOptions{Add: [][]byte{kp}}); public.RuleOf(err) != public.RuleCredentialSupport {
		t.Errorf("got %v, want %s", err, public.RuleCredentialSupport)
	}
}

// TestVerify refuses certificates of others, expired ones, and what names nobody.
func TestVerify(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	v := &x509cred.Verifier{Roots: a.roots}
	good := a.credential("mimi://a/x", pub, nil)
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	for _, c := range []struct {
		name string
		cred *public.Credential
		key  []byte
		ok   func(error) bool
	}{
		{"good", good, pub, func(err error) bool { return err == nil }},
		{"P-384", a.credential("mimi://a/x", ec.Public(), nil), point, func(err error) bool { return err == nil }},
		{"DNS name", a.credential("", pub, func(c *x509.Certificate) { c.DNSNames = []string{"a.example"} }), pub, func(err error) bool { return err == nil }},
		{"another key", good, point, func(err error) bool { return errors.Is(err, x509cred.ErrKey) }},
		{"nobody", a.credential("", pub, nil), pub, func(err error) bool { return errors.Is(err, x509cred.ErrIdentity) }},
		{"no certificate", &public.Credential{Type: public.X509Credential}, pub, func(err error) bool { return errors.Is(err, x509cred.ErrCertificate) }},
		{"nonsense", ptr(x509cred.New([][]byte{{1}})), pub, func(err error) bool { return errors.Is(err, x509cred.ErrCertificate) }},
		{"another authority", other.credential("mimi://a/x", pub, nil), pub, func(err error) bool { return errors.As(err, &unknown) }},
		{"no intermediate", ptr(x509cred.New(good.Certificates()[:1])), pub, func(err error) bool { return errors.As(err, &unknown) }},
		{"expired", a.credential("mimi://a/x", pub, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), pub, func(err error) bool {
			return errors.As(err, &invalid) && invalid.Reason == x509.Expired
		}},
	} {
		if err := v.Verify(c.cred, c.key, time.Now()); !c.ok(err) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	if id, err := v.Identity(good); err != nil || !bytes.Equal(id, []byte("mimi://a/x")) {
		t.Errorf("identity %q, %v", id, err)
	}
}

func ptr[T any](v T) *T { return &v }
