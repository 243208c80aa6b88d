package main

import (
	"errors"
	"fmt"

	"parley/server"
	"parley/server/passkeys"
)

// openPasskeys returns what checks passkeys; nil where they are off, or browsers
// would make none.
func (s *running) openPasskeys() (server.Passkeys, error) {
	if !s.cfg.passkeys.on {
		return nil, nil
	}
	v, err := passkeys.New(passkeys.Config{
		ID: s.cfg.passkeys.rpID, Name: "Parley", Origins: s.origins(), Parents: s.cfg.page.parents,
	})
	switch {
	case errors.Is(err, passkeys.ErrNoSite) && s.cfg.passkeys.rpID != "":
		return nil, fmt.Errorf("rp_id: no origin is of %s, under https (rp_id)", s.cfg.passkeys.rpID)
	case errors.Is(err, passkeys.ErrNoSite): // reached by an address, or in the clear
		return nil, nil
	case err != nil:
		return nil, err
	}
	return v, nil
}
