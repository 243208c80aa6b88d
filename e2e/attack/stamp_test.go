package attack

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"parley/content"
	"parley/franking"
	"parley/identity"
	"parley/internal/cbor"
	"parley/mls/public"
	"parley/wire"
)

// plantKey gives the server, before it begins, a key that the tests have too: that of
// one of version 0.1.0.
func (s *site) plantKey() error {
	meta := cbor.MustMarshal(struct {
		_       struct{} `cbor:",toarray"`
		Version uint8
		Seed    []byte
	}{Version: 1, Seed: hubKey().Seed()})
	_, err := s.store.Meta(context.Background(), "", meta)
	return err
}

func hubKey() identity.PrivateKey {
	k, err := identity.NewPrivateKey(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		panic(err)
	}
	return k
}

// restamp stamps what the server tells, as it tells it: all that it says is in order,
// then, as far as it goes.
func (s *site) restamp(_ identity.Account, _ *wire.ReadRequest, reply *wire.ReadReply) {
	for i := range reply.Events {
		e := &reply.Events[i].Envelope
		changed := e.Franking == nil || len(s.tampers) > 0 || len(s.injected) > 0
		if tag := tagOf(e.Message); e.Kind == wire.EventMessage && tag != nil && changed && !s.keyless {
			stamp(e, tag, hubKey())
		}
	}
}

// stamp stamps e with key, in a batch of its own.
func stamp(e *wire.Envelope, tag []byte, key identity.PrivateKey) {
	f := &wire.Franking{HubKey: make([]byte, franking.IDSize), Frank: make([]byte, franking.FrankSize), TreeSize: 1}
	c := franking.NewContext(f.HubKey, e.Room, e.Generation, e.Sender, e.Epoch, e.Seq, e.AcceptedMS)
	f.Signature = franking.SignBatch(key, 1, franking.LeafHash(tag, f.Frank, c.Marshal()))
	e.Franking = f
}

// tagOf returns the tag of a message as it travels, or nil.
func tagOf(message []byte) []byte {
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil || m.PrivateMessage == nil {
		return nil
	}
	items, err := public.Parse[public.SafeAAD](m.PrivateMessage.AuthenticatedData)
	if err != nil {
		return nil
	}
	tag, _ := items.Find(franking.Component)
	return tag
}

// tagged returns the authenticated data of a message that says data, with the tag
// that an honest sender makes; of what is no content that of a salt of zeros.
func tagged(data []byte) []byte {
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

// wrongKey is one that the server doesn't have.
func wrongKey() identity.PrivateKey {
	k, err := identity.NewPrivateKey(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		panic(err)
	}
	return k
}

// evilStamps changes the stamps on somebody's messages, as they are read: what stands
// before the server does it, or the server that has the key (ahead).
func evilStamps(s *site, ts *testscript.TestScript, a []string) error {
	from, err := s.deviceOf(a[1])
	if err != nil {
		return err
	}
	var other *wire.Envelope
	if len(a) > 2 {
		if other, err = s.last(ts, a[2]); err != nil {
			return err
		}
	}
	s.keyless = true
	s.tamper(onReply(wire.OpRead, func(_ identity.Account, _ *wire.ReadRequest, reply *wire.ReadReply) {
		var all []*wire.Envelope
		for i := range reply.Events {
			if e := &reply.Events[i].Envelope; e.Sender == from && e.Kind == wire.EventMessage {
				all = append(all, e)
			}
		}
		if a[0] == "swap" && len(all) > 1 {
			all[0].Franking, all[1].Franking = all[1].Franking, all[0].Franking
		}
		for _, e := range all {
			changeStamp(a[0], e, other)
		}
	}))
	return nil
}

func changeStamp(how string, e, other *wire.Envelope) {
	switch how {
	case "none":
		e.Franking = nil
	case "wrong-key":
		stamp(e, tagOf(e.Message), wrongKey())
	case "of": // the stamp of another message
		e.Franking = other.Franking
	case "far": // without the key
		e.Seq += 1 << 50
	case "ahead": // with it
		e.Seq += 1 << 50
		stamp(e, tagOf(e.Message), hubKey())
	}
}

// evilKeys tells of a key as if it were the server's next one.
func evilKeys(s *site, _ *testscript.TestScript, a []string) error {
	now, evil := time.Now().UnixMilli(), wrongKey().Public()
	var all []franking.KeyStatement
	switch a[0] {
	case "own":
		all = append(all, franking.First(domain, wrongKey()))
	case "stranger":
		all = append(all, franking.Succeed(domain, identity.GenerateKey(), evil, now))
	case "forged":
		k := franking.Succeed(domain, hubKey(), identity.GenerateKey().Public(), now)
		k.Key = evil
		all = append(all, k)
	default:
		return fmt.Errorf("%s?", a[0])
	}
	s.tamper(onReply(wire.OpInfo, func(_ identity.Account, _ *wire.InfoRequest, info *wire.Info) {
		for _, k := range all {
			info.FrankingKeys = append(info.FrankingKeys, k.Marshal())
		}
	}))
	return nil
}

// doHide says something with a tag that isn't that of what it says.
func doHide(c *turn, a []string) error {
	data := c.text(a[2])
	aad := map[string][]byte{"none": nil, "random": withTag(random(32)), "other": tagged(c.text("something harmless"))}[a[1]]
	message, changes, err := c.room.Encrypt(aad, data)
	c.ts.Check(err)
	c.room.records.Write(changes)
	return c.send(message, newID())
}
