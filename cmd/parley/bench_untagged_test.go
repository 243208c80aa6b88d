package main

import "testing"

// TestBeyond: ranks of the interval for a median, from the binomial distribution.
func TestBeyond(t *testing.T) {
	for n, want := range map[int]int{1: 0, 5: 0, 6: 0, 8: 0, 9: 1, 11: 1, 12: 2, 20: 5, 100: 39, 1000: 468} {
		if got := beyond(n); got != want {
			t.Errorf("beyond(%d) = %d; want %d", n, got, want)
		}
	}
}

// TestSpread: ratios of turns that were beside each other, not of medians.
func TestSpread(t *testing.T) {
	var a, b []float64
	for i := range 20 { // a machine that becomes ever slower
		speed := float64(100 - 4*i)
		a, b = append(a, 0.9*speed), append(b, speed)
	}
	if got, want := spreadOf(a, b), (benchSpread{0.9, 0.9, 0.9}); got != want {
		t.Errorf("spreadOf = %v; want %v", got, want)
	}
	a[3], a[7] = 1, 1000 // two turns that something disturbed
	if got, want := spreadOf(a, b), (benchSpread{0.9, 0.9, 0.9}); got != want {
		t.Errorf("spreadOf with two that are off = %v; want %v", got, want)
	}
	if got, want := spreadOf([]float64{3, 1, 2}, []float64{1, 1, 1}), (benchSpread{2, 1, 3}); got != want {
		t.Errorf("spreadOf three = %v; want %v", got, want)
	}
	if got := spreadOf([]float64{1, 0}, []float64{1, 1}); got != (benchSpread{}) {
		t.Errorf("spreadOf what isn't known = %v", got)
	}
}
