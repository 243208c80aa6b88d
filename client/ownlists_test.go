package client

import (
	"testing"

	"parley/identity"
)

// longList returns n lists of one account, and the last of them parsed.
func longList(t *testing.T, n int) (lists []identity.SignedDeviceList, last *identity.DeviceList) {
	t.Helper()
	a, err := identity.NewAccount("example.com", "ann")
	if err != nil {
		t.Fatal(err)
	}
	key, device := identity.GenerateKey(), identity.RandomDevice(a)
	last = &identity.DeviceList{Account: a, Version: 1, Change: identity.Create, Devices: []identity.ListedDevice{{
		Device: device, SignatureKey: key.Public(), Suites: []uint16{1},
	}}}
	for {
		lists = append(lists, last.Sign(device, key))
		if len(lists) == n {
			return lists, last
		}
		last = last.Next(identity.Rotate, 0)
	}
}

func TestLeadingTo(t *testing.T) {
	lists, last := longList(t, 40)
	broken := append([]identity.SignedDeviceList(nil), lists...)
	broken[37] = lists[36]
	next := last.Next(identity.Rotate, 0).Sign(lists[0].Signer, identity.GenerateKey())
	other, _ := longList(t, 40)
	for _, c := range []struct {
		name  string
		lists []identity.SignedDeviceList
		want  uint64 // the first version, 0: none
	}{
		{"all", lists, 9},
		{"few", lists[30:], 31},
		{"newer ones behind", append(lists[30:40:40], next), 31},
		{"one is missing", broken, 39},
		{"the newest is missing", lists[:39], 0},
		{"another account's", other, 0},
		{"none", nil, 0},
	} {
		got := leadingTo(last, c.lists)
		if c.want == 0 {
			if len(got) != 0 {
				t.Errorf("%s: %d lists; want none", c.name, len(got))
			}
			continue
		}
		for i := range got {
			l, err := got[i].Parse()
			if err != nil || l.Version != c.want+uint64(i) {
				t.Errorf("%s: at %d version %d, %v; want %d", c.name, i, l.Version, err, c.want+uint64(i))
			}
		}
		if want := int(40 - c.want + 1); len(got) != want {
			t.Errorf("%s: %d lists; want %d", c.name, len(got), want)
		}
	}
}

func TestOwnListsFrom(t *testing.T) {
	lists, _ := longList(t, 5)
	o := ownLists{Version: 1, Newest: 5, Lists: lists[2:]}
	for version, want := range map[uint64]int{0: 0, 1: 0, 2: 0, 3: 3, 5: 1, 6: 0} {
		if got := len(o.from(version)); got != want {
			t.Errorf("from %d: %d lists; want %d", version, got, want)
		}
	}
	if got := len((&ownLists{}).from(1)); got != 0 {
		t.Errorf("of nothing: %d", got)
	}
}
