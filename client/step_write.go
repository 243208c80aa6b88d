package client

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// A write takes a while, in a browser longer than all that a message needs besides.
// Meanwhile the next step waits. Where a step of tellsAtOnce brings messages alone, what
// only shows doesn't wait: it is told, and sees the state that is being written, so that a
// message that has come is on the page before it is on the disk. What says what one may do
// (that a request was accepted, who is in a group and with which role) isn't shown before
// it is there for good: somebody may act on it at once.
//
// Nothing leaves the device of a state that isn't on the disk. What is sent,
// acknowledged, reported or notified of comes from a step, each of which begins after
// the write of the one before, and fails with it. A device that ends in between has
// the state before the step, and the server still has the message, which comes again.

// write writes what t has changed. mu is not held meanwhile, but stepMu is.
func (c *Client) write(t *tx, base uint64, changes []Change) (again bool, err error) {
	what := func() {}
	if c.cfg.Changed != nil {
		touched := touched(c.self.Account.Domain(), changes) // before the values are sealed
		what = func() { c.cfg.Changed(touched) }
	}
	c.known.apply(changes)
	atOnce := t.tellsAtOnce && !slices.ContainsFunc(changes, permits)
	if atOnce {
		what()
	}
	c.writing, c.shown, c.strayed = true, atOnce, false
	c.mu.Unlock()
	err = c.store.write(t.ctx, base, slices.Clone(changes))
	c.mu.Lock()
	c.writing = false
	if err != nil {
		c.dropGroups()
		c.known.drop()
		if atOnce {
			what() // it isn't so
		}
		if errors.Is(err, ErrConflict) {
			return true, nil
		}
		return false, err
	}
	c.base = base + 1
	if c.strayed {
		c.known.apply(changes)
	}
	if !atOnce || c.strayed {
		what()
	}
	return false, nil
}

// permits reports whether ch may change what the person may do in a room.
func permits(ch Change) bool {
	for _, prefix := range []string{statePrefix, unheardKey, rosterPrefix, infoPrefix, leavesPrefix, contactPrefix, pendPrefix, openPrefix} {
		if strings.HasPrefix(ch.Key, prefix) {
			return true
		}
	}
	return false
}

// strays notes that the store is read. Where it is while a step writes, what is
// read may be of before it.
func (c *Client) strays() { c.strayed = true }

// look runs fn, which only reads, for what is shown: also while a step writes messages,
// and then on the state that it writes. Nothing may leave the device for what fn has read.
func (c *Client) look(ctx context.Context, fn func(*tx) error) error {
	t, err := c.glance(ctx, fn)
	if err == nil && len(t.changes) > 0 || errors.Is(err, errMoved) {
		return c.step(ctx, fn)
	}
	return err
}

// errMoved is somebody who writes, or another process that wrote, while this one looked.
var errMoved = errors.New("client: somebody wrote meanwhile")

// glance runs fn once.
func (c *Client) glance(ctx context.Context, fn func(*tx) error) (*tx, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writing && c.shown {
		return c.run(ctx, fn)
	}
	if c.writing {
		return nil, errMoved
	}
	base, err := c.upToDate(ctx)
	if err != nil {
		return nil, err
	}
	t, err := c.run(ctx, fn)
	if err != nil {
		if now, verr := c.store.Version(ctx); verr == nil && now != base {
			return nil, errMoved
		}
	}
	return t, err
}
