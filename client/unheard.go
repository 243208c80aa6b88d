package client

import (
	"parley/content"
	"parley/identity"
)

// A device that was added isn't told at once what its own other devices know: until it
// is, it has not heard. A room of which it knows nothing may be a stranger's, whom another
// device accepted a moment ago, so that it is covered till then. Who wants to see what is
// in it says so, as of any that is covered.

// settingHeard comes behind all entries that are told to a device that was added, of
// which some come later: profiles and stickers. It is said by who knows them all itself,
// and isn't kept.
const settingHeard = "heard"

// heardAll is the entry that says so.
func heardAll() content.State {
	return content.State{Kind: content.StateSetting, Subject: settingHeard, Number: 1}
}

func isHeardAll(s *content.State) bool {
	return s.Kind == content.StateSetting && s.Subject == settingHeard
}

// unheard reports whether the own other devices have yet to tell this one what they know.
func (t *tx) unheard() (bool, error) {
	mark, err := t.get(unheardKey)
	return mark != nil, err
}

// unheardOf reports whether it isn't known here if a room is covered.
func (t *tx) unheardOf(room identity.Room) (bool, error) {
	unheard, err := t.unheard()
	if err != nil || !unheard {
		return false, err
	}
	known, err := t.load(t.stateKey(content.StateVeiled, string(room)), new(content.State))
	return !known, err
}

// veiled reports whether what the others in a room send beside text is covered.
func (t *tx) veiled(r *roomRecord) (bool, error) {
	n, err := t.number(content.StateVeiled, string(r.Room))
	if err != nil || n == 1 || t.selfRoom(r) {
		return n == 1, err
	}
	return t.unheardOf(r.Room)
}

// hasHeard notes that the own other devices have told all, or, alone, that there are none
// any more: then nobody will say of the rooms that there are, which stay covered until
// they are wanted, and of those that come later this device decides.
func (t *tx) hasHeard(alone bool) error {
	unheard, err := t.unheard()
	if err != nil || !unheard {
		return err
	}
	rooms, err := t.rooms()
	if err != nil {
		return err
	}
	for _, r := range rooms {
		unknown, err := t.unheardOf(r.Room)
		if err != nil {
			return err
		}
		if !unknown || t.selfRoom(r) {
			continue
		}
		if alone {
			if err := t.veil(r, true); err != nil {
				return err
			}
		}
		t.saveRoom(r) // it shows
	}
	t.del(unheardKey)
	return nil
}

// heardAlone is hasHeard where k is the own account, which has no other device any more.
func (t *tx) heardAlone(k *contact) error {
	list := t.c.effective(k)
	if list == nil || len(list.Devices) > 1 || k.Account != t.c.self.Account {
		return nil
	}
	return t.hasHeard(true)
}

// heardFrom takes in that another device of the own account has told all.
func (t *tx) heardFrom() error {
	unheard, err := t.unheard()
	if err != nil || !unheard {
		return err
	}
	own, err := t.contact(t.c.self.Account)
	if err != nil {
		return err
	}
	if list := t.c.effective(own); list != nil && len(list.Devices) > 2 {
		t.shareAll() // one that this device has added hasn't heard either
	}
	return t.hasHeard(false)
}
