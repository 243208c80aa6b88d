package server

import (
	"context"
	"errors"

	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// Leave takes the session's account out of a group by its proposal. From then on
// the account isn't in the room; its leaf is pending until a commit takes the
// proposal in (draft-ietf-mls-extensions-10, Section 6.3).
func (s *Server) Leave(ctx context.Context, device identity.Device, req *wire.LeaveRequest) (*wire.LeaveReply, error) {
	if err := checkID(req.ID); err != nil {
		return nil, err
	}
	if len(req.Proposal) > s.cfg.Limits.Message {
		return nil, tooLarge("The proposal is too large.")
	}
	op := OperationID{Kind: wire.EventLeave, Device: device, ID: req.ID}
	r, err := s.receipt(ctx, op)
	if err == nil && r == nil {
		r, err = retry(func() (*Receipt, error) { return s.leave(ctx, op, req) })
	}
	if err != nil {
		return nil, err
	}
	return &wire.LeaveReply{Seq: r.Seq, AcceptedMS: r.AcceptedMS}, nil
}

// leave decides on req as things are now. ErrStale if they changed.
func (s *Server) leave(ctx context.Context, op OperationID, req *wire.LeaveRequest) (*Receipt, error) {
	room, err := s.roomOf(ctx, op.Device, req.Room)
	if err != nil {
		return nil, err
	}
	if room.Kind != wire.KindGroup {
		return nil, wire.Refuse(wire.CodeRoleRefused, "Nobody leaves a direct room.")
	}
	header, err := public.PeekMessage(req.Proposal)
	if err != nil || header.WireFormat != public.WirePublicMessage || header.ContentType != public.ContentProposal {
		return nil, badLeave
	}
	if err := s.checkPlace(ctx, room, req.Generation, header.Epoch); err != nil {
		return nil, err
	}
	if len(room.LeavesOf(op.Device.Account())) != 1 {
		return nil, s.unlessMoved(ctx, room, wire.Refuse(wire.CodeForbidden, "The account's other devices are removed from the room first."))
	}
	u, err := s.checkLeave(ctx, op, req, room)
	if err != nil {
		return nil, err
	}
	r, err := s.store.Leave(ctx, *u)
	if errors.Is(err, ErrNotFound) {
		return nil, errUnknownRoom
	}
	if err != nil {
		return nil, err
	}
	s.tell(room.Accounts)
	return &r, nil
}

// checkLeave has the public group check the proposal and keep it.
func (s *Server) checkLeave(ctx context.Context, op OperationID, req *wire.LeaveRequest, room *Room) (*LeaveUpdate, error) {
	group, err := s.group(ctx, room)
	if err != nil {
		return nil, err
	}
	ref, err := group.ReceiveProposal(req.Proposal)
	if err != nil {
		return nil, badLeave
	}
	kept := group.Proposals()[string(ref)]
	if _, ok := kept.Proposal.(*public.SelfRemove); !ok || kept.Sender.Type != public.SenderMember {
		return nil, badLeave
	}
	sender, ok := group.Leaf(public.LeafIndex(kept.Sender.Index))
	if !ok || string(sender.Identity()) != string(op.Device) {
		return nil, wire.Refuse(wire.CodeBadMessage, "The proposal is another device's.")
	}
	if err := group.CheckProposal(kept); err != nil {
		// Else nobody could commit any more.
		return nil, wire.Refuse(wire.CodeBadMessage, "A device in the room is too old for somebody to leave.")
	}
	leaf, err := toLeaf(sender.Node)
	if err != nil {
		return nil, err
	}
	return &LeaveUpdate{
		Op: op, Before: room.At(), Was: room.Accounts, Leaf: leaf, State: group.Marshal(),
		Envelope: wire.Envelope{
			Kind: wire.EventLeave, Room: room.Room, Generation: room.Generation, Epoch: room.Epoch, AcceptedMS: s.nowMS(),
			Sender: op.Device, ID: req.ID, Message: req.Proposal,
		},
	}, nil
}

var badLeave = wire.Refuse(wire.CodeBadMessage, "This isn't a proposal to leave the room.")

// errLeaving is for a commit that leaves out a proposal to leave.
var errLeaving = wire.Refuse(wire.CodeRemovalPending, "Somebody leaves the room: the commit has to take that proposal in.")

// checkLeaving checks that a commit takes in every SelfRemove that waits.
func checkLeaving(group *public.Group, staged *public.StagedCommit) error {
	covered := map[string]bool{}
	for _, p := range staged.Content().Content.Commit.Proposals {
		covered[string(p.Reference)] = true
	}
	for ref, p := range group.Proposals() {
		if _, ok := p.Proposal.(*public.SelfRemove); ok && !covered[ref] {
			return errLeaving
		}
	}
	return nil
}

// leavers returns the leaves that a commit removes by a SelfRemove.
func leavers(group *public.Group, staged *public.StagedCommit) map[public.LeafIndex]bool {
	all := map[public.LeafIndex]bool{}
	for _, p := range staged.Content().Content.Commit.Proposals {
		known, ok := group.Proposals()[string(p.Reference)]
		if _, self := known.Proposal.(*public.SelfRemove); ok && self && p.Proposal == nil {
			all[public.LeafIndex(known.Sender.Index)] = true
		}
	}
	return all
}
