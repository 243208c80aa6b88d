package pebblestore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

// Counts says how much a store holds.
type Counts struct {
	Accounts    int `json:"accounts"`
	Lists       int `json:"lists"` // versions of device lists
	Devices     int `json:"devices"`
	Rooms       int `json:"rooms"`
	Records     int `json:"records"` // of accounts
	KeyPackages int `json:"key_packages"`
	Envelopes   int `json:"envelopes"`
	Mail        int `json:"mail"` // places of envelopes in mailboxes
	Receipts    int `json:"receipts"`
}

// Check reads everything as it is now and checks it: records decode, positions
// have no gaps, what a record names is there, counts agree. It calls report for
// each flaw and, at the end, with the counts; it returns ErrCorrupt if there was
// a flaw. The store goes on meanwhile.
func (s *Store) Check(ctx context.Context, report func(string)) error {
	return s.read(func(w *view) error {
		_, err := check(ctx, w.snap, report)
		return err
	})
}

// A checker walks through a database.
type checker struct {
	ctx    context.Context
	r      pebble.Reader
	report func(string)
	flaws  int
	counts Counts
	old    bool                        // format 1
	refs   pages                       // places in mailboxes, by envelope
	heads  map[identity.Account]uint64 // of mailboxes that the tail reaches
	seqs   map[identity.Room]uint64    // likewise of rooms
}

// maxReported bounds the flaws that are told one by one.
const maxReported = 100

func (c *checker) flaw(format string, args ...any) {
	if c.flaws++; c.flaws <= maxReported {
		c.report(fmt.Sprintf(format, args...))
	}
}

func check(ctx context.Context, r pebble.Reader, report func(string)) (Counts, error) {
	c := &checker{
		ctx: ctx, r: r, report: report,
		refs: pages{}, heads: map[identity.Account]uint64{}, seqs: map[identity.Room]uint64{},
	}
	format, err := get(r, []byte{keyFormat})
	if err != nil {
		return c.counts, err
	}
	if len(format) != 1 || format[0] == 0 || format[0] > formatVersion {
		return c.counts, ErrFormat
	}
	if format[0] == 1 { // it has no tail: the upgrade makes one
		c.old = true
	}
	for _, step := range []func() error{c.accounts, c.lists, c.rooms, c.records, c.packages, c.mail, c.mailboxes, c.envelopes, c.released, c.cursors, c.receipts} {
		if err := step(); err != nil {
			report(err.Error())
			return c.counts, err
		}
	}
	report(fmt.Sprintf("%+v", c.counts))
	if c.flaws > 0 {
		return c.counts, fmt.Errorf("%w: %d flaws", ErrCorrupt, c.flaws)
	}
	return c.counts, nil
}

// each calls f for each record of a kind.
func (c *checker) each(kind byte, count *int, f func(key, value []byte) error) error {
	return scan(c.r, []byte{kind}, []byte{kind + 1}, func(key, value []byte) (bool, error) {
		*count++
		if *count%1024 == 0 && c.ctx.Err() != nil {
			return false, c.ctx.Err()
		}
		if err := f(key[1:], value); errors.Is(err, ErrCorrupt) {
			c.flaw("kind %q: %v", kind, err)
		} else if err != nil {
			return false, err
		}
		return true, nil
	})
}

func (c *checker) get(key []byte) ([]byte, error) { return get(c.r, key) }

// split cuts a key at its zero byte.
func split(key []byte) (uri string, rest []byte) {
	before, rest, _ := bytes.Cut(key, []byte{0})
	return string(before), rest
}

func (c *checker) accounts() error {
	return c.each(keyAccount, &c.counts.Accounts, func(key, value []byte) error {
		a, err := decode[accountRecord](value)
		if err != nil {
			return err
		}
		for v := uint64(1); v <= a.Version; v++ {
			if l, err := c.get(listKey(identity.Account(key), v)); err != nil {
				return err
			} else if l == nil {
				c.flaw("an account's device list %d is missing", v)
			}
		}
		return nil
	})
}

func (c *checker) lists() error {
	return c.each(keyList, &c.counts.Lists, func(key, value []byte) error {
		l, err := decode[server.ListRecord](value)
		if _, rest := split(key); err == nil && number(rest) != l.Version {
			c.flaw("a device list of version %d stands at %d", l.Version, number(rest))
		}
		return err
	})
}

func (c *checker) rooms() error {
	return c.each(keyRoom, &c.counts.Rooms, func(key, value []byte) error {
		r, err := decode[server.Room](value)
		if err != nil {
			return err
		}
		if string(r.Room) != string(key) {
			c.flaw("a room stands under another's name")
		}
		for _, kind := range []byte{keyState, keyInfo} {
			if v, err := c.get(roomKey(kind, r.Room)); err != nil {
				return err
			} else if v == nil {
				c.flaw("a room has no group")
			}
		}
		return nil
	})
}

// records checks that each record is an account's, and one of a device that of a
// device that reads.
func (c *checker) records() error {
	return c.each(keyRecord, &c.counts.Records, func(rest, _ []byte) error {
		account, kind, key := splitRecord(rest)
		if a, err := c.get(accountKey(account)); err != nil {
			return err
		} else if a == nil || kind == "" || key == "" {
			c.flaw("a record of kind %q is no account's", kind)
		}
		if !server.OfDevice(kind) {
			return nil
		}
		if cursor, err := c.get(cursorKey(identity.Device(key))); err != nil {
			return err
		} else if cursor == nil {
			c.flaw("a record of kind %q is of a device that has left", kind)
		}
		return nil
	})
}

func (c *checker) packages() error {
	return c.each(keyPackage, &c.counts.KeyPackages, func(_, value []byte) error {
		k, err := decode[server.KeyPackage](value)
		if err != nil {
			return err
		}
		if used, err := c.get(usedKey(k.Device, k.Ref)); err != nil {
			return err
		} else if used == nil {
			c.flaw("a key package could be added twice")
		}
		return nil
	})
}

// mail checks that each mailbox holds what its numbers say, without gaps, and
// counts references.
func (c *checker) mail() error {
	var account string
	var first, last uint64
	end := func() error {
		if account == "" {
			return nil
		}
		return c.mailbox(identity.Account(account), first, last)
	}
	err := c.each(keyMail, &c.counts.Mail, func(key, value []byte) error {
		a, rest := split(key)
		pos := number(rest)
		c.refs.add(number(value))
		if a == account {
			if pos != last+1 {
				c.flaw("a mailbox has position %d after %d", pos, last)
			}
			last = pos
			return nil
		}
		err := end()
		account, first, last = a, pos, pos
		return err
	})
	return errors.Join(err, end())
}

// mailbox compares the positions that have keys with a mailbox's numbers.
func (c *checker) mailbox(a identity.Account, first, last uint64) error {
	v, err := c.get(mailboxKey(a))
	if err != nil {
		return err
	}
	begin, head, _ := readMailbox(v)
	if begin != first || head > last || len(v) == mailboxSize && head != last {
		c.flaw("a mailbox has positions %d to %d, and its numbers are %d to %d", first, last, begin, head)
	}
	return nil
}

// mailboxes finds those that should have mail and have none.
func (c *checker) mailboxes() error {
	return c.each(keyMailbox, new(int), func(key, value []byte) error {
		first, head, _ := readMailbox(value)
		if first > head {
			return nil
		}
		v, err := c.get(mailKey(identity.Account(key), first))
		if err == nil && v == nil {
			c.flaw("a mailbox begins at %d, and nothing is there", first)
		}
		return err
	})
}

// A pages counts references to envelopes.
type pages map[uint64]*[1 << 12]uint32

func (p pages) add(id uint64) {
	page := p[id>>12]
	if page == nil {
		page = new([1 << 12]uint32)
		p[id>>12] = page
	}
	page[id&(1<<12-1)]++
}

// take returns the count of id and forgets it.
func (p pages) take(id uint64) (n uint32) {
	if page := p[id>>12]; page != nil {
		n, page[id&(1<<12-1)] = page[id&(1<<12-1)], 0
	}
	return n
}

func (p pages) left() (n int) {
	for _, page := range p {
		for _, refs := range page {
			if refs != 0 {
				n++
			}
		}
	}
	return n
}

func (c *checker) envelopes() error {
	tail, err := c.get([]byte{keyTail})
	if err != nil {
		return err
	}
	err = c.each(keyEnvelope, &c.counts.Envelopes, func(key, value []byte) error {
		id := number(key)
		r, err := readRecord(value)
		if err != nil {
			return err
		}
		var e wire.Envelope
		if err := cbor.Unmarshal(r.envelope, &e); err != nil {
			return fmt.Errorf("%w: an envelope: %v", ErrCorrupt, err)
		}
		refs := c.refs.take(id)
		if !c.old && id >= number(tail) {
			if refs != 0 {
				c.flaw("an envelope of the tail has keys in mailboxes")
			}
			return c.tail(r, &e)
		}
		released, err := c.get(releasedKey(id))
		if err != nil {
			return err
		}
		let := uint32(0)
		if len(released) == 4 {
			let = binary.BigEndian.Uint32(released)
		}
		if refs+let != r.refs {
			c.flaw("envelope %d is in %d mailboxes and left %d, of %d", id, refs, let, r.refs)
		}
		return nil
	})
	if n := c.refs.left(); n > 0 {
		c.flaw("%d envelopes that mailboxes name are missing", n)
	}
	return err
}

// released finds counts of envelopes that aren't there any more.
func (c *checker) released() error {
	return c.each(keyReleased, new(int), func(key, _ []byte) error {
		v, err := c.get(envelopeKey(number(key)))
		if err == nil && v == nil {
			c.flaw("envelope %d has a count and isn't there", number(key))
		}
		return err
	})
}

// tail checks that an envelope of the tail follows those before it.
func (c *checker) tail(r *record, e *wire.Envelope) error {
	for _, p := range r.places {
		head, err := c.head(p.account)
		if err != nil {
			return err
		}
		if p.pos != head+1 {
			c.flaw("a mailbox has position %d after %d", p.pos, head)
		}
		c.heads[p.account] = p.pos
		c.counts.Mail++
	}
	if r.hasOp {
		c.counts.Receipts++
	}
	if e.Seq == 0 {
		return nil
	}
	seq, ok := c.seqs[e.Room]
	if !ok {
		v, err := c.get(roomKey(keySeq, e.Room))
		if err != nil {
			return err
		}
		seq = number(v)
	}
	if e.Seq != seq+1 {
		c.flaw("a room has seq %d after %d", e.Seq, seq)
	}
	c.seqs[e.Room] = e.Seq
	return nil
}

// head returns the newest position of a mailbox, as far as the tail was read.
func (c *checker) head(a identity.Account) (uint64, error) {
	if head, ok := c.heads[a]; ok {
		return head, nil
	}
	v, err := c.get(mailboxKey(a))
	if err != nil {
		return 0, err
	}
	_, head, _ := readMailbox(v)
	if len(v) == mailboxSize {
		return head, nil
	}
	last, err := lastMail(c.r, a)
	return max(head, last), err
}

func (c *checker) cursors() error {
	return c.each(keyCursor, &c.counts.Devices, func(key, value []byte) error {
		a, _ := split(key)
		head, err := c.head(identity.Account(a))
		if err == nil && number(value) > head {
			c.flaw("a cursor is at %d, beyond the head %d", number(value), head)
		}
		return err
	})
}

func (c *checker) receipts() error {
	return c.each(keyReceipt, &c.counts.Receipts, func(_, value []byte) error {
		_, err := readReceipt(value)
		return err
	})
}
