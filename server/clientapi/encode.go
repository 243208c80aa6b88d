package clientapi

import (
	"encoding/binary"

	"github.com/gobwas/ws"

	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

// What the server writes most is encoded here by hand, into a buffer of frames
// that wait to be written. Every function appends to b and returns it; the bytes
// are those of wire.Marshal behind the header of a WebSocket's frame.

// appendHeader appends the header of an unfragmented, unmasked frame: RFC 6455,
// Section 5.2.
func appendHeader(b []byte, op ws.OpCode, size int) []byte {
	b = append(b, 0x80|byte(op))
	switch {
	case size < 126:
		return append(b, byte(size))
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, 126), uint16(size))
	}
	return binary.BigEndian.AppendUint64(append(b, 127), uint64(size))
}

// appendMessage appends a binary frame.
func appendMessage(b, message []byte) []byte {
	return append(appendHeader(b, ws.OpBinary, len(message)), message...)
}

// appendReply appends the answer to request n.
func appendReply(b []byte, n uint64, reply any, err error) ([]byte, error) {
	if err == nil {
		switch r := reply.(type) {
		case *wire.SendReply:
			return appendSendReply(b, n, r), nil
		case *wire.Empty:
			return appendSmall(b, n, "\xa0"), nil
		}
	}
	f := wire.Frame{N: n, Error: server.AsWire(err)}
	if err == nil {
		if f.Body, err = wire.Marshal(reply); err != nil {
			return b, err
		}
	}
	message, err := wire.Marshal(&f)
	if err != nil {
		return b, err
	}
	return appendMessage(b, message), nil
}

// appendSmall appends {"n": n, "body": body}. body is so small that the frame
// has a header of two bytes.
func appendSmall(b []byte, n uint64, body string) []byte {
	at := len(b)
	b = append(b, 0x80|byte(ws.OpBinary), 0)
	if n == 0 {
		b = append(b, 0xa1)
	} else {
		b = cbor.AppendHead(append(b, "\xa2\x61n"...), cbor.MajorUint, n)
	}
	b = append(append(b, "\x64body"...), body...)
	b[at+1] = byte(len(b) - at - 2)
	return b
}

func appendSendReply(b []byte, n uint64, r *wire.SendReply) []byte {
	if r.AcceptedMS < 0 { // a clock of before 1970: no shape for the hand
		body, _ := wire.Marshal(r) // two integers
		return appendSmall(b, n, string(body))
	}
	var body [64]byte
	small := cbor.AppendHead(append(body[:0], "\xa2\x63seq"...), cbor.MajorUint, r.Seq)
	small = cbor.AppendHead(append(small, "\x6baccepted_ms"...), cbor.MajorUint, uint64(r.AcceptedMS))
	return appendSmall(b, n, string(small))
}

// appendPush appends {"op": "events", "body": reply}: the envelopes go as they
// are.
func appendPush(b []byte, reply *wire.RawReadReply) []byte {
	const events, pos, envelope = "\x66events", "\xa2\x63pos", "\x68envelope"
	before, signals := "\xa2\x62op\x66events\x64body\xa4\x64head", []byte(nil)
	if len(reply.Signals) > 0 {
		before = "\xa2\x62op\x66events\x64body\xa5\x64head"
		encoded, _ := wire.Marshal(reply.Signals) // three strings each
		signals = append([]byte("\x67signals"), encoded...)
	}
	size := len(signals) + len(before) + cbor.HeadSize(reply.Head) + len("\x65first") + cbor.HeadSize(reply.First) +
		len("\x66cursor") + cbor.HeadSize(reply.Cursor) + len(events) + cbor.HeadSize(uint64(len(reply.Events)))
	for i := range reply.Events {
		e := &reply.Events[i]
		size += len(pos) + cbor.HeadSize(e.Pos) + len(envelope) + len(e.Envelope)
	}
	b = appendHeader(grown(b, ws.MaxHeaderSize+size), ws.OpBinary, size)
	b = cbor.AppendHead(append(b, before...), cbor.MajorUint, reply.Head)
	b = cbor.AppendHead(append(b, "\x65first"...), cbor.MajorUint, reply.First)
	b = cbor.AppendHead(append(b, "\x66cursor"...), cbor.MajorUint, reply.Cursor)
	b = cbor.AppendHead(append(b, events...), cbor.MajorArray, uint64(len(reply.Events)))
	for i := range reply.Events {
		e := &reply.Events[i]
		b = cbor.AppendHead(append(b, pos...), cbor.MajorUint, e.Pos)
		b = append(append(b, envelope...), e.Envelope...)
	}
	return append(b, signals...)
}

// grown returns b with room for n more bytes, at once.
func grown(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	return append(make([]byte, 0, len(b)+n), b...)
}
