package wire

// Bounds of push subscriptions.
const (
	MaxPushEndpoint = 1 << 10 // bytes of a push service's URL
	PushKeySize     = 65      // bytes of an uncompressed P-256 point
	PushAuthSize    = 16      // bytes
)

// SubscribePushRequest has the session's device woken by Web Push (RFC 8030) when
// its mailbox has grown and it isn't connected. What is pushed is empty: nobody on
// the way learns more than that. It replaces the device's subscription, and goes
// with the device.
type SubscribePushRequest struct {
	Endpoint string `cbor:"endpoint" json:"endpoint"` // of the browser's push service: https
	Key      []byte `cbor:"key" json:"key"`           // p256dh: PushKeySize bytes
	Auth     []byte `cbor:"auth" json:"-"`            // PushAuthSize bytes: a secret
}
