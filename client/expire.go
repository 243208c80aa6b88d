package client

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"parley/content"
	"parley/identity"
)

// Bounds of what a message may say of its own end, in seconds: nothing disappears
// before it can be seen, or is kept on the list of what will for ever.
const (
	minTimer = 5
	maxTimer = 366 * 86400
)

// marked is the value of a record whose key says all: an empty one reads as none.
var marked = []byte{1}

// sweepAtOnce bounds the messages that one write erases.
const sweepAtOnce = 64

func waitKey(room identity.Room, seq uint64) string {
	return numKey(waitPrefix+room.ID()+"/", seq)
}

func dueKey(ms int64, message string) string {
	return numKey(duePrefix, uint64(ms)) + "/" + message
}

// expiry takes over when a message is to disappear
// (draft-ietf-mimi-content-08, Section 5.8), within bounds. What changes
// another message goes with that one; where that isn't here, it goes by its own
// time, which has begun.
func (t *tx) expiry(m *Message, e *content.Expiration) error {
	if e == nil || m.Kind == KindUnsend || m.Kind == KindStatus {
		return nil
	}
	if e.Relative {
		m.TimerS = min(max(e.Seconds, minTimer), maxTimer)
	} else {
		at := min(m.AtMS, t.c.nowMS())
		m.ExpiresMS = min(max(int64(e.Seconds)*1000, at+minTimer*1000), at+maxTimer*1000)
	}
	target := targetOf(m)
	if target.IsZero() {
		return nil
	}
	known, err := t.byID(target)
	switch {
	case err != nil:
		return err
	case known != nil:
		m.TimerS, m.ExpiresMS = 0, 0
	case m.TimerS > 0:
		m.ExpiresMS = t.c.nowMS() + int64(m.TimerS)*1000
	}
	return nil
}

// schedule remembers, with the message that key is to name, when it disappears. Its
// author's devices count from sending, others from reading.
func (t *tx) schedule(r *roomRecord, m *Message, key string) error {
	if m.TimerS > 0 && m.ExpiresMS == 0 && (m.Own(t.c.self.Account) || m.Seq <= r.ReadSeq) {
		m.ExpiresMS = t.c.nowMS() + int64(m.TimerS)*1000
	}
	switch {
	case m.ExpiresMS > 0:
		t.put(dueKey(m.ExpiresMS, key), marked)
	case m.TimerS > 0:
		t.put(waitKey(r.Room, m.Seq), marked)
	}
	return nil
}

// beginCountdowns begins the time of what is read by moving the mark to seq.
func (t *tx) beginCountdowns(r *roomRecord, seq uint64) error {
	waiting, err := t.list(waitPrefix + r.Room.ID() + "/")
	if err != nil {
		return err
	}
	for _, rec := range waiting {
		if rec.Key > waitKey(r.Room, seq) {
			break
		}
		t.del(rec.Key)
		n, err := strconv.ParseUint(rec.Key[strings.LastIndexByte(rec.Key, '/')+1:], 16, 64)
		if err != nil {
			return t.fail(errMessageKey)
		}
		key := msgKey(r.Room, n, 0)
		m := new(Message)
		found, err := t.load(key, m)
		if err != nil {
			return err
		}
		if !found || m.ExpiresMS != 0 {
			continue
		}
		m.ExpiresMS = t.c.nowMS() + int64(m.TimerS)*1000
		t.save(key, m)
		t.put(dueKey(m.ExpiresMS, key), marked)
	}
	return nil
}

// gone reports whether a message's time is over: it isn't shown, though it may not
// be erased yet.
func (t *tx) gone(m *Message) bool {
	t.until(m.ExpiresMS)
	return m.ExpiresMS != 0 && m.ExpiresMS <= t.c.nowMS()
}

// Sweep erases messages whose time is over: their records, what was said about them
// and their text in the index of search, each some in one write. Run does it by
// itself.
func (c *Client) Sweep(ctx context.Context) error {
	for {
		more := false
		err := c.step(ctx, func(t *tx) (err error) {
			more, err = t.sweep()
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}

// sweepDue is Sweep, and reports whether anything was due.
func (c *Client) sweepDue(ctx context.Context) (due bool, err error) {
	before, err := c.store.Version(ctx)
	if err != nil {
		return false, err
	}
	if err := c.Sweep(ctx); err != nil {
		return false, err
	}
	after, err := c.store.Version(ctx)
	return after != before, err
}

// sweep erases some messages, and reports whether there may be more.
func (t *tx) sweep() (more bool, err error) {
	records, err := t.c.store.Store.List(t.ctx, duePrefix, "", sweepAtOnce)
	if err != nil {
		return false, t.fail(err)
	}
	rooms := map[identity.Room]*roomRecord{}
	for _, rec := range records {
		due, key, ok := strings.Cut(strings.TrimPrefix(rec.Key, duePrefix), "/")
		ms, err := strconv.ParseInt(due, 16, 64)
		if err != nil || !ok {
			return false, t.fail(fmt.Errorf("client: the key of what is due is malformed"))
		}
		if ms > t.c.nowMS() {
			break
		}
		more = len(records) == sweepAtOnce
		t.del(rec.Key)
		m := new(Message)
		found, err := t.load(key, m)
		if err != nil {
			return false, err
		}
		if !found || !t.gone(m) {
			continue
		}
		if err := t.eraseIn(rooms, key, m); err != nil {
			return false, err
		}
	}
	for _, r := range rooms {
		if err := t.settleRoom(r); err != nil {
			return false, err
		}
	}
	old, err := t.sweepEvidence()
	if err != nil {
		return false, err
	}
	return more || old, t.dropDiscarded()
}

// eraseIn erases a message, and counts it off its room, one of rooms.
func (t *tx) eraseIn(rooms map[identity.Room]*roomRecord, key string, m *Message) error {
	r := rooms[m.Room]
	if r == nil {
		var err error
		if r, err = t.room(m.Room); err != nil {
			return err
		}
		if r != nil {
			rooms[m.Room] = r
		}
	}
	if r != nil && shown(m) && m.Kind != KindNotice && m.Seq > r.ReadSeq && !m.Own(t.c.self.Account) {
		r.Unread = max(0, r.Unread-1)
	}
	return t.erase(key, m)
}

// erase deletes a message for good: its record, what was said about it, and its text
// in the index.
func (t *tx) erase(key string, m *Message) error {
	t.del(key)
	t.del(waitKey(m.Room, m.Seq))
	if target := targetOf(m); !target.IsZero() {
		t.del(modKey(target, m.Seq))
	}
	if m.ID.IsZero() {
		return nil
	}
	t.forgetMedia(m)
	t.del(idKey(m.ID))
	if err := t.unindex(m); err != nil {
		return err
	}
	mods, err := t.list(modPrefix + m.ID.String() + "/")
	if err != nil {
		return err
	}
	for _, mod := range mods {
		t.del(mod.Key)
		by, err := t.message(string(mod.Value))
		if err != nil {
			return err
		}
		if by == nil || by.Room != m.Room {
			continue
		}
		// What was said about a change has nothing said about it: two levels.
		if err := t.erase(string(mod.Value), by); err != nil {
			return err
		}
	}
	return nil
}

// settleRoom looks again for what a room shows last, after messages were erased,
// and saves it.
func (t *tx) settleRoom(r *roomRecord) error {
	if i, put := t.at[r.LastKey]; put && t.changes[i].Value == nil {
		r.LastKey = ""
		err := t.scan(r.Room, "", 16, func(l line) bool {
			if l.message.Kind == KindNotice {
				return true
			}
			r.LastKey = msgKey(r.Room, l.message.Seq, l.part)
			return false
		})
		if err != nil {
			return err
		}
	}
	t.saveRoom(r)
	return nil
}
