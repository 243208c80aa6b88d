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

// messageV2 is a Message without its methods, and without its Media.
type messageV2 Message

// messageV3 is a Message with Media: a record of version 1 or 2, and what is beside
// it. What has no Media is written as before, so that an older client reads it.
type messageV3 struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 3
	Message cbor.RawMessage
	Media   Media
}

// The first byte of a record: an array of as many items as its version has.
const (
	headMessageV1 = 0x8d
	headMessageV2 = 0x94
	headMessageV3 = 0x83
)

// errMessageVersion is a record of a version that isn't known.
var errMessageVersion = errors.New("client: a message record of an unknown version")

// MarshalCBOR implements the encoder's interface: a record is written in the
// version that it was read in.
func (m Message) MarshalCBOR() ([]byte, error) {
	if m.Media != nil {
		media := *m.Media
		m.Media = nil
		record, err := m.MarshalCBOR()
		if err != nil {
			return nil, err
		}
		return cbor.Marshal(messageV3{Version: 3, Message: record, Media: media})
	}
	if m.Version != 1 {
		return cbor.Marshal(messageV2(m))
	}
	return cbor.Marshal(messageV1{
		Version: 1, ID: m.ID, Room: m.Room, From: m.From, FromDevice: m.FromDevice, AtMS: m.AtMS, Seq: m.Seq,
		Kind: m.Kind, Text: m.Text, InReplyTo: m.InReplyTo, Replaces: m.Replaces, State: m.State, Subject: m.Subject,
	})
}

// UnmarshalCBOR is the reverse of MarshalCBOR. It is a record of this device's own
// store: that it is encoded as it would be isn't checked.
func (m *Message) UnmarshalCBOR(data []byte) error {
	switch {
	case len(data) > 0 && data[0] == headMessageV3:
		return m.unmarshalV3(data)
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

// unmarshalV3 reads a record with Media.
func (m *Message) unmarshalV3(data []byte) error {
	var v messageV3
	if err := cbor.UnmarshalLenient(data, &v); err != nil {
		return err
	}
	if v.Version != 3 || len(v.Message) == 0 || v.Message[0] == headMessageV3 {
		return errMessageVersion
	}
	if err := m.UnmarshalCBOR(v.Message); err != nil {
		return err
	}
	m.Media = &v.Media
	return nil
}
