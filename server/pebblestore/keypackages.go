package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

func packageKey(k server.KeyPackage) []byte {
	return join(keyPackage, string(k.Device), u16(k.Suite), k.Ref)
}

func usedKey(d identity.Device, ref []byte) []byte { return join(keyUsed, string(d), ref) }

func lastResortKey(d identity.Device) []byte { return append([]byte{keyLastResort}, d...) }

func cloneKeyPackages(list []server.KeyPackage) []server.KeyPackage {
	list = slices.Clone(list)
	for i := range list {
		list[i].Ref, list[i].Message = bytes.Clone(list[i].Ref), bytes.Clone(list[i].Message)
	}
	return list
}

// publish adds single-use key packages, and remembers them so that each is added
// only once, and a last resort where there is one.
func (t *tx) publish(single []server.KeyPackage, last *server.KeyPackage) {
	for _, k := range single {
		t.set(packageKey(k), cbor.MustMarshal(k))
		t.set(usedKey(k.Device, k.Ref), u64(uint64(k.NotAfter)))
		t.due(1000*k.NotAfter, packageKey(k))
		t.due(1000*k.NotAfter, usedKey(k.Device, k.Ref))
	}
	if last != nil {
		t.set(lastResortKey(last.Device), cbor.MustMarshal(last))
	}
}

// AddKeyPackages implements [server.KeyPackages].
func (s *Store) AddKeyPackages(ctx context.Context, device identity.Device, packages []server.KeyPackage, max int) error {
	packages = cloneKeyPackages(packages)
	return s.submit(ctx, operation{grows: true, alone: true, apply: func(t *tx) error {
		held := 0
		err := t.scan(join(keyPackage, string(device)), func(_, _ []byte) (bool, error) {
			held++
			return true, nil
		})
		if err != nil {
			return err
		}
		fresh, last, err := t.sortOut(packages)
		if err != nil {
			return err
		}
		if len(fresh) > 0 && held+len(fresh) > max {
			return server.ErrTooMany
		}
		t.publish(fresh, last)
		return nil
	}})
}

// sortOut returns the single-use packages never seen before, and the last
// resort.
func (t *tx) sortOut(packages []server.KeyPackage) (fresh []server.KeyPackage, last *server.KeyPackage, err error) {
	for i, k := range packages {
		if k.LastResort {
			last = &packages[i]
			continue
		}
		used, err := t.get(usedKey(k.Device, k.Ref))
		if err != nil {
			return nil, nil, err
		}
		same := func(f server.KeyPackage) bool { return bytes.Equal(f.Ref, k.Ref) }
		if used == nil && !slices.ContainsFunc(fresh, same) {
			fresh = append(fresh, k)
		}
	}
	return fresh, last, nil
}

// CountKeyPackages implements [server.KeyPackages].
func (s *Store) CountKeyPackages(ctx context.Context, device identity.Device, now int64) (wire.KeyPackageCount, error) {
	var count wire.KeyPackageCount
	err := s.read(func(w *view) error {
		err := w.scan(join(keyPackage, string(device)), func(_, value []byte) (bool, error) {
			k, err := decode[server.KeyPackage](value)
			if err == nil && k.NotAfter > now {
				count.SingleUse++
			}
			return true, err
		})
		if err != nil {
			return err
		}
		k, err := load[server.KeyPackage](w.get, lastResortKey(device))
		if errors.Is(err, server.ErrNotFound) {
			return nil
		}
		if err == nil && k.NotAfter > now {
			count.LastResort, count.Expires = true, k.NotAfter
		}
		return err
	})
	return count, err
}

// ClaimKeyPackages implements [server.KeyPackages].
func (s *Store) ClaimKeyPackages(ctx context.Context, devices []identity.Device, suites []uint16, now int64) ([]server.KeyPackage, error) {
	devices, suites = slices.Clone(devices), slices.Clone(suites)
	var claimed []server.KeyPackage
	err := s.doAlone(ctx, func(t *tx) error {
		claimed = nil
		for i, d := range devices {
			if slices.Contains(devices[:i], d) {
				continue
			}
			k, err := t.claim(d, suites, now)
			if err != nil {
				return err
			}
			if k != nil {
				claimed = append(claimed, *k)
			}
		}
		for _, k := range claimed {
			if !k.LastResort {
				t.delete(packageKey(k))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// claim finds the key package to give; nil where there is none.
func (t *tx) claim(d identity.Device, suites []uint16, now int64) (found *server.KeyPackage, err error) {
	for _, suite := range suites {
		err := t.scan(join(keyPackage, string(d), u16(suite)), func(_, value []byte) (bool, error) {
			k, err := decode[server.KeyPackage](value)
			if err == nil && k.NotAfter > now {
				found = k
			}
			return found == nil, err
		})
		if err != nil || found != nil {
			return found, err
		}
	}
	last, err := load[server.KeyPackage](t.get, lastResortKey(d))
	if errors.Is(err, server.ErrNotFound) {
		return nil, nil
	}
	if err != nil || last.NotAfter <= now || !slices.Contains(suites, last.Suite) {
		return nil, err
	}
	return last, nil
}
