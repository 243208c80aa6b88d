package transport

import (
	"math/rand/v2"
	"sync"
	"time"
)

// maxCuts is how many lines may be cut in a row before WebSockets count as
// blocked.
const maxCuts = 3

// soon is how long a line lasts that something in between cuts: routers and
// proxies cut what they don't understand within minutes.
const soon = 2 * time.Minute

// A block remembers that WebSockets don't get through. Its zero value is ready to
// use.
type block struct {
	mu    sync.Mutex // guards what follows
	until time.Time
	cuts  int // lines in a row that were cut soon
}

// now reports whether WebSockets needn't be tried.
func (b *block) now() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Before(b.until)
}

// set says that they don't get through. They are tried again after retry and up
// to half of it more.
func (b *block) set(retry time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = time.Now().Add(retry + rand.N(retry/2+1))
}

func (b *block) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until, b.cuts = time.Time{}, 0
}

// broke counts lines that were cut soon.
func (b *block) broke(cut bool, retry time.Duration) {
	b.mu.Lock()
	if cut {
		b.cuts++
	} else {
		b.cuts = 0
	}
	blocked := b.cuts >= maxCuts
	b.mu.Unlock()
	if blocked {
		b.set(retry)
	}
}
