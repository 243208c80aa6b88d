package pebblestore

import (
	"encoding/binary"

	"parley/internal/cbor"
	"parley/wire"
)

// A draft is an encoded envelope whose seq isn't known yet. It is made by the
// caller, so that the batcher has little left to do.
type draft struct {
	buf   []byte         // slack, the map's head and the id; then what follows the seq
	front int            // bytes of the map's head and the id
	slow  *wire.Envelope // instead, where the envelope holds what encode doesn't know
}

// seqRoom is the room for an encoded seq in front of a draft.
const seqRoom = 4 + 9

// draftOf encodes e, which gets a seq where withSeq says so.
func draftOf(e *wire.Envelope, withSeq bool) draft {
	if e.Franking != nil {
		slow := cloneEnvelope(*e)
		return draft{slow: &slow}
	}
	b := make([]byte, seqRoom, seqRoom+len(e.Message)+len(e.Welcome)+len(e.Room)+len(e.Sender)+len(e.Account)+len(e.ID)+192)
	b = append(b, 0xa0+envelopePairs(e, withSeq))
	if len(e.ID) > 0 {
		b = appendBytes(appendText(b, "id"), e.ID)
	}
	front := len(b) - seqRoom
	// The deterministic order of keys: shorter ones first (RFC 8949, Section 4.2.1).
	b = appendText(appendText(b, "kind"), string(e.Kind))
	b = optionalText(b, "room", string(e.Room))
	b = optionalUint(b, "epoch", e.Epoch)
	b = optionalText(b, "sender", string(e.Sender))
	b = optionalText(b, "account", string(e.Account))
	b = optionalBytes(b, "message", e.Message)
	b = optionalUint(b, "version", e.Version)
	b = optionalBytes(b, "welcome", e.Welcome)
	b = optionalUint(b, "generation", uint64(e.Generation))
	b = appendInt(appendText(b, "accepted_ms"), e.AcceptedMS)
	return draft{buf: b, front: front}
}

// finish returns the encoded envelope with its seq. The draft is used up.
func (d *draft) finish(seq uint64) []byte {
	if d.slow != nil {
		d.slow.Seq = seq
		return cbor.MustMarshal(d.slow)
	}
	if seq == 0 {
		return d.buf[seqRoom:]
	}
	var room [seqRoom]byte
	enc := appendHead(appendText(room[:0], "seq"), 0, seq)
	start := seqRoom - len(enc)
	copy(d.buf[start:], d.buf[seqRoom:seqRoom+d.front])
	copy(d.buf[start+d.front:], enc)
	return d.buf[start:]
}

// envelopePairs counts the pairs of e's map: at most 13.
func envelopePairs(e *wire.Envelope, withSeq bool) byte {
	n := byte(2) // kind and accepted_ms
	for _, there := range []bool{
		withSeq, len(e.ID) > 0, e.Room != "", e.Epoch != 0, e.Sender != "", e.Account != "",
		len(e.Message) > 0, e.Version != 0, len(e.Welcome) > 0, e.Generation != 0,
	} {
		if there {
			n++
		}
	}
	return n
}

func appendHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n < 1<<8:
		return append(b, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

func appendText(b []byte, s string) []byte {
	return append(appendHead(b, 3, uint64(len(s))), s...)
}

func appendBytes(b, s []byte) []byte {
	return append(appendHead(b, 2, uint64(len(s))), s...)
}

func appendInt(b []byte, n int64) []byte {
	if n < 0 {
		return appendHead(b, 1, uint64(-(n + 1)))
	}
	return appendHead(b, 0, uint64(n))
}

func optionalText(b []byte, key, s string) []byte {
	if s == "" {
		return b
	}
	return appendText(appendText(b, key), s)
}

func optionalBytes(b []byte, key string, s []byte) []byte {
	if len(s) == 0 {
		return b
	}
	return appendBytes(appendText(b, key), s)
}

func optionalUint(b []byte, key string, n uint64) []byte {
	if n == 0 {
		return b
	}
	return appendHead(appendText(b, key), 0, n)
}
