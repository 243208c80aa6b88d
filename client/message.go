package client

import (
	"errors"

	"parley/content"
	"parley/identity"
)

// Errors of the client that a caller may match. Refusals of the server are
// *wire.Error.
var (
	ErrUnknownRoom    = errors.New("client: no such room")
	ErrUnknownMessage = errors.New("client: no such message")
	ErrNotYours       = errors.New("client: not your own message")
	ErrNotMember      = errors.New("client: you are no longer in this room")
	ErrConfirmReset   = errors.New("client: a contact's account was reset: confirm it first")
	ErrWrongSeal      = errors.New("client: wrong passphrase")
	ErrNoHome         = errors.New("client: nobody is logged in here")
	ErrNotApproved    = errors.New("client: this device is not approved yet")
	ErrQueued         = errors.New("client: kept in the outbox, not yet sent")
	ErrBroken         = errors.New("client: the other side broke this room, and there is nobody else in it")
	ErrStrangers      = errors.New("client: nobody that this device knows vouches for the state of the room: it waits")
	ErrUnsent         = errors.New("client: this message was taken back")
	ErrLastDevice     = errors.New("client: the last device of an account can not be removed")
	ErrLoggedIn       = errors.New("client: somebody is logged in here already")
	ErrNoReset        = errors.New("client: this account was not reset")
	ErrBadCode        = errors.New("client: no device waits with this code")
	ErrUnknownDevice  = errors.New("client: no such device")
	ErrNoMember       = errors.New("client: this account is not in the room")
	ErrDirect         = errors.New("client: a direct conversation keeps its two people")
	ErrNotJoined      = errors.New("client: this device is not in the room yet: another device of this account has to add it")
	ErrTooLong        = errors.New("client: text is too long")
	ErrNotText        = errors.New("client: text is not valid UTF-8")
	ErrEmpty          = errors.New("client: text is empty")
	ErrRequestPending = errors.New("client: they haven't accepted yet: one message is all that can be sent")
	ErrBlocked        = errors.New("client: you have blocked them")
	ErrNotAdmin       = errors.New("client: only an admin of the group may do that")
	ErrNoRoles        = errors.New("client: this group has no roles: its people are equal")
	ErrTooMany        = errors.New("client: too many people for a group")
	ErrInGroup        = errors.New("client: leave the group first")
	ErrRequestMedia   = errors.New("client: they haven't accepted yet: one message of text is all that can be sent")
	ErrViewOnce       = errors.New("client: this message can be viewed once, and not passed on")
	ErrAttachment     = errors.New("client: this can't be attached")
	ErrNoNumber       = errors.New("client: there is no safety number of them yet, or it is another one")
)

// MaxText bounds the text of a message, in bytes of UTF-8.
const MaxText = 60 << 10

// A MessageID names a message: see [content.MessageID].
type MessageID = content.MessageID

// ParseMessageID returns the id of a text form, or ErrUnknownMessage.
func ParseMessageID(s string) (MessageID, error) {
	id, err := content.ParseMessageID(s)
	if err != nil {
		return MessageID{}, ErrUnknownMessage
	}
	return id, nil
}

// A Kind is an enumerated word for what a message is.
type Kind = content.Kind

// The kinds of message. A reply is a text whose InReplyTo names a message.
const (
	KindText     = content.KindText
	KindEdit     = content.KindEdit     // Replaces names the first version
	KindUnsend   = content.KindUnsend   // Replaces names a message or a reaction; Text is empty
	KindReaction = content.KindReaction // Text is one emoji, InReplyTo the message
	KindStatus   = content.KindStatus   // never shown: it sets the State of others
	KindRoom     = content.KindRoom     // never shown: it sets what the room has; see [Client.SetRoomInfo]
	KindProfile  = content.KindProfile  // never shown: what its sender tells of itself
	KindState    = content.KindState    // never shown: of the own other devices
	KindUnknown  = content.KindUnknown  // of a type that this client doesn't know: Text is the fallback

	KindUnreadable Kind = "unreadable" // a tombstone: authentic, but it breaks the rules of content
	KindNotice     Kind = "notice"     // not of a person: Text is a [Notice], Subject whom it is about
)

// A State says how far a message of this device has come. It is never ahead of
// what is known to be true.
type State string

// The states of own messages; others' messages are StateReceived.
const (
	StateQueued    State = "queued"    // in the outbox
	StateSent      State = "sent"      // durable at the server
	StateDelivered State = "delivered" // a device of another account in the room has it, and says so
	StateRead      State = "read"      // and every other account in the room has read up to it, and says so
	StateFailed    State = "failed"    // refused for good: it stays in the outbox, and isn't tried again
	StateReceived  State = "received"

	stateDiscarded State = "discarded" // taken from the outbox by its person; see [Client.Discard]
)

// A Message is one line of a conversation, as it is kept.
type Message struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8    // of this record: 2; 1 has nothing from Value on. One with Media is in a record of version 3
	ID         MessageID
	Room       identity.Room
	From       identity.Account
	FromDevice identity.Device
	AtMS       int64  // Unix milliseconds: the server's acceptance; for queued ones this device's clock
	Seq        uint64 // in the room; 0 while queued
	Kind       Kind
	Text       string    // markdown unless Plain
	InReplyTo  MessageID // zero: none
	Replaces   MessageID // zero: none
	State      State
	Subject    string // of a notice: an account's or device's URI

	Value     string // of a notice: what it set
	Plain     bool   // Text is shown as it stands
	Forwarded bool   // its author says that it was somebody's before
	Mentioned bool   // it mentions the account of this device
	Touched   bool   // it was edited, unsent or reacted to; false: certainly not
	TimerS    uint32 // it disappears so many seconds after it was read, or sent; 0: not by that
	ExpiresMS int64  // it disappears then, by this device's clock; 0: not, or its time hasn't begun

	Media *Media `cbor:"-"` // what it has beside its text; nil: nothing
}

// Own reports whether account wrote m.
func (m *Message) Own(account identity.Account) bool { return m.From == account }

// A View is a message as a person sees it now: with its newest edit and its
// reactions applied.
type View struct {
	Message                                 // Text has its mentions as they are shown
	Part      uint8                         // tells the notices of one commit apart: (Seq, Part) is a line's place
	Edited    bool                          //
	Unsent    bool                          // Text is empty
	Blocked   bool                          // of somebody in a group who is blocked: it shows only where a person opens it
	Mentions  []Mention                     // in Text, in order
	Reactions map[string][]identity.Account // emoji → who, in order of arrival
	Emojis    []string                      // the keys of Reactions, in order of arrival

	raw  string     // Text as it was sent
	mine []*Message // the own reactions that count
}

// A Mention is a person in a text.
type Mention = content.Mention

// A Room is a conversation, as a list of conversations shows it.
type Room struct {
	Room     identity.Room
	Direct   bool
	Accounts []identity.Account // sorted, the own one included
	Epoch    uint64
	Active   bool               // false: this account is no longer in it
	Unread   int                // messages since [Client.MarkRead]
	Last     *Message           // the newest one shown, with its edits, nil where there is none
	Mention  bool               // something unread mentions this account
	ReadSeq  uint64             // the own account has read up to here
	ReadBy   uint64             // every other account has: see [StateRead]
	TimerS   uint32             // messages disappear so many seconds after they are read; 0: never
	Problem  string             // a sentence where something keeps it from working, else empty
	ResetOf  []identity.Account // accounts whose reset waits for [Client.ConfirmReset]

	Title    string // of a group; empty: none
	Picture  []byte // of a group; nil: none
	AtMS     int64  // of the newest activity
	Request  bool   // a stranger opened it: it waits for [Client.Accept]
	Said     bool   // of a Pending one: that message is written already
	Pending  bool   // it was opened here and isn't accepted yet: it takes one message
	Own      bool   // the account's room with itself
	Pinned   bool
	Archived bool
	Veiled   bool   // what the others send beside text is covered until the person wants it, or answers: who they are is new
	MutedMS  int64  // until then, Unix milliseconds; 0: not, -1: for ever
	Draft    string // what isn't sent yet
}

// A Notice is an enumerated word for what happened to a room.
type Notice = string

// The notices.
const (
	NoticeOpened        Notice = "opened"           // the room was made
	NoticeJoined        Notice = "joined"           // Subject, an account, came in
	NoticeLeft          Notice = "left"             // Subject, an account, is out: by its own wish where From is it too
	NoticeRemoved       Notice = "removed"          // Subject, an account, was taken out by From
	NoticeDeviceAdded   Notice = "device_added"     // Subject, a device of a member, came in
	NoticeDeviceRemoved Notice = "device_removed"   // Subject, a device of a member, is out
	NoticeReset         Notice = "reset"            // Subject, an account, was reset: see [Client.ConfirmReset]
	NoticeRejoined      Notice = "rejoined"         // Subject, a device, came back by itself after a fault
	NoticeGeneration    Notice = "generation"       // the room was rebuilt after a fault
	NoticeTitle         Notice = "title"            // Subject, an account, gave the room the title Value
	NoticePicture       Notice = "picture"          // Subject, an account, gave the room another picture
	NoticeTimer         Notice = "timer"            // Subject, an account, set after how many seconds, Value, messages disappear
	NoticeRole          Notice = "role"             // Subject, an account, has the [Role] Value
	NoticeVerified      Notice = "verified_changed" // Subject, an account, was verified, and isn't the same any more
)

// A Refusal is something that this device didn't accept from somebody else.
type Refusal struct {
	_       struct{} `cbor:",toarray"`
	AtMS    int64    // this device's clock
	Room    identity.Room
	Seq     uint64
	Sender  identity.Device // as the server says
	Subject string          // an account or device that it is about, or empty
	Code    string          // an enumerated word, as in docs/refusals.md
}
