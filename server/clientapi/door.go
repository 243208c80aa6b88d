package clientapi

import (
	"context"
	"sync"

	"parley/wire"
)

// Refusals of who comes when there is no room, or no more.
var (
	errDraining = refuseFor(wire.CodeUnavailable, "The server is about to stop; another takes over.", 1000)
	errFull     = refuseFor(wire.CodeUnavailable, "The server has too many streams.", 10_000)
)

func refuseFor(code wire.Code, message string, ms int64) *wire.Error {
	e := wire.Refuse(code, message)
	e.RetryAfter = ms
	return e
}

// A door counts what is inside, and can be shut.
type door struct {
	mu     sync.Mutex // guards what follows
	empty  sync.Cond
	shut   bool
	inside int // streams, and operations over HTTP

	streams int // of them
}

func (d *door) init() { d.empty.L = &d.mu }

// enter lets one in, unless the door is shut.
func (d *door) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.shut {
		d.inside++
	}
	return !d.shut
}

func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left()
}

// left counts one out. The caller holds mu.
func (d *door) left() {
	if d.inside--; d.inside == 0 {
		d.empty.Broadcast()
	}
}

// shutOut lets nobody in any more.
func (d *door) shutOut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut = true
}

func (d *door) isShut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shut
}

// wait waits until everybody has left.
func (d *door) wait() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.inside > 0 {
		d.empty.Wait()
	}
}

// waitUntil is wait, or ctx's error.
func (d *door) waitUntil(ctx context.Context) error {
	gone := make(chan struct{})
	go func() { // ends at the latest with Close
		d.wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enterStream lets a stream in, if fewer than most are, or returns why not.
func (d *door) enterStream(most int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.shut:
		return errDraining
	case d.streams >= most:
		return errFull
	}
	d.inside++
	d.streams++
	return nil
}

func (d *door) leaveStream() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams--
	d.left()
}
