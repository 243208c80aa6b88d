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
	ResetSeenMS int64 // when the last reset was first seen; 0: none, or it was cancelled
	Confirmed   bool  // the person confirmed that reset
	EarlierMS   int64 // ResetSeenMS of one before it that the person hasn't confirmed: back in force if it is cancelled
	Forked      bool  // the server showed lists that contradict the pinned ones
}

// resetFinal reports whether k had no reset, or one that was seen for long enough
// to count.
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
	if k.ResetSeenMS != 0 {
		t.until(k.ResetSeenMS + t.c.resetDelay().Milliseconds()) // when a reset counts
	}
	return k, err
}

// saveContact keeps k, and a mark where it was reset: few are, and every message
// asks.
func (t *tx) saveContact(k *contact) {
	t.save(t.contactKey(k.Account), k)
	mark := resetPrefix + t.c.store.hide(string(k.Account))
	if k.ResetSeenMS != 0 {
		t.put(mark, []byte(k.Account))
	} else {
		t.del(mark)
	}
}

// unconfirmedIn returns the accounts in a room whose reset holds up messages.
func (t *tx) unconfirmedIn(r *roomRecord) ([]identity.Account, error) {
	marked, err := t.list(resetPrefix)
	if err != nil {
		return nil, err
	}
	var out []identity.Account
	for _, m := range marked {
		a := identity.Account(m.Value)
		if _, in := slices.BinarySearch(r.Accounts, a); !in {
			continue
		}
		k, err := t.contact(a)
		if err != nil {
			return nil, err
		}
		if t.c.unconfirmed(k) {
			out = append(out, a)
		}
	}
	return out, nil
}

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
	var from, kept uint64
	err := c.step(ctx, func(t *tx) error {
		k, err := t.contact(a)
		if from = k.Chain.Version(); err != nil || a == c.self.Account {
			kept = from
			return err
		}
		kept, err = t.keptVersion(a)
		return err
	})
	if err != nil {
		return err
	}
	for tried := false; ; {
		// From the pinned version, inclusive: the server has to show it again. Earlier,
		// where not all that led to it is kept.
		reply, err := call[wire.DeviceLists](ctx, c, wire.OpDeviceLists, wire.DeviceListsRequest{Account: a, From: min(from, kept)})
		if from > 0 && a != c.self.Account && errors.Is(err, &wire.Error{Code: wire.CodeUnknownAccount}) {
			return nil // it was erased: the others of a room mustn't wait for its lists
		}
		if err != nil {
			return err
		}
		if reply.Newest < from && a == c.self.Account && !tried {
			tried = true
			put, err := c.putOwnListsAgain(ctx, reply)
			if err != nil && !isRefusal(err) {
				return err
			}
			if put {
				continue
			}
		}
		pinned, err := c.pin(ctx, a, reply)
		if err != nil || pinned <= from || reply.Newest <= pinned {
			return err
		}
		from, kept = pinned, pinned
	}
}

// pin extends the chain of a by what the server showed, and returns the version
// that is pinned then.
func (c *Client) pin(ctx context.Context, a identity.Account, reply *wire.DeviceLists) (pinned uint64, err error) {
	var refused error
	err = c.step(ctx, func(t *tx) error {
		refused = nil
		k, err := t.contact(a)
		if err != nil {
			return err
		}
		before := k.Chain.Version()
		mark, err := t.listMark(a)
		if err != nil {
			return err
		}
		if refused = c.extend(k, reply); refused != nil {
			return t.refuseLists(k, "", refused)
		}
		if err := t.keepLists(k, reply.Lists); err != nil {
			return err
		}
		t.del(stalePrefix + c.store.hide(string(a)))
		pinned = k.Chain.Version()
		moved := pinned > before
		if moved || k.Forked {
			k.Forked = false
			t.saveContact(k)
		}
		if !moved {
			return nil
		}
		if err := t.heardAlone(k); err != nil {
			return err
		}
		if err := t.noticeLists(k, before); err != nil || before == 0 {
			return err
		}
		return t.noticeVerified(a, mark)
	})
	if err == nil {
		err = refused
	}
	return pinned, err
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
	next := *k
	for i := range reply.Lists { // one by one: each reset and cancel counts
		before := next.Chain.Version()
		if err := next.Chain.ExtendPinned(k.Account, reply.Lists[i:i+1], c.resetFinal(&next)); err != nil {
			return err
		}
		if next.Chain.Version() > before {
			next.heedReset(c.nowMS())
			continue
		}
		if l, err := reply.Lists[i].Parse(); err != nil || l.Version > before {
			break // it follows a reset that runs, and is left for later
		}
	}
	*k = next
	return nil
}

// heedReset begins or ends the wait for a reset after the chain has moved. The
// lists that follow a reset say nothing about it: only its person confirms it.
func (k *contact) heedReset(now int64) {
	switch k.Chain.Current.Change {
	case identity.Reset:
		k.EarlierMS = 0
		if !k.Confirmed {
			k.EarlierMS = k.ResetSeenMS
		}
		k.ResetSeenMS, k.Confirmed = now, false
	case identity.Cancel:
		k.ResetSeenMS, k.EarlierMS, k.Confirmed = k.EarlierMS, 0, false
	}
}

// refuseLists remembers that the server showed lists that can't be true; by is the
// device that told of another list, if one did.
func (t *tx) refuseLists(k *contact, by identity.Device, cause error) error {
	code := "bad_device_list"
	switch {
	case errors.Is(cause, identity.ErrFork):
		code = "forked_device_list"
	case errors.Is(cause, identity.ErrRollback):
		code = "rolled_back_device_list"
	}
	t.del(stalePrefix + t.c.store.hide(string(k.Account)))
	if k.Forked && errors.Is(cause, identity.ErrRollback) {
		return nil // told already: after a restore it goes on until the account's own device has connected
	}
	k.Forked = true
	t.saveContact(k)
	return t.refuse(Refusal{Sender: by, Subject: string(k.Account), Code: code})
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
		err := c.refreshOne(ctx, a)
		if isRefusal(err) { // the server shows no list, of whose change it told
			err = c.step(ctx, func(t *tx) error {
				t.del(stalePrefix + c.store.hide(string(a)))
				return nil
			})
		}
		if err != nil && !isListRefusal(err) {
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
// between has shown either a false device list. Without a connection it returns
// that of the lists last seen together with ErrOffline.
func (c *Client) SafetyNumber(ctx context.Context, name string) (string, error) {
	a, err := c.Resolve(name)
	if err != nil {
		return "", err
	}
	offline := c.refresh(ctx, a, c.self.Account)
	if offline != nil && !errors.Is(offline, ErrOffline) {
		return "", offline
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
		if own.Chain.Current == nil || other.Chain.Current == nil {
			return ErrOffline // nothing of a stranger was ever seen
		}
		number = identity.SafetyNumber(own.Chain.Current, other.Chain.Current)
		return nil
	})
	if err != nil {
		return "", err
	}
	return number, offline
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

// checkViews compares the view of a message's sender, of its own list and of this
// account's, with what is pinned here. A newer version is looked up; another list
// of the same version is a fork.
func (t *tx) checkViews(by identity.Device, views []content.ListView) error {
	for _, v := range views {
		if v.Account != by.Account() && v.Account != t.c.self.Account {
			continue // nobody tells of a third one's list
		}
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
			if err := t.refuseLists(k, by, identity.ErrFork); err != nil {
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
