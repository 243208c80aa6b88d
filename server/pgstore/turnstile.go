package pgstore

import "sync"

// Bounds of how many groups are written at once. Two keep the database busy while
// one of them is flushed to disk; more of them only pay off when they are large:
// else they would be smaller, and each costs the database as much as fifty messages.
const (
	groupsAlways = 2
	groupLarge   = 128 // appends
)

// A turnstile lets batchers write their groups. newTurnstile makes one.
type turnstile struct {
	mu      sync.Mutex // guards running
	changed *sync.Cond
	running int
}

func newTurnstile() *turnstile {
	t := &turnstile{}
	t.changed = sync.NewCond(&t.mu)
	return t
}

// enter waits until a group may be written. size says how large it is, and is
// called again whenever another one has been written.
func (t *turnstile) enter(size func() int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.running >= groupsAlways && size() < groupLarge {
		t.changed.Wait()
	}
	t.running++
}

func (t *turnstile) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	t.changed.Broadcast()
}
