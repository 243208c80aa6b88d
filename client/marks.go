package client

import (
	"context"
	"math"
	"slices"
	"strings"

	"parley/content"
	"parley/identity"
	"parley/internal/cbor"
)

// A marksRecord says how far the people in a room have read it, as they tell. It is
// a record of its own, so that a receipt rewrites nothing but it.
type marksRecord struct {
	_         struct{}   `cbor:",toarray"`
	Version   uint8      // of this record: 1
	Marks     []readMark // of other accounts that are or were in the room, each once
	Mentioned uint64     // the number of the newest message that mentions the own account; 0: none
}

// A readMark says that an account has read a room up to a number.
type readMark struct {
	_       struct{} `cbor:",toarray"`
	Account identity.Account
	Seq     uint64
}

// A seenRecord is what this device has still to report as read.
type seenRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // of this record: 1
	ID      MessageID
}

// marks returns what is known of who read a room.
func (t *tx) marks(room identity.Room) (*marksRecord, error) {
	rec := &marksRecord{Version: 1}
	_, err := t.load(marksPrefix+room.ID(), rec)
	return rec, err
}

// hasRead notes that an account in a room has read it up to a number. What it said
// before stands where it is further.
func (t *tx) hasRead(room identity.Room, a identity.Account, seq uint64) error {
	rec, err := t.marks(room)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rec.Marks, func(m readMark) bool { return m.Account == a })
	switch {
	case i < 0:
		rec.Marks = append(rec.Marks, readMark{Account: a, Seq: seq})
	case rec.Marks[i].Seq >= seq:
		return nil
	default:
		rec.Marks[i].Seq = seq
	}
	t.save(marksPrefix+room.ID(), rec)
	return nil
}

// readBy returns the number up to which every other account in a room has read it.
func (rec *marksRecord) readBy(own identity.Account, accounts []identity.Account) uint64 {
	least := uint64(math.MaxUint64)
	for _, a := range accounts {
		if a == own {
			continue
		}
		i := slices.IndexFunc(rec.Marks, func(m readMark) bool { return m.Account == a })
		if i < 0 {
			return 0
		}
		least = min(least, rec.Marks[i].Seq)
	}
	if least == math.MaxUint64 {
		return 0 // nobody else is in it
	}
	return least
}

// roomFacts are what the views of a room's messages depend on.
type roomFacts struct {
	accounts []identity.Account
	readBy   uint64 // 0 where receipts are off
	withheld bool   // it waits to be accepted: what messages have beside their text isn't shown
	record   *roomRecord
	shunned  map[identity.Account]bool // as far as it was asked: see shunnedIn
	person   func(identity.Account) (*Person, error)
}

// factsOf returns the facts of a room, read once in a step.
func (t *tx) factsOf(room identity.Room) (*roomFacts, error) {
	if f := t.facts[room]; f != nil {
		return f, nil
	}
	f := &roomFacts{person: t.person, shunned: map[identity.Account]bool{}}
	r, err := t.room(room)
	if err != nil {
		return nil, err
	}
	if r != nil {
		f.accounts, f.record = r.Accounts, r
		if f.readBy, err = t.readByAll(r); err != nil {
			return nil, err
		}
		if f.withheld, err = t.waits(r); err != nil {
			return nil, err
		}
	}
	if t.facts == nil {
		t.facts = map[identity.Room]*roomFacts{}
	}
	t.facts[room] = f
	return f, nil
}

// readByAll is marksRecord.readBy, 0 where the person wants no receipts.
func (t *tx) readByAll(r *roomRecord) (uint64, error) {
	on, err := t.receipts()
	if err != nil || !on {
		return 0, err
	}
	rec, err := t.marks(r.Room)
	if err != nil {
		return 0, err
	}
	return rec.readBy(t.c.self.Account, r.Accounts), nil
}

// viewTalk fills in what a list of rooms shows of the messages in r.
func (t *tx) viewTalk(r *roomRecord, v *Room) error {
	rec, err := t.marks(r.Room)
	if err != nil {
		return err
	}
	v.ReadSeq, v.Mention = r.ReadSeq, rec.Mentioned > r.ReadSeq
	if v.ReadBy, err = t.readByAll(r); err != nil {
		return err
	}
	if v.TimerS, err = t.timer(r); err != nil || r.LastKey == "" {
		return err
	}
	last, err := t.lastHeard(r)
	if err == nil && last != nil {
		v.Last = &last.Message
	}
	return err
}

// name says what a mention of an account shows: nothing where it isn't in the room,
// and what its author wishes only if that is its name.
func (f *roomFacts) name(a identity.Account, label string) string {
	if _, in := slices.BinarySearch(f.accounts, a); !in {
		return ""
	}
	if label == "@"+a.Name() {
		return label
	}
	if p, err := f.person(a); err == nil && label == "@"+p.Display {
		return label
	}
	return "@" + a.Name()
}

// mentions reports whether m, which is of somebody else, mentions the own account.
func (t *tx) mentions(r *roomRecord, m *Message) (mentioned bool) {
	if m.Kind != KindText && m.Kind != KindEdit || m.Plain || m.Own(t.c.self.Account) {
		return false
	}
	f := &roomFacts{accounts: r.Accounts, person: t.person}
	_, spans := content.DecodeMentions(m.Text, f.name)
	return slices.ContainsFunc(spans, func(s Mention) bool { return s.Account == t.c.self.Account })
}

// noteMention remembers that m mentions the own account, unless its author is blocked.
func (t *tx) noteMention(r *roomRecord, m *Message) error {
	if shunned, err := t.shunned(r, m.From); err != nil || shunned {
		return err
	}
	if m.Mentioned = t.mentions(r, m); !m.Mentioned {
		return nil
	}
	rec, err := t.marks(r.Room)
	if err != nil {
		return err
	}
	rec.Mentioned = max(rec.Mentioned, m.Seq)
	t.save(marksPrefix+r.Room.ID(), rec)
	return nil
}

// MarkRead says that a person has seen a room up to seq. The others are told,
// unless the person doesn't want that or hasn't accepted the conversation; so are
// the own other devices.
func (c *Client) MarkRead(ctx context.Context, room identity.Room, seq uint64) error {
	moved := false
	err := c.step(ctx, func(t *tx) error {
		moved = false
		r, err := t.room(room)
		if err != nil {
			return err
		}
		if r == nil {
			return ErrUnknownRoom
		}
		if seq = min(seq, max(r.LastSeq, r.SeenSeq)); seq <= r.ReadSeq {
			return nil
		}
		moved = true
		if err := t.owesRead(r, seq); err != nil {
			return err
		}
		if err := t.tellRead(r, seq); err != nil {
			return err
		}
		return t.readUpTo(r, seq)
	})
	if err == nil && moved {
		c.nudge()
	}
	return err
}

// readUpTo moves the mark of the own account to seq, which this device or another
// one of the account saw, and saves the room.
func (t *tx) readUpTo(r *roomRecord, seq uint64) error {
	if seq <= r.ReadSeq {
		return nil
	}
	if err := t.beginCountdowns(r, seq); err != nil {
		return err
	}
	r.ReadSeq = seq
	if err := t.countUnread(r); err != nil {
		return err
	}
	t.saveRoom(r)
	return nil
}

// maxRecount bounds the lines that are looked at to count what is unread.
const maxRecount = 512

// countUnread counts what is unread behind ReadSeq.
func (t *tx) countUnread(r *roomRecord) error {
	if r.ReadSeq >= r.SeenSeq || r.Unread == 0 {
		r.Unread = 0
		return nil
	}
	unread := 0
	looked := map[uint64]bool{}
	var failed error
	count := func(m *Message) bool {
		if m.Kind == KindNotice || m.Own(t.c.self.Account) || looked[m.Seq] {
			return true
		}
		looked[m.Seq] = true
		var shunned bool
		if shunned, failed = t.shunned(r, m.From); !shunned {
			unread++
		}
		return failed == nil
	}
	seen := 0
	err := t.scan(r.Room, "", r.Unread, func(l line) bool {
		seen++
		return l.message.Seq > r.ReadSeq && seen <= maxRecount && count(l.message)
	})
	if err == nil && failed == nil {
		err = t.eachNew(r.Room, func(m *Message) bool { return m.Seq <= r.ReadSeq || count(m) })
	}
	r.Unread = min(r.Unread, unread)
	return cmpErr(err, failed)
}

// eachNew calls yield with the lines of a room that this step has put, in no order, until
// it returns false.
func (t *tx) eachNew(room identity.Room, yield func(*Message) bool) error {
	prefix := msgPrefix + room.ID() + "/"
	for key, i := range t.at {
		if !strings.HasPrefix(key, prefix) || t.changes[i].Value == nil {
			continue
		}
		m, err := t.message(key)
		if err != nil {
			return err
		}
		if m != nil && shown(m) && !t.gone(m) && !yield(m) {
			return nil
		}
	}
	return nil
}

// owesRead remembers that the newest message of somebody else up to seq is to be
// reported as read. It takes the place of the one before.
func (t *tx) owesRead(r *roomRecord, seq uint64) error {
	if wanted, err := t.receipts(); err != nil || !wanted {
		return err
	}
	// Of a request it is reported once it is accepted.
	blocked, err := t.blockedIn(r)
	if err != nil || blocked {
		return err
	}
	restricted, err := t.restrictedIn(r)
	if err != nil || restricted || len(r.Accounts) > maxReporting || r.Status != statusActive {
		return err
	}
	id, err := t.newestOfOthers(r, seq)
	if err == nil && !id.IsZero() {
		t.save(seenPrefix+r.Room.ID(), &seenRecord{Version: 1, ID: id})
	}
	return err
}

// newestOfOthers returns the id of the newest message of another account with a
// number up to seq and above what was read, or zero.
func (t *tx) newestOfOthers(r *roomRecord, seq uint64) (MessageID, error) {
	if r.SeenSeq <= seq {
		m, err := t.byID(r.SeenID)
		if err != nil {
			return MessageID{}, err
		}
		if m != nil && !m.Own(t.c.self.Account) {
			return m.ID, nil
		}
	}
	prefix, after := msgPrefix+r.Room.ID()+"/", msgKey(r.Room, seq+1, 0)
	records, err := t.c.store.list(t.ctx, prefix, after, maxReporting)
	if err != nil {
		return MessageID{}, t.fail(err)
	}
	for _, rec := range records {
		m := new(Message)
		if err := cbor.UnmarshalOwn(rec.Value, m); err != nil {
			return MessageID{}, t.fail(err)
		}
		switch {
		case m.Seq <= r.ReadSeq:
			return MessageID{}, nil
		case m.Kind != KindNotice && m.Kind != KindUnreadable && !m.Own(t.c.self.Account):
			return m.ID, nil
		}
	}
	return MessageID{}, nil
}
