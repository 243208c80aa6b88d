package server_test

import (
	"bytes"
	"testing"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/server"
	"parley/wire"
)

func TestPublishKeyPackages(t *testing.T) {
	w := newWorld(t)
	alice, mallory := w.person("alice"), w.person("mallory")
	stolen := *mallory // mallory's key under alice's name
	stolen.name = alice.name
	damaged := alice.keyPackage(false)
	damaged[len(damaged)-1] ^= 1
	old := alice.keyPackage(false)
	expired, _, err := mls.NewKeyPackage(w.mls(), suite, []byte(alice.name), alice.signer(), mls.KeyPackageOptions{Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := mls.NewKeyPackage(&mls.Config{Suites: []*public.Suite{public.ChaCha20()}, Now: w.time}, public.ChaCha20(), []byte(alice.name), alice.signer(), mls.KeyPackageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	single := func(k []byte) *wire.PublishKeyPackagesRequest {
		return &wire.PublishKeyPackagesRequest{KeyPackages: [][]byte{k}}
	}
	for _, c := range []struct {
		what string
		req  *wire.PublishKeyPackagesRequest
		code wire.Code
	}{
		{"another device's", single(mallory.keyPackage(false)), wire.CodeBadKeyPackage},
		{"one with a key that isn't listed", single(stolen.keyPackage(false)), wire.CodeBadKeyPackage},
		{"a bad signature", single(damaged), wire.CodeBadKeyPackage},
		{"an expired one", single(expired), wire.CodeBadKeyPackage},
		{"a suite that isn't taken", single(other), wire.CodeBadKeyPackage},
		{"a last resort as single-use", single(alice.keyPackage(true)), wire.CodeBadKeyPackage},
		{"a single-use one as last resort", &wire.PublishKeyPackagesRequest{LastResort: alice.keyPackage(false)}, wire.CodeBadKeyPackage},
		{"noise", single([]byte("x")), wire.CodeBadKeyPackage},
		{"a huge one", single(make([]byte, 1<<20)), wire.CodeTooLarge},
		{"too many", &wire.PublishKeyPackagesRequest{KeyPackages: make([][]byte, 101)}, wire.CodeTooLarge},
		{"one good, one bad", &wire.PublishKeyPackagesRequest{KeyPackages: [][]byte{alice.keyPackage(false), damaged}}, wire.CodeBadKeyPackage},
	} {
		_, err := w.PublishKeyPackages(t.Context(), alice.name, c.req)
		refused(t, c.what, err, c.code)
	}
	n, err := w.PublishKeyPackages(t.Context(), alice.name, single(old))
	if err != nil || n.SingleUse != 5 {
		t.Errorf("PublishKeyPackages = %+v, %v; want 5: nothing of what was refused", n, err)
	}
	if n, err = w.PublishKeyPackages(t.Context(), alice.name, single(old)); err != nil || n.SingleUse != 5 {
		t.Errorf("the same again: %+v, %v; want 5", n, err)
	}
}

func TestKeyPackageLimit(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.Limits.KeyPackages = 5 })
	alice := w.person("alice") // has 4
	_, err := w.PublishKeyPackages(t.Context(), alice.name, &wire.PublishKeyPackagesRequest{KeyPackages: alice.keyPackages(2)})
	refused(t, "a sixth", err, wire.CodeTooLarge)
}

func TestClaimKeyPackages(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	seen := map[string]int{}
	for range 6 {
		for _, k := range bob.claimFrom(alice) {
			seen[string(k)]++
		}
	}
	once := 0
	for _, n := range seen {
		if n == 1 {
			once++
		}
	}
	if len(seen) != 5 || once != 4 {
		t.Errorf("6 claims gave %d different ones, %d of them once; want 4 once, and the last resort twice", len(seen), once)
	}
	nobody, _ := identity.NewAccount(domain, "nobody")
	for _, c := range []struct {
		what string
		req  wire.ClaimKeyPackagesRequest
		code wire.Code
	}{
		{"an unknown account", wire.ClaimKeyPackagesRequest{Account: nobody, Suites: []uint16{1}}, wire.CodeUnknownAccount},
		{"no suites", wire.ClaimKeyPackagesRequest{Account: alice.account}, wire.CodeBadRequest},
		{"another suite", wire.ClaimKeyPackagesRequest{Account: alice.account, Suites: []uint16{3}}, wire.CodeNoKeyPackage},
		{"another's device", wire.ClaimKeyPackagesRequest{Account: alice.account, Suites: []uint16{1}, Devices: []identity.Device{bob.name}}, wire.CodeUnlistedDevice},
	} {
		_, err := w.ClaimKeyPackages(t.Context(), bob.name, &c.req)
		refused(t, c.what, err, c.code)
	}
}

func TestClaimOfEachDevice(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	laptop := alice.another()
	bare := w.newDevice("alice") // it has published nothing
	if err := alice.put(alice.next(identity.Add, alice, laptop, bare)); err != nil {
		t.Fatal(err)
	}
	reply, err := w.ClaimKeyPackages(t.Context(), bob.name, &wire.ClaimKeyPackagesRequest{Account: alice.account, Suites: []uint16{1}})
	if err != nil || len(reply.KeyPackages) != 2 || len(reply.Missing) != 1 || reply.Missing[0] != bare.name || reply.ListVersion != 3 {
		t.Errorf("ClaimKeyPackages = %+v, %v", reply, err)
	}
	reply, err = w.ClaimKeyPackages(t.Context(), bob.name, &wire.ClaimKeyPackagesRequest{Account: alice.account, Suites: []uint16{1}, Devices: []identity.Device{laptop.name}})
	if err != nil || len(reply.KeyPackages) != 1 || reply.KeyPackages[0].Device != laptop.name {
		t.Errorf("a claim of the laptop's = %+v, %v", reply, err)
	}
}

// TestClaimFlood: nobody empties another's stock alone, nor by claiming.
func TestClaimFlood(t *testing.T) {
	w := newWorld(t, func(c *server.Config) {
		c.Rates.Claiming = server.Rate{Burst: 3, Every: time.Minute}
		c.Rates.Claimed = server.Rate{Burst: 5, Every: time.Minute}
	})
	alice, bob, mallory := w.person("alice"), w.person("bob"), w.person("mallory")
	claim := func(d *device) error {
		_, err := w.ClaimKeyPackages(t.Context(), d.name, &wire.ClaimKeyPackagesRequest{Account: alice.account, Suites: []uint16{1}})
		return err
	}
	for range 3 {
		if err := claim(mallory); err != nil {
			t.Fatal(err)
		}
	}
	e := refused(t, "a fourth claim by one account", claim(mallory), wire.CodeRateLimited)
	if e.RetryAfter <= 0 || e.RetryAfter > time.Minute.Milliseconds()+1 {
		t.Errorf("RetryAfter is %d; want at most a minute", e.RetryAfter)
	}
	for range 2 {
		if err := claim(bob); err != nil {
			t.Errorf("another account's claim: %v", err)
		}
	}
	refused(t, "a sixth claim from one account", claim(bob), wire.CodeRateLimited)
	w.pass(time.Minute)
	if err := claim(mallory); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	if err := claim(alice); err != nil {
		t.Errorf("one's own: %v", err)
	}
}

func TestInfo(t *testing.T) {
	w := newWorld(t)
	info, err := w.Info(t.Context(), &wire.InfoRequest{})
	if err != nil || info.Domain != domain || !info.SignUpOpen || len(info.Suites) != 1 || len(info.FrankingKey) != 32 || info.Limits != wire.DefaultLimits {
		t.Errorf("Info = %+v, %v", info, err)
	}
	again := newWorld(t, func(c *server.Config) { c.Store = w.store })
	if other, err := again.Info(t.Context(), &wire.InfoRequest{}); err != nil || !bytes.Equal(other.FrankingKey, info.FrankingKey) {
		t.Errorf("after a restart the franking key is another: %v", err)
	}
}
