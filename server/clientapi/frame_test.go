package clientapi

import (
	"bytes"
	"math"
	"reflect"
	"testing"

	"parley/internal/cbor"
	"parley/wire"
)

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	b, err := wire.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// frames are requests of every shape that the decoders tell apart.
func frames(t testing.TB) [][]byte {
	frame := func(n uint64, op wire.Operation, body any) []byte {
		return encoded(t, wire.Frame{N: n, Op: op, Body: cbor.RawMessage(encoded(t, body))})
	}
	usual := wire.SendRequest{ID: make([]byte, 16), Room: "mimi://example.org/r/x", Generation: 3, Message: bytes.Repeat([]byte{7}, 300)}
	tagged := usual
	tagged.Tag = make([]byte, 32)
	return [][]byte{
		frame(1, wire.OpSend, usual), frame(1<<40, wire.OpSend, tagged), frame(0, wire.OpSend, usual),
		frame(24, wire.OpSend, wire.SendRequest{}), frame(256, wire.OpAcknowledge, wire.AcknowledgeRequest{Pos: math.MaxUint64}),
		frame(7, wire.OpAcknowledge, wire.Empty{}), frame(7, wire.OpRead, wire.ReadRequest{After: 3}), frame(7, "send", "a text"),
		encoded(t, wire.Frame{N: 4, Op: wire.OpInfo}),
		[]byte("\xa3\x61n\x01\x62op\x64send\x64body\xa4\x62id\x41a\x64room\x61\xff\x67message\x40\x6ageneration\x00"),                             // not UTF-8
		[]byte("\xa3\x61n\x01\x62op\x6backnowledge\x64body\xa1\x63pos\x18\x01"),                                                                   // not in its shortest form
		[]byte("\xa3\x61n\x01\x62op\x6backnowledge\x64body\xa1\x63pos\x01\x00"),                                                                   // trailing
		[]byte("\xa3\x61n\x01\x62op\x64send\x64body\xa4\x62id\x41a\x64room\x60\x67message\x40\x6ageneration\x1b\x00\x00\x00\x01\x00\x00\x00\x00"), // beyond 32 bits
		{0xff},
		{0xa0},
		nil,
	}
}

// checkDecode checks that what is decoded by hand is what the general decoder
// makes of it, and that nothing is taken that it refuses.
func checkDecode(t *testing.T, message []byte) {
	var q request
	err := decodeRequest(message, &q)
	var want wire.Frame
	if errWant := wire.Unmarshal(message, &want); (err == nil) != (errWant == nil) {
		t.Fatalf("%x: %v; the general decoder: %v", message, err, errWant)
	}
	if err != nil {
		return
	}
	if !reflect.DeepEqual(q.Frame, want) {
		t.Fatalf("%x: %+v; want %+v", message, q.Frame, want)
	}
	if q.send != nil {
		var send wire.SendRequest
		if err := wire.Unmarshal(want.Body, &send); err != nil || !sameSend(&send, q.send) || want.Op != wire.OpSend {
			t.Fatalf("%x: %+v; want %+v, %v", message, q.send, send, err)
		}
	}
	if q.ack != nil {
		var ack wire.AcknowledgeRequest
		if err := wire.Unmarshal(want.Body, &ack); err != nil || ack != *q.ack || want.Op != wire.OpAcknowledge {
			t.Fatalf("%x: %+v; want %+v, %v", message, q.ack, ack, err)
		}
	}
}

func sameSend(a, b *wire.SendRequest) bool {
	return bytes.Equal(a.ID, b.ID) && a.Room == b.Room && a.Generation == b.Generation && bytes.Equal(a.Message, b.Message) && len(a.Tag)+len(b.Tag) == 0 && a.Quiet == b.Quiet
}

func TestDecode(t *testing.T) {
	for i, message := range frames(t) {
		checkDecode(t, message)
		var q request
		if usual := decodeRequest(message, &q) == nil && (q.send != nil || q.ack != nil); usual != (i == 0 || i == 3 || i == 4) {
			t.Errorf("frame %d: by hand %v", i, usual)
		}
	}
}

// FuzzFrame: the decoder of a stream takes what the general one takes, and no
// input makes it fail otherwise.
func FuzzFrame(f *testing.F) {
	for _, message := range frames(f) {
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message []byte) { checkDecode(t, bytes.Clone(message)) })
}

// TestEncode: what is encoded by hand is what wire.Marshal makes.
func TestEncode(t *testing.T) {
	numbers := []uint64{0, 1, 23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, math.MaxInt64}
	for _, n := range numbers {
		for _, m := range numbers {
			checkReply(t, n, &wire.SendReply{Seq: m, AcceptedMS: int64(n)})
			checkReply(t, m, &wire.SendReply{Seq: n, AcceptedMS: -1 - int64(n)})
		}
		checkReply(t, n, &wire.Empty{})
		checkReply(t, n, &wire.KeyPackageCount{SingleUse: 7})
		checkPush(t, &wire.RawReadReply{Head: n, First: n, Cursor: n})
		checkPush(t, &wire.RawReadReply{Head: n, Signals: []wire.Signal{{Room: "mimi://example.org/r/x", Sender: "mimi://example.org/d/a/x", Data: make([]byte, n%256)}}})
		checkPush(t, &wire.RawReadReply{Head: n, First: 1, Cursor: 2, Events: []wire.RawEvent{{Pos: n, Envelope: cbor.RawMessage{0xa0}}}})
	}
	for _, size := range []int{0, 10, 126, 200, 1 << 16} {
		many := &wire.RawReadReply{Head: 300}
		for pos := range uint64(30) {
			envelope := encoded(t, wire.Envelope{Kind: wire.EventMessage, Message: make([]byte, size)})
			many.Events = append(many.Events, wire.RawEvent{Pos: pos, Envelope: envelope})
		}
		checkPush(t, many)
		many.Signals = make([]wire.Signal, wire.MaxSignals)
		checkPush(t, many)
	}
}

func checkReply(t *testing.T, n uint64, reply any) {
	t.Helper()
	want := appendMessage([]byte("before"), encoded(t, wire.Frame{N: n, Body: cbor.RawMessage(encoded(t, reply))}))
	got, err := appendReply([]byte("before"), n, reply, nil)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("reply %d %+v: %x, %v; want %x", n, reply, got, err, want)
	}
}

func checkPush(t *testing.T, reply *wire.RawReadReply) {
	t.Helper()
	want := appendMessage([]byte("before"), encoded(t, wire.Frame{Op: wire.OpEvents, Body: cbor.RawMessage(encoded(t, reply))}))
	if got := appendPush([]byte("before"), reply); !bytes.Equal(got, want) {
		t.Errorf("push of %d events: %d bytes differ from wire.Marshal's %d", len(reply.Events), len(got), len(want))
	}
}
