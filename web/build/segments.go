package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// errWasm says that a module isn't made as the Go linker makes it.
var errWasm = errors.New("build: not a module of the Go linker")

// What joinSegments knows of WebAssembly's binary format (WebAssembly Core
// Specification 2.0, Section 5.5).
const (
	wasmHeader  = "\x00asm\x01\x00\x00\x00"
	dataSection = 11
	activeData  = 0x00 // kind of a segment: where it goes in memory 0 is written in it
	i32Const    = 0x41
	endOfExpr   = 0x0b
)

// maxGap is how many zeros between two segments are written out to make one of
// them. Memory that is zero throughout stays out: it is at the end.
const maxGap = 1 << 10

// A segment is bytes that memory begins with.
type segment struct {
	at   int64 // first address
	data []byte
}

// joinSegments returns a module whose memory begins with the same bytes in a few
// segments. The linker leaves out every run of eight zeros, which makes 100,000 of
// them; their addresses don't compress, and zeros do: it is a fourteenth of what is
// downloaded, and less to do at each start. edit may then change the bytes of each.
//
// A module that isn't made as expected gives errWasm.
func joinSegments(wasm []byte, edit func([]segment)) ([]byte, error) {
	rest, ok := bytes.CutPrefix(wasm, []byte(wasmHeader))
	if !ok {
		return nil, errWasm
	}
	out := append(make([]byte, 0, len(wasm)+len(wasm)/4), wasmHeader...)
	for len(rest) > 0 {
		id := rest[0]
		size, n := binary.Uvarint(rest[1:])
		if n <= 0 || size > uint64(len(rest)-1-n) {
			return nil, fmt.Errorf("%w: section %d", errWasm, id)
		}
		end := 1 + n + int(size)
		if id != dataSection {
			out, rest = append(out, rest[:end]...), rest[end:]
			continue
		}
		segments, err := readSegments(rest[1+n : end])
		if err != nil {
			return nil, err
		}
		joined, err := join(segments)
		if err != nil {
			return nil, err
		}
		edit(joined)
		section := appendSegments(nil, joined)
		out = binary.AppendUvarint(append(out, dataSection), uint64(len(section)))
		out, rest = append(out, section...), rest[end:]
	}
	return out, nil
}

// readSegments reads a data section.
func readSegments(b []byte) ([]segment, error) {
	count, n := binary.Uvarint(b)
	if n <= 0 || count > uint64(len(b)) {
		return nil, fmt.Errorf("%w: number of segments", errWasm)
	}
	b = b[n:]
	segments := make([]segment, 0, count)
	for range count {
		if len(b) < 2 || b[0] != activeData || b[1] != i32Const {
			return nil, fmt.Errorf("%w: kind of a segment", errWasm)
		}
		at, n := signed(b[2:])
		if n <= 0 || at < 0 || len(b) < 3+n || b[2+n] != endOfExpr {
			return nil, fmt.Errorf("%w: address of a segment", errWasm)
		}
		b = b[3+n:]
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return nil, fmt.Errorf("%w: size of a segment", errWasm)
		}
		segments = append(segments, segment{at, b[n : n+int(size)]})
		b = b[n+int(size):]
	}
	if len(b) > 0 {
		return nil, fmt.Errorf("%w: bytes after the last segment", errWasm)
	}
	return segments, nil
}

// join makes one segment of those that follow each other closely, in the order of
// their addresses. Segments that overlap give errWasm.
func join(segments []segment) ([]segment, error) {
	slices.SortStableFunc(segments, func(a, b segment) int { return cmp.Compare(a.at, b.at) })
	var joined []segment
	for _, s := range segments {
		if len(s.data) == 0 {
			continue
		}
		if n := len(joined); n > 0 {
			last := &joined[n-1]
			gap := s.at - last.at - int64(len(last.data))
			if gap < 0 {
				return nil, fmt.Errorf("%w: overlapping segments", errWasm)
			}
			if gap <= maxGap {
				last.data = append(append(last.data, make([]byte, gap)...), s.data...)
				continue
			}
		}
		joined = append(joined, segment{s.at, bytes.Clone(s.data)})
	}
	return joined, nil
}

// appendSegments appends the content of a data section.
func appendSegments(b []byte, segments []segment) []byte {
	b = binary.AppendUvarint(b, uint64(len(segments)))
	for _, s := range segments {
		b = appendSigned(append(b, activeData, i32Const), s.at)
		b = binary.AppendUvarint(append(b, endOfExpr), uint64(len(s.data)))
		b = append(b, s.data...)
	}
	return b
}

// signed reads a signed LEB128 of at most 33 bits, and how many bytes it takes: 0
// if it isn't one.
func signed(b []byte) (v int64, n int) {
	for n < 5 && n < len(b) {
		x := b[n]
		v |= int64(x&0x7f) << (7 * n)
		n++
		if x < 0x80 {
			unused := 64 - 7*n
			return v << unused >> unused, n
		}
	}
	return 0, 0
}

// appendSigned appends v, which isn't negative, as signed LEB128.
func appendSigned(b []byte, v int64) []byte {
	for ; v >= 0x40; v >>= 7 {
		b = append(b, byte(v&0x7f)|0x80)
	}
	return append(b, byte(v))
}
