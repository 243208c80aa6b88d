package pebblestore

import (
	"context"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Small returns o for a store that keeps next to nothing in memory, so that few
// operations reach every path.
func Small(o Options) Options {
	o.Window, o.tail, o.maxBoxes = 4<<10, 5, 2
	return o
}

// OftenSized returns o for a store that looks at its size at each group.
func OftenSized(o Options) Options {
	o.sizeEvery = time.Nanosecond
	return o
}

// VerifyOn is Verify on another file system than the disk.
func VerifyOn(ctx context.Context, dir string, fs vfs.FS) error {
	_, err := verify(ctx, dir, fs, func(string) {})
	return err
}

// SetRaw writes a key behind the batcher's back.
func (s *Store) SetRaw(key, value []byte) error { return s.db.Set(key, value, nil) }

// CompactAll rewrites all that the database holds.
func (s *Store) CompactAll(ctx context.Context) error {
	if err := s.db.Flush(); err != nil {
		return err
	}
	return s.db.Compact(ctx, []byte{0}, []byte{0xff}, true)
}
