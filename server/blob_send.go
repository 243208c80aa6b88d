package server

import (
	"context"

	"parley/identity"
	"parley/wire"
)

// sendBlobs is send for a message that refers to blobs, or gives some up. The
// references are durable before the message is, so that nobody reads of a blob
// that may go; without its message a reference lasts until it expires. They are
// given up after it. A repetition adds nothing, and gives up again what it gave up.
func (s *Server) sendBlobs(ctx context.Context, op OperationID, req *wire.SendRequest) (Receipt, error) {
	released, err := parseBlobs(req.Release)
	if err != nil {
		return Receipt{}, err
	}
	first, err := s.receipt(ctx, op)
	if err != nil {
		return Receipt{}, err
	}
	var r Receipt
	if first != nil {
		r = *first
	} else if r, err = retry(func() (Receipt, error) { return s.send(ctx, op, req) }); err != nil {
		return Receipt{}, err
	}
	if len(released) == 0 {
		return r, nil
	}
	// If this fails the client repeats the request.
	return r, s.release(ctx, op.Device.Account(), r.Room, released)
}

// referOf adds the references of req.
func (s *Server) referOf(ctx context.Context, op OperationID, room identity.Room, req *wire.SendRequest) error {
	if s.cfg.Blobs.Store == nil {
		return errUnknownBlob
	}
	blobs, err := parseBlobs(req.Blobs)
	if err != nil {
		return err
	}
	return s.referTo(ctx, op, referral{room: room, from: req.BlobsFrom, blobs: blobs, until: req.BlobsUntilMS})
}
