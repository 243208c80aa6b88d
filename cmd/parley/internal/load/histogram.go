package load

import (
	"math/bits"
	"time"
)

// A Histogram counts durations in buckets whose width is 1/32 of their size.
// The zero value is empty. It is for one goroutine at a time.
type Histogram struct {
	counts [64 * 32]uint64
	n      uint64
}

// Add counts one duration, in nanoseconds. A negative one counts as 0.
func (h *Histogram) Add(ns int64) {
	h.counts[bucket(uint64(max(ns, 0)))]++
	h.n++
}

// Merge adds what other counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.n += other.n
}

// Count returns how many were added.
func (h *Histogram) Count() uint64 { return h.n }

// Quantile returns the duration under which the share q, from 0 to 1, of all
// lies: at most 1/32 too much. 0 if there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := uint64(q * float64(h.n))
	var sum uint64
	for i, n := range h.counts {
		if sum += n; n > 0 && sum > rank || sum == h.n && n > 0 {
			return time.Duration(upper(i))
		}
	}
	return 0
}

// bucket: 0 to 63 stand for themselves, then 32 to each power of two.
func bucket(v uint64) int {
	shift := max(bits.Len64(v)-6, 0)
	return shift*32 + int(v>>shift)
}

func upper(i int) uint64 {
	if i < 64 {
		return uint64(i)
	}
	shift := i/32 - 1
	return uint64(i-shift*32+1)<<shift - 1
}
