package server

import (
	"encoding/binary"

	"parley/identity"
	"parley/internal/cbor"
)

// What the [Ledger] says of blobs. BLOB is the name's 32 bytes, TIME 8 bytes:
//
//	b BLOB                  blobEntry: there is, was, or will be such a blob
//	r BLOB room 0 account   refEntry: messages of account in room refer to it
//	h account 0 BLOB        holdEntry: account uploaded it, or refers to it
//	q account               quotaEntry: what its holds sum up to
//	d BLOB                  takenEntry: by which decisions it is taken down
//	x TIME key              empty; what stands at key may have to go then
//
// Each reference belongs to a hold, and each hold to a blob that lives: a hold
// counts its references, and a blob its holds. A hold without references goes after a
// while (blobOrphan, or BlobConfig.Evidence if there was one), and with its last hold
// the blob is doomed. Who adds a hold compares the blob's entry, and so does who
// dooms it: one of the two comes first, and the other sees it.

// A blobEntry is a blob, and stays for good while that is taken down.
type blobEntry struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8    // 1
	Size     int64
	Holds    int64
	TakenMS  int64 // when it was taken down; 0: it wasn't
	DoomedMS int64 // when it was doomed; 0: it wasn't. Nobody may hold it any more
	Deleted  bool  // of what was taken down: its bytes are gone
}

// A takenEntry says by what a blob is taken down. Where a version before this one took
// it down there is none.
type takenEntry struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	By      []string // decisions, each once; "": the operator, for good
}

// A refEntry is a reference.
type refEntry struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	UntilMS int64
}

// A holdEntry is what an account has to do with a blob.
type holdEntry struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	Refs    int64
	SinceMS int64 // since when there are no references
	Used    bool  // there ever were any
}

// A quotaEntry is what an account keeps.
type quotaEntry struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	Bytes   int64    // as countBytes counts
	Blobs   int64
}

// minCounted is what a blob counts at least: many small ones cost too.
const minCounted = 4 << 10

// countBytes is what a blob of size counts in its holders' quota.
func countBytes(size int64) int64 { return max(size, minCounted) }

const (
	prefixBlob  = "b"
	prefixRef   = "r"
	prefixHold  = "h"
	prefixQuota = "q"
	prefixTaken = "d"
	prefixDue   = "x"
)

func blobKey(b BlobID) string { return prefixBlob + string(b[:]) }

func takenKey(b BlobID) string { return prefixTaken + string(b[:]) }

// roomRefs is what the keys of the references of a room begin with.
func roomRefs(b BlobID, room identity.Room) string {
	return prefixRef + string(b[:]) + string(room) + "\x00"
}

func refKey(b BlobID, room identity.Room, account identity.Account) string {
	return roomRefs(b, room) + string(account)
}

func holdKey(account identity.Account, b BlobID) string {
	return prefixHold + string(account) + "\x00" + string(b[:])
}

func quotaKey(account identity.Account) string { return prefixQuota + string(account) }

// dueKey says that what stands at key may have to go at ms.
func dueKey(ms int64, key string) string {
	return string(binary.BigEndian.AppendUint64([]byte(prefixDue), uint64(max(ms, 0)))) + key
}

// dueSize is the size of what comes before the key in a due key.
const dueSize = len(prefixDue) + 8

// getEntry decodes what load read; nil for nothing. An entry that can't be decoded is
// an error of ours.
func getEntry[E any](t *ledgerTx, key string) (*E, error) {
	value := t.get(key)
	if value == nil {
		return nil, nil
	}
	e := new(E)
	if err := cbor.Unmarshal(value, e); err != nil {
		return nil, errEntry
	}
	return e, nil
}

func setEntry[E any](t *ledgerTx, key string, e *E) { t.set(key, cbor.MustMarshal(e)) }
