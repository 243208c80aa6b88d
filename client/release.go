package client

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"

	"parley/content"
	"parley/identity"
)

// The server keeps a blob while a message refers to it. That a message is over is
// known to its author's devices alone: they give the blobs up, in the message that
// takes it back, or in one that says nothing.

// A heldRecord is an own message with blobs that is to be over some time: the device
// that sent it gives them up when nobody can need them any more.
type heldRecord struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8    // of this record: 1
	Room     identity.Room
	Seq      uint64
	Blobs    [][]byte
	ViewOnce bool
	TimerS   uint32             // of one that disappears so long after it was read
	ReadMS   int64              // when it was found that everyone has read it; 0: not yet
	UntilMS  int64              // the server gives them up by itself then
	Gone     []identity.Account // who says that it can't be read there any more
}

// isMessageKey reports whether a key is that of a message that has its place.
func isMessageKey(key string) bool { return strings.HasPrefix(key, msgPrefix) }

func refsKey(room identity.Room, blob []byte) string {
	return refPrefix + room.ID() + "/" + hex.EncodeToString(blob) + "/"
}

// keepMedia does what follows from what a message, which gets its place, has beside
// its text: nothing is kept of one that was taken back before it came.
func (t *tx) keepMedia(m *Message) error {
	if m.Media == nil {
		return nil
	}
	gone, err := t.unsent(m)
	if err != nil {
		return err
	}
	if gone {
		m.Media = nil
	}
	t.refer(m)
	return nil
}

// refer notes that a message that has its place is of the own account and refers to
// its blobs. The device that sent one that is to be over holds them until then.
func (t *tx) refer(m *Message) {
	if m.Media == nil || !m.Own(t.c.self.Account) {
		return
	}
	blobs := m.Media.blobs()
	for _, blob := range blobs {
		t.put(refsKey(m.Room, blob)+m.ID.String(), marked)
	}
	if until := m.blobsUntil(); until > 0 && m.FromDevice == t.c.self.Device {
		t.save(heldPrefix+m.ID.String(), &heldRecord{
			Version: 1, Room: m.Room, Seq: m.Seq, Blobs: blobs, ViewOnce: m.Media.ViewOnce, TimerS: m.TimerS, UntilMS: until,
		})
	}
}

// unrefer takes refer back, but for what is held.
func (t *tx) unrefer(m *Message) {
	if m.Media == nil || !m.Own(t.c.self.Account) {
		return
	}
	for _, blob := range m.Media.blobs() {
		t.del(refsKey(m.Room, blob) + m.ID.String())
	}
}

// forgetMedia deletes what is known of a message's blobs with the message. What is
// held stays until it is given up.
func (t *tx) forgetMedia(m *Message) {
	if m.Media == nil {
		return
	}
	t.unrefer(m)
	if m.Media.ViewOnce {
		t.del(t.stateKey(content.StateViewed, m.ID.String()))
	}
}

// unneeded returns those of blobs to which no own message in a room refers but id,
// nor one that waits to be sent: it comes before what gives them up.
func (t *tx) unneeded(room identity.Room, blobs [][]byte, id MessageID) (out [][]byte, err error) {
	if len(blobs) == 0 {
		return nil, nil
	}
	waiting, err := t.outbox()
	if err != nil {
		return nil, err
	}
	still := map[string]bool{}
	for _, q := range waiting {
		if m := &q.Message; m.Room == room && m.ID != id && m.State != StateFailed && m.State != stateDiscarded {
			for _, blob := range m.Media.blobs() {
				still[string(blob)] = true
			}
		}
	}
	for _, blob := range blobs {
		if still[string(blob)] {
			continue
		}
		prefix := refsKey(room, blob)
		refs, err := t.list(prefix)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(refs, func(rec Record) bool { return rec.Key != prefix+id.String() }) {
			out = append(out, blob)
		}
	}
	return out, nil
}

// giveUp has by, which is about to be queued, give up the blobs of the message that
// it takes back.
func (t *tx) giveUp(target MessageID, by *Message) error {
	if by.Kind != KindUnsend || target.IsZero() {
		return nil
	}
	m, err := t.byID(target)
	if err != nil || m == nil || m.Room != by.Room || !m.Own(t.c.self.Account) {
		return err
	}
	release, err := t.unneeded(m.Room, m.Media.blobs(), m.ID)
	if err == nil && len(release) > 0 {
		by.Media = &Media{Release: release}
		t.del(heldPrefix + m.ID.String())
	}
	return err
}

// heedHeld notes what another account reports of a held message: that it has read it,
// though it is gone here, or that it can't be looked at there any more.
func (t *tx) heedHeld(r *roomRecord, rep content.Report, by identity.Account) error {
	if rep.Status != content.StatusRead && rep.Status != content.StatusExpired {
		return nil
	}
	key := heldPrefix + rep.ID.String()
	var h heldRecord
	found, err := t.load(key, &h)
	if err != nil || !found || h.Room != r.Room || !slices.Contains(r.Accounts, by) {
		return err
	}
	if rep.Status == content.StatusRead {
		return t.hasRead(r.Room, by, h.Seq)
	}
	if !slices.Contains(h.Gone, by) {
		h.Gone = append(h.Gone, by)
		t.save(key, &h)
	}
	return nil
}

// releaseHeld gives up the blobs of messages that are over for everyone, each in a
// message that says nothing.
func (c *Client) releaseHeld(ctx context.Context) error {
	return c.step(ctx, func(t *tx) error {
		held, err := t.list(heldPrefix)
		if err != nil {
			return err
		}
		for _, rec := range held {
			var h heldRecord
			if _, err := t.load(rec.Key, &h); err != nil {
				return err
			}
			id, err := content.ParseMessageID(strings.TrimPrefix(rec.Key, heldPrefix))
			if err != nil {
				return t.fail(err)
			}
			if err := t.releaseOne(rec.Key, &h, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// releaseOne gives up what h holds if it is time.
func (t *tx) releaseOne(key string, h *heldRecord, id MessageID) error {
	r, err := t.room(h.Room)
	if err != nil {
		return err
	}
	if r == nil || r.Status != statusActive || t.c.nowMS() >= h.UntilMS {
		t.del(key)
		return nil
	}
	over, err := t.over(key, h, r)
	if err != nil || !over {
		return err
	}
	release, err := t.unneeded(h.Room, h.Blobs, id)
	if err != nil {
		return err
	}
	t.del(key)
	if len(release) == 0 {
		return nil
	}
	_, err = t.composeReleasing(h.Room, func(ext content.Extensions, _ *tx) (*content.Message, error) {
		return content.NewSilence(ext), nil
	}, release)
	return err
}

// over reports whether nobody can look at a held message any more. That everyone has
// read one that disappears is noted: their time began then, at the latest.
func (t *tx) over(key string, h *heldRecord, r *roomRecord) (bool, error) {
	if h.ViewOnce {
		return !slices.ContainsFunc(r.Accounts, func(a identity.Account) bool {
			return a != t.c.self.Account && !slices.Contains(h.Gone, a)
		}), nil
	}
	alone := !slices.ContainsFunc(r.Accounts, func(a identity.Account) bool { return a != t.c.self.Account })
	if h.ReadMS == 0 {
		readBy, err := t.readByAll(r)
		if err != nil || readBy < h.Seq && !alone {
			return false, err
		}
		h.ReadMS = t.c.nowMS()
		t.save(key, h)
	}
	return t.c.nowMS() >= h.ReadMS+int64(h.TimerS)*1000, nil
}
