package attack

import (
	"context"
	"slices"
	"time"

	"parley/identity"
	"parley/mls/public"
	"parley/server"
	"parley/wire"
)

// colludes reports whether the server takes what who sends unchecked.
func (s *site) colludes(who identity.Device) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.colluding && s.mallory != nil && who == s.mallory.device
}

// collude does what mallory asks for without any check of the server's own. nil
// for operations that it leaves to the server.
func (s *site) collude(ctx context.Context, who identity.Device, op wire.Operation, body []byte) (any, error) {
	switch op {
	case wire.OpGroupInfo:
		var req wire.GroupInfoRequest
		if err := wire.Unmarshal(body, &req); err != nil {
			return nil, err
		}
		g, err := s.store.Group(ctx, req.Room)
		if err != nil {
			return nil, err
		}
		return &wire.GroupInfo{Generation: g.At.Generation, Epoch: g.At.Epoch, Seq: g.Seq, GroupInfo: g.Info}, nil
	case wire.OpCommit:
		var req wire.CommitRequest
		if err := wire.Unmarshal(body, &req); err != nil {
			return nil, err
		}
		return s.colludeCommit(ctx, who, &req)
	case wire.OpSend:
		var req wire.SendRequest
		if err := wire.Unmarshal(body, &req); err != nil {
			return nil, err
		}
		r, err := s.store.Room(ctx, req.Room)
		if err != nil {
			return nil, err
		}
		got, err := s.store.Append(ctx, server.OperationID{Kind: wire.EventMessage, Device: who, ID: req.ID}, wire.Envelope{
			Kind: wire.EventMessage, Room: r.Room, Generation: r.Generation, Epoch: r.Epoch, AcceptedMS: time.Now().UnixMilli(),
			Sender: who, ID: req.ID, Message: req.Message,
		}, server.Stamp{})
		return &wire.SendReply{Seq: got.Seq, AcceptedMS: got.AcceptedMS}, err
	}
	return nil, nil
}

func (s *site) colludeCommit(ctx context.Context, who identity.Device, req *wire.CommitRequest) (any, error) {
	room, err := s.store.Room(ctx, req.Room)
	if err != nil {
		return nil, err
	}
	stored, err := s.store.Group(ctx, req.Room)
	if err != nil {
		return nil, err
	}
	g, err := public.UnmarshalGroup(&public.Config{Suites: suites()}, stored.State)
	if err != nil {
		return nil, err
	}
	staged, err := g.Stage(req.Commit)
	if err == nil {
		err = g.Merge(staged)
	}
	if err != nil {
		return nil, err
	}
	at, next := room.At(), *room
	next.Epoch, next.Leaves, next.Accounts = g.Epoch(), nil, nil
	for _, l := range g.Leaves() {
		d, err := identity.ParseDevice(string(l.Identity()))
		if err != nil {
			return nil, err
		}
		next.Leaves = append(next.Leaves, server.Leaf{Device: d, Key: identity.PublicKey(l.SignatureKey())})
		next.Accounts = append(next.Accounts, d.Account())
	}
	slices.Sort(next.Accounts)
	next.Accounts = slices.Compact(next.Accounts)
	got, err := s.store.Commit(ctx, server.RoomUpdate{
		Op:     server.OperationID{Kind: wire.EventCommit, Device: who, ID: req.ID},
		Before: &at, Was: room.Accounts, Next: next, State: g.Marshal(), Info: req.GroupInfo,
		Envelope: wire.Envelope{
			Kind: wire.EventCommit, Room: room.Room, Generation: room.Generation, Epoch: room.Epoch, AcceptedMS: time.Now().UnixMilli(),
			Sender: who, ID: req.ID, Message: req.Commit, Welcome: req.Welcome,
		},
	})
	return &wire.CommitReply{Seq: got.Seq, Epoch: got.Epoch, AcceptedMS: got.AcceptedMS}, err
}
