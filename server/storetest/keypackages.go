package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"parley/identity"
	"parley/server"
)

var keyPackageTests = []testCase{
	{"KeyPackagesOnce", testKeyPackagesOnce},
	{"KeyPackagesBySuite", testKeyPackagesBySuite},
	{"KeyPackagesExpire", testKeyPackagesExpire},
	{"KeyPackagesBound", testKeyPackagesBound},
	{"KeyPackagesTwoClaimers", testKeyPackagesTwoClaimers},
}

func single(d identity.Device, suite uint16, ref string, notAfter int64) server.KeyPackage {
	return server.KeyPackage{Device: d, Ref: []byte(ref), Suite: suite, NotAfter: notAfter, Message: []byte("package " + ref)}
}

func lastResort(d identity.Device, suite uint16, ref string, notAfter int64) server.KeyPackage {
	k := single(d, suite, ref, notAfter)
	k.LastResort = true
	return k
}

func add(t *testing.T, s server.Store, packages ...server.KeyPackage) {
	t.Helper()
	if err := s.AddKeyPackages(t.Context(), packages[0].Device, packages, 100); err != nil {
		t.Fatal(err)
	}
}

// claim returns the references of what is claimed.
func claim(t *testing.T, s server.Store, now int64, suites []uint16, devices ...identity.Device) (refs []string) {
	t.Helper()
	got, err := s.ClaimKeyPackages(t.Context(), devices, suites, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range got {
		if string(k.Message) != "package "+string(k.Ref) {
			t.Errorf("message of %q is %q", k.Ref, k.Message)
		}
		refs = append(refs, string(k.Ref))
	}
	return refs
}

func testKeyPackagesOnce(t *testing.T, s server.Store) {
	d, e := device(alice, 1), device(alice, 2)
	add(t, s, single(d, 1, "a", 100), single(d, 1, "b", 100), single(d, 1, "a", 100), lastResort(d, 1, "z", 100))
	add(t, s, single(e, 1, "c", 100))
	if n, err := s.CountKeyPackages(t.Context(), d, 0); err != nil || n.SingleUse != 2 || !n.LastResort || n.Expires != 100 {
		t.Errorf("Count = %+v, %v", n, err)
	}
	first, second := claim(t, s, 0, []uint16{1}, d, e), claim(t, s, 0, []uint16{1}, d)
	got := slices.Concat(first, second)
	slices.Sort(got)
	expect(t, "two claims", got, []string{"a", "b", "c"})
	add(t, s, single(d, 1, "a", 100)) // used: adding it again doesn't bring it back
	expect(t, "a third claim", claim(t, s, 0, []uint16{1}, d, d, e), []string{"z"})
	expect(t, "a fourth claim", claim(t, s, 0, []uint16{1}, d), []string{"z"})
	add(t, s, lastResort(d, 1, "y", 200))
	expect(t, "a fifth claim", claim(t, s, 0, []uint16{1}, d), []string{"y"})
}

func testKeyPackagesBySuite(t *testing.T, s server.Store) {
	d := device(alice, 1)
	add(t, s, single(d, 1, "one", 100), single(d, 2, "two", 100), lastResort(d, 1, "last", 100))
	expect(t, "suite 3", claim(t, s, 0, []uint16{3}, d), nil)
	expect(t, "suite 2, then 1", claim(t, s, 0, []uint16{2, 1}, d), []string{"two"})
	expect(t, "suite 2", claim(t, s, 0, []uint16{2}, d), nil)
	expect(t, "suite 2, then 1", claim(t, s, 0, []uint16{2, 1}, d), []string{"one"})
	expect(t, "suite 2, then 1", claim(t, s, 0, []uint16{2, 1}, d), []string{"last"})
}

func testKeyPackagesExpire(t *testing.T, s server.Store) {
	d := device(alice, 1)
	add(t, s, single(d, 1, "short", 10), single(d, 1, "long", 20), lastResort(d, 1, "last", 30))
	if n, err := s.CountKeyPackages(t.Context(), d, 10); err != nil || n.SingleUse != 1 || !n.LastResort {
		t.Errorf("Count = %+v, %v; want 1 and a last resort", n, err)
	}
	expect(t, "at 10", claim(t, s, 10, []uint16{1}, d), []string{"long"})
	expect(t, "at 29", claim(t, s, 29, []uint16{1}, d), []string{"last"})
	expect(t, "at 30", claim(t, s, 30, []uint16{1}, d), nil)
	if n, err := s.CountKeyPackages(t.Context(), d, 30); err != nil || n.SingleUse != 0 || n.LastResort || n.Expires != 0 {
		t.Errorf("Count = %+v, %v; want none", n, err)
	}
}

func testKeyPackagesBound(t *testing.T, s server.Store) {
	d := device(alice, 1)
	two := []server.KeyPackage{single(d, 1, "a", 100), single(d, 1, "b", 100)}
	if err := s.AddKeyPackages(t.Context(), d, two, 2); err != nil {
		t.Fatal(err)
	}
	three := append(slices.Clone(two), single(d, 1, "c", 100))
	if err := s.AddKeyPackages(t.Context(), d, three, 2); !errors.Is(err, server.ErrTooMany) {
		t.Errorf("a third: %v; want ErrTooMany", err)
	}
	if err := s.AddKeyPackages(t.Context(), d, two, 2); err != nil {
		t.Errorf("the same two: %v", err)
	}
	if n, err := s.CountKeyPackages(t.Context(), d, 0); err != nil || n.SingleUse != 2 {
		t.Errorf("Count = %+v, %v; want 2", n, err)
	}
}

func testKeyPackagesTwoClaimers(t *testing.T, s server.Store) {
	const n = 40
	d := device(alice, 1)
	for i := range n {
		add(t, s, single(d, 1, fmt.Sprint(i), 100))
	}
	var mu sync.Mutex // guards given
	given := map[string]int{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range n / 4 {
				refs := claim(t, s, 0, []uint16{1}, d)
				mu.Lock()
				for _, r := range refs {
					given[r]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(given) != n {
		t.Errorf("%d of %d key packages were given", len(given), n)
	}
	for ref, times := range given {
		if times != 1 {
			t.Errorf("%s was given %d times", ref, times)
		}
	}
}
