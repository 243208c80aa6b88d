package identity_test

import (
	"errors"
	"testing"

	"parley/identity"
)

const alice = identity.Account("mimi://example.com/u/alice")

type device struct {
	id  identity.Device
	key identity.PrivateKey
}

func newDevice(a identity.Account) device {
	return device{identity.RandomDevice(a), identity.GenerateKey()}
}

func (d device) listed() identity.ListedDevice {
	return identity.ListedDevice{Device: d.id, SignatureKey: d.key.Public(), Suites: []uint16{1}}
}

func first(d device) *identity.DeviceList {
	return &identity.DeviceList{Account: alice, Version: 1, Change: identity.Create, Devices: []identity.ListedDevice{d.listed()}}
}

// next returns the list after l with other devices.
func next(l *identity.DeviceList, c identity.Change, devices ...device) *identity.DeviceList {
	n := l.Next(c, 0)
	n.Devices = nil
	for _, d := range devices {
		n.Devices = append(n.Devices, d.listed())
	}
	return n
}

func (d device) sign(l *identity.DeviceList) identity.SignedDeviceList { return l.Sign(d.id, d.key) }

func TestChain(t *testing.T) {
	d1, d2, d3 := newDevice(alice), newDevice(alice), newDevice(alice)
	l1 := first(d1)
	l2 := next(l1, identity.Add, d1, d2)
	l3 := next(l2, identity.Remove, d2)
	l4 := next(l3, identity.Reset, d3)
	l5 := next(l4, identity.Cancel, d2)
	var c identity.Chain
	err := c.Extend(alice, []identity.SignedDeviceList{d1.sign(l1), d1.sign(l2), d2.sign(l3), d3.sign(l4), d2.sign(l5)})
	if err != nil || c.Version() != 5 {
		t.Fatalf("Extend: version %d, %v", c.Version(), err)
	}
	if !c.Lists(d2.id, d2.key.Public(), true) || c.Lists(d3.id, d3.key.Public(), true) {
		t.Error("after a cancelled reset the old device counts and the new one doesn't")
	}
}

func TestLists(t *testing.T) {
	d1, d2, d3 := newDevice(alice), newDevice(alice), newDevice(alice)
	l1 := first(d1)
	l2 := next(l1, identity.Add, d1, d2)
	l3 := next(l2, identity.Remove, d2)
	l4 := next(l3, identity.Reset, d3)
	var c identity.Chain
	if err := c.Extend(alice, []identity.SignedDeviceList{d1.sign(l1), d1.sign(l2), d2.sign(l3)}); err != nil {
		t.Fatal(err)
	}
	if !c.Lists(d1.id, d1.key.Public(), false) {
		t.Error("a device of the previous list doesn't count")
	}
	if c.Lists(d1.id, d2.key.Public(), false) {
		t.Error("a device with another's key counts")
	}
	if err := c.Extend(alice, []identity.SignedDeviceList{d3.sign(l4)}); err != nil {
		t.Fatal(err)
	}
	if c.Lists(d3.id, d3.key.Public(), false) || !c.Lists(d2.id, d2.key.Public(), false) {
		t.Error("a pending reset already counts")
	}
	if !c.Lists(d3.id, d3.key.Public(), true) || c.Lists(d2.id, d2.key.Public(), true) {
		t.Error("a final reset doesn't replace the old devices")
	}
}

// The attacker is the server, or somebody with the server's help.
func TestChainRefuses(t *testing.T) {
	d1, d2, evil := newDevice(alice), newDevice(alice), newDevice(alice)
	bob := identity.Account("mimi://example.com/u/bob")
	l1 := first(d1)
	l2 := next(l1, identity.Add, d1, d2)
	madeUp := next(l1, identity.Add, d1, evil)
	forked := next(l1, identity.Add, d1, newDevice(alice))
	wrongHash := next(l1, identity.Add, d1, d2)
	wrongHash.PreviousHash = make([]byte, 32)
	skipped := next(l2, identity.Remove, d1)
	bobs := first(newDevice(bob))
	bobs.Account = bob
	twice := next(l1, identity.Add, d1, device{d2.id, d1.key})
	silentSwap := next(l2, identity.Add, d1, d2, newDevice(alice))
	silentSwap.Devices[0].SignatureKey = evil.key.Public()
	tampered := d1.sign(l2)
	tampered.Body = evil.sign(madeUp).Body
	recovery := next(l2, identity.Remove, d1)
	recovery.RecoveryKey = func() []byte { k := evil.key.Public(); return k[:] }()

	for _, test := range []struct {
		name  string
		lists []identity.SignedDeviceList
		want  error
	}{
		{"signed by a device on no list", []identity.SignedDeviceList{d1.sign(l1), evil.sign(madeUp)}, identity.ErrSignature},
		{"signed with another's key", []identity.SignedDeviceList{d1.sign(l1), madeUp.Sign(d1.id, evil.key)}, identity.ErrSignature},
		{"signature of another body", []identity.SignedDeviceList{d1.sign(l1), tampered}, identity.ErrSignature},
		{"recovery key where there is none", []identity.SignedDeviceList{d1.sign(l1), madeUp.Sign("", evil.key)}, identity.ErrSignature},
		{"two lists of one version", []identity.SignedDeviceList{d1.sign(l1), d1.sign(l2), d1.sign(forked)}, identity.ErrFork},
		{"wrong previous hash", []identity.SignedDeviceList{d1.sign(l1), d1.sign(wrongHash)}, identity.ErrFork},
		{"missing version", []identity.SignedDeviceList{d1.sign(l1), d1.sign(skipped)}, identity.ErrList},
		{"another account's", []identity.SignedDeviceList{d1.sign(bobs)}, identity.ErrList},
		{"one key on two devices", []identity.SignedDeviceList{d1.sign(l1), d1.sign(twice)}, identity.ErrList},
		{"add that also changes a key", []identity.SignedDeviceList{d1.sign(l1), d1.sign(l2), d2.sign(silentSwap)}, identity.ErrList},
		{"recovery key set by a device", []identity.SignedDeviceList{d1.sign(l1), d1.sign(l2), d1.sign(recovery)}, identity.ErrList},
		{"first version isn't create", []identity.SignedDeviceList{d1.sign(l2)}, identity.ErrList},
		{"cancel without reset", []identity.SignedDeviceList{d1.sign(l1), d1.sign(next(l1, identity.Cancel, d1))}, identity.ErrList},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c identity.Chain
			if err := c.Extend(alice, test.lists); !errors.Is(err, test.want) {
				t.Errorf("Extend: %v; want %v", err, test.want)
			}
			if c.Version() != 0 {
				t.Errorf("the chain moved to version %d on an error", c.Version())
			}
		})
	}
}

func TestPinnedChain(t *testing.T) {
	d1, d2 := newDevice(alice), newDevice(alice)
	l1 := first(d1)
	l2 := next(l1, identity.Add, d1, d2)
	var c identity.Chain
	if err := c.Extend(alice, []identity.SignedDeviceList{d1.sign(l1), d1.sign(l2)}); err != nil {
		t.Fatal(err)
	}
	if err := c.CheckNewest(1); !errors.Is(err, identity.ErrRollback) {
		t.Errorf("CheckNewest(1) at 2: %v; want ErrRollback", err)
	}
	if err := c.Extend(alice, []identity.SignedDeviceList{d1.sign(l1), d1.sign(l2)}); err != nil {
		t.Errorf("the same lists again: %v", err)
	}
	other := first(newDevice(alice))
	other.Devices[0].Name = "another first version"
	d := device{other.Devices[0].Device, identity.GenerateKey()}
	if err := c.Extend(alice, []identity.SignedDeviceList{d.sign(other)}); !errors.Is(err, identity.ErrFork) {
		t.Errorf("another version 1: %v; want ErrFork", err)
	}
}

// A thief of the login resets the account and at once adds a second device, to
// get past the reset that contacts hold pending.
func TestResetIsNotPassedBeforeItIsFinal(t *testing.T) {
	d1, thief, second := newDevice(alice), newDevice(alice), newDevice(alice)
	l1 := first(d1)
	l2 := next(l1, identity.Reset, thief)
	l3 := next(l2, identity.Add, thief, second)
	all := []identity.SignedDeviceList{d1.sign(l1), thief.sign(l2), thief.sign(l3)}
	var c identity.Chain
	if err := c.Extend(alice, all[:1]); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.ExtendPinned(alice, all, false); err != nil || c.Version() != 2 {
			t.Fatalf("before it is final: version %d, %v; want 2", c.Version(), err)
		}
		if !c.Lists(d1.id, d1.key.Public(), false) || c.Lists(thief.id, thief.key.Public(), false) {
			t.Fatal("the thief's devices count before the reset is final")
		}
	}
	cancelled := c
	if err := cancelled.ExtendPinned(alice, []identity.SignedDeviceList{d1.sign(next(l2, identity.Cancel, d1))}, false); err != nil || cancelled.Version() != 3 {
		t.Errorf("cancel in time: version %d, %v", cancelled.Version(), err)
	}
	late := c
	if err := late.ExtendPinned(alice, []identity.SignedDeviceList{d1.sign(next(l2, identity.Cancel, d1))}, true); !errors.Is(err, identity.ErrList) {
		t.Errorf("cancel too late: %v; want ErrList", err)
	}
	if err := c.ExtendPinned(alice, all, true); err != nil || c.Version() != 3 {
		t.Errorf("once it is final: version %d, %v; want 3", c.Version(), err)
	}
}

func TestRecoveryKey(t *testing.T) {
	d1, d2, rec := newDevice(alice), newDevice(alice), identity.GenerateKey()
	l1 := first(d1)
	pub := rec.Public()
	l1.RecoveryKey = pub[:]
	l2 := next(l1, identity.Add, d1, d2)
	var c identity.Chain
	if err := c.Extend(alice, []identity.SignedDeviceList{d1.sign(l1), l2.Sign("", rec)}); err != nil {
		t.Fatalf("a list signed by the recovery key: %v", err)
	}
}

func TestSafetyNumber(t *testing.T) {
	l1, l2 := first(newDevice(alice)), first(newDevice(alice))
	l2.Account = "mimi://example.com/u/bob"
	n := identity.SafetyNumber(l1, l2)
	if len(n) != 12*5+11 || n != identity.SafetyNumber(l2, l1) {
		t.Errorf("SafetyNumber = %q; want 60 digits, the same from both sides", n)
	}
	l1.Version = 2
	if n == identity.SafetyNumber(l1, l2) {
		t.Error("another list has the same safety number")
	}
}

func FuzzParseDeviceList(f *testing.F) {
	d := newDevice(alice)
	f.Add(d.sign(first(d)).Body)
	f.Fuzz(func(t *testing.T, body []byte) {
		s := identity.SignedDeviceList{Body: body}
		l, err := s.Parse()
		if err != nil {
			return
		}
		if again := l.Sign(d.id, d.key); string(again.Body) != string(body) {
			t.Fatalf("%x encodes again as %x", body, again.Body)
		}
	})
}
