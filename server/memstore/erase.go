package memstore

import (
	"context"

	"parley/identity"
	"parley/server"
)

// EraseAccount implements [server.Directory].
func (s *Store) EraseAccount(ctx context.Context, name identity.Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[name]
	if a == nil {
		return server.ErrNotFound
	}
	for _, r := range s.rooms {
		if !r.now.Has(name) {
			continue
		}
		delete(s.sets, setKey(r.now.Set))
		next, forget := r.now.Erased(name)
		if r.now = next; forget {
			r.state, r.info = nil, nil
		}
	}
	for _, e := range a.box {
		if e.refs--; e.refs == 0 {
			delete(s.envelopes, e)
		}
	}
	for d := range s.keyPackages {
		if d.Account() == name {
			delete(s.keyPackages, d)
		}
	}
	delete(s.accounts, name)
	return nil
}
