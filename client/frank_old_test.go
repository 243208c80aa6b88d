package client_test

import (
	"testing"

	"parley/wire"
)

// On a server that has never stamped anything a new room takes what comes; from the
// first stamp on no more.
func TestServerThatDoesNotStamp(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.ok(alice.NeverAsked(t.Context()))
	tp := alice.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		switch op {
		case wire.OpInfo:
			return change(t, answer, func(i *wire.Info) { i.FrankingKeys = nil }), nil
		case wire.OpRead:
			return change(t, answer, func(r *wire.ReadReply) {
				for i := range r.Events {
					r.Events[i].Envelope.Franking = nil
				}
			}), nil
		}
		return answer, nil
	})
	bob.sendTo("one", "alice")
	alice.want("one")
	alice.sendTo("two", "bob")
	bob.want("two")
	tp.set(nil, nil)
	bob.sendTo("three", "alice")
	alice.want("three")
	tp.onMessages(t, func(all []*wire.Envelope) {
		for _, e := range all {
			e.Franking = nil
		}
	})
	bob.sendTo("four", "alice")
	alice.want()
}
