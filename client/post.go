package client

import (
	"context"

	"parley/content"
	"parley/wire"
)

// ResolvePost asks the server for a post of its platform, as Unfurl does for a page.
func (c *Client) ResolvePost(ctx context.Context, url string) (*content.Post, error) {
	r, err := call[wire.ResolvedPost](ctx, c, wire.OpResolvePost, wire.ResolvePostRequest{URL: url})
	if err != nil {
		return nil, err
	}
	p := &content.Post{
		URL: url, Title: cardLine(r.Title), Author: cardLine(r.Author), Player: r.Player, Picture: r.Picture,
		Width: uint32(max(r.Width, 0)), Height: uint32(max(r.Height, 0)),
	}
	if p.Check() != nil {
		p.Picture, p.Player, p.Width, p.Height = nil, "", 0, 0
	}
	if p.Check() != nil {
		return nil, wire.Refuse(wire.CodeNoPreview, "There is nothing to show of this address.")
	}
	return p, nil
}
