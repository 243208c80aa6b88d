package clientapi

import (
	"runtime"

	"github.com/gobwas/ws"

	"parley/wire"
)

// Who pushes to a stream: nobody, one worker or a push that isn't written yet,
// or that and something new since.
const (
	pushIdle int32 = iota
	pushBusy
	pushAgain
)

// Bounds of one push, in events. Those who are far behind get large ones, some
// at a time: what is read for them has to fit in memory.
const (
	smallPush   = 32
	bulkPush    = wire.MaxReadEvents
	bulkStreams = 64
)

// hint says that the mailbox has grown, or a signal came. It neither waits nor locks.
func (s *stream) hint() {
	for {
		switch {
		case s.pushing.CompareAndSwap(pushIdle, pushBusy):
			s.api.workers.do(task{stream: s, kind: taskPush})
			return
		case s.pushing.CompareAndSwap(pushBusy, pushAgain), s.pushing.Load() == pushAgain:
			return
		}
	}
}

// push writes the next part of what is in the mailbox after the last position
// pushed, and the signals that came. The caller has made pushing busy.
func (s *stream) push() {
	runtime.Gosched() // what is stored at the same time comes along
	s.pushing.Store(pushBusy)
	if s.ended() {
		s.end(ws.StatusPolicyViolation)
		return
	}
	reply, err := s.readPush()
	if err != nil {
		s.pushFailed(err)
		return
	}
	reply.Signals = s.sub.Signals()
	if n := len(reply.Events); n > 0 {
		s.after = reply.Events[n-1].Pos
	}
	if len(reply.Events)+len(reply.Signals) == 0 {
		s.pushWritten(false)
		return
	}
	s.writePush(reply, s.more)
}

// readPush reads what is in the mailbox. If there is nothing new, it is as at the
// last look: a signal costs no read of the store.
func (s *stream) readPush() (*wire.RawReadReply, error) {
	if !s.sub.Grown() && !s.more {
		return &wire.RawReadReply{Head: s.seen.Head, First: s.seen.First, Cursor: s.seen.Cursor}, nil
	}
	n := smallPush
	if s.api.bulk.take() {
		n = bulkPush
		defer s.api.bulk.give()
	}
	reply, err := s.api.server.ReadRaw(s.api.base, s.caller.session, &wire.ReadRequest{After: s.after, Max: n})
	if err != nil {
		return nil, err
	}
	s.seen = mailboxAt{reply.Head, reply.First, reply.Cursor}
	last := len(reply.Events) - 1
	s.more = last >= 0 && reply.Events[last].Pos < reply.Head
	return reply, nil
}

// A mailboxAt is where a mailbox was.
type mailboxAt struct{ Head, First, Cursor uint64 }

func (s *stream) writePush(reply *wire.RawReadReply, more bool) {
	s.add(true, func(o *output) {
		b := o.buffer()
		*b = appendPush(*b, reply)
		o.push = &pushed{more: more}
		stats := &s.api.stats
		stats.framesOut.Add(1)
		stats.pushes.Add(1)
		stats.events.Add(int64(len(reply.Events)))
		stats.signals.Add(int64(len(reply.Signals)))
	})
}

// pushWritten goes on with what has come meanwhile, if anything.
func (s *stream) pushWritten(more bool) {
	if !more && s.pushing.CompareAndSwap(pushBusy, pushIdle) {
		return
	}
	s.api.workers.do(task{stream: s, kind: taskPush})
}

// pushFailed ends the stream: the client comes again, and reads from where it
// is.
func (s *stream) pushFailed(err error) {
	status := ws.StatusInternalServerError
	switch code := s.api.refusal("events", err).Code; code {
	case wire.CodeUnauthorized:
		status = ws.StatusPolicyViolation
	case wire.CodeUnavailable, wire.CodeRateLimited:
		status = ws.StatusGoingAway
	}
	s.end(status)
}

// A budget is a number of tokens that may be taken at once.
type budget chan struct{}

func (b budget) take() bool {
	select {
	case b <- struct{}{}:
		return true
	default:
		return false
	}
}

func (b budget) give() { <-b }
