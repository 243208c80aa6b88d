package content

import (
	"fmt"
	"unicode/utf8"
)

// TypeState is the media type of what the devices of one account tell each other,
// in the account's conversation with itself. It is never shown as a line.
const TypeState = "application/vnd.parley.state+cbor"

// Bounds of state.
const (
	MaxStates      = 512      // entries of one message
	MaxStateText   = 16 << 10 // bytes of an entry's Text and Data together: a draft, or a profile
	MaxStateDevice = 256      // bytes of a device's URI
)

// A StateKind says what an entry is about. One that isn't known is passed over.
type StateKind uint8

// The kinds. Subject is an account's or a room's URI, else empty, where nothing else
// is said.
const (
	StatePerson   StateKind = 1  // account: Number is a [Standing]
	StateVerified StateKind = 2  // account: Text is its device list, hashed, when the safety number was compared; empty: it wasn't
	StateContact  StateKind = 3  // account: Data is its [Profile], as it told it last
	StateRequest  StateKind = 4  // room: Number is a [Acceptance]
	StateMuted    StateKind = 5  // room: Number is until when, Unix milliseconds; 0: not, -1: for ever
	StatePinned   StateKind = 6  // room: Number is 1 or 0
	StateArchived StateKind = 7  // room: Number is 1 or 0
	StateDraft    StateKind = 8  // room: Text is the draft
	StateRead     StateKind = 9  // room: Number is the number up to which it was read
	StateDeleted  StateKind = 10 // room: Number is the number up to which its messages are deleted
	StateOpened   StateKind = 11 // room: Number is 1 where a person opened it, though it may be empty
	StateSetting  StateKind = 12 // Subject is a setting's name, Number its value
	StateProfile  StateKind = 13 // Data is the account's own [Profile]
	StateSticker  StateKind = 15 // Subject is its pack's id, a slash and its own: Data is its picture, Text its emoji, Number its place from 1; 0: it is gone
	StatePack     StateKind = 16 // Subject is a pack's id: Text is its name, Number 1; 0: it is gone
	StateViewed   StateKind = 14 // Subject is the id of a message to be viewed once, Number 1: it was
	StateVeiled   StateKind = 17 // room: Number is 1 where what the others send beside text is covered, else 0
)

// A Standing is how a person stands to the account.
type Standing int64

// The standings.
const (
	Stranger Standing = 0
	Accepted Standing = 1
	Blocked  Standing = 2
	// Restricted may write, is shown apart, and is told nothing: version 0.1 takes no
	// note of it.
	Restricted Standing = 3
)

// An Acceptance says whether both sides want a conversation.
type Acceptance int64

// The acceptances.
const (
	Both    Acceptance = 0
	Waits   Acceptance = 1 // a stranger opened it: it waits to be accepted here
	Pending Acceptance = 2 // it was opened here, and the other side hasn't shown that it is wanted
	// Unwanted is as Waits, and it doesn't show: somebody who is blocked brought the account in.
	Unwanted Acceptance = 3
)

// A State is one value that the devices of an account share. Of two for one kind
// and subject the later counts; at the same time that of the device whose URI is
// greater.
type State struct {
	_       struct{} `cbor:",toarray"`
	Kind    StateKind
	Subject string // at most MaxURI bytes
	Number  int64
	Text    string
	Data    []byte
	AtMS    int64  // Unix milliseconds: when it was set, by that device's clock
	Device  string // that set it
}

// Before reports whether s gives way to other, which is of the same kind and
// subject.
func (s *State) Before(other *State) bool {
	if s.AtMS != other.AtMS {
		return s.AtMS < other.AtMS
	}
	return s.Device < other.Device
}

// NewStates returns the message that tells of entries: 1 to [MaxStates]. It returns
// ErrLimit or ErrMalformed for what States would refuse.
func NewStates(ext Extensions, entries []State) (*Message, error) {
	if len(entries) == 0 {
		return nil, fmt.Errorf("%w: state", ErrLimit)
	}
	if err := checkStates(entries); err != nil {
		return nil, err
	}
	return newTyped(ext, TypeState, entries)
}

// States returns the entries of m, or nothing if it is of another type. It returns
// ErrMalformed or ErrLimit for what can't be read.
func (m *Message) States() ([]State, error) {
	var entries []State
	if ok, err := m.typed(TypeState, &entries); !ok || err != nil {
		return nil, err
	}
	return entries, checkStates(entries)
}

func checkStates(entries []State) error {
	if len(entries) > MaxStates {
		return fmt.Errorf("%w: state", ErrLimit)
	}
	for i := range entries {
		e := &entries[i]
		most := MaxStateText
		if e.Kind == StateSticker {
			most = MaxSticker + MaxStickerEmoji
		}
		if len(e.Subject) > MaxURI || len(e.Text)+len(e.Data) > most || len(e.Device) > MaxStateDevice {
			return fmt.Errorf("%w: state", ErrLimit)
		}
		if e.Kind == 0 || e.AtMS < 0 || !utf8.ValidString(e.Subject) || !utf8.ValidString(e.Text) || !utf8.ValidString(e.Device) {
			return fmt.Errorf("%w: state", ErrMalformed)
		}
	}
	return nil
}
