//go:build js

package jstransport

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
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
		return explain(ctx, errCut.Error())
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

// A block remembers that WebSockets don't get through.
type block struct {
	retry time.Duration // how long

	mu    sync.Mutex // guards what follows
	until time.Time
	cuts  int // streams in a row that were cut soon
}

// maxCuts is how many streams may be cut in a row before they count as blocked.
const maxCuts = 3

// soon is how long a stream lasts that something in between cuts: routers and
// proxies cut what they don't understand within minutes.
const soon = 2 * time.Minute

// now reports whether WebSockets needn't be tried.
func (b *block) now() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Before(b.until)
}

// set says that they don't get through. They are tried again after retry and up
// to half of it more.
func (b *block) set() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = time.Now().Add(b.retry + rand.N(b.retry/2))
}

func (b *block) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until, b.cuts = time.Time{}, 0
}

// broke counts streams that were cut without a word.
func (b *block) broke(s *socket) {
	if !s.wasCut() || time.Since(s.began) > soon {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.cuts = 0
		return
	}
	b.mu.Lock()
	b.cuts++
	cut := b.cuts >= maxCuts
	b.mu.Unlock()
	if cut {
		b.set()
	}
}
