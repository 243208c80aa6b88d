package server

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"parley/identity"
	"parley/wire"
)

// enrollTime is how long a device waits for approval.
const enrollTime = time.Hour

// DeviceLists reads an account's chain.
func (s *Server) DeviceLists(ctx context.Context, device identity.Device, req *wire.DeviceListsRequest) (*wire.DeviceLists, error) {
	if _, err := identity.ParseAccount(string(req.Account)); err != nil {
		return nil, errUnknownAccount
	}
	l, err := s.listing(ctx, req.Account)
	if err = s.mayLook(ctx, device.Account(), req.Account, err); err != nil {
		return nil, err
	}
	newest := l.account.Current.Version
	lists, err := s.store.Lists(ctx, req.Account, min(max(req.From, 1), newest), wire.MaxLists)
	if err != nil {
		return nil, err
	}
	return &wire.DeviceLists{Newest: newest, Lists: lists}, nil
}

// PutDeviceList puts the next version of the session's account. Repeating it
// succeeds.
func (s *Server) PutDeviceList(ctx context.Context, device identity.Device, req *wire.PutDeviceListRequest) (*wire.Empty, error) {
	account := device.Account()
	l, next, err := s.nextList(ctx, account, req.List)
	if err != nil {
		return nil, err
	}
	if next == nil {
		return &wire.Empty{}, nil
	}
	if next.Change == identity.Reset {
		return nil, wire.Refuse(wire.CodeBadDeviceList, "A reset needs the account's login.")
	}
	u := ListUpdate{
		Account: account, List: req.List, Version: next.Version, Cancel: next.Change == identity.Cancel, AcceptedMS: s.nowMS(),
	}
	before, after := l.listed(), leaves(next)
	u.Leave, u.Gone = left(before, after)
	u.Join, _ = left(after, before)
	if u.Publish, err = s.enrolled(ctx, account, u.Join, after); err != nil {
		return nil, err
	}
	if err := s.putList(ctx, u); err != nil {
		return nil, err
	}
	return &wire.Empty{}, nil
}

// nextList checks that list is the next one of account, and returns it parsed,
// with what it follows. It is nil where the list is the newest already.
func (s *Server) nextList(ctx context.Context, account identity.Account, list identity.SignedDeviceList) (*listing, *identity.DeviceList, error) {
	l, err := s.listing(ctx, account)
	if err != nil {
		return nil, nil, err
	}
	next, err := list.Parse()
	if err != nil {
		return nil, nil, badList(err)
	}
	newest := l.account.Current
	if next.Version == newest.Version && bytes.Equal(list.Body, newest.List.Body) {
		return l, nil, nil
	}
	if next.Version <= newest.Version && next.Account == account {
		return nil, nil, wire.Refuse(wire.CodeStaleDeviceList, "Another device list has this version.")
	}
	// Else whoever resets could follow with another change at once, and nobody
	// could cancel any more.
	if (next.Change == identity.Cancel) != l.running {
		if l.running {
			return nil, nil, wire.Refuse(wire.CodeBadDeviceList, "While a reset runs it can only be cancelled.")
		}
		return nil, nil, wire.Refuse(wire.CodeBadDeviceList, "No reset runs that could be cancelled.")
	}
	chain := l.chain
	if err := chain.Extend(account, []identity.SignedDeviceList{list}); err != nil {
		return nil, nil, badList(err)
	}
	return l, next, nil
}

// enrolled returns the key packages that the devices of join left when they
// asked to be added, with the keys that they are listed with.
func (s *Server) enrolled(ctx context.Context, account identity.Account, join []identity.Device, listed []Leaf) (packages []KeyPackage, err error) {
	if len(join) == 0 {
		return nil, nil
	}
	waiting, err := s.store.Enrollments(ctx, account, s.nowMS())
	if err != nil {
		return nil, err
	}
	for _, w := range waiting {
		if slices.Contains(join, w.Device) && slices.Contains(listed, Leaf{Device: w.Device, Key: w.Key}) {
			packages = append(packages, w.KeyPackages...)
		}
	}
	return packages, nil
}

// putList stores a list with its consequences, and tells whom it concerns.
func (s *Server) putList(ctx context.Context, u ListUpdate) error {
	touched, err := s.store.PutList(ctx, u)
	if errors.Is(err, ErrStale) {
		return wire.Refuse(wire.CodeStaleDeviceList, "Another device list has this version.")
	}
	if err != nil {
		return err
	}
	s.endSessions(u.Account, u.Gone)
	s.tellList(u.Account)
	s.tell(touched)
	return nil
}
