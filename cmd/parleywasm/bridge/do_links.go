package bridge

import (
	"context"
)

// linkCalls lists the methods of this file.
func (c *Core) linkCalls() map[string]call {
	return map[string]call{
		"unfurl":      with(c.Unfurl),
		"resolvePost": with(c.ResolvePost),
	}
}

// Unfurl asks the server what a page says of itself. Codes: no_preview, rate_limited,
// unavailable, offline.
func (c *Core) Unfurl(ctx context.Context, p Link) (LinkPreview, error) {
	cl, err := c.client()
	if err != nil {
		return LinkPreview{}, err
	}
	u, err := cl.Unfurl(ctx, p.URL)
	if err != nil {
		return LinkPreview{}, err
	}
	return LinkPreview{URL: p.URL, Title: u.Title, Description: u.Description, Site: u.Site, Picture: inlineURL(u.Picture)}, nil
}

// ResolvePost asks the server for a post of its platform. Codes as of Unfurl.
func (c *Core) ResolvePost(ctx context.Context, p Link) (Post, error) {
	cl, err := c.client()
	if err != nil {
		return Post{}, err
	}
	r, err := cl.ResolvePost(ctx, p.URL)
	if err != nil {
		return Post{}, err
	}
	return *postOf(r), nil
}
