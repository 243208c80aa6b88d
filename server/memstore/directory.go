package memstore

import (
	"bytes"
	"context"
	"slices"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// CreateAccount implements [server.Directory].
func (s *Store) CreateAccount(ctx context.Context, a server.NewAccount) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accounts[a.Account] != nil {
		return server.ErrExists
	}
	made := &account{
		credential: bytes.Clone(a.Credential),
		lists:      []server.ListRecord{{List: cloneList(a.List), Version: 1, AcceptedMS: a.AcceptedMS}},
		waiting:    map[identity.Device]server.Enrollment{},
		cursors:    map[identity.Device]uint64{a.Device: 0},
		first:      1,
	}
	for _, r := range a.Records {
		made.setRecord(r.Kind, r.Key, r.Value)
	}
	s.accounts[a.Account] = made
	return nil
}

// Account implements [server.Directory].
func (s *Store) Account(ctx context.Context, name identity.Account) (*server.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[name]
	if a == nil {
		return nil, server.ErrNotFound
	}
	r := &server.Account{
		Account: name, Credential: bytes.Clone(a.credential),
		Current: a.lists[len(a.lists)-1], ResetDone: a.resetDone,
	}
	r.Current.List = cloneList(r.Current.List)
	if len(a.lists) > 1 {
		before := a.lists[len(a.lists)-2]
		before.List = cloneList(before.List)
		r.Previous = &before
	}
	return r, nil
}

// Lists implements [server.Directory].
func (s *Store) Lists(ctx context.Context, name identity.Account, from uint64, max int) ([]identity.SignedDeviceList, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[name]
	if a == nil {
		return nil, server.ErrNotFound
	}
	var lists []identity.SignedDeviceList
	for _, l := range a.lists {
		if l.Version >= from && len(lists) < max {
			lists = append(lists, cloneList(l.List))
		}
	}
	return lists, nil
}

// PutList implements [server.Directory].
func (s *Store) PutList(ctx context.Context, u server.ListUpdate) ([]identity.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[u.Account]
	if a == nil || u.Version != uint64(len(a.lists))+1 || u.Cancel && a.resetDone {
		return nil, server.ErrStale
	}
	a.lists = append(a.lists, server.ListRecord{List: cloneList(u.List), Version: u.Version, AcceptedMS: u.AcceptedMS})
	a.reset, a.resetDone = u.Reset, false
	s.drop(a, u.Leave, u.Gone)
	touched := s.neighbours(u.Account)
	s.deliver(touched, wire.Envelope{Kind: wire.EventDevices, AcceptedMS: u.AcceptedMS, Account: u.Account, Version: u.Version})
	for _, d := range u.Join {
		a.cursors[d] = a.head()
		delete(a.waiting, d)
	}
	for _, k := range u.Publish {
		s.packagesOf(k.Device).add(k)
	}
	return touched, nil
}

// neighbours returns name and the accounts that share a room with it, sorted.
func (s *Store) neighbours(name identity.Account) []identity.Account {
	all := []identity.Account{name}
	for _, r := range s.rooms {
		if r.now.Has(name) {
			all = union(all, r.now.Accounts)
		}
	}
	return all
}

// drop takes the consequences of devices and leaves that left a list.
func (s *Store) drop(a *account, leave []identity.Device, gone []server.Leaf) {
	for _, d := range leave {
		delete(a.cursors, d)
		for _, kind := range server.DeviceRecords() {
			delete(a.records[kind], string(d))
		}
	}
	for _, l := range gone {
		if k := s.keyPackages[l.Device]; k != nil {
			k.dropAll()
		}
	}
	for _, r := range s.rooms {
		r.now = r.now.WithPending(gone)
	}
}

// FinishReset implements [server.Directory].
func (s *Store) FinishReset(ctx context.Context, f server.ResetFinish) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[f.Account]
	if a == nil || uint64(len(a.lists)) != f.Version || !a.reset || a.resetDone {
		return server.ErrStale
	}
	a.resetDone = true
	s.drop(a, f.Leave, f.Gone)
	return nil
}

// RunningResets implements [server.Directory].
func (s *Store) RunningResets(ctx context.Context, before int64) ([]identity.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var running []identity.Account
	for name, a := range s.accounts {
		if a.reset && !a.resetDone && a.lists[len(a.lists)-1].AcceptedMS < before {
			running = append(running, name)
		}
	}
	return running, nil
}

// PutEnrollment implements [server.Directory].
func (s *Store) PutEnrollment(ctx context.Context, name identity.Account, e server.Enrollment, now int64, max int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[name]
	if a == nil {
		return server.ErrNotFound
	}
	others := 0
	for d, w := range a.waiting {
		if d != e.Device && w.Expires > now {
			others++
		}
	}
	if others >= max {
		return server.ErrTooMany
	}
	a.waiting[e.Device] = cloneEnrollment(e)
	return nil
}

// Enrollments implements [server.Directory].
func (s *Store) Enrollments(ctx context.Context, name identity.Account, now int64) ([]server.Enrollment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[name]
	if a == nil {
		return nil, server.ErrNotFound
	}
	var waiting []server.Enrollment
	for _, e := range a.waiting {
		if e.Expires > now {
			waiting = append(waiting, cloneEnrollment(e))
		}
	}
	return waiting, nil
}

func cloneEnrollment(e server.Enrollment) server.Enrollment {
	e.Claim, e.Signature = bytes.Clone(e.Claim), bytes.Clone(e.Signature)
	e.KeyPackages = slices.Clone(e.KeyPackages)
	for i := range e.KeyPackages {
		e.KeyPackages[i] = cloneKeyPackage(e.KeyPackages[i])
	}
	return e
}
