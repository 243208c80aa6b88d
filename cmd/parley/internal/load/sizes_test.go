package load

import (
	"fmt"
	"testing"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// TestSizes holds the sizes that docs/cost.md reckons with, in the default suite:
// -v prints them.
func TestSizes(t *testing.T) {
	suite := public.XWing(public.SuiteXWing)
	for _, test := range []struct{ members, low, high int }{{2, 7_000, 8_500}, {32, 90_000, 100_000}} {
		state, info, keyPackage := publicSizes(t, suite, test.members)
		t.Logf("%d devices: public group %d bytes, GroupInfo %d, key package %d", test.members, state, info, keyPackage)
		if sum := state + info; sum < test.low || sum > test.high {
			t.Errorf("a room of %d devices takes %d bytes, want %d to %d", test.members, sum, test.low, test.high)
		}
		if keyPackage < 2_500 || keyPackage > 3_000 {
			t.Errorf("a key package has %d bytes, want 2,500 to 3,000", keyPackage)
		}
	}
}

// publicSizes returns the sizes of what a server keeps of a room of n devices, and
// of one key package.
func publicSizes(t *testing.T, suite *public.Suite, n int) (state, info, keyPackage int) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cfg := &mls.Config{Suites: []*public.Suite{suite}}
	room := identity.RandomRoom("video.example")
	device := func(i int) ([]byte, public.SignaturePrivateKey) {
		account, err := identity.NewAccount("video.example", fmt.Sprintf("user%06d", i))
		must(err)
		signer, _, err := suite.NewSignaturePrivateKey(identity.GenerateKey().Seed())
		must(err)
		return []byte(identity.RandomDevice(account)), signer
	}
	id, signer := device(0)
	ext := wire.RoomExtension{Version: 1, Mode: wire.ModePrivate, Kind: wire.KindGroup, FrankingKey: make([]byte, 32)}
	g, _, err := mls.Create(cfg, suite, room.GroupID(0), id, signer,
		mls.CreateOptions{Extensions: public.Extensions{{Type: roomType, Data: ext.Marshal()}}})
	must(err)
	first, err := g.GroupInfo()
	must(err)
	server, err := public.NewGroup(&public.Config{Suites: cfg.Suites, Now: time.Now, MaxLeaves: 64}, first)
	must(err)
	var add [][]byte
	for i := 1; i < n; i++ {
		id, signer := device(i)
		kp, _, err := mls.NewKeyPackage(cfg, suite, id, signer, mls.KeyPackageOptions{GroupExtensions: []public.ExtensionType{roomType}})
		must(err)
		add, keyPackage = append(add, kp), len(kp)
	}
	staged, _, err := g.Commit(mls.CommitOptions{Add: add})
	must(err)
	public, err := server.Stage(staged.CommitMessage())
	must(err)
	must(server.Merge(public))
	return len(server.Marshal()), len(staged.GroupInfo()), keyPackage
}
