package client

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/identity"
	"parley/wire"
)

// Sync reads the mailbox up to the server's position, does what has to be done in
// each room, and sends what waits. The first thing that couldn't be done is
// returned after everything else was tried.
func (c *Client) Sync(ctx context.Context) error {
	c.netMu.Lock()
	defer c.netMu.Unlock()
	return c.sync(ctx)
}

func (c *Client) sync(ctx context.Context) error {
	if err := c.askStamps(ctx, false); errors.Is(err, ErrOffline) || ctx.Err() != nil {
		return err // what else goes wrong is asked again with the next sync
	}
	if _, err := c.pull(ctx); err != nil {
		return err
	}
	c.gatherOwnLists(ctx)
	before, err := c.store.Version(ctx)
	if err != nil {
		return err
	}
	c.askNoticesDue(ctx)
	first := c.replenish(ctx)
	if errors.Is(first, ErrOffline) || ctx.Err() != nil {
		return first
	}
	if err := c.healAll(ctx); err != nil && first == nil {
		first = err
	}
	if err := c.sendReports(ctx); err != nil && first == nil {
		first = err
	}
	if err := c.announce(ctx); err != nil && first == nil && !told(err) {
		first = err
	}
	if err := c.report(ctx); err != nil {
		return err
	}
	if err := c.flush(ctx); err != nil && first == nil && !told(err) {
		first = err
	}
	if after, err := c.store.Version(ctx); err == nil && after == before {
		return first // nothing was done of which the mailbox could tell
	}
	if _, err := c.pull(ctx); err != nil && first == nil {
		first = err
	}
	return first
}

// told reports whether err holds up one room for a reason that its person sees
// there: a notice, the room's problem, a message that stays queued, a request that waits.
func told(err error) bool {
	return errors.Is(err, ErrConfirmReset) || errors.Is(err, ErrNotJoined) || errors.Is(err, ErrBroken) || errors.Is(err, ErrStrangers) ||
		errors.Is(err, &wire.Error{Code: wire.CodeRequestPending})
}

// healAll heals every room that has something to heal.
func (c *Client) healAll(ctx context.Context) error {
	if err := c.refreshStale(ctx); err != nil {
		return err
	}
	var rooms []identity.Room
	err := c.step(ctx, func(t *tx) error {
		rooms = nil
		all, err := t.rooms()
		for _, r := range all {
			if r.Status != statusLeft {
				rooms = append(rooms, r.Room)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.healEach(ctx, rooms)
}

// healEach heals some rooms: one that can't be healed now doesn't hold up the
// others.
func (c *Client) healEach(ctx context.Context, rooms []identity.Room) error {
	var first error
	for _, room := range rooms {
		err := c.heal(ctx, room)
		if told(err) {
			continue
		}
		if err != nil && first == nil {
			first = err
		}
		if errors.Is(err, ErrOffline) || ctx.Err() != nil {
			break
		}
	}
	return first
}

// Bounds of the live connection.
const (
	minBackoff   = 500 * time.Millisecond
	maxBackoff   = 10 * time.Second
	pollInterval = time.Second // for what other processes write
	maxTend      = 5 * time.Minute
	lookInterval = time.Hour
)

// Run keeps the client up to date until ctx ends, and then returns its error.
// changed, which may be nil, is called after each change to what can be shown,
// by this process or another one on the same store; it must not block. It also
// returns, with that refusal, when the device has left its account's list.
func (c *Client) Run(ctx context.Context, changed func()) error {
	if changed == nil {
		changed = func() {}
	}
	c.running.Add(1)
	defer c.running.Add(-1)
	go c.watchStore(ctx, changed)
	go c.upkeep(ctx, changed)
	backoff := minBackoff
	for {
		began := c.now()
		err := c.runOnce(ctx, changed)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, &wire.Error{Code: wire.CodeUnlistedDevice}) {
			return err // for good
		}
		c.log(ctx, "stream ended", "code", codeOf(err))
		if c.now().Sub(began) > maxBackoff {
			backoff = minBackoff
		}
		woken, err := c.rest(ctx, backoff)
		if err != nil {
			return err
		}
		backoff = min(2*backoff, maxBackoff)
		if woken {
			backoff = minBackoff
		}
	}
}

// Wake has Run try again at once if it waits after the connection broke: the caller
// knows that there is a network again, or a person is waiting.
func (c *Client) Wake() {
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// rest waits for d, or until Wake or the end of ctx.
func (c *Client) rest(ctx context.Context, d time.Duration) (woken bool, err error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-c.woken:
		return true, nil
	case <-timer.C:
		return false, nil
	}
}

// codeOf returns what may be logged of an error.
func codeOf(err error) string {
	var w *wire.Error
	switch {
	case errors.As(err, &w):
		return string(w.Code)
	case errors.Is(err, ErrOffline):
		return "offline"
	}
	return "failed"
}

// runOnce syncs and follows one stream to its end.
func (c *Client) runOnce(ctx context.Context, changed func()) error {
	c.noticesDue.Store(true)
	if err := c.Sync(ctx); err != nil && (errors.Is(err, ErrOffline) || ctx.Err() != nil) {
		return err
	}
	changed()
	token, err := c.token(ctx)
	if err != nil {
		return err
	}
	after, err := c.cursor(ctx)
	if err != nil {
		return err
	}
	stream, err := c.cfg.Transport.Stream(ctx, token, after)
	if err != nil {
		if errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
			c.forgetSession(token)
		}
		return err
	}
	defer stream.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go c.tend(ctx)
	go c.work(ctx, changed)
	for {
		push, err := stream.Next(ctx)
		if err != nil {
			return err
		}
		if err := c.pushed(ctx, push); err != nil {
			return err
		}
		changed()
	}
}

// tend sends what waits in the outbox while a stream is open: what the server
// couldn't take when its turn came, or another process left there. Now and then it
// looks whether a room has become due by time alone.
func (c *Client) tend(ctx context.Context) {
	wait, looked := pollInterval, c.now()
	for sleep(ctx, wait) == nil {
		if c.now().Sub(looked) < lookInterval && !c.waiting(ctx) {
			wait = pollInterval
			continue
		}
		looked = c.now()
		_ = c.Sync(ctx) // what still can't be done is tried again
		wait = min(2*wait, maxTend)
	}
}

// waiting reports whether there is anything to send.
func (c *Client) waiting(ctx context.Context) (some bool) {
	err := c.step(ctx, func(t *tx) error {
		entries, err := t.outbox()
		some = slices.ContainsFunc(entries, func(q queued) bool { return q.Message.State == StateQueued })
		if err != nil || some {
			return err
		}
		some, err = t.announceDue()
		return err
	})
	return err == nil && some
}

// pushed processes what the stream brought. What follows from it is done by work,
// so that the next push isn't held up.
func (c *Client) pushed(ctx context.Context, push *wire.ReadReply) error {
	c.heedSignals(ctx, push.Signals)
	if len(push.Events) == 0 && len(push.Signals) > 0 {
		return nil
	}
	c.readMu.Lock()
	defer c.readMu.Unlock()
	after, err := c.cursor(ctx)
	if err != nil {
		return err
	}
	if len(push.Events) > 0 && push.Events[0].Pos <= after+1 {
		err = c.takeEvents(ctx, push)
	} else {
		_, err = c.pullLocked(ctx)
	}
	if err != nil {
		return err
	}
	select {
	case c.came <- struct{}{}:
	default:
	}
	return nil
}

// watchStore calls changed when the store's version moves.
func (c *Client) watchStore(ctx context.Context, changed func()) {
	var last uint64
	for sleep(ctx, pollInterval) == nil {
		v, err := c.store.Version(ctx)
		if err == nil && v != last {
			last = v
			changed()
		}
	}
}
