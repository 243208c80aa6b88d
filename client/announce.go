package client

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"parley/content"
	"parley/identity"
	"parley/wire"
)

const (
	draftInterval   = 3 * time.Second  // between two tellings of drafts to the own other devices
	profileInterval = 10 * time.Second // between two tellings of a profile to all conversations
	selfInterval    = time.Minute      // between two tries to open the room with oneself
	maxTold         = 48 << 10         // bytes of entries of one message
)

// announce does, before the outbox is sent, what follows from what the person has
// set: it tells the server, the own other devices and the conversations. What
// concerns one of them doesn't hold up the others; the first error is returned.
func (c *Client) announce(ctx context.Context) error {
	if err := c.adopt(ctx); err != nil {
		return err
	}
	first := c.sendRelations(ctx)
	for _, tell := range []func(context.Context) error{c.resumeLeaves, c.resumeWipes, c.sendProfiles, c.restate, c.sendStates, c.releaseHeld, c.sendNewReports} {
		if errors.Is(first, ErrOffline) || ctx.Err() != nil {
			return first
		}
		if err := tell(ctx); err != nil && first == nil && !told(err) {
			first = err
		}
	}
	return first
}

// adopt says, once, that the people of a home that was made before there were
// requests are wanted, and that this device sorts requests if it does.
func (c *Client) adopt(ctx context.Context) error {
	return c.step(ctx, func(t *tx) error {
		if t.c.cfg.Requests {
			on := content.State{Kind: content.StateSetting, Subject: settingRequests, Number: 1}
			if err := t.setState(on); err != nil {
				return err
			}
		}
		done, err := t.get(adoptedKey)
		if err != nil || done != nil {
			return err
		}
		t.put(adoptedKey, []byte{1})
		rooms, err := t.rooms()
		if err != nil {
			return err
		}
		for _, r := range rooms {
			other, direct := t.other(r)
			a, err := t.acceptance(r.Room)
			if err != nil {
				return err
			}
			if !direct || a == content.Waits {
				continue
			}
			if s, err := t.standing(other); err != nil || s != content.Stranger {
				if err != nil {
					return err
				}
				continue
			}
			// Of the first moment: whatever another own device has heard of a person is
			// later.
			wanted := content.State{Kind: content.StatePerson, Subject: string(other), Number: int64(content.Accepted), AtMS: 1}
			if _, err := t.learnState(wanted); err != nil {
				return err
			}
		}
		return nil
	})
}

// announceDue reports whether there is something to announce now.
func (t *tx) announceDue() (bool, error) {
	if snapshot, err := t.get(snapshotKey); err != nil || snapshot != nil {
		return true, err
	}
	for _, prefix := range []string{relatePrefix, leavePrefix, wipePrefix, restatePrefix, reportDuePrefix} {
		if any, err := t.any(prefix); err != nil || any {
			return any, err
		}
	}
	due, err := t.profilesDue()
	if err != nil || len(due) > 0 {
		return len(due) > 0, err
	}
	states, _, err := t.statesDue()
	return len(states) > 0, err
}

// sendStates tells the own other devices what was set here, or, where one was added,
// everything.
func (c *Client) sendStates(ctx context.Context) error {
	share := false
	err := c.step(ctx, func(t *tx) error {
		share = false
		states, all, err := t.statesDue()
		if err != nil || len(states) == 0 && !all {
			return err
		}
		own, err := t.contact(c.self.Account)
		if err != nil {
			return err
		}
		if list := c.effective(own); list != nil && len(list.Devices) > 1 {
			share = true
			return nil
		}
		for _, s := range states {
			t.del(stateDuePrefix + s)
		}
		t.del(snapshotKey)
		return nil
	})
	if err != nil || !share {
		return err
	}
	set := []identity.Account{c.self.Account}
	if tried, err := c.selfTried(ctx, set); err != nil || tried {
		return err
	}
	room, err := c.open(ctx, opening{set: set})
	if err != nil {
		return err
	}
	if err := c.heal(ctx, room); err != nil {
		return err
	}
	return c.step(ctx, func(t *tx) error { return t.composeStates(room) })
}

// selfTried reports whether this device tried to open the account's room with itself
// a moment ago, and notes that it does now: where another own device made the room it
// waits to be added, and each try costs key packages.
func (c *Client) selfTried(ctx context.Context, set []identity.Account) (tried bool, err error) {
	err = c.step(ctx, func(t *tx) error {
		tried = false
		r, err := t.roomFor(set)
		if err != nil || r != nil {
			return err
		}
		var last int64
		if _, err := t.load(selfTriedKey, &last); err != nil {
			return err
		}
		since := t.c.nowMS() - last
		if tried = since >= 0 && since < selfInterval.Milliseconds(); !tried {
			t.save(selfTriedKey, t.c.nowMS())
		}
		return nil
	})
	return tried, err
}

// statesDue returns the keys of the entries to be told now; all of them are to be
// told where a device was added.
func (t *tx) statesDue() (keys []string, all bool, err error) {
	snapshot, err := t.get(snapshotKey)
	if err != nil {
		return nil, false, err
	}
	marks, err := t.list(stateDuePrefix)
	if err != nil {
		return nil, false, err
	}
	var last int64
	if _, err := t.load(draftSentKey, &last); err != nil {
		return nil, false, err
	}
	for _, m := range marks {
		var d dueState
		if _, err := t.load(m.Key, &d); err != nil {
			return nil, false, err
		}
		since := t.c.nowMS() - last
		if !d.Draft || since < 0 || since >= draftInterval.Milliseconds() {
			keys = append(keys, strings.TrimPrefix(m.Key, stateDuePrefix))
		}
	}
	return keys, snapshot != nil, nil
}

// composeStates puts what is due into the outbox.
func (t *tx) composeStates(room identity.Room) error {
	waiting, err := t.outbox()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(waiting, func(q queued) bool { return q.Message.Kind == KindState && q.Message.State == StateQueued }) {
		return nil // what changes until that is sent is told together
	}
	keys, all, err := t.statesDue()
	if err != nil {
		return err
	}
	for _, key := range keys {
		t.del(stateDuePrefix + key)
	}
	if all {
		t.del(snapshotKey)
		return t.tellAll(room)
	}
	entries, err := t.entries(nil, keys)
	if err != nil {
		return err
	}
	return t.tell(room, entries)
}

// tellAll puts everything into the outbox; what says that it was all comes before the
// profiles and stickers, which are large.
func (t *tx) tellAll(room identity.Room) error {
	var all []content.State
	for _, prefix := range []string{statePrefix, profilePrefix, stickerPrefix} {
		records, err := t.list(prefix)
		if err != nil {
			return err
		}
		keys := make([]string, len(records))
		for i, rec := range records {
			keys[i] = rec.Key
		}
		if all, err = t.entries(all, keys); err != nil {
			return err
		}
		if prefix != statePrefix {
			continue
		}
		if unheard, err := t.unheard(); err != nil {
			return err
		} else if !unheard {
			all = append(all, heardAll())
		}
	}
	return t.tell(room, all)
}

// entries appends the entries of keys to what is to be told.
func (t *tx) entries(told []content.State, keys []string) ([]content.State, error) {
	for _, key := range keys {
		var s content.State
		found, err := t.load(key, &s)
		if err != nil {
			return nil, err
		}
		if found && !isHeardAll(&s) { // which an older version kept
			told = append(told, s)
		}
	}
	return told, nil
}

// tell puts entries into the outbox, in their order, in as many messages as it takes.
func (t *tx) tell(room identity.Room, entries []content.State) error {
	var some []content.State
	size := 0
	for _, s := range entries {
		if s.Kind == content.StateDraft {
			t.save(draftSentKey, t.c.nowMS())
		}
		n := len(s.Subject) + len(s.Text) + len(s.Data) + len(s.Device) + 32
		if len(some) == content.MaxStates || size+n > maxTold && len(some) > 0 {
			if err := t.composeState(room, some); err != nil {
				return err
			}
			some, size = nil, 0
		}
		some, size = append(some, s), size+n
	}
	if len(some) == 0 {
		return nil
	}
	return t.composeState(room, some)
}

func (t *tx) composeState(room identity.Room, entries []content.State) error {
	_, err := t.compose(room, func(ext content.Extensions, _ *tx) (*content.Message, error) {
		return content.NewStates(ext, entries)
	})
	return err
}

// shareAll has everything told to the own other devices: one was added.
func (t *tx) shareAll() { t.put(snapshotKey, []byte{1}) }

// soon has what was just written sent: by Run where it goes on, else now. Without a
// connection it stays for later.
func (c *Client) soon(ctx context.Context) error {
	if c.running.Load() > 0 {
		select {
		case c.nudged <- struct{}{}:
		default:
		}
		return nil
	}
	err := c.Sync(ctx)
	var w *wire.Error
	if errors.Is(err, ErrOffline) || errors.As(err, &w) {
		return nil
	}
	return err
}
