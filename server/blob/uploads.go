package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"

	"parley/identity"
	"parley/server"
)

const (
	copySize  = 256 << 10 // bytes of one read
	syncBytes = 4 << 20   // bytes after which what came of a part is made durable, while more comes
)

// Begin implements [server.Blobs].
func (s *Store) Begin(ctx context.Context, told server.Upload) error {
	if err := errors.Join(ctx.Err(), s.room(told.Size)); err != nil {
		return err
	}
	u := &upload{turn: make(chan struct{}, 1), told: told, mark: mark{sum: sha256.New()}}
	content, err := appendHead(&told)
	if err == nil {
		content, err = appendSlot(content, &u.mark)
	}
	if err != nil {
		return err
	}
	err = writeFile(s.path(told.ID, ".data"), nil)
	if err == nil {
		err = writeFile(s.path(told.ID, ".state"), content)
	}
	if err == nil {
		err = syncDir(s.uploads)
	}
	if err != nil {
		return stored(errors.Join(err, s.removeFiles(told.ID)))
	}
	s.add(u)
	return nil
}

// Upload implements [server.Blobs].
func (s *Store) Upload(ctx context.Context, account identity.Account, id server.UploadID) (server.Upload, error) {
	u, release, err := s.take(ctx, account, id, nil)
	if err != nil {
		return server.Upload{}, err
	}
	defer release()
	return u.get(), nil
}

// Append implements [server.Blobs].
func (s *Store) Append(ctx context.Context, account identity.Account, id server.UploadID, p server.Part) (server.Upload, error) {
	u, release, err := s.take(ctx, account, id, p.Interrupt)
	if err != nil {
		return server.Upload{}, err
	}
	defer release()
	switch told := u.get(); {
	case p.Offset != told.Offset || told.Done:
		return told, server.ErrStale
	case p.Size > told.Size-p.Offset:
		return told, server.ErrTooMany
	}
	data, err := os.OpenFile(s.path(id, ".data"), os.O_WRONLY, 0)
	if err != nil {
		return u.get(), stored(err)
	}
	defer data.Close()
	err = s.appendTo(ctx, u, data, p.Body)
	return u.get(), err
}

// appendTo adds what comes of body. What comes is durable in the end, whatever ends
// it.
func (s *Store) appendTo(ctx context.Context, u *upload, data *os.File, body io.Reader) error {
	state, err := os.OpenFile(s.path(u.told.ID, ".state"), os.O_WRONLY, 0)
	if err != nil {
		return stored(err)
	}
	defer state.Close()
	defer u.setDone(false) // whatever ends it: where the mark is, the next part begins
	buffer := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	next, err := u.mark.clone() // with what isn't durable yet
	behind := syncing{data: data}
	for left := u.told.Size - next.offset; err == nil && left > 0; {
		var n int
		n, err = io.ReadFull(body, (*buffer)[:min(left, copySize)])
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		if _, errWrite := data.WriteAt((*buffer)[:n], next.offset); errWrite != nil {
			return stored(errors.Join(errWrite, behind.wait()))
		}
		next.sum.Write((*buffer)[:n])
		next.offset += int64(n)
		left -= int64(n)
		if err == nil {
			err = ctx.Err()
		}
		if errKeep := s.keepBehind(u, &behind, &next, state); errKeep != nil {
			return errKeep
		}
	}
	if errWait := behind.wait(); errWait != nil {
		return stored(errWait)
	}
	if errKeep := s.keep(u, &next, data, state); errKeep != nil {
		return errKeep
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return err
}

// A syncing makes data durable while more of it comes.
type syncing struct {
	data  *os.File
	point mark       // that becomes durable
	done  chan error // nil: nothing runs
}

// begin makes what is before point durable.
func (b *syncing) begin(point mark) {
	b.point, b.done = point, make(chan error, 1)
	go func(done chan<- error) { done <- b.data.Sync() }(b.done)
}

// wait waits for what runs.
func (b *syncing) wait() error {
	if b.done == nil {
		return nil
	}
	err := <-b.done
	b.done = nil
	return err
}

// ended reports whether something ran and has ended.
func (b *syncing) ended() (bool, error) {
	select {
	case err := <-b.done: // never of nil
		b.done = nil
		return true, err
	default:
		return false, nil
	}
}

// keepBehind has what came become durable meanwhile, and notes what has: after a
// kill it counts. Nobody is told of it before keep.
func (s *Store) keepBehind(u *upload, behind *syncing, next *mark, state *os.File) error {
	ended, err := behind.ended()
	if err != nil {
		return stored(err)
	}
	if ended {
		if err := s.note(u, &behind.point, state); err != nil {
			return err
		}
	}
	if behind.done == nil && next.offset-u.mark.offset >= syncBytes {
		point, err := next.clone()
		if err != nil {
			return err
		}
		behind.begin(point)
	}
	return nil
}

// keep makes next durable, and u's.
func (s *Store) keep(u *upload, next *mark, data, state *os.File) error {
	if next.offset == u.told.Offset {
		return nil
	}
	if err := data.Sync(); err != nil {
		return stored(err)
	}
	if err := s.note(u, next, state); err != nil {
		return err
	}
	if err := state.Sync(); err != nil {
		return stored(err)
	}
	u.synced = next.seq
	u.setDone(false)
	return nil
}

// note writes the slot of next, whose bytes are durable, and makes it u's mark. The
// slot isn't durable yet; the one that was last stays as it is until it is.
func (s *Store) note(u *upload, next *mark, state *os.File) error {
	next.seq = u.synced + 1
	slot, err := appendSlot(nil, next)
	if err != nil {
		return err
	}
	if _, err := state.WriteAt(slot, slotAt(next.seq)); err != nil {
		return stored(err)
	}
	u.mark, err = next.clone()
	return err
}

// Finish implements [server.Blobs].
func (s *Store) Finish(ctx context.Context, account identity.Account, id server.UploadID, keep func(server.BlobID) error) (server.Upload, error) {
	u, release, err := s.take(ctx, account, id, nil)
	if err != nil {
		return server.Upload{}, err
	}
	defer release()
	told := u.get()
	switch {
	case told.Done:
		return told, nil
	case told.Offset != told.Size:
		return told, server.ErrStale
	}
	blob := server.BlobID(u.mark.sum.Sum(nil))
	if err := keep(blob); err != nil {
		return told, err
	}
	if err := s.put(ctx, &told, blob); err != nil {
		return told, stored(err)
	}
	state, err := os.OpenFile(s.path(id, ".state"), os.O_WRONLY, 0)
	if err != nil {
		return told, stored(err)
	}
	defer state.Close()
	next, err := u.mark.clone()
	if err != nil {
		return told, err
	}
	next.done = true
	if err := s.note(u, &next, state); err != nil { // should it be lost, Finish finds the object
		return told, err
	}
	u.setDone(true)
	remove(s.path(id, ".data")) // if it stays, expiry takes it
	return u.get(), nil
}

// put makes an object of what was uploaded, unless it is one since an earlier
// try.
func (s *Store) put(ctx context.Context, told *server.Upload, blob server.BlobID) error {
	there, err := s.objects.Has(ctx, blob, told.Size)
	if err != nil || there {
		return err
	}
	return s.objects.Put(ctx, blob, s.path(told.ID, ".data"), told.Size)
}

// Cancel implements [server.Blobs].
func (s *Store) Cancel(ctx context.Context, account identity.Account, id server.UploadID) error {
	u, release, err := s.take(ctx, account, id, nil)
	if err != nil {
		return err
	}
	defer release()
	u.gone = true
	s.drop(u)
	return stored(s.removeFiles(id))
}

// ExpireUploads implements [server.Blobs].
func (s *Store) ExpireUploads(ctx context.Context, now int64) error {
	var due []server.Upload
	s.mu.Lock()
	for _, u := range s.byID {
		if told := u.get(); told.ExpiresMS < now {
			due = append(due, told)
		}
	}
	s.mu.Unlock()
	for _, u := range due {
		err := s.Cancel(ctx, u.Account, u.ID)
		if err != nil && !errors.Is(err, server.ErrBusy) && !errors.Is(err, server.ErrNotFound) {
			return err
		}
	}
	return nil
}
