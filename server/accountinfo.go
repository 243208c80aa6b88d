package server

import (
	"context"
	"errors"
	"strconv"

	"parley/identity"
	"parley/wire"
	"parley/wire/admin"
)

// createdMS is when account was made; of one from before that was noted, as its first
// device list says.
func (s *Server) createdMS(ctx context.Context, account identity.Account) (int64, error) {
	value, err := s.store.AccountRecord(ctx, account, RecordCreated, createdKey)
	if err == nil {
		return strconv.ParseInt(string(value), 10, 64)
	}
	if !errors.Is(err, ErrNotFound) {
		return 0, err
	}
	lists, err := s.store.Lists(ctx, account, 1, 1)
	if err != nil || len(lists) == 0 {
		return 0, err
	}
	l, err := lists[0].Parse()
	if err != nil {
		return 0, err
	}
	return int64(l.At), nil
}

// LegalAccount says what is given to a lawful request. ErrNotFound.
func (s *Server) LegalAccount(ctx context.Context, account identity.Account) (*admin.LegalAccount, error) {
	l, err := s.listing(ctx, account)
	if errors.Is(err, errUnknownAccount) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	a := &admin.LegalAccount{Account: account, Devices: []admin.Device{}}
	if a.CreatedMS, err = s.createdMS(ctx, account); err != nil {
		return nil, err
	}
	seen, err := s.store.AccountRecords(ctx, account, RecordSeen, "", 2*identity.MaxDevices)
	if err != nil {
		return nil, err
	}
	days := map[string]int64{}
	for _, r := range seen {
		if n, err := strconv.ParseInt(string(r.Value), 10, 64); err == nil {
			days[r.Key] = n * dayMS
			a.LastSeenMS = max(a.LastSeenMS, n*dayMS)
		}
	}
	for _, d := range l.chain.Current.Devices {
		a.Devices = append(a.Devices, admin.Device{Device: d.Device, AddedMS: int64(d.AddedAt), LastSeenMS: days[string(d.Device)]})
	}
	return a, nil
}

// countedRelations bounds the relations that are counted of one kind.
const countedRelations = 1000

// AccountInfo says what is known of an account, but for whom it talks to.
// ErrNotFound.
func (s *Server) AccountInfo(ctx context.Context, account identity.Account) (*admin.Account, error) {
	legal, err := s.LegalAccount(ctx, account)
	if err != nil {
		return nil, err
	}
	a := &admin.Account{
		Account: account, CreatedMS: legal.CreatedMS, LastSeenMS: legal.LastSeenMS, Devices: legal.Devices,
		Sanctions: []admin.Sanction{},
	}
	set, err := s.sanctions(ctx, account, s.nowMS())
	if err != nil {
		return nil, err
	}
	a.Sanctions, a.Standing = append(a.Sanctions, set...), set.standing(s.nowMS())
	facts, err := s.cfg.Relations.Facts(ctx, account)
	if err != nil {
		return nil, err
	}
	if facts != (Facts{}) {
		a.Facts = &admin.Facts{AgeBand: admin.AgeBand(facts.Age), Region: facts.Region}
	}
	a.Counts, err = s.counts(ctx, account)
	return a, err
}

// counts counts what can be counted of account.
func (s *Server) counts(ctx context.Context, account identity.Account) (c admin.Counts, err error) {
	kept, err := s.store.Account(ctx, account)
	if err != nil {
		return c, err
	}
	c.ListVersion = kept.Current.Version
	if c.Waiting, err = s.waitingOf(ctx, account); err != nil {
		return c, err
	}
	t := &ledgerTx{ledger: s.store, was: map[string][]byte{}}
	if err := t.load(ctx, quotaKey(account)); err != nil {
		return c, err
	}
	q, err := getEntry[quotaEntry](t, quotaKey(account))
	if err != nil {
		return c, err
	}
	if q != nil {
		c.BlobBytes = q.Bytes
	}
	notices, err := s.noticesOf(ctx, account, 0)
	if err != nil {
		return c, err
	}
	c.Notices = len(notices)
	accepted, err := s.related(ctx, account, wire.RelationAccepted, "", countedRelations)
	if err != nil {
		return c, err
	}
	blocked, err := s.related(ctx, account, wire.RelationBlocked, "", countedRelations)
	c.Accepted, c.Blocked = len(accepted), len(blocked)
	return c, err
}
