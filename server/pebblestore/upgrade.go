package pebblestore

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"parley/server"
)

// checkFormat makes a new database, upgrades an old one, or returns ErrFormat.
func (s *Store) checkFormat() error {
	if v, err := get(s.db, []byte{keyLoading}); err != nil || v != nil {
		if v != nil {
			err = ErrHalf
		}
		return err
	}
	format, err := get(s.db, []byte{keyFormat})
	switch {
	case err != nil:
		return err
	case format == nil:
		return s.makeNew()
	case len(format) == 1 && format[0] == 1:
		return s.upgrade()
	case len(format) != 1 || format[0] != formatVersion:
		return ErrFormat
	}
	return nil
}

func (s *Store) makeNew() error {
	if it, err := s.db.NewIter(nil); err != nil {
		return err
	} else if there := it.First(); it.Close() != nil || there {
		return ErrFormat // a database, and not ours
	}
	if err := s.roomLeft(); err != nil {
		return err
	}
	if err := s.db.Set([]byte{keyFormat}, []byte{formatVersion}, pebble.Sync); err != nil {
		return err
	}
	// A new database begins with a log whose damage can't be told from its
	// end; the next log has marks for that.
	return s.db.Flush()
}

// upgradeBatch is how large a batch of the upgrade becomes, in bytes.
const upgradeBatch = 4 << 20

// upgrade brings format 1, of v0.1.0, to format 2. It only adds keys, and the
// last batch changes the format: if it breaks off, the next start begins anew.
//
// An envelope of format 1 doesn't say where it is: its places are added. Sweep
// needs to know what falls due: that is added too.
func (s *Store) upgrade() error {
	s.opts.Logger.Info("upgrading the data directory to format 2; an older version can't open it any more")
	u := &upgrader{db: s.db, batch: s.db.NewBatch()}
	defer func() { u.batch.Close() }()
	for kind, f := range map[byte]func(key, value []byte) error{
		keyMail: u.mail, keyPackage: u.keyPackage, keyUsed: u.used, keyEnrollment: u.enrollment,
	} {
		err := scan(s.db, []byte{kind}, []byte{kind + 1}, func(key, value []byte) (bool, error) {
			if err := f(key, value); err != nil {
				return false, err
			}
			return true, u.flush(upgradeBatch)
		})
		if err != nil {
			return fmt.Errorf("upgrading: %w", err)
		}
	}
	if err := u.flush(0); err != nil {
		return err
	}
	next, err := get(s.db, []byte{keyNext})
	if err != nil {
		return err
	}
	u.set([]byte{keyTail}, u64(max(number(next), 1)))
	u.set([]byte{keyFormat}, []byte{formatVersion})
	if err := u.batch.Delete([]byte{keyNext}, nil); err != nil {
		return err
	}
	return u.batch.Commit(pebble.Sync)
}

type upgrader struct {
	db    *pebble.DB
	batch *pebble.Batch
	err   error
}

func (u *upgrader) set(key, value []byte) {
	if err := u.batch.Set(key, value, nil); err != nil && u.err == nil {
		u.err = err
	}
}

// flush writes the batch if it has more than max bytes.
func (u *upgrader) flush(max int) error {
	if u.err != nil || u.batch.Empty() || u.batch.Len() <= max {
		return u.err
	}
	if err := u.batch.Commit(pebble.NoSync); err != nil {
		return err
	}
	u.batch.Reset()
	return nil
}

func (u *upgrader) mail(key, value []byte) error {
	account, pos := split(key[1:])
	u.set(append(idKey(keyOldPlace, number(value)), account...), pos)
	return nil
}

func (u *upgrader) due(ms int64, key []byte) { u.set(dueKey(ms, key), nil) }

func (u *upgrader) keyPackage(key, value []byte) error {
	k, err := decode[server.KeyPackage](value)
	if err == nil {
		u.due(1000*k.NotAfter, key)
	}
	return err
}

func (u *upgrader) used(key, value []byte) error {
	u.due(1000*int64(number(value)), key)
	return nil
}

func (u *upgrader) enrollment(key, value []byte) error {
	e, err := decode[server.Enrollment](value)
	if err == nil {
		u.due(e.Expires, key)
	}
	return err
}
