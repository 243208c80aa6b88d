// Package parallel runs independent steps on all cores: encryptions to many
// recipients, verifications of many signatures.
package parallel

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// least is how many steps a goroutine must be worth.
const least = 8

// Do calls step for each index below n and returns the error of the lowest index
// that failed, with that index, as a loop that stops at the first error would;
// without error it returns n. Steps of higher indices may have run too.
//
// It uses at most GOMAXPROCS goroutines, the caller's among them: where that is 1,
// as in a browser, or n is small, it is that loop. All have ended when it returns.
// Steps must not panic, and must not write what others read.
func Do(n int, step func(i int) error) (int, error) {
	w := &work{step: step, n: int64(n)}
	w.failed.Store(math.MaxInt64)
	var others sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n/least) - 1 {
		others.Go(w.run)
	}
	w.run()
	others.Wait()
	if w.err != nil {
		return int(w.failed.Load()), w.err
	}
	return n, nil
}

// work is a run of steps that several goroutines share.
type work struct {
	step func(i int) error
	n    int64
	next atomic.Int64 // the lowest index that nobody has taken

	mu     sync.Mutex   // guards err, and writes of failed
	failed atomic.Int64 // the lowest index that failed so far
	err    error        // of that index
}

// run takes indices in their order until none is left, or one has failed: those
// below it are taken then.
func (w *work) run() {
	for i := w.next.Add(1) - 1; i < min(w.n, w.failed.Load()); i = w.next.Add(1) - 1 {
		if err := w.step(int(i)); err != nil {
			w.fail(i, err)
		}
	}
}

func (w *work) fail(i int64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i < w.failed.Load() {
		w.failed.Store(i)
		w.err = err
	}
}
