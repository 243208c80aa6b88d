package memstore

import (
	"bytes"
	"context"
	"slices"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// keyPackages is what a device has published.
type keyPackages struct {
	single     []server.KeyPackage
	used       map[string]int64 // not_after by reference, of those that were claimed or dropped
	lastResort *server.KeyPackage
}

func (s *Store) packagesOf(device identity.Device) *keyPackages {
	k := s.keyPackages[device]
	if k == nil {
		k = &keyPackages{used: map[string]int64{}}
		s.keyPackages[device] = k
	}
	return k
}

func (k *keyPackages) known(ref []byte) bool {
	_, used := k.used[string(ref)]
	return used || slices.ContainsFunc(k.single, func(p server.KeyPackage) bool { return bytes.Equal(p.Ref, ref) })
}

func (k *keyPackages) add(p server.KeyPackage) {
	p = cloneKeyPackage(p)
	switch {
	case p.LastResort:
		k.lastResort = &p
	case !k.known(p.Ref):
		k.single = append(k.single, p)
	}
}

func (k *keyPackages) dropAll() {
	for _, p := range k.single {
		k.used[string(p.Ref)] = p.NotAfter
	}
	k.single, k.lastResort = nil, nil
}

func (k *keyPackages) sweep(now int64) {
	k.single = slices.DeleteFunc(k.single, func(p server.KeyPackage) bool { return p.NotAfter <= now })
	for ref, notAfter := range k.used {
		if notAfter <= now {
			delete(k.used, ref)
		}
	}
}

// AddKeyPackages implements [server.KeyPackages].
func (s *Store) AddKeyPackages(ctx context.Context, device identity.Device, packages []server.KeyPackage, max int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.packagesOf(device)
	fresh := map[string]bool{}
	for _, p := range packages {
		if !p.LastResort && !k.known(p.Ref) {
			fresh[string(p.Ref)] = true
		}
	}
	if len(fresh) > 0 && len(k.single)+len(fresh) > max {
		return server.ErrTooMany
	}
	for _, p := range packages {
		k.add(p)
	}
	return nil
}

// CountKeyPackages implements [server.KeyPackages].
func (s *Store) CountKeyPackages(ctx context.Context, device identity.Device, now int64) (wire.KeyPackageCount, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var count wire.KeyPackageCount
	k := s.packagesOf(device)
	for _, p := range k.single {
		if p.NotAfter > now {
			count.SingleUse++
		}
	}
	if k.lastResort != nil && k.lastResort.NotAfter > now {
		count.LastResort, count.Expires = true, k.lastResort.NotAfter
	}
	return count, nil
}

// ClaimKeyPackages implements [server.KeyPackages].
func (s *Store) ClaimKeyPackages(ctx context.Context, devices []identity.Device, suites []uint16, now int64) ([]server.KeyPackage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var claimed []server.KeyPackage
	for i, d := range devices {
		if slices.Contains(devices[:i], d) {
			continue
		}
		if p, ok := s.packagesOf(d).claim(suites, now); ok {
			claimed = append(claimed, cloneKeyPackage(p))
		}
	}
	return claimed, nil
}

func (k *keyPackages) claim(suites []uint16, now int64) (server.KeyPackage, bool) {
	for _, suite := range suites {
		i := slices.IndexFunc(k.single, func(p server.KeyPackage) bool { return p.Suite == suite && p.NotAfter > now })
		if i >= 0 {
			p := k.single[i]
			k.single = slices.Delete(k.single, i, i+1)
			k.used[string(p.Ref)] = p.NotAfter
			return p, true
		}
	}
	if l := k.lastResort; l != nil && l.NotAfter > now && slices.Contains(suites, l.Suite) {
		return *l, true
	}
	return server.KeyPackage{}, false
}

func cloneKeyPackage(p server.KeyPackage) server.KeyPackage {
	p.Ref, p.Message = bytes.Clone(p.Ref), bytes.Clone(p.Message)
	return p
}
