package client

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/content"
	"parley/identity"
	"parley/mls"
	"parley/wire"
)

// A roomInfo is what the people in a room have set for all of it, each with its
// place in the room: the last one counts.
type roomInfo struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8    // of this record: 1
	Title      string
	TitleSeq   uint64
	Picture    []byte
	PictureSeq uint64
	TimerS     uint32
	TimerSeq   uint64
}

func infoKey(room identity.Room) string { return infoPrefix + room.ID() }

// info returns what is set for a room; a zero one if nothing is.
func (t *tx) info(room identity.Room) (*roomInfo, error) {
	i := &roomInfo{Version: 1}
	_, err := t.load(infoKey(room), i)
	return i, err
}

// heedSettings takes in what somebody set for a room, from its place there: a line
// tells of it if it is another one than before. What is said again counts only where
// nothing is known: it may be older than what was set meanwhile, and has no line.
func (t *tx) heedSettings(r *roomRecord, m *Message, msg *content.Message) error {
	s, err := msg.RoomSettings()
	if err != nil {
		return t.refuse(Refusal{Room: m.Room, Seq: m.Seq, Sender: m.FromDevice, Code: "bad_content"})
	}
	i, err := t.info(r.Room)
	if err != nil {
		return err
	}
	at := stamp{m.Seq, m.AtMS, m.FromDevice}
	tell := func(what Notice, value string) error {
		if s.Restated {
			return nil
		}
		return t.noticeValue(r, at, what, string(m.From), value)
	}
	counts := func(seq uint64) bool { return m.Seq > seq && (!s.Restated || seq == 0) }
	if s.Title != nil && !direct(r) && counts(i.TitleSeq) {
		was := i.Title
		i.Title, i.TitleSeq = *s.Title, m.Seq
		if was != i.Title {
			err = errors.Join(err, tell(NoticeTitle, i.Title))
		}
	}
	if s.Picture != nil && !direct(r) && counts(i.PictureSeq) {
		was := i.Picture
		i.Picture, i.PictureSeq = *s.Picture, m.Seq
		if string(was) != string(i.Picture) {
			err = errors.Join(err, tell(NoticePicture, ""))
		}
	}
	if s.TimerS != nil && counts(i.TimerSeq) {
		was := i.TimerS
		i.TimerS, i.TimerSeq = *s.TimerS, m.Seq
		if was != i.TimerS {
			err = errors.Join(err, tell(NoticeTimer, strconv.FormatUint(uint64(i.TimerS), 10)))
		}
	}
	if err != nil {
		return err
	}
	t.save(infoKey(r.Room), i)
	t.saveRoom(r)
	return nil
}

// outdate notes that what is set for a room may be another thing by now: this
// account was out of it, and is told again.
func (t *tx) outdate(room identity.Room) error {
	i, err := t.info(room)
	if err != nil || i.TitleSeq|i.PictureSeq|i.TimerSeq == 0 {
		return err
	}
	i.TitleSeq, i.PictureSeq, i.TimerSeq = 0, 0, 0
	t.save(infoKey(room), i)
	return nil
}

func direct(r *roomRecord) bool { return r.Kind == wire.KindDirect }

// SetRoomInfo sets title, picture or timer of a room, for everyone in it. Of a
// direct room only the timer. Errors as of [Client.Send], and ErrDirect,
// content.ErrLimit and content.ErrMalformed.
func (c *Client) SetRoomInfo(ctx context.Context, room identity.Room, s content.RoomSettings) error {
	s.Restated = false
	_, err := c.send(ctx, room, func(ext content.Extensions, t *tx) (*content.Message, error) {
		r, err := t.room(room)
		if err != nil {
			return nil, err
		}
		if r != nil && direct(r) && (s.Title != nil || s.Picture != nil) {
			return nil, ErrDirect
		}
		return content.NewRoomSettings(ext, s)
	})
	return err
}

// restated has what is set for a room told to those who were added to it.
func (t *tx) restated(r *roomRecord) error {
	i, err := t.info(r.Room)
	if err == nil && (i.TitleSeq > 0 || i.PictureSeq > 0 || i.TimerSeq > 0) {
		t.put(restatePrefix+r.Room.ID(), []byte(r.Room))
	}
	return err
}

// restate puts what has to be told to new people into the outbox.
func (c *Client) restate(ctx context.Context) error {
	return c.step(ctx, func(t *tx) error {
		records, err := t.list(restatePrefix)
		if err != nil {
			return err
		}
		for _, rec := range records {
			t.del(rec.Key)
			r, err := t.room(identity.Room(rec.Value))
			if err != nil {
				return err
			}
			if r == nil || r.Status != statusActive {
				continue
			}
			if err := t.composeRestated(r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) composeRestated(r *roomRecord) error {
	i, err := t.info(r.Room)
	if err != nil {
		return err
	}
	s := content.RoomSettings{Restated: true}
	if i.TitleSeq > 0 {
		s.Title = &i.Title
	}
	if i.PictureSeq > 0 {
		s.Picture = &i.Picture
	}
	if i.TimerSeq > 0 {
		s.TimerS = &i.TimerS
	}
	_, err = t.compose(r.Room, func(ext content.Extensions, _ *tx) (*content.Message, error) {
		return content.NewRoomSettings(ext, s)
	})
	return err
}

// A sinceRecord says since when people are in a room.
type sinceRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // of this record: 1
	People  []personSince
}

type personSince struct {
	_       struct{} `cbor:",toarray"`
	Account identity.Account
	AtMS    int64 // Unix milliseconds: 0 is not known
}

// noteSince notes who came into a room at a time, and who went.
func (t *tx) noteSince(r *roomRecord, atMS int64) error {
	rec := sinceRecord{Version: 1}
	if _, err := t.load(sincePrefix+r.Room.ID(), &rec); err != nil {
		return err
	}
	var now []personSince
	for _, a := range r.Accounts {
		i := slices.IndexFunc(rec.People, func(p personSince) bool { return p.Account == a })
		if i >= 0 {
			now = append(now, rec.People[i])
		} else {
			now = append(now, personSince{Account: a, AtMS: atMS})
		}
	}
	rec.People = now
	t.save(sincePrefix+r.Room.ID(), &rec)
	return nil
}

// A merged is a commit that has become the room's state.
type merged struct {
	s             *mls.StagedCommit
	before, after []member
	roles         *wire.Roles // before; nil: the room has none
	at            stamp
}

// afterMerge does what follows from a commit: who was added is told what they
// missed, by whom added them or by each person of itself.
func (t *tx) afterMerge(r *roomRecord, m merged) error {
	if err := t.noteSince(r, m.at.ms); err != nil {
		return err
	}
	s := m.s
	added, _ := diffMembers(m.before, m.after)
	if t.selfRoom(r) {
		if s.Own() && len(s.Added()) > 0 || s.External() {
			t.shareAll()
		}
		return nil
	}
	if s.Own() && len(s.Added()) > 0 {
		if err := t.restated(r); err != nil {
			return err
		}
	}
	was := accountsOf(m.before)
	if slices.ContainsFunc(added, func(m member) bool { return !slices.Contains(was, m.device.Account()) }) {
		if waits, err := t.waits(r); err != nil || waits {
			return err
		}
		t.tellProfile(r, false)
	}
	roles, err := rolesOf(s.Context().Extensions)
	if err != nil {
		return err
	}
	return t.noticeRoles(r, m.roles, roles, m.at)
}
