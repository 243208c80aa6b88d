package strip

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// A span is a part of a file.
type span struct{ from, to int64 }

// merged returns spans in order, those that touch as one.
func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []span
	for _, s := range spans {
		switch last := len(out) - 1; {
		case s.to <= s.from:
		case last >= 0 && s.from <= out[last].to:
			out[last].to = max(out[last].to, s.to)
		default:
			out = append(out, s)
		}
	}
	return out
}

// samples are the tables that say where a track's samples lie, each from its version and
// flags on: ISO/IEC 14496-12:2015, Sections 8.7.3 to 8.7.5. Nil where there is none.
type samples struct{ stsz, stz2, stsc, stco, co64 []byte }

func (x index) samples(track box) (t samples) {
	for _, stbl := range x.inside(track, "mdia", "minf", "stbl") {
		all, _ := x.boxes(stbl)
		for _, b := range all {
			switch b.kind {
			case "stsz":
				t.stsz = x.body(b)
			case "stz2":
				t.stz2 = x.body(b)
			case "stsc":
				t.stsc = x.body(b)
			case "stco":
				t.stco = x.body(b)
			case "co64":
				t.co64 = x.body(b)
			}
		}
	}
	return t
}

// spans appends the places of the chunks. What a table says beyond its own end isn't believed;
// that the places are the file's, and the track's own, is.
func (t *samples) spans(out []span) []span {
	places, wide := t.stco, 4
	if t.co64 != nil {
		places, wide = t.co64, 8
	}
	n, runs := entries(places, 4, 8*wide), entries(t.stsc, 4, 96)
	count, size := t.sizes()
	sample, run := int64(0), int64(0)
	for chunk := int64(0); chunk < n && sample < count && runs > 0; chunk++ {
		for run+1 < runs && int64(u32(t.stsc, 8+12*(run+1))) <= chunk+1 {
			run++
		}
		stop := min(count, sample+int64(u32(t.stsc, 8+12*run+4)))
		s := span{from: int64(u32(places, 8+int64(wide)*chunk))}
		if wide == 8 {
			s.from = int64(min(binary.BigEndian.Uint64(places[8+8*chunk:]), math.MaxInt64))
		}
		s.to = s.from + min(size(sample, stop), math.MaxInt64-s.from)
		out, sample = append(out, s), stop
	}
	return out
}

// sizes returns how many samples there are, and how many bytes some have.
func (t *samples) sizes() (n int64, size func(from, to int64) int64) {
	sum := func(of func(i int64) uint32) func(from, to int64) int64 {
		return func(from, to int64) (all int64) {
			for i := from; i < to; i++ {
				all += int64(of(i))
			}
			return all
		}
	}
	switch {
	case len(t.stsz) >= 12 && u32(t.stsz, 4) > 0:
		each := int64(u32(t.stsz, 4))
		return int64(u32(t.stsz, 8)), func(from, to int64) int64 {
			if to-from > math.MaxInt64/each {
				return math.MaxInt64
			}
			return each * (to - from)
		}
	case len(t.stsz) >= 12:
		return entries(t.stsz, 8, 32), sum(func(i int64) uint32 { return u32(t.stsz, 12+4*i) })
	case len(t.stz2) >= 12:
		bits := int64(t.stz2[7])
		switch bits {
		case 4, 8, 16:
			return entries(t.stz2, 8, int(bits)), sum(func(i int64) uint32 { return compact(t.stz2[12:], i, bits) })
		}
	}
	return 0, sum(func(int64) uint32 { return 0 })
}

// compact returns a number of 4, 8 or 16 bits out of a table of such.
func compact(table []byte, i, bits int64) uint32 {
	switch bits {
	case 16:
		return uint32(binary.BigEndian.Uint16(table[2*i:]))
	case 8:
		return uint32(table[i])
	}
	return uint32(table[i/2]>>(4*(1-i%2))) & 15
}

// entries returns how many entries of some bits a table has behind its count, which lies at a
// place: no more than it has room for.
func entries(table []byte, at, bits int) int64 {
	if len(table) < at+4 {
		return 0
	}
	return min(int64(u32(table, int64(at))), int64(len(table)-at-4)*8/int64(bits))
}

func u32(table []byte, at int64) uint32 { return binary.BigEndian.Uint32(table[at:]) }
