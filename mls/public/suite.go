package public

import "parley/mls/internal/suite"

// Names of package suite, which can't be imported from outside mls.
type (
	// CipherSuite is the number of a cipher suite (RFC 9420, Section 17.1).
	CipherSuite = suite.ID
	// Suite is a cipher suite: immutable, safe for concurrent use.
	Suite = suite.Suite
	// HPKEPublicKey is a public key of the suite's KEM.
	HPKEPublicKey = suite.HPKEPublicKey
	// HPKEPrivateKey is a private key of the suite's KEM; it prints as redacted.
	HPKEPrivateKey = suite.HPKEPrivateKey
	// SignaturePublicKey is a public key of the suite's signature scheme.
	SignaturePublicKey = suite.SignaturePublicKey
	// SignaturePrivateKey is a private signature key; it prints as redacted.
	SignaturePrivateKey = suite.SignaturePrivateKey
)

// Numbers of the suites at hand.
const (
	SuiteX25519   = suite.X25519AES128
	SuiteP256     = suite.P256AES128
	SuiteChaCha20 = suite.X25519ChaCha20
	SuiteP521     = suite.P521AES256
	SuiteP384     = suite.P384AES256
	SuiteXWing    = suite.XWingPrivateUse // until IANA assigns a number
)

// X25519 returns suite 1, which every MLS client implements.
func X25519() *Suite { return suite.X25519() }

// P256 returns suite 2.
func P256() *Suite { return suite.P256() }

// ChaCha20 returns suite 3.
func ChaCha20() *Suite { return suite.ChaCha20() }

// P521 returns suite 5.
func P521() *Suite { return suite.P521() }

// P384 returns suite 7.
func P384() *Suite { return suite.P384() }

// XWing returns the hybrid of ML-KEM-768 and X25519 under the number id, which
// is [SuiteXWing] unless a deployment says otherwise.
func XWing(id CipherSuite) *Suite { return suite.XWing(id) }

// Labels of signatures (RFC 9420, Section 17.6).
const (
	leafNodeLabel      = "LeafNodeTBS"
	keyPackageLabel    = "KeyPackageTBS"
	framedContentLabel = "FramedContentTBS"
	groupInfoLabel     = "GroupInfoTBS"
)

// verify is VerifyWithLabel (RFC 9420, Section 5.1.2) with this package's error.
func verify(s *Suite, key SignaturePublicKey, label string, content, signature []byte) error {
	if s.VerifyWithLabel(key, label, content, signature) != nil {
		return ErrSignature
	}
	return nil
}
