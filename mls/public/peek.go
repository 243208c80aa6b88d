package public

import (
	"parley/mls/internal/codec"
)

// MessageType returns the kind of an MLSMessage from its first four bytes, which
// says nothing about the rest. Errors: [ErrMalformed], [ErrVersion],
// [ErrWireFormat].
func MessageType(message []byte) (WireFormat, error) {
	r := codec.NewReader(message)
	f := readHeader(r)
	if r.Err() == nil && (f < WirePublicMessage || f > WireKeyPackage) {
		r.Fail(ErrWireFormat)
	}
	if err := r.Err(); err != nil {
		return 0, malformed(err)
	}
	return f, nil
}

// A Header is what anyone may read of a PublicMessage or PrivateMessage. Its
// slices alias the message.
type Header struct {
	WireFormat        WireFormat
	GroupID           []byte
	Epoch             uint64
	ContentType       ContentType
	AuthenticatedData []byte // not verified
}

// PeekMessage decodes an MLSMessage that carries a PublicMessage or a
// PrivateMessage, whole, and returns its header. Errors: [ErrMalformed],
// [ErrVersion], [ErrWireFormat], [ErrUnsupportedProposal].
func PeekMessage(message []byte) (Header, error) {
	m, err := peek(message)
	switch {
	case err != nil:
		return Header{}, err
	case m.PublicMessage != nil:
		c := &m.PublicMessage.Content
		return Header{WirePublicMessage, c.GroupID, c.Epoch, c.ContentType, c.AuthenticatedData}, nil
	case m.PrivateMessage != nil:
		return m.PrivateMessage.header(), nil
	}
	return Header{}, ErrWireFormat
}

// PeekPrivateMessage decodes an MLSMessage that carries a PrivateMessage
// (RFC 9420, Section 6.3) and returns its header. Errors: those of
// [PeekMessage].
func PeekPrivateMessage(message []byte) (Header, error) {
	// A server does this for each message: without a MLSMessage on the heap.
	r := codec.NewReader(message)
	if readHeader(r) == WirePrivateMessage {
		var p PrivateMessage
		p.UnmarshalMLS(r)
		if r.Finish() == nil {
			return p.header(), nil
		}
	}
	m, err := peek(message)
	if err != nil {
		return Header{}, err
	}
	if m.PrivateMessage == nil {
		return Header{}, ErrWireFormat
	}
	return m.PrivateMessage.header(), nil
}

func (m *PrivateMessage) header() Header {
	return Header{WirePrivateMessage, m.GroupID, m.Epoch, m.ContentType, m.AuthenticatedData}
}

// A WelcomeHeader is what anyone may read of a Welcome. Its slices alias the
// message.
type WelcomeHeader struct {
	CipherSuite CipherSuite
	NewMembers  [][]byte // KeyPackageRefs
}

// PeekWelcome decodes an MLSMessage that carries a Welcome
// (RFC 9420, Section 12.4.3.1) and returns whom it welcomes. Errors: those of
// [PeekMessage].
func PeekWelcome(message []byte) (WelcomeHeader, error) {
	m, err := peek(message)
	if err != nil {
		return WelcomeHeader{}, err
	}
	if m.Welcome == nil {
		return WelcomeHeader{}, ErrWireFormat
	}
	h := WelcomeHeader{CipherSuite: m.Welcome.CipherSuite}
	for i := range m.Welcome.Secrets {
		h.NewMembers = append(h.NewMembers, m.Welcome.Secrets[i].NewMember)
	}
	return h, nil
}

// peek decodes message without copying it.
func peek(message []byte) (*MLSMessage, error) {
	m := new(MLSMessage)
	r := codec.NewReader(message)
	m.UnmarshalMLS(r)
	if err := r.Finish(); err != nil {
		return nil, malformed(err)
	}
	return m, nil
}
