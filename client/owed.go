package client

import (
	"bytes"
	"errors"

	"parley/internal/cbor"
)

// owedIDs are the ids of some messages, one after the other. In a record they are an
// array of byte strings. Each message that comes adds one, and there may be
// thousands: they are kept so that adding one costs no more than copying them.
type owedIDs []byte // a multiple of idSize

// idSize is the size of a [MessageID], and owedSize that of its item in a record.
const (
	idSize   = len(MessageID{})
	owedSize = 2 + idSize
)

// owedHead is the head of a byte string of idSize.
var owedHead = []byte{0x58, byte(idSize)}

var errOwed = errors.New("client: record report is malformed")

// with returns the ids with one more, the newest maxOwed of them.
func (ids owedIDs) with(id MessageID) owedIDs {
	ids = append(ids, id[:]...)
	return ids[max(0, len(ids)-maxOwed*idSize):]
}

// all returns them, the oldest first.
func (ids owedIDs) all() []MessageID {
	out := make([]MessageID, 0, len(ids)/idSize)
	for ; len(ids) >= idSize; ids = ids[idSize:] {
		out = append(out, MessageID(ids[:idSize]))
	}
	return out
}

// arrayHead returns the head of an array of n items: that of a number, but for its
// major type (RFC 8949, Section 3.1).
func arrayHead(n int) []byte {
	head := cbor.MustMarshal(uint64(n))
	head[0] |= 4 << 5
	return head
}

// MarshalCBOR implements the encoder's interface.
func (ids owedIDs) MarshalCBOR() ([]byte, error) {
	n := len(ids) / idSize
	out := append(make([]byte, 0, 9+n*owedSize), arrayHead(n)...)
	for ; len(ids) >= idSize; ids = ids[idSize:] {
		out = append(append(out, owedHead...), ids[:idSize]...)
	}
	return out, nil
}

// UnmarshalCBOR is the reverse of MarshalCBOR.
func (ids *owedIDs) UnmarshalCBOR(data []byte) error {
	n := len(data) / owedSize
	items, ok := bytes.CutPrefix(data, arrayHead(n))
	if !ok || len(items) != n*owedSize {
		return errOwed
	}
	*ids = make(owedIDs, 0, n*idSize)
	for ; len(items) > 0; items = items[owedSize:] {
		if !bytes.HasPrefix(items, owedHead) {
			return errOwed
		}
		*ids = append(*ids, items[len(owedHead):owedSize]...)
	}
	return nil
}
