package pgstore

import "sync/atomic"

// counters are what Stats tells.
type counters struct {
	appends, groups, acks, ackGroups, retries, unavailable, busy, waiting atomic.Int64
}

// Stats are counts since the store was opened, and what there is now.
type Stats struct {
	Appends     int64 // messages stored
	Groups      int64 // transactions that stored them
	Acks        int64 // acknowledgements stored
	AckGroups   int64 // transactions that stored them
	Retries     int64 // transactions tried again: conflicts with others
	Unavailable int64 // calls that failed because the database couldn't be used
	Busy        int64 // appends refused because too many waited
	Waiting     int64 // appends that wait now
	Conns       int64 // connections open now
	ConnsInUse  int64 // of them, in use
	ConnsMax    int64 // bound of Conns
	ConnWaits   int64 // how often a connection had to be waited for
	RoomsCached int64 // rooms in memory now
}

// Stats returns what has been counted.
func (s *Store) Stats() Stats {
	c := &s.count
	stats := Stats{
		Appends: c.appends.Load(), Groups: c.groups.Load(), Acks: c.acks.Load(), AckGroups: c.ackGroups.Load(),
		Retries: c.retries.Load(), Unavailable: c.unavailable.Load(), Busy: c.busy.Load(), Waiting: c.waiting.Load(),
		RoomsCached: int64(s.rooms.len()),
	}
	for _, p := range []interface {
		TotalConns() int32
		AcquiredConns() int32
		MaxConns() int32
		EmptyAcquireCount() int64
	}{s.pool.Stat(), s.batch.Stat()} {
		stats.Conns += int64(p.TotalConns())
		stats.ConnsInUse += int64(p.AcquiredConns())
		stats.ConnsMax += int64(p.MaxConns())
		stats.ConnWaits += p.EmptyAcquireCount()
	}
	return stats
}
