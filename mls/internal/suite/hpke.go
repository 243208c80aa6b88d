package suite

// HPKE is hybrid public key encryption in base mode with one KEM, KDF and AEAD
// (RFC 9420, Section 5.1). It is immutable and safe for concurrent use.
// [NewHPKE] gives those of the standard library; others come from elsewhere.
//
// Keys have the forms of the KEM's SerializePublicKey and SerializePrivateKey.
// What a method gets it neither keeps nor changes.
type HPKE interface {
	// NewSender encapsulates a secret to pub, for one message or export. It
	// returns [ErrKey] unless pub passes CheckPublicKey.
	NewSender(pub HPKEPublicKey, info []byte) (kemOutput []byte, s Sender, err error)
	// NewRecipient opens kemOutput. It returns [ErrKey] if priv is not a key of
	// the KEM, and [ErrDecrypt] if kemOutput is not an output of the KEM, or one
	// that yields the same secret with every key.
	NewRecipient(priv HPKEPrivateKey, kemOutput, info []byte) (Recipient, error)
	// DeriveKeyPair derives a key pair from ikm of any length.
	DeriveKeyPair(ikm Secret) (HPKEPrivateKey, HPKEPublicKey, error)
	// PublicKey returns the public key of priv, or [ErrKey].
	PublicKey(priv HPKEPrivateKey) (HPKEPublicKey, error)
	// CheckPublicKey returns [ErrKey] if pub is not a key of the KEM, or one to
	// which nobody can encrypt.
	CheckPublicKey(pub HPKEPublicKey) error
	// KEMOutputSize returns the bytes of a KEM output.
	KEMOutputSize() int
}

// Sender is the sender's side of an HPKE context.
type Sender interface {
	Seal(aad, plaintext []byte) ([]byte, error)
	Export(exporterContext string, length int) ([]byte, error)
}

// Recipient is the recipient's side of an HPKE context.
type Recipient interface {
	Open(aad, ciphertext []byte) ([]byte, error)
	Export(exporterContext string, length int) ([]byte, error)
}
