package content

import (
	"errors"
	"fmt"

	"parley/identity"
	"parley/internal/cbor"
)

// SaltSize is the length of a message's salt.
const SaltSize = 16

// A Message is one message as its author wrote it (draft-ietf-mimi-content-08,
// Section 4.1). Until [Message.Check] has passed, it is only what its bytes claim.
type Message struct {
	Salt       [SaltSize]byte // fresh and random; the key of the franking tag, too
	Replaces   MessageID      // the first version of the message that this one edits or unsends; zero: none
	TopicID    []byte         // at most MaxTopic bytes; empty: no topic
	Expires    *Expiration    // nil: never
	InReplyTo  MessageID      // the message that this one answers or reacts to; zero: none
	Extensions Extensions
	Part       NestedPart
}

// An Expiration asks the receiver to delete the message: Seconds after it was
// read if Relative, else at that many seconds after the start of 1970 (UTC).
type Expiration struct {
	_        struct{} `cbor:",toarray"`
	Relative bool
	Seconds  uint32
}

// wireMessage is a Message as it is encoded.
type wireMessage struct {
	_          struct{} `cbor:",toarray"`
	Salt       []byte
	Replaces   *[]byte
	TopicID    []byte
	Expires    *Expiration
	InReplyTo  *[]byte
	Extensions map[any]cbor.RawMessage
	Part       cbor.RawMessage
}

// Encode returns the one encoding of m and m's id. It returns ErrLimit or
// ErrMalformed for a message that Decode would refuse.
func (m *Message) Encode() ([]byte, MessageID, error) {
	if len(m.TopicID) > MaxTopic {
		return nil, MessageID{}, fmt.Errorf("%w: topic id", ErrLimit)
	}
	extensions, err := m.Extensions.encode()
	if err != nil {
		return nil, MessageID{}, err
	}
	var count int
	if _, _, err := m.attached(); err != nil {
		return nil, MessageID{}, err
	}
	part, err := m.Part.encode(1, &count)
	if err != nil {
		return nil, MessageID{}, err
	}
	data, err := cbor.Marshal(wireMessage{
		Salt:       m.Salt[:],
		Replaces:   idToWire(m.Replaces),
		TopicID:    m.TopicID,
		Expires:    m.Expires,
		InReplyTo:  idToWire(m.InReplyTo),
		Extensions: extensions,
		Part:       part,
	})
	if err != nil {
		return nil, MessageID{}, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	if len(data) > MaxSize {
		return nil, MessageID{}, fmt.Errorf("%w: size", ErrLimit)
	}
	return data, m.id(data), nil
}

// Decode returns the message that data holds, and its id. What it returns
// encodes to data again, byte for byte, and shares no memory with it. Any other
// data gives ErrMalformed or ErrLimit.
//
// The encoding is deterministic as in RFC 8949, Section 4.2.1 and
// draft-ietf-mimi-content-08, Section 6.1.
func Decode(data []byte) (*Message, MessageID, error) {
	if len(data) > MaxSize {
		return nil, MessageID{}, fmt.Errorf("%w: size", ErrLimit)
	}
	var w wireMessage
	if err := unmarshal(data, &w); err != nil {
		return nil, MessageID{}, err
	}
	m, err := w.message()
	if err != nil {
		return nil, MessageID{}, err
	}
	return m, m.id(data), nil
}

// message checks w and returns what it holds.
func (w *wireMessage) message() (*Message, error) {
	if len(w.Salt) != SaltSize {
		return nil, fmt.Errorf("%w: salt", ErrMalformed)
	}
	if len(w.TopicID) > MaxTopic {
		return nil, fmt.Errorf("%w: topic id", ErrLimit)
	}
	m := &Message{Salt: [SaltSize]byte(w.Salt), TopicID: w.TopicID, Expires: w.Expires}
	var err error
	if m.Replaces, err = idFromWire(w.Replaces); err != nil {
		return nil, err
	}
	if m.InReplyTo, err = idFromWire(w.InReplyTo); err != nil {
		return nil, err
	}
	if m.Extensions, err = decodeExtensions(w.Extensions); err != nil {
		return nil, err
	}
	var count int
	if m.Part, err = decodePart(w.Part, 1, &count); err != nil {
		return nil, err
	}
	_, _, err = m.attached()
	return m, err
}

func (m *Message) id(encoded []byte) MessageID {
	return messageID(string(m.Extensions.Sender), string(m.Extensions.Room), encoded, m.Salt)
}

// Check compares what m claims with what its receiver knows: sender is the
// account of the leaf that MLS authenticated, room the room it came through. It
// returns ErrSender or ErrRoom. What fails the check is not shown, and its id
// names nothing.
func (m *Message) Check(sender identity.Account, room identity.Room) error {
	if m.Extensions.Sender != sender {
		return ErrSender
	}
	if m.Extensions.Room != room {
		return ErrRoom
	}
	return nil
}

// MayReplace reports whether m, which must have passed Check, may take the place
// of the message that m.Replaces names, where author is that message's author
// and the message was in the same room. Only an author edits or unsends
// (draft-ietf-mimi-content-08, Section 9.3). Then nothing but m.Part takes
// effect: m.InReplyTo and the rest stay those of the first version.
func (m *Message) MayReplace(author identity.Account) bool {
	return !m.Replaces.IsZero() && m.Extensions.Sender == author
}

func idToWire(id MessageID) *[]byte {
	if id.IsZero() {
		return nil
	}
	b := id[:]
	return &b
}

func idFromWire(raw *[]byte) (MessageID, error) {
	if raw == nil {
		return MessageID{}, nil
	}
	id, err := MessageIDFrom(*raw)
	if err != nil {
		return id, fmt.Errorf("%w: message id", ErrMalformed)
	}
	return id, nil
}

// unmarshal is cbor.Unmarshal with an error of this package, which repeats
// nothing of data.
func unmarshal(data []byte, v any) error {
	err := cbor.Unmarshal(data, v)
	if errors.Is(err, cbor.ErrNotDeterministic) {
		return fmt.Errorf("%w: not deterministic", ErrMalformed)
	}
	if err != nil {
		return fmt.Errorf("%w: not CBOR of this shape", ErrMalformed)
	}
	return nil
}
