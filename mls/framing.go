package mls

import (
	"math/bits"

	"parley/mls/internal/codec"
	"parley/mls/internal/secrettree"
	"parley/mls/internal/suite"
	"parley/mls/public"
)

// MaxData bounds application data and authenticated data, in bytes each. Each
// message has a key of its own, so that this is also the most that one key
// encrypts: 2^20 blocks, far below what any AEAD of a suite allows
// (RFC 9420, Section 15.2).
const MaxData = 1 << 24

// minBucket is the least size of a padded plaintext; others are the powers of
// two above.
const minBucket = 256

// senderDataSize is the length of a SenderData, in bytes.
const senderDataSize = 12

// senderData is SenderData of RFC 9420, Section 6.3.2.
type senderData struct {
	leaf       public.LeafIndex
	generation uint32
	guard      [4]byte
}

func (d *senderData) write(w *codec.Writer) {
	w.Uint32(uint32(d.leaf))
	w.Uint32(d.generation)
	w.Raw(d.guard[:])
}

func parseSenderData(b []byte) (*senderData, error) {
	r := codec.NewReader(b)
	d := &senderData{leaf: public.LeafIndex(r.Uint32()), generation: r.Uint32()}
	copy(d.guard[:], r.Raw(4))
	return d, r.Finish()
}

// reuse changes the first four bytes of nonce by the reuse guard
// (RFC 9420, Section 6.3.1).
func reuse(nonce suite.Secret, guard [4]byte) {
	for i := range guard {
		nonce[i] ^= guard[i]
	}
}

// bucket returns the size to which n bytes are padded.
func bucket(n int) int {
	if n <= minBucket {
		return minBucket
	}
	return 1 << bits.Len(uint(n-1))
}

// openSenderData decrypts who sent m (RFC 9420, Section 6.3.2), in place. aad is
// its SenderDataAAD. The error is [ErrMessage].
func openSenderData(s *public.Suite, m *public.PrivateMessage, aad []byte, senderDataSecret suite.Secret) (*senderData, error) {
	k, n := secrettree.SenderDataKey(s, senderDataSecret, m.Ciphertext)
	b, err := s.OpenInPlace(k, n, aad, m.EncryptedSenderData)
	if err != nil {
		return nil, broken(RuleSenderData, ErrMessage)
	}
	d, err := parseSenderData(b)
	if err != nil {
		return nil, broken(RuleSenderData, ErrMessage)
	}
	return d, nil
}

// openContent decrypts the content of m, in place, with the key that d names
// (RFC 9420, Section 6.3.1), whose nonce it changes. aad is its PrivateContentAAD.
// The signature is not verified yet. The error is [ErrMessage].
func openContent(s *public.Suite, m *public.PrivateMessage, d *senderData, aad []byte, key *secrettree.Key) (*public.AuthenticatedContent, error) {
	reuse(key.Nonce, d.guard)
	b, err := s.OpenInPlace(key.Key, key.Nonce, aad, m.Ciphertext)
	if err != nil {
		return nil, broken(RuleContentEncryption, ErrMessage)
	}
	a := &public.AuthenticatedContent{WireFormat: public.WirePrivateMessage}
	a.Content = public.FramedContent{
		GroupID: m.GroupID, Epoch: m.Epoch, Sender: public.MemberSender(d.leaf),
		AuthenticatedData: m.AuthenticatedData, ContentType: m.ContentType,
	}
	r := codec.NewReader(b)
	a.Content.UnmarshalBody(r)
	a.Auth.Read(r, m.ContentType)
	if r.Err() != nil {
		return nil, broken(RuleContentEncryption, ErrMessage)
	}
	if !allZero(r.Rest()) {
		return nil, broken(RulePadding, ErrMessage)
	}
	return a, nil
}

func allZero(b []byte) bool {
	var sum byte
	for _, v := range b {
		sum |= v
	}
	return sum == 0
}
