package client_test

import (
	"bytes"
	"context"
	"testing"

	"parley/content"
	"parley/franking"
	"parley/identity"
	"parley/internal/cbor"
	"parley/mls/public"
	"parley/server"
	"parley/wire"
)

// hubKey signs the stamps of a world's server, so that a test can be a server that
// lies.
func hubKey() identity.PrivateKey {
	k, err := identity.NewPrivateKey(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		panic(err)
	}
	return k
}

// plantHubKey makes hubKey the key of a new store's server: that of a server of
// version 0.1.0.
func plantHubKey(t testing.TB, store server.Store) {
	t.Helper()
	meta := cbor.MustMarshal(struct {
		_       struct{} `cbor:",toarray"`
		Version uint8
		Seed    []byte
	}{Version: 1, Seed: hubKey().Seed()})
	if _, err := store.Meta(context.Background(), "", meta); err != nil {
		t.Fatal(err)
	}
}

// tagFor returns the authenticated data that an honest sender of data has; of what is
// no content that of a salt of zeros.
func tagFor(data []byte) []byte {
	salt := make([]byte, content.SaltSize)
	if m, _, err := content.Decode(data); err == nil {
		salt = m.Salt[:]
	}
	tag := franking.Tag(salt, data)
	return withTag(tag[:])
}

func withTag(tag []byte) []byte {
	return public.Marshal(&public.SafeAAD{{ID: franking.Component, Data: tag}})
}

// tagIn returns the tag of a message as it travels.
func tagIn(t testing.TB, message []byte) []byte {
	t.Helper()
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil || m.PrivateMessage == nil {
		t.Fatalf("no PrivateMessage: %v", err)
	}
	items, err := public.Parse[public.SafeAAD](m.PrivateMessage.AuthenticatedData)
	if err != nil || len(*items) != 1 {
		t.Fatalf("the authenticated data isn't one item: %v", err)
	}
	tag, _ := items.Find(franking.Component)
	return tag
}

// stamp stamps a message as e says it, with key, in a batch of its own.
func stamp(t testing.TB, key identity.PrivateKey, e *wire.Envelope) {
	t.Helper()
	f := &wire.Franking{HubKey: make([]byte, franking.IDSize), Frank: make([]byte, franking.FrankSize), TreeSize: 1}
	c := franking.NewContext(f.HubKey, e.Room, e.Generation, e.Sender, e.Epoch, e.Seq, e.AcceptedMS)
	f.Signature = franking.SignBatch(key, 1, franking.LeafHash(tagIn(t, e.Message), f.Frank, c.Marshal()))
	e.Franking = f
}

// onMessages has edit change the messages that p reads.
func (tp *tap) onMessages(t testing.TB, edit func(all []*wire.Envelope)) {
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op != wire.OpRead {
			return answer, nil
		}
		return change(t, answer, func(r *wire.ReadReply) {
			var all []*wire.Envelope
			for i := range r.Events {
				if e := &r.Events[i].Envelope; e.Kind == wire.EventMessage {
					all = append(all, e)
				}
			}
			if len(all) > 0 {
				edit(all)
			}
		}), nil
	})
}

// retagged is a message with other authenticated data: who has no keys can write it.
func retagged(t testing.TB, message, aad []byte) []byte {
	t.Helper()
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil || m.PrivateMessage == nil {
		t.Fatalf("no PrivateMessage: %v", err)
	}
	m.PrivateMessage.AuthenticatedData = aad
	return public.Marshal(m)
}
