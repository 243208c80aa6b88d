package parallel

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
)

// TestDo: each step runs once, whatever the number of cores.
func TestDo(t *testing.T) {
	for _, cores := range []int{1, 2, 7} {
		withCores(t, cores, func(t *testing.T) {
			for _, n := range []int{0, 1, 7, 8, 15, 16, 1000} {
				done := make([]int, n)
				got, err := Do(n, func(i int) error { done[i]++; return nil })
				if got != n || err != nil {
					t.Errorf("Do(%d) = %d, %v, want %d, nil", n, got, err, n)
				}
				for i, times := range done {
					if times != 1 {
						t.Errorf("Do(%d): step %d ran %d times, want 1", n, i, times)
					}
				}
			}
		})
	}
}

// TestDoError: the lowest index that fails gives the error, also if a higher one
// fails earlier in time, and every step below it has run.
func TestDoError(t *testing.T) {
	for _, cores := range []int{1, 2, 7} {
		withCores(t, cores, func(t *testing.T) {
			for _, first := range []int{0, 1, 40, 99} {
				var below atomic.Int64
				got, err := Do(100, func(i int) error {
					if i < first {
						below.Add(1)
						return nil
					}
					for range (100 - i) * 100 { // lower ones take longer
						runtime.Gosched()
					}
					return fmt.Errorf("step %d", i)
				})
				if want := fmt.Sprintf("step %d", first); got != first || err == nil || err.Error() != want {
					t.Errorf("Do = %d, %v, want %d, %s", got, err, first, want)
				}
				if below.Load() != int64(first) {
					t.Errorf("%d steps below %d ran", below.Load(), first)
				}
			}
		})
	}
}

// TestDoBound: no more steps run at once than there are cores, and one core
// means the caller's goroutine alone, in order.
func TestDoBound(t *testing.T) {
	for _, cores := range []int{1, 3} {
		withCores(t, cores, func(t *testing.T) {
			before, last := runtime.NumGoroutine(), -1
			var now, most atomic.Int64
			_, _ = Do(200, func(i int) error {
				most.Store(max(most.Load(), now.Add(1)))
				runtime.Gosched()
				now.Add(-1)
				if cores == 1 {
					if i != last+1 || runtime.NumGoroutine() > before { // one of an earlier test may have ended since
						t.Errorf("step %d after %d, %d goroutines, want at most %d", i, last, runtime.NumGoroutine(), before)
					}
					last = i
				}
				return nil
			})
			if got := most.Load(); got > int64(cores) {
				t.Errorf("%d steps at once, want at most %d", got, cores)
			}
		})
	}
}

func withCores(t *testing.T, cores int, test func(t *testing.T)) {
	t.Helper()
	before := runtime.GOMAXPROCS(cores)
	defer runtime.GOMAXPROCS(before)
	t.Run(fmt.Sprintf("cores=%d", cores), test)
}
