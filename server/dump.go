package server

import (
	"context"
	"crypto/sha256"

	"parley/identity"
	"parley/internal/cbor"
)

// A Dumper is a store that can give away all that it keeps.
type Dumper interface {
	// Dump calls f for each record, in the order of the fields of [Record], of one
	// moment. f must not keep what it is given.
	Dump(ctx context.Context, f func(*Record) error) error
}

// A Loader is a store that can take what another one gave.
type Loader interface {
	// Load fills the store, which must be empty (else ErrExists), with what next
	// returns until that is io.EOF. After an error the store is empty, or
	// unusable until it is emptied; it never serves half of it.
	Load(ctx context.Context, next func() (*Record, error)) error
}

// A Record is one thing that a store keeps: exactly one field is set.
type Record struct {
	_           struct{} `cbor:",toarray"`
	Meta        *MetaDump
	Account     *AccountDump
	Enrollment  *EnrollmentDump
	Record      *RecordDump
	KeyPackage  *KeyPackage // single use, or last resort
	UsedPackage *UsedPackageDump
	Room        *RoomDump
	Receipt     *ReceiptDump
	Envelope    *EnvelopeDump // in the order in which they were stored
	Entry       *EntryDump    // of the ledger
}

// A MetaDump is what [Store.Meta] keeps.
type MetaDump struct {
	_     struct{} `cbor:",toarray"`
	Name  string
	Value []byte
}

// An AccountDump is an account, its lists and its mailbox without the mail.
type AccountDump struct {
	_          struct{} `cbor:",toarray"`
	Account    identity.Account
	Credential []byte
	ResetDone  bool
	Lists      []ListRecord // from version 1 on
	First      uint64       // the oldest position kept, or the next one if none is
	Head       uint64       // the newest position ever
	Cursors    []CursorDump // sorted by device
}

// A CursorDump is what a device has acknowledged.
type CursorDump struct {
	_      struct{} `cbor:",toarray"`
	Device identity.Device
	Pos    uint64
}

// An EnrollmentDump is a device that waits for an account's approval.
type EnrollmentDump struct {
	_          struct{} `cbor:",toarray"`
	Account    identity.Account
	Enrollment Enrollment
}

// A RecordDump is one of an account's [Records].
type RecordDump struct {
	_       struct{} `cbor:",toarray"`
	Account identity.Account
	Kind    string
	Key     string
	Value   []byte
}

// A UsedPackageDump is the reference of a single-use key package that was ever
// added and may not be added again.
type UsedPackageDump struct {
	_        struct{} `cbor:",toarray"`
	Device   identity.Device
	Ref      []byte
	NotAfter int64 // Unix seconds
}

// A RoomDump is a room with its group.
type RoomDump struct {
	_     struct{} `cbor:",toarray"`
	Room  Room
	Seq   uint64 // the last one given
	State []byte
	Info  []byte
	Named bool // Open finds it by its set
}

// A ReceiptDump is a receipt by the hash of its operation.
type ReceiptDump struct {
	_       struct{} `cbor:",toarray"`
	Op      [16]byte // OperationHash
	Receipt Receipt
}

// An EnvelopeDump is an envelope with the places where it still is.
type EnvelopeDump struct {
	_        struct{}        `cbor:",toarray"`
	Envelope cbor.RawMessage // of a wire.Envelope
	Places   []PlaceDump     // sorted by account
	Winner   bool            // a commit that Winner finds
}

// A PlaceDump is a position of a mailbox.
type PlaceDump struct {
	_       struct{} `cbor:",toarray"`
	Account identity.Account
	Pos     uint64
}

// An EntryDump is an entry of the [Ledger].
type EntryDump struct {
	_     struct{} `cbor:",toarray"`
	Key   []byte
	Value []byte
}

// OperationHash is the name under which stores keep the receipt of op: the first
// half of the SHA-256 of kind, device and id, with a zero byte in between.
func OperationHash(op OperationID) (h [16]byte) {
	var buffer [256]byte // enough for all but the longest domains
	b := append(append(buffer[:0], op.Kind...), 0)
	b = append(append(b, op.Device...), 0)
	sum := sha256.Sum256(append(b, op.ID...))
	copy(h[:], sum[:])
	return h
}
