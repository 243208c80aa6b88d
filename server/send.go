package server

import (
	"context"
	"errors"

	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// tagSize is the size of a franking tag, where there is one.
const tagSize = 32

// Send adds an application message to a room. What it says is none of the
// server's business: it checks place and form.
func (s *Server) Send(ctx context.Context, device identity.Device, req *wire.SendRequest) (*wire.SendReply, error) {
	if err := checkID(req.ID); err != nil {
		return nil, err
	}
	op := OperationID{Kind: wire.EventMessage, Device: device, ID: req.ID}
	r, err := retry(func() (*Receipt, error) { return s.send(ctx, op, req) })
	var refusal *wire.Error
	if errors.As(err, &refusal) {
		// It may be the repetition of one that was taken in its time.
		again, errReceipt := s.receipt(ctx, op)
		if errReceipt != nil {
			return nil, errReceipt
		}
		if again != nil {
			r, err = again, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return &wire.SendReply{Seq: r.Seq, AcceptedMS: r.AcceptedMS}, nil
}

// send decides on req as things are now. ErrStale if they changed.
func (s *Server) send(ctx context.Context, op OperationID, req *wire.SendRequest) (*Receipt, error) {
	if len(req.Message) > s.cfg.Limits.Message {
		return nil, tooLarge("The message is too large.")
	}
	if len(req.Tag) != 0 && len(req.Tag) != tagSize {
		return nil, badRequest("A franking tag has 32 bytes.")
	}
	room, err := s.roomFor(ctx, op.Device, req.Room)
	if err != nil {
		return nil, err
	}
	header, err := public.PeekPrivateMessage(req.Message)
	if err != nil || header.ContentType != public.ContentApplication {
		return nil, badMessage
	}
	if err := s.checkPlace(ctx, room, op.Device, req.Generation, header.Epoch); err != nil {
		return nil, err
	}
	if string(header.GroupID) != string(room.Room.GroupID(room.Generation)) {
		return nil, badMessage
	}
	r, err := s.store.Append(ctx, op, wire.Envelope{
		Kind: wire.EventMessage, Room: room.Room, Generation: room.Generation, Epoch: room.Epoch, AcceptedMS: s.nowMS(),
		Sender: op.Device, ID: req.ID, Message: req.Message,
	})
	switch {
	case errors.Is(err, ErrPending):
		return nil, wire.Refuse(wire.CodeRemovalPending, "A device in the room left its account's list: it has to be removed first.")
	case errors.Is(err, ErrNotFound):
		return nil, errUnknownRoom
	case err != nil:
		return nil, err
	}
	s.stats.messages.Add(1)
	s.stats.copies.Add(uint64(len(room.Accounts)))
	s.stats.bytes.Add(uint64(len(req.Message)))
	s.tell(room.Accounts)
	return &r, nil
}

var badMessage = wire.Refuse(wire.CodeBadMessage, "This isn't an application message of the room.")
