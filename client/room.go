package client

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"parley/identity"
	"parley/internal/cbor"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// A roomStatus says where this device stands in a room.
type roomStatus string

const (
	statusOpening roomStatus = "opening" // made here, not yet confirmed by the server
	statusActive  roomStatus = "active"
	statusLeft    roomStatus = "left" // this device has no leaf any more
)

// A roomRecord is what is kept of a room besides its MLS group.
type roomRecord struct {
	_           struct{} `cbor:",toarray"`
	Version     uint8    // of this record: 1
	Room        identity.Room
	Generation  uint32 // of its newest group
	Kind        wire.Kind
	Status      roomStatus
	FrankingKey []byte // pinned when it was joined
	LastSeq     uint64 // of the newest event
	MaxEpoch    uint64 // the newest epoch of Generation that was heard of: no rejoining before it
	SeenSeq     uint64 // of the newest message of a person, for the next message's LastSeen
	SeenID      MessageID
	LastKey     string // of the newest Message to show; empty: none
	Unread      int
	ReadSeq     uint64
	ActivityMS  int64 // of the newest message
	UpdatedMS   int64 // when this device last changed its leaf; 0: has to now
	Fault       fault
	Rejoins     []rejoinRecord // after bad commits, newest last, at most [maxRejoins]
	Ended       []epochEnd     // the epochs of whose keys some may be kept, newest last

	roster `cbor:"-"` // in a record of its own: a message doesn't rewrite it
	stored []byte     // that record, as it was read or written last
}

// A roster is who is in a room.
type roster struct {
	_         struct{}           `cbor:",toarray"`
	OpenedFor []identity.Account // sorted: the set it was opened for; empty where that isn't known
	Accounts  []identity.Account // sorted: who is in it
}

// An epochEnd says which number the commit had that ended an epoch. No message of
// that epoch has a higher one.
type epochEnd struct {
	_          struct{} `cbor:",toarray"`
	Generation uint32
	Epoch      uint64
	Seq        uint64
}

// ended remembers the end of an epoch of the current generation.
func (r *roomRecord) ended(epoch, seq uint64) {
	r.Ended = append(r.Ended, epochEnd{Generation: r.Generation, Epoch: epoch, Seq: seq})
	r.Ended = r.Ended[max(0, len(r.Ended)-mls.MaxPastEpochs):]
}

// inTime reports whether a message with a number was sent before its epoch ended.
func (r *roomRecord) inTime(epoch, seq uint64) bool {
	return slices.ContainsFunc(r.Ended, func(e epochEnd) bool {
		return e.Generation == r.Generation && e.Epoch == epoch && seq < e.Seq
	})
}

// A fault says why this device can't go on in a room as it is.
type fault struct {
	_      struct{} `cbor:",toarray"`
	Code   string   // empty: none
	Author identity.Device
}

// A rejoinRecord remembers whose commit made this device rejoin.
type rejoinRecord struct {
	_      struct{} `cbor:",toarray"`
	Author identity.Device
	AtMS   int64
}

// maxRejoins bounds what is remembered of rejoins.
const maxRejoins = 8

func (r *roomRecord) group() groupKey { return groupKey{r.Room, r.Generation} }

func roomKey(r identity.Room) string { return roomPrefix + r.ID() }

func rosterKey(r identity.Room) string { return rosterPrefix + r.ID() }

// room returns the record of a room, or nil.
func (t *tx) room(r identity.Room) (*roomRecord, error) {
	rec, err := t.loadRoom(roomKey(r))
	if err != nil || rec == nil || rec.Room != r {
		return nil, err
	}
	return rec, nil
}

func (t *tx) loadRoom(key string) (*roomRecord, error) {
	record, err := t.get(key)
	if err != nil || record == nil {
		return nil, err
	}
	roster, err := t.get(rosterPrefix + strings.TrimPrefix(key, roomPrefix))
	if err != nil {
		return nil, err
	}
	r, err := openRoomRecord(record, roster)
	return r, t.fail(err)
}

// openRoomRecord reads a room and its roster.
func openRoomRecord(record, roster []byte) (*roomRecord, error) {
	r := &roomRecord{stored: roster}
	if err := cbor.UnmarshalOwn(record, r); err != nil {
		return nil, fmt.Errorf("client: record room: %w", err)
	}
	if err := cbor.UnmarshalOwn(roster, &r.roster); err != nil {
		return nil, fmt.Errorf("client: record roster: %w", err)
	}
	return r, nil
}

// saveRoom keeps a room, and its roster where that has changed.
func (t *tx) saveRoom(r *roomRecord) {
	if now := cbor.MustMarshal(&r.roster); !bytes.Equal(now, r.stored) {
		t.put(rosterKey(r.Room), now)
		r.stored = now
	}
	if r.Fault.Code != "" && r.Status != statusLeft {
		t.put(healPrefix+r.Room.ID(), []byte(r.Room)) // found without looking at all rooms
	}
	t.save(roomKey(r.Room), r)
}

// rooms returns all rooms.
func (t *tx) rooms() ([]*roomRecord, error) {
	records, err := t.list(roomPrefix)
	if err != nil {
		return nil, err
	}
	rosters, err := t.list(rosterPrefix)
	if err != nil {
		return nil, err
	}
	byRoom := make(map[string][]byte, len(rosters))
	for _, rec := range rosters {
		byRoom[strings.TrimPrefix(rec.Key, rosterPrefix)] = rec.Value
	}
	out := make([]*roomRecord, 0, len(records))
	for _, rec := range records {
		roster := byRoom[strings.TrimPrefix(rec.Key, roomPrefix)]
		r, err := openRoomRecord(rec.Value, roster)
		if err != nil {
			return nil, t.fail(err)
		}
		t.recall(rec.Key, rec.Value)
		t.recall(rosterKey(r.Room), roster)
		out = append(out, r)
	}
	return out, nil
}

// roomFor returns the room that was opened for a set of accounts and still has
// exactly these, or nil.
func (t *tx) roomFor(set []identity.Account) (*roomRecord, error) {
	rooms, err := t.rooms()
	if err != nil {
		return nil, err
	}
	for _, r := range rooms {
		if r.Status != statusLeft && slices.Equal(r.OpenedFor, set) && slices.Equal(r.Accounts, set) {
			return r, nil
		}
	}
	return nil, nil
}

// A member is one leaf of a group, parsed.
type member struct {
	leaf   public.LeafIndex
	device identity.Device
	key    identity.PublicKey
}

// members returns the leaves of g. All have been through checkLeaf.
func members(g *mls.Group) ([]member, error) {
	var out []member
	for _, m := range g.Members() {
		device, key, err := parseLeaf(m.Identity, m.SignatureKey)
		if err != nil {
			return nil, err
		}
		out = append(out, member{m.Index, device, key})
	}
	return out, nil
}

func parseLeaf(id, key []byte) (identity.Device, identity.PublicKey, error) {
	device, err := identity.ParseDevice(string(id))
	if err != nil {
		return "", identity.PublicKey{}, err
	}
	k, err := identity.ParsePublicKey(key)
	return device, k, err
}

// accountsOf returns the accounts of some leaves, sorted, each once.
func accountsOf(ms []member) []identity.Account {
	var out []identity.Account
	for _, m := range ms {
		out = append(out, m.device.Account())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// set returns the sorted set of accounts that names mean, the own one included.
func (c *Client) set(names []string) ([]identity.Account, error) {
	out := []identity.Account{c.self.Account}
	for _, n := range names {
		a, err := c.Resolve(n)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (t *tx) viewRoom(r *roomRecord) (*Room, error) {
	v := &Room{
		Room: r.Room, Direct: r.Kind == wire.KindDirect, Accounts: r.Accounts,
		Active: r.Status != statusLeft, Unread: r.Unread,
	}
	if err := t.viewAside(r, v); err != nil {
		return nil, err
	}
	if r.Fault.Code != "" {
		v.Problem = "Catching up after a fault: " + r.Fault.Code
	}
	var err error
	if v.ResetOf, err = t.unconfirmedIn(r); err != nil {
		return nil, err
	}
	if err := t.viewTalk(r, v); err != nil {
		return nil, err
	}
	if v.Request && v.Unread > 1 {
		if err := t.foldLast(r, v); err != nil {
			return nil, err
		}
	}
	if r.Status != statusLeft {
		v.Epoch = r.MaxEpoch // a view of a room doesn't load its group
	}
	return v, nil
}

// notice keeps a line about what happened to a room.
func (t *tx) notice(r *roomRecord, at stamp, what Notice, subject string) error {
	return t.noticeValue(r, at, what, subject, "")
}

// noticeValue is notice with a value: a title, seconds, a role.
func (t *tx) noticeValue(r *roomRecord, at stamp, what Notice, subject, value string) error {
	if what == NoticeJoined { // what was before can't be read, and isn't waited for
		if err := t.hasRead(r.Room, identity.Account(subject), at.seq); err != nil {
			return err
		}
	}
	m := &Message{
		Version: messageVersion, Room: r.Room, AtMS: at.ms, Seq: at.seq, Kind: KindNotice, Text: what, Subject: subject,
		Value: value, State: StateReceived,
	}
	if at.by != "" {
		m.From, m.FromDevice = at.by.Account(), at.by
	}
	for part := uint8(1); part < maxNotices; part++ {
		key := msgKey(r.Room, at.seq, part)
		taken, err := t.get(key)
		if err != nil {
			return err
		}
		if taken == nil {
			t.save(key, m)
			return nil
		}
	}
	return nil
}

// maxNotices bounds the notices of one commit.
const maxNotices = 200

// A stamp says when something happened in a room, and by whom.
type stamp struct {
	seq uint64
	ms  int64
	by  identity.Device
}

func stampOf(e *wire.Envelope) stamp { return stamp{e.Seq, e.AcceptedMS, e.Sender} }

// noticeLists has the rooms of an account looked at after its list has changed,
// and tells of a reset.
func (t *tx) noticeLists(k *contact, before uint64) error {
	if before == 0 {
		return nil
	}
	rooms, err := t.rooms()
	if err != nil {
		return err
	}
	for _, r := range rooms {
		if r.Status != statusActive || !slices.Contains(r.Accounts, k.Account) {
			continue
		}
		t.put(healPrefix+r.Room.ID(), []byte(r.Room))
		if k.Chain.Current.Change == identity.Reset && k.Account != t.c.self.Account {
			now := stamp{r.LastSeq, t.c.nowMS(), ""}
			if err := t.notice(r, now, NoticeReset, string(k.Account)); err != nil {
				return err
			}
		}
	}
	return nil
}
