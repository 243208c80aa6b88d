package server

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"parley/identity"
	"parley/wire"
)

// noLoginKey is the key of the one record of [RecordNoLogin].
const noLoginKey = "no"

// hasLogin reports whether account is proved by a login too, not by passkeys alone.
func (s *Server) hasLogin(ctx context.Context, account identity.Account) (bool, error) {
	_, err := s.store.AccountRecord(ctx, account, RecordNoLogin, noLoginKey)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	return false, err
}

// PasskeyList returns the passkeys of the account of the session's device.
func (s *Server) PasskeyList(ctx context.Context, device identity.Device, _ *wire.Empty) (*wire.Passkeys, error) {
	passphrase, err := s.hasLogin(ctx, device.Account())
	if err != nil {
		return nil, err
	}
	all, err := s.passkeysOf(ctx, device.Account())
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b Passkey) int { return cmp.Compare(a.MadeMS, b.MadeMS) })
	reply := &wire.Passkeys{Passkeys: []wire.KeptPasskey{}, Passphrase: passphrase}
	for _, p := range all {
		reply.Passkeys = append(reply.Passkeys, wire.KeptPasskey{
			ID: p.ID, Name: p.Name, MadeMS: p.MadeMS, UsedMS: p.UsedDay * dayMS, Synced: p.Backup,
		})
	}
	return reply, nil
}

// RemovePasskey removes a passkey from the account of the session's device. The last
// one of an account without a login stays: nobody could prove it any more.
func (s *Server) RemovePasskey(ctx context.Context, device identity.Device, req *wire.RemovePasskeyRequest) (*wire.Empty, error) {
	u := RecordUpdate{
		Account: device.Account(), Kind: RecordPasskey, Delete: []string{(&Passkey{ID: req.ID}).key()}, Max: wire.MaxPasskeys,
	}
	passphrase, err := s.hasLogin(ctx, u.Account)
	if err != nil {
		return nil, err
	}
	if !passphrase {
		u.Min = 1
	}
	err = s.store.UpdateRecords(ctx, u)
	if errors.Is(err, ErrTooFew) {
		return nil, wire.Refuse(wire.CodeLastPasskey, "This is the only passkey, and the account has no passphrase.")
	}
	if err != nil {
		return nil, err
	}
	return &wire.Empty{}, nil
}
