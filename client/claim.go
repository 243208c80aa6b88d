package client

import (
	"context"
	"errors"
	"slices"

	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// claim takes key packages of the listed devices of accounts. Their lists are
// read first, so that nobody else's device comes along.
func (c *Client) claim(ctx context.Context, accounts []identity.Account, room identity.Room) ([]wire.ClaimedKeyPackage, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	if err := c.refresh(ctx, slices.Clone(accounts)...); err != nil {
		return nil, err
	}
	suites, present, err := c.claimTerms(ctx, accounts, room)
	if err != nil {
		return nil, err
	}
	return c.claimOf(ctx, accounts, suites, present)
}

// claimOf takes key packages of given suites of the listed devices of accounts
// but those present.
func (c *Client) claimOf(ctx context.Context, accounts []identity.Account, suites []uint16, present []member) ([]wire.ClaimedKeyPackage, error) {
	var out []wire.ClaimedKeyPackage
	for _, a := range accounts {
		devices, err := c.wanted(ctx, a, present)
		if err != nil {
			return nil, err
		}
		if len(devices) == 0 {
			continue
		}
		got, err := call[wire.ClaimedKeyPackages](ctx, c, wire.OpClaimKeyPackages,
			wire.ClaimKeyPackagesRequest{Account: a, Devices: devices, Suites: suites})
		if a == c.self.Account && errors.Is(err, &wire.Error{Code: wire.CodeNoKeyPackage}) {
			continue // a device of one's own that has yet to connect comes later
		}
		if err != nil {
			return nil, err
		}
		for _, p := range got.KeyPackages {
			i := slices.Index(devices, p.Device)
			if i < 0 {
				continue
			}
			devices = slices.Delete(devices, i, i+1)
			// The label is the server's: what counts is whom the package adds.
			if k, err := public.ParseKeyPackage(p.KeyPackage); err != nil || string(k.Identity()) != string(p.Device) {
				return nil, wire.Refuse(wire.CodeBadKeyPackage, "The server gave a key package of another device.")
			}
			out = append(out, p)
		}
	}
	return out, nil
}

// claimTerms returns the suite that key packages must have, and the devices that
// the room has already. room is empty for one that is still to be made.
func (c *Client) claimTerms(ctx context.Context, accounts []identity.Account, room identity.Room) (suites []uint16, present []member, err error) {
	err = c.step(ctx, func(t *tx) error {
		if room == "" {
			best, err := c.bestSuite(t, accounts)
			if err == nil {
				suites = []uint16{uint16(best.ID())}
			}
			return err
		}
		_, g, err := t.ready(room)
		if err != nil {
			return err
		}
		suites = []uint16{uint16(g.Suite().ID())}
		present, err = members(g)
		return err
	})
	return suites, present, err
}

// wanted returns the devices on an account's effective list that have no leaf.
func (c *Client) wanted(ctx context.Context, a identity.Account, present []member) ([]identity.Device, error) {
	var out []identity.Device
	err := c.step(ctx, func(t *tx) error {
		out = nil
		k, err := t.contact(a)
		if err != nil {
			return err
		}
		list := c.effective(k)
		if list == nil {
			return nil
		}
		for _, d := range list.Devices {
			in := slices.ContainsFunc(present, func(m member) bool { return m.device == d.Device })
			if d.Device != c.self.Device && !in {
				out = append(out, d.Device)
			}
		}
		return nil
	})
	return out, err
}
