package server

import (
	"context"
	"errors"
	"time"

	"parley/identity"
	"parley/wire"
)

// Read reads the mailbox of the session's account: there is no way to name
// another. With WaitMS it waits for a first event or signal. It ends early with
// unauthorized where the session ends, and without events where the server
// drains.
func (s *Server) Read(ctx context.Context, session *Session, req *wire.ReadRequest) (*wire.ReadReply, error) {
	raw, err := s.ReadRaw(ctx, session, req)
	if err != nil {
		return nil, err
	}
	return raw.Decode()
}

// ReadRaw is [Server.Read] for who passes the envelopes on as they are. They must
// not be changed.
func (s *Server) ReadRaw(ctx context.Context, session *Session, req *wire.ReadRequest) (*wire.RawReadReply, error) {
	if req.WaitMS <= 0 {
		return s.read(ctx, session, req)
	}
	sub := s.Subscribe(session)
	defer sub.Close()
	timer := time.NewTimer(time.Duration(min(req.WaitMS, wire.MaxReadWait)) * time.Millisecond)
	defer timer.Stop()
	for {
		reply, err := s.read(ctx, session, req)
		if err != nil {
			return nil, err
		}
		if reply.Signals = sub.Signals(); len(reply.Events)+len(reply.Signals) > 0 {
			return reply, nil
		}
		select {
		case <-sub.C:
		case <-timer.C:
			return reply, nil
		case <-s.drain.c:
			return reply, nil
		case <-session.Ended():
			return nil, errUnauthorized
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *Server) read(ctx context.Context, session *Session, req *wire.ReadRequest) (*wire.RawReadReply, error) {
	n := req.Max
	if n <= 0 || n > wire.MaxReadEvents {
		n = wire.MaxReadEvents
	}
	reply, err := s.store.Read(ctx, session.Device, req.After, n, wire.MaxReadBytes)
	if errors.Is(err, ErrNotFound) { // the device has left its list
		return nil, errUnauthorized
	}
	if err != nil {
		return nil, err
	}
	s.stats.reads.Add(1)
	s.stats.delivered.Add(uint64(len(reply.Events)))
	return reply, s.checkMoved(ctx, session, reply.Head)
}

// checkMoved looks at the list of a session that is due, if its mailbox has moved
// since the last look: another list is an event there. So a stream, whose token
// isn't shown again, ends even if the hint was lost.
func (s *Server) checkMoved(ctx context.Context, session *Session, head uint64) error {
	if s.cfg.Hints == nil || !s.due(session, s.steady()) || session.head.Load() == head && head != 0 {
		return nil
	}
	if err := s.check(ctx, session); err != nil {
		return err
	}
	session.head.Store(head)
	return nil
}

// Acknowledge says that the session's device has everything up to a position.
func (s *Server) Acknowledge(ctx context.Context, device identity.Device, req *wire.AcknowledgeRequest) (*wire.Empty, error) {
	switch err := s.store.Acknowledge(ctx, device, req.Pos); {
	case errors.Is(err, ErrBeyond):
		return nil, badRequest("The mailbox doesn't reach that far.")
	case errors.Is(err, ErrNotFound):
		return nil, errUnauthorized
	case err != nil:
		return nil, err
	}
	return &wire.Empty{}, nil
}
