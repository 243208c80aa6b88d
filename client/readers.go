package client

import (
	"context"
	"encoding/hex"
	"slices"

	"parley/content"
	"parley/identity"
	"parley/mls"
)

// A Reader is somebody who can read a room: with every device that has a leaf in
// its group.
type Reader struct {
	Person
	Role         Role
	Devices      []ReaderDevice
	SinceMS      int64  // in the room, Unix milliseconds; 0: not known
	SafetyNumber string // 60 digits in groups of five; empty for the own account
}

// A ReaderDevice is a leaf of a room's group.
type ReaderDevice struct {
	Device  identity.Device
	Name    string // as its owner's list says; empty where no list that is known has it
	AddedMS int64  // to that list, Unix milliseconds; 0: not known
	This    bool
}

// Readers is who can read a room, by the group that this device is in: not what the
// server says.
type Readers struct {
	People []Reader // in the order of their accounts, the own one included
	Epoch  uint64
	Suite  string
}

// Readers returns who can read a room. It returns ErrUnknownRoom, ErrNotMember or
// ErrNotJoined.
func (c *Client) Readers(ctx context.Context, room identity.Room) (*Readers, error) {
	var out *Readers
	err := c.step(ctx, func(t *tx) error {
		r, err := t.room(room)
		switch {
		case err != nil:
			return err
		case r == nil:
			return ErrUnknownRoom
		case r.Status == statusLeft:
			return ErrNotMember
		}
		g, err := t.group(r.group())
		if err != nil {
			return err
		}
		if g == nil {
			return ErrNotJoined
		}
		out, err = t.readers(r, g)
		return err
	})
	return out, err
}

func (t *tx) readers(r *roomRecord, g *mls.Group) (*Readers, error) {
	out := &Readers{Epoch: g.Epoch(), Suite: g.Suite().Name()}
	ms, err := members(g)
	if err != nil {
		return nil, err
	}
	var since sinceRecord
	if _, err := t.load(sincePrefix+r.Room.ID(), &since); err != nil {
		return nil, err
	}
	admins, hasRoles, err := t.admins(r)
	if err != nil {
		return nil, err
	}
	for _, a := range accountsOf(ms) {
		p, err := t.person(a)
		if err != nil {
			return nil, err
		}
		reader := Reader{Person: *p, Role: RoleMember}
		if hasRoles && slices.Contains(admins, a) {
			reader.Role = RoleAdmin
		}
		for _, s := range since.People {
			if s.Account == a {
				reader.SinceMS = s.AtMS
			}
		}
		if reader.Devices, err = t.readerDevices(a, ms); err != nil {
			return nil, err
		}
		if !p.Own {
			if reader.SafetyNumber, err = t.safetyNumber(a); err != nil {
				return nil, err
			}
		}
		out.People = append(out.People, reader)
	}
	return out, nil
}

// readerDevices returns the leaves of an account, with what its list says of them.
func (t *tx) readerDevices(a identity.Account, ms []member) ([]ReaderDevice, error) {
	k, err := t.contact(a)
	if err != nil {
		return nil, err
	}
	var out []ReaderDevice
	for _, m := range ms {
		if m.device.Account() != a {
			continue
		}
		d := ReaderDevice{Device: m.device, This: m.device == t.c.self.Device}
		for _, list := range []*identity.DeviceList{k.Chain.Previous, k.Chain.Current} {
			if list == nil {
				continue
			}
			for _, l := range list.Devices {
				if l.Device == m.device {
					d.Name, d.AddedMS = l.Name, int64(l.AddedAt)
				}
			}
		}
		out = append(out, d)
	}
	return out, nil
}

// safetyNumber returns the number by the lists that are known; "" where there are
// none of the other side.
func (t *tx) safetyNumber(a identity.Account) (string, error) {
	own, err := t.contact(t.c.self.Account)
	if err != nil {
		return "", err
	}
	other, err := t.contact(a)
	if err != nil || own.Chain.Current == nil || other.Chain.Current == nil {
		return "", err
	}
	return identity.SafetyNumber(own.Chain.Current, other.Chain.Current), nil
}

// Verify says that the person has compared a safety number with an account's person,
// as [Client.Readers] showed it; or, with an empty one, that it no longer counts.
// It returns ErrNoNumber where number isn't the one that there is now.
func (c *Client) Verify(ctx context.Context, name, number string) error {
	a, err := c.Resolve(name)
	if err != nil {
		return err
	}
	err = c.step(ctx, func(t *tx) error {
		now, err := t.safetyNumber(a)
		if err != nil {
			return err
		}
		if number != "" && number != now || a == c.self.Account {
			return ErrNoNumber
		}
		mark := ""
		if number != "" {
			if mark, err = t.listMark(a); err != nil {
				return err
			}
		}
		return t.setState(content.State{Kind: content.StateVerified, Subject: string(a), Text: mark})
	})
	return cmpErr(err, c.soon(ctx))
}

// listMark returns what is kept of an account that was verified: its list as it
// was, in words. The own list isn't part of it: how that changes its person knows.
func (t *tx) listMark(a identity.Account) (string, error) {
	k, err := t.contact(a)
	if err != nil || k.Chain.Current == nil {
		return "", err
	}
	return hex.EncodeToString(k.Chain.Current.Hash()), nil
}

// noticeVerified tells in an account's rooms that it was verified before its list
// changed, and isn't the same any more. before is its listMark until then.
func (t *tx) noticeVerified(a identity.Account, before string) error {
	s, err := t.state(content.StateVerified, string(a))
	if err != nil || s.Text == "" || s.Text != before {
		return err
	}
	rooms, err := t.rooms()
	if err != nil {
		return err
	}
	for _, r := range rooms {
		if r.Status != statusActive || !slices.Contains(r.Accounts, a) {
			continue
		}
		if err := t.notice(r, stamp{r.LastSeq, t.c.nowMS(), ""}, NoticeVerified, string(a)); err != nil {
			return err
		}
		t.saveRoom(r)
	}
	return nil
}
