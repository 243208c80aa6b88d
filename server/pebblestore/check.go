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
	refs   map[uint64]uint32 // places in mailboxes, by envelope
}

// maxReported bounds the flaws that are told one by one.
const maxReported = 100

func (c *checker) flaw(format string, args ...any) {
	if c.flaws++; c.flaws <= maxReported {
		c.report(fmt.Sprintf(format, args...))
	}
}

func check(ctx context.Context, r pebble.Reader, report func(string)) (Counts, error) {
	c := &checker{ctx: ctx, r: r, report: report, refs: map[uint64]uint32{}}
	format, err := get(r, []byte{keyFormat})
	if err != nil {
		return c.counts, err
	}
	if len(format) != 1 || format[0] != formatVersion {
		return c.counts, ErrFormat
	}
	for _, step := range []func() error{c.accounts, c.lists, c.rooms, c.packages, c.mail, c.envelopes, c.cursors, c.receipts} {
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

// mail checks that each mailbox's positions have no gaps, and counts references.
func (c *checker) mail() error {
	var account string
	var last uint64
	return c.each(keyMail, &c.counts.Mail, func(key, value []byte) error {
		a, rest := split(key)
		if pos := number(rest); a == account && pos != last+1 {
			c.flaw("a mailbox has position %d after %d", pos, last)
		}
		account, last = a, number(rest)
		c.refs[number(value)]++
		return nil
	})
}

func (c *checker) envelopes() error {
	err := c.each(keyEnvelope, &c.counts.Envelopes, func(key, value []byte) error {
		id := number(key)
		r, err := decode[rawRecord](value)
		if err != nil {
			return err
		}
		var e wire.Envelope
		if err := cbor.Unmarshal(r.Envelope, &e); err != nil {
			return fmt.Errorf("%w: an envelope: %v", ErrCorrupt, err)
		}
		released, err := c.get(releasedKey(id))
		if err != nil {
			return err
		}
		let := uint32(0)
		if len(released) == 4 {
			let = binary.BigEndian.Uint32(released)
		}
		if c.refs[id]+let != r.Refs {
			c.flaw("an envelope is in %d mailboxes and left %d, of %d", c.refs[id], let, r.Refs)
		}
		delete(c.refs, id)
		return nil
	})
	if len(c.refs) > 0 {
		c.flaw("%d envelopes that mailboxes name are missing", len(c.refs))
	}
	return err
}

func (c *checker) cursors() error {
	return c.each(keyCursor, &c.counts.Devices, func(key, value []byte) error {
		a, _ := split(key)
		head, err := head0(c.r, identity.Account(a))
		if err == nil && number(value) > head {
			c.flaw("a cursor is at %d, beyond the head %d", number(value), head)
		}
		return err
	})
}

func (c *checker) receipts() error {
	return c.each(keyReceipt, &c.counts.Receipts, func(_, value []byte) error {
		_, err := decode[server.Receipt](value)
		return err
	})
}
