package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

const (
	alice = identity.Account("mimi://example.org/u/alice")
	bob   = identity.Account("mimi://example.org/u/bob")
	carol = identity.Account("mimi://example.org/u/carol")
)

var errGone = errors.New("memory: gone")

// A memory is a Client that keeps conversations in memory, with alice's device
// on one side and the test on the other.
type memory struct {
	mu      sync.Mutex
	rooms   []*memoryRoom
	clock   time.Time
	offline bool  // what is sent stays queued
	fail    error // what every call that changes something returns
	changed func()
	order   []string // texts in the order of their sending

	reactions map[client.MessageID]reaction
	reported  []client.ReportDraft
	aged      bool // nothing can be proven any more

	page     string   // at which the platform asks for an answer; empty: nothing is asked
	answered []string // what it was
}

func (c *memory) AskedCaptcha() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.page
}

// AnswerCaptcha takes quince.
func (c *memory) AnswerCaptcha(_ context.Context, answer string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered = append(c.answered, answer); answer != "quince" {
		return &wire.Error{Code: wire.CodeBadAnswer}
	}
	c.page, c.fail = "", nil
	return nil
}

func (c *memory) PreviewReport(_ context.Context, d client.ReportDraft) (*client.ReportPreview, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := &client.ReportPreview{Desk: "example.org", About: d.About, Signed: 1}
	for _, r := range c.rooms {
		for _, v := range r.views {
			if slices.Contains(d.Messages, v.ID) && !c.aged {
				p.Messages = append(p.Messages, client.Reportable{ID: v.ID, Text: v.Text})
			}
		}
	}
	return p, c.fail
}

func (c *memory) SendReport(_ context.Context, d client.ReportDraft) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reported = append(c.reported, d)
	return c.fail
}

type reaction struct {
	to    client.MessageID
	emoji string
}

type memoryRoom struct {
	room  client.Room
	views []client.View
	read  uint64
}

var _ Client = (*memory)(nil)

func newMemory() *memory {
	return &memory{reactions: map[client.MessageID]reaction{}, clock: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
}

// add makes a conversation of alice with others.
func (c *memory) add(others ...identity.Account) identity.Room {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.addLocked(others...).room.Room
}

func (c *memory) addLocked(others ...identity.Account) *memoryRoom {
	accounts := append([]identity.Account{alice}, others...)
	slices.Sort(accounts)
	for _, r := range c.rooms {
		if slices.Equal(r.room.Accounts, accounts) {
			return r
		}
	}
	r := &memoryRoom{room: client.Room{
		Room: identity.RandomRoom("example.org"), Direct: len(accounts) == 2, Accounts: accounts, Active: true,
	}}
	c.rooms = append(c.rooms, r)
	return r
}

// say puts a message into a room, as its server would deliver it.
func (c *memory) say(room identity.Room, from identity.Account, text string) client.MessageID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.put(c.find(room), client.Message{From: from, Kind: client.KindText, Text: text})
}

func (c *memory) put(r *memoryRoom, msg client.Message) client.MessageID {
	rand.Read(msg.ID[:])
	msg.Room, msg.AtMS = r.room.Room, c.clock.UnixMilli()
	c.clock = c.clock.Add(time.Minute)
	if msg.From == alice && c.offline {
		msg.State = client.StateQueued
	} else {
		msg.Seq = uint64(len(r.views) + 1)
		msg.State = client.StateReceived
		if msg.From == alice {
			msg.State = client.StateSent
		}
	}
	r.views = append(r.views, client.View{Message: msg, Reactions: map[string][]identity.Account{}})
	return msg.ID
}

func (c *memory) find(room identity.Room) *memoryRoom {
	for _, r := range c.rooms {
		if r.room.Room == room {
			return r
		}
	}
	return nil
}

func (c *memory) view(id client.MessageID) (*memoryRoom, *client.View) {
	for _, r := range c.rooms {
		for i := range r.views {
			if r.views[i].ID == id {
				return r, &r.views[i]
			}
		}
	}
	return nil, nil
}

func (c *memory) Account() identity.Account { return alice }

func (c *memory) Run(ctx context.Context, changed func()) error {
	c.mu.Lock()
	c.changed = changed
	c.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

func (c *memory) Rooms(context.Context) ([]client.Room, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var rooms []client.Room
	for _, r := range c.rooms {
		room := r.room
		for i := range r.views {
			msg := r.views[i].Message
			room.Last = &msg
			if msg.From != alice && msg.Seq > r.read {
				room.Unread++
			}
		}
		rooms = append(rooms, room)
	}
	return rooms, nil
}

func (c *memory) History(_ context.Context, room identity.Room, before uint64, limit int) ([]client.View, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.find(room)
	if r == nil {
		return nil, client.ErrUnknownRoom
	}
	views := slices.Clone(r.views)
	if before > 0 {
		views = slices.DeleteFunc(views, func(v client.View) bool { return v.Seq >= before })
	}
	return views[max(0, len(views)-limit):], nil
}

func (c *memory) Lookup(_ context.Context, id client.MessageID) (*client.View, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, v := c.view(id)
	if v == nil {
		return nil, client.ErrUnknownMessage
	}
	found := *v
	return &found, nil
}

func (c *memory) MarkRead(_ context.Context, room identity.Room, seq uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.find(room).read = seq
	return nil
}

func (c *memory) SendTo(ctx context.Context, names []string, text string) (client.MessageID, error) {
	c.mu.Lock()
	var others []identity.Account
	for _, n := range names {
		a, err := identity.NewAccount("example.org", n)
		if err != nil {
			c.mu.Unlock()
			return client.MessageID{}, err
		}
		others = append(others, a)
	}
	var room identity.Room
	if c.fail == nil {
		room = c.addLocked(others...).room.Room
	}
	c.mu.Unlock()
	return c.Send(ctx, room, text)
}

func (c *memory) Send(_ context.Context, room identity.Room, text string) (client.MessageID, error) {
	return c.send(room, client.Message{From: alice, Kind: client.KindText, Text: text})
}

func (c *memory) send(room identity.Room, msg client.Message) (client.MessageID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return client.MessageID{}, c.fail
	}
	c.order = append(c.order, msg.Text)
	id := c.put(c.find(room), msg)
	if c.offline {
		return id, client.ErrQueued
	}
	return id, nil
}

func (c *memory) Reply(_ context.Context, id client.MessageID, text string) (client.MessageID, error) {
	c.mu.Lock()
	r, v := c.view(id)
	c.mu.Unlock()
	if v == nil {
		return client.MessageID{}, client.ErrUnknownMessage
	}
	return c.send(r.room.Room, client.Message{From: alice, Kind: client.KindText, Text: text, InReplyTo: id})
}

// change applies f to a message.
func (c *memory) change(id client.MessageID, f func(*client.View)) (client.MessageID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, v := c.view(id)
	if v == nil {
		return client.MessageID{}, client.ErrUnknownMessage
	}
	if c.fail != nil {
		return client.MessageID{}, c.fail
	}
	f(v)
	return id, nil
}

func (c *memory) Edit(_ context.Context, id client.MessageID, text string) (client.MessageID, error) {
	return c.change(id, func(v *client.View) { v.Text, v.Edited = text, true })
}

func (c *memory) Unsend(_ context.Context, id client.MessageID) (client.MessageID, error) {
	c.mu.Lock()
	r, ok := c.reactions[id]
	c.mu.Unlock()
	if ok {
		return c.change(r.to, func(v *client.View) { delete(v.Reactions, r.emoji) })
	}
	return c.change(id, func(v *client.View) { v.Text, v.Unsent = "", true })
}

func (c *memory) React(_ context.Context, id client.MessageID, emoji string) (client.MessageID, error) {
	_, err := c.change(id, func(v *client.View) { v.Reactions[emoji] = append(v.Reactions[emoji], alice) })
	if err != nil {
		return client.MessageID{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var own client.MessageID
	rand.Read(own[:])
	c.reactions[own] = reaction{id, emoji}
	return own, nil
}

func (c *memory) ConfirmReset(_ context.Context, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.rooms {
		r.room.ResetOf = slices.DeleteFunc(r.room.ResetOf, func(a identity.Account) bool { return string(a) == name })
	}
	return nil
}

func (c *memory) SafetyNumber(context.Context, string) (string, error) {
	return "00001 00002 00003 00004 00005 00006 00007 00008 00009 00010 00011 00012", nil
}

// explain is Options.Explain for the tests.
func explain(err error) string {
	if errors.Is(err, client.ErrQueued) {
		return "kept in the outbox"
	}
	return err.Error()
}

func start(t *testing.T, c *memory) *screen {
	t.Helper()
	s := &screen{t: t, m: newModel(t.Context(), c, Options{Explain: explain, Location: time.UTC}), c: c}
	s.send(windowSize(80, 24))
	s.do(s.m.Init())
	return s
}
