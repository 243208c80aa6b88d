package client

import (
	"context"

	"parley/identity"
	"parley/mls"
	"parley/wire"
)

// Hostile runs fn on a room's group, with the member's own keys, as no honest
// client would. The changes that fn returns are kept.
func (c *Client) Hostile(ctx context.Context, room identity.Room, fn func(*mls.Group) (mls.Changes, error)) error {
	return c.step(ctx, func(t *tx) error {
		r, g, err := t.ready(room)
		if err != nil {
			return err
		}
		changes, err := fn(g)
		t.apply(r.group(), changes)
		return err
	})
}

// CallAs performs one operation in the client's session.
func CallAs[Reply any](ctx context.Context, c *Client, op wire.Operation, request any) (*Reply, error) {
	return call[Reply](ctx, c, op, request)
}

// Seed returns the device's own key.
func (c *Client) Seed() []byte { return c.self.Seed }
