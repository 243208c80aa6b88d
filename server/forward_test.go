package server_test

import (
	"testing"
	"time"

	"parley/server"
	"parley/server/clientapi/apitest"
	"parley/wire"
)

// TestManyForwards: who passes on many attachments of others pays for more by a puzzle, once for each message;
// own ones, and what the room has already, cost nothing.
func TestManyForwards(t *testing.T) {
	s := apitest.New(t, apitest.Options{Rates: server.Rates{
		YoungForward: server.Rate{Burst: 2, Every: time.Hour}, Challenge: server.Rate{Burst: 2, Every: time.Hour},
	}})
	alice, bob, carol := s.Person("alice"), s.Person("bob"), s.Person("carol")
	from, to := s.Room(alice, bob), s.Room(bob, carol)
	var others []server.BlobID
	for range 4 {
		b := alice.MustUpload(apitest.Content(100))
		must(t, 0, alice.Send(from, b))
		others = append(others, b)
	}
	s.Server.SetPolicy(rules(t, "default", ""))
	for _, b := range others[:2] {
		must(t, 0, bob.Send(to, b))
	}
	e := refused(t, "a third", bob.Send(to, others[2]), wire.CodeChallenge)
	if e.Puzzle == nil {
		t.Fatal("no puzzle")
	}
	must(t, 0, bob.Send(to, bob.MustUpload(apitest.Content(100))))
	must(t, 0, bob.Send(to, others[0]))
	_, err := s.Server.AnswerChallenge(t.Context(), bob.Device, solve(t, e.Puzzle))
	must(t, 0, err)
	must(t, 0, bob.Send(to, others[2]))
	refused(t, "a fourth", bob.Send(to, others[3]), wire.CodeChallenge)
}
