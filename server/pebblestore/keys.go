package pebblestore

import (
	"crypto/sha256"
	"encoding/binary"

	"parley/identity"
	"parley/server"
)

// The first byte of a key says what it is. A URI holds no zero byte, so that one
// ends it. Numbers are big-endian.
//
// Envelopes below keyTail have their places, receipts and the numbers that they
// moved under keys of their own. Those from keyTail on (the tail) say all that
// in their record alone: see tail.go.
const (
	keyFormat     = 'F' // the format's version, 1 byte
	keyMeta       = 'M' // name: what Meta keeps
	keyAccount    = 'A' // account: accountRecord
	keyList       = 'L' // account 0 version8: server.ListRecord
	keyReset      = 'R' // account: accepted8, of a reset that is running
	keyEnrollment = 'N' // account 0 device: server.Enrollment
	keyRecord     = 'y' // account 0 kind 0 key: the value of an account's record
	keyLedger     = 'b' // key: the value of an entry of the ledger
	keyPackage    = 'K' // device 0 suite2 reference: server.KeyPackage, single use
	keyUsed       = 'k' // device 0 reference: not_after8, of each single-use one ever added
	keyLastResort = 'P' // device: server.KeyPackage
	keyRoom       = 'r' // room: server.Room
	keyState      = 'g' // room: the public group
	keyInfo       = 'i' // room: the GroupInfo
	keySeq        = 'q' // room: the last seq below the tail, 8 bytes
	keyWinner     = 'w' // room 0 generation4 epoch8: envelope id8
	keyMember     = 'j' // account 0 room: empty; the account has a leaf there
	keySet        = 's' // hash of the set: room
	keyReceipt    = 'x' // week4 hash of the operation: receipt.go
	keyEnvelope   = 'e' // id8: record.go
	keyTail       = 't' // the first envelope id of the tail, 8 bytes
	keyOldest     = 'O' // no envelope below this id is kept, 8 bytes
	keyReleased   = 'd' // id8: how many mailboxes have let the envelope go, 4 bytes
	keyMail       = 'm' // account 0 pos8: envelope id8
	keyMailbox    = 'h' // account: first8 head8 bytes8, as of the tail's begin
	keyCursor     = 'c' // account 0 device: pos8
	keyWaste      = 'D' // account: empty; its mailbox may hold what everyone has
	keyDue        = 'T' // time8 key: empty; what stands at key may expire then
	keyLoading    = 'Z' // a Load began and hasn't ended
	keyBase       = 'B' // what clients' positions have above ours, 8 bytes: see raise.go

	// Of format 1 alone.
	keyNext     = 'n' // the next envelope id, 8 bytes
	keyOldPlace = 'o' // id8 account: pos8; made by the upgrade, for records that don't say their places
)

// join returns kind, uri, a zero byte, and the rest.
func join(kind byte, uri string, rest ...[]byte) []byte {
	k := make([]byte, 0, len(uri)+32)
	k = append(append(append(k, kind), uri...), 0)
	for _, r := range rest {
		k = append(k, r...)
	}
	return k
}

func u16(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }
func u32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
func u64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// number reads 8 bytes; 0 for anything else.
func number(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

func mailKey(a identity.Account, pos uint64) []byte { return join(keyMail, string(a), u64(pos)) }

func mailboxKey(a identity.Account) []byte { return append([]byte{keyMailbox}, a...) }

func wasteKey(a identity.Account) []byte { return append([]byte{keyWaste}, a...) }

// idKey is the key of an envelope's record, count or old places.
func idKey(kind byte, id uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 9), kind), id)
}

func envelopeKey(id uint64) []byte { return idKey(keyEnvelope, id) }

func releasedKey(id uint64) []byte { return idKey(keyReleased, id) }

// dueKey says that what stands at key may expire at ms.
func dueKey(ms int64, key []byte) []byte {
	return append(idKey(keyDue, uint64(max(ms, 0))), key...)
}

func cursorKey(d identity.Device) []byte {
	return join(keyCursor, string(d.Account()), []byte(d))
}

func winnerKey(room identity.Room, at server.Epoch) []byte {
	return join(keyWinner, string(room), u32(at.Generation), u64(at.Epoch))
}

func setKey(set []identity.Account) []byte {
	h := sha256.New()
	for _, a := range set {
		h.Write(append([]byte(a), 0))
	}
	return h.Sum([]byte{keySet})
}

// after returns the first key behind all that begin with prefix.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
