package content

import (
	"fmt"
	"maps"
	"unicode/utf8"

	"parley/internal/cbor"
)

// TypeRoom is the media type of what the people in a conversation set for all of
// it: title, picture, timer.
const TypeRoom = "application/vnd.parley.room+cbor"

// Bounds of names and pictures, and of a conversation's timer.
const (
	MaxTitle   = 128         // bytes of a group's title
	MaxPicture = 12 << 10    // bytes of a picture
	MaxTimer   = 366 * 86400 // seconds
)

// RoomSettings change what is given, for everyone in the conversation: the last one
// in the room's order counts. Restated says that nothing has changed: it tells those
// who came since, and is no line.
type RoomSettings struct {
	Title    *string // at most MaxTitle bytes; empty: none. Of a group
	Picture  *[]byte // see [CheckPicture]; empty: none. Of a group
	TimerS   *uint32 // messages disappear so many seconds after they are read, at most MaxTimer; 0: never
	Restated bool
}

type wireRoomSettings struct {
	Title    *string `cbor:"1,keyasint,omitempty"`
	Picture  *[]byte `cbor:"2,keyasint,omitempty"`
	TimerS   *uint32 `cbor:"3,keyasint,omitempty"`
	Restated bool    `cbor:"4,keyasint,omitempty"`
}

// NewRoomSettings returns the message that sets s. It returns ErrLimit or
// ErrMalformed for what Settings would refuse.
func NewRoomSettings(ext Extensions, s RoomSettings) (*Message, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return newTyped(ext, TypeRoom, wireRoomSettings(s))
}

// RoomSettings returns what m sets, or nil if it is of another type. It returns
// ErrMalformed or ErrLimit for what can't be read.
func (m *Message) RoomSettings() (*RoomSettings, error) {
	var w wireRoomSettings
	if ok, err := m.typed(TypeRoom, &w); !ok || err != nil {
		return nil, err
	}
	s := RoomSettings(w)
	return &s, s.check()
}

func (s *RoomSettings) check() error {
	if s.Title != nil && (len(*s.Title) > MaxTitle || !utf8.ValidString(*s.Title)) {
		return fmt.Errorf("%w: title", ErrLimit)
	}
	if s.TimerS != nil && *s.TimerS > MaxTimer {
		return fmt.Errorf("%w: timer", ErrLimit)
	}
	if s.Picture != nil {
		return CheckPicture(*s.Picture)
	}
	return nil
}

// newTyped returns a message of our own type t. What it says stands in a private
// extension that is called t, beside a status report on nothing: a client that
// doesn't know t (v0.1.0) shows no line for it.
func newTyped(ext Extensions, t string, v any) (*Message, error) {
	data, err := cbor.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	wrapped, err := cbor.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	ext.Other = maps.Clone(ext.Other)
	if ext.Other == nil {
		ext.Other = map[any]cbor.RawMessage{}
	}
	ext.Other[t] = wrapped
	return newMessage(ext, DispositionUnspecified, SinglePart{TypeStatus, noReports}), nil
}

// NewSilence returns a message that says nothing: a status report on nothing.
func NewSilence(ext Extensions) *Message {
	return newMessage(ext, DispositionUnspecified, SinglePart{TypeStatus, noReports})
}

// noReports is a status report on nothing.
var noReports = []byte{0x80}

// typed reads what m says as type t into v, and reports whether it is of that type.
func (m *Message) typed(t string, v any) (bool, error) {
	raw, ok := m.Extensions.Other[t]
	if !ok || !isStatus(&m.Part) {
		return false, nil
	}
	var data []byte
	if err := unmarshal(raw, &data); err != nil {
		return true, err
	}
	return true, unmarshal(data, v)
}

// ownKind returns the kind of a message of our own type, or "".
func (m *Message) ownKind() Kind {
	for _, own := range ours {
		if _, ok := m.Extensions.Other[own.name]; ok && isStatus(&m.Part) {
			return own.kind
		}
	}
	return ""
}
