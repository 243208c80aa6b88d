//go:build !js

package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"parley/identity"
	"parley/media"
	"parley/wire"
)

// Errors of attachments that a caller may match.
var (
	ErrNoBlobs     = errors.New("client: this server takes no attachments")
	ErrLargeFile   = errors.New("client: the file is larger than the server takes")
	ErrBadBlob     = errors.New("client: the attachment isn't what its sender named")
	ErrWrongUpload = errors.New("client: the server has another blob than was sent")
)

// A File is what [Client.Attach] attaches: its bytes, and what is said of it. Of
// Attachment the caller gives Role, Type, Name, Alt and what is shown before the
// attachment is there; the rest is filled in.
type File struct {
	Attachment
	Data  io.Reader // read once
	Bytes int64     // how many Data has
}

// Attach seals files, uploads them and posts the message o with them: see
// [Client.Post]. progress, which may be nil, is told how many bytes of how many are
// uploaded. It returns when the message is in the outbox.
//
// A drop of the connection is waited out. What a process that ended had uploaded is
// forgotten by the server after a while; nothing was said of it. Errors: as of Post,
// before anything is uploaded where that can be known; ErrNoBlobs, ErrLargeFile,
// ErrOffline, a *wire.Error with quota; those of Data.
func (c *Client) Attach(ctx context.Context, room identity.Room, o Outgoing, files []File, progress func(done, of int64)) (MessageID, error) {
	blobs, ok := c.cfg.Transport.(Blobs)
	if !ok {
		return MessageID{}, ErrNoBlobs
	}
	if err := c.mayAttach(ctx, room, o, files); err != nil {
		return MessageID{}, err
	}
	var of, done int64
	for i := range files {
		of += media.SealedSize(files[i].Bytes)
	}
	for i := range files {
		a, err := c.upload(ctx, blobs, &files[i], func(sent int64) {
			if progress != nil {
				progress(done+sent, of)
			}
		})
		if err != nil {
			return MessageID{}, err
		}
		done += a.Sealed
		o.Attachments = append(o.Attachments, *a)
	}
	return c.Post(ctx, room, o)
}

// AttachTo attaches files to the conversation of a set of people: see [Client.Attach]
// and [Client.SendTo].
func (c *Client) AttachTo(ctx context.Context, names []string, o Outgoing, files []File, progress func(done, of int64)) (MessageID, error) {
	set, err := c.set(names)
	if err != nil {
		return MessageID{}, err
	}
	room, err := c.openRoom(ctx, opening{set: set})
	if err != nil {
		return MessageID{}, err
	}
	return c.Attach(ctx, room, o, files, progress)
}

// Flush sends what waits in the outbox. If the message id, which [Client.Attach]
// returned, can't be sent now the error wraps ErrQueued.
func (c *Client) Flush(ctx context.Context, id MessageID) error {
	c.netMu.Lock()
	defer c.netMu.Unlock()
	return c.flushUntil(ctx, id)
}

// errUndo ends a step that was only to judge.
var errUndo = errors.New("client: undo")

// mayAttach refuses what would be refused when all is uploaded.
func (c *Client) mayAttach(ctx context.Context, room identity.Room, o Outgoing, files []File) error {
	if len(files) == 0 {
		return ErrEmpty
	}
	limits, err := c.blobLimits(ctx)
	if err != nil {
		return err
	}
	for i := range files {
		f := &files[i]
		if f.Bytes < 0 || media.SealedSize(f.Bytes) > limits.Size {
			return fmt.Errorf("%w: at most %d bytes", ErrLargeFile, limits.Size)
		}
		a := f.Attachment // with names that differ, as they will
		a.Blob, a.Size, a.Sealed = [32]byte{byte(i), 1}, f.Bytes, media.SealedSize(f.Bytes)
		o.Attachments = append(o.Attachments[:i:i], a)
	}
	d, err := textDraft(o)
	if err != nil {
		return err
	}
	err = c.step(ctx, func(t *tx) error {
		if !o.Reply.IsZero() {
			if _, err := t.target(o.Reply, false); err != nil {
				return err
			}
		}
		if _, err := t.compose(room, d); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

// blobLimits returns what the server takes, or ErrNoBlobs.
func (c *Client) blobLimits(ctx context.Context) (*wire.BlobLimits, error) {
	if c.limits.Load() == nil {
		info, err := Info(ctx, c.cfg.Transport)
		if err != nil {
			return nil, err
		}
		c.LearnLimits(info.Blobs)
	}
	if l := c.limits.Load(); l.Size > 0 {
		return l, nil
	}
	return nil, ErrNoBlobs
}

// A memory is a Scratch that takes as much memory as it holds.
type memory struct{ bytes []byte }

// Write implements [io.Writer].
func (m *memory) Write(p []byte) (int, error) {
	m.bytes = append(m.bytes, p...)
	return len(p), nil
}

// ReadAt implements [io.ReaderAt].
func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(m.bytes).ReadAt(p, off)
}

// Close implements [io.Closer].
func (m *memory) Close() error { m.bytes = nil; return nil }

// upload seals a file and uploads the blob.
func (c *Client) upload(ctx context.Context, blobs Blobs, f *File, progress func(sent int64)) (*Attachment, error) {
	var scratch Scratch = new(memory)
	if c.cfg.Scratch != nil {
		var err error
		if scratch, err = c.cfg.Scratch(); err != nil {
			return nil, err
		}
	}
	defer scratch.Close()
	sealed, err := media.Seal(scratch, f.Data, f.Bytes, media.NewKey())
	if err != nil {
		return nil, err
	}
	access := &access{c: c}
	blob, err := blobs.Upload(ctx, access.token, scratch, sealed.SealedSize, func(sent int64) {
		access.asked = 0
		progress(sent)
	})
	if err != nil {
		return nil, err
	}
	if blob != sealed.Blob {
		return nil, ErrWrongUpload
	}
	a := f.Attachment
	a.Blob, a.Key, a.Hash, a.Size, a.Sealed = sealed.Blob, sealed.Key, sealed.Hash, sealed.Size, sealed.SealedSize
	return &a, nil
}

// An access gives the session's token to an upload or a download. Where it is asked
// again and again and nothing moves, the server may have forgotten the session.
type access struct {
	c     *Client
	last  []byte
	asked int // since something moved
}

const maxAsked = 3

func (a *access) token(ctx context.Context) ([]byte, error) {
	if a.asked++; a.asked > maxAsked && a.last != nil {
		a.c.forgetSession(a.last)
		a.asked = 1
	}
	token, err := a.c.token(ctx)
	a.last = token
	return token, err
}

// Fetch writes attachment n of a message, from 0, to dst, and returns what its sender
// says of it: its Name is a bare file name, its Type is not to be trusted further
// than its role. What is to be viewed once is gone with that: see [Client.OpenOnce].
//
// Until it returns nil what was written isn't known to be what the sender named: a
// file is kept under a name of its own until then. Errors: ErrUnknownMessage,
// ErrBadBlob, ErrOpened, ErrOffline, a *wire.Error with unknown_blob or blob_taken; those of dst.
func (c *Client) Fetch(ctx context.Context, id MessageID, n int, dst io.Writer) (*Attachment, error) {
	blobs, ok := c.cfg.Transport.(Blobs)
	if !ok {
		return nil, ErrNoBlobs
	}
	v, err := c.Lookup(ctx, id)
	if err != nil {
		return nil, err
	}
	if v.Media == nil || n < 0 || n >= len(v.Media.Attachments) {
		return nil, ErrUnknownMessage
	}
	a := v.Media.Attachments[n]
	src := &blobReader{ctx: ctx, blobs: blobs, room: v.Room, blob: a.Blob, access: access{c: c}}
	defer src.close()
	want := media.Sealed{Key: a.Key, Blob: a.Blob, Size: a.Size, SealedSize: a.Sealed, Hash: a.Hash}
	if err := media.Open(dst, src, want); err != nil {
		return nil, badBlob(err)
	}
	if v.Media.ViewOnce {
		err = c.OpenOnce(ctx, id)
	}
	return &a, err
}

// badBlob tells what is wrong with a blob from other errors.
func badBlob(err error) error {
	for _, bad := range []error{media.ErrSize, media.ErrCommitment, media.ErrChunk, media.ErrPadding, media.ErrHash} {
		if errors.Is(err, bad) {
			return fmt.Errorf("%w: %w", ErrBadBlob, err)
		}
	}
	return err
}

// A blobReader reads a blob from its start, and goes on where the connection broke.
type blobReader struct {
	ctx    context.Context
	blobs  Blobs
	room   identity.Room
	blob   [32]byte
	access access

	at      int64
	current io.ReadCloser // nil: to be opened
	failed  int           // in a row, without a byte
}

// Bounds of reading again what broke off.
const (
	maxFailed  = 6
	firstPause = 200 * time.Millisecond
)

// Read implements [io.Reader].
func (r *blobReader) Read(p []byte) (int, error) {
	for {
		if r.current == nil {
			if err := r.open(); err != nil {
				if err = r.again(err); err != nil {
					return 0, err
				}
				continue
			}
		}
		n, err := r.current.Read(p)
		r.at += int64(n)
		if n > 0 {
			r.failed, r.access.asked = 0, 0
			return n, nil // what else there is to say comes with the next
		}
		if err == nil || errors.Is(err, io.EOF) {
			return 0, err
		}
		r.close()
		if err := r.again(err); err != nil {
			return 0, err
		}
	}
}

func (r *blobReader) open() error {
	token, err := r.access.token(r.ctx)
	if err != nil {
		return err
	}
	r.current, err = r.blobs.Blob(r.ctx, token, r.room, r.blob, r.at, 0)
	if errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
		r.access.asked = maxAsked // it is another one next
	}
	return err
}

// again waits, or returns err where that is of no use.
func (r *blobReader) again(err error) error {
	r.failed++
	passes := mayPass(err) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized})
	if !passes || r.failed > maxFailed || r.ctx.Err() != nil {
		return err
	}
	return sleep(r.ctx, firstPause<<(r.failed-1))
}

func (r *blobReader) close() {
	if r.current != nil {
		r.current.Close()
		r.current = nil
	}
}
