package memstore

import (
	"context"

	"parley/identity"
)

// Meet implements [server.Rooms].
func (s *Store) Meet(_ context.Context, a, b identity.Account) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rooms {
		if r.now.Has(a) && r.now.Has(b) {
			return true, nil
		}
	}
	return false, nil
}
