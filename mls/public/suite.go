package public

import "parley/mls/internal/suite"

// Names of package suite, which can't be imported from outside mls.
type (
	// CipherSuite is the number of a cipher suite (RFC 9420, Section 17.1).
	CipherSuite = suite.ID
	// Suite is a cipher suite: immutable, safe for concurrent use.
	Suite = suite.Suite
	// SuiteParameters say what a suite consists of, for [NewSuite].
	SuiteParameters = suite.Parameters
	// HPKE is the public key encryption of a suite.
	HPKE = suite.HPKE
	// HPKESender is the sender's side of an HPKE context.
	HPKESender = suite.Sender
	// HPKERecipient is the recipient's side of an HPKE context.
	HPKERecipient = suite.Recipient
	// AEAD is the authenticated encryption of a suite, as crypto/hpke names it.
	AEAD = suite.AEAD
	// Signatures is the signature scheme of a suite.
	Signatures = suite.Signatures
	// HPKEPublicKey is a public key of the suite's KEM.
	HPKEPublicKey = suite.HPKEPublicKey
	// HPKEPrivateKey is a private key of the suite's KEM; it prints as redacted.
	HPKEPrivateKey = suite.HPKEPrivateKey
	// SignaturePublicKey is a public key of the suite's signature scheme.
	SignaturePublicKey = suite.SignaturePublicKey
	// SignaturePrivateKey is a private signature key; it prints as redacted.
	SignaturePrivateKey = suite.SignaturePrivateKey
	// Secret is a value of the key schedule; it prints as redacted.
	Secret = suite.Secret
)

// Numbers of the suites of RFC 9420, Section 17.1. Those with X448 are made by
// package suites.
const (
	SuiteX25519       = suite.X25519AES128
	SuiteP256         = suite.P256AES128
	SuiteChaCha20     = suite.X25519ChaCha20
	SuiteX448         = suite.X448AES256
	SuiteP521         = suite.P521AES256
	SuiteX448ChaCha20 = suite.X448ChaCha20
	SuiteP384         = suite.P384AES256
)

// Numbers for the post-quantum suites of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1 until IANA assigns some: for
// its TBD1 to TBD11, in this order. Those with ML-DSA are made by package suites.
const (
	SuiteXWingAES128        = suite.XWingAES128PrivateUse
	SuiteXWing              = suite.XWingPrivateUse
	SuiteMLKEM768P256AES128 = suite.MLKEM768P256AES128PrivateUse
	SuiteMLKEM768P256       = suite.MLKEM768P256PrivateUse
	SuiteMLKEM1024P384      = suite.MLKEM1024P384PrivateUse
	SuiteMLKEM768Ed25519    = suite.MLKEM768Ed25519PrivateUse
	SuiteMLKEM768ECDSA      = suite.MLKEM768ECDSAPrivateUse
	SuiteMLKEM1024ECDSA     = suite.MLKEM1024ECDSAPrivateUse
	SuiteXWingMLDSA44       = suite.XWingMLDSA44PrivateUse
	SuiteMLKEM768MLDSA65    = suite.MLKEM768MLDSA65PrivateUse
	SuiteMLKEM1024MLDSA87   = suite.MLKEM1024MLDSA87PrivateUse
)

// X25519 returns suite 1, which every MLS client implements.
func X25519() *Suite { return suite.X25519() }

// ChaCha20 returns suite 3.
func ChaCha20() *Suite { return suite.ChaCha20() }

// XWing returns the hybrid of ML-KEM-768 and X25519 with AES-256 and SHA-384
// under the number id, which is [SuiteXWing] unless a deployment says otherwise.
func XWing(id CipherSuite) *Suite { return suite.XWing(id) }

// NewSuite makes a suite of parts: those below, those of package suites, or the
// caller's own. It returns [ErrSuiteParameters] if a part is missing or not
// supported.
func NewSuite(p SuiteParameters) (*Suite, error) { return suite.New(p) }

// Ed25519 returns the signature scheme Ed25519 for [NewSuite].
func Ed25519() Signatures { return suite.Ed25519() }

// Errors of suites.
var (
	// ErrSuiteParameters: there is no suite of such parts.
	ErrSuiteParameters = suite.ErrParameters
	// ErrKey: a key is not one of the suite.
	ErrKey = suite.ErrKey
	// ErrDecrypt: a ciphertext is not what its key, nonce and context made.
	ErrDecrypt = suite.ErrDecrypt
)

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
