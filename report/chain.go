package report

import (
	"bytes"
	"slices"

	"parley/content"
	"parley/identity"
	"parley/mls/public"
)

// A chain is an account's device lists, checked from the first version on.
type chain struct {
	lists []*identity.DeviceList // of version 1, 2, …
	err   error                  // they don't follow from each other
}

// walk checks that lists follow from each other, from version 1 on.
func walk(l *Lists) *chain {
	out := new(chain)
	var pinned identity.Chain
	for i := range l.Lists {
		before := pinned.Version()
		if out.err = pinned.Extend(l.Account, l.Lists[i:i+1]); out.err != nil {
			return out
		}
		if pinned.Version() != before+1 {
			out.err = identity.ErrList
			return out
		}
		out.lists = append(out.lists, pinned.Current)
	}
	return out
}

// ownView returns which list of its sender's devices a message names: what ties a
// chain to the message, since anyone can make a chain up that begins with itself. Of
// two the first counts.
func ownView(m *content.Message) (content.ListView, bool) {
	i := slices.IndexFunc(m.Extensions.Lists, func(v content.ListView) bool { return v.Account == m.Extensions.Sender })
	if i < 0 {
		return content.ListView{}, false
	}
	return m.Extensions.Lists[i], true
}

// has reports whether the chain has the list that a message names.
func (c *chain) has(view content.ListView) bool {
	return 0 < view.Version && view.Version <= uint64(len(c.lists)) && bytes.Equal(c.lists[view.Version-1].Hash(), view.Hash[:])
}

// keys returns all keys that the lists ever named for device: what a device signed
// stays signed when it is gone. Beyond the list that the message names only those
// count that one of the devices signed: a reset signs for itself, so that anyone can
// append one.
func (c *chain) keys(view content.ListView, device identity.Device) (keys []identity.PublicKey) {
	for _, l := range c.lists {
		if l.Version > view.Version && l.Change == identity.Reset {
			break
		}
		if d, ok := l.Find(device); ok && !slices.Contains(keys, d.SignatureKey) {
			keys = append(keys, d.SignatureKey)
		}
	}
	return keys
}

// signer returns which of keys made the item's signature.
func (i *Item) signer(keys []identity.PublicKey) (identity.PublicKey, bool) {
	s := public.X25519() // for its signatures: a device's key is always Ed25519's
	for _, key := range keys {
		if s.VerifyWithLabel(key[:], public.FramedContentLabel, i.TBS, i.LeafSignature) == nil {
			return key, true
		}
	}
	return identity.PublicKey{}, false
}

// Follow reports whether the lists follow from each other, from version 1 on.
func (l *Lists) Follow() bool { return walk(l).err == nil }

// Prover returns what tells whether the lists show that an item's signature is by the
// device that the server names: for who encloses them, as a signature that doesn't
// check makes the message one that isn't verified.
func (l *Lists) Prover() func(*Item) bool {
	c := walk(l)
	return func(item *Item) bool {
		said, err := item.Said()
		if err != nil || c.err != nil || said.Sender != l.Account {
			return false
		}
		m, _, err := content.Decode(item.ApplicationData)
		if err != nil {
			return false
		}
		view, named := ownView(m)
		if !named || !c.has(view) {
			return false
		}
		_, ok := item.signer(c.keys(view, said.Device))
		return ok
	}
}
