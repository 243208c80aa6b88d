package pebblestore

import (
	"encoding/binary"
	"fmt"

	"parley/identity"
	"parley/server"
)

// weekMS is how long receipts share a prefix. A receipt is looked for in this week
// and the one before, so it is found for at least 7 days.
const weekMS = 7 * 24 * 3600 * 1000

func week(ms int64) uint32 { return uint32(max(ms, 0) / weekMS) }

// A receiptID is the hash of an operation.
type receiptID [16]byte

func operationHash(op server.OperationID) receiptID { return server.OperationHash(op) }

func receiptKey(week uint32, id receiptID) []byte {
	return append(append([]byte{keyReceipt}, u32(week)...), id[:]...)
}

// A stored receipt:
//
//	version    1 byte, 2
//	created    1 byte: 0, 1
//	generation, seq, epoch  uvarints
//	accepted   varint, Unix milliseconds
//	room       the rest
//
// In format 1 it was the CBOR of server.Receipt, an array.
func appendReceipt(b []byte, r *server.Receipt) []byte {
	created := byte(0)
	if r.Created {
		created = 1
	}
	b = append(b, recordVersion, created)
	b = binary.AppendUvarint(b, uint64(r.Generation))
	b = binary.AppendUvarint(b, r.Seq)
	b = binary.AppendUvarint(b, r.Epoch)
	b = binary.AppendVarint(b, r.AcceptedMS)
	return append(b, r.Room...)
}

func readReceipt(data []byte) (*server.Receipt, error) {
	if len(data) > 0 && data[0] != recordVersion {
		return decode[server.Receipt](data)
	}
	c := &cutter{rest: data}
	c.take(1)
	created := c.take(1)
	r := &server.Receipt{Generation: uint32(c.uvarint()), Seq: c.uvarint(), Epoch: c.uvarint(), AcceptedMS: c.varint()}
	if c.bad {
		return nil, fmt.Errorf("%w: a receipt is cut short", ErrCorrupt)
	}
	r.Created, r.Room = created[0] == 1, identity.Room(c.rest)
	return r, nil
}

// storedReceipt looks in this week and the one before; nil where there is none.
func storedReceipt(get func([]byte) ([]byte, error), id receiptID, now int64) (*server.Receipt, error) {
	this := week(now)
	for w := this; w+2 > this && w <= this; w-- {
		v, err := get(receiptKey(w, id))
		if err != nil {
			return nil, err
		}
		if v != nil {
			return readReceipt(v)
		}
	}
	return nil, nil
}

// receipt returns the receipt of an operation that is repeated at now, nil if it
// is new.
func (t *tx) receipt(id receiptID, now int64) (*server.Receipt, error) {
	if !t.b.seen.maybe(id) {
		return nil, nil
	}
	if e := t.b.receipts[id]; e != nil {
		if w := week(e.receipt.AcceptedMS); w <= week(now) && w+1 >= week(now) {
			return &e.receipt, nil
		}
	}
	return storedReceipt(t.get, id, now)
}
