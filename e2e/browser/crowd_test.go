package browser

import (
	"context"
	"sync"
	"testing"
	"time"

	"parley/client"
	"parley/client/memstore"
	"parley/client/nettransport"
	"parley/content"
	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// A friend is somebody without a browser: a client in this process.
type friend struct {
	*client.Client
	t testing.TB
}

// friend signs somebody up who has a profile and takes part until the test ends.
func (s *site) friend(account, display string) *friend {
	s.t.Helper()
	f := s.stranger(account, display)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = f.Run(ctx, func() {}) })
	s.t.Cleanup(func() { stop(); running.Wait() })
	return f
}

// stranger signs somebody up who has a profile, and does only what they are told.
func (s *site) stranger(account, display string) *friend {
	s.t.Helper()
	transport, err := nettransport.New("http://"+s.address, nettransport.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { transport.Close() })
	self, err := identity.NewAccount("localhost", account)
	if err != nil {
		s.t.Fatal(err)
	}
	login := make([]byte, wire.LoginSize)
	copy(login, account)
	seal, err := client.NewSealKey(login)
	if err != nil {
		s.t.Fatal(err)
	}
	cfg := client.Config{
		Store: memstore.New(), Transport: transport, Now: time.Now, Requests: true, DeviceName: account + "’s phone",
		Suites: []*public.Suite{public.XWing(public.SuiteXWing), public.ChaCha20(), public.X25519()},
	}
	c, err := client.SignUp(s.t.Context(), cfg, seal, self, login)
	if err != nil {
		s.t.Fatal(err)
	}
	f := &friend{c, s.t}
	s.joined(&f.t)
	f.must(c.SetProfile(s.t.Context(), content.Profile{Display: display}))
	f.must(c.Sync(s.t.Context()))
	return f
}

func (f *friend) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// writes sends something to the conversation with somebody, and returns that.
func (f *friend) writes(to, text string) identity.Room {
	f.t.Helper()
	room, err := f.Start(f.t.Context(), client.Opening{Names: []string{to}})
	f.must(err)
	f.says(room, text)
	return room
}

// says sends something to a conversation. Who has asked to write waits until that is
// accepted: till then one message is all.
func (f *friend) says(room identity.Room, text string) client.MessageID {
	f.t.Helper()
	f.accepted(room)
	id, err := f.Send(f.t.Context(), room, text)
	f.must(err)
	return id
}

// accepted waits until somebody who has asked to write hears that they may.
func (f *friend) accepted(room identity.Room) {
	f.t.Helper()
	eventually(f.t, "that the request is accepted", func() bool {
		v, err := f.Room(f.t.Context(), room)
		f.must(err)
		return !v.Pending || !v.Said
	})
}

// joins waits until somebody is in a conversation, and accepts it.
func (f *friend) joins(room identity.Room) {
	f.t.Helper()
	eventually(f.t, "being in the conversation", func() bool {
		_, err := f.Room(f.t.Context(), room)
		return err == nil
	})
	f.must(f.Accept(f.t.Context(), room))
}

// last waits for the newest message of a conversation to be a text.
func (f *friend) last(room identity.Room, text string) client.MessageID {
	f.t.Helper()
	var id client.MessageID
	eventually(f.t, "hearing "+text, func() bool {
		views, err := f.History(f.t.Context(), room, 0, 20)
		f.must(err)
		for _, v := range views {
			if v.Text == text {
				id = v.ID
				return true
			}
		}
		return false
	})
	return id
}
