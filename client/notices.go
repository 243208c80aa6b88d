package client

import (
	"context"
	"math"
	"slices"
	"strings"

	"parley/identity"
	"parley/report"
	"parley/wire"
)

// An OperatorNotice is something that the operator says to the account's person.
type OperatorNotice struct {
	wire.Notice
	Read     bool
	Appealed bool // this device has asked that Decision be looked at again

	// Of an outcome, where this device made the report: what it was about.
	About    identity.Account
	Category report.Category
}

// A standingRecord is what holds of the account, and how far its person has read.
type standingRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // of this record: 1
	Last    uint64   // the newest notice that is known
	Read    uint64   // the newest one that was read
	State   wire.StandingState
	// Decision is that whose notice says why, UntilMS when it ends: 0 is not by itself.
	Decision string
	UntilMS  int64
}

// Bounds of what a server may say.
const (
	maxOperatorNotices = 1000    // that are kept: then the oldest goes
	maxNoticeText      = 4 << 10 // bytes of one text
	maxTerritories     = 256
)

// Notices returns what the operator has said, the newest first, and what holds of the
// account now, as far as this device has heard.
func (c *Client) Notices(ctx context.Context) (out []OperatorNotice, standing wire.Standing, err error) {
	err = c.step(ctx, func(t *tx) error {
		out = nil
		var s standingRecord
		if _, err := t.load(standingKey, &s); err != nil {
			return err
		}
		standing = wire.Standing{State: s.State, Decision: s.Decision, UntilMS: s.UntilMS}
		own, err := t.reports()
		if err != nil {
			return err
		}
		records, err := t.list(noticePrefix)
		for _, rec := range slices.Backward(records) {
			var n wire.Notice
			if wire.Unmarshal(rec.Value, &n) != nil {
				continue
			}
			out = append(out, noticeOf(n, own, s.Read))
		}
		return err
	})
	return out, standing, err
}

// noticeOf adds what this device knows of its own.
func noticeOf(n wire.Notice, own []*reportingRecord, read uint64) OperatorNotice {
	out := OperatorNotice{Notice: n, Read: n.N <= read}
	for _, r := range own {
		if r.Kind == report.KindReport && len(n.Report) > 0 && string(r.ID) == string(n.Report) {
			out.About, out.Category = r.About, r.Category
		}
		if r.Kind == report.KindAppeal && n.Decision != "" && r.Decision == n.Decision && r.State != ReportRefused {
			out.Appealed = true
		}
	}
	return out
}

// ReadNotices notes that the person has read the notices up to number n.
func (c *Client) ReadNotices(ctx context.Context, n uint64) error {
	return c.step(ctx, func(t *tx) error {
		var s standingRecord
		if _, err := t.load(standingKey, &s); err != nil || n <= s.Read {
			return err
		}
		s.Version, s.Read = 1, min(n, s.Last)
		t.save(standingKey, &s)
		return nil
	})
}

// AskNotices asks the server what the operator has to say. A server that has nothing
// of the kind says nothing.
func (c *Client) AskNotices(ctx context.Context) error {
	var after uint64
	err := c.step(ctx, func(t *tx) error {
		var s standingRecord
		_, err := t.load(standingKey, &s)
		after = s.Last
		return err
	})
	if err != nil {
		return err
	}
	reply, err := call[wire.Notices](ctx, c, wire.OpNotices, wire.NoticesRequest{After: after})
	if isRefusal(err) {
		return nil // it isn't of this version
	}
	if err != nil {
		return err
	}
	return c.step(ctx, func(t *tx) error { return t.learnNotices(reply) })
}

// learnNotices keeps what a server says. What isn't in order is passed over.
func (t *tx) learnNotices(reply *wire.Notices) error {
	s := standingRecord{Version: 1}
	if _, err := t.load(standingKey, &s); err != nil {
		return err
	}
	before := s
	for i := range reply.Notices[:min(len(reply.Notices), wire.MaxNotices)] {
		n := &reply.Notices[i]
		if n.N <= s.Last || n.N >= math.MaxInt64 {
			continue
		}
		s.Last = n.N
		if !boundNotice(n) {
			continue
		}
		b, err := wire.Marshal(n)
		if err != nil {
			return err
		}
		t.put(numKey(noticePrefix, n.N), b)
	}
	said := reply.Standing
	s.State, s.Decision, s.UntilMS = said.State, cut(said.Decision, wire.MaxDecision), said.UntilMS
	if s != before {
		t.save(standingKey, &s)
	}
	return t.dropNotices()
}

// boundNotice takes care that a notice can be kept and shown.
func boundNotice(n *wire.Notice) bool {
	n.AtMS, n.UntilMS = serverTime(n.AtMS), serverTime(n.UntilMS)
	for _, word := range []string{n.ID, n.Decision, string(n.Kind), string(n.Outcome), string(n.Report)} {
		if len(word) > wire.MaxDecision {
			return false
		}
	}
	if s := n.Statement; s != nil {
		for _, text := range []*string{&s.Ground, &s.GroundReference, &s.Explanation, &s.Facts, &s.Category, &s.Source, &s.Redress} {
			*text = cut(*text, maxNoticeText)
		}
		s.Territories = s.Territories[:min(len(s.Territories), maxTerritories)]
		for i := range s.Territories {
			s.Territories[i] = cut(s.Territories[i], wire.MaxDecision)
		}
	}
	return true
}

// cut returns at most n bytes of s, without half a character at the end.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// dropNotices drops the oldest beyond maxOperatorNotices.
func (t *tx) dropNotices() error {
	records, err := t.list(noticePrefix)
	if err != nil || len(records) <= maxOperatorNotices {
		return err
	}
	for _, rec := range records[:len(records)-maxOperatorNotices] {
		t.del(rec.Key)
	}
	return nil
}

// heedNotices notes that the server has told of something new to say.
func (c *Client) heedNotices(s *wire.Signal) bool {
	if s.Room != "" || s.Sender != "" || string(s.Data) != wire.SignalNotices {
		return false
	}
	c.noticesDue.Store(true)
	select {
	case c.came <- struct{}{}:
	default:
	}
	return true
}

// askNoticesDue asks for notices if there is a cause.
func (c *Client) askNoticesDue(ctx context.Context) {
	if c.noticesDue.Swap(false) && c.AskNotices(ctx) != nil {
		c.noticesDue.Store(true)
	}
}
