package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"parley/identity"
	"parley/server"
)

var _ server.Blobs = (*Store)(nil)

// Options say where a [Store] keeps things.
type Options struct {
	Uploads string  // directory of this machine, and of this process alone
	Objects Objects // keeps what is whole: of OpenDisk or OpenS3
	// Free returns how many bytes may still be stored in Uploads. Nil: nobody knows.
	Free func() (int64, error)
}

// Objects keeps whole blobs. Its methods are safe for concurrent use.
type Objects interface {
	// Put stores the file path, of size bytes, as blob: durably, or not at
	// all. It may take the file away. If blob is there already it may do nothing.
	Put(ctx context.Context, blob server.BlobID, path string, size int64) error
	// Has reports whether there is such a blob, of size bytes.
	Has(ctx context.Context, blob server.BlobID, size int64) (bool, error)
	// Open reads n bytes from an offset, or server.ErrNotFound.
	Open(ctx context.Context, blob server.BlobID, from, n int64) (io.ReadCloser, error)
	// Delete deletes a blob, if there is one.
	Delete(ctx context.Context, blob server.BlobID) error
}

// A Store is a server.Blobs. [Open] makes one. Uploads are known to it alone.
type Store struct {
	opts    Options
	objects Objects
	uploads string // directory
	buffers sync.Pool

	mu   sync.Mutex // guards what follows
	byID map[server.UploadID]*upload
	of   map[identity.Account]map[*upload]bool
}

// Open opens a directory, and makes it where there is none. What a process that
// was killed left half-begun goes.
func Open(opts Options) (*Store, error) {
	s := &Store{
		opts: opts, objects: opts.Objects, uploads: opts.Uploads,
		byID: map[server.UploadID]*upload{}, of: map[identity.Account]map[*upload]bool{},
	}
	s.buffers.New = func() any { b := make([]byte, copySize); return &b }
	if err := makeDirs(s.uploads); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return s, nil
}

// load finds the uploads that are under way.
func (s *Store) load() error {
	entries, err := os.ReadDir(s.uploads)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, kind, _ := strings.Cut(e.Name(), ".")
		id, ok := server.ParseUploadID(name)
		if !ok || kind != "state" {
			continue
		}
		h, m, err := readState(filepath.Join(s.uploads, e.Name()))
		if err != nil { // it was killed while it began: nobody was told of it
			if err := s.removeFiles(id); err != nil {
				return err
			}
			continue
		}
		if err := syncFile(filepath.Join(s.uploads, e.Name())); err != nil {
			return err
		}
		u := &upload{turn: make(chan struct{}, 1), mark: m, synced: m.seq}
		u.told = server.Upload{ID: id, Account: h.Account, Size: h.Size, Offset: m.offset, ExpiresMS: h.ExpiresMS}
		u.setDone(m.done)
		s.add(u)
	}
	return s.dropStray(entries)
}

// dropStray removes data that has no state.
func (s *Store) dropStray(entries []os.DirEntry) error {
	for _, e := range entries {
		name, kind, _ := strings.Cut(e.Name(), ".")
		id, ok := server.ParseUploadID(name)
		if ok && kind == "data" && s.byID[id] == nil {
			if err := s.removeFiles(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// An upload is one under way. Who has its turn may change it.
type upload struct {
	turn chan struct{} // holds one value while somebody has the turn
	mark mark          // of who has the turn, as what follows
	gone bool          // cancelled

	synced uint64 // sequence number of the slot that is durable

	mu        sync.Mutex    // guards what follows
	told      server.Upload // ID, Account, Size and ExpiresMS never change
	interrupt func()
}

func (u *upload) get() server.Upload {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.told
}

// setDone notes the blob that the upload became.
func (u *upload) setDone(done bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.told.Offset = u.mark.offset; done {
		u.told.Done = true
		u.mark.sum.Sum(u.told.Blob[:0])
	}
}

// turnTime bounds the wait for who was asked to end.
const turnTime = 10 * time.Second

// take takes the turn of an upload from who has it: release gives it back.
func (s *Store) take(ctx context.Context, account identity.Account, id server.UploadID, interrupt func()) (u *upload, release func(), err error) {
	s.mu.Lock()
	u = s.byID[id]
	s.mu.Unlock()
	if u == nil || u.told.Account != account {
		return nil, nil, server.ErrNotFound
	}
	select {
	case u.turn <- struct{}{}:
	default:
		if err := u.wait(ctx); err != nil {
			return nil, nil, err
		}
	}
	if u.gone {
		<-u.turn
		return nil, nil, server.ErrNotFound
	}
	u.setInterrupt(interrupt)
	return u, func() {
		u.setInterrupt(nil)
		<-u.turn
	}, nil
}

// wait asks who has the turn to end, and takes it then.
func (u *upload) wait(ctx context.Context) error {
	u.mu.Lock()
	interrupt := u.interrupt
	u.interrupt = nil
	u.mu.Unlock()
	if interrupt != nil {
		interrupt()
	}
	timer := time.NewTimer(turnTime)
	defer timer.Stop()
	select {
	case u.turn <- struct{}{}:
		return nil
	case <-timer.C:
		return server.ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (u *upload) setInterrupt(f func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.interrupt = f
}

func (s *Store) add(u *upload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[u.told.ID] = u
	if s.of[u.told.Account] == nil {
		s.of[u.told.Account] = map[*upload]bool{}
	}
	s.of[u.told.Account][u] = true
}

func (s *Store) drop(u *upload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, u.told.ID)
	all := s.of[u.told.Account]
	if delete(all, u); len(all) == 0 {
		delete(s.of, u.told.Account)
	}
}

// Pending implements [server.Blobs].
func (s *Store) Pending(account identity.Account) (n int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for u := range s.of[account] {
		if told := u.get(); !told.Done {
			n++
			bytes += told.Size
		}
	}
	return n, bytes
}

func (s *Store) path(id server.UploadID, kind string) string {
	return filepath.Join(s.uploads, id.String()+kind)
}

// removeFiles removes what there is of an upload; the state last, so that nothing
// is left that nobody finds.
func (s *Store) removeFiles(id server.UploadID) error {
	return errors.Join(remove(s.path(id, ".data")), remove(s.path(id, ".state")))
}

// room returns ErrUnavailable unless n more bytes may be stored.
func (s *Store) room(n int64) error {
	if s.opts.Free == nil {
		return nil
	}
	free, err := s.opts.Free()
	if err != nil {
		return stored(err)
	}
	if free < n {
		return fmt.Errorf("%w: no room for attachments", server.ErrUnavailable)
	}
	return nil
}

// Open implements [server.Blobs].
func (s *Store) Open(ctx context.Context, blob server.BlobID, from, n int64) (io.ReadCloser, error) {
	return s.objects.Open(ctx, blob, from, n)
}

// Delete implements [server.Blobs].
func (s *Store) Delete(ctx context.Context, blob server.BlobID) error {
	return s.objects.Delete(ctx, blob)
}
