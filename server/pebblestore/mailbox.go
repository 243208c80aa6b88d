package pebblestore

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

// An envelopeRecord is the value of keyEnvelope.
type envelopeRecord struct {
	_        struct{} `cbor:",toarray"`
	Refs     uint32   // mailboxes that it was put in
	Envelope wire.Envelope
}

// A rawRecord is an envelopeRecord whose envelope isn't decoded.
type rawRecord struct {
	_        struct{} `cbor:",toarray"`
	Refs     uint32
	Envelope cbor.RawMessage
}

// A mailPlace is the next position of a mailbox.
type mailPlace struct {
	account identity.Account
	pos     uint64
}

func cloneEnvelope(e wire.Envelope) wire.Envelope {
	e.ID, e.Message, e.Welcome = bytes.Clone(e.ID), bytes.Clone(e.Message), bytes.Clone(e.Welcome)
	return e
}

// place returns the next position of each mailbox; [tx.deliver] takes it.
func (t *tx) place(accounts []identity.Account) ([]mailPlace, error) {
	place := make([]mailPlace, len(accounts))
	for i, a := range accounts {
		head, ok := t.b.heads[a]
		if !ok {
			var err error
			if head, err = head0(t.b.s.db, a); err != nil {
				return nil, err
			}
		}
		place[i] = mailPlace{a, head + 1}
	}
	return place, nil
}

// deliver stores e once, puts it in each place, and returns its id.
func (t *tx) deliver(place []mailPlace, e *wire.Envelope) uint64 {
	id := t.b.next
	t.b.next++
	t.must(t.batch.Set(envelopeKey(id), cbor.MustMarshal(envelopeRecord{Refs: uint32(len(place)), Envelope: *e}), nil))
	for _, p := range place {
		t.b.heads[p.account] = p.pos
		t.must(t.batch.Set(mailKey(p.account, p.pos), u64(id), nil))
	}
	return id
}

// head0 reads the newest position of a mailbox; 0 where there is none.
func head0(r pebble.Reader, a identity.Account) (head uint64, err error) {
	prefix := join(keyMail, string(a))
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return 0, readError(err)
	}
	if it.Last() {
		head = number(it.Key()[len(prefix):])
	}
	if err := it.Close(); err != nil {
		return 0, readError(err)
	}
	if head > 0 {
		return head, nil
	}
	_, head, err = mailbox(func(k []byte) ([]byte, error) { return get(r, k) }, a)
	return head, err
}

func mailboxKey(a identity.Account) []byte { return append([]byte{keyMailbox}, a...) }

// mailbox reads what Sweep wrote: the first position kept, and the head then.
func mailbox(get func([]byte) ([]byte, error), a identity.Account) (first, head uint64, err error) {
	v, err := get(mailboxKey(a))
	if err != nil || len(v) != 16 {
		return 1, 0, err
	}
	return binary.BigEndian.Uint64(v), binary.BigEndian.Uint64(v[8:]), nil
}

// Read implements [server.Mailboxes].
func (s *Store) Read(ctx context.Context, device identity.Device, after uint64, max, maxBytes int) (*wire.RawReadReply, error) {
	reply := &wire.RawReadReply{}
	err := s.read(func(w *view) (err error) {
		if reply.Cursor, err = cursor(w.get, device); err != nil {
			return err
		}
		a := device.Account()
		if reply.Head, err = head0(w.snap, a); err != nil {
			return err
		}
		if reply.First, _, err = mailbox(w.get, a); err != nil || after >= reply.Head {
			return err
		}
		reply.Events, err = w.events(a, after+1, max, maxBytes)
		return err
	})
	if err != nil {
		return nil, err
	}
	return reply, nil
}

func cursor(get func([]byte) ([]byte, error), device identity.Device) (uint64, error) {
	v, err := get(cursorKey(device))
	if err == nil && v == nil {
		err = server.ErrNotFound
	}
	return number(v), err
}

// events reads a mailbox from a position on.
func (w *view) events(a identity.Account, from uint64, max, maxBytes int) (events []wire.RawEvent, err error) {
	prefix := join(keyMail, string(a))
	size := 0
	err = scan(w.snap, mailKey(a, from), after(prefix), func(key, value []byte) (bool, error) {
		if len(events) >= max {
			return false, nil
		}
		r, err := load[rawRecord](w.get, envelopeKey(number(value)))
		if err != nil {
			return false, missing(err)
		}
		size += len(r.Envelope)
		if len(events) > 0 && size > maxBytes {
			return false, nil
		}
		events = append(events, wire.RawEvent{Pos: number(key[len(prefix):]), Envelope: r.Envelope})
		return true, nil
	})
	return events, err
}

// Acknowledge implements [server.Mailboxes].
func (s *Store) Acknowledge(ctx context.Context, device identity.Device, pos uint64) error {
	return s.do(ctx, func(t *tx) error {
		at, err := cursor(t.get, device)
		if err != nil {
			return err
		}
		place, err := t.place([]identity.Account{device.Account()})
		switch {
		case err != nil:
			return err
		case pos >= place[0].pos:
			return server.ErrBeyond
		case pos > at:
			t.set(cursorKey(device), u64(pos))
		}
		return nil
	})
}
