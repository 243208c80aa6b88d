package pebblestore

import (
	"bytes"
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

var _ server.Dumper = (*Store)(nil)

// Dump implements [server.Dumper]. The store goes on meanwhile.
func (s *Store) Dump(ctx context.Context, f func(*server.Record) error) error {
	var snap *pebble.Snapshot
	err := s.submit(ctx, operation{alone: true, apply: func(t *tx) error {
		t.saveAll = true // so that everything has a key
		t.after = append(t.after, func() { snap = s.db.NewSnapshot() })
		return nil
	}})
	if err != nil {
		return err
	}
	defer snap.Close()
	d := &dumper{ctx: ctx, s: s, w: &view{snap: snap}, give: f}
	for _, step := range []func() error{
		d.meta, d.accounts, d.enrollments, d.records, d.packages, d.lastResorts, d.used, d.rooms, d.receipts, d.envelopes, d.ledger,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// A dumper reads everything of one moment.
type dumper struct {
	ctx   context.Context
	s     *Store
	w     *view
	give  func(*server.Record) error
	first map[identity.Account]uint64 // of mailboxes
}

// each calls f for each record of a kind.
func (d *dumper) each(kind byte, f func(key, value []byte) error) error {
	return d.w.scan([]byte{kind}, func(key, value []byte) (bool, error) {
		if err := d.ctx.Err(); err != nil {
			return false, err
		}
		return true, f(key[1:], value)
	})
}

func (d *dumper) meta() error {
	return d.each(keyMeta, func(key, value []byte) error {
		return d.give(&server.Record{Meta: &server.MetaDump{Name: string(key), Value: value}})
	})
}

func (d *dumper) accounts() error {
	d.first = map[identity.Account]uint64{}
	return d.each(keyAccount, func(key, value []byte) error {
		a := &server.AccountDump{Account: identity.Account(key)}
		r, err := decode[accountRecord](value)
		if err != nil {
			return err
		}
		a.Credential, a.ResetDone = r.Credential, r.ResetDone
		for v := uint64(1); v <= r.Version; v++ {
			l, err := load[server.ListRecord](d.w.get, listKey(a.Account, v))
			if err != nil {
				return missing(err)
			}
			a.Lists = append(a.Lists, *l)
		}
		if err := d.mailbox(a); err != nil {
			return err
		}
		d.s.givenAccount(a)
		return d.give(&server.Record{Account: a})
	})
}

func (d *dumper) mailbox(a *server.AccountDump) error {
	v, err := d.w.get(mailboxKey(a.Account))
	if err != nil {
		return err
	}
	a.First, a.Head, _ = readMailbox(v)
	if len(v) != mailboxSize {
		last, err := lastMail(d.w.snap, a.Account)
		if err != nil {
			return err
		}
		a.Head = max(a.Head, last)
	}
	d.first[a.Account] = a.First
	prefix := join(keyCursor, string(a.Account))
	return d.w.scan(prefix, func(key, value []byte) (bool, error) {
		a.Cursors = append(a.Cursors, server.CursorDump{Device: identity.Device(key[len(prefix):]), Pos: number(value)})
		return true, nil
	})
}

func (d *dumper) enrollments() error {
	return d.each(keyEnrollment, func(key, value []byte) error {
		account, _ := split(key)
		e, err := decode[server.Enrollment](value)
		if err != nil {
			return err
		}
		return d.give(&server.Record{Enrollment: &server.EnrollmentDump{Account: identity.Account(account), Enrollment: *e}})
	})
}

func (d *dumper) records() error {
	return d.each(keyRecord, func(rest, value []byte) error {
		r := &server.RecordDump{Value: value}
		r.Account, r.Kind, r.Key = splitRecord(rest)
		return d.give(&server.Record{Record: r})
	})
}

func (d *dumper) packages() error { return d.each(keyPackage, d.keyPackage) }

func (d *dumper) lastResorts() error { return d.each(keyLastResort, d.keyPackage) }

func (d *dumper) keyPackage(_, value []byte) error {
	k, err := decode[server.KeyPackage](value)
	if err != nil {
		return err
	}
	return d.give(&server.Record{KeyPackage: k})
}

func (d *dumper) used() error {
	return d.each(keyUsed, func(key, value []byte) error {
		device, ref := split(key)
		return d.give(&server.Record{UsedPackage: &server.UsedPackageDump{Device: identity.Device(device), Ref: ref, NotAfter: int64(number(value))}})
	})
}

func (d *dumper) rooms() error {
	return d.each(keyRoom, func(_, value []byte) error {
		r, err := decode[server.Room](value)
		if err != nil {
			return err
		}
		dump := &server.RoomDump{Room: *r}
		seq, err := d.w.get(roomKey(keySeq, r.Room))
		if err != nil {
			return err
		}
		if dump.State, err = d.w.get(roomKey(keyState, r.Room)); err != nil {
			return err
		}
		if dump.Info, err = d.w.get(roomKey(keyInfo, r.Room)); err != nil {
			return err
		}
		named, err := d.w.get(setKey(r.Set))
		if err != nil {
			return err
		}
		dump.Seq, dump.Named = number(seq), string(named) == string(r.Room)
		return d.give(&server.Record{Room: dump})
	})
}

func (d *dumper) receipts() error {
	return d.each(keyReceipt, func(key, value []byte) error {
		r, err := readReceipt(value)
		if err != nil {
			return err
		}
		if len(key) != 4+len(receiptID{}) {
			return fmt.Errorf("%w: a receipt's key", ErrCorrupt)
		}
		return d.give(&server.Record{Receipt: &server.ReceiptDump{Op: receiptID(key[4:]), Receipt: *r}})
	})
}

func (d *dumper) envelopes() error {
	return d.each(keyEnvelope, func(key, value []byte) error {
		id := number(key)
		r, err := readRecord(value)
		if err != nil {
			return err
		}
		if r.old {
			if r.places, err = oldPlaces(d.w.snap, id); err != nil {
				return err
			}
		}
		e := &server.EnvelopeDump{Envelope: r.envelope}
		for _, p := range r.places {
			first, ok := d.first[p.account]
			if !ok { // the mailbox of no account
				v, err := d.w.get(mailboxKey(p.account))
				if err != nil {
					return err
				}
				first, _, _ = readMailbox(v)
			}
			if p.pos >= first {
				e.Places = append(e.Places, server.PlaceDump{Account: p.account, Pos: p.pos + d.s.base})
			}
		}
		if e.Winner, err = d.winner(id, r); err != nil {
			return err
		}
		return d.give(&server.Record{Envelope: e})
	})
}

// winner reports whether Winner finds an envelope.
func (d *dumper) winner(id uint64, r *record) (bool, error) {
	var e wire.Envelope
	if err := r.decode(&e); err != nil || e.Kind != wire.EventCommit && e.Kind != wire.EventOpen {
		return false, err
	}
	v, err := d.w.get(winnerKey(e.Room, server.Epoch{Generation: e.Generation, Epoch: e.Epoch}))
	return bytes.Equal(v, u64(id)), err
}
