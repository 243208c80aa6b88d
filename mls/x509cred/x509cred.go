// Package x509cred verifies X.509 credentials of MLS members
// (RFC 9420, Section 5.3). It is apart from package mls so that clients without
// such credentials, as one in a browser, don't carry crypto/x509:
//
//	cfg.Credentials = []mls.CredentialVerifier{&x509cred.Verifier{Roots: roots}}
package x509cred

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"time"

	"parley/mls/internal/codec"
	"parley/mls/public"
)

// Errors of [Verifier].
var (
	// ErrCertificate is a credential without certificates that can be parsed.
	ErrCertificate = errors.New("x509cred: bad certificate")
	// ErrKey is a certificate of another key than the leaf's, or of a kind that
	// no suite uses.
	ErrKey = errors.New("x509cred: the certificate is of another key")
	// ErrIdentity is a certificate that names no identity.
	ErrIdentity = errors.New("x509cred: the certificate names no identity")
)

// A Verifier is an [mls.CredentialVerifier] for chains of certificates, the end
// entity first. It is safe for concurrent use.
type Verifier struct {
	// Roots are who is trusted. Nil trusts the system.
	Roots *x509.CertPool
	// KeyUsages are those of which the certificates must allow one; nil means
	// any.
	KeyUsages []x509.ExtKeyUsage
	// Name returns the identity that an end entity's certificate gives; nil
	// means its first URI, else its first DNS name, else its first e-mail
	// address, among the subject alternative names.
	Name func(*x509.Certificate) (string, error)
}

// New returns the credential of a chain of DER-encoded certificates, the end
// entity first (RFC 9420, Section 5.3).
func New(chain [][]byte) public.Credential {
	var w codec.Writer
	for _, der := range chain {
		w.Vector(der)
	}
	return public.Credential{Type: public.X509Credential, Body: w.Bytes()}
}

// CredentialType implements [mls.CredentialVerifier].
func (v *Verifier) CredentialType() public.CredentialType { return public.X509Credential }

// Identity implements [mls.CredentialVerifier].
func (v *Verifier) Identity(c *public.Credential) ([]byte, error) {
	chain, err := parse(c)
	if err != nil {
		return nil, err
	}
	name, err := v.name(chain[0])
	if err != nil {
		return nil, err
	}
	return []byte(name), nil
}

// Verify implements [mls.CredentialVerifier]. Errors: those above, and those of
// [x509.Certificate.Verify].
func (v *Verifier) Verify(c *public.Credential, key public.SignaturePublicKey, now time.Time) error {
	chain, err := parse(c)
	if err != nil {
		return err
	}
	if _, err := v.name(chain[0]); err != nil {
		return err
	}
	if !certifies(chain[0], key) {
		return ErrKey
	}
	opts := x509.VerifyOptions{
		Roots: v.Roots, Intermediates: x509.NewCertPool(), CurrentTime: now, KeyUsages: v.KeyUsages,
	}
	if opts.KeyUsages == nil {
		opts.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
	}
	for _, cert := range chain[1:] {
		opts.Intermediates.AddCert(cert)
	}
	_, err = chain[0].Verify(opts)
	return err
}

// parse parses the chain of c.
func parse(c *public.Credential) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for _, der := range c.Certificates() {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, ErrCertificate
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, ErrCertificate
	}
	return chain, nil
}

// name returns the identity of cert, which is not empty.
func (v *Verifier) name(cert *x509.Certificate) (string, error) {
	name, err := "", error(nil)
	switch {
	case v.Name != nil:
		name, err = v.Name(cert)
	case len(cert.URIs) > 0:
		name = cert.URIs[0].String()
	case len(cert.DNSNames) > 0:
		name = cert.DNSNames[0]
	case len(cert.EmailAddresses) > 0:
		name = cert.EmailAddresses[0]
	}
	if err == nil && name == "" {
		err = ErrIdentity
	}
	return name, err
}

// certifies reports whether cert is of key, in the form of RFC 9420, Section 5.1.1.
func certifies(cert *x509.Certificate, key public.SignaturePublicKey) bool {
	switch pub := cert.PublicKey.(type) {
	case ed25519.PublicKey:
		return string(pub) == string(key)
	case *ecdsa.PublicKey:
		point, err := pub.Bytes()
		return err == nil && string(point) == string(key)
	}
	return false
}
