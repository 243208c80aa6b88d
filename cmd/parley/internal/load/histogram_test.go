package load

import (
	"testing"
	"time"
)

func TestHistogramQuantiles(t *testing.T) {
	var h, rest Histogram
	for i := range 1000 {
		to := &h
		if i%2 == 0 {
			to = &rest
		}
		to.Add(int64(i+1) * int64(time.Millisecond))
	}
	h.Merge(&rest)
	if h.Count() != 1000 {
		t.Fatalf("count is %d, want 1000", h.Count())
	}
	for _, test := range []struct {
		q    float64
		want time.Duration
	}{{0, time.Millisecond}, {0.5, 500 * time.Millisecond}, {0.99, 990 * time.Millisecond}, {1, time.Second}} {
		got := h.Quantile(test.q)
		if got < test.want || got > test.want+test.want/16 {
			t.Errorf("quantile %v is %v, want %v and at most 1/16 more", test.q, got, test.want)
		}
	}
}

func TestHistogramBucketsCoverAll(t *testing.T) {
	for _, v := range []uint64{0, 1, 63, 64, 65, 127, 128, 1 << 20, 1<<63 - 1} {
		i := bucket(v)
		if upper(i) < v || i > 0 && upper(i-1) >= v {
			t.Errorf("%d is in bucket %d, which ends at %d, the one before at %d", v, i, upper(i), upper(max(i-1, 0)))
		}
	}
	if got := new(Histogram).Quantile(0.5); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}
