//go:build js

package jstransport

import (
	"context"
	"encoding/base64"
	"syscall/js"
	"time"

	"parley/client"
	"parley/client/transport"
	"parley/internal/promise"
	"parley/wire"
)

var _ client.Transport = (*Transport)(nil)

// Options are what need not be given.
type Options struct {
	Timeout time.Duration // of one call or the opening of a stream, beside the context's; 0: two minutes
	Retry   time.Duration // until a WebSocket that was blocked is tried again, and half of it more; 0: five minutes
	Ping    time.Duration // between two signs of life of a stream, which is given up after two without any; 0: 30 seconds
}

// A Transport connects to one server.
type Transport struct {
	origin  string
	timeout time.Duration
	ping    time.Duration
	streams transport.Streams
}

// New returns a Transport to an origin: scheme://host[:port], as
// self.location.origin is. It doesn't connect.
func New(origin string, opts Options) *Transport {
	t := &Transport{origin: origin, timeout: opts.Timeout, ping: opts.Ping}
	if t.timeout <= 0 {
		t.timeout = 2 * time.Minute
	}
	if t.ping <= 0 {
		t.ping = 30 * time.Second
	}
	t.streams.Call, t.streams.Dial = t.Call, t.openSocket
	t.streams.Timeout, t.streams.Retry = t.timeout, opts.Retry
	if t.streams.Retry <= 0 {
		t.streams.Retry = 5 * time.Minute
	}
	return t
}

// Origin implements [client.Transport].
func (t *Transport) Origin() string { return t.origin }

// Wake ends the wait before the next stream: there is a network again.
func (t *Transport) Wake() { t.streams.Wake() }

// Call implements [client.Transport]. If ctx is cancelled the error is
// context.Canceled; if its deadline or Options.Timeout passes it is both
// ErrOffline and context.DeadlineExceeded. A request beyond wire.MaxBody is
// refused unsent, as the server would.
func (t *Transport) Call(ctx context.Context, op wire.Operation, token, request []byte) ([]byte, error) {
	if len(request) > wire.MaxBody {
		return nil, wire.Refuse(wire.CodeTooLarge, "This is more than any server takes at once.")
	}
	bounded, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	abort := js.Global().Get("AbortController").New()
	defer context.AfterFunc(bounded, func() { abort.Call("abort") })()
	resp, err := promise.Await(bounded, t.fetch(op, token, request, abort.Get("signal")))
	if err != nil {
		return nil, transport.Explain(bounded, "the server can't be reached")
	}
	return readAnswer(bounded, resp)
}

// Stream implements [client.Transport], as [transport.Streams.Open] says.
func (t *Transport) Stream(ctx context.Context, token []byte, after uint64) (client.Stream, error) {
	return t.streams.Open(ctx, token, after)
}

// fetch begins a request.
func (t *Transport) fetch(op wire.Operation, token, request []byte, signal js.Value) js.Value {
	headers := map[string]any{"Accept": wire.ContentType, "Content-Type": wire.ContentType}
	if token != nil {
		headers["Authorization"] = "Bearer " + base64.RawURLEncoding.EncodeToString(token)
	}
	return js.Global().Call("fetch", t.origin+wire.PathPrefix+string(op), map[string]any{
		"method": "POST", "headers": headers, "body": promise.Array(request), "signal": signal,
		"cache": "no-store", "credentials": "omit", "redirect": "manual", "referrerPolicy": "no-referrer",
	})
}
