package pebblestore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"parley/server"
	"parley/wire"
)

// A store that was restored from a backup has forgotten positions and seqs that
// clients have seen. So that none is given again with another content, [Raise]
// moves all of them, once for each restore, by more than can have been given.
//
// Positions are moved without being touched: what the database holds are
// positions above a base, keyBase, which is added on the way out and taken away on
// the way in. A client's position of before is below it, and reads from the
// first envelope that is kept, with a gap in front. Seqs stand in envelopes that
// stay as they are: only the number that each room goes on from is raised.

// Numbers go on at the microseconds of Unix time: nothing gets a million events a
// second for long, so that this is above what was given before now, also after
// another restore of the same backup; and below 2^53, which JSON can tell apart,
// until 2255. raiseStep is for a clock that is behind.
const raiseStep = 1 << 32

// Raise has the store in dir, which nobody serves from, go on above every number
// that a later state of it can have given out before now; unless the clock is
// wrong, also above those of another restore of the same data.
//
// Single-use key packages go: the later state may have given them away, and who
// made them has forgotten their secrets then. Devices publish new ones.
//
// If it breaks off, it is to be called again before anyone serves. Errors are
// those of [Open], or the database's.
func Raise(ctx context.Context, dir string, o Options, now time.Time) (err error) {
	s, err := Open(dir, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	err = s.submit(ctx, operation{alone: true, apply: func(t *tx) error {
		t.saveAll = true // the tail's seqs follow each other
		return nil
	}})
	if err != nil {
		return err
	}
	return s.submit(ctx, operation{alone: true, apply: func(t *tx) error {
		s.views.hold()
		defer s.views.renew(s.db, true)
		return t.b.raise(now)
	}})
}

// raise writes the seqs first, and the base last.
func (b *batcher) raise(now time.Time) error {
	u := &upgrader{db: b.s.db, batch: b.s.db.NewBatch()}
	defer func() { u.batch.Close() }()
	err := scan(b.s.db, []byte{keyRoom}, []byte{keyRoom + 1}, func(key, _ []byte) (bool, error) {
		name := append([]byte{keySeq}, key[1:]...)
		seq, err := b.get(name)
		if err != nil {
			return false, err
		}
		u.set(name, u64(raised(number(seq), now)))
		return true, u.flush(upgradeBatch)
	})
	if err != nil {
		return fmt.Errorf("raising: %w", err)
	}
	base := raised(b.s.base, now)
	u.set([]byte{keyBase}, u64(base))
	err = errors.Join(u.err, u.batch.DeleteRange([]byte{keyPackage}, []byte{keyPackage + 1}, nil))
	if err == nil {
		err = u.batch.Commit(pebble.Sync)
	}
	if err != nil {
		return fmt.Errorf("raising: %w", err)
	}
	b.s.base = base
	clear(b.rooms) // nothing is in the tail
	return nil
}

// raised returns a number above n and above all that were given before now.
func raised(n uint64, now time.Time) uint64 {
	if at := now.UnixMicro(); at > 0 && uint64(at) > n {
		return uint64(at)
	}
	return n + raiseStep
}

// readBase reads what was raised.
func (s *Store) readBase() error {
	v, err := get(s.db, []byte{keyBase})
	if len(v) == 8 {
		s.base = binary.BigEndian.Uint64(v)
	}
	return err
}

// kept returns the position that the database has for one of a client's: 0 for
// one of before the last restore.
func (s *Store) kept(pos uint64) uint64 {
	if pos < s.base {
		return 0
	}
	return pos - s.base
}

// given makes a reply's positions those of clients.
func (s *Store) given(r *wire.RawReadReply) *wire.RawReadReply {
	if s.base == 0 || r == nil {
		return r
	}
	r.Head, r.First, r.Cursor = r.Head+s.base, r.First+s.base, r.Cursor+s.base
	for i := range r.Events {
		r.Events[i].Pos += s.base
	}
	return r
}

// givenAccount does the same for what Dump says of an account.
func (s *Store) givenAccount(a *server.AccountDump) {
	a.First, a.Head = a.First+s.base, a.Head+s.base
	for i := range a.Cursors {
		a.Cursors[i].Pos += s.base
	}
}
