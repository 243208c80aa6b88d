package client

import (
	"context"

	"parley/content"
	"parley/identity"
)

// inList reports whether a room is shown in the list of conversations.
func (t *tx) inList(r *roomRecord) (bool, error) {
	hidden, err := t.hidden(r)
	if err != nil || hidden {
		return false, err
	}
	return t.visible(r)
}

// viewAside fills in what is known of a room besides its messages and people.
func (t *tx) viewAside(r *roomRecord, v *Room) error {
	i, err := t.info(r.Room)
	if err != nil {
		return err
	}
	v.Title, v.Picture, v.AtMS, v.Own = i.Title, i.Picture, r.ActivityMS, t.selfRoom(r)
	a, err := t.acceptance(r.Room)
	if err != nil {
		return err
	}
	sorts, err := t.sorts()
	if err != nil {
		return err
	}
	v.Request, v.Pending = sorts && a == content.Waits, sorts && a == content.Pending
	if v.Pending {
		if v.Said, err = t.said(r); err != nil {
			return err
		}
	}
	for kind, set := range map[content.StateKind]func(*content.State){
		content.StatePinned:   func(s *content.State) { v.Pinned = s.Number == 1 },
		content.StateArchived: func(s *content.State) { v.Archived = s.Number == 1 },
		content.StateMuted:    func(s *content.State) { v.MutedMS = t.mutedUntil(s.Number) },
		content.StateDraft:    func(s *content.State) { v.Draft = s.Text },
	} {
		s, err := t.state(kind, string(r.Room))
		if err != nil {
			return err
		}
		set(s)
	}
	veiled, err := t.veiled(r)
	if err != nil {
		return err
	}
	v.Veiled = v.Request || veiled
	restricted, err := t.restrictedIn(r)
	v.Archived = v.Archived || restricted
	return err
}

// mutedUntil returns until when a room is muted: 0 where that is over.
func (t *tx) mutedUntil(ms int64) int64 {
	t.until(ms)
	if ms > 0 && ms <= t.c.nowMS() {
		return 0
	}
	return ms
}

// Room returns one conversation, also one that isn't in the list. It returns
// ErrUnknownRoom.
func (c *Client) Room(ctx context.Context, room identity.Room) (*Room, error) {
	var v *Room
	err := c.look(ctx, func(t *tx) error {
		r, err := t.room(room)
		if err == nil && r == nil {
			err = ErrUnknownRoom
		}
		if err == nil {
			v, err = t.viewRoom(r)
		}
		return err
	})
	return v, err
}

// MaxDraft bounds the bytes of a draft.
const MaxDraft = content.MaxStateText

// SetDraft keeps what isn't sent yet of a room; empty: nothing. It returns
// ErrUnknownRoom or ErrTooLong.
func (c *Client) SetDraft(ctx context.Context, room identity.Room, text string) error {
	if len(text) > MaxDraft {
		return ErrTooLong
	}
	return c.setAside(ctx, room, content.State{Kind: content.StateDraft, Text: text})
}

// SetPinned puts a room above the others, or not.
func (c *Client) SetPinned(ctx context.Context, room identity.Room, on bool) error {
	return c.setAside(ctx, room, content.State{Kind: content.StatePinned, Number: flag(on)})
}

// SetArchived puts a room aside, or back.
func (c *Client) SetArchived(ctx context.Context, room identity.Room, on bool) error {
	return c.setAside(ctx, room, content.State{Kind: content.StateArchived, Number: flag(on)})
}

// SetVeiled covers what the others in a room send beside text, or no more.
func (c *Client) SetVeiled(ctx context.Context, room identity.Room, on bool) error {
	return c.setAside(ctx, room, content.State{Kind: content.StateVeiled, Number: flag(on)})
}

// SetMuted keeps a room from notifying until a time, Unix milliseconds; 0: not, -1:
// for ever.
func (c *Client) SetMuted(ctx context.Context, room identity.Room, untilMS int64) error {
	return c.setAside(ctx, room, content.State{Kind: content.StateMuted, Number: max(untilMS, -1)})
}

func flag(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

// setAside sets something of a room that is the own devices' own.
func (c *Client) setAside(ctx context.Context, room identity.Room, s content.State) error {
	s.Subject = string(room)
	err := c.eachRoom(ctx, []identity.Room{room}, func(t *tx, r *roomRecord) error {
		if err := t.setState(s); err != nil {
			return err
		}
		if s.Kind != content.StateDraft { // which shows in the list alone
			t.saveRoom(r)
		}
		return nil
	})
	if err == nil && s.Kind != content.StateDraft {
		err = c.soon(ctx)
	}
	return err
}

// An Opening is a conversation that is wanted.
type Opening struct {
	Names   []string // of the others; none, or the own: the room with oneself
	Group   bool     // a new group, whatever others these people have
	Title   string   // of a group
	Picture []byte   // of a group
}

// Start returns the conversation with some people, making it where there is none:
// the same people are the same room, but for a group, which is a new one each time.
// Errors as of [Client.SendTo], ErrBlocked, content.ErrLimit and content.ErrMalformed.
func (c *Client) Start(ctx context.Context, o Opening) (identity.Room, error) {
	set, err := c.set(o.Names)
	if err != nil {
		return "", err
	}
	s := content.RoomSettings{Title: &o.Title, Picture: &o.Picture}
	if _, err := content.NewRoomSettings(content.Extensions{Sender: c.self.Account, Room: "r"}, s); err != nil {
		return "", err
	}
	room, err := c.openRoom(ctx, opening{set: set, group: o.Group || len(set) > 2})
	if err != nil {
		return "", err
	}
	if o.Group && (o.Title != "" || len(o.Picture) > 0) {
		if err := c.SetRoomInfo(ctx, room, s); err != nil {
			return room, err
		}
	}
	return room, c.setAside(ctx, room, content.State{Kind: content.StateOpened, Number: 1})
}
