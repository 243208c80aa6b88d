package client

import (
	"context"
	"errors"

	"parley/content"
	"parley/identity"
	"parley/mls"
	"parley/report"
	"parley/wire"
)

// Hostile runs fn on a room's group, with the member's own keys, as no honest
// client would. The changes that fn returns are kept.
func (c *Client) Hostile(ctx context.Context, room identity.Room, fn func(*mls.Group) (mls.Changes, error)) error {
	return c.step(ctx, func(t *tx) error {
		r, g, err := t.ready(room)
		if err != nil {
			return err
		}
		changes, err := fn(g)
		t.apply(r.group(), changes)
		return err
	})
}

// CallAs performs one operation in the client's session.
func CallAs[Reply any](ctx context.Context, c *Client, op wire.Operation, request any) (*Reply, error) {
	return call[Reply](ctx, c, op, request)
}

// Seed returns the device's own key.
func (c *Client) Seed() []byte { return c.self.Seed }

// JudgeCommit returns the word for what is wrong with a commit of a room's current
// epoch by the room's rules, or "". The room stays as it is.
func (c *Client) JudgeCommit(ctx context.Context, room identity.Room, by identity.Device, commit []byte) (code string, err error) {
	undo := errors.New("undo")
	err = c.step(ctx, func(t *tx) error {
		r, g, err := t.ready(room)
		if err != nil {
			return err
		}
		t.fresh = map[identity.Account]bool{}
		for _, a := range r.Accounts {
			t.fresh[a] = true
		}
		s, err := g.Stage(commit)
		if err == nil {
			err = t.checkCommit(r, g, s)
		}
		if err != nil {
			code = commitCode(err)
			return t.refuse(Refusal{Room: room, Sender: by, Code: code})
		}
		return undo
	})
	if errors.Is(err, undo) {
		err = nil
	}
	return code, err
}

// AllRooms returns every room, listed or not.
func (c *Client) AllRooms(ctx context.Context) (out []Room, err error) {
	err = c.step(ctx, func(t *tx) error {
		out = nil
		rooms, err := t.rooms()
		for _, r := range rooms {
			v, err := t.viewRoom(r)
			if err != nil {
				return err
			}
			out = append(out, *v)
		}
		return err
	})
	return out, err
}

// ForgetStates makes the store one of before there was state.
func (c *Client) ForgetStates(ctx context.Context) error {
	return c.step(ctx, func(t *tx) error {
		for _, prefix := range []string{statePrefix, profilePrefix, stateDuePrefix, relatePrefix, tellPrefix, sincePrefix, infoPrefix} {
			records, err := t.list(prefix)
			if err != nil {
				return err
			}
			for _, r := range records {
				t.del(r.Key)
			}
		}
		t.del(adoptedKey)
		return nil
	})
}

// DropOwnLists has the device's home as one of before own lists were kept.
func (c *Client) DropOwnLists(ctx context.Context) error {
	return c.step(ctx, func(t *tx) error {
		t.del(ownListsKey)
		return nil
	})
}

// DropLists has the device's home as one of before an account's lists were kept.
func (c *Client) DropLists(ctx context.Context, a identity.Account) error {
	return c.step(ctx, func(t *tx) error {
		t.del(t.listsKey(a))
		return nil
	})
}

// LearnViewed takes in what another own device tells of a message to be viewed once.
func (c *Client) LearnViewed(ctx context.Context, id MessageID) error {
	return c.step(ctx, func(t *tx) error {
		s := content.State{Kind: content.StateViewed, Subject: id.String(), Number: 1, AtMS: 1, Device: "x"}
		if _, err := t.learnState(s); err != nil {
			return err
		}
		return t.stateEffect(&s)
	})
}

// ForgetStamps makes the store one of before messages were stamped, and opens it.
func (c *Client) ForgetStamps(ctx context.Context) error {
	err := c.step(ctx, func(t *tx) error {
		t.del(frankedKey)
		return nil
	})
	if err != nil {
		return err
	}
	return c.step(ctx, (*tx).adoptUnfranked)
}

// EvidenceItems returns what a report has of some messages.
func (c *Client) EvidenceItems(ctx context.Context, room identity.Room, seqs []uint64) ([]report.Item, error) {
	return c.evidenceItems(ctx, room, seqs)
}

// ForgetMade forgets what is remembered of what was made of records.
func (c *Client) ForgetMade(context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known.memos = memos{}
}

// Pull reads the mailbox to its head.
func (c *Client) Pull(ctx context.Context) error {
	_, err := c.pull(ctx)
	return err
}

// NeverAsked makes the store one of a device that has asked nothing about stamps.
func (c *Client) NeverAsked(ctx context.Context) error {
	return c.step(ctx, func(t *tx) error {
		t.del(stampsKey)
		return nil
	})
}
