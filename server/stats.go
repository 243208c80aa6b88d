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

	Knocks  uint64 // decisions of the policy for a request
	Denied  uint64 // its refusals, and those for a puzzle
	Puzzles uint64 // puzzles that were given out

	Signals     uint64 // taken from devices
	SignalsLost uint64 // that were pushed out by newer ones, or came while too much waited

	Pushed       uint64 // pushes that push services took
	PushesFailed uint64 // that they didn't, or weren't reached
	PushesGone   uint64 // subscriptions that were found to be gone

	Uploads       uint64 // of attachments that were begun
	UploadBytes   uint64 // that came for them
	Downloads     uint64 // of attachments, and of parts of them, that were begun
	DownloadBytes uint64 // that were sent of them
	BlobsDeleted  uint64 // whose bytes were deleted, since nothing referred to them, or they were taken down

	HintsSent     uint64 // to other nodes
	HintsReceived uint64 // from other nodes
	Polls         uint64 // looks at mailboxes without a hint

	Remembered int64 // sessions in memory now
	Waiting    int64 // streams and reads that wait for a mailbox now
	Storing    int64 // messages that wait to be stored now
	Pushing    int64 // accounts that wait to be looked at for pushes, or are looked at, now
	Draining   bool
	Reports    uint64 // reports and appeals taken
	Erased     uint64 // accounts that erased themselves
}

// counters are what Stats is made of.
type counters struct {
	messages, copies, bytes, commits, rooms, reads, delivered atomic.Uint64
	opened, verified, limited, busy, blocked                  atomic.Uint64
	signals, signalsLost                                      atomic.Uint64
	knocks, denied, puzzles                                   atomic.Uint64
	pushed, pushesFailed, pushesGone                          atomic.Uint64
	uploads, uploadBytes, downloads, downloadBytes            atomic.Uint64
	blobsDeleted                                              atomic.Uint64
	hintsSent, hintsReceived, polls                           atomic.Uint64
	reports, erased                                           atomic.Uint64
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
		Knocks: c.knocks.Load(), Denied: c.denied.Load(), Puzzles: c.puzzles.Load(),
		Pushed: c.pushed.Load(), PushesFailed: c.pushesFailed.Load(), PushesGone: c.pushesGone.Load(), Pushing: int64(s.pushes.waiting()),
		Uploads: c.uploads.Load(), UploadBytes: c.uploadBytes.Load(), Downloads: c.downloads.Load(),
		DownloadBytes: c.downloadBytes.Load(), BlobsDeleted: c.blobsDeleted.Load(),
		Reports: c.reports.Load(), Erased: c.erased.Load(), HintsSent: c.hintsSent.Load(), HintsReceived: c.hintsReceived.Load(), Polls: c.polls.Load(),
		Remembered: int64(s.sessions.count()), Waiting: c.waiting.Load(), Storing: s.gate.running.Load(),
		Draining: s.draining(),
	}
}
