package server_test

import (
	"context"
	"sync"
	"testing"

	"parley/identity"
	"parley/mls"
	"parley/server"
	"parley/wire"
)

// A memory is a node's store that answers Room from what it has seen, until a write
// or Group tells it better: the most that the contract lets it.
type memory struct {
	server.Store
	mu   sync.Mutex // guards seen
	seen map[identity.Room]*server.Room
}

func (s *memory) Room(ctx context.Context, name identity.Room) (*server.Room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.seen[name]; r != nil {
		return r, nil
	}
	r, err := s.Store.Room(ctx, name)
	if err == nil {
		s.seen[name] = r
	}
	return r, err
}

func (s *memory) forget(name identity.Room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.seen, name)
}

func (s *memory) Group(ctx context.Context, name identity.Room) (*server.Group, error) {
	s.forget(name)
	return s.Store.Group(ctx, name)
}

func (s *memory) Open(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	defer s.forget(u.Next.Room)
	return s.Store.Open(ctx, u)
}

func (s *memory) Commit(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	defer s.forget(u.Next.Room)
	return s.Store.Commit(ctx, u)
}

func (s *memory) Append(ctx context.Context, op server.OperationID, e wire.Envelope, stamp server.Stamp) (server.Receipt, error) {
	r, err := s.Store.Append(ctx, op, e, stamp)
	if err != nil {
		s.forget(e.Room)
	}
	return r, err
}

// TestRoomRememberedWrongly: what another node has changed is no reason to refuse.
func TestRoomRememberedWrongly(t *testing.T) {
	st := newSite(t, 2, func(c *server.Config) {
		c.Store = &memory{Store: c.Store, seen: map[identity.Room]*server.Room{}}
	})
	here, there := st.nodes[0], st.nodes[1]
	alice, bob, carol := here.person("alice"), here.person("bob"), here.person("carol")
	room := alice.room(wire.KindGroup, bob)
	look := func() { // the other node sees the room as it is now
		if err := alice.at(there).send(room, "x"); err != nil {
			t.Fatal(err)
		}
	}
	look()
	alice.commit(room, mls.CommitOptions{}, bob)
	if err := bob.at(there).send(room, "in an epoch that began elsewhere"); err != nil {
		t.Error(err)
	}
	look()
	commit, staged := alice.committing(room, mls.CommitOptions{Add: [][]byte{carol.keyPackage(false)}})
	if _, err := here.Commit(t.Context(), alice.name, commit); err != nil {
		t.Fatal(err)
	}
	if _, err := alice.group.Merge(staged); err != nil {
		t.Fatal(err)
	}
	carol.join(commit.Welcome)
	if _, err := there.GroupInfo(t.Context(), carol.name, &wire.GroupInfoRequest{Room: room}); err != nil {
		t.Errorf("who was added elsewhere asks for the group: %v", err)
	}
	if err := carol.at(there).send(room, "by who was added elsewhere"); err != nil {
		t.Error(err)
	}
	look()
	alice.commit(room, mls.CommitOptions{}, carol)
	req, _ := carol.at(there).committing(room, mls.CommitOptions{})
	if _, err := there.Commit(t.Context(), carol.name, req); err != nil {
		t.Errorf("a commit in an epoch that began elsewhere: %v", err)
	}
	dave := here.person("dave")
	_, err := there.GroupInfo(t.Context(), dave.name, &wire.GroupInfoRequest{Room: room})
	refused(t, "who isn't in it", err, wire.CodeUnknownRoom)
}
