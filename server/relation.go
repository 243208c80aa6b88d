package server

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"parley/identity"
	"parley/wire"
)

// An account's relations are records of kind [RecordRelation]: the key is the
// relation, a space and the other account's URI; the value is when it was set, Unix
// milliseconds in decimal, or empty (then that isn't known). So those of one relation
// stand together, in the order of the URIs.

func relationKey(r wire.Relation, other identity.Account) string {
	return string(r) + " " + string(other)
}

// relations are those that are kept.
var relations = []wire.Relation{wire.RelationAccepted, wire.RelationBlocked}

// Relate sets how the session's account stands to others. When it has returned,
// what this node refuses follows it; the other nodes follow soon (see [blocks]).
func (s *Server) Relate(ctx context.Context, device identity.Device, req *wire.RelateRequest) (*wire.Empty, error) {
	own := device.Account()
	if err := checkRelate(own, req); err != nil {
		return nil, err
	}
	if _, err := s.limiters.reserve(s.steady(), attempt{s.limiters.relate, string(own)}); err != nil {
		return nil, err
	}
	u := RecordUpdate{Account: own, Kind: RecordRelation, Max: wire.MaxRelations}
	accounts := slices.Clone(req.Accounts)
	slices.Sort(accounts)
	for _, other := range slices.Compact(accounts) {
		for _, r := range relations {
			if r == req.Relation {
				u.Put = append(u.Put, KeyValue{Key: relationKey(r, other), Value: strconv.AppendInt(nil, s.nowMS(), 10)})
			} else {
				u.Delete = append(u.Delete, relationKey(r, other))
			}
		}
	}
	err := s.store.UpdateRecords(ctx, u)
	s.blocks.forget(own) // even if it failed: nobody knows whether it was done
	s.verdicts.forget(own)
	switch {
	case errors.Is(err, ErrTooMany):
		return nil, tooLarge("There are too many people with a relation to this account.")
	case errors.Is(err, ErrNotFound):
		return nil, errUnauthorized
	case err != nil:
		return nil, err
	}
	s.publish(Hint{Relations: []identity.Account{own}})
	if req.Relation == wire.RelationAccepted {
		for _, other := range accounts {
			if err := s.endKnock(ctx, other, own); err != nil {
				return nil, err
			}
		}
	}
	return &wire.Empty{}, nil
}

func checkRelate(own identity.Account, req *wire.RelateRequest) error {
	if len(req.Accounts) == 0 || len(req.Accounts) > wire.MaxRelate {
		return badRequest("A relation is set to 1 to 100 accounts at once.")
	}
	if req.Relation != wire.RelationNone && !slices.Contains(relations, req.Relation) {
		return badRequest("There is no such relation.")
	}
	for _, a := range req.Accounts {
		if _, err := identity.ParseAccount(string(a)); err != nil || a == own {
			return badRequest("A relation is to other accounts.")
		}
	}
	return nil
}

// Relations reads a page of the relations of the session's account.
func (s *Server) Relations(ctx context.Context, device identity.Device, req *wire.RelationsRequest) (*wire.Relations, error) {
	reply := &wire.Relations{Relations: []wire.AccountRelation{}}
	for _, r := range relations {
		accounts, err := s.related(ctx, device.Account(), r, req.After, wire.MaxRelate)
		if err != nil {
			return nil, err
		}
		for _, a := range accounts {
			reply.Relations = append(reply.Relations, wire.AccountRelation{Account: a, Relation: r})
		}
	}
	slices.SortFunc(reply.Relations, func(a, b wire.AccountRelation) int { return strings.Compare(string(a.Account), string(b.Account)) })
	reply.Relations = reply.Relations[:min(len(reply.Relations), wire.MaxRelate)]
	return reply, nil
}

// related returns the accounts that stand in relation r to own, behind after, in
// order, at most max.
func (s *Server) related(ctx context.Context, own identity.Account, r wire.Relation, after identity.Account, max int) ([]identity.Account, error) {
	list, err := s.store.AccountRecords(ctx, own, RecordRelation, relationKey(r, after), max)
	if err != nil {
		return nil, err
	}
	var accounts []identity.Account
	for _, kv := range list {
		name, ok := strings.CutPrefix(kv.Key, relationKey(r, ""))
		if !ok { // of the next relation
			break
		}
		accounts = append(accounts, identity.Account(name))
	}
	return accounts, nil
}

// errNotAccepting doesn't say who it is, where there are several.
var errNotAccepting = wire.Refuse(wire.CodeNotAccepting, "Somebody doesn't take messages or invitations from this account.")

// accepting returns not_accepting if one of others has blocked account.
func (s *Server) accepting(ctx context.Context, account identity.Account, others ...identity.Account) error {
	for _, other := range others {
		if other == account {
			continue
		}
		if err := s.accepts(ctx, other, account); err != nil {
			return err
		}
	}
	return nil
}

// accepts returns not_accepting if account has blocked other.
func (s *Server) accepts(ctx context.Context, account, other identity.Account) error {
	blocked, err := s.blocked(ctx, account, other)
	if err != nil || !blocked {
		return err
	}
	s.stats.blocked.Add(1)
	return errNotAccepting
}

// acceptingMessage returns not_accepting for a message to a room of two whose other
// account has blocked the sender's.
func (s *Server) acceptingMessage(ctx context.Context, room *Room, sender identity.Device) error {
	if room.over() {
		return errNotAccepting
	}
	own, other, ok := sides(room, sender)
	if !ok {
		return nil
	}
	return s.accepts(ctx, other, own)
}

// owns reports whether device is one of account's. It is for the hot path: unlike
// [identity.Device.Account] it makes no string.
func owns(account identity.Account, device identity.Device) bool {
	a, d := string(account), string(device)
	i, n := strings.LastIndex(a, "/u/"), len(a)
	return i >= 0 && len(d) > n && d[:i] == a[:i] && d[i:i+3] == "/d/" && d[i+3:n] == a[i+3:] && d[n] == '/'
}
