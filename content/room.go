package content

import (
	"fmt"
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

// newTyped returns a message whose one part is of our own type t.
func newTyped(ext Extensions, t string, v any) (*Message, error) {
	data, err := cbor.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return newMessage(ext, DispositionUnspecified, SinglePart{t, data}), nil
}

// typed reads the one part of m into v, and reports whether it is of type t.
func (m *Message) typed(t string, v any) (bool, error) {
	single, ok := m.Part.Body.(SinglePart)
	if !ok || single.ContentType != t {
		return false, nil
	}
	return true, unmarshal(single.Content, v)
}
