package pebblestore

import (
	"encoding/binary"
	"fmt"

	"parley/identity"
	"parley/internal/cbor"
)

// An envelope's record, the value of keyEnvelope:
//
//	version   1 byte, 2
//	flags     1 byte: 1 an operation made it, 2 the operation created a room
//	operation 16 bytes, its hash; then the receipt's epoch, a varint: with flag 1
//	accepted  varint, Unix milliseconds
//	places    uvarint n, then n times, sorted by account:
//	          uvarint  bytes that the account shares with the one before
//	          uvarint  length of the rest, the rest
//	          uvarint  position
//	envelope  the rest: the encoded wire.Envelope
//
// Format 1 had a CBOR array [references, envelope], whose places are under
// keyOldPlace.
const (
	recordVersion = 2
	flagOperation = 1
	flagCreated   = 2
)

// A record is an envelope's, decoded.
type record struct {
	hasOp    bool
	created  bool
	op       receiptID
	epoch    uint64 // of the receipt
	accepted int64
	places   []placeName
	refs     uint32 // how many places there were, also where places is empty: format 1
	old      bool   // of format 1
	envelope []byte
}

// A placeName is a position of a mailbox.
type placeName struct {
	account identity.Account
	pos     uint64
}

// appendHeader appends the record of e but for the envelope.
func appendHeader(b []byte, e *entry) []byte {
	flags := byte(0)
	if e.hasOp {
		flags |= flagOperation
	}
	if e.receipt.Created {
		flags |= flagCreated
	}
	b = append(b, recordVersion, flags)
	if e.hasOp {
		b = append(b, e.op[:]...)
		b = binary.AppendUvarint(b, e.receipt.Epoch)
	}
	b = binary.AppendVarint(b, e.accepted)
	b = binary.AppendUvarint(b, uint64(len(e.places)))
	before := ""
	for _, p := range e.places {
		account := string(p.box.account)
		n := shared(before, account)
		b = binary.AppendUvarint(b, uint64(n))
		b = binary.AppendUvarint(b, uint64(len(account)-n))
		b = append(b, account[n:]...)
		b = binary.AppendUvarint(b, p.pos)
		before = account
	}
	return b
}

// shared returns how many bytes a and b begin with alike.
func shared(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// A cutter reads a record from its front. bad is set once it is too short.
type cutter struct {
	rest []byte
	bad  bool
}

func (c *cutter) take(n uint64) []byte {
	if n > uint64(len(c.rest)) {
		c.bad, c.rest = true, nil
		return nil
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cutter) uvarint() uint64 {
	v, n := binary.Uvarint(c.rest)
	if n <= 0 {
		c.bad, c.rest = true, nil
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

func (c *cutter) varint() int64 {
	v, n := binary.Varint(c.rest)
	if n <= 0 {
		c.bad, c.rest = true, nil
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

// readRecord decodes a record. Its envelope aliases data. ErrCorrupt where it
// isn't one.
func readRecord(data []byte) (*record, error) {
	if len(data) > 0 && data[0] != recordVersion {
		return readOldRecord(data)
	}
	c := &cutter{rest: data}
	c.take(1)
	r := &record{}
	if flags := c.take(1); !c.bad {
		r.hasOp, r.created = flags[0]&flagOperation != 0, flags[0]&flagCreated != 0
	}
	if r.hasOp {
		copy(r.op[:], c.take(16))
		r.epoch = c.uvarint()
	}
	r.accepted = c.varint()
	before := ""
	for n := c.uvarint(); n > 0 && !c.bad; n-- {
		keep := c.uvarint()
		rest := c.take(c.uvarint())
		if keep > uint64(len(before)) {
			c.bad = true
			break
		}
		account := before[:keep] + string(rest)
		r.places = append(r.places, placeName{identity.Account(account), c.uvarint()})
		before = account
	}
	if c.bad {
		return nil, fmt.Errorf("%w: an envelope's record is cut short", ErrCorrupt)
	}
	r.refs, r.envelope = uint32(len(r.places)), c.rest
	return r, nil
}

// An oldRecord is a record of format 1.
type oldRecord struct {
	_        struct{} `cbor:",toarray"`
	Refs     uint32
	Envelope cbor.RawMessage
}

func readOldRecord(data []byte) (*record, error) {
	o, err := decode[oldRecord](data)
	if err != nil {
		return nil, err
	}
	var e struct {
		AcceptedMS int64 `cbor:"accepted_ms"`
	}
	if err := cbor.UnmarshalLenient(o.Envelope, &e); err != nil {
		return nil, fmt.Errorf("%w: an envelope: %v", ErrCorrupt, err)
	}
	return &record{old: true, refs: o.Refs, accepted: e.AcceptedMS, envelope: o.Envelope}, nil
}

// envelopeOf returns the envelope in a record, without decoding the rest. It
// aliases data.
func envelopeOf(data []byte) ([]byte, error) {
	if len(data) == 0 || data[0] != recordVersion {
		r, err := readOldRecord(data)
		if err != nil {
			return nil, err
		}
		return r.envelope, nil
	}
	c := &cutter{rest: data}
	c.take(1)
	if flags := c.take(1); !c.bad && flags[0]&flagOperation != 0 {
		c.take(16)
		c.uvarint()
	}
	c.varint()
	for n := c.uvarint(); n > 0 && !c.bad; n-- {
		c.uvarint()
		c.take(c.uvarint())
		c.uvarint()
	}
	if c.bad {
		return nil, fmt.Errorf("%w: an envelope's record is cut short", ErrCorrupt)
	}
	return c.rest, nil
}

// readEnvelope decodes the envelope of a record.
func (r *record) decode(v any) error {
	if err := cbor.UnmarshalLenient(r.envelope, v); err != nil {
		return fmt.Errorf("%w: an envelope: %v", ErrCorrupt, err)
	}
	return nil
}
