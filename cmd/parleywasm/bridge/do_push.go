package bridge

import (
	"context"
	"encoding/base64"

	"parley/wire"
)

// pushCalls lists the methods of this file.
func (c *Core) pushCalls() map[string]call {
	return map[string]call{
		"subscribePush":   with(c.SubscribePush),
		"unsubscribePush": without(c.UnsubscribePush),
	}
}

// SubscribePush has this device woken through the browser's push service. Codes:
// bad_params, nobody, offline; bad_request where the server doesn't know the push
// service, forbidden where it pushes nothing.
func (c *Core) SubscribePush(ctx context.Context, p Subscription) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	key, errKey := base64.RawURLEncoding.DecodeString(p.Key)
	auth, errAuth := base64.RawURLEncoding.DecodeString(p.Auth)
	if errKey != nil || errAuth != nil || len(key) != wire.PushKeySize || len(auth) != wire.PushAuthSize {
		return Nothing{}, errBadParams
	}
	return Nothing{}, cl.SubscribePush(ctx, p.Endpoint, key, auth)
}

// UnsubscribePush ends that. Codes: nobody, offline.
func (c *Core) UnsubscribePush(ctx context.Context) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.UnsubscribePush(ctx)
}
