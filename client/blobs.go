package client

import (
	"context"
	"io"

	"parley/identity"
)

// Blobs carries attachments, which are too large for [Transport.Call]. A
// [Transport] may be one too.
//
// Errors are those of [Transport]: ErrOffline, the context's, or a *[wire.Error]
// with unknown_blob, blob_taken, quota or too_large among its codes.
type Blobs interface {
	// Upload sends size bytes of r as a blob and returns its name: the SHA-256
	// of what was sent. After a drop it goes on where the server is, until ctx
	// ends. token gives the session's token, and is asked again when that has
	// ended. progress, which may be nil, is told how many bytes the server has; it
	// may go back.
	Upload(ctx context.Context, token func(context.Context) ([]byte, error), r io.ReaderAt, size int64, progress func(sent int64)) ([32]byte, error)

	// Blob reads the bytes from..to (exclusive; to 0: to the end) of a blob that
	// room refers to. Reading ends with io.ErrUnexpectedEOF where the connection breaks;
	// who reads asks for the rest then. The caller closes it, and checks what it
	// reads: the server may lie.
	Blob(ctx context.Context, token []byte, room identity.Room, blob [32]byte, from, to int64) (io.ReadCloser, error)
}

// A Scratch holds a blob, which is sealed, while it is uploaded: the file of a
// temporary directory is one. Close deletes it.
type Scratch interface {
	io.Writer
	io.ReaderAt
	io.Closer
}
