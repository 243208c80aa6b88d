//go:build js

package promise

import (
	"context"
	"errors"
	"syscall/js"
)

// An Error is a rejected promise: the name of what was thrown, such as AbortError.
// Its message is left out: it may quote what the other side said.
type Error struct{ Name string }

// Error implements error.
func (e *Error) Error() string { return "promise: " + e.Name }

// Await waits for p, which may be any value, and returns what it is fulfilled
// with, or an *Error. It returns ctx's error as soon as ctx ends, and doesn't wait
// any longer then. It must not be called by a function that JavaScript calls.
func Await(ctx context.Context, p js.Value) (js.Value, error) {
	if err := ctx.Err(); err != nil {
		return js.Value{}, err
	}
	type outcome struct {
		value js.Value
		err   error
	}
	done := make(chan outcome, 1)
	var resolve, reject js.Func
	release := func() {
		resolve.Release()
		reject.Release()
	}
	resolve = js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{value: first(args)}
		release()
		return nil
	})
	reject = js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{err: errorOf(first(args))}
		release()
		return nil
	})
	js.Global().Get("Promise").Call("resolve", p).Call("then", resolve, reject)
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return js.Value{}, ctx.Err()
	}
}

func first(args []js.Value) js.Value {
	if len(args) == 0 {
		return js.Undefined()
	}
	return args[0]
}

func errorOf(v js.Value) error {
	if v.Type() == js.TypeObject {
		if name := v.Get("name"); name.Type() == js.TypeString {
			return &Error{name.String()}
		}
	}
	return &Error{"Error"}
}

// Named reports whether err is a rejection of a name.
func Named(err error, name string) bool {
	var e *Error
	return errors.As(err, &e) && e.Name == name
}

// Bytes returns a copy of a Uint8Array's bytes.
func Bytes(v js.Value) []byte {
	b := make([]byte, v.Get("length").Int())
	js.CopyBytesToGo(b, v)
	return b
}

// Array returns a new Uint8Array with a copy of b.
func Array(b []byte) js.Value {
	v := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(v, b)
	return v
}
