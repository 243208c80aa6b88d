package simtest

import (
	"testing/synctest"
	"time"

	"parley/identity"
)

// settle ends all faults, lets everybody finish, and checks that everything is
// there. No hint arrives any more: what is stored has to be found by looking.
func (s *sim) settle() {
	s.trace("the faults end")
	s.calm = true
	for _, n := range s.nodes {
		if n.server == nil {
			if err := n.start(); err != nil {
				s.fail("a node doesn't start: %v", err)
				return
			}
		}
	}
	for len(s.late) > 0 {
		s.arriveLate()
	}
	for range 8 {
		s.finish()
		s.net.take()
		time.Sleep(time.Second)
		synctest.Wait()
	}
	s.last()
	for _, d := range s.listedDevices() {
		d.acknowledge()
		d.read()
	}
	s.check.complete(s.listedNames())
}

// finish has each device get on with what it has begun.
func (s *sim) finish() {
	for _, a := range s.accounts {
		if a.putting != nil {
			a.putting.put()
		}
	}
	for _, d := range s.listedDevices() {
		d.asleep = false
		if d.stream == nil {
			d.connect()
			synctest.Wait()
		}
		d.receive()
		for tries := 0; d.pending != nil; tries++ {
			if tries == 20 {
				s.fail("an operation never ends: %s", d.pending.what)
				return
			}
			d.try()
		}
		d.receive()
	}
}

// last has messages sent whose hints are lost. Who waits finds them by itself,
// within Config.Poll.
func (s *sim) last() {
	for _, d := range s.listedDevices() {
		for _, room := range d.roomNames() {
			m := d.rooms[room]
			if m.broken || m.staged != nil || d.pending != nil {
				continue
			}
			d.send(room, m)
			d.pending.what = "send the last"
			d.try()
			break
		}
	}
	s.net.take()
	time.Sleep(2*poll + time.Second)
	synctest.Wait()
	for _, d := range s.listedDevices() {
		if d.stream == nil {
			s.fail("a device that waits was cut off")
			continue
		}
		d.receive()
		if head := s.head(d.account.name); d.after != head {
			s.fail("a device that waits has %d of %d: a lost hint wasn't repaired", d.after, head)
		}
	}
}

func (s *sim) head(a identity.Account) uint64 {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return uint64(len(s.ledger.boxes[a].entries))
}

func (s *sim) listedDevices() (all []*device) {
	for _, a := range s.accounts {
		all = append(all, a.devices...)
	}
	return all
}

func (s *sim) listedNames() (all []identity.Device) {
	for _, d := range s.listedDevices() {
		all = append(all, d.name)
	}
	return all
}
