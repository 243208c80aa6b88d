package identity

import (
	"bytes"
	"fmt"
)

// A Chain is what a verifier holds of an account's device lists: the newest one
// that it accepted and, where there is one, the one before. Its zero value has
// seen nothing. A chain grows only by [Chain.Extend].
type Chain struct {
	_        struct{} `cbor:",toarray"`
	Current  *DeviceList
	Previous *DeviceList // nil at version 1
}

// Version returns the pinned version, 0 where nothing is pinned.
func (c *Chain) Version() uint64 {
	if c.Current == nil {
		return 0
	}
	return c.Current.Version
}

// Extend checks that lists follow, one by one, from the chain and advances it.
// lists may begin with versions that the chain has already seen; the pinned
// version among them must then be the same, else ErrFork. A broken rule gives
// ErrList or ErrSignature. On error the chain is unchanged.
//
// account is whose chain the caller asked for.
func (c *Chain) Extend(account Account, lists []SignedDeviceList) error {
	next := *c
	for i := range lists {
		l, err := lists[i].Parse()
		if err != nil {
			return err
		}
		if l.Account != account {
			return badList("another account's")
		}
		if err := next.step(l, &lists[i]); err != nil {
			return err
		}
	}
	*c = next
	return nil
}

// ExtendPinned is [Chain.Extend] for a client that was there before a reset: it
// stops at one, without an error, and leaves what follows for later, except the
// cancel that undoes it. resetFinal says that the reset which the chain ends in,
// if it does, has been seen for long enough: then the chain goes on, and a
// cancel that comes now is too late: ErrList.
func (c *Chain) ExtendPinned(account Account, lists []SignedDeviceList, resetFinal bool) error {
	next, final := *c, resetFinal
	for i := range lists {
		waiting := next.Current != nil && next.Current.Change == Reset
		one := next
		if err := one.Extend(account, lists[i:i+1]); err != nil {
			return err
		}
		if waiting && one.Version() > next.Version() {
			cancels := one.Current.Change == Cancel
			if cancels && final {
				return badList("the reset can no longer be cancelled")
			}
			if !cancels && !final {
				break
			}
		}
		if one.Version() > next.Version() {
			final = false
		}
		next = one
	}
	*c = next
	return nil
}

// Effective returns the list that counts now. A reset counts only once it is
// final, which the caller decides from when it first saw it; until then the list
// before it does.
func (c *Chain) Effective(resetFinal bool) *DeviceList {
	if c.Current != nil && c.Current.Change == Reset && !resetFinal {
		return c.Previous
	}
	return c.Current
}

// Lists reports whether a leaf of device with key is to be believed: it is on
// the effective list or on the one before. A list that a reset replaced or that
// a cancel undid isn't one before.
func (c *Chain) Lists(device Device, key PublicKey, resetFinal bool) bool {
	eff := c.Effective(resetFinal)
	if eff == nil {
		return false
	}
	if eff.Lists(device, key) {
		return true
	}
	return eff == c.Current && c.Previous != nil && eff.Change != Reset && eff.Change != Cancel &&
		c.Previous.Lists(device, key)
}

// CheckNewest returns ErrRollback if version, which a server says is the newest,
// is below the pinned one.
func (c *Chain) CheckNewest(version uint64) error {
	if version < c.Version() {
		return ErrRollback
	}
	return nil
}

// step takes one parsed list.
func (c *Chain) step(l *DeviceList, s *SignedDeviceList) error {
	switch pinned := c.Version(); {
	case l.Version < pinned && pinned-l.Version == 1 && c.Previous != nil:
		return sameList(l, c.Previous)
	case l.Version < pinned:
		return nil // older than what is remembered; its successors are pinned by hash
	case l.Version == pinned && pinned != 0:
		return sameList(l, c.Current)
	case l.Version != pinned+1:
		return badList("a version is missing")
	}
	if c.Current != nil && !bytes.Equal(l.PreviousHash, c.Current.Hash()) {
		return ErrFork
	}
	if err := c.checkChange(l, s.Signer); err != nil {
		return err
	}
	key, err := c.signerKey(l, s.Signer)
	if err != nil {
		return err
	}
	if err := key.VerifyStatement(useDeviceList, s.Body, s.Signature); err != nil {
		return err
	}
	c.Previous, c.Current = c.Current, l
	return nil
}

func sameList(a, b *DeviceList) error {
	if !bytes.Equal(a.Hash(), b.Hash()) {
		return ErrFork
	}
	return nil
}

// signerKey returns the key that must have signed l: of a device on the list
// before; for create and reset, the new device's own; for cancel, of a device on
// the list before the reset; or the recovery key that the list before names.
func (c *Chain) signerKey(l *DeviceList, signer Device) (PublicKey, error) {
	from := c.Current
	switch l.Change {
	case Create, Reset:
		from = l
	case Cancel:
		from = c.Previous
	}
	if signer == "" {
		if l.Change == Create || l.Change == Reset || len(from.RecoveryKey) == 0 {
			return PublicKey{}, ErrSignature
		}
		return ParsePublicKey(from.RecoveryKey)
	}
	d, ok := from.Find(signer)
	if !ok {
		return PublicKey{}, fmt.Errorf("%w: signed by a device that is not on the list before", ErrSignature)
	}
	return d.SignatureKey, nil
}

// checkChange checks that l differs from the current list as its Change says.
func (c *Chain) checkChange(l *DeviceList, signer Device) error {
	if (l.Change == Create) != (c.Current == nil) {
		return badList("create is for version 1")
	}
	if l.Change == Create {
		if len(l.PreviousHash) != 0 || len(l.Devices) != 1 {
			return badList("create has one device and no predecessor")
		}
		return nil
	}
	if l.Change != Reset && !bytes.Equal(l.RecoveryKey, c.recoveryKeyBefore(l)) && signer != "" {
		return badList("only the recovery key changes the recovery key")
	}
	added, removed, changed := diff(c.Current, l)
	ok := false
	switch l.Change {
	case Add:
		ok = added == 1 && removed == 0 && changed == 0
	case Remove:
		ok = added == 0 && removed > 0 && changed == 0
	case Rotate:
		ok = added == 0 && removed == 0 && changed == 1
	case Reset:
		ok = added == 1 && removed == len(c.Current.Devices) && changed == 0 && !keyReused(c.Current, l)
	case Cancel:
		ok = c.Current.Change == Reset && c.Previous != nil && sameDevices(c.Previous, l)
	}
	if !ok {
		return badList("devices don't change as " + quoteChange(l.Change))
	}
	return nil
}

// recoveryKeyBefore returns the recovery key that l has to keep.
func (c *Chain) recoveryKeyBefore(l *DeviceList) []byte {
	if l.Change == Cancel && c.Previous != nil {
		return c.Previous.RecoveryKey
	}
	return c.Current.RecoveryKey
}

// diff counts the devices that are only in after, only in before, and in both
// with another entry.
func diff(before, after *DeviceList) (added, removed, changed int) {
	for i := range after.Devices {
		old, ok := before.Find(after.Devices[i].Device)
		switch {
		case !ok:
			added++
		case !old.equal(&after.Devices[i]):
			changed++
		}
	}
	for i := range before.Devices {
		if _, ok := after.Find(before.Devices[i].Device); !ok {
			removed++
		}
	}
	return added, removed, changed
}

func sameDevices(a, b *DeviceList) bool {
	added, removed, changed := diff(a, b)
	return added+removed+changed == 0
}

func keyReused(before, after *DeviceList) bool {
	for _, d := range after.Devices {
		for _, old := range before.Devices {
			if d.SignatureKey == old.SignatureKey {
				return true
			}
		}
	}
	return false
}

func quoteChange(c Change) string {
	switch c {
	case Add, Remove, Rotate, Reset, Cancel:
		return string(c)
	}
	return "any known change"
}
