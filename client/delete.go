package client

import (
	"context"
	"math"

	"parley/content"
	"parley/identity"
)

// wipeBatch bounds the messages that one write deletes.
const wipeBatch = 400

// DeleteRoom deletes conversations, with their messages, here and on the own other
// devices. The people in one aren't told: what an accepted one of them writes
// brings it back, empty. Of a request that is a group one goes out; of another
// group one has to be out, else ErrInGroup.
func (c *Client) DeleteRoom(ctx context.Context, rooms ...identity.Room) error {
	for _, room := range rooms {
		if err := c.leaveRequest(ctx, room); err != nil {
			return err
		}
	}
	err := c.eachRoom(ctx, rooms, func(t *tx, r *roomRecord) error {
		if !direct(r) && r.Status != statusLeft {
			return ErrInGroup
		}
		upTo := max(r.LastSeq, r.SeenSeq, 1)
		for _, s := range []content.State{
			{Kind: content.StateDeleted, Number: int64(upTo)},
			{Kind: content.StateOpened},
			{Kind: content.StateDraft},
			{Kind: content.StatePinned},
			{Kind: content.StateArchived},
		} {
			s.Subject = string(r.Room)
			if err := t.setState(s); err != nil {
				return err
			}
		}
		t.beginWipe(r, upTo)
		t.saveRoom(r)
		return nil
	})
	if err != nil {
		return err
	}
	if err := c.resumeWipes(ctx); err != nil {
		return err
	}
	return c.soon(ctx)
}

// beginWipe takes the messages up to a number out of what is shown; resumeWipes
// deletes them. The caller saves r.
func (t *tx) beginWipe(r *roomRecord, upTo uint64) {
	t.save(wipePrefix+r.Room.ID(), &wipeRecord{Room: r.Room, UpTo: upTo})
	if r.LastKey >= msgKey(r.Room, upTo, math.MaxUint8) {
		r.LastKey, r.Unread = "", 0
	}
	r.ReadSeq = max(r.ReadSeq, upTo)
}

// A wipeRecord says that the messages of a room are to be deleted.
type wipeRecord struct {
	_    struct{} `cbor:",toarray"`
	Room identity.Room
	UpTo uint64 // the newest of them
}

// resumeWipes deletes what was begun to be deleted, in writes of a bounded size.
func (c *Client) resumeWipes(ctx context.Context) error {
	for {
		more := false
		err := c.step(ctx, func(t *tx) error {
			more = false
			records, err := t.list(wipePrefix)
			if err != nil || len(records) == 0 {
				return err
			}
			more = true
			var w wipeRecord
			if _, err := t.load(records[0].Key, &w); err != nil {
				return err
			}
			return t.wipeSome(&w, records[0].Key)
		})
		if err != nil || !more {
			return err
		}
	}
}

// wipeSome deletes the next messages of a wipe, or its record where there are none.
func (t *tx) wipeSome(w *wipeRecord, key string) error {
	if n, err := t.indexed(w.Room); err != nil || n > 0 {
		return cmpErr(err, t.forgetWords(w.Room))
	}
	prefix := msgPrefix + w.Room.ID() + "/"
	// Numbers are inverted in keys: the newest of them comes first.
	after := msgKey(w.Room, w.UpTo, math.MaxUint8)
	records, err := t.c.store.Store.List(t.ctx, prefix, before(after), wipeBatch)
	if err != nil {
		return t.fail(err)
	}
	for _, rec := range records {
		if err := t.wipeMessage(rec.Key); err != nil {
			return err
		}
	}
	if len(records) == 0 {
		t.del(key)
	}
	return nil
}

// before returns a key that is just below key.
func before(key string) string {
	return key[:len(key)-1] + string(key[len(key)-1]-1) + "\xff"
}

// wipeMessage deletes a message with what refers to it.
func (t *tx) wipeMessage(key string) error {
	m, err := t.message(key)
	if err != nil {
		return err
	}
	t.del(key)
	if m == nil || m.ID.IsZero() {
		return nil
	}
	at, err := t.get(idKey(m.ID))
	if err != nil {
		return err
	}
	if string(at) == key {
		t.del(idKey(m.ID))
	}
	if m.Media != nil && m.Media.ViewOnce {
		t.del(t.stateKey(content.StateViewed, m.ID.String()))
	}
	if target := targetOf(m); !target.IsZero() {
		t.del(modKey(target, m.Seq))
	}
	return nil
}

// visible reports whether a room is in the list: not the own one unless a person
// opened it, and not one that was deleted unless something has come since.
func (t *tx) visible(r *roomRecord) (bool, error) {
	if r.LastKey != "" {
		if deleted, err := t.number(content.StateDeleted, string(r.Room)); err != nil || deleted == 0 {
			return true, err
		}
		waits, err := t.waits(r)
		return !waits, err
	}
	opened, err := t.number(content.StateOpened, string(r.Room))
	if err != nil || opened == 1 {
		return true, err
	}
	if t.selfRoom(r) {
		return false, nil
	}
	deleted, err := t.number(content.StateDeleted, string(r.Room))
	return deleted == 0, err
}

// hidden reports whether a room is kept from its person: the request of somebody
// who is blocked, or a group of theirs.
func (t *tx) hidden(r *roomRecord) (bool, error) {
	waits, err := t.waits(r)
	if err != nil || !waits {
		return false, err
	}
	if a, err := t.acceptance(r.Room); err != nil || a == content.Unwanted {
		return true, err
	}
	return t.blockedIn(r)
}
