package client

import (
	"context"
	"fmt"

	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// errSetBack is a room of which the server publishes an epoch before one that
// this device has heard of: the server was restored from a backup, or lies.
var errSetBack = fmt.Errorf("%w: stale", errBadRoom)

// goOnAfterSetBack opens the next generation of a room that the server knows only
// as it was before somebody came. Who isn't in the server's state can't be in it:
// it is told that they left, and anybody may add them again. Who was removed since
// doesn't come back.
func (c *Client) goOnAfterSetBack(ctx context.Context, room identity.Room) error {
	info, err := call[wire.GroupInfo](ctx, c, wire.OpGroupInfo, wire.GroupInfoRequest{Room: room})
	if err != nil {
		return c.leftIfGone(ctx, room, err)
	}
	g, err := public.NewGroup(&public.Config{Suites: c.cfg.Suites}, info.GroupInfo)
	if err != nil {
		return fmt.Errorf("%w: %w", errBadRoom, err)
	}
	within := []identity.Account{c.self.Account}
	for _, leaf := range g.Leaves() {
		device, _, err := parseLeaf(leaf.Identity(), leaf.SignatureKey())
		if err != nil {
			return errBadRoom
		}
		within = append(within, device.Account())
	}
	return c.nextGeneration(ctx, room, within)
}
