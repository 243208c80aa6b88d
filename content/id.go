package content

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
)

// hashSHA256 is SHA-256 in the IANA registry of named information hashes: the
// first byte of every message id.
const hashSHA256 = 0x01

// A MessageID names one message by what it says, who wrote it and for which
// room: 0x01, then 31 bytes of a SHA-256. The zero MessageID names none.
type MessageID [32]byte

// IsZero reports whether id names no message.
func (id MessageID) IsZero() bool { return id == MessageID{} }

// String returns id in 43 characters of base64url. The first is always A.
func (id MessageID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// MarshalText implements [encoding.TextMarshaler]. The zero id is empty.
func (id MessageID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return nil, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]: the reverse of MarshalText.
func (id *MessageID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = MessageID{}
		return nil
	}
	parsed, err := ParseMessageID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}

// ParseMessageID is the reverse of [MessageID.String]. It returns ErrMessageID
// for anything else.
func ParseMessageID(s string) (MessageID, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return MessageID{}, ErrMessageID
	}
	id, err := MessageIDFrom(raw)
	if err != nil || id.String() != s { // the decoder skips line ends
		return MessageID{}, ErrMessageID
	}
	return id, nil
}

// MessageIDFrom returns raw as a message id. It returns ErrMessageID if raw is
// not 32 bytes long or names a hash that we don't know.
func MessageIDFrom(raw []byte) (MessageID, error) {
	if len(raw) != len(MessageID{}) || raw[0] != hashSHA256 {
		return MessageID{}, ErrMessageID
	}
	return MessageID(raw), nil
}

// messageID computes the id of a message, after draft-ietf-mimi-content-08,
// Section 3.3. encoded is the whole message; sender and room are at most MaxURI
// bytes long.
func messageID(sender, room string, encoded []byte, salt [SaltSize]byte) MessageID {
	h := sha256.New()
	writeURI(h, sender)
	writeURI(h, room)
	h.Write(encoded)
	h.Write(salt[:])
	var id MessageID
	id[0] = hashSHA256
	copy(id[1:], h.Sum(nil))
	return id
}

func writeURI(h hash.Hash, uri string) {
	h.Write(binary.BigEndian.AppendUint16(nil, uint16(len(uri))))
	h.Write([]byte(uri))
}
