package server

import (
	"context"
	"errors"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// What a [Pusher] answers. Each may come wrapped.
var (
	// ErrBadEndpoint: nothing is sent to this URL.
	ErrBadEndpoint = errors.New("server: not an endpoint of a push service")
	// ErrPushGone: the push service has forgotten the subscription.
	ErrPushGone = errors.New("server: the push subscription is gone")
)

// A PushLater is what a [Pusher] answers that would send, but not yet.
type PushLater struct{ After time.Duration }

// Error implements error.
func (*PushLater) Error() string { return "server: push later" }

// A Pusher sends empty messages by Web Push (RFC 8030). It is safe for concurrent
// use.
type Pusher interface {
	// Key returns what browsers subscribe with: the site's P-256 point for VAPID
	// (RFC 8292), [wire.PushKeySize] bytes.
	Key() []byte
	// Check returns ErrBadEndpoint unless Push would send to endpoint.
	Check(endpoint string) error
	// Push sends to endpoint, and returns when the push service has taken it. Beside
	// what is above it may return a *PushLater. What any other error says is for the
	// log: it names neither endpoint nor address.
	Push(ctx context.Context, endpoint string) error
}

// PushTimes say when devices are woken. A zero field is that of DefaultPushTimes.
type PushTimes struct {
	Grace   time.Duration // from a message to the push: who is connected has read by then
	Pause   time.Duration // between two looks at an account
	Silence time.Duration // after which a device that is connected, but hasn't read, is looked at again
	Again   time.Duration // after which a device that hasn't read is woken once more
	Retry   time.Duration // after a push that failed
	Nobody  time.Duration // for which an account without subscriptions isn't looked at, at most
}

// DefaultPushTimes are those of a server that isn't configured otherwise.
var DefaultPushTimes = PushTimes{
	Grace: 2 * time.Second, Pause: 10 * time.Second, Silence: 30 * time.Second, Again: 5 * time.Minute, Retry: 30 * time.Second,
	Nobody: 10 * time.Minute,
}

func (t *PushTimes) setDefaults() {
	orDefault(&t.Grace, DefaultPushTimes.Grace)
	orDefault(&t.Pause, DefaultPushTimes.Pause)
	orDefault(&t.Silence, DefaultPushTimes.Silence)
	orDefault(&t.Again, DefaultPushTimes.Again)
	orDefault(&t.Retry, DefaultPushTimes.Retry)
	orDefault(&t.Nobody, DefaultPushTimes.Nobody)
}

// A pushRecord is a device's subscription, as a record of [RecordPush]. Key and Auth
// would be needed to push more than nothing.
type pushRecord struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8    // of this record: 1
	Endpoint string
	Key      []byte
	Auth     []byte
	PushedMS int64  // when it was woken last; 0: not yet
	Cursor   uint64 // what it had read then
}

func parsePush(value []byte) (*pushRecord, error) {
	r := new(pushRecord)
	if err := cbor.Unmarshal(value, r); err != nil || r.Version != 1 {
		return nil, errors.New("server: a record of a push subscription can't be read")
	}
	return r, nil
}

// maxPushes bounds the subscriptions of one account, whose devices are as few.
const maxPushes = 100

// SubscribePush has the session's device woken when its mailbox has grown and it
// isn't connected.
func (s *Server) SubscribePush(ctx context.Context, device identity.Device, req *wire.SubscribePushRequest) (*wire.Empty, error) {
	if s.cfg.Push == nil {
		return nil, wire.Refuse(wire.CodeForbidden, "This server wakes no devices.")
	}
	if len(req.Key) != wire.PushKeySize || len(req.Auth) != wire.PushAuthSize || len(req.Endpoint) > wire.MaxPushEndpoint {
		return nil, badRequest("This is no push subscription.")
	}
	if err := s.cfg.Push.Check(req.Endpoint); err != nil {
		return nil, badRequest("This push service isn't one that this server uses.")
	}
	record := pushRecord{Version: 1, Endpoint: req.Endpoint, Key: req.Key, Auth: req.Auth}
	if err := s.putPush(ctx, device, &record); err != nil {
		return nil, err
	}
	s.pushes.forget(device.Account())
	s.tellList(device.Account()) // the other nodes forget too
	return &wire.Empty{}, nil
}

func (s *Server) putPush(ctx context.Context, device identity.Device, r *pushRecord) error {
	err := s.store.UpdateRecords(ctx, RecordUpdate{
		Account: device.Account(), Kind: RecordPush, Put: []KeyValue{{Key: string(device), Value: cbor.MustMarshal(r)}}, Max: maxPushes,
	})
	switch {
	case errors.Is(err, ErrNotFound): // the device has left its list
		return errUnauthorized
	case errors.Is(err, ErrTooMany):
		return wire.Refuse(wire.CodeForbidden, "Too many devices of the account have subscribed.")
	}
	return err
}

// UnsubscribePush ends that.
func (s *Server) UnsubscribePush(ctx context.Context, device identity.Device, _ *wire.Empty) (*wire.Empty, error) {
	err := s.dropPush(ctx, device)
	if errors.Is(err, ErrNotFound) {
		return nil, errUnauthorized
	}
	if err != nil {
		return nil, err
	}
	return &wire.Empty{}, nil
}

func (s *Server) dropPush(ctx context.Context, device identity.Device) error {
	return s.store.UpdateRecords(ctx, RecordUpdate{
		Account: device.Account(), Kind: RecordPush, Delete: []string{string(device)}, Max: maxPushes,
	})
}
