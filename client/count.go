package client

import "context"

// A Counter is a [Store] that can count faster than by reading.
type Counter interface {
	// Count returns how many records have a key that begins with prefix.
	Count(ctx context.Context, prefix string) (int, error)
}

// CountMessages returns how many messages this device keeps, notices, edits and
// reactions included.
func (c *Client) CountMessages(ctx context.Context) (int, error) { return c.count(ctx, msgPrefix) }

// count returns how many records are under prefix.
func (c *Client) count(ctx context.Context, prefix string) (int, error) {
	if s, ok := c.cfg.Store.(Counter); ok {
		return s.Count(ctx, prefix)
	}
	n := 0
	for after := ""; ; {
		page, err := c.cfg.Store.List(ctx, prefix, after, 512)
		if err != nil || len(page) == 0 {
			return n, err
		}
		n += len(page)
		after = page[len(page)-1].Key
	}
}
