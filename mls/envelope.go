package mls

import (
	"crypto/rand"
	"io"

	"parley/mls/internal/codec"
	"parley/mls/internal/secrettree"
	"parley/mls/internal/suite"
	"parley/mls/public"
)

// envelope is an MLSMessage with a PrivateMessage (RFC 9420, Section 6.3) whose
// plaintexts stand where they are encrypted. What the encryption authenticates
// is how the PrivateMessage begins:
//
//	version wire_format | group_id epoch content_type | authenticated_data | …
//	                    |◄──── SenderDataAAD ────────►|                    |
//	                    |◄──────────────── PrivateContentAAD ─────────────►|
type envelope struct {
	message       []byte
	senderDataAAD []byte
	contentAAD    []byte
	senderData    []byte // a SenderData and room for a tag
	content       []byte // a PrivateMessageContent, padded, and room for a tag
}

// fill returns the envelope of a, which is signed and which d says who sent.
// Nothing is encrypted yet.
func fill(s *public.Suite, a *public.AuthenticatedContent, d *senderData) envelope {
	c, size := &a.Content, bucket(plaintextSize(a))+s.TagSize()
	w := codec.NewWriter(96 + len(c.GroupID) + len(c.AuthenticatedData) + size)
	w.Uint16(uint16(public.MLS10))
	w.Uint16(uint16(public.WirePrivateMessage))
	begin := w.Len()
	w.Vector(c.GroupID)
	w.Uint64(c.Epoch)
	w.Uint8(uint8(c.ContentType))
	senderDataAAD := w.Len()
	w.Vector(c.AuthenticatedData)
	contentAAD := w.Len()
	w.Varint(senderDataSize + s.TagSize())
	d.write(w)
	w.Zeros(s.TagSize())
	senderData := w.Len()
	w.Varint(size)
	content := w.Len()
	c.MarshalBody(w)
	a.Auth.Write(w, c.ContentType)
	w.Zeros(content + size - w.Len())
	m := w.Bytes()
	return envelope{
		message: m, senderDataAAD: m[begin:senderDataAAD], contentAAD: m[begin:contentAAD],
		senderData: m[senderData-senderDataSize-s.TagSize() : senderData], content: m[content:],
	}
}

// plaintextSize returns the length of the PrivateMessageContent of a without
// padding (RFC 9420, Section 6.3.1), in bytes.
func plaintextSize(a *public.AuthenticatedContent) int {
	if a.Content.ContentType == public.ContentApplication {
		return codec.VectorSize(len(a.Content.ApplicationData)) + codec.VectorSize(len(a.Auth.Signature))
	}
	var w codec.Writer
	a.Content.MarshalBody(&w)
	a.Auth.Write(&w, a.Content.ContentType)
	return w.Len()
}

// seal encrypts the content under key, whose nonce it changes by guard, then who sent it under senderDataSecret,
// of which the ciphertext is a part (RFC 9420, Section 6.3).
func (e *envelope) seal(s *public.Suite, key *secrettree.Key, guard [4]byte, senderDataSecret suite.Secret) error {
	reuse(key.Nonce, guard)
	if err := s.SealInPlace(key.Key, key.Nonce, e.contentAAD, e.content); err != nil {
		return err
	}
	k, n := secrettree.SenderDataKey(s, senderDataSecret, e.content)
	return s.SealInPlace(k, n, e.senderDataAAD, e.senderData)
}

// seal returns a, which is signed, encrypted under key, as an MLSMessage. random
// is crypto/rand if nil.
func seal(s *public.Suite, random io.Reader, a *public.AuthenticatedContent, key *secrettree.Key, senderDataSecret suite.Secret) ([]byte, error) {
	d, err := newSenderData(random, a, key)
	if err != nil {
		return nil, err
	}
	e := fill(s, a, &d)
	if err := e.seal(s, key, d.guard, senderDataSecret); err != nil {
		clear(e.message) // it may hold the plaintext
		return nil, err
	}
	return e.message, nil
}

// newSenderData says who sent a under key, with a fresh reuse guard.
func newSenderData(random io.Reader, a *public.AuthenticatedContent, key *secrettree.Key) (senderData, error) {
	d := senderData{leaf: public.LeafIndex(a.Content.Sender.Index), generation: key.Generation}
	if random == nil {
		_, err := rand.Read(d.guard[:])
		return d, err
	}
	guard := make([]byte, len(d.guard))
	_, err := io.ReadFull(random, guard)
	copy(d.guard[:], guard)
	return d, err
}
