package client

import (
	"context"
	"errors"
	"slices"

	"parley/content"
	"parley/franking"
	"parley/identity"
	"parley/internal/cbor"
	"parley/mls"
	"parley/wire"
)

// batchEvents bounds the events that one write takes in.
const batchEvents = 64

// pull reads the mailbox from the cursor to its head, and reports whether there
// was anything.
func (c *Client) pull(ctx context.Context) (moved bool, err error) {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	return c.pullLocked(ctx)
}

// pullLocked is pull while readMu is held.
func (c *Client) pullLocked(ctx context.Context) (moved bool, err error) {
	for {
		after, err := c.cursor(ctx)
		if err != nil {
			return moved, err
		}
		reply, err := call[wire.ReadReply](ctx, c, wire.OpRead, wire.ReadRequest{After: after, Max: wire.MaxReadEvents})
		if err != nil {
			return moved, err
		}
		// The server was set back, or had told of what there wasn't; or all that
		// came is gone already, or numbered anew.
		if reply.Head < after || reply.Head > after && len(reply.Events) == 0 {
			return true, c.setBack(ctx, reply.Head)
		}
		if len(reply.Events) == 0 {
			if reply.Cursor < after {
				err = c.acknowledge(ctx, after)
			}
			return moved, err
		}
		if err := c.take(ctx, reply); err != nil {
			return moved, err
		}
		now, err := c.cursor(ctx)
		if err != nil {
			return moved, err
		}
		if now <= after {
			return moved, errMailboxGap
		}
		moved = true
	}
}

// cursor returns the position up to which the mailbox is processed. A device that
// was just approved begins where the server put it.
func (c *Client) cursor(ctx context.Context) (uint64, error) {
	var after uint64
	var known bool
	err := c.step(ctx, func(t *tx) (err error) {
		known, err = t.load(cursorKey, &after)
		return err
	})
	if err != nil || known {
		return after, err
	}
	reply, err := call[wire.ReadReply](ctx, c, wire.OpRead, wire.ReadRequest{Max: 1})
	if err != nil {
		return 0, err
	}
	return reply.Cursor, c.step(ctx, func(t *tx) error {
		known, err := t.load(cursorKey, &after)
		if err == nil && !known {
			t.save(cursorKey, reply.Cursor)
		}
		return err
	})
}

// setBack goes on at the head of a mailbox that is shorter than it was, or of which
// nothing is kept. What was in it since isn't known, so every room is looked at.
func (c *Client) setBack(ctx context.Context, head uint64) error {
	return c.step(ctx, func(t *tx) error {
		t.save(cursorKey, head)
		return t.expired()
	})
}

// take processes what the server sent and then acknowledges it.
func (c *Client) take(ctx context.Context, reply *wire.ReadReply) error {
	if err := c.takeEvents(ctx, reply); err != nil {
		return err
	}
	after, err := c.cursor(ctx)
	if err != nil {
		return err
	}
	return c.acknowledge(ctx, after)
}

// acknowledge tells the server that this device has everything up to pos for good.
func (c *Client) acknowledge(ctx context.Context, pos uint64) error {
	if pos == 0 {
		return nil
	}
	_, err := call[wire.Empty](ctx, c, wire.OpAcknowledge, wire.AcknowledgeRequest{Pos: pos})
	return err
}

// takeEvents processes what the server sent. readMu is held.
func (c *Client) takeEvents(ctx context.Context, reply *wire.ReadReply) error {
	b := batch{first: reply.First, fresh: map[identity.Account]bool{}}
	for events := reply.Events; len(events) > 0; {
		b.events = events[:min(len(events), batchEvents)]
		n, need, err := c.takeBatch(ctx, &b)
		if err != nil {
			return err
		}
		if n > 0 {
			clear(b.fresh)
		}
		events = events[n:]
		if b.keys.due {
			b.keys.fresh = true
			if err := c.askStamps(ctx, true); err != nil && !isRefusal(err) {
				return err
			}
		}
		// A leaf was on no list that is known: there may be a newer list.
		for _, a := range need {
			b.fresh[a] = true
			if err := c.refreshOne(ctx, a); err != nil && !isListRefusal(err) && !isRefusal(err) {
				return err
			}
		}
	}
	return nil
}

// A batch is some events on their way into one write.
type batch struct {
	first  uint64 // the oldest position that the server keeps
	events []wire.Event
	fresh  map[identity.Account]bool // lists just read for the first of events: what they lack is refused
	keys   struct{ due, fresh bool } // of the server's stamps: to be read before the first of events, and just read
	pos    uint64                    // the cursor after it
}

// isRefusal reports whether the server answered, with a refusal.
func isRefusal(err error) bool {
	var w *wire.Error
	return errors.As(err, &w) && !mayPass(err)
}

// takeBatch processes events in one write, up to the first that needs the lists
// of the accounts it returns. n is how many were done.
func (c *Client) takeBatch(ctx context.Context, b *batch) (n int, need []identity.Account, err error) {
	err = c.step(ctx, func(t *tx) error {
		n, need, b.pos, b.keys.due = 0, nil, 0, false
		t.tellsAtOnce = true
		if _, err := t.load(cursorKey, &b.pos); err != nil {
			return err
		}
		if err := t.gatherFree(b.events); err != nil {
			return err
		}
		for i := range b.events {
			e := &b.events[i]
			if e.Pos <= b.pos { // another process was faster
				n++
				continue
			}
			if e.Pos != b.pos+1 {
				if e.Pos != b.first {
					return errMailboxGap
				}
				if err := t.expired(); err != nil {
					return err
				}
			}
			mark := t.mark()
			t.need, t.fresh = nil, nil
			t.keysDue, t.keysFresh = false, b.keys.fresh
			if n == 0 {
				t.fresh = b.fresh
			}
			if err := t.event(&e.Envelope); err != nil {
				return err
			}
			if len(t.need) > 0 || t.keysDue {
				need, b.keys.due = slices.Clone(t.need), t.keysDue
				t.rollback(mark)
				break
			}
			b.pos = e.Pos
			n++
		}
		t.save(cursorKey, b.pos)
		return nil
	})
	return n, need, err
}

// errMailboxGap is a server that leaves out positions, or repeats them for ever.
var errMailboxGap = errors.New("client: the server leaves out a part of the mailbox")

// expired marks every room for a look at the newest state: events went before
// this device had read them. What the server has of this account and device may
// have gone too.
func (t *tx) expired() error {
	t.markStale(t.c.self.Account)
	t.put(kpCheckKey, cbor.MustMarshal(int64(0)))
	rooms, err := t.rooms()
	if err != nil {
		return err
	}
	for _, r := range rooms {
		if r.Status == statusActive {
			r.Fault = fault{Code: "expired"}
			t.saveRoom(r)
		}
	}
	return nil
}

// event processes one envelope. Errors are of this device; what is wrong with the
// envelope is refused, and the cursor moves on.
func (t *tx) event(e *wire.Envelope) error {
	switch e.Kind {
	case wire.EventDevices:
		return t.listEvent(e)
	case wire.EventMessage, wire.EventCommit, wire.EventOpen, wire.EventLeave:
	default:
		return nil // of a newer server
	}
	e.AcceptedMS = serverTime(e.AcceptedMS)
	if _, err := identity.ParseRoom(string(e.Room)); err != nil {
		return t.refuseEvent(e, "bad_event")
	}
	if _, err := identity.ParseDevice(string(e.Sender)); err != nil {
		return t.refuseEvent(e, "bad_event")
	}
	r, err := t.room(e.Room)
	if err != nil {
		return err
	}
	switch e.Kind {
	case wire.EventMessage:
		return t.messageEvent(r, e)
	case wire.EventLeave:
		return t.leaveEvent(r, e)
	}
	return t.commitEvent(r, e)
}

// serverTime returns a time that the server says, within bounds: what is told to the
// own other devices, or reckoned from it, stays valid.
func serverTime(ms int64) int64 { return min(max(ms, 0), maxStateMS/2) }

// listEvent has a list looked at again. Of accounts that this device knows nothing
// of there is nothing to look at.
func (t *tx) listEvent(e *wire.Envelope) error {
	a, err := identity.ParseAccount(string(e.Account))
	if err != nil {
		return t.refuseEvent(e, "bad_event")
	}
	k, err := t.contact(a)
	if err == nil && k.Chain.Current != nil {
		t.markStale(a)
	}
	return err
}

func (t *tx) refuseEvent(e *wire.Envelope, code string) error {
	return t.refuse(Refusal{Room: e.Room, Seq: e.Seq, Sender: e.Sender, Code: code})
}

// messageEvent processes an application message.
func (t *tx) messageEvent(r *roomRecord, e *wire.Envelope) error {
	if r == nil || r.Status == statusLeft {
		return nil
	}
	tag, code, err := t.judgeStamp(r, e)
	if err != nil {
		return err
	}
	if e.Sender == t.c.self.Device {
		return t.ownEvent(r, e, tag, code)
	}
	if code == "" {
		code, err = t.judgePlace(r, e, tag)
	}
	if code != "" || err != nil {
		return cmpErr(err, t.refuseEvent(e, code))
	}
	k := groupKey{e.Room, e.Generation}
	g, err := t.group(k)
	if err != nil {
		return err
	}
	if g == nil {
		return t.refuseEvent(e, "no_keys")
	}
	m, changes, err := g.Decrypt(e.Message)
	t.apply(k, changes)
	if err != nil {
		if errors.Is(err, mls.ErrState) {
			return err
		}
		return t.refuseEvent(e, messageCode(err))
	}
	r.LastSeq = max(r.LastSeq, e.Seq)
	t.saveRoom(r)
	if m.Epoch < g.Epoch() && !r.inTime(m.Epoch, e.Seq) {
		return t.refuseEvent(e, "ended_epoch")
	}
	return t.accept(r, e, m, tag)
}

// judgePlace returns the word for what is wrong with the number of a message, or "".
// Of messages with a stamp no two have one number, whatever the order in which they
// come: a huge one doesn't keep out what follows. Without a stamp a number is only
// the word of whoever delivers, and each is higher than those before.
func (t *tx) judgePlace(r *roomRecord, e *wire.Envelope, tag []byte) (string, error) {
	if e.Seq > r.LastSeq || e.Generation != r.Generation {
		return "", nil
	}
	if tag == nil {
		return "replayed", nil
	}
	_, ev, err := t.findEvidence(r.Room, e.Seq)
	if ev != nil {
		return "replayed", err
	}
	return "", err
}

// ownEvent processes a message of this device that came back: with the server's
// stamp on it it can be shown to others.
func (t *tx) ownEvent(r *roomRecord, e *wire.Envelope, tag []byte, code string) error {
	if err := t.settleOwn(e); err != nil {
		return err
	}
	if code != "" {
		return t.refuseEvent(e, code)
	}
	if tag == nil {
		return nil
	}
	return t.stampOwn(r, e, tag)
}

// messageCode is the word for a message that can't be opened.
func messageCode(err error) string {
	for _, known := range []struct {
		err  error
		code string
	}{
		{mls.ErrReplayed, "replayed"},
		{mls.ErrTooFarAhead, "too_far_ahead"},
		{mls.ErrOwnMessage, "forged_sender"},
		{mls.ErrWrongGroup, "wrong_room"},
		{mls.ErrEpochGone, "no_keys"},
		{mls.ErrFutureEpoch, "no_keys"},
	} {
		if errors.Is(err, known.err) {
			return known.code
		}
	}
	return "bad_message"
}

// accept checks an authentic message against what its sender claims, and keeps
// it. What doesn't check is not shown.
func (t *tx) accept(r *roomRecord, e *wire.Envelope, m *mls.Message, tag []byte) error {
	device, _, err := parseLeaf(m.SenderIdentity, m.SenderSignatureKey)
	if err != nil || device != e.Sender || m.Epoch != e.Epoch {
		return t.refuseEvent(e, "forged_sender")
	}
	msg, id, errContent := content.Decode(m.Data)
	both := []string{msgKey(r.Room, e.Seq, 0), idKey(id)} // of which one is asked for here, and one by judge
	if err := gather(t, both, func(key string) string { return key }); err != nil {
		return err
	}
	free, err := t.free(r.Room, e.Seq)
	if err != nil {
		return err
	}
	if !free {
		return t.refuseEvent(e, "replayed")
	}
	kept := &Message{
		Version: messageVersion, Room: r.Room, From: device.Account(), FromDevice: device,
		AtMS: e.AcceptedMS, Seq: e.Seq, State: StateReceived,
	}
	if errContent != nil {
		kept.Kind, kept.ID = KindUnreadable, tombstoneID(m.Data)
		if err := t.refuseEvent(e, "bad_content"); err != nil {
			return err
		}
		return t.keep(r, kept)
	}
	code, err := t.judge(msg, id, kept)
	if err != nil {
		return err
	}
	if tag != nil && franking.CheckTag(tag, msg.Salt[:], m.Data) != nil {
		code = "bad_tag" // its author wanted to say what can't be reported
	}
	if code != "" {
		return t.refuseEvent(e, code)
	}
	if tag != nil {
		if err := t.franked(r); err != nil {
			return err
		}
	}
	if err := t.checkViews(device, msg.Extensions.Lists); err != nil {
		return err
	}
	if err := t.answered(r, kept); err != nil {
		return err
	}
	wants, err := t.wants(r, kept.From)
	if err != nil || !wants {
		return err
	}
	if tag != nil && reportable(msg.Summary().Kind) {
		if err := t.keepReceived(r, e, m); err != nil {
			return err
		}
	}
	return t.heed(r, kept, msg, id)
}

// heed does what a message that checks is for: what isn't shown by itself changes
// something, all else is kept.
func (t *tx) heed(r *roomRecord, kept *Message, msg *content.Message, id MessageID) error {
	s := msg.Summary()
	switch s.Kind {
	case KindStatus:
		return t.heedReports(r, kept, msg)
	case KindRoom:
		return t.heedSettings(r, kept, msg)
	case KindProfile:
		return t.heedProfile(r, kept, msg)
	case KindState:
		return t.heedStates(r, kept, msg)
	}
	if kept.From != t.c.self.Account {
		if err := t.owe(r, id); err != nil {
			return err
		}
	}
	kept.ID, kept.Kind, kept.Text, kept.InReplyTo, kept.Replaces = id, s.Kind, s.Text, s.InReplyTo, s.Replaces
	kept.Plain, kept.Forwarded = !s.Markdown, msg.Extensions.Forwarded
	if err := t.takeMedia(kept, msg); err != nil {
		return err
	}
	if err := t.expiry(kept, msg.Expires); err != nil {
		return err
	}
	if err := t.noteMention(r, kept); err != nil {
		return err
	}
	t.c.wrote(r.Room, kept.From)
	return t.keep(r, kept)
}

// keep adds a message and saves its room. Of somebody who is blocked it makes nothing new.
func (t *tx) keep(r *roomRecord, m *Message) error {
	shunned, err := t.shunned(r, m.From)
	if err != nil {
		return err
	}
	before := r.ActivityMS
	if err := t.addMessage(r, m, !shunned); err != nil {
		return err
	}
	if shunned {
		r.ActivityMS = before
	}
	t.saveRoom(r)
	return nil
}

// tombstoneID names what has no message id of its own. It can't be the id of a
// message, whose first byte is 1.
func tombstoneID(data []byte) MessageID {
	id := MessageID(hash("tombstone", data))
	id[0] = 0
	return id
}

// judge returns the word for what is wrong with a message, or "".
func (t *tx) judge(msg *content.Message, id MessageID, kept *Message) (string, error) {
	switch err := msg.Check(kept.From, kept.Room); {
	case errors.Is(err, content.ErrSender):
		return "forged_sender", nil
	case err != nil:
		return "wrong_room", nil
	}
	known, err := t.get(idKey(id))
	if err != nil {
		return "", err
	}
	if known != nil && string(known) != earlyMark {
		return "duplicate", nil
	}
	if msg.Replaces.IsZero() {
		return "", nil
	}
	target, err := t.byID(msg.Replaces)
	if err != nil || target == nil {
		return "", err
	}
	if target.Room != kept.Room || !msg.MayReplace(target.From) {
		return "not_author", nil
	}
	return "", nil
}
