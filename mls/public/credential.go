package public

import (
	"bytes"

	"parley/mls/internal/codec"
)

// A CredentialType names a kind of credential (RFC 9420, Section 17.5).
type CredentialType uint16

// Credential types.
const (
	BasicCredential CredentialType = 1
	X509Credential  CredentialType = 2
)

// A Credential claims an identity (RFC 9420, Section 5.3). Whether the claim is
// true is for the application to decide.
type Credential struct {
	Type CredentialType
	// Body is the content of the one vector that follows the type: the
	// identity (basic), or the encoded certificates, end entity first (x509).
	// Other types are taken to have that form too.
	Body []byte
}

// NewBasicCredential returns the basic credential of identity, which it keeps.
func NewBasicCredential(identity []byte) Credential {
	return Credential{Type: BasicCredential, Body: identity}
}

// Identity returns the identity of a basic credential, else nil.
func (c *Credential) Identity() []byte {
	if c.Type != BasicCredential {
		return nil
	}
	return c.Body
}

// Certificates returns the DER-encoded certificates of an x509 credential, else
// nil.
func (c *Credential) Certificates() [][]byte {
	if c.Type != X509Credential {
		return nil
	}
	var certs [][]byte
	for r := codec.NewReader(c.Body); !r.Empty(); {
		certs = append(certs, r.Vector())
	}
	return certs
}

// Equal reports whether both are the same credential.
func (c *Credential) Equal(other *Credential) bool {
	return c.Type == other.Type && bytes.Equal(c.Body, other.Body)
}

// MarshalMLS implements [Encoder].
func (c *Credential) MarshalMLS(w *codec.Writer) {
	w.Uint16(uint16(c.Type))
	w.Vector(c.Body)
}

// UnmarshalMLS implements [Decoder].
func (c *Credential) UnmarshalMLS(r *codec.Reader) {
	c.Type = CredentialType(r.Uint16())
	c.Body = r.Vector()
	if c.Type != X509Credential {
		return
	}
	certs := codec.NewReader(c.Body)
	for !certs.Empty() {
		certs.Vector()
	}
	if certs.Err() != nil {
		r.Fail(certs.Err())
	}
}
