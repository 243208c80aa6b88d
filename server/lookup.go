package server

import (
	"context"
	"errors"

	"parley/identity"
	"parley/wire"
)

// Who looks for somebody by name learns only whether they can be reached. That
// there is no such account, that they have blocked who looks, and that the policy
// keeps the two apart are one answer, unknown_account, after the same work: the
// reads of the store are the same in number and kind (see TestLookupsAlike). Who is
// in a room with somebody sees their devices all the same: it has to check them. A
// look at a stranger costs something of SpendLookup, as does one at nobody, so that
// names can't be tried one after the other.

// mayLook decides on a look of own at account, whose listing was read with the error
// found.
func (s *Server) mayLook(ctx context.Context, own, account identity.Account, found error) error {
	p := s.inForce()
	if p == nil || own == account || found != nil && !errors.Is(found, errUnknownAccount) {
		return found
	}
	if s.verdicts.passes(verdictPair{own, account}, s.steady()) {
		return found
	}
	if found != nil {
		if err := s.readNobody(); err != nil {
			return err
		}
	}
	message, group := &Question{Action: ActionMessage}, &Question{}
	if err := s.fill(ctx, p, message, own, account); err != nil {
		return err
	}
	*group = *message
	group.Action, group.Group = ActionGroupAdd, GroupFacts{Size: 2, Known: 1}
	blocked, err := s.readBlocked(ctx, account, own)
	if err != nil {
		return err
	}
	met, err := s.store.Meet(ctx, own, account)
	if err != nil || met {
		return cmpError(err, found)
	}
	d, errMessage := p.Decide(message)
	g, errGroup := p.Decide(group)
	unreachable := s.unreachable(p, message.Sender)
	if errMessage != nil || errGroup != nil { // noted where it is decided
		d, g = Decision{Effect: EffectDeny}, Decision{Effect: EffectDeny}
	}
	denied := d.Effect == EffectDeny && g.Effect == EffectDeny
	if found == nil && !blocked && !denied && (d.Effect == EffectAllow || message.known()) {
		return nil
	}
	if err := s.spend(ctx, payer{account: own}, SpendLookup, 1, false); err != nil {
		return err
	}
	if found != nil || blocked || denied {
		return unreachable
	}
	return nil
}

// unreachable returns what own, of whom this is known, is told of whoever can't be
// reached: as of a name that nobody has. It has a reason where that is about own, as
// its age is.
func (s *Server) unreachable(p Policy, own Person) error {
	d, err := p.Decide(&Question{Action: ActionMessage, Sender: own})
	if err != nil || d.Effect != EffectDeny || d.Reason == "" {
		return errUnknownAccount
	}
	return d.refusal()
}

// readBlocked is blocked from the store, by one read, so that its work tells neither
// what was asked before nor how many are blocked.
func (s *Server) readBlocked(ctx context.Context, account, other identity.Account) (bool, error) {
	_, err := s.store.AccountRecord(ctx, account, RecordRelation, relationKey(wire.RelationBlocked, other))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// nobodysList is a list as that of an account with one device.
func nobodysList(domain string) identity.SignedDeviceList {
	account, _ := identity.NewAccount(domain, "nobody") // New has checked the domain
	device := identity.RandomDevice(account)
	l := identity.DeviceList{Account: account, Version: 1, Change: identity.Create, Devices: []identity.ListedDevice{{
		Device: device, SignatureKey: identity.GenerateKey().Public(), Name: "device", Suites: []uint16{1},
	}}}
	return l.Sign(device, identity.GenerateKey())
}

// readNobody does for somebody who isn't there what is done to read an account, so
// that the time that it takes doesn't tell either.
func (s *Server) readNobody() error {
	_, err := s.fakeList.Parse()
	return err
}
