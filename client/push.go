package client

import (
	"context"

	"parley/wire"
)

// SubscribePush has this device woken through its browser's push service when
// something has come and it isn't connected. It replaces what was subscribed before.
func (c *Client) SubscribePush(ctx context.Context, endpoint string, key, auth []byte) error {
	_, err := call[wire.Empty](ctx, c, wire.OpSubscribePush, wire.SubscribePushRequest{Endpoint: endpoint, Key: key, Auth: auth})
	return err
}

// UnsubscribePush ends that.
func (c *Client) UnsubscribePush(ctx context.Context) error {
	_, err := call[wire.Empty](ctx, c, wire.OpUnsubscribePush, wire.Empty{})
	return err
}
