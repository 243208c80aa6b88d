package server

import (
	"context"
	"errors"

	"parley/identity"
	"parley/wire"
)

// ErrNoPreview is what an [Unfurler] answers where there is nothing to show, whatever
// the reason: who asks mustn't learn what there is in the operator's network.
var ErrNoPreview = errors.New("server: nothing to show of this address")

// An Unfurler fetches what a page says of itself. Addresses are as a client sent
// them. Errors are ErrNoPreview, or ErrBusy where too many fetches run.
type Unfurler interface {
	Unfurl(ctx context.Context, address string) (*wire.Unfurled, error)
	// Post resolves the address of a post of the platform; ErrNoPreview for any other.
	Post(ctx context.Context, address string) (*wire.ResolvedPost, error)
}

var errNoPreview = wire.Refuse(wire.CodeNoPreview, "There is nothing to show of this address.")

// Unfurl returns what a page says of itself. Nothing of it is kept or logged.
func (s *Server) Unfurl(ctx context.Context, device identity.Device, req *wire.UnfurlRequest) (*wire.Unfurled, error) {
	if s.cfg.Unfurler == nil || !s.cfg.Unfurl {
		return nil, errNoPreview
	}
	if err := s.mayUnfurl(device, req.URL); err != nil {
		return nil, err
	}
	u, err := s.cfg.Unfurler.Unfurl(ctx, req.URL)
	if errors.Is(err, ErrNoPreview) {
		return nil, errNoPreview
	}
	return u, err
}

// ResolvePost returns a post of the platform.
func (s *Server) ResolvePost(ctx context.Context, device identity.Device, req *wire.ResolvePostRequest) (*wire.ResolvedPost, error) {
	if s.cfg.Unfurler == nil || s.cfg.Platform == nil {
		return nil, errNoPreview
	}
	if err := s.mayUnfurl(device, req.URL); err != nil {
		return nil, err
	}
	p, err := s.cfg.Unfurler.Post(ctx, req.URL)
	if errors.Is(err, ErrNoPreview) {
		return nil, errNoPreview
	}
	return p, err
}

// mayUnfurl bounds what one account has fetched.
func (s *Server) mayUnfurl(device identity.Device, address string) error {
	if len(address) > wire.MaxLinkURL {
		return tooLarge("The address is too long.")
	}
	_, err := s.limiters.reserve(s.steady(), attempt{s.limiters.unfurl, string(device.Account())})
	return err
}
