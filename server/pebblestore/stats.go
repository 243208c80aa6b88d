package pebblestore

import (
	"sync/atomic"
	"time"
)

// Stats says what the store has done since it was opened, and how it is now.
type Stats struct {
	Operations uint64 // that the batcher ran, reads by it included
	Refused    uint64 // operations answered with server.ErrBusy
	Groups     uint64 // written, each with one sync of the log
	GroupNS    uint64 // nanoseconds in groups, sync included
	SyncNS     uint64 // nanoseconds in writing and syncing groups
	Written    uint64 // bytes handed to the log
	Queue      uint64 // operations that wait or run now
	Hits       uint64 // Reads answered from memory
	Misses     uint64 // Reads that went to the database
	Tail       uint64 // envelopes in the tail now: see tail.go
	Window     uint64 // bytes of envelopes in memory now

	DiskBytes       uint64 // that the store occupies now
	LogBytes        uint64 // written to Pebble's log, padding included
	FlushBytes      uint64 // written by flushes of its memory
	CompactionBytes uint64 // written by compactions
	Flushes         uint64
	Compactions     uint64
	CacheHits       uint64 // of Pebble's block cache
	CacheMisses     uint64
	Full            bool // above Options.MaxBytes: nothing new is taken
	Failed          bool // Err isn't nil
}

// stats counts as it goes.
type stats struct {
	operations, groups, groupNS, syncNS, written atomic.Uint64
	hits, misses, tail, windowBytes              atomic.Uint64
	full                                         atomic.Bool // above Options.MaxBytes
}

func (s *stats) group(ops []*operation, took time.Duration) {
	s.operations.Add(uint64(len(ops)))
	s.groupNS.Add(uint64(took))
}

func (s *stats) sync(took time.Duration, bytes int) {
	s.groups.Add(1)
	s.syncNS.Add(uint64(took))
	s.written.Add(uint64(bytes))
}

func (s *stats) window(w *window) {
	s.tail.Store(uint64(w.tail()))
	s.windowBytes.Store(uint64(w.bytes))
}

// Stats returns what the store has done. It costs some microseconds.
func (s *Store) Stats() Stats {
	c := &s.stats
	r := Stats{
		Operations: c.operations.Load(), Refused: uint64(s.queue.refused.Load()), Groups: c.groups.Load(),
		GroupNS: c.groupNS.Load(), SyncNS: c.syncNS.Load(), Written: c.written.Load(), Queue: uint64(s.queue.len()),
		Hits: c.hits.Load(), Misses: c.misses.Load(), Tail: c.tail.Load(), Window: c.windowBytes.Load(),
		Full: c.full.Load(), Failed: s.Err() != nil,
	}
	if s.stopping() {
		return r
	}
	m := s.db.Metrics()
	r.DiskBytes, r.LogBytes = m.DiskSpaceUsage(), m.WAL.BytesWritten
	for i := range m.Levels {
		r.FlushBytes += m.Levels[i].TableBytesFlushed
		r.CompactionBytes += m.Levels[i].TableBytesCompacted
	}
	r.Flushes, r.Compactions = uint64(m.Flush.Count), uint64(m.Compact.Count)
	r.CacheHits, r.CacheMisses = uint64(m.BlockCache.Hits), uint64(m.BlockCache.Misses)
	return r
}
