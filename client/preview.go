package client

import (
	"context"

	"parley/content"
	"parley/wire"
)

// Unfurl asks the server what a page says of itself, for a link that is about to be
// sent. The server learns the address, and not the conversation. What it says is cut
// to what a message may hold. Errors: a *wire.Error with no_preview; ErrOffline.
func (c *Client) Unfurl(ctx context.Context, url string) (*content.Preview, error) {
	u, err := call[wire.Unfurled](ctx, c, wire.OpUnfurl, wire.UnfurlRequest{URL: url})
	if err != nil {
		return nil, err
	}
	p := &content.Preview{URL: url, Title: cardLine(u.Title), Description: cardLine(u.Description), Site: cardLine(u.Site), Picture: u.Picture}
	if p.Check() != nil {
		p.Picture = nil
	}
	if p.Check() != nil {
		return nil, wire.Refuse(wire.CodeNoPreview, "There is nothing to show of this address.")
	}
	return p, nil
}

func cardLine(text string) string { return content.CleanLine(text, content.MaxCardLine) }
