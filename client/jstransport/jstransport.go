//go:build js

package jstransport

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"syscall/js"
	"time"

	"parley/client"
	"parley/internal/promise"
	"parley/wire"
)

var _ client.Transport = (*Transport)(nil)

// maxAnswer bounds an answer or a push: an envelope of the largest request, and
// what is around it.
const maxAnswer = wire.MaxBody + 1<<20

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
	pace    pace
	block   block
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
	if t.block.retry = opts.Retry; t.block.retry <= 0 {
		t.block.retry = 5 * time.Minute
	}
	return t
}

// Origin implements [client.Transport].
func (t *Transport) Origin() string { return t.origin }

// Wake ends the wait before the next stream: there is a network again.
func (t *Transport) Wake() { t.pace.now() }

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
		return nil, explain(bounded, "the server can't be reached")
	}
	return readAnswer(bounded, resp)
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

// offline returns ErrOffline, wrapped with a cause for a person.
func offline(cause string) error { return fmt.Errorf("%w: %s", client.ErrOffline, cause) }

// explain returns what a failure of the network means to a caller with ctx.
func explain(ctx context.Context, cause string) error {
	switch err := ctx.Err(); {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: no answer in time: %w", client.ErrOffline, err)
	case err != nil:
		return err
	}
	return offline(cause)
}
