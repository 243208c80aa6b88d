package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
)

// module returns a module of three sections: what comes before the data, the
// segments, and what comes after.
func module(segments []segment) []byte {
	data := appendSegments(nil, segments)
	m := append([]byte(wasmHeader), 10, 3, 'a', 'b', 'c')
	m = binary.AppendUvarint(append(m, dataSection), uint64(len(data)))
	return append(append(m, data...), 0, 2, 'y', 'z')
}

// memory returns what memory holds once a module is loaded, and how many segments
// there are.
func memory(t *testing.T, m []byte, size int) (mem []byte, segments int) {
	t.Helper()
	data, ok := bytes.CutPrefix(m, append([]byte(wasmHeader), 10, 3, 'a', 'b', 'c'))
	data, ok2 := bytes.CutSuffix(data, []byte{0, 2, 'y', 'z'})
	if !ok || !ok2 || data[0] != dataSection {
		t.Fatalf("the other sections have changed")
	}
	_, n := binary.Uvarint(data[1:])
	read, err := readSegments(data[1+n:])
	if err != nil {
		t.Fatal(err)
	}
	mem = make([]byte, size)
	for _, s := range read {
		copy(mem[s.at:], s.data)
	}
	return mem, len(read)
}

func asItIs([]segment) {}

// Memory begins with the same bytes, whatever the segments: close, far apart, out
// of order, empty.
func TestJoinSegments(t *testing.T) {
	const size = 1 << 17
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		var segments []segment
		at := 0
		for range r.IntN(40) {
			data := make([]byte, r.IntN(60))
			for i := range data {
				data[i] = byte(r.IntN(4))
			}
			segments = append(segments, segment{int64(at), data})
			at += len(data) + []int{0, 9, 100, maxGap + 1}[r.IntN(4)]
		}
		r.Shuffle(len(segments), func(i, j int) { segments[i], segments[j] = segments[j], segments[i] })
		before := module(segments)
		after, err := joinSegments(before, asItIs)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		want, n := memory(t, before, size)
		got, m := memory(t, after, size)
		if !bytes.Equal(got, want) || m > n {
			t.Fatalf("seed %d: memory differs (%v), %d segments of %d", seed, !bytes.Equal(got, want), m, n)
		}
	}
}

func TestJoinSegmentsMakesOne(t *testing.T) {
	var segments []segment
	for i := range 1000 {
		segments = append(segments, segment{int64(70_000 + 12*i), []byte{1, 2, 3, 4}})
	}
	joined, err := joinSegments(module(segments), asItIs)
	if err != nil {
		t.Fatal(err)
	}
	if _, n := memory(t, joined, 1<<17); n != 1 {
		t.Errorf("%d segments; want 1", n)
	}
}

// What is cut short or of another kind is no module of ours.
func TestJoinSegmentsRefuses(t *testing.T) {
	whole := module([]segment{{70_000, []byte("abc")}, {80_000, []byte("def")}})
	end := len(whole) - 4 // the section after the data can be away
	for n := range end {
		if n == len(wasmHeader) || n == len(wasmHeader)+5 {
			continue // between two sections
		}
		if _, err := joinSegments(whole[:n], asItIs); !errors.Is(err, errWasm) {
			t.Errorf("%d of %d bytes: %v; want errWasm", n, len(whole), err)
		}
	}
	passive := bytes.Replace(whole, []byte{activeData, i32Const}, []byte{1, i32Const}, 1)
	if _, err := joinSegments(passive, asItIs); !errors.Is(err, errWasm) {
		t.Errorf("a passive segment: %v; want errWasm", err)
	}
	overlapping := module([]segment{{70_000, []byte("abc")}, {70_002, []byte("def")}})
	if _, err := joinSegments(overlapping, asItIs); !errors.Is(err, errWasm) {
		t.Errorf("overlapping segments: %v; want errWasm", err)
	}
}
