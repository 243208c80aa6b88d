package clientapi

import (
	"encoding/binary"

	"github.com/gobwas/ws"

	"parley/server"
	"parley/wire"
)

// What the server writes most is encoded here by hand, into a buffer of frames
// that wait to be written. Every function appends to b and returns it; the bytes
// are those of wire.Marshal behind the header of a WebSocket's frame.

// headSize returns how many bytes the head of a value has.
func headSize(value uint64) int {
	switch {
	case value < 24:
		return 1
	case value < 1<<8:
		return 2
	case value < 1<<16:
		return 3
	case value < 1<<32:
		return 5
	}
	return 9
}

func appendHead(b []byte, major byte, value uint64) []byte {
	major <<= 5
	switch headSize(value) {
	case 1:
		return append(b, major|byte(value))
	case 2:
		return append(b, major|24, byte(value))
	case 3:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(value))
	case 5:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(value))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), value)
}

const majorArray = 4

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
		b = appendHead(append(b, "\xa2\x61n"...), majorUint, n)
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
	small := appendHead(append(body[:0], "\xa2\x63seq"...), majorUint, r.Seq)
	small = appendHead(append(small, "\x6baccepted_ms"...), majorUint, uint64(r.AcceptedMS))
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
	size := len(signals) + len(before) + headSize(reply.Head) + len("\x65first") + headSize(reply.First) +
		len("\x66cursor") + headSize(reply.Cursor) + len(events) + headSize(uint64(len(reply.Events)))
	for i := range reply.Events {
		e := &reply.Events[i]
		size += len(pos) + headSize(e.Pos) + len(envelope) + len(e.Envelope)
	}
	b = appendHeader(grown(b, ws.MaxHeaderSize+size), ws.OpBinary, size)
	b = appendHead(append(b, before...), majorUint, reply.Head)
	b = appendHead(append(b, "\x65first"...), majorUint, reply.First)
	b = appendHead(append(b, "\x66cursor"...), majorUint, reply.Cursor)
	b = appendHead(append(b, events...), majorArray, uint64(len(reply.Events)))
	for i := range reply.Events {
		e := &reply.Events[i]
		b = appendHead(append(b, pos...), majorUint, e.Pos)
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
