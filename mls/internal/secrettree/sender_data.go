package secrettree

import "parley/mls/internal/suite"

// SenderDataKey returns the key and nonce of a message's sender data, from a
// sample of its ciphertext (RFC 9420, Section 6.3.2).
func SenderDataKey(s *suite.Suite, senderDataSecret suite.Secret, ciphertext []byte) (key, nonce suite.Secret) {
	sample := ciphertext[:min(len(ciphertext), s.HashSize())]
	d := s.Derive(senderDataSecret)
	defer d.End()
	return d.ExpandWithLabel("key", sample, s.KeySize()), d.ExpandWithLabel("nonce", sample, s.NonceSize())
}
