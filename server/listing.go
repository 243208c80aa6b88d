package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parley/identity"
)

// A listing is an account's devices as the server judges them now.
//
// While a reset runs, the devices of the list before it go on as they were, and
// the new one may hold sessions; which of the two a group may have as a leaf is
// for its members to judge, so that the server takes either.
type listing struct {
	account *Account
	chain   identity.Chain
	running bool      // the newest list is a reset whose delay isn't over
	ends    time.Time // when it will be
}

// listing reads an account's newest lists, or returns unknown_account. It finishes
// a reset whose delay is over.
func (s *Server) listing(ctx context.Context, account identity.Account) (*listing, error) {
	l, err := s.readListing(ctx, account)
	if err != nil || l.running || l.chain.Current.Change != identity.Reset || l.account.ResetDone {
		return l, err
	}
	if err := s.finishReset(ctx, l); err != nil {
		return nil, err
	}
	return s.readListing(ctx, account)
}

func (s *Server) readListing(ctx context.Context, account identity.Account) (*listing, error) {
	a, err := s.store.Account(ctx, account)
	if errors.Is(err, ErrNotFound) {
		return nil, errUnknownAccount
	}
	if err != nil {
		return nil, err
	}
	l := &listing{account: a}
	if l.chain.Current, err = a.Current.List.Parse(); err != nil {
		return nil, fmt.Errorf("server: a stored device list: %w", err)
	}
	if a.Previous != nil {
		if l.chain.Previous, err = a.Previous.List.Parse(); err != nil {
			return nil, fmt.Errorf("server: a stored device list: %w", err)
		}
	}
	l.ends = time.UnixMilli(a.Current.AcceptedMS).Add(s.cfg.ResetDelay)
	l.running = l.chain.Current.Change == identity.Reset && !a.ResetDone && s.steady().Before(l.ends)
	return l, nil
}

// finishReset takes the consequences of a reset for the devices before it.
func (s *Server) finishReset(ctx context.Context, l *listing) error {
	f := ResetFinish{Account: l.account.Account, Version: l.account.Current.Version}
	f.Leave, f.Gone = left(leaves(l.chain.Previous), leaves(l.chain.Current))
	err := s.store.FinishReset(ctx, f)
	if err != nil && !errors.Is(err, ErrStale) { // somebody else did it, or cancelled
		return err
	}
	s.endSessions(f.Account, f.Gone)
	s.tellList(f.Account)
	return nil
}

// leaves returns the devices of a list with their keys; none of nil.
func leaves(list *identity.DeviceList) (all []Leaf) {
	if list == nil {
		return nil
	}
	for _, d := range list.Devices {
		all = append(all, Leaf{Device: d.Device, Key: d.SignatureKey})
	}
	return all
}

// left returns the devices that are in before and not in after, and the leaves
// that aren't, which are more: those of devices with a new key too.
func left(before, after []Leaf) (devices []identity.Device, gone []Leaf) {
	for _, b := range before {
		if slices.Contains(after, b) {
			continue
		}
		gone = append(gone, b)
		if !slices.ContainsFunc(after, func(a Leaf) bool { return a.Device == b.Device }) {
			devices = append(devices, b.Device)
		}
	}
	return devices, gone
}

// listed returns the devices that the server takes.
func (l *listing) listed() []Leaf {
	all := leaves(l.chain.Current)
	if l.running {
		all = append(all, leaves(l.chain.Previous)...)
	}
	return all
}

// effective returns the list whose devices can be added to rooms now.
func (l *listing) effective() *identity.DeviceList { return l.chain.Effective(!l.running) }

// entry returns device's entry on the newest list or, while a reset runs, on
// the one before. until says when the latter ends, and is zero otherwise.
func (l *listing) entry(device identity.Device) (entry identity.ListedDevice, until time.Time, ok bool) {
	if d, ok := l.chain.Current.Find(device); ok {
		return d, time.Time{}, true
	}
	if l.running {
		if d, ok := l.chain.Previous.Find(device); ok {
			return d, l.ends, true
		}
	}
	return identity.ListedDevice{}, time.Time{}, false
}

// listedKey returns the key of a listed device, or unlisted_device, the same
// where there is no such account.
func (s *Server) listedKey(ctx context.Context, device identity.Device) (key identity.PublicKey, until time.Time, err error) {
	d, until, err := s.listedDevice(ctx, device)
	return d.SignatureKey, until, err
}

func (s *Server) listedDevice(ctx context.Context, device identity.Device) (identity.ListedDevice, time.Time, error) {
	l, err := s.listing(ctx, device.Account())
	if errors.Is(err, errUnknownAccount) {
		return identity.ListedDevice{}, time.Time{}, errUnlisted
	}
	if err != nil {
		return identity.ListedDevice{}, time.Time{}, err
	}
	d, until, ok := l.entry(device)
	if !ok {
		return d, until, errUnlisted
	}
	return d, until, nil
}
