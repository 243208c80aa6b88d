package server

import (
	"context"
	"slices"

	"parley/identity"
)

// Kinds of [Records] that the server keeps itself. A kind of its own has a name of
// its own here, so that two never share one.
const (
	RecordRelation = "relation" // relation.go: how the account stands to others
	RecordSeen     = "seen"     // activity.go: by device, when it was last here
	RecordPush     = "push"     // by device: its push subscription
	RecordPasskey  = "passkey"  // by credential id: a passkey of the account
	RecordNoLogin  = "no_login" // one, empty: no login proves the account, only passkeys
	RecordSanction = "sanction" // by decision: sanctions.go
	RecordNotice   = "notice"   // by N: notices.go
)

// deviceRecords are the kinds whose key is a device of the account.
var deviceRecords = []string{RecordSeen, RecordPush}

// DeviceRecords returns the kinds whose key is a device of the account: such a
// record goes with the device.
func DeviceRecords() []string { return slices.Clone(deviceRecords) }

// OfDevice reports whether kind is one of [DeviceRecords].
func OfDevice(kind string) bool { return slices.Contains(deviceRecords, kind) }

// Bounds of what a record may be. Who calls keeps them; a store needn't look.
const (
	MaxRecordKey   = 1 << 10  // bytes of a key, at least 1; a kind has at most 32, and no zero byte
	MaxRecordValue = 64 << 10 // bytes of a value, which may be empty
)

// Records keeps what an account told the server about itself and others: a value
// by account, kind and key. The store doesn't look into values.
//
// A record of a kind of [DeviceRecords] goes when [Directory.PutList] or
// [Directory.FinishReset] takes its device's cursor (Leave).
type Records interface {
	// UpdateRecords changes records of one account and kind: all of u or nothing.
	// ErrNotFound if there is no such account or, for a kind of [DeviceRecords],
	// a key of u.Put has no cursor. ErrExists if u.New and a key of u.Put is
	// there. ErrTooMany if u.Put adds a key, and there would be more than u.Max.
	// ErrTooFew if u.Delete takes a key away, and there would be fewer than u.Min.
	// To delete what isn't there is no error.
	UpdateRecords(ctx context.Context, u RecordUpdate) error
	// AccountRecord returns a record's value, or ErrNotFound.
	AccountRecord(ctx context.Context, account identity.Account, kind, key string) ([]byte, error)
	// AccountRecords returns the records of account and kind whose keys come
	// after a key, in the order of the keys' bytes, at most max. None where there is
	// no such account.
	AccountRecords(ctx context.Context, account identity.Account, kind, after string, max int) ([]KeyValue, error)
}

// A RecordUpdate is what [Records.UpdateRecords] does. No key is named twice.
type RecordUpdate struct {
	Account identity.Account
	Kind    string
	Put     []KeyValue // replace what is there
	Delete  []string   // keys
	New     bool       // Put must replace nothing
	Max     int        // how many of Kind there may be afterwards
	Min     int        // how many there must be
}

// A KeyValue is a record of a kind that goes without saying.
type KeyValue struct {
	_     struct{} `cbor:",toarray"`
	Key   string
	Value []byte
}

// A NewRecord is one that comes with its account.
type NewRecord struct {
	Kind string
	KeyValue
}
