package server

import (
	"time"

	"parley/wire"
)

// A Quota is one of the allowances that a request was taken from, as it is now.
type Quota struct {
	Name   string        // device, messages, signals, account, address or a [Spend]
	Limit  int64         // units at most
	Left   int64         // units that are left
	Window time.Duration // in which an empty one is full again
	Wait   time.Duration // until there is one unit again; 0 where one is left
	Bytes  bool          // the units are bytes rather than requests
}

// Quotas appends to list the allowances of an operation of session, after Admit.
// Those without a limit are left out.
func (s *Server) Quotas(list []Quota, session *Session, op wire.Operation) []Quota {
	now := s.steady()
	list = s.allow.requests.quota(list, session.requests, now, Quota{Name: "device"})
	switch op {
	case wire.OpSend:
		list = s.allow.sends.quota(list, session.sends, now, Quota{Name: "messages"})
	case wire.OpSignal:
		list = s.allow.signals.quota(list, s.allow.signals.of(string(session.Device), now), now, Quota{Name: "signals"})
	}
	list = s.budgets.quotas(list, session.account, op, now)
	return s.allow.bytes.quota(list, session.bytes, now, Quota{Name: "account", Bytes: true})
}

// AnonymousQuotas does the same for an operation without a session, after
// AdmitAnonymous.
func (s *Server) AnonymousQuotas(list []Quota, address string) []Quota {
	now := s.steady()
	return s.allow.anonymous.quota(list, s.allow.anonymous.of(address, now), now, Quota{Name: "address"})
}

// quota appends q with what is left of from.
func (a *allowances) quota(list []Quota, from *allowance, at time.Time, q Quota) []Quota {
	if from == nil {
		return list
	}
	now := at.UnixNano()
	used := min(max(from.full.Load()-now, 0), a.burst)
	q.Limit, q.Left, q.Window = int64(float64(a.burst)/a.each+0.5), int64(float64(a.burst-used)/a.each), time.Duration(a.burst)
	if q.Left == 0 {
		q.Wait = max(time.Duration(float64(used)+a.each)-time.Duration(a.burst), 1)
	}
	return append(list, q)
}
