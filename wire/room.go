package wire

import (
	"parley/identity"
	"parley/internal/cbor"
)

// RoomExtensionType is the GroupContext extension that holds a [RoomExtension]:
// a code point for private use (RFC 9420, Section 17.3).
const RoomExtensionType uint16 = 0xF0A0

// A Mode says who can be in a room. It is fixed when the room is made.
type Mode string

// The modes there are.
const ModePrivate Mode = "private" // people's devices only

// A Kind says how a room's roster may change.
type Kind string

// The kinds of room.
const (
	KindDirect Kind = "direct" // two accounts (or one, with itself) for ever
	KindGroup  Kind = "group"  // accounts come and go
)

// A RoomExtension is what the members agree on for a room's whole life. It is in
// the GroupContext from creation; a commit that changes it is refused by the
// server and by each client.
type RoomExtension struct {
	_           struct{} `cbor:",toarray"`
	Version     uint8    // 1
	Mode        Mode
	Kind        Kind
	FrankingKey []byte // the server's Ed25519 key that the room pins, 32 bytes
}

// Marshal returns e as it is in the GroupContext.
func (e *RoomExtension) Marshal() []byte { return cbor.MustMarshal(e) }

// ParseRoomExtension is the inverse of [RoomExtension.Marshal]. It doesn't judge
// the values.
func ParseRoomExtension(data []byte) (*RoomExtension, error) {
	var e RoomExtension
	if err := cbor.Unmarshal(data, &e); err != nil {
		return nil, err
	}
	return &e, nil
}

// MaxGenerationAhead bounds by how much a room's generation may grow at once.
const MaxGenerationAhead = 64

// OpenRoomRequest makes a room with its members, or a room's next generation,
// all or nothing. The group is made by its creator alone (epoch 0); Commit then
// adds every other device at once (epoch 1).
//
// For generation 0 the server keeps one room for each set of accounts that is
// opened: if there is one whose roster still is this set, nothing is made and
// the reply names it. A group with Distinct is always made: it is none of those.
//
// A group may have [Roles] in its GroupContext from the start, with its creator's
// account among the admins. A next generation keeps them, less those who aren't in
// it.
//
// A next generation must be above the current one (by 1, or more where members
// know of one that the server, restored from a backup, doesn't: at most
// [MaxGenerationAhead]), opened by a device with a leaf in the current one, with no
// account that isn't in it. The room's RoomExtension stays the same. It closes the
// generation before.
type OpenRoomRequest struct {
	ID         []byte             `cbor:"id" json:"id"` // 16 bytes: repeating the request gives the same reply
	Room       identity.Room      `cbor:"room" json:"room"`
	Generation uint32             `cbor:"generation" json:"generation"`
	Accounts   []identity.Account `cbor:"accounts" json:"accounts"`                   // sorted, the creator's included: the roster after Commit
	GroupInfo  []byte             `cbor:"group_info" json:"group_info"`               // MLSMessage: epoch 0, with ratchet_tree
	Commit     []byte             `cbor:"commit,omitempty" json:"commit,omitempty"`   // MLSMessage: PublicMessage; empty where there is nobody to add
	Welcome    []byte             `cbor:"welcome,omitempty" json:"welcome,omitempty"` // MLSMessage
	Next       []byte             `cbor:"next,omitempty" json:"next,omitempty"`       // MLSMessage: GroupInfo of epoch 1, with ratchet_tree and external_pub

	// Distinct asks for a room of its own, of generation 0 and KindGroup, whatever
	// other rooms this set of accounts has.
	Distinct bool `cbor:"distinct,omitempty" json:"distinct,omitempty"`
}

// OpenRoomReply names the room that there is now.
type OpenRoomReply struct {
	Room    identity.Room `cbor:"room" json:"room"`
	Created bool          `cbor:"created" json:"created"` // false: it was there; the request's group is void
	Seq     uint64        `cbor:"seq" json:"seq"`         // of Commit, where Created
}

// CommitRequest ends an epoch, all or nothing. Exactly one commit is accepted
// for each epoch: the loser gets stale_epoch with the winner.
//
// A commit is taken from a device with a leaf in the room; an external one only
// from a listed device that removes its own old leaf by the same commit. What it
// does to the accounts and the roles has to pass [RosterChange.Allowed], else
// role_refused; a leaf is excused there by its SelfRemove in the same commit, or
// because its device left its account's list.
//
// Every SelfRemove that waits in the epoch (see [LeaveRequest]) has to be covered,
// by reference: by an external commit too, beside the one Remove of its author's
// old leaf. Else removal_pending: the mailbox has the proposal.
type CommitRequest struct {
	ID         []byte        `cbor:"id" json:"id"` // 16 bytes: repeating the request gives the same reply
	Room       identity.Room `cbor:"room" json:"room"`
	Generation uint32        `cbor:"generation" json:"generation"`
	Commit     []byte        `cbor:"commit" json:"commit"`                       // MLSMessage: PublicMessage
	Welcome    []byte        `cbor:"welcome,omitempty" json:"welcome,omitempty"` // MLSMessage, where the commit adds
	GroupInfo  []byte        `cbor:"group_info" json:"group_info"`               // MLSMessage: of the next epoch, with ratchet_tree and external_pub
}

// CommitReply says where the commit stands.
type CommitReply struct {
	Seq        uint64 `cbor:"seq" json:"seq"`
	Epoch      uint64 `cbor:"epoch" json:"epoch"` // the epoch that it began
	AcceptedMS int64  `cbor:"accepted_ms" json:"accepted_ms"`
}

// SendRequest sends one application message. It is accepted only for the current
// epoch. The acknowledgement is sent after the message is durable.
type SendRequest struct {
	ID         []byte        `cbor:"id" json:"id"` // 16 bytes: a repeated id of the device gives the first reply, whatever the message
	Room       identity.Room `cbor:"room" json:"room"`
	Generation uint32        `cbor:"generation" json:"generation"`
	Message    []byte        `cbor:"message" json:"message"` // MLSMessage: PrivateMessage, content type application
	// Tag isn't used: the franking tag is in Message's authenticated data, where the
	// sender's signature covers it.
	Tag []byte `cbor:"tag,omitempty" json:"tag,omitempty"`

	// Quiet wakes nobody (see SubscribePushRequest): it is of no interest to a
	// person who isn't there, as a receipt. The server learns that much of it.
	Quiet bool `cbor:"quiet,omitempty" json:"quiet,omitempty"`

	// Blobs are those that the message refers to, at most MaxMessageBlobs: uploaded
	// by this account, or referred to in a room that it is in (a forward). From then on
	// who is in the room may fetch them, until BlobsUntilMS (Unix milliseconds; 0: the
	// server's retention).
	Blobs        [][]byte `cbor:"blobs,omitempty" json:"blobs,omitempty"`
	BlobsUntilMS int64    `cbor:"blobs_until_ms,omitempty" json:"blobs_until_ms,omitempty"`
	// BlobsFrom is where the account has those from that it forwards: a room that it is in,
	// and that refers to them. Without it they are looked for, and not found where very
	// many rooms have them.
	BlobsFrom identity.Room `cbor:"blobs_from,omitempty" json:"blobs_from,omitempty"`
	// Release names blobs that this account's messages in the room refer to no more,
	// since they were taken back, or have disappeared. What nobody refers to is kept for the evidence
	// window, for reports only, and then goes. Unknown ones don't matter.
	Release [][]byte `cbor:"release,omitempty" json:"release,omitempty"`
}

// SendReply says where the message stands.
type SendReply struct {
	Seq        uint64 `cbor:"seq" json:"seq"`
	AcceptedMS int64  `cbor:"accepted_ms" json:"accepted_ms"` // Unix milliseconds, by the server's clock
}

// GroupInfoRequest asks for what a device needs to rejoin a room by an external
// commit. Only for accounts in the room.
type GroupInfoRequest struct {
	Room identity.Room `cbor:"room" json:"room"`
}

// GroupInfo is the newest one of the room's newest generation.
type GroupInfo struct {
	Generation uint32 `cbor:"generation" json:"generation"`
	Epoch      uint64 `cbor:"epoch" json:"epoch"`
	Seq        uint64 `cbor:"seq" json:"seq"`               // of the commit that began the epoch
	GroupInfo  []byte `cbor:"group_info" json:"group_info"` // MLSMessage with ratchet_tree and external_pub
}

// LeaveRequest says that the session's account goes out of a group. A device can't
// remove its own leaf by its own commit: it proposes, and whoever commits next
// takes the proposal in. Until then no application message is accepted in the room,
// and no commit that leaves the proposal out (removal_pending). The account's other
// devices are out of the room before: CommitRequest; else forbidden. role_refused
// in a direct room, stale_epoch or future_epoch unless the proposal is of the
// current epoch, bad_message unless it is a SelfRemove of the session's device, and
// one that every device that would have to commit it supports.
//
// The proposal is one event for the room's accounts, [EventLeave], with a number of
// its own; the server checks its signature, and keeps it in the public group so
// that a commit may refer to it. From then on the account isn't in the room, for
// the server: it gets no more events of it, and sends none.
type LeaveRequest struct {
	ID         []byte        `cbor:"id" json:"id"` // 16 bytes: repeating the request gives the same reply
	Room       identity.Room `cbor:"room" json:"room"`
	Generation uint32        `cbor:"generation" json:"generation"`
	Proposal   []byte        `cbor:"proposal" json:"proposal"` // MLSMessage: PublicMessage, a SelfRemove of the session's device
}

// LeaveReply says where the proposal stands.
type LeaveReply struct {
	Seq        uint64 `cbor:"seq" json:"seq"`
	AcceptedMS int64  `cbor:"accepted_ms" json:"accepted_ms"`
}
