//go:build js

package jstransport

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"syscall/js"
	"unicode"

	"parley/internal/cbor"
	"parley/internal/promise"
	"parley/wire"
)

// errTooLarge is the reason why an answer was not read to its end.
var errTooLarge = errors.New("the answer is larger than any of Parley's")

// maxMessage bounds the sentence of a refusal, in bytes.
const maxMessage = 500

// readAnswer returns the body of a reply, or the error that resp means.
//
// A refusal is known by its body alone: a proxy in between may change the status
// and the type. Whatever else a proxy or another server says is ErrOffline.
func readAnswer(ctx context.Context, resp js.Value) ([]byte, error) {
	if resp.Get("type").String() == "opaqueredirect" {
		return nil, offline("the server redirects to another address")
	}
	body, err := readBody(ctx, resp.Get("body"))
	if errors.Is(err, errTooLarge) {
		return nil, offline(errTooLarge.Error())
	}
	if err != nil {
		return nil, explain(ctx, "the connection broke off")
	}
	if status := resp.Get("status").Int(); status != 200 {
		if refusal := parseRefusal(body); refusal != nil {
			return nil, refusal
		}
		return nil, offline("no Parley server answered, but HTTP status " + strconv.Itoa(status))
	}
	if kind := resp.Get("headers").Call("get", "Content-Type"); kind.Type() == js.TypeString && isReply(kind.String(), body) {
		return body, nil
	}
	return nil, offline("what answers there is no Parley server")
}

// readBody reads a ReadableStream to its end. More than maxAnswer bytes is
// errTooLarge.
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
		if len(body) > maxAnswer {
			reader.Call("cancel")
			return nil, errTooLarge
		}
	}
}

// isReply reports whether body is a whole body of wire, as its type says.
func isReply(kind string, body []byte) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return strings.EqualFold(strings.TrimSpace(kind), wire.ContentType) && isMap(body)
}

// isMap reports whether body is one CBOR map, whole.
func isMap(body []byte) bool {
	const mapType = 5 // the major type
	var item cbor.RawMessage
	return len(body) > 0 && body[0]>>5 == mapType && wire.Unmarshal(body, &item) == nil
}

// parseRefusal returns the error that body is, or nil if it isn't one.
func parseRefusal(body []byte) *wire.Error {
	var e wire.Error
	if !isMap(body) || wire.Unmarshal(body, &e) != nil {
		return nil
	}
	return cleanRefusal(&e)
}

// cleanRefusal returns e, or nil if its code can't be one. A newer server may
// have codes that this program doesn't know. A message that isn't one plain
// sentence is left out: it would be shown to a person.
func cleanRefusal(e *wire.Error) *wire.Error {
	code := string(e.Code)
	if code == "" || len(code) > 64 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return nil
	}
	if len(e.Message) > maxMessage || strings.ContainsFunc(e.Message, func(r rune) bool { return !unicode.IsPrint(r) }) {
		e.Message = ""
	}
	return e
}
