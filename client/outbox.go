package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"parley/content"
	"parley/identity"
	"parley/mls"
	"parley/wire"
)

// An outEntry is a message that waits to be sent. Its content, and so its id,
// are fixed when it is written; it is encrypted for an epoch only when its turn
// has come, and again if that epoch ends first.
type outEntry struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // of this record: 1
	Content []byte   // application data
	Message Message  // as it will be kept; Seq 0
	Attempt attempt
}

// An attempt is a message encrypted for one epoch. The ratchet has moved past its
// key in the same write that kept it: it is sent as it is or not at all.
type attempt struct {
	_          struct{} `cbor:",toarray"`
	ID         []byte   // of the request, 16 bytes: the same for all attempts of one message
	Generation uint32
	Epoch      uint64
	Bytes      []byte // empty: not encrypted yet
}

// draft is what a person asked to send.
type draft func(ext content.Extensions, t *tx) (*content.Message, error)

// SendTo sends text to the conversation of a set of people, opening it where
// there is none: the same set is the same room, whoever opens it. See
// [Client.Send].
func (c *Client) SendTo(ctx context.Context, names []string, text string) (MessageID, error) {
	if err := checkText(text); err != nil {
		return MessageID{}, err
	}
	set, err := c.set(names)
	if err != nil {
		return MessageID{}, err
	}
	room, err := c.openRoom(ctx, opening{set: set})
	if err != nil {
		return MessageID{}, err
	}
	return c.Send(ctx, room, text)
}

// send puts a message into the outbox, and then tries to send what is there.
func (c *Client) send(ctx context.Context, room identity.Room, d draft) (MessageID, error) {
	var id MessageID
	compose := func(t *tx) (err error) {
		id, err = t.compose(room, d)
		return err
	}
	err := c.step(ctx, compose)
	if err != nil && !errors.Is(err, ErrNotJoined) {
		return MessageID{}, err
	}
	c.netMu.Lock()
	defer c.netMu.Unlock()
	if err != nil {
		if err := c.resumeOpen(ctx, room); err != nil {
			return MessageID{}, err
		}
		if err := c.step(ctx, compose); err != nil {
			return MessageID{}, err
		}
	}
	return id, c.flushUntil(ctx, id)
}

// compose writes a message into the outbox.
func (t *tx) compose(room identity.Room, d draft) (MessageID, error) {
	return t.composeReleasing(room, d, nil)
}

// composeReleasing is compose of a message that gives up some blobs.
func (t *tx) composeReleasing(room identity.Room, d draft, release [][]byte) (MessageID, error) {
	r, err := t.writable(room)
	if err != nil {
		return MessageID{}, err
	}
	m, err := d(t.extensions(r), t)
	if err != nil {
		return MessageID{}, err
	}
	if m.Extensions.Lists, err = t.views(r); err != nil {
		return MessageID{}, err
	}
	s := m.Summary()
	target, err := t.limitLife(r, m, &s)
	if err != nil {
		return MessageID{}, err
	}
	e, err := t.newEntry(room, m, &s)
	if err != nil {
		return MessageID{}, err
	}
	if err := t.mayWrite(r, s.Kind, e.Message.Media.heavy()); err != nil {
		return MessageID{}, err
	}
	e.Message.Media = e.Message.Media.queued(release)
	if target.IsZero() && m.Expires != nil {
		e.Message.TimerS = m.Expires.Seconds
	}
	if err := t.encryptAtOnce(r, e); err != nil {
		return MessageID{}, err
	}
	if s.Kind == KindText {
		t.c.wrote(room, t.c.self.Account)
		if err := t.veil(r, false); err != nil { // who answers wants to see what comes
			return MessageID{}, err
		}
	}
	if err := t.giveUp(target, &e.Message); err != nil {
		return MessageID{}, err
	}
	return e.Message.ID, t.queue(e, target)
}

// writable returns a room to which something can be written.
func (t *tx) writable(room identity.Room) (*roomRecord, error) {
	r, err := t.room(room)
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, ErrUnknownRoom
	case r.Status == statusLeft:
		return nil, ErrNotMember
	case r.Status == statusOpening:
		return nil, ErrNotJoined // it may yet be given up for another one
	}
	return r, nil
}

// newEntry returns the entry of a message that is whole.
func (t *tx) newEntry(room identity.Room, m *content.Message, s *content.Summary) (*outEntry, error) {
	data, id, err := m.Encode()
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrTooLong, err)
	}
	e := &outEntry{Version: 1, Content: data, Attempt: attempt{ID: newID()}, Message: Message{
		Version: messageVersion, ID: id, Room: room, From: t.c.self.Account, FromDevice: t.c.self.Device, AtMS: t.c.nowMS(),
		Kind: s.Kind, Text: s.Text, InReplyTo: s.InReplyTo, Replaces: s.Replaces, State: StateQueued,
		Plain: !s.Markdown, Forwarded: m.Extensions.Forwarded,
	}}
	if s.Kind == KindText {
		e.Message.Media = mediaOf(m)
	}
	return e, nil
}

// queue writes an entry into the outbox. target is the message that it changes, or
// zero.
func (t *tx) queue(e *outEntry, target MessageID) error {
	n, err := t.count(func(n *counters) *uint64 { return &n.Out })
	if err != nil {
		return err
	}
	key := numKey(outPrefix, n)
	t.save(key, e)
	t.put(idKey(e.Message.ID), []byte(key))
	if target.IsZero() {
		return nil
	}
	t.put(modKey(target, unplaced+n), []byte(key))
	return t.touch(target, &e.Message)
}

// unplaced begins the numbers of changes that have no place in their room yet:
// they come after all that have.
const unplaced = 1 << 62

func (t *tx) extensions(r *roomRecord) content.Extensions {
	ext := content.Extensions{Sender: t.c.self.Account, Room: r.Room}
	if r.SeenSeq > 0 {
		ext.LastSeen = content.LastSeen{Seq: r.SeenSeq, ID: r.SeenID}
	}
	return ext
}

// newID returns 16 random bytes.
func newID() []byte {
	id := make([]byte, wire.IDSize)
	rand.Read(id)
	return id
}

// A queued is an outbox entry and its key.
type queued struct {
	key string
	*outEntry
}

// outbox returns what waits, in order.
func (t *tx) outbox() ([]queued, error) {
	records, err := t.list(outPrefix)
	if err != nil {
		return nil, err
	}
	out := make([]queued, 0, len(records))
	for _, rec := range records {
		e := new(outEntry)
		if _, err := t.load(rec.Key, e); err != nil {
			return nil, err
		}
		out = append(out, queued{rec.Key, e})
	}
	return out, nil
}

// flushUntil sends what waits and reports what became of message id.
func (c *Client) flushUntil(ctx context.Context, id MessageID) error {
	cause := c.flush(ctx)
	var state State
	err := c.step(ctx, func(t *tx) error {
		m, err := t.byID(id)
		switch {
		case err == nil && m != nil:
			state = m.State
		case err == nil && cause == nil:
			state = StateSent // of a kind that isn't kept
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case state == StateSent || state == StateDelivered || state == StateRead:
		return nil
	case state == StateFailed && cause != nil:
		return cause
	case cause == nil:
		return ErrQueued
	}
	return fmt.Errorf("%w: %w", ErrQueued, cause)
}

// flush sends what waits, room by room, each in order. A room that can't go on
// now doesn't hold up the others; the first such error is returned.
func (c *Client) flush(ctx context.Context) error {
	var waiting []queued
	err := c.step(ctx, func(t *tx) (err error) {
		waiting, err = t.outbox()
		return err
	})
	if err != nil {
		return err
	}
	var first error
	stuck := map[identity.Room]bool{}
	for _, e := range waiting {
		room := e.Message.Room
		if stuck[room] || e.Message.State == StateFailed || e.Message.State == stateDiscarded {
			continue
		}
		err := c.held(room)
		if err == nil {
			err = c.sendEntry(ctx, e.key, room)
			c.hold(room, err)
		}
		if err != nil {
			stuck[room] = !errors.As(err, new(*finalRefusal))
			if errors.Is(err, ErrBroken) { // for good
				if err := c.step(ctx, func(t *tx) error { return t.failQueued(room) }); err != nil {
					return err
				}
			}
			if first == nil && !silent(e.Message.Kind) {
				first = err
			}
			if errors.Is(err, ErrOffline) || ctx.Err() != nil {
				break
			}
		}
	}
	return first
}

// maxTries bounds how often one message or commit is tried against an epoch that
// goes on moving.
const maxTries = 16

// sendEntry sends one message of the outbox.
func (c *Client) sendEntry(ctx context.Context, key string, room identity.Room) error {
	for range maxTries {
		if err := c.heal(ctx, room); err != nil {
			return err
		}
		request, err := c.encryptEntry(ctx, key)
		if err != nil || request == nil {
			return err
		}
		reply, err := call[wire.SendReply](ctx, c, wire.OpSend, request)
		if err == nil {
			return c.step(ctx, func(t *tx) error { return t.settle(key, reply.Seq, reply.AcceptedMS) })
		}
		if err := c.recoverSend(ctx, key, request, err); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: the room's epoch goes on moving", ErrQueued)
}

// encryptEntry returns the request for an entry, encrypting it where there is no
// attempt for the current epoch. It returns nil where the entry is gone.
func (c *Client) encryptEntry(ctx context.Context, key string) (*wire.SendRequest, error) {
	var request *wire.SendRequest
	err := c.step(ctx, func(t *tx) error {
		request = nil
		var e outEntry
		found, err := t.load(key, &e)
		if err != nil || !found || e.Message.State == StateFailed || e.Message.State == stateDiscarded {
			return err
		}
		r, g, err := t.ready(e.Message.Room)
		if err != nil {
			return err
		}
		if a := &e.Attempt; len(a.Bytes) == 0 || a.Epoch != g.Epoch() || a.Generation != r.Generation {
			if err := t.encrypt(r, g, &e); err != nil {
				return err
			}
			t.save(key, &e)
		}
		request = &wire.SendRequest{
			ID: e.Attempt.ID, Room: r.Room, Generation: r.Generation, Message: e.Attempt.Bytes, Quiet: e.Message.Kind != KindText,
			Blobs: e.Message.Media.blobs(), BlobsUntilMS: e.Message.blobsUntil(), BlobsFrom: e.Message.Media.from(), Release: e.Message.Media.release(),
		}
		return nil
	})
	return request, err
}

// encrypt makes an entry's attempt for the current epoch.
func (t *tx) encrypt(r *roomRecord, g *mls.Group, e *outEntry) error {
	tag, err := tagged(e.Content)
	if err != nil {
		return err // it was written here
	}
	message, changes, err := g.Encrypt(tag, e.Content)
	if err != nil {
		return err
	}
	t.apply(r.group(), changes)
	e.Attempt.Generation, e.Attempt.Epoch, e.Attempt.Bytes = r.Generation, g.Epoch(), message
	return nil
}

// encryptAtOnce encrypts a message in the write that puts it into the outbox,
// where nothing has to come before it: it saves a write of its own.
func (t *tx) encryptAtOnce(r *roomRecord, e *outEntry) error {
	stale, err := t.any(stalePrefix)
	if err != nil || stale {
		return err
	}
	due, err := t.due(r.Room)
	if err != nil || due != (dueWork{}) {
		return err
	}
	_, g, err := t.ready(r.Room)
	if err != nil {
		return nil // said when it is sent
	}
	return t.encrypt(r, g, e)
}

// settle moves an entry from the outbox to its place in the room. It does nothing
// where the entry is gone: the acknowledgement and the mailbox both say it.
func (t *tx) settle(key string, seq uint64, ms int64) error {
	var e outEntry
	found, err := t.load(key, &e)
	if err != nil || !found {
		return err
	}
	m := e.Message
	r, err := t.room(m.Room)
	if err != nil || r == nil {
		return err
	}
	free, err := t.free(m.Room, seq)
	if err != nil {
		return err
	}
	if !free {
		return errNumberTaken
	}
	if err := t.keepOwn(&e, seq, ms); err != nil {
		return err
	}
	m.Seq, m.AtMS, m.State = seq, serverTime(ms), StateSent
	m.Media = m.Media.sent()
	t.del(key)
	if silent(m.Kind) {
		t.del(idKey(m.ID))
		return t.settleSilent(r, &m, e.Content)
	}
	if target := targetOf(&m); !target.IsZero() {
		mods, err := t.list(modPrefix + target.String() + "/")
		if err != nil {
			return err
		}
		for _, mod := range mods {
			if string(mod.Value) == key {
				t.del(mod.Key)
			}
		}
	}
	seen, seenID := r.SeenSeq, r.SeenID
	if err := t.addMessage(r, &m, false); err != nil {
		return err
	}
	if seen > seq { // the mailbox was ahead of the acknowledgement
		r.SeenSeq, r.SeenID = seen, seenID
	}
	t.saveRoom(r)
	return nil
}

// settleSilent does what an own message means that is no line, now that it has its
// place.
func (t *tx) settleSilent(r *roomRecord, m *Message, data []byte) error {
	if m.Kind != KindRoom {
		return nil
	}
	msg, _, err := content.Decode(data)
	if err != nil {
		return err // it was written here
	}
	return t.heedSettings(r, m, msg)
}

// errNumberTaken is a server that gives one number to two messages.
var errNumberTaken = errors.New("client: the server gave one number to two messages")

// settleOwn is settle for a message of this device that came back through the
// mailbox.
func (t *tx) settleOwn(e *wire.Envelope) error {
	entries, err := t.outbox()
	if err != nil {
		return err
	}
	for _, q := range entries {
		if string(q.Attempt.ID) == string(e.ID) {
			err := t.settle(q.key, e.Seq, e.AcceptedMS)
			if errors.Is(err, errNumberTaken) {
				return t.refuseEvent(e, "replayed")
			}
			return err
		}
	}
	return nil
}

// recoverSend does what a refusal asks for and returns nil if the message can be
// tried again.
func (c *Client) recoverSend(ctx context.Context, key string, request *wire.SendRequest, refusal error) error {
	var w *wire.Error
	if !errors.As(refusal, &w) {
		return refusal
	}
	switch w.Code {
	case wire.CodeStaleEpoch, wire.CodeFutureEpoch, wire.CodeGenerationClosed, wire.CodeNotMember, wire.CodeUnknownRoom:
		moved, err := c.pull(ctx)
		if err == nil && !moved {
			moved, err = c.outdated(ctx, key, request)
		}
		if err == nil && !moved && (w.Code == wire.CodeStaleEpoch || w.Code == wire.CodeGenerationClosed) {
			moved, err = c.behind(ctx, request.Room, nil)
		}
		if err == nil && !moved {
			err = refusal
		}
		return err
	case wire.CodeRemovalPending: // somebody asked to go, or a device left its list
		if moved, err := c.pull(ctx); err != nil || moved {
			return err
		}
		return c.recheck(ctx, request.Room)
	case wire.CodeRequestPending: // it waits until they accept
		return cmpErr(c.pendingIn(ctx, request.Room), refusal)
	case wire.CodeTooLarge, wire.CodeBadMessage, wire.CodeBadRequest, wire.CodeNotAccepting, wire.CodeSuspended, wire.CodeNotAllowed,
		wire.CodeUnknownBlob, wire.CodeBlobTaken, wire.CodeQuota:
		err := c.step(ctx, func(t *tx) error {
			var e outEntry
			found, err := t.load(key, &e)
			if err != nil || !found {
				return err
			}
			if (w.Code == wire.CodeNotAccepting || w.Code == wire.CodeSuspended || w.Code == wire.CodeNotAllowed) && !shown(&e.Message) {
				return t.dropEntry(key, &e.Message) // nobody would see that it failed
			}
			e.Message.State = StateFailed
			t.save(key, &e)
			return nil
		})
		if err != nil {
			return err
		}
		return &finalRefusal{w}
	}
	return refusal
}

// A finalRefusal is the server's of one message, which has failed by it. Those
// behind it may go on.
type finalRefusal struct{ refusal *wire.Error }

// Error implements error.
func (r *finalRefusal) Error() string { return r.refusal.Error() }

// Unwrap gives the refusal to callers that match it.
func (r *finalRefusal) Unwrap() error { return r.refusal }

// outdated reports whether request is no longer what is to be sent of an entry:
// the commit that ended its epoch may have come to another process.
func (c *Client) outdated(ctx context.Context, key string, request *wire.SendRequest) (over bool, err error) {
	err = c.step(ctx, func(t *tx) error {
		over = false
		var e outEntry
		found, err := t.load(key, &e)
		if err != nil || !found {
			return err
		}
		r, err := t.room(e.Message.Room)
		if err != nil || r == nil {
			return err
		}
		g, err := t.group(r.group())
		over = g != nil && (!bytes.Equal(e.Attempt.Bytes, request.Message) ||
			e.Attempt.Generation != r.Generation || e.Attempt.Epoch != g.Epoch())
		return err
	})
	return over, err
}
