package client

import (
	"math"
	"strconv"

	"parley/content"
	"parley/identity"
	"parley/internal/cbor"
)

// Bounds of the state that the devices of an account share.
const (
	maxStates   = 20_000  // entries kept, contacts' profiles apart
	maxStateMS  = 1 << 52 // of an entry's time: what is later is refused
	maxContacts = 10_000  // profiles kept
)

// Settings that the devices of an account share, by name: 1 is on. The default is
// that of [Settings].
const (
	settingReceipts = "receipts"
	settingTyping   = "typing"
	settingPreviews = "previews"
	settingLinks    = "links"
	settingRequests = "requests" // a device of the account sorts strangers' conversations: see Config.Requests
)

// stateKey returns the key of an entry. Contacts' profiles are large, and apart.
func (t *tx) stateKey(kind content.StateKind, subject string) string {
	if kind == content.StateSticker || kind == content.StatePack {
		return t.stickerKey(kind, subject)
	}
	prefix := statePrefix
	if kind == content.StateContact {
		prefix = profilePrefix
	}
	return prefix + t.c.store.hide(strconv.Itoa(int(kind))+" "+subject)
}

// state returns an entry, or one that was never set.
func (t *tx) state(kind content.StateKind, subject string) (*content.State, error) {
	s := &content.State{Kind: kind, Subject: subject}
	_, err := t.load(t.stateKey(kind, subject), s)
	return s, err
}

// number returns the number of an entry: 0 where it was never set.
func (t *tx) number(kind content.StateKind, subject string) (int64, error) {
	s, err := t.state(kind, subject)
	return s.Number, err
}

// setState sets an entry that this device's person has changed, in the write that
// changes it; the own other devices are told later. It does nothing where the
// value is what it was, unless that isn't known here. AtMS and Device are for it to
// fill in.
func (t *tx) setState(s content.State) error {
	old, err := t.state(s.Kind, s.Subject)
	if err != nil {
		return err
	}
	if old.Number == s.Number && old.Text == s.Text && string(old.Data) == string(s.Data) {
		if s.Kind != content.StateVeiled {
			return nil
		}
		if unknown, err := t.unheardOf(identity.Room(s.Subject)); err != nil || !unknown {
			return err
		}
	}
	s.AtMS, s.Device = max(t.c.nowMS(), old.AtMS+1), string(t.c.self.Device)
	key := t.stateKey(s.Kind, s.Subject)
	t.save(key, &s)
	t.save(stateDuePrefix+key, &dueState{Draft: s.Kind == content.StateDraft})
	return nil
}

// A dueState says that an entry is still to be told to the own other devices.
type dueState struct {
	_     struct{} `cbor:",toarray"`
	Draft bool     // it is told at most every few seconds
}

// learnState takes in an entry that another device set, or that follows from what
// came. It reports whether it counts: a later one that is known stays.
func (t *tx) learnState(s content.State) (bool, error) { return t.takeState(s, false) }

// takeState is learnState; always takes in an entry beyond what is kept, too.
func (t *tx) takeState(s content.State, always bool) (bool, error) {
	key := t.stateKey(s.Kind, s.Subject)
	old := new(content.State)
	found, err := t.load(key, old)
	if err != nil || found && !old.Before(&s) {
		return false, err
	}
	if !found && !always {
		if full, err := t.full(s.Kind); err != nil || full {
			return false, err
		}
	}
	t.save(key, &s)
	t.del(stateDuePrefix + key)
	return true, nil
}

// full reports whether no more entries are kept.
func (t *tx) full(kind content.StateKind) (bool, error) {
	if kind == content.StateContact {
		n, err := t.c.count(t.ctx, profilePrefix)
		return n >= maxContacts, t.fail(err)
	}
	if kind == content.StateSticker || kind == content.StatePack {
		return t.fullOfStickers()
	}
	if known := t.c.known.kinds[statePrefix]; known != nil {
		return len(known) >= maxStates, nil
	}
	records, err := t.list(statePrefix)
	return len(records) >= maxStates, err
}

// heedStates takes in what another device of the account tells.
func (t *tx) heedStates(r *roomRecord, from *Message, msg *content.Message) error {
	bad := Refusal{Room: from.Room, Seq: from.Seq, Sender: from.FromDevice, Code: "bad_content"}
	if from.From != t.c.self.Account || !t.selfRoom(r) {
		return t.refuse(bad) // others tell no state
	}
	entries, err := msg.States()
	if err != nil {
		return t.refuse(bad)
	}
	for i := range entries {
		s := &entries[i]
		if !validState(s) {
			if err := t.refuse(bad); err != nil {
				return err
			}
			continue
		}
		if err := t.heedState(s); err != nil {
			return err
		}
	}
	return nil
}

// heedState takes in one entry that another device of the account tells.
func (t *tx) heedState(s *content.State) error {
	if isHeardAll(s) {
		return t.heardFrom()
	}
	counts, err := t.learnState(*s)
	if err != nil || !counts {
		return err
	}
	return t.stateEffect(s)
}

// validState reports whether an entry is of a known kind and of its form.
func validState(s *content.State) bool {
	if s.AtMS > maxStateMS {
		return false
	}
	n := s.Number
	switch s.Kind {
	case content.StatePerson:
		return isAccount(s.Subject) && 0 <= n && n <= int64(content.Restricted)
	case content.StateVerified:
		return isAccount(s.Subject) && len(s.Text) <= maxSafetyNumber
	case content.StateContact:
		return isAccount(s.Subject) && validProfile(s.Data)
	case content.StateRequest:
		return isRoom(s.Subject) && 0 <= n && n <= int64(content.Unwanted)
	case content.StatePinned, content.StateArchived, content.StateOpened, content.StateVeiled:
		return isRoom(s.Subject) && 0 <= n && n <= 1
	case content.StateMuted:
		return isRoom(s.Subject) && -1 <= n && n <= maxStateMS
	case content.StateDraft:
		return isRoom(s.Subject)
	case content.StateRead, content.StateDeleted:
		return isRoom(s.Subject) && 0 <= n && n <= maxStateMS
	case content.StateSetting:
		return len(s.Subject) <= maxSettingName && math.MinInt32 <= n && n <= math.MaxInt32
	case content.StateViewed:
		_, err := content.ParseMessageID(s.Subject)
		return err == nil && n == 1
	case content.StateSticker:
		return validSticker(s)
	case content.StatePack:
		return validPack(s)
	case content.StateProfile:
		return s.Subject == "" && validProfile(s.Data)
	}
	return false
}

const (
	maxSafetyNumber = 128 // bytes
	maxSettingName  = 64
)

func isAccount(s string) bool { _, err := identity.ParseAccount(s); return err == nil }

func isRoom(s string) bool { _, err := identity.ParseRoom(s); return err == nil }

func validProfile(data []byte) bool {
	var p content.Profile
	return cbor.Unmarshal(data, &p) == nil && p.Check() == nil
}

// stateEffect does what an entry of another device means for the rest of what is
// kept here.
func (t *tx) stateEffect(s *content.State) error {
	switch s.Kind {
	case content.StateViewed:
		return t.viewedElsewhere(s.Subject)
	case content.StatePerson:
		return t.showStanding(identity.Account(s.Subject))
	}
	if !isRoom(s.Subject) {
		return nil
	}
	r, err := t.room(identity.Room(s.Subject))
	if err != nil || r == nil {
		return err
	}
	switch s.Kind {
	case content.StateRead:
		if err := t.readUpTo(r, min(uint64(s.Number), max(r.LastSeq, r.SeenSeq))); err != nil {
			return err
		}
	case content.StateDeleted:
		t.beginWipe(r, uint64(s.Number))
	}
	t.saveRoom(r) // it shows
	return nil
}
