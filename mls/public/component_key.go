package public

import "parley/mls/internal/codec"

// componentLabel returns the ComponentOperationLabel by which operations of
// components are kept apart from those of MLS and of each other
// (draft-ietf-mls-extensions-10, Section 4.1).
func componentLabel(id ComponentID, label string) string {
	var w codec.Writer
	w.Vector([]byte("MLS Component"))
	w.Uint16(uint16(id))
	w.Vector([]byte(label))
	return string(w.Bytes())
}

// SafeSign is SafeSignWithLabel (draft-ietf-mls-extensions-10, Section 4.3): a
// signature of component id over content with a member's signature key. The error
// is [ErrKey], for a key that is not of the suite.
func SafeSign(s *Suite, key SignaturePrivateKey, id ComponentID, label string, content []byte) ([]byte, error) {
	return s.SignWithLabel(key, componentLabel(id, label), content)
}

// SafeVerify is SafeVerifyWithLabel. It returns [ErrSignature] unless signature is
// one that [SafeSign] makes for the same component, label and content.
func SafeVerify(s *Suite, key SignaturePublicKey, id ComponentID, label string, content, signature []byte) error {
	return verify(s, key, componentLabel(id, label), content, signature)
}

// SafeEncrypt is SafeEncryptWithLabel (draft-ietf-mls-extensions-10, Section 4.2):
// it encrypts plaintext to component id of the owner of key, as that of a leaf.
// The error is [ErrKey], for a key that is not of the suite.
func SafeEncrypt(s *Suite, key HPKEPublicKey, id ComponentID, label string, context, plaintext []byte) (HPKECiphertext, error) {
	kem, ct, err := s.EncryptWithLabel(key, componentLabel(id, label), context, plaintext)
	return HPKECiphertext{KEMOutput: kem, Ciphertext: ct}, err
}

// SafeDecrypt is SafeDecryptWithLabel. The error is [ErrDecrypt] for what
// [SafeEncrypt] did not make for the same component, label and context.
func SafeDecrypt(s *Suite, key HPKEPrivateKey, id ComponentID, label string, context []byte, c HPKECiphertext) ([]byte, error) {
	return s.DecryptWithLabel(key, componentLabel(id, label), context, c.KEMOutput, c.Ciphertext)
}
