package client

import (
	"bytes"
	"context"
	"errors"

	"parley/identity"
	"parley/wire"
)

// maxOwnLists bounds the lists that a device keeps of its own account.
const maxOwnLists = 32

// ownLists are the newest device lists of the own account as they were signed, the
// oldest first, without gaps: a server that was restored from a backup lacks the
// last of them, and who has seen them believes no others.
type ownLists struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // of this record: 1
	Newest  uint64   // the version of the last list, 0 where there is none
	Lists   []identity.SignedDeviceList
}

// from returns the lists from version on, nil where one of them isn't kept.
func (o *ownLists) from(version uint64) []identity.SignedDeviceList {
	if version == 0 || version > o.Newest || o.Newest-version >= uint64(len(o.Lists)) {
		return nil
	}
	return o.Lists[uint64(len(o.Lists))-1-(o.Newest-version):]
}

// gatherOwnLists keeps the own account's lists up to the pinned one, as the server
// has them. What can't be had now is asked for another time: it holds nothing up.
func (c *Client) gatherOwnLists(ctx context.Context) {
	var have, pinned uint64
	err := c.step(ctx, func(t *tx) error {
		var kept ownLists
		own, err := t.contact(c.self.Account)
		if err == nil {
			_, err = t.load(ownListsKey, &kept)
		}
		have, pinned = kept.Newest, own.Chain.Version()
		return err
	})
	if err != nil || have == pinned {
		return
	}
	from := max(pinned, maxOwnLists) - maxOwnLists + 1
	reply, err := call[wire.DeviceLists](ctx, c, wire.OpDeviceLists, wire.DeviceListsRequest{Account: c.self.Account, From: from})
	if err != nil {
		return
	}
	_ = c.step(ctx, func(t *tx) error {
		own, err := t.contact(c.self.Account)
		if err != nil || own.Chain.Version() != pinned {
			return err
		}
		if lists := leadingTo(own.Chain.Current, reply.Lists); len(lists) > 0 {
			t.save(ownListsKey, &ownLists{Version: 1, Newest: pinned, Lists: lists})
		}
		return nil
	})
}

// leadingTo returns the lists that lead to pinned by their hashes, which is the
// last of them: at most maxOwnLists, none where pinned isn't there. lists is in
// order, and may go on behind pinned.
func leadingTo(pinned *identity.DeviceList, lists []identity.SignedDeviceList) []identity.SignedDeviceList {
	end, begin := 0, 0
	want := pinned.Hash()
	for i := len(lists) - 1; i >= 0; i-- {
		l, err := lists[i].Parse()
		if err == nil && bytes.Equal(l.Hash(), want) {
			if end == 0 {
				end = i + 1
			}
			begin, want = i, l.PreviousHash
		} else if end != 0 {
			break
		}
	}
	return lists[max(begin, end-maxOwnLists):end]
}

// putOwnListsAgain gives a server back the lists of the own account that it shows
// no longer, if the newest that it shows is one of those kept: it was restored from
// a backup. Nothing is signed for it. It reports whether the server took any. A
// reset is put again by nobody: it takes the account's login.
func (c *Client) putOwnListsAgain(ctx context.Context, shown *wire.DeviceLists) (put bool, err error) {
	var missing []identity.SignedDeviceList
	err = c.step(ctx, func(t *tx) error {
		missing = nil
		var kept ownLists
		if _, err := t.load(ownListsKey, &kept); err != nil {
			return err
		}
		known := kept.from(shown.Newest)
		if len(known) > 0 && len(shown.Lists) == 1 && bytes.Equal(shown.Lists[0].Body, known[0].Body) {
			missing = known[1:]
		}
		return nil
	})
	for _, list := range missing {
		_, err := call[wire.Empty](ctx, c, wire.OpPutDeviceList, wire.PutDeviceListRequest{List: list})
		if errors.Is(err, &wire.Error{Code: wire.CodeStaleDeviceList}) {
			continue // another device of the account does the same
		}
		if err != nil {
			return put, err
		}
		put = true
	}
	return put || len(missing) > 0, err
}
