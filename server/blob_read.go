package server

import (
	"context"
	"errors"
	"io"

	"parley/identity"
)

// A BlobContent is a blob that may be read.
type BlobContent struct {
	Blob BlobID
	Size int64

	server *Server
}

// BlobIn returns a blob that room refers to. unknown_blob if the session's account isn't in the
// room, or the room refers to no such blob; blob_taken.
func (s *Server) BlobIn(ctx context.Context, session *Session, room identity.Room, blob BlobID) (*BlobContent, error) {
	if s.cfg.Blobs.Store == nil {
		return nil, errUnknownBlob
	}
	_, err := retry(func() (*Room, error) { return s.roomFor(ctx, session.Device, room) })
	if errors.Is(err, errUnknownRoom) {
		return nil, errUnknownBlob
	}
	if err != nil {
		return nil, err
	}
	live, err := s.referred(ctx, room, blob)
	if err == nil && !live {
		err = errUnknownBlob
	}
	if err != nil {
		return nil, err
	}
	t := &ledgerTx{ledger: s.store, was: map[string][]byte{}}
	if err := t.load(ctx, blobKey(blob)); err != nil {
		return nil, err
	}
	e, err := getEntry[blobEntry](t, blobKey(blob))
	switch {
	case err != nil:
		return nil, err
	case e == nil || e.DoomedMS != 0:
		return nil, errUnknownBlob
	case e.TakenMS != 0:
		return nil, errBlobTaken
	}
	return &BlobContent{Blob: blob, Size: e.Size, server: s}, nil
}

// Open reads n bytes from an offset; both lie within the blob. What is returned may
// be an *os.File, which then stands at from.
func (b *BlobContent) Open(ctx context.Context, from, n int64) (io.ReadCloser, error) {
	r, err := b.server.cfg.Blobs.Store.Open(ctx, b.Blob, from, n)
	if errors.Is(err, ErrNotFound) {
		return nil, errUnknownBlob
	}
	if err == nil {
		b.server.stats.downloads.Add(1)
	}
	return r, err
}

// EvidenceBlob returns a blob for the safety desk, whoever refers to it, also if it
// was taken down: for as long as its bytes are there. ErrNotFound.
func (s *Server) EvidenceBlob(ctx context.Context, blob BlobID) (*BlobContent, error) {
	t := &ledgerTx{ledger: s.store, was: map[string][]byte{}}
	if err := t.load(ctx, blobKey(blob)); err != nil {
		return nil, err
	}
	e, err := getEntry[blobEntry](t, blobKey(blob))
	if err == nil && (e == nil || e.DoomedMS != 0 || e.Deleted || s.cfg.Blobs.Store == nil) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return &BlobContent{Blob: blob, Size: e.Size, server: s}, nil
}

// NoteDownload counts bytes that were sent of a blob.
func (s *Server) NoteDownload(n int64) { s.stats.downloadBytes.Add(uint64(max(n, 0))) }
