package server

import (
	"context"
	"crypto/rand"
	"errors"

	"parley/wire"
)

// maxUploads bounds the uploads of one account that aren't whole.
const maxUploads = 32

// BeginUpload makes an upload of size bytes for the session's account.
func (s *Server) BeginUpload(ctx context.Context, session *Session, size int64) (*Upload, error) {
	blobs := s.cfg.Blobs.Store
	switch {
	case blobs == nil:
		return nil, wire.Refuse(wire.CodeForbidden, "This server takes no attachments.")
	case size < 1:
		return nil, badRequest("An attachment has a length.")
	case size > s.cfg.Blobs.Size:
		return nil, tooLarge("The attachment is too large.")
	}
	now := s.steady()
	if _, err := s.limiters.reserve(now, attempt{s.limiters.upload, string(session.account)}); err != nil {
		return nil, err
	}
	if err := s.mayUpload(ctx, session, size); err != nil {
		return nil, err
	}
	u := Upload{Account: session.account, Size: size, ExpiresMS: now.Add(blobOrphan).UnixMilli()}
	rand.Read(u.ID[:]) // never fails: crypto/rand ends the program instead
	if err := blobs.Begin(ctx, u); err != nil {
		return nil, err
	}
	s.stats.uploads.Add(1)
	return &u, nil
}

// mayUpload returns quota where the account has too much, with what it is
// uploading. What gets past this by being at once is found in the end.
func (s *Server) mayUpload(ctx context.Context, session *Session, size int64) error {
	n, pending := s.cfg.Blobs.Store.Pending(session.account)
	if n >= maxUploads {
		return s.limited(openWait)
	}
	if s.cfg.Blobs.Quota <= 0 {
		return nil
	}
	t := &ledgerTx{ledger: s.store, was: map[string][]byte{}}
	if err := t.load(ctx, quotaKey(session.account)); err != nil {
		return err
	}
	q, err := getEntry[quotaEntry](t, quotaKey(session.account))
	if err != nil {
		return err
	}
	have := pending
	if q != nil {
		have += q.Bytes
	}
	if have+countBytes(size) > s.cfg.Blobs.Quota {
		return errQuota
	}
	return nil
}

// Upload returns an upload of the session's account. One that has all its bytes
// is a blob then. unknown_blob for any other.
func (s *Server) Upload(ctx context.Context, session *Session, id UploadID) (*Upload, error) {
	if s.cfg.Blobs.Store == nil {
		return nil, errUnknownBlob
	}
	u, err := s.cfg.Blobs.Store.Upload(ctx, session.account, id)
	if err != nil {
		return nil, ofUpload(err)
	}
	return s.finished(ctx, u)
}

// AppendUpload adds a part to an upload of the session's account, and returns it as it
// is then, also beside an error if it is known. ErrStale if it isn't at
// p.Offset; ErrTooMany if p.Size goes beyond its end; unknown_blob; an error of p.Body. With its last byte it becomes a blob.
func (s *Server) AppendUpload(ctx context.Context, session *Session, id UploadID, p Part) (*Upload, error) {
	if s.cfg.Blobs.Store == nil {
		return nil, errUnknownBlob
	}
	u, err := s.cfg.Blobs.Store.Append(ctx, session.account, id, p)
	if added := u.Offset - p.Offset; added > 0 && !errors.Is(err, ErrStale) && !errors.Is(err, ErrTooMany) {
		s.stats.uploadBytes.Add(uint64(added))
	}
	if err != nil {
		if u.Size > 0 {
			return &u, ofUpload(err)
		}
		return nil, ofUpload(err)
	}
	return s.finished(ctx, u)
}

// finished makes a blob of u, if it has all its bytes.
func (s *Server) finished(ctx context.Context, u Upload) (*Upload, error) {
	if u.Done || u.Offset < u.Size {
		return &u, nil
	}
	// Who uploaded it may have gone: what is whole is kept all the same.
	whole, err := s.cfg.Blobs.Store.Finish(context.WithoutCancel(ctx), u.Account, u.ID, func(b BlobID) error {
		return s.keepBlob(ctx, u.Account, b, u.Size)
	})
	if err != nil {
		return &u, ofUpload(err)
	}
	return &whole, nil
}

// CancelUpload forgets an upload of the session's account. A blob that it became
// stays.
func (s *Server) CancelUpload(ctx context.Context, session *Session, id UploadID) error {
	if s.cfg.Blobs.Store == nil {
		return errUnknownBlob
	}
	return ofUpload(s.cfg.Blobs.Store.Cancel(ctx, session.account, id))
}

func ofUpload(err error) error {
	if errors.Is(err, ErrNotFound) {
		return errUnknownBlob
	}
	return err
}
