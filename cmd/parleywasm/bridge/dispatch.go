package bridge

import (
	"context"
	"maps"
	"reflect"
)

// A call is a method as it is called: its parameters and its result as they cross.
type call func(ctx context.Context, params []byte) (result []byte, err error)

// with makes a call of do, which is a func(context.Context, P) (R, error): a method
// with a parameter. It is made by reflection, since a generic function would be in the
// page's core once for each of them.
func with(do any) call {
	f := reflect.ValueOf(do)
	of := f.Type().In(1)
	return func(ctx context.Context, params []byte) ([]byte, error) {
		p := reflect.New(of)
		if err := decode(params, p.Interface()); err != nil {
			return nil, errBadParams
		}
		return answer(f.Call([]reflect.Value{reflect.ValueOf(ctx), p.Elem()}))
	}
}

// without makes a call of do, which is a func(context.Context) (R, error): a method
// without a parameter.
func without(do any) call {
	f := reflect.ValueOf(do)
	return func(ctx context.Context, _ []byte) ([]byte, error) {
		return answer(f.Call([]reflect.Value{reflect.ValueOf(ctx)}))
	}
}

// answer encodes what a method returned: its result, and an error.
func answer(out []reflect.Value) ([]byte, error) {
	if err, failed := out[1].Interface().(error); failed {
		return nil, err
	}
	return encode(out[0].Interface())
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
		c.mediaCalls(),
		c.searchCalls(),
		c.typingCalls(),
		c.roomCalls(),
		c.peopleCalls(),
		c.groupCalls(),
		c.readerCalls(),
		c.settingCalls(),
		c.stickerCalls(),
		c.linkCalls(),
		c.reportCalls(),
		c.safetyCalls(),
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
