package client

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/identity"
)

const (
	// receiptDelay gathers what is to be reported and acknowledged: a message that
	// is read as it comes is answered by one report.
	receiptDelay = 150 * time.Millisecond
	// receiptMost is how long that may wait while more comes all the time.
	receiptMost = 2 * time.Second
	// indexPause is what lies between two blocks of the index of search.
	indexPause = 250 * time.Millisecond
)

// work does, while a stream is open, what comes up: it sends what was put into the
// outbox at once, and a little later does what follows from what came. What can't
// be done now is left to tend.
func (c *Client) work(ctx context.Context, changed func()) {
	c.nudge() // what was written since the outbox was sent
	chores := time.NewTimer(receiptDelay)
	defer chores.Stop()
	since := c.now() // what there is to do waits
	later := func() {
		now := c.now()
		if since.IsZero() {
			since = now
		}
		chores.Reset(max(0, min(receiptDelay, receiptMost-now.Sub(since))))
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.nudged:
			c.netMu.Lock()
			c.sendNow(ctx)
			c.netMu.Unlock()
			later()
			changed()
		case <-c.came:
			later()
		case <-chores.C:
			since = time.Time{}
			if c.chores(ctx) {
				later()
			}
			changed()
		}
	}
}

// sendNow sends what was put into the outbox. netMu is held.
func (c *Client) sendNow(ctx context.Context) {
	if c.related.Swap(false) {
		_ = c.sendRelations(ctx)
	}
	_ = c.flush(ctx) // it says on each message what became of it
}

// chores acknowledges what came and does what follows from it. Errors show on what
// they hold up, and tend tries again. It returns whether it has sent what was written
// meanwhile, from which something may follow too.
func (c *Client) chores(ctx context.Context) (sent bool) {
	c.netMu.Lock()
	defer c.netMu.Unlock()
	wait := c.acknowledging(ctx)
	c.follow(ctx)
	return wait()
}

// acknowledging acknowledges what came, while other things are done. wait waits for
// it, and meanwhile sends what a person writes; it returns whether there was any.
// netMu is held.
func (c *Client) acknowledging(ctx context.Context) (wait func() (sent bool)) {
	pos, err := c.cursor(ctx)
	if err != nil || pos <= c.acked {
		return func() bool { return false }
	}
	done := make(chan error, 1)
	go func() { done <- c.acknowledge(ctx, pos) }()
	return func() (sent bool) {
		for {
			select {
			case err := <-done:
				if err == nil {
					c.acked = pos
				}
				return sent
			case <-c.nudged:
				c.sendNow(ctx)
				sent = true
			}
		}
	}
}

// follow does what follows from what came. netMu is held.
func (c *Client) follow(ctx context.Context) {
	_ = c.sendRelations(ctx) // before anything tells who was accepted so
	if c.report(ctx) == nil {
		_ = c.flush(ctx)
	}
	c.askNoticesDue(ctx)
	_ = c.replenish(ctx)
	_ = c.healSome(ctx)
	c.gatherOwnLists(ctx)
	_ = c.announce(ctx)
	_ = c.flush(ctx)
}

// healSome heals the rooms of which it is noted that they have something to heal.
func (c *Client) healSome(ctx context.Context) error {
	if err := c.refreshStale(ctx); err != nil {
		return err
	}
	var rooms []identity.Room
	err := c.step(ctx, func(t *tx) (err error) {
		rooms, err = t.dueRooms()
		return err
	})
	if err != nil {
		return err
	}
	return c.healEach(ctx, rooms)
}

// dueRooms returns the rooms with a mark to heal, a commit or an opening under way.
func (t *tx) dueRooms() (rooms []identity.Room, err error) {
	for _, prefix := range []string{healPrefix, pendPrefix, openPrefix} {
		records, err := t.list(prefix)
		if err != nil {
			return nil, err
		}
		for _, rec := range records {
			r, err := t.loadRoom(roomPrefix + strings.TrimPrefix(rec.Key, prefix))
			if err != nil {
				return nil, err
			}
			if r != nil && r.Status != statusLeft && !slices.Contains(rooms, r.Room) {
				rooms = append(rooms, r.Room)
			}
		}
	}
	return rooms, nil
}

// upkeep does what needs no connection: it erases what has disappeared and makes
// the index of search, a step at a time.
func (c *Client) upkeep(ctx context.Context, changed func()) {
	begun := false
	for wait := time.Duration(0); sleep(ctx, wait) == nil; {
		wait = pollInterval
		if gone, err := c.sweepDue(ctx); err == nil && gone {
			changed()
		}
		if !begun {
			begun = c.beginWords(ctx) == nil
			continue
		}
		if more, err := c.Index(ctx); err == nil && more {
			wait = indexPause
		}
	}
}
