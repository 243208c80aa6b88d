package bridge

import (
	"context"
	"encoding/base64"
)

// mediaCalls lists the methods of this file.
func (c *Core) mediaCalls() map[string]call {
	return map[string]call{
		"openOnce":   with(c.OpenOnce),
		"blobAccess": without(c.BlobAccess),
	}
}

// OpenOnce says that a message to be viewed once is looked at. Codes: view_once if it
// was already; unknown_message, bad_params for another message.
func (c *Core) OpenOnce(ctx context.Context, p OneMessage) (Nothing, error) {
	cl, id, err := c.about(p.ID)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.OpenOnce(ctx, id)
}

// BlobAccess returns what uploading and downloading takes: the token of a session.
// Codes: offline.
func (c *Core) BlobAccess(ctx context.Context) (BlobAccess, error) {
	cl, err := c.client()
	if err != nil {
		return BlobAccess{}, err
	}
	token, expires, err := cl.SessionToken(ctx)
	if err != nil {
		return BlobAccess{}, err
	}
	return BlobAccess{
		Base: c.cfg.Transport.Origin(), Token: base64.RawURLEncoding.EncodeToString(token), ExpiresMS: expires.UnixMilli(),
	}, nil
}
