package wire

import (
	"parley/identity"
	"parley/internal/cbor"
)

// An EventKind says what an envelope holds.
type EventKind string

// The kinds of event.
const (
	EventMessage EventKind = "message" // an application message
	EventCommit  EventKind = "commit"  // a commit, and a Welcome for whom it adds
	EventOpen    EventKind = "open"    // a room or its next generation: the first commit and its Welcome
	EventDevices EventKind = "devices" // an account that shares a room, or one's own, has a new device list
	EventLeave   EventKind = "leave"   // a device's proposal to leave, in Message: whoever commits next takes it in
)

// An Envelope is one thing that happened, as the server stored it: once,
// whatever the number of recipients. The server can't read Message.
type Envelope struct {
	Kind       EventKind        `cbor:"kind" json:"kind"`
	Room       identity.Room    `cbor:"room,omitempty" json:"room,omitempty"`
	Generation uint32           `cbor:"generation,omitempty" json:"generation,omitempty"`
	Seq        uint64           `cbor:"seq,omitempty" json:"seq,omitempty"`         // one per room for commits and messages, from 1, without gaps, across generations
	Epoch      uint64           `cbor:"epoch,omitempty" json:"epoch,omitempty"`     // that Message was made in
	AcceptedMS int64            `cbor:"accepted_ms" json:"accepted_ms"`             // Unix milliseconds, by the server's clock
	Sender     identity.Device  `cbor:"sender,omitempty" json:"sender,omitempty"`   // whose session sent it, as the server says
	ID         []byte           `cbor:"id,omitempty" json:"id,omitempty"`           // of the request, 16 bytes
	Message    []byte           `cbor:"message,omitempty" json:"message,omitempty"` // MLSMessage: PrivateMessage, or the commit
	Welcome    []byte           `cbor:"welcome,omitempty" json:"welcome,omitempty"` // MLSMessage
	Account    identity.Account `cbor:"account,omitempty" json:"account,omitempty"` // EventDevices: whose list
	Version    uint64           `cbor:"version,omitempty" json:"version,omitempty"` // EventDevices: the list's version
	Franking   *Franking        `cbor:"frank,omitempty" json:"frank,omitempty"`     // EventMessage: nil where the message came without a tag
}

// Franking is the server's stamp on a message, and the proof of its place in a batch
// that the server signed: see package franking. Context, root and tag aren't here:
// they follow from the envelope, from the path, and from the message. (The name
// "franking" was reserved in an envelope of version 0.1.0 for another form: it is never used.)
type Franking struct {
	_         struct{} `cbor:",toarray"`
	HubKey    []byte   `json:"hub_key"`    // 8 bytes: which key Frank is made with
	Frank     []byte   `json:"frank"`      // 32 bytes
	LeafIndex uint64   `json:"leaf_index"` // in the batch, below TreeSize
	TreeSize  uint64   `json:"tree_size"`  // messages in the batch, at least 1
	Path      []byte   `json:"path"`       // hashes of 32 bytes each, the lowest first
	Signature []byte   `json:"signature"`  // 64 bytes, by the room's pinned franking key or one that its chain leads to
}

// An Event is an envelope at its place in an account's mailbox.
type Event struct {
	Pos      uint64   `cbor:"pos" json:"pos"` // from 1, without gaps, one sequence for each account
	Envelope Envelope `cbor:"envelope" json:"envelope"`
}

// ReadRequest reads the mailbox of the session's account. It moves nothing.
type ReadRequest struct {
	After  uint64 `cbor:"after" json:"after"`                         // the last position that the device has
	Max    int    `cbor:"max,omitempty" json:"max,omitempty"`         // events at most; 0: as many as fit
	WaitMS int    `cbor:"wait_ms,omitempty" json:"wait_ms,omitempty"` // wait so long for a first event
}

// ReadReply holds the events after ReadRequest.After, in order. It never holds
// one that isn't durable.
type ReadReply struct {
	Events []Event `cbor:"events" json:"events"`
	Head   uint64  `cbor:"head" json:"head"`     // the newest position in the mailbox
	First  uint64  `cbor:"first" json:"first"`   // the oldest one kept: beyond After+1, events have expired unread
	Cursor uint64  `cbor:"cursor" json:"cursor"` // what the device has acknowledged

	// Signals came since the last push or read, at most MaxSignals. A reply that
	// holds them may hold no event; only those who wait are given any.
	Signals []Signal `cbor:"signals,omitempty" json:"signals,omitempty"`
}

// AcknowledgeRequest says that the device has everything up to Pos for good. A
// position below the cursor is no error and moves nothing; one beyond the
// mailbox's head is refused with bad_request.
type AcknowledgeRequest struct {
	Pos uint64 `cbor:"pos" json:"pos"`
}

// A RawEvent is an [Event] whose envelope is kept as it is encoded: the same
// bytes on the wire. Who delivers needn't decode it.
type RawEvent struct {
	Pos      uint64          `cbor:"pos"`
	Envelope cbor.RawMessage `cbor:"envelope"` // of an Envelope
}

// A RawReadReply is a [ReadReply] of raw events: it encodes to the same bytes.
type RawReadReply struct {
	Events []RawEvent `cbor:"events"`
	Head   uint64     `cbor:"head"`
	First  uint64     `cbor:"first"`
	Cursor uint64     `cbor:"cursor"`

	Signals []Signal `cbor:"signals,omitempty"`
}

// Decode decodes the envelopes.
func (r *RawReadReply) Decode() (*ReadReply, error) {
	reply := &ReadReply{Head: r.Head, First: r.First, Cursor: r.Cursor, Signals: r.Signals}
	for _, e := range r.Events {
		event := Event{Pos: e.Pos}
		if err := Unmarshal(e.Envelope, &event.Envelope); err != nil {
			return nil, err
		}
		reply.Events = append(reply.Events, event)
	}
	return reply, nil
}
