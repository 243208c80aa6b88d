package desk

import "sync"

// maxShelf bounds the attachments that are ready to be shown, in bytes.
const maxShelf = 256 << 20

// A shelf has what was revealed, in memory only, and no longer than it may be shown.
type shelf struct {
	mu    sync.Mutex
	size  int
	order []string // the oldest first
	items map[string]shelved
}

type shelved struct {
	picture *Picture
	atMS    int64
}

func newShelf() *shelf { return &shelf{items: map[string]shelved{}} }

// get returns what is on the shelf under key, or nil.
func (s *shelf) get(key string) *Picture {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.items[key].picture
}

// put adds p; the oldest go where there is no room.
func (s *shelf) put(key string, p *Picture, atMS int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.items[key].picture != nil {
		return
	}
	for len(s.order) > 0 && s.size+len(p.Data) > maxShelf {
		s.drop()
	}
	s.items[key], s.order, s.size = shelved{p, atMS}, append(s.order, key), s.size+len(p.Data)
}

// sweep lets go what was put there before a time.
func (s *shelf) sweep(beforeMS int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.order) > 0 && s.items[s.order[0]].atMS <= beforeMS {
		s.drop()
	}
}

// drop lets the oldest go. The caller holds mu.
func (s *shelf) drop() {
	s.size -= len(s.items[s.order[0]].picture.Data)
	delete(s.items, s.order[0])
	s.order = s.order[1:]
}
