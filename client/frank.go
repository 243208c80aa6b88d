package client

import (
	"crypto/sha256"

	"parley/content"
	"parley/franking"
	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// tagged returns the authenticated data of a message: the tag by which what it says
// can be reported, and nothing else. A message has the salt in its content: what is
// none has nothing to be reported by, and isn't sent.
func tagged(data []byte) ([]byte, error) {
	m, _, err := content.Decode(data)
	if err != nil {
		return nil, err
	}
	tag := franking.Tag(m.Salt[:], data)
	return public.Marshal(&public.SafeAAD{{ID: franking.Component, Data: tag[:]}}), nil
}

// tagOf returns the tag in the authenticated data of a message, or nil: it is the
// only item there, else no report of the message would check.
func tagOf(authenticatedData []byte) []byte {
	items, err := public.Parse[public.SafeAAD](authenticatedData)
	if err != nil || len(*items) != 1 {
		return nil
	}
	tag, _ := items.Find(franking.Component)
	if len(tag) != franking.TagSize {
		return nil
	}
	return tag
}

// judgeStamp checks the server's stamp on a message before anything is done with it:
// a relay that changes the number, the time, the sender or the room of a message, or
// exchanges two stamps, changes nothing here. It returns the message's tag, nil where
// a room from before there were stamps takes it without; or the word for what is
// wrong. t.keysDue then says that there may be a newer key.
func (t *tx) judgeStamp(r *roomRecord, e *wire.Envelope) (tag []byte, code string, err error) {
	if m, err := public.Parse[public.MLSMessage](e.Message); err == nil && m.PrivateMessage != nil {
		tag = tagOf(m.PrivateMessage.AuthenticatedData)
	}
	if e.Franking == nil || tag == nil {
		lenient, err := t.lenient(r)
		if err != nil || !lenient || e.Franking != nil {
			return nil, "unfranked", err
		}
		return nil, "", nil
	}
	checks, err := t.stampChecks(r, e, tag)
	switch {
	case err != nil:
		return nil, "", err
	case !checks:
		return nil, "bad_frank", nil
	}
	return tag, "", nil
}

// stampChecks reports whether a key that the room trusts signed the batch in which
// the message has its place.
func (t *tx) stampChecks(r *roomRecord, e *wire.Envelope, tag []byte) (bool, error) {
	f := e.Franking
	if len(f.HubKey) != franking.IDSize || len(f.Frank) != franking.FrankSize || e.Seq == 0 || e.Seq >= unplaced {
		return false, nil
	}
	proof := franking.Proof{LeafIndex: f.LeafIndex, TreeSize: f.TreeSize, Path: f.Path}
	root, err := proof.Root(franking.LeafHash(tag, f.Frank, contextOf(e).Marshal()))
	if err != nil {
		return false, nil
	}
	keys, err := t.frankKeys(r)
	if err != nil {
		return false, err
	}
	for i := range keys {
		if keys[i].Good(e.AcceptedMS) && t.c.batchChecks(keys[i].Key, f, root) {
			return true, nil
		}
	}
	if !t.keysFresh {
		t.keysDue = true
	}
	return false, nil
}

// contextOf returns what the server stamped, as its envelope says it.
func contextOf(e *wire.Envelope) *franking.Context {
	return franking.NewContext(e.Franking.HubKey, e.Room, e.Generation, e.Sender, e.Epoch, e.Seq, e.AcceptedMS)
}

// batchChecks verifies the signature of a batch, and remembers the last one that
// did check: the messages of a batch come one after the other.
func (c *Client) batchChecks(key identity.PublicKey, f *wire.Franking, root franking.Hash) bool {
	h := sha256.New()
	h.Write(key[:])
	h.Write(root[:])
	h.Write(f.Signature)
	seen := franking.Hash(h.Sum(nil))
	if c.batch.hash == seen && c.batch.size == f.TreeSize {
		return true
	}
	if franking.VerifyBatch(key, f.TreeSize, root, f.Signature) != nil {
		return false
	}
	c.batch.hash, c.batch.size = seen, f.TreeSize
	return true
}

// lenient reports whether a room takes messages without a stamp.
func (t *tx) lenient(r *roomRecord) (bool, error) {
	mark, err := t.get(lenientPrefix + r.Room.ID())
	return mark != nil, err
}

// franked notes that a room has had a message with a stamp: from now on it takes
// none without.
func (t *tx) franked(r *roomRecord) error {
	key := lenientPrefix + r.Room.ID()
	lenient, err := t.get(key)
	if lenient != nil {
		t.del(key)
	}
	return err
}

// expectStamps is called for a room that this device comes into: its messages have
// stamps from the first on, unless the server has never stamped anything.
func (t *tx) expectStamps(r *roomRecord) error {
	var s stampsRecord
	known, err := t.load(stampsKey, &s)
	if err == nil && known && !s.Stamps {
		t.put(lenientPrefix+r.Room.ID(), marked)
	}
	return err
}

// adoptUnfranked notes the rooms of a store from before there were stamps: they take
// messages without until the first that has one.
func (t *tx) adoptUnfranked() error {
	done, err := t.get(frankedKey)
	if err != nil || done != nil {
		return err
	}
	rooms, err := t.rooms()
	for _, r := range rooms {
		t.put(lenientPrefix+r.Room.ID(), marked)
	}
	t.put(frankedKey, marked)
	return err
}
