package fault

import (
	"context"
	"sync"
	"testing"
	"time"
)

// Two nodes over one database are replaced one after the other, again and again,
// while people talk. Each ends by itself, with status 0, and nobody loses anything
// or sees it twice.
func TestFaultRolling(t *testing.T) {
	c := newProcesses(t, 2)
	seed := seedOf(t)
	var proxies []*proxy
	for i := range names {
		p := newProxy(t, seed+uint64(i), c.addresses)
		proxies, c.origins = append(proxies, p), append(c.origins, p.url())
	}
	for n := range c.nodes {
		c.start(n)
	}
	people := gather(t, proxies)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	talk(ctx, &wg, people, seed)
	replaced := 0
	for end := time.Now().Add(length(t) / 2); time.Now().Before(end) || replaced < 2; replaced++ {
		pause(ctx, 500*time.Millisecond)
		c.stop(replaced % 2)
		c.start(replaced % 2)
		if t.Failed() {
			break
		}
	}
	stop()
	wg.Wait()
	t.Logf("%d messages sent or kept while %d nodes were replaced", conclude(t, people), replaced)
}
