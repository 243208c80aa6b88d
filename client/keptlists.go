package client

import (
	"context"

	"parley/identity"
	"parley/report"
)

// keptLists are an account's device lists as they were signed, from the first on:
// what shows to others that a device was the account's. They are kept as they come,
// so that nobody has to be asked for them when somebody is reported.
type keptLists struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // of this record: 1
	Lists   []identity.SignedDeviceList
}

func (t *tx) listsKey(a identity.Account) string { return listsPrefix + t.c.store.hide(string(a)) }

// keepLists keeps what of lists goes on from what is kept, up to the pinned version.
// Another device of one's own knows its own lists already: see ownLists. Those from long
// before the pinned version aren't compared with it when they come, so that a server can
// show others: what doesn't follow is forgotten, and asked for again.
func (t *tx) keepLists(k *contact, lists []identity.SignedDeviceList) error {
	if k.Account == t.c.self.Account {
		return nil
	}
	kept := keptLists{Version: 1}
	if _, err := t.load(t.listsKey(k.Account), &kept); err != nil {
		return err
	}
	had := len(kept.Lists)
	for i := range lists {
		l, err := lists[i].Parse()
		if err != nil || l.Version > k.Chain.Version() || len(kept.Lists) >= report.MaxVersion {
			break
		}
		if l.Version == uint64(len(kept.Lists))+1 {
			kept.Lists = append(kept.Lists, lists[i])
		}
	}
	switch all := (&report.Lists{Account: k.Account, Lists: kept.Lists}); {
	case len(kept.Lists) == had:
	case !all.Follow():
		t.del(t.listsKey(k.Account))
	default:
		t.save(t.listsKey(k.Account), &kept)
	}
	return nil
}

// keptVersion returns up to which version an account's lists are kept.
func (t *tx) keptVersion(a identity.Account) (uint64, error) {
	var kept keptLists
	_, err := t.load(t.listsKey(a), &kept)
	return uint64(len(kept.Lists)), err
}

// chainOf returns an account's lists from the first on, or nil where this device
// doesn't have them up to what it believes.
func (c *Client) chainOf(ctx context.Context, a identity.Account) (out *report.Lists, err error) {
	err = c.step(ctx, func(t *tx) error {
		out = nil
		k, err := t.contact(a)
		if err != nil {
			return err
		}
		var lists []identity.SignedDeviceList
		if a == c.self.Account {
			var own ownLists
			_, err = t.load(ownListsKey, &own)
			lists = own.from(1)
		} else {
			var kept keptLists
			_, err = t.load(t.listsKey(a), &kept)
			lists = kept.Lists
		}
		if err == nil && len(lists) > 0 && uint64(len(lists)) == k.Chain.Version() {
			out = &report.Lists{Account: a, Lists: lists}
		}
		return err
	})
	return out, err
}
