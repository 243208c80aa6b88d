package transport

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// How long a stream waits to open: up to minPace after one failure, up to maxPace
// after many.
const (
	minPace = 250 * time.Millisecond
	maxPace = 30 * time.Second
)

// A pace spreads the streams of many clients that failed at the same time. Its
// zero value is ready to use.
type pace struct {
	mu       sync.Mutex // guards what follows
	failures int        // in a row
	wake     chan struct{}
}

// wait waits for a random time, up to twice as long with each failure.
func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	n := p.failures
	if p.wake == nil {
		p.wake = make(chan struct{})
	}
	wake := p.wake
	p.mu.Unlock()
	if n == 0 {
		return nil
	}
	timer := time.NewTimer(rand.N(min(minPace<<min(n-1, 10), maxPace)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
		return Explain(ctx, "")
	}
	return nil
}

// now ends all waits, and forgets the failures.
func (p *pace) now() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = 0
	if p.wake != nil {
		close(p.wake)
		p.wake = nil
	}
}

func (p *pace) failed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures++
}

func (p *pace) worked() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = 0
}
