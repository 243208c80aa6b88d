package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"parley/identity"
	"parley/server"
)

// What [Open] answers, beside errors of the file system.
var (
	// ErrLocked: another process serves from this directory.
	ErrLocked = errors.New("pebblestore: the data directory is in use by another process")
	// ErrCorrupt: the data is damaged. The store refuses to serve it.
	ErrCorrupt = errors.New("pebblestore: the data is damaged")
	// ErrFormat: the data was written by a newer program, or isn't ours.
	ErrFormat = errors.New("pebblestore: unknown data format")
	// ErrHalf: a Load into this directory broke off. What is there is no whole
	// store; empty the directory and load again.
	ErrHalf = errors.New("pebblestore: the data was loaded only in part")
	// ErrFull: the disk takes no more, or what is on it can't be recovered for
	// that. Nothing is lost: make room, and open again if Open said so.
	ErrFull = errors.New("pebblestore: no room on the disk")
)

// formatVersion is the version of keys.go. Version 1 is read and upgraded: see
// upgrade.go.
const formatVersion = 2

// DefaultReserve is the free disk space below which nothing is taken any more.
const DefaultReserve = 16 << 20 // bytes

// Options are what one may choose. The zero value is right.
type Options struct {
	Logger  *slog.Logger // nil: slog.Default
	Reserve uint64       // bytes of disk to leave free; 0: DefaultReserve
	FS      vfs.FS       // nil: the disk
	Cache   int64        // bytes of block cache; 0: 64 MiB
	Window  int          // bytes of newest envelopes to keep in memory; 0: 64 MiB

	// MaxBytes bounds the store's size on disk, 0: only the disk does. Above it
	// what stores something answers server.ErrUnavailable; reads,
	// acknowledgements and Sweep go on and make room again.
	MaxBytes uint64
	// MailboxEvents and MailboxBytes bound what one account's mailbox holds.
	// Beyond them the oldest goes, and First moves on. 0: DefaultMailboxEvents,
	// DefaultMailboxBytes.
	MailboxEvents uint64
	MailboxBytes  uint64

	maxBoxes  int           // mailboxes in memory
	tail      int           // envelopes in the tail
	sizeEvery time.Duration // how often the size on disk is looked at
}

// Defaults of [Options].
const (
	DefaultMailboxEvents = 1 << 18
	DefaultMailboxBytes  = 1 << 30
)

var _ server.Store = (*Store)(nil)

// A Store is a server.Store in a directory. Close it at the end.
type Store struct {
	db     *pebble.DB
	dir    string
	opts   Options
	queue  *queue
	stop   chan struct{} // closed by Close
	done   chan struct{} // closed when the batcher has ended
	once   sync.Once
	failed atomic.Pointer[error] // why nothing is written any more
	broken chan struct{}         // closed once failed is set

	opening   atomic.Bool   // Open is under way
	newestLog atomic.Uint64 // the number of Pebble's newest log
	compacted atomic.Int64  // when makeRoom did, Unix nanoseconds
	loading   atomic.Bool   // Load is under way, or has failed

	base    uint64 // see raise.go; set before anyone reads
	batcher *batcher
	learned chan struct{} // closed when learn has ended
	rooms   roomCache
	views   views
	boxes   boxes
	stats   stats
}

// Open opens the store in dir and makes it where there is none. It recovers
// whatever an earlier process had acknowledged. Errors: ErrLocked, ErrCorrupt,
// ErrFormat, ErrFull, or the file system's.
func Open(dir string, o Options) (*Store, error) {
	o = o.withDefaults()
	s := &Store{
		dir: dir, opts: o,
		queue: newQueue(), stop: make(chan struct{}), done: make(chan struct{}),
		broken: make(chan struct{}), learned: make(chan struct{}),
	}
	if err := o.FS.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("pebblestore: %w", err)
	}
	lock, err := lockDirectory(dir, o.FS)
	if err != nil {
		return nil, err
	}
	if err := s.openDB(lock); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	go s.learn(s.views.acquire(s.db))
	go s.batcher.run()
	return s, lock.Close() // the database holds it too, until it is closed
}

// lockDirectory makes this process the only one in dir. ErrLocked if another is;
// where the disk takes no lock, its own error.
func lockDirectory(dir string, fs vfs.FS) (*pebble.Lock, error) {
	lock, err := pebble.LockDirectory(dir, fs)
	switch {
	case err == nil:
		return lock, nil
	case errors.Is(err, syscall.EROFS), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EIO):
		return nil, fmt.Errorf("pebblestore: the directory can't be locked: %w", err)
	}
	return nil, fmt.Errorf("%w: %v", ErrLocked, err)
}

// openRetries is how many writes of the recovery may fail before Open gives up:
// Pebble itself would try for ever.
const openRetries = 5

// openDB opens the database and begins. If the recovery can't write, it returns
// ErrFull, and the database is left to try on: the process is expected to end.
func (s *Store) openDB(lock *pebble.Lock) error {
	opts := s.pebbleOptions(lock)
	var failures atomic.Int32
	stuck := make(chan error, 1)
	report := opts.EventListener.BackgroundError
	opts.EventListener.BackgroundError = func(err error) {
		if !s.opening.Load() {
			report(err)
			return
		}
		switch n := failures.Add(1); {
		case n < openRetries:
			report(err)
		case n == openRetries:
			stuck <- err
		default: // it tries on, without a pause
			time.Sleep(time.Second)
		}
	}
	s.opening.Store(true)
	done := make(chan error, 1)
	go func() { done <- s.begin(opts) }()
	select {
	case err := <-done:
		s.opening.Store(false)
		return err
	case err := <-stuck:
		return fmt.Errorf("%w: %v", ErrFull, err)
	}
}

// begin opens the database and has the batcher recover.
func (s *Store) begin(opts *pebble.Options) (err error) {
	if s.db, err = pebble.Open(s.dir, opts); err != nil {
		return openError(err)
	}
	s.batcher = newBatcher(s)
	if err := s.batcher.start(); err != nil {
		return errors.Join(openError(err), s.batcher.batch.Close(), s.db.Close())
	}
	return nil
}

// Sizes of a memtable, in bytes. Pebble sets as much of the disk aside for the log.
const (
	maxMemTable = 128 << 20 // what most messages don't outlive
	minMemTable = 4 << 20
)

// memTableSize leaves a small disk room for more than the log.
func memTableSize(fs vfs.FS, dir string) uint64 {
	usage, err := fs.GetDiskUsage(dir)
	if err != nil {
		return maxMemTable
	}
	return min(max(usage.TotalBytes/32, minMemTable), maxMemTable)
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Reserve == 0 {
		o.Reserve = DefaultReserve
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Cache == 0 {
		o.Cache = 64 << 20
	}
	if o.Window == 0 {
		o.Window = 64 << 20
	}
	if o.MailboxEvents == 0 {
		o.MailboxEvents = DefaultMailboxEvents
	}
	if o.MailboxBytes == 0 {
		o.MailboxBytes = DefaultMailboxBytes
	}
	if o.tail == 0 {
		o.tail = tailLength
	}
	if o.maxBoxes == 0 {
		o.maxBoxes = maxBoxes
	}
	if o.sizeEvery == 0 {
		o.sizeEvery = roomEvery
	}
	return o
}

func (s *Store) pebbleOptions(lock *pebble.Lock) *pebble.Options {
	log := &logger{store: s}
	opts := &pebble.Options{
		FS: s.opts.FS, Lock: lock, Logger: log, CacheSize: s.opts.Cache,
		FormatMajorVersion:          pebble.FormatNewest,
		MemTableSize:                memTableSize(s.opts.FS, s.dir),
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       24,
		EventListener: &pebble.EventListener{
			BackgroundError: func(err error) { log.Errorf("background: %v", err) },
			WALCreated:      func(info pebble.WALCreateInfo) { s.newestLog.Store(uint64(info.FileNum)) },
			DataCorruption:  func(info pebble.DataCorruptionInfo) { s.fail(fmt.Errorf("%w: %v", ErrCorrupt, info)) },
		},
	}
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return opts
}

func openError(err error) error {
	switch {
	case pebble.IsCorruptionError(err), errors.Is(err, ErrCorrupt):
		return fmt.Errorf("%w: %v", ErrCorrupt, err)
	case errors.Is(err, ErrFormat), errors.Is(err, ErrHalf), errors.Is(err, ErrFull), errors.Is(err, os.ErrPermission):
		return err
	case strings.Contains(err.Error(), "format major version"):
		return fmt.Errorf("%w: %v", ErrFormat, err)
	case ofFileSystem(err):
		return fmt.Errorf("pebblestore: opening: %w", err)
	}
	// What Pebble says about files that it can't make sense of isn't always
	// marked as corruption.
	return fmt.Errorf("%w: %v", ErrCorrupt, err)
}

// ofFileSystem reports whether the file system said err, rather than a file.
func ofFileSystem(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	var call *os.SyscallError
	var number syscall.Errno
	return errors.As(err, &path) || errors.As(err, &link) || errors.As(err, &call) || errors.As(err, &number)
}

// Close ends the store. Operations that run get server.ErrUnavailable or their
// result; nothing acknowledged is lost.
func (s *Store) Close() (err error) {
	s.once.Do(func() {
		close(s.stop)
		s.queue.close()
		<-s.done
		<-s.learned
		s.views.close()
		if s.Err() == nil && s.roomLeft() == nil {
			// Tables tell damage better than the end of a log, and the next start
			// is shorter.
			err = s.db.Flush()
		}
		err = errors.Join(err, s.db.Close())
	})
	return err
}

// roomLeft returns ErrFull where the disk has no room for a group, nor for what Pebble
// does besides: where it can't begin another log, as in a flush, it ends the process.
func (s *Store) roomLeft() error {
	usage, err := s.opts.FS.GetDiskUsage(s.dir)
	if err == nil && usage.AvailBytes < s.opts.Reserve+groupBytes {
		return ErrFull
	}
	return nil
}

// Err returns why the store takes no writes any more, or nil. Only a new start
// repairs it: the database on disk is as it was before the failed write.
func (s *Store) Err() error {
	if err := s.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// fail makes the store refuse all further writes.
func (s *Store) fail(err error) {
	if !s.failed.CompareAndSwap(nil, &err) {
		return
	}
	if s.broken != nil {
		defer close(s.broken) // last: who waits for it may end the process, and nobody would read why
	}
	if errors.Is(err, ErrCorrupt) {
		s.opts.Logger.Error("the store is damaged and takes nothing more: stop the server, run `parley doctor` on the data directory, and restore a backup", "error", err)
		return
	}
	s.opts.Logger.Error("the store failed; restart the server to recover what was acknowledged", "error", err)
}

// Failed is closed once [Store.Err] isn't nil: the server should end then.
func (s *Store) Failed() <-chan struct{} { return s.broken }

func (s *Store) stopping() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// unreadable reports whether the store is closed, or a Load has begun and not
// ended well.
func (s *Store) unreadable() bool { return s.loading.Load() || s.stopping() }

// A logger is what Pebble tells. A fatal error stops the writing, not the
// process.
type logger struct{ store *Store }

func (l *logger) Infof(string, ...any) {}

func (l *logger) Errorf(format string, args ...any) {
	l.store.opts.Logger.Error("pebble", "error", fmt.Sprintf(format, args...))
}

func (l *logger) Fatalf(format string, args ...any) { l.store.fail(fmt.Errorf(format, args...)) }

// Meta implements [server.Store].
func (s *Store) Meta(ctx context.Context, name string, first []byte) ([]byte, error) {
	key := append([]byte{keyMeta}, name...)
	first = bytes.Clone(first)
	var meta []byte
	err := s.do(ctx, func(t *tx) (err error) {
		if meta, err = t.get(key); err != nil || meta != nil {
			return err
		}
		meta = first
		t.set(key, meta)
		return nil
	})
	return meta, err
}

// A roomCache holds durable rooms, decoded. The batcher replaces what it
// changes; a reader adds what it had to read.
type roomCache struct {
	mu    sync.RWMutex // guards rooms
	rooms map[identity.Room]*server.Room
}

const maxCachedRooms = 1 << 14

func (c *roomCache) get(room identity.Room) *server.Room {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.rooms[room]
}

// put keeps r if valid, called under the lock, allows it.
func (c *roomCache) put(r *server.Room, valid func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !valid() {
		return
	}
	if c.rooms == nil || len(c.rooms) >= maxCachedRooms {
		c.rooms = map[identity.Room]*server.Room{}
	}
	c.rooms[r.Room] = r
}
