package public

import "parley/mls/internal/codec"

// ConfirmedTranscriptHash returns the confirmed transcript hash after the commit
// a, given the interim hash before it (RFC 9420, Section 8.2). It doesn't
// depend on the confirmation tag.
func ConfirmedTranscriptHash(s *Suite, interimBefore []byte, a *AuthenticatedContent) []byte {
	var w codec.Writer
	w.Uint16(uint16(a.WireFormat))
	a.Content.MarshalMLS(&w)
	w.Vector(a.Auth.Signature)
	return s.Hash(interimBefore, w.Bytes())
}

// InterimTranscriptHash returns the interim transcript hash of an epoch, given
// its confirmed hash and confirmation tag (RFC 9420, Section 8.2).
func InterimTranscriptHash(s *Suite, confirmed, confirmationTag []byte) []byte {
	var w codec.Writer
	w.Vector(confirmationTag)
	return s.Hash(confirmed, w.Bytes())
}
