package client

import (
	"context"

	"parley/content"
	"parley/identity"
	"parley/internal/cbor"
)

// A Person is somebody as this device knows them.
type Person struct {
	Account    identity.Account
	Display    string // of their profile, else the account's name: never empty
	Picture    []byte // WebP, JPEG or PNG; nil: none
	Own        bool
	Known      bool // accepted, or the own account
	Blocked    bool
	Restricted bool // see [Client.Restrict]
	Verified   bool // the safety number was compared, and is the same since
	Changed    bool // it was compared, and isn't the same any more
}

// person returns what is known of an account.
func (t *tx) person(a identity.Account) (*Person, error) {
	p := &Person{Account: a, Display: a.Name(), Own: a == t.c.self.Account}
	profile, err := t.profileOf(a)
	if err != nil {
		return nil, err
	}
	if profile.Display != "" {
		p.Display = profile.Display
	}
	if len(profile.Picture) > 0 {
		p.Picture = profile.Picture
	}
	if p.Own {
		p.Known = true
		return p, nil
	}
	s, err := t.standing(a)
	if err != nil {
		return nil, err
	}
	p.Restricted = s == content.Restricted
	p.Known, p.Blocked = s == content.Accepted || p.Restricted, s == content.Blocked
	p.Verified, p.Changed, err = t.verified(a)
	return p, err
}

// profileKey returns the key of an account's profile.
func (t *tx) profileKey(a identity.Account) string {
	if a == t.c.self.Account {
		return t.stateKey(content.StateProfile, "")
	}
	return t.stateKey(content.StateContact, string(a))
}

// profileOf returns the profile that an account told last; a zero one if none.
func (t *tx) profileOf(a identity.Account) (*content.Profile, error) {
	kind, subject := content.StateContact, string(a)
	if a == t.c.self.Account {
		kind, subject = content.StateProfile, ""
	}
	s, err := t.state(kind, subject)
	p := new(content.Profile)
	if err != nil || len(s.Data) == 0 {
		return p, err
	}
	if err := cbor.Unmarshal(s.Data, p); err != nil {
		return nil, t.fail(err)
	}
	return p, nil
}

// Person returns what is known of an account.
func (c *Client) Person(ctx context.Context, a identity.Account) (*Person, error) {
	var p *Person
	err := c.step(ctx, func(t *tx) (err error) {
		p, err = t.person(a)
		return err
	})
	return p, err
}

// Profile returns the own profile.
func (c *Client) Profile(ctx context.Context) (*content.Profile, error) {
	var p *content.Profile
	err := c.step(ctx, func(t *tx) (err error) {
		p, err = t.profileOf(c.self.Account)
		return err
	})
	return p, err
}

// SetProfile sets the own profile, and tells it to the conversations in which one
// takes part. It returns content.ErrLimit or content.ErrMalformed for one beyond
// its bounds.
func (c *Client) SetProfile(ctx context.Context, p content.Profile) error {
	if err := p.Check(); err != nil {
		return err
	}
	err := c.step(ctx, func(t *tx) error {
		before, err := t.profileOf(c.self.Account)
		if err != nil {
			return err
		}
		data := cbor.MustMarshal(&p)
		if string(cbor.MustMarshal(before)) == string(data) {
			return nil
		}
		if err := t.setState(content.State{Kind: content.StateProfile, Data: data}); err != nil {
			return err
		}
		return t.profileChanged()
	})
	return cmpErr(err, c.soon(ctx))
}

// profileChanged has the own profile told to every conversation that is wanted,
// soon: what changes meanwhile is told with it.
func (t *tx) profileChanged() error {
	rooms, err := t.rooms()
	if err != nil {
		return err
	}
	var last int64
	if _, err := t.load(profileSentKey, &last); err != nil {
		return err
	}
	now := t.c.nowMS()
	at := now
	if next := last + profileInterval.Milliseconds(); next > now && last <= now {
		at = next
	}
	for _, r := range rooms {
		a, err := t.acceptance(r.Room)
		if err != nil {
			return err
		}
		if r.Status == statusActive && len(r.Accounts) > 1 && a != content.Waits && a != content.Unwanted {
			t.save(tellPrefix+r.Room.ID(), &tellRecord{Room: r.Room, AtMS: at})
		}
	}
	t.save(profileSentKey, at)
	return nil
}

// A tellRecord says that the own profile is to be told to a conversation.
type tellRecord struct {
	_    struct{} `cbor:",toarray"`
	Room identity.Room
	AtMS int64 // not before
}

// tellProfile has the own profile told to a conversation, if there is one or always:
// it also says that the conversation is wanted.
func (t *tx) tellProfile(r *roomRecord, always bool) {
	p, err := t.profileOf(t.c.self.Account)
	if err == nil && (always || p.Display != "" || len(p.Picture) > 0) && len(r.Accounts) > 1 {
		t.save(tellPrefix+r.Room.ID(), &tellRecord{Room: r.Room})
	}
}

// profilesDue returns the conversations to which the own profile is to be told now.
func (t *tx) profilesDue() ([]identity.Room, error) {
	records, err := t.list(tellPrefix)
	if err != nil {
		return nil, err
	}
	var out []identity.Room
	for _, rec := range records {
		var tell tellRecord
		if _, err := t.load(rec.Key, &tell); err != nil {
			return nil, err
		}
		if tell.AtMS <= t.c.nowMS() {
			out = append(out, tell.Room)
		}
	}
	return out, nil
}

// sendProfiles puts the own profile into the outbox where it is due.
func (c *Client) sendProfiles(ctx context.Context) error {
	return c.step(ctx, func(t *tx) error {
		due, err := t.profilesDue()
		if err != nil || len(due) == 0 {
			return err
		}
		p, err := t.profileOf(c.self.Account)
		if err != nil {
			return err
		}
		for _, room := range due {
			r, err := t.room(room)
			if err != nil {
				return err
			}
			if r != nil && r.Status == statusOpening {
				continue
			}
			t.del(tellPrefix + room.ID())
			if r == nil || r.Status == statusLeft {
				continue
			}
			if blocked, err := t.blockedIn(r); err != nil || blocked {
				if err != nil {
					return err
				}
				continue // told when that is taken back
			}
			_, err = t.compose(room, func(ext content.Extensions, _ *tx) (*content.Message, error) {
				return content.NewProfile(ext, *p)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// heedProfile takes in what a person tells of itself.
func (t *tx) heedProfile(r *roomRecord, from *Message, msg *content.Message) error {
	p, err := msg.Profile()
	if err != nil {
		return t.refuse(Refusal{Room: from.Room, Seq: from.Seq, Sender: from.FromDevice, Code: "bad_content"})
	}
	if from.From == t.c.self.Account {
		return nil // another own device tells it as state
	}
	_, err = t.learnState(content.State{
		Kind: content.StateContact, Subject: string(from.From), Data: cbor.MustMarshal(p), AtMS: from.AtMS, Device: string(from.FromDevice),
	})
	t.saveRoom(r) // it shows
	return err
}

// verified reports whether an account's safety number was compared, and whether its
// devices are or aren't the same since.
func (t *tx) verified(a identity.Account) (yes, changed bool, err error) {
	s, err := t.state(content.StateVerified, string(a))
	if err != nil || s.Text == "" {
		return false, false, err
	}
	now, err := t.listMark(a)
	if err != nil {
		return false, false, err
	}
	return now == s.Text, now != s.Text, nil
}

// Settings are those that the devices of an account share.
type Settings struct {
	Receipts bool // read receipts are sent, and shown
	Typing   bool // that one types is sent, and shown
	Previews bool // notifications hold the text
	Links    bool // links that one sends go with a preview
}

// settings returns the settings: all on where nothing was set.
func (t *tx) settings() (Settings, error) {
	s := Settings{}
	for name, on := range map[string]*bool{settingReceipts: &s.Receipts, settingTyping: &s.Typing, settingPreviews: &s.Previews, settingLinks: &s.Links} {
		e, err := t.state(content.StateSetting, name)
		if err != nil {
			return s, err
		}
		*on = e.AtMS == 0 || e.Number == 1
	}
	return s, nil
}

// Settings returns the settings that the own devices share.
func (c *Client) Settings(ctx context.Context) (Settings, error) {
	var s Settings
	err := c.step(ctx, func(t *tx) (err error) {
		s, err = t.settings()
		return err
	})
	return s, err
}

// SetSettings sets them, for all own devices.
func (c *Client) SetSettings(ctx context.Context, s Settings) error {
	err := c.step(ctx, func(t *tx) error {
		now, err := t.settings()
		if err != nil {
			return err
		}
		for _, set := range []struct {
			name    string
			was, is bool
		}{{settingReceipts, now.Receipts, s.Receipts}, {settingTyping, now.Typing, s.Typing}, {settingPreviews, now.Previews, s.Previews}, {settingLinks, now.Links, s.Links}} {
			if set.was == set.is {
				continue
			}
			n := int64(-1) // off; 0 was never set
			if set.is {
				n = 1
			}
			if err := t.setState(content.State{Kind: content.StateSetting, Subject: set.name, Number: n}); err != nil {
				return err
			}
		}
		return nil
	})
	return cmpErr(err, c.soon(ctx))
}
