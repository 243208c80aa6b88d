package clientapi

import (
	"encoding/binary"
	"unicode/utf8"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// A request is one frame of a client, decoded as far as it can be without
// knowing the operation. What it points to belongs to the buffer that it was
// decoded from.
type request struct {
	wire.Frame
	send *wire.SendRequest        // where the body was decoded already
	ack  *wire.AcknowledgeRequest // likewise
}

// decodeRequest decodes a frame. The two operations that nearly all frames hold
// are read by hand where they have the usual shape; whatever has another is
// left to the general decoder, so that both accept the same and mean the same
// (FuzzFrame).
func decodeRequest(message []byte, q *request) error {
	if q.decodeUsual(message) {
		return nil
	}
	q.Frame, q.send, q.ack = wire.Frame{}, nil, nil
	return wire.Unmarshal(message, &q.Frame)
}

// decodeUsual decodes
//
//	{"n": N, "op": "send", "body": {"id": …, "room": …, "message": …, "generation": …}}
//	{"n": N, "op": "acknowledge", "body": {"pos": …}}
//
// in deterministic CBOR, to the last byte. False if message is anything else.
func (q *request) decodeUsual(message []byte) bool {
	d := decoder{rest: message, ok: true}
	d.expect("\xa3\x61n")
	n := d.uint()
	d.expect("\x62op")
	op := d.text()
	d.expect("\x64body")
	body := d.rest
	if !d.ok || n == 0 {
		return false
	}
	q.Frame, q.send, q.ack = wire.Frame{N: n, Body: body}, nil, nil
	switch string(op) {
	case string(wire.OpSend):
		q.Op = wire.OpSend
		q.send = d.send()
	case string(wire.OpAcknowledge):
		q.Op = wire.OpAcknowledge
		d.expect("\xa1\x63pos")
		q.ack = &wire.AcknowledgeRequest{Pos: d.uint()}
	default:
		return false
	}
	return d.ok && len(d.rest) == 0
}

func (d *decoder) send() *wire.SendRequest {
	var r wire.SendRequest
	d.expect("\xa4\x62id")
	r.ID = d.bytes()
	d.expect("\x64room")
	room := d.text()
	d.expect("\x67message")
	r.Message = d.bytes()
	d.expect("\x6ageneration")
	generation := d.uint()
	if d.ok = d.ok && generation < 1<<32; !d.ok {
		return nil
	}
	r.Room, r.Generation = identity.Room(room), uint32(generation)
	return &r
}

// A decoder reads CBOR of a known shape. Once something is otherwise ok is
// false, and stays so.
type decoder struct {
	rest []byte
	ok   bool
}

// expect passes over exactly these bytes.
func (d *decoder) expect(literal string) {
	if !d.ok || len(d.rest) < len(literal) || string(d.rest[:len(literal)]) != literal {
		d.ok = false
		return
	}
	d.rest = d.rest[len(literal):]
}

// head reads a head of a major type, in its shortest form.
func (d *decoder) head(major byte) uint64 {
	if !d.ok || len(d.rest) == 0 || d.rest[0]>>5 != major {
		d.ok = false
		return 0
	}
	info := d.rest[0] & 31
	if info < 24 {
		d.rest = d.rest[1:]
		return uint64(info)
	}
	size := 1 << (info - 24) // 1, 2, 4 or 8 bytes follow
	if info > 27 || len(d.rest) < 1+size {
		d.ok = false
		return 0
	}
	var wide [8]byte
	copy(wide[8-size:], d.rest[1:1+size])
	value := binary.BigEndian.Uint64(wide[:])
	d.rest = d.rest[1+size:]
	d.ok = cbor.HeadSize(value) == 1+size
	return value
}

func (d *decoder) uint() uint64 { return d.head(cbor.MajorUint) }

// bytes reads a byte string, without copying it.
func (d *decoder) bytes() []byte { return d.take(d.head(cbor.MajorBytes)) }

// text reads a text string, without copying it.
func (d *decoder) text() []byte {
	t := d.take(d.head(cbor.MajorText))
	d.ok = d.ok && utf8.Valid(t)
	return t
}

func (d *decoder) take(n uint64) []byte {
	if d.ok = d.ok && n <= uint64(len(d.rest)); !d.ok {
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}
