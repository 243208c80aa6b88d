package pebblestore

import (
	"parley/internal/cbor"
	"parley/wire"
)

// A draft is an encoded envelope whose seq and frank aren't known yet. It is made
// by the caller, so that the batcher has little left to do.
type draft struct {
	buf    []byte // slack; the map's head and the id; what stands between seq and frank; what follows
	slack  int    // bytes that seq and frank may take
	front  int    // bytes of the map's head and the id
	middle int    // bytes between seq and frank
	pairs  byte   // of the map, without seq and frank
}

// Room in front of a draft.
const (
	seqRoom   = 4 + 9
	frankRoom = 6 + 1 + 9 + 34 + 2*2 + 162 + 66 // for a path of five hashes; a longer one makes a copy
)

// draftOf encodes e, which gets a seq where withSeq says so, and where franked a
// frank.
func draftOf(e *wire.Envelope, withSeq, franked bool) draft {
	d := draft{pairs: envelopePairs(e)}
	if withSeq {
		d.slack += seqRoom
	}
	if franked {
		d.slack += frankRoom
	}
	b := make([]byte, d.slack, d.slack+draftSize(e))
	b = append(b, 0xa0)
	if len(e.ID) > 0 {
		b = appendBytes(appendText(b, "id"), e.ID)
	}
	d.front = len(b) - d.slack
	// The deterministic order of keys: shorter ones first (RFC 8949, Section 4.2.1).
	b = appendText(appendText(b, "kind"), string(e.Kind))
	b = optionalText(b, "room", string(e.Room))
	b = optionalUint(b, "epoch", e.Epoch)
	d.middle = len(b) - d.slack - d.front
	b = optionalText(b, "sender", string(e.Sender))
	b = optionalText(b, "account", string(e.Account))
	b = optionalBytes(b, "message", e.Message)
	b = optionalUint(b, "version", e.Version)
	b = optionalBytes(b, "welcome", e.Welcome)
	b = optionalUint(b, "generation", uint64(e.Generation))
	d.buf = appendInt(appendText(b, "accepted_ms"), e.AcceptedMS)
	return d
}

// finish returns the encoded envelope with its seq, 0 for none, and its frank,
// nil for none. The draft is used up.
func (d *draft) finish(seq uint64, f *wire.Franking) []byte {
	var seqBytes [seqRoom]byte
	pairs, s, more := d.pairs, seqBytes[:0], 0
	if seq != 0 {
		pairs++
		s = cbor.AppendHead(appendText(s, "seq"), cbor.MajorUint, seq)
		more = len(s)
	}
	if f != nil {
		pairs++
		more += frankSize(f)
	}
	if more -= d.slack; more > 0 {
		d.buf, d.slack = append(make([]byte, more, more+len(d.buf)), d.buf...), d.slack+more
		more = 0
	}
	b, from, begin := d.buf, d.slack, -more
	to := begin + copy(b[begin:], b[from:from+d.front])
	from += d.front
	to += copy(b[to:], s)
	to += copy(b[to:], b[from:from+d.middle])
	if f != nil {
		appendFranking(appendText(b[:to], "frank"), f)
	}
	b[begin] = 0xa0 + pairs
	return b[begin:]
}

// draftSize is how many bytes e takes without seq and frank.
func draftSize(e *wire.Envelope) int {
	n := 1 + pairSize("id", len(e.ID)) + pairSize("kind", len(e.Kind)) + pairSize("room", len(e.Room)) +
		pairSize("sender", len(e.Sender)) + pairSize("account", len(e.Account)) +
		pairSize("message", len(e.Message)) + pairSize("welcome", len(e.Welcome)) +
		numberSize("epoch", e.Epoch) + numberSize("version", e.Version) + numberSize("generation", uint64(e.Generation))
	return n + 1 + len("accepted_ms") + cbor.HeadSize(uint64(max(e.AcceptedMS, -(e.AcceptedMS+1))))
}

// pairSize is what a key takes with a value of n bytes, and where that is empty
// nothing.
func pairSize(key string, n int) int {
	if n == 0 {
		return 0
	}
	return 1 + len(key) + cbor.HeadSize(uint64(n)) + n
}

// numberSize is what a key takes with a number, and where that is zero nothing.
func numberSize(key string, n uint64) int {
	if n == 0 {
		return 0
	}
	return 1 + len(key) + cbor.HeadSize(n)
}

// frankSize is what a frank takes with its key.
func frankSize(f *wire.Franking) int {
	n := 1 + len("frank") + 1 + cbor.HeadSize(f.LeafIndex) + cbor.HeadSize(f.TreeSize)
	for _, b := range [][]byte{f.HubKey, f.Frank, f.Path, f.Signature} {
		n += cbor.HeadSize(uint64(len(b))) + len(b)
	}
	return n
}

// envelopePairs counts the pairs of e's map, without seq and frank: at most 11.
func envelopePairs(e *wire.Envelope) byte {
	n := byte(2) // kind and accepted_ms
	for _, there := range []bool{
		len(e.ID) > 0, e.Room != "", e.Epoch != 0, e.Sender != "", e.Account != "",
		len(e.Message) > 0, e.Version != 0, len(e.Welcome) > 0, e.Generation != 0,
	} {
		if there {
			n++
		}
	}
	return n
}

func appendFranking(b []byte, f *wire.Franking) []byte {
	b = appendBytes(append(b, 0x86), f.HubKey)
	b = appendBytes(b, f.Frank)
	b = cbor.AppendHead(cbor.AppendHead(b, cbor.MajorUint, f.LeafIndex), cbor.MajorUint, f.TreeSize)
	return appendBytes(appendBytes(b, f.Path), f.Signature)
}

func appendText(b []byte, s string) []byte {
	return append(cbor.AppendHead(b, cbor.MajorText, uint64(len(s))), s...)
}

func appendBytes(b, s []byte) []byte {
	return append(cbor.AppendHead(b, cbor.MajorBytes, uint64(len(s))), s...)
}

func appendInt(b []byte, n int64) []byte {
	if n < 0 {
		return cbor.AppendHead(b, cbor.MajorNegative, uint64(-(n + 1)))
	}
	return cbor.AppendHead(b, cbor.MajorUint, uint64(n))
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
	return cbor.AppendHead(appendText(b, key), cbor.MajorUint, n)
}
