//go:build js

package jstransport

import (
	"context"
	"errors"
	"syscall/js"

	"parley/client/transport"
	"parley/internal/promise"
)

// readAnswer returns the body of a reply, or the error that resp means.
func readAnswer(ctx context.Context, resp js.Value) ([]byte, error) {
	if resp.Get("type").String() == "opaqueredirect" {
		return nil, transport.Offline("the server redirects to another address")
	}
	body, err := readBody(ctx, resp.Get("body"))
	if errors.Is(err, transport.ErrTooLarge) {
		return nil, transport.Offline(err.Error())
	}
	if err != nil {
		return nil, transport.Explain(ctx, "the connection broke off")
	}
	kind := ""
	if v := resp.Get("headers").Call("get", "Content-Type"); v.Type() == js.TypeString {
		kind = v.String()
	}
	return transport.Answer(resp.Get("status").Int(), kind, body)
}

// readBody reads a ReadableStream to its end. More than
// transport.MaxAnswer bytes is transport.ErrTooLarge.
func readBody(ctx context.Context, stream js.Value) ([]byte, error) {
	if !stream.Truthy() {
		return nil, nil
	}
	reader := stream.Call("getReader")
	var body []byte
	for {
		chunk, err := promise.Await(ctx, reader.Call("read"))
		if err != nil {
			return nil, err
		}
		if chunk.Get("done").Bool() {
			return body, nil
		}
		body = append(body, promise.Bytes(chunk.Get("value"))...)
		if len(body) > transport.MaxAnswer {
			reader.Call("cancel")
			return nil, transport.ErrTooLarge
		}
	}
}
