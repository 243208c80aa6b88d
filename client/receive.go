package client

import (
	"context"
	"errors"
	"slices"

	"parley/content"
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
		n, need, b.pos = 0, nil, 0
		if _, err := t.load(cursorKey, &b.pos); err != nil {
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
			if n == 0 {
				t.fresh = b.fresh
			}
			if err := t.event(&e.Envelope); err != nil {
				return err
			}
			if len(t.need) > 0 {
				need = slices.Clone(t.need)
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
	if e.Seq <= r.LastSeq && e.Generation == r.Generation {
		return t.refuseEvent(e, "replayed")
	}
	if e.Sender == t.c.self.Device {
		return t.settleOwn(e)
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
	return t.accept(r, e, m)
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
func (t *tx) accept(r *roomRecord, e *wire.Envelope, m *mls.Message) error {
	device, _, err := parseLeaf(m.SenderIdentity, m.SenderSignatureKey)
	if err != nil || device != e.Sender || m.Epoch != e.Epoch {
		return t.refuseEvent(e, "forged_sender")
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
	msg, id, err := content.Decode(m.Data)
	if err != nil {
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
	if code != "" {
		return t.refuseEvent(e, code)
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
	if err := t.expiry(kept, msg.Expires); err != nil {
		return err
	}
	if err := t.noteMention(r, kept); err != nil {
		return err
	}
	t.c.wrote(r.Room, kept.From)
	return t.keep(r, kept)
}

// keep adds a message and saves its room.
func (t *tx) keep(r *roomRecord, m *Message) error {
	if err := t.addMessage(r, m, true); err != nil {
		return err
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

// commitEvent processes a commit, or the first one of a room or generation.
func (t *tx) commitEvent(r *roomRecord, e *wire.Envelope) error {
	if r == nil || r.Status == statusLeft && e.Generation >= r.Generation || e.Generation > r.Generation {
		return t.joinEvent(r, e)
	}
	if e.Generation < r.Generation {
		return nil
	}
	if r.Status == statusOpening {
		if e.Kind == wire.EventOpen && e.Sender == t.c.self.Device {
			return t.opened(r, stampOf(e))
		}
		return t.refuseEvent(e, "bad_event")
	}
	g, err := t.group(r.group())
	if err != nil {
		return err
	}
	switch {
	case g == nil:
		return t.joinEvent(r, e)
	case e.Kind == wire.EventOpen && e.Generation > 0:
		return t.dropGroup(groupKey{e.Room, e.Generation - 1}) // this device opened it: nothing more comes of the one before
	case e.Kind == wire.EventOpen, e.Epoch < g.Epoch():
		return nil // merged when it was acknowledged, or before this device came
	case e.Epoch > g.Epoch():
		r.MaxEpoch = max(r.MaxEpoch, e.Epoch+1)
		t.saveRoom(r)
		return t.faulty(r, e, "", "missed_commit")
	}
	return t.stage(r, g, e)
}

// stage checks a commit of the current epoch and merges it. One that no member
// signed is the server's invention: the room is where it was.
func (t *tx) stage(r *roomRecord, g *mls.Group, e *wire.Envelope) error {
	author, err := t.author(g, e.Message)
	if err != nil {
		return err
	}
	if author == "" && len(t.need) > 0 {
		return nil // judged again with newer lists
	}
	if author == "" {
		return t.refuseEvent(e, "bad_commit")
	}
	r.LastSeq, r.MaxEpoch = max(r.LastSeq, e.Seq), max(r.MaxEpoch, e.Epoch+1)
	t.saveRoom(r)
	s, err := g.Stage(e.Message)
	if err == nil {
		err = t.checkCommit(r, g, s)
	}
	if err == nil && s.External() && string(s.Committer().Identity()) == string(t.c.self.Device) {
		err = mls.ErrOwnCommit // this device's rejoin, whose secrets went with the process that made it
	}
	if err != nil {
		if errors.Is(err, mls.ErrState) {
			return err
		}
		return t.faulty(r, e, author, commitCode(err))
	}
	at := stampOf(e)
	at.by = author
	return t.merge(r, g, s, at)
}

// commitCode is the word for a commit that this device refuses.
func commitCode(err error) string {
	switch {
	case errors.Is(err, errUnlisted):
		return "unlisted_device"
	case errors.Is(err, errRoomRules):
		return "room_rules"
	case errors.Is(err, errOldEpoch):
		return "stale_group_info"
	case errors.Is(err, mls.ErrConfirmationTag):
		return "bad_confirmation_tag"
	case errors.Is(err, mls.ErrOwnCommit):
		return "lost_commit"
	}
	return "bad_commit"
}

// faulty remembers that the room went on by a commit that this device refuses:
// see mend. author is who signed it, "" where that isn't known: what the server
// says is no reason to leave anybody out.
func (t *tx) faulty(r *roomRecord, e *wire.Envelope, author identity.Device, code string) error {
	if len(t.need) > 0 {
		return nil // judged again with newer lists
	}
	if r.Fault.Code != "" && code == "missed_commit" {
		return nil // as it must be
	}
	if r.Fault.Code == "" {
		r.Fault = fault{Code: code, Author: author}
		if author == t.c.self.Device {
			r.Fault.Author = ""
		}
	}
	t.saveRoom(r)
	return t.refuseEvent(e, code)
}
