package client

import (
	"errors"

	"parley/identity"
	"parley/internal/cbor"
)

// messageVersion is the version of the [Message] records that are written now.
const messageVersion = 2

// messageV1 is a Message as v0.1.0 wrote it.
type messageV1 struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	ID         MessageID
	Room       identity.Room
	From       identity.Account
	FromDevice identity.Device
	AtMS       int64
	Seq        uint64
	Kind       Kind
	Text       string
	InReplyTo  MessageID
	Replaces   MessageID
	State      State
	Subject    string
}

// messageV2 is a Message without its methods.
type messageV2 Message

// The first byte of a record: an array of as many items as its version has.
const (
	headMessageV1 = 0x8d
	headMessageV2 = 0x94
)

// errMessageVersion is a record of a version that isn't known.
var errMessageVersion = errors.New("client: a message record of an unknown version")

// MarshalCBOR implements the encoder's interface: a record is written in the
// version that it was read in.
func (m Message) MarshalCBOR() ([]byte, error) {
	if m.Version != 1 {
		return cbor.Marshal(messageV2(m))
	}
	return cbor.Marshal(messageV1{
		Version: 1, ID: m.ID, Room: m.Room, From: m.From, FromDevice: m.FromDevice, AtMS: m.AtMS, Seq: m.Seq,
		Kind: m.Kind, Text: m.Text, InReplyTo: m.InReplyTo, Replaces: m.Replaces, State: m.State, Subject: m.Subject,
	})
}

// UnmarshalCBOR is the reverse of MarshalCBOR. That the encoding is the one of what
// it says is checked by whoever reads the whole record.
func (m *Message) UnmarshalCBOR(data []byte) error {
	switch {
	case len(data) > 0 && data[0] == headMessageV2:
		if err := cbor.UnmarshalLenient(data, (*messageV2)(m)); err != nil {
			return err
		}
		if m.Version != messageVersion {
			return errMessageVersion
		}
		return nil
	case len(data) == 0 || data[0] != headMessageV1:
		return errMessageVersion
	}
	var old messageV1
	if err := cbor.UnmarshalLenient(data, &old); err != nil {
		return err
	}
	if old.Version != 1 {
		return errMessageVersion
	}
	*m = Message{
		Version: 1, ID: old.ID, Room: old.Room, From: old.From, FromDevice: old.FromDevice, AtMS: old.AtMS, Seq: old.Seq,
		Kind: old.Kind, Text: old.Text, InReplyTo: old.InReplyTo, Replaces: old.Replaces, State: old.State, Subject: old.Subject,
		Touched: true, // it isn't known
	}
	return nil
}
