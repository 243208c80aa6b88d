package pebblestore

import (
	"context"

	"parley/identity"
)

// Meet implements [server.Rooms].
func (s *Store) Meet(_ context.Context, a, b identity.Account) (met bool, err error) {
	err = s.read(func(w *view) error {
		prefix := join(keyMember, string(a))
		return w.scan(prefix, func(key, _ []byte) (bool, error) {
			there, err := w.get(append(join(keyMember, string(b)), key[len(prefix):]...))
			met = there != nil
			return !met, err
		})
	})
	return met, err
}
