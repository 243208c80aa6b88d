package client

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// DefaultEvidence is for how long a device keeps what it takes to report a message,
// whatever became of the message itself, unless the server says otherwise.
const DefaultEvidence = 14 * 24 * time.Hour

// maxEvidence bounds what a server may say: after it the server can't check its own
// stamps any more.
const maxEvidence = 180 * 24 * time.Hour

// An evidence is what proves one message: what was said, who signed it, and the
// server's stamp on it. With the GroupContext of its epoch, which is kept beside it
// once, it gives the FramedContentTBS that the sender signed.
type evidence struct {
	_             struct{}        `cbor:",toarray"`
	Version       uint8           // of this record: 1
	Data          []byte          // application data
	AAD           []byte          // authenticated data: the tag
	Sender        identity.Device //
	Leaf          uint32          // of the sender in the epoch's tree
	LeafSignature []byte          // of the sender; empty: this device's own, which it can sign again
	Generation    uint32
	Epoch         uint64
	Seq           uint64
	AcceptedMS    int64          // as the server stamped it
	Stamp         *wire.Franking // nil: of an own message that hasn't come back yet
}

// evidencePer is the time that one part of the keys of evidence stands for: what
// came within it is deleted together, at the latest so much after its time.
const evidencePer = time.Hour

// Keys of evidence begin with the hour, by this device's clock, in which it was kept:
// what is due comes first, and a message in the same hour as the context that it
// needs.
func evidenceHour(hour int64) string { return fmt.Sprintf("%s%08x/", evidencePrefix, hour) }

func evidenceKey(hour int64, room identity.Room, seq uint64) string {
	return numKey(evidenceHour(hour)+room.ID()+"/", seq)
}

func evidenceContextKey(hour int64, k groupKey, epoch uint64) string {
	return fmt.Sprintf("%s%s/c%d.%d", evidenceHour(hour), k.room.ID(), k.generation, epoch)
}

func (t *tx) evidenceNow() int64 { return max(t.c.nowMS(), 0) / evidencePer.Milliseconds() }

// reportable reports whether messages of a kind say something to a person: receipts
// and what own devices tell each other aren't kept as evidence.
func reportable(kind Kind) bool { return kind != KindStatus && kind != KindState }

// keepReceived keeps the evidence of a message that checks, in the write that keeps
// the message.
func (t *tx) keepReceived(r *roomRecord, e *wire.Envelope, m *mls.Message) error {
	return t.keepEvidence(groupKey{e.Room, e.Generation}, &evidence{
		Version: 1, Data: m.Data, AAD: m.AuthenticatedData, Sender: e.Sender, Leaf: uint32(m.Sender), LeafSignature: m.Signature,
		Generation: e.Generation, Epoch: e.Epoch, Seq: e.Seq, AcceptedMS: e.AcceptedMS, Stamp: e.Franking,
	})
}

// keepOwn keeps the evidence of an own message that has its place in the room: the
// stamp comes with the copy in the mailbox.
func (t *tx) keepOwn(e *outEntry, seq uint64, ms int64) error {
	if !reportable(e.Message.Kind) {
		t.c.passOver(e.Message.Room, seq)
		return nil
	}
	k := groupKey{e.Message.Room, e.Attempt.Generation}
	aad, err := tagged(e.Content)
	if err != nil {
		return nil // of an earlier version's outbox: nothing to prove it by
	}
	ev := &evidence{
		Version: 1, Data: e.Content, AAD: aad, Sender: t.c.self.Device,
		Generation: k.generation, Epoch: e.Attempt.Epoch, Seq: seq, AcceptedMS: ms,
	}
	if g, err := t.group(k); err != nil {
		return err
	} else if g != nil {
		ev.Leaf = uint32(g.OwnIndex())
	}
	return t.keepEvidence(k, ev)
}

// keepEvidence writes ev, and its epoch's context where this hour has none yet.
func (t *tx) keepEvidence(k groupKey, ev *evidence) error {
	hour := t.evidenceNow()
	t.save(evidenceKey(hour, k.room, ev.Seq), ev)
	key := evidenceContextKey(hour, k, ev.Epoch)
	kept, err := t.get(key)
	if err != nil || kept != nil {
		return err
	}
	g, err := t.group(k)
	if err != nil || g == nil {
		return err
	}
	if c := g.ContextAt(ev.Epoch); c != nil {
		t.put(key, public.Marshal(c))
	}
	return nil
}

// stampOwn completes the evidence of an own message by the stamp on its copy in the
// mailbox, whose tag is the message's. What oneself says, receipts apart, ends the time
// in which a room takes messages without a stamp as what others say does.
func (t *tx) stampOwn(r *roomRecord, e *wire.Envelope, tag []byte) error {
	if t.c.passed[numKey(e.Room.ID()+"/", e.Seq)] {
		return nil
	}
	sent := e.AcceptedMS / evidencePer.Milliseconds() // by another clock, where the copy comes late
	key, ev, err := t.evidenceIn(e.Room, e.Seq, t.evidenceNow(), t.evidenceNow()-1, sent, sent-1, sent+1)
	if err != nil || ev == nil || ev.Stamp != nil || ev.Sender != e.Sender {
		return err
	}
	if string(tagOf(ev.AAD)) != string(tag) || ev.Generation != e.Generation || ev.Epoch != e.Epoch {
		return t.refuseEvent(e, "bad_tag")
	}
	ev.AcceptedMS, ev.Stamp = e.AcceptedMS, e.Franking
	t.save(key, ev)
	return t.franked(r)
}

// passOver remembers that nothing is kept of an own message, so that it isn't looked
// for when its copy comes.
func (c *Client) passOver(room identity.Room, seq uint64) {
	if c.passed == nil || len(c.passed) >= maxPassed {
		c.passed = map[string]bool{}
	}
	c.passed[numKey(room.ID()+"/", seq)] = true
}

// maxPassed bounds what is remembered so.
const maxPassed = 1024

// findEvidence returns what is kept of a number in a room, and its key; nil where
// there is none.
func (t *tx) findEvidence(room identity.Room, seq uint64) (string, *evidence, error) {
	key, ev, err := t.evidenceIn(room, seq, t.evidenceNow(), t.evidenceNow()-1)
	if err != nil || ev != nil {
		return key, ev, err
	}
	hours, err := t.evidenceHours()
	if err != nil {
		return "", nil, err
	}
	return t.evidenceIn(room, seq, hours...)
}

// evidenceIn is findEvidence among what was kept in some hours.
func (t *tx) evidenceIn(room identity.Room, seq uint64, hours ...int64) (string, *evidence, error) {
	for _, hour := range hours {
		key, ev := evidenceKey(hour, room, seq), new(evidence)
		if found, err := t.load(key, ev); err != nil || found {
			return key, ev, err
		}
	}
	return "", nil, nil
}

// evidenceHours returns the hours of which the store has something, in order.
func (t *tx) evidenceHours() (hours []int64, err error) {
	for after := ""; ; {
		records, err := t.c.store.Store.List(t.ctx, evidencePrefix, after, 1)
		if err != nil {
			return nil, t.fail(err)
		}
		if len(records) == 0 {
			return hours, nil
		}
		hour, err := hourOf(records[0].Key)
		if err != nil {
			return nil, t.fail(err)
		}
		hours = append(hours, hour)
		after = evidenceHour(hour) + "\xff"
	}
}

// hourOf returns the hour in a key of evidence.
func hourOf(key string) (int64, error) {
	hex, _, _ := strings.Cut(strings.TrimPrefix(key, evidencePrefix), "/")
	hour, err := strconv.ParseInt(hex, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("client: the key of evidence is malformed")
	}
	return hour, nil
}

// evidenceFor returns for how long evidence is kept.
func (t *tx) evidenceFor() (time.Duration, error) {
	var s stampsRecord
	if _, err := t.load(stampsKey, &s); err != nil {
		return 0, err
	}
	if s.EvidenceMS == 0 {
		return DefaultEvidence, nil
	}
	return time.Duration(min(s.EvidenceMS, maxEvidence.Milliseconds())) * time.Millisecond, nil
}

// EvidenceFor returns for how long this device keeps what it takes to report a
// message: people are told.
func (c *Client) EvidenceFor(ctx context.Context) (keep time.Duration, err error) {
	err = c.step(ctx, func(t *tx) error {
		keep, err = t.evidenceFor()
		return err
	})
	return keep, err
}

// sweepEvidence deletes some of the evidence whose time is over, and reports whether
// there may be more.
func (t *tx) sweepEvidence() (more bool, err error) {
	now := t.c.nowMS()
	if wait := t.c.evidenceDueMS - now; wait > 0 && wait <= evidencePer.Milliseconds() {
		return false, nil
	}
	keep, err := t.evidenceFor()
	if err != nil {
		return false, err
	}
	if more, err = t.evidenceAhead(); more || err != nil {
		return more, err
	}
	records, err := t.c.store.Store.List(t.ctx, evidencePrefix, "", 1)
	if err == nil && len(records) > 0 && evidenceDue(records[0].Key, keep) <= now {
		records, err = t.c.store.Store.List(t.ctx, evidencePrefix, "", sweepAtOnce)
	}
	if err != nil {
		return false, t.fail(err)
	}
	next := now + evidencePer.Milliseconds()
	for _, rec := range records {
		if due := evidenceDue(rec.Key, keep); due > now {
			next = min(next, due)
			break
		}
		t.del(rec.Key)
		more = len(records) == sweepAtOnce
	}
	if !more {
		t.c.evidenceDueMS = next
	}
	return more, nil
}

// evidenceAhead has evidence that was kept while this device's clock was ahead count
// as kept now, some of it at once: else it would stay for as much longer. It reports
// whether there may be more.
func (t *tx) evidenceAhead() (more bool, err error) {
	hour := t.evidenceNow()
	records, err := t.c.store.list(t.ctx, evidencePrefix, evidenceHour(hour+1)+"\xff", sweepAtOnce)
	if err != nil {
		return false, t.fail(err)
	}
	for _, rec := range records {
		_, rest, _ := strings.Cut(strings.TrimPrefix(rec.Key, evidencePrefix), "/")
		t.put(evidenceHour(hour)+rest, rec.Value)
		t.del(rec.Key)
	}
	return len(records) == sweepAtOnce, nil
}

// evidenceDue returns when the evidence with a key is to be deleted.
func evidenceDue(key string, keep time.Duration) int64 {
	hour, err := hourOf(key)
	if err != nil {
		return 0 // of nothing that this client wrote
	}
	return (hour+1)*evidencePer.Milliseconds() + keep.Milliseconds()
}
