package client

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/content"
	"parley/identity"
	"parley/wire"
)

// A contact is what the client believes of an account: its pinned device lists.
type contact struct {
	_           struct{} `cbor:",toarray"`
	Version     uint8    // of this record: 1
	Account     identity.Account
	Chain       identity.Chain
	ResetSeenMS int64 // when the reset that Chain ends in was first seen; 0: it doesn't end in one
	Confirmed   bool  // the person confirmed that reset
	Forked      bool  // the server showed lists that contradict the pinned ones
}

// resetFinal reports whether k doesn't end in a reset, or in one that was seen
// for long enough to count.
func (c *Client) resetFinal(k *contact) bool {
	return k.ResetSeenMS == 0 || c.nowMS()-k.ResetSeenMS >= c.resetDelay().Milliseconds()
}

// effective returns the list that counts now.
func (c *Client) effective(k *contact) *identity.DeviceList {
	return k.Chain.Effective(c.resetFinal(k))
}

// unconfirmed reports whether messages to k have to wait: it was reset, and the
// delay runs or its person hasn't been asked.
func (c *Client) unconfirmed(k *contact) bool {
	return k.Account != c.self.Account && k.ResetSeenMS != 0 && !(k.Confirmed && c.resetFinal(k))
}

func (t *tx) contactKey(a identity.Account) string {
	return contactPrefix + t.c.store.hide(string(a))
}

// contact returns what is known of an account; its chain is empty where nothing
// is.
func (t *tx) contact(a identity.Account) (*contact, error) {
	k := &contact{Version: 1, Account: a}
	_, err := t.load(t.contactKey(a), k)
	return k, err
}

func (t *tx) saveContact(k *contact) { t.save(t.contactKey(k.Account), k) }

// refresh reads the newest lists of accounts and pins them. A list that
// contradicts what is pinned is refused; that is remembered and returned.
func (c *Client) refresh(ctx context.Context, accounts ...identity.Account) error {
	slices.Sort(accounts)
	for _, a := range slices.Compact(accounts) {
		if err := c.refreshOne(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) refreshOne(ctx context.Context, a identity.Account) error {
	var from uint64
	err := c.step(ctx, func(t *tx) error {
		k, err := t.contact(a)
		from = k.Chain.Version()
		return err
	})
	if err != nil {
		return err
	}
	for {
		// From the pinned version, inclusive: the server has to show it again.
		reply, err := call[wire.DeviceLists](ctx, c, wire.OpDeviceLists, wire.DeviceListsRequest{Account: a, From: from})
		if err != nil {
			return err
		}
		moved, err := c.pin(ctx, a, reply)
		if err != nil || !moved || reply.Newest <= from+uint64(len(reply.Lists)) {
			return err
		}
		from += uint64(len(reply.Lists))
	}
}

// pin extends the chain of a by what the server showed, and reports whether it
// moved.
func (c *Client) pin(ctx context.Context, a identity.Account, reply *wire.DeviceLists) (moved bool, err error) {
	var refused error
	err = c.step(ctx, func(t *tx) error {
		moved, refused = false, nil
		k, err := t.contact(a)
		if err != nil {
			return err
		}
		before := k.Chain.Version()
		if refused = c.extend(k, reply); refused != nil {
			return t.refuseLists(k, refused)
		}
		t.del(stalePrefix + c.store.hide(string(a)))
		moved = k.Chain.Version() > before
		if moved || k.Forked {
			k.Forked = false
			t.saveContact(k)
		}
		if moved {
			return t.noticeLists(k, before)
		}
		return nil
	})
	if err == nil {
		err = refused
	}
	return moved, err
}

// extend verifies the lists against what k has pinned.
func (c *Client) extend(k *contact, reply *wire.DeviceLists) error {
	if err := k.Chain.CheckNewest(reply.Newest); err != nil {
		return err
	}
	if k.Chain.Version() == 0 { // trust on first use
		if err := k.Chain.Extend(k.Account, reply.Lists); err != nil {
			return err
		}
		if k.Chain.Current == nil {
			return identity.ErrList
		}
		return nil
	}
	before := k.Chain.Version()
	if err := k.Chain.ExtendPinned(k.Account, reply.Lists, c.resetFinal(k)); err != nil {
		return err
	}
	if k.Chain.Version() > before {
		k.ResetSeenMS, k.Confirmed = 0, false
		if k.Chain.Current.Change == identity.Reset {
			k.ResetSeenMS = c.nowMS()
		}
	}
	return nil
}

// refuseLists remembers that the server showed lists that can't be true.
func (t *tx) refuseLists(k *contact, cause error) error {
	code := "bad_device_list"
	switch {
	case errors.Is(cause, identity.ErrFork):
		code = "forked_device_list"
	case errors.Is(cause, identity.ErrRollback):
		code = "rolled_back_device_list"
	}
	t.del(stalePrefix + t.c.store.hide(string(k.Account)))
	k.Forked = true
	t.saveContact(k)
	return t.refuse(Refusal{Subject: string(k.Account), Code: code})
}

// refreshStale reads the lists that the server said have changed.
func (c *Client) refreshStale(ctx context.Context) error {
	var accounts []identity.Account
	err := c.step(ctx, func(t *tx) error {
		accounts = nil
		records, err := t.list(stalePrefix)
		for _, r := range records {
			accounts = append(accounts, identity.Account(r.Value))
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if err := c.refreshOne(ctx, a); err != nil && !isListRefusal(err) {
			return err
		}
	}
	return nil
}

// isListRefusal reports whether err is this client's refusal of somebody's
// lists, which must not stop what concerns others.
func isListRefusal(err error) bool {
	return errors.Is(err, identity.ErrFork) || errors.Is(err, identity.ErrRollback) ||
		errors.Is(err, identity.ErrList) || errors.Is(err, identity.ErrSignature)
}

// ConfirmReset says that the person has made sure, outside of Parley, that the
// reset of a contact's account was theirs. It counts once the delay is over.
func (c *Client) ConfirmReset(ctx context.Context, name string) error {
	a, err := c.Resolve(name)
	if err != nil {
		return err
	}
	return c.step(ctx, func(t *tx) error {
		k, err := t.contact(a)
		if err != nil {
			return err
		}
		if k.ResetSeenMS == 0 {
			return ErrNoReset
		}
		k.Confirmed = true
		t.saveContact(k)
		return nil
	})
}

// SafetyNumber returns 60 digits that are the same on both sides while nobody in
// between has shown either a false device list.
func (c *Client) SafetyNumber(ctx context.Context, name string) (string, error) {
	a, err := c.Resolve(name)
	if err != nil {
		return "", err
	}
	if err := c.refresh(ctx, a, c.self.Account); err != nil {
		return "", err
	}
	var number string
	err = c.step(ctx, func(t *tx) error {
		own, err := t.contact(c.self.Account)
		if err != nil {
			return err
		}
		other, err := t.contact(a)
		if err != nil {
			return err
		}
		number = identity.SafetyNumber(own.Chain.Current, other.Chain.Current)
		return nil
	})
	return number, err
}

func (c *Client) resetDelay() time.Duration {
	switch d := c.cfg.ResetDelay; {
	case d < 0:
		return 0
	case d > 0:
		return d
	}
	return DefaultResetDelay
}

// Resolve returns the account that a person means by name: a name at the own
// account's domain, or a whole URI. It returns identity.ErrURI.
func (c *Client) Resolve(name string) (identity.Account, error) {
	if a, err := identity.ParseAccount(name); err == nil {
		return a, nil
	}
	return identity.NewAccount(c.self.Account.Domain(), name)
}

// views returns the sender's view of its own list and, in a direct room, of the
// other side's: what each message carries, so that a server that shows people
// different lists is found out.
func (t *tx) views(room *roomRecord) ([]content.ListView, error) {
	accounts := []identity.Account{t.c.self.Account}
	if room.Kind == wire.KindDirect {
		accounts = room.Accounts
	}
	var out []content.ListView
	for _, a := range accounts {
		k, err := t.contact(a)
		if err != nil {
			return nil, err
		}
		if k.Chain.Current != nil {
			out = append(out, content.ListView{Account: a, Version: k.Chain.Version(), Hash: [32]byte(k.Chain.Current.Hash())})
		}
	}
	return out, nil
}

// checkViews compares another member's view with what is pinned here. A newer
// version is looked up; another list of the same version is a fork.
func (t *tx) checkViews(views []content.ListView) error {
	for _, v := range views {
		k, err := t.contact(v.Account)
		if err != nil {
			return err
		}
		pinned := k.Chain.Version()
		if pinned == 0 || v.Version < pinned || k.Forked {
			continue
		}
		if v.Version > pinned {
			t.markStale(v.Account)
			continue
		}
		if string(v.Hash[:]) != string(k.Chain.Current.Hash()) {
			if err := t.refuseLists(k, identity.ErrFork); err != nil {
				return err
			}
		}
	}
	return nil
}

// markStale has the lists of a read again before anything is sent to a.
func (t *tx) markStale(a identity.Account) {
	t.put(stalePrefix+t.c.store.hide(string(a)), []byte(a))
}
