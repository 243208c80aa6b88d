package server

import (
	"context"
	"errors"
	"strconv"
	"time"

	"parley/franking"
	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// Send adds an application message to a room. What it says is none of the
// server's business: it checks place and form. Where so many messages wait to be
// stored that this one would be late, it is refused at once with unavailable.
func (s *Server) Send(ctx context.Context, device identity.Device, req *wire.SendRequest) (*wire.SendReply, error) {
	if err := checkID(req.ID); err != nil {
		return nil, err
	}
	if !s.gate.enter() {
		s.stats.busy.Add(1)
		return nil, ErrBusy
	}
	defer s.gate.leave()
	op := OperationID{Kind: wire.EventMessage, Device: device, ID: req.ID}
	var r Receipt
	var err error
	if len(req.Blobs)+len(req.Release) == 0 {
		r, err = retry(func() (Receipt, error) { return s.send(ctx, op, req) })
	} else {
		r, err = s.sendBlobs(ctx, op, req)
	}
	if err == nil {
		return &wire.SendReply{Seq: r.Seq, AcceptedMS: r.AcceptedMS}, nil
	}
	return s.sentBefore(ctx, op, err)
}

// sentBefore answers a message that is refused: it may be the repetition of one
// that was taken in its time.
func (s *Server) sentBefore(ctx context.Context, op OperationID, err error) (*wire.SendReply, error) {
	var refusal *wire.Error
	switch {
	case errors.Is(err, ErrBusy):
		s.stats.busy.Add(1)
		return nil, err
	case !errors.As(err, &refusal):
		return nil, err
	}
	r, errReceipt := s.receipt(ctx, op)
	if errReceipt != nil {
		return nil, errReceipt
	}
	if r == nil {
		return nil, err
	}
	return &wire.SendReply{Seq: r.Seq, AcceptedMS: r.AcceptedMS}, nil
}

// send decides on req as things are now. ErrStale if they changed.
func (s *Server) send(ctx context.Context, op OperationID, req *wire.SendRequest) (Receipt, error) {
	if len(req.Message) > s.cfg.Limits.Message {
		return Receipt{}, tooLarge("The message is too large.")
	}
	room, err := s.roomOf(ctx, op.Device, req.Room)
	if err != nil {
		return Receipt{}, err
	}
	header, err := public.PeekPrivateMessage(req.Message)
	if err != nil || header.ContentType != public.ContentApplication {
		return Receipt{}, badMessage
	}
	if err := s.checkPlace(ctx, room, req.Generation, header.Epoch); err != nil {
		return Receipt{}, err
	}
	if !isGroup(header.GroupID, room) {
		return Receipt{}, badMessage
	}
	now := s.steady()
	stamp, err := s.stamp(ctx, header.AuthenticatedData, now)
	if err != nil {
		return Receipt{}, err
	}
	if err := s.acceptingMessage(ctx, room, op.Device); err != nil {
		return Receipt{}, err
	}
	if err := s.writesTo(ctx, room, op, req); err != nil {
		return Receipt{}, err
	}
	if len(req.Blobs) > 0 {
		if err := s.referOf(ctx, op, room.Room, req); err != nil {
			return Receipt{}, err
		}
	}
	r, err := s.store.Append(ctx, op, wire.Envelope{
		Kind: wire.EventMessage, Room: room.Room, Generation: room.Generation, Epoch: room.Epoch, AcceptedMS: now.UnixMilli(),
		Sender: op.Device, ID: req.ID, Message: req.Message,
	}, stamp)
	switch {
	case errors.Is(err, ErrPending):
		return Receipt{}, wire.Refuse(wire.CodeRemovalPending, "A device in the room left its account's list: it has to be removed first.")
	case errors.Is(err, ErrNotFound):
		return Receipt{}, errUnknownRoom
	case err != nil:
		return Receipt{}, err
	}
	s.stats.messages.Add(1)
	s.stats.copies.Add(uint64(len(room.Accounts)))
	s.stats.bytes.Add(uint64(len(req.Message)))
	s.tell(room.Accounts)
	if !req.Quiet {
		s.pushes.grown(room.Accounts, op.Device)
	}
	return r, nil
}

// stamp returns what a message with this authenticated data is franked with:
// nothing where there is none, as in messages of version 0.1.0; bad_message where
// it isn't a tag alone.
//
// The steps are those of draft-ietf-mimi-protocol-06, Section 5.4.1.2.
func (s *Server) stamp(ctx context.Context, authenticatedData []byte, now time.Time) (stamp Stamp, err error) {
	if len(authenticatedData) == 0 {
		return stamp, nil
	}
	tag, ok := franking.ParseAAD(authenticatedData)
	if !ok {
		return stamp, badMessage
	}
	stamp.Tag = tag
	stamp.By, err = s.ring.Franker(ctx, now)
	return stamp, err
}

// isGroup reports whether id is that of room's newest group.
func isGroup(id []byte, room *Room) bool {
	n := len(room.Room)
	if len(id) < n+2 || string(id[:n]) != string(room.Room) || id[n] != '#' {
		return false
	}
	var digits [10]byte
	return string(id[n+1:]) == string(strconv.AppendUint(digits[:0], uint64(room.Generation), 10))
}

var badMessage = wire.Refuse(wire.CodeBadMessage, "This isn't an application message of the room.")
