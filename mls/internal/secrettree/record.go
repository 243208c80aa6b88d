package secrettree

import (
	"slices"

	"parley/mls/internal/codec"
	"parley/mls/internal/suite"
)

// version is the first byte of every record.
const version = 1

// encodeSecret is the record of a node secret or of a kept key.
func encodeSecret(secret suite.Secret) []byte {
	return append([]byte{version}, secret...)
}

// decodeSecret reads what encodeSecret made of n bytes, or returns ErrState.
func decodeSecret(record []byte, n int) (suite.Secret, error) {
	if len(record) != 1+n || record[0] != version {
		return nil, ErrState
	}
	return slices.Clone(record[1:]), nil
}

func encodeLeaf(state *leafState) []byte {
	w := codec.NewWriter(128)
	w.Uint8(version)
	for i := range state.ratchets {
		r := &state.ratchets[i]
		w.Uint32(r.next)
		w.Vector(r.secret)
		w.Vector(encodeKept(r.next, r.kept))
	}
	return w.Bytes()
}

// decodeLeaf reads what encodeLeaf made, with secrets of n bytes, or returns
// ErrState.
func decodeLeaf(record []byte, n int) (*leafState, error) {
	in := codec.NewReader(record)
	if in.Uint8() != version {
		return nil, ErrState
	}
	state := &leafState{}
	for i := range state.ratchets {
		r := &state.ratchets[i]
		r.next = in.Uint32()
		r.secret = slices.Clone(in.Vector())
		bits := in.Vector()
		if len(r.secret) != n || len(bits) > MaxSkip/8+1 {
			return nil, ErrState
		}
		r.kept = decodeKept(r.next, bits)
	}
	if in.Finish() != nil {
		return nil, ErrState
	}
	return state, nil
}

// encodeKept sets bit i, the lowest of the first byte being bit 0, for each
// kept generation next-1-i.
func encodeKept(next uint32, kept []uint32) []byte {
	if len(kept) == 0 {
		return nil
	}
	bits := make([]byte, (next-1-kept[0])/8+1)
	for _, g := range kept {
		i := next - 1 - g
		bits[i/8] |= 1 << (i % 8)
	}
	return bits
}

// decodeKept returns the generations of bits in ascending order.
func decodeKept(next uint32, bits []byte) []uint32 {
	var kept []uint32
	for i := len(bits)*8 - 1; i >= 0; i-- {
		if bits[i/8]>>(i%8)&1 == 1 && uint32(i) < next {
			kept = append(kept, next-1-uint32(i))
		}
	}
	return kept
}
