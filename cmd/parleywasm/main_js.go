// Command parleywasm is the core of the browser client. It runs in a worker, whose
// script (web/lib/host.ts) starts it and carries what pages and core say to each
// other; here is only what connects the two.
//
// It puts parleyCore on globalThis, an object of functions:
//
//	open(name, follow, tell) → Promise    opens the device's store, and the core
//	call(method, params, key, answer)           answer(result, error): CBOR, one of them null
//	sync() → Promise                            reads what there is
//	close() → Promise
package main

import (
	"context"
	"syscall/js"

	"parley/client"
	"parley/client/idbstore"
	"parley/client/jstransport"
	"parley/cmd/parleywasm/bridge"
	"parley/internal/promise"
	"parley/mls/public"
)

func main() {
	h := new(host)
	js.Global().Set("parleyCore", map[string]any{
		"open": h.function(h.open), "call": js.FuncOf(h.call),
		"sync": h.function(h.sync), "close": h.function(h.close),
	})
	js.Global().Call("addEventListener", "online", js.FuncOf(h.online))
	js.Global().Call("parleyReady")
	select {}
}

// A host is the core as the worker's script has it.
type host struct{ core *bridge.Core }

// function returns a JavaScript function that runs do in a goroutine of its own
// and returns a promise of its end.
func (h *host) function(do func(ctx context.Context, args []js.Value) error) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		return js.Global().Get("Promise").New(js.FuncOf(func(_ js.Value, settle []js.Value) any {
			go func() {
				if err := do(context.Background(), args); err != nil {
					settle[1].Invoke(js.Global().Get("Error").New(err.Error()))
					return
				}
				settle[0].Invoke()
			}()
			return nil
		}))
	})
}

// open opens the core on the store called args[0]. args[1] says whether it follows
// the server; args[2] is told the events.
func (h *host) open(ctx context.Context, args []js.Value) error {
	name, tell := args[0].String(), args[2]
	core, err := bridge.New(ctx, bridge.Config{
		Open: func(ctx context.Context) (client.Store, error) {
			return idbstore.Open(ctx, name, idbstore.Options{Alone: true})
		},
		Erase:     func(ctx context.Context) error { return idbstore.Erase(ctx, name) },
		Used:      used,
		Transport: jstransport.New(js.Global().Get("location").Get("origin").String(), jstransport.Options{}),
		Suites:    []*public.Suite{public.XWing(public.SuiteXWing), public.ChaCha20(), public.X25519()},
		Asleep:    !args[1].Bool(),
		Tell:      func(event string, data []byte) { tell.Invoke(event, promise.Array(data)) },
	})
	h.core = core
	return err
}

// call performs a page's call: method, parameters, the key by which a repeated call
// is known, and who is told the answer.
func (h *host) call(_ js.Value, args []js.Value) any {
	method, params, key, answer := args[0].String(), promise.Bytes(args[1]), args[2].String(), args[3]
	go func() {
		result, refused := h.core.Call(client.WithKey(context.Background(), key), method, params)
		if refused != nil {
			answer.Invoke(nil, promise.Array(refused.Bytes()))
			return
		}
		answer.Invoke(promise.Array(result), nil)
	}()
	return nil
}

// online is told that the browser has a network again.
func (h *host) online(js.Value, []js.Value) any {
	if h.core != nil {
		go h.core.Wake()
	}
	return nil
}

func (h *host) sync(ctx context.Context, _ []js.Value) error { return h.core.Sync(ctx) }

func (h *host) close(context.Context, []js.Value) error {
	if h.core == nil {
		return nil
	}
	return h.core.Close()
}

// used asks the browser what it keeps for this page.
func used(ctx context.Context) (bridge.Storage, error) {
	storage := js.Global().Get("navigator").Get("storage")
	estimate, err := promise.Await(ctx, storage.Call("estimate"))
	if err != nil {
		return bridge.Storage{}, err
	}
	persisted, err := promise.Await(ctx, storage.Call("persisted"))
	if err != nil {
		return bridge.Storage{}, err
	}
	return bridge.Storage{
		Used: int64(estimate.Get("usage").Float()), Quota: int64(estimate.Get("quota").Float()), Persistent: persisted.Truthy(),
	}, nil
}
