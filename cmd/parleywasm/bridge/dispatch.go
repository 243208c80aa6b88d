package bridge

import (
	"context"
	"maps"
)

// A call is a method as it is called: its parameters and its result as they cross.
type call func(ctx context.Context, params []byte) (result []byte, err error)

// with makes a call of a method with a parameter.
func with[P, R any](do func(context.Context, P) (R, error)) call {
	return func(ctx context.Context, params []byte) ([]byte, error) {
		var p P
		if err := decode(params, &p); err != nil {
			return nil, errBadParams
		}
		r, err := do(ctx, p)
		if err != nil {
			return nil, err
		}
		return encode(r)
	}
}

// without makes a call of a method without one.
func without[R any](do func(context.Context) (R, error)) call {
	return func(ctx context.Context, _ []byte) ([]byte, error) {
		r, err := do(ctx)
		if err != nil {
			return nil, err
		}
		return encode(r)
	}
}

// allCalls returns every method there is, by its name on the page. Each do_ file
// lists its own.
func (c *Core) allCalls() map[string]call {
	all := map[string]call{}
	for _, some := range []map[string]call{
		c.accountCalls(),
		c.passkeyCalls(),
		c.pushCalls(),
		c.messageCalls(),
		c.searchCalls(),
		c.typingCalls(),
		c.roomCalls(),
		c.peopleCalls(),
		c.groupCalls(),
		c.readerCalls(),
		c.settingCalls(),
	} {
		maps.Copy(all, some)
	}
	return all
}

// wakes are the methods that a person waits for: without a connection they have it
// tried at once.
var wakes = map[string]bool{"boot": true, "send": true, "start": true, "room": true, "retry": true}

// Call performs the method of a page: params and result are CBOR, see encode. The error, if
// there is one, is what the page gets.
func (c *Core) Call(ctx context.Context, method string, params []byte) ([]byte, *Error) {
	do := c.calls[method]
	if do == nil {
		return nil, errorOf(errBadParams)
	}
	if c.connection().State == stateOffline && wakes[method] {
		c.Wake()
	}
	result, err := do(ctx, params)
	if err != nil {
		return nil, errorOf(err)
	}
	return result, nil
}
