package wire

import "parley/internal/cbor"

// A Frame is one binary message of the WebSocket, in either direction.
//
//	client → server   first {op: "hello", body: Hello}, within 10 seconds;
//	                  then requests {n, op, body}
//	server → client   replies {n, body} or {n, error}; pushes {op: "events", body: ReadReply}
//
// The token goes in the first frame, never in the URL. Replies come in any
// order, matched by N. A push continues where the last one (or Hello.After)
// ended; a client that misses one reads it over HTTP.
type Frame struct {
	N     uint64          `cbor:"n,omitempty"`
	Op    Operation       `cbor:"op,omitempty"`
	Body  cbor.RawMessage `cbor:"body,omitempty"`
	Error *Error          `cbor:"error,omitempty"`
}

// Operations that exist only on the stream.
const (
	OpHello  Operation = "hello"  // the first frame: Hello → Empty
	OpEvents Operation = "events" // pushed: ReadReply
)

// Hello opens a stream.
type Hello struct {
	Token []byte `cbor:"token"` // of the session
	After uint64 `cbor:"after"` // push what comes after this position
}
