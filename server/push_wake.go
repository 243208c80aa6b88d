package server

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"parley/identity"
)

// maxPushTries bounds how often one look is repeated for pushes that fail, and for
// devices that are connected and don't read.
const maxPushTries = 4

// wakeAccount wakes the devices of an account that have something to read, aren't
// connected here, and weren't woken since they last read.
//
// With several nodes the one that took the message does this. A device that is
// connected to another node has read within the grace, or is woken for nothing; who
// was woken is in its record, so that no other node wakes it too, unless both do
// within the same moment: the push service keeps one of those (Topic).
func (s *Server) wakeAccount(ctx context.Context, t *pushTurn) {
	forgotten := s.pushes.looking()
	records, err := s.store.AccountRecords(ctx, t.account, RecordPush, "", maxPushes)
	if err != nil {
		return // the next message tries again
	}
	s.pushes.looked(t.account, len(records) == 0, forgotten)
	var later time.Duration
	for _, r := range records {
		device, err := identity.ParseDevice(r.Key)
		if err != nil {
			continue
		}
		switch wait := s.wakeDevice(ctx, device, r.Value); {
		case wait == 0:
		case later == 0:
			later = wait
		default:
			later = min(later, wait)
		}
	}
	if later > 0 && t.tries < maxPushTries {
		s.pushes.again(t.account, later, t.tries+1)
	}
}

// wakeDevice wakes one device, if it has to be. It returns after how long that
// should be looked at again, 0 for not at all.
func (s *Server) wakeDevice(ctx context.Context, device identity.Device, value []byte) (later time.Duration) {
	record, err := parsePush(value)
	if err != nil {
		return 0
	}
	box, err := s.store.Read(ctx, device, math.MaxInt64, 1, 1)
	if err != nil || box.Cursor >= box.Head {
		return 0
	}
	if s.hub.connected(device) {
		return s.pushes.times.Silence // it reads in a moment; a phone out of reach doesn't
	}
	now := s.nowMS()
	if record.PushedMS > 0 && record.Cursor == box.Cursor && now-record.PushedMS < s.pushes.times.Again.Milliseconds() {
		return 0
	}
	before := *record
	record.PushedMS, record.Cursor = now, box.Cursor
	if err := s.putPush(ctx, device, record); err != nil { // first: other nodes needn't
		return 0
	}
	err = s.cfg.Push.Push(ctx, record.Endpoint)
	if err == nil {
		s.stats.pushed.Add(1)
		return 0
	}
	return s.pushFailed(ctx, device, &before, err)
}

// pushFailed takes back what was kept of a push that failed. Meanwhile the device
// may have subscribed anew: that isn't touched.
func (s *Server) pushFailed(ctx context.Context, device identity.Device, before *pushRecord, err error) (later time.Duration) {
	value, errRecord := s.store.AccountRecord(ctx, device.Account(), RecordPush, string(device))
	if errRecord != nil {
		return 0
	}
	if now, errRecord := parsePush(value); errRecord != nil || now.Endpoint != before.Endpoint {
		return 0
	}
	var wait *PushLater
	switch {
	case errors.Is(err, ErrPushGone), errors.Is(err, ErrBadEndpoint):
		s.stats.pushesGone.Add(1)
		s.dropPush(ctx, device) // if it fails, the next push finds out again
		return 0
	case errors.As(err, &wait):
		later = max(wait.After, time.Millisecond)
	default:
		s.stats.pushesFailed.Add(1)
		later = s.pushes.times.Retry
		if s.pushLog.now() {
			s.log.Warn("a push service doesn't take pushes; they are tried again", "error", err)
		}
	}
	s.putPush(ctx, device, before) // if it fails, the device is woken later
	return later
}

// startPush begins to wake devices; stop ends that, and waits for what runs.
func (s *Server) startPush() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.pushes.run(ctx, s.wakeAccount)
	}()
	return func() {
		cancel()
		<-done
	}
}

// joined returns the accounts of after that aren't in before; both are sorted.
func joined(before, after []identity.Account) (all []identity.Account) {
	for _, a := range after {
		if _, ok := slices.BinarySearch(before, a); !ok {
			all = append(all, a)
		}
	}
	return all
}

// A seldom says yes once a minute.
type seldom struct{ last atomic.Int64 }

func (s *seldom) now() bool {
	now, last := time.Now().UnixNano(), s.last.Load()
	return now-last >= int64(time.Minute) && s.last.CompareAndSwap(last, now)
}

// connected reports whether device waits for its mailbox on this node.
func (h *hub) connected(device identity.Device) bool {
	account := device.Account()
	s, _ := h.shard(account)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.subs[account] {
		if sub.session.Device == device {
			return true
		}
	}
	return false
}
