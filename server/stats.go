package server

import "sync/atomic"

// Stats says what a server has done since it began, and what it holds now.
type Stats struct {
	Messages  uint64 // accepted; repetitions too
	Copies    uint64 // mailboxes that they went to: a message to a room of n accounts is n
	Bytes     uint64 // of the accepted messages, as they came
	Commits   uint64 // accepted; repetitions too
	Rooms     uint64 // opened, next generations too; repetitions too
	Reads     uint64 // of mailboxes
	Delivered uint64 // envelopes that were read from mailboxes

	Sessions uint64 // opened
	Verified uint64 // tokens that were verified, rather than remembered
	Limited  uint64 // requests refused with rate_limited by Admit and its like
	Busy     uint64 // operations refused because too much waited to be stored
	Blocked  uint64 // messages, additions and claims refused with not_accepting; repetitions too

	Signals     uint64 // taken from devices
	SignalsLost uint64 // that were pushed out by newer ones, or came while too much waited

	Pushed       uint64 // pushes that push services took
	PushesFailed uint64 // that they didn't, or weren't reached
	PushesGone   uint64 // subscriptions that were found to be gone

	HintsSent     uint64 // to other nodes
	HintsReceived uint64 // from other nodes
	Polls         uint64 // looks at mailboxes without a hint

	Remembered int64 // sessions in memory now
	Waiting    int64 // streams and reads that wait for a mailbox now
	Storing    int64 // messages that wait to be stored now
	Pushing    int64 // accounts that wait to be looked at for pushes now
	Draining   bool
}

// counters are what Stats is made of.
type counters struct {
	messages, copies, bytes, commits, rooms, reads, delivered atomic.Uint64
	opened, verified, limited, busy, blocked                  atomic.Uint64
	signals, signalsLost                                      atomic.Uint64
	pushed, pushesFailed, pushesGone                          atomic.Uint64
	hintsSent, hintsReceived, polls                           atomic.Uint64
	waiting                                                   atomic.Int64
}

// Stats returns the server's counts. Each is right by itself; they aren't of one
// moment.
func (s *Server) Stats() Stats {
	c := s.stats
	return Stats{
		Messages: c.messages.Load(), Copies: c.copies.Load(), Bytes: c.bytes.Load(),
		Commits: c.commits.Load(), Rooms: c.rooms.Load(), Reads: c.reads.Load(), Delivered: c.delivered.Load(),
		Sessions: c.opened.Load(), Verified: c.verified.Load(), Limited: c.limited.Load(), Busy: c.busy.Load(),
		Blocked: c.blocked.Load(), Signals: c.signals.Load(), SignalsLost: c.signalsLost.Load(),
		Pushed: c.pushed.Load(), PushesFailed: c.pushesFailed.Load(), PushesGone: c.pushesGone.Load(), Pushing: int64(s.pushes.waiting()),
		HintsSent: c.hintsSent.Load(), HintsReceived: c.hintsReceived.Load(), Polls: c.polls.Load(),
		Remembered: int64(s.sessions.count()), Waiting: c.waiting.Load(), Storing: s.gate.running.Load(),
		Draining: s.draining(),
	}
}
