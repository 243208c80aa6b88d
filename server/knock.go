package server

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// Records of requests, of the account that makes them. OTHER is the other account's
// URI, ROOM the room's.
const (
	RecordKnock = "knock" // by "OTHER ROOM": a knockRecord, until it is accepted
	RecordAsked = "asked" // the same of one that is old: it doesn't count among those that wait
	RecordSaid  = "said"  // by "OTHER": a saidRecord, the one message; by "OTHER N" one that wakes nobody, from 0
)

// A knockRecord is a request that waits.
type knockRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	AtMS    int64
}

// A saidRecord is a message of a request.
type saidRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	AtMS    int64
	Device  identity.Device
	ID      []byte
}

const (
	maxKnockQuiet = 4         // messages that a request brings beside the one that is read: a profile, edits
	maxKnock      = 128 << 10 // bytes of each of them
	maxKnockTries = 4         // messages of which one may take the place of another that was never stored
	// saidTime is how long after its message is taken note of it surely has been
	// stored, or never will be.
	saidTime = time.Minute
	// saidKnown is how long after that the store says which of the two it was.
	saidKnown = wire.IdempotentDays*24*time.Hour - time.Hour
	// pendingTime is for how long a request counts among those that wait: somebody
	// whom some never answer isn't kept from others for ever.
	pendingTime = 30 * 24 * time.Hour
)

func knockKey(other identity.Account, room identity.Room) string {
	return string(other) + " " + string(room)
}

// ofOther returns what begins the keys of what concerns one account.
func ofOther(other identity.Account) string { return string(other) + " " }

// saidKey is that of the i-th place for a message of a request.
func saidKey(other identity.Account, quiet bool, i int) string {
	if quiet {
		return ofOther(other) + "quiet " + strconv.Itoa(i)
	}
	return ofOther(other) + strconv.Itoa(i)
}

func requestPending(reason wire.Reason) error {
	e := wire.Refuse(wire.CodeRequestPending, "They haven't accepted yet: until then one message of text is all that can be sent.")
	e.Reason = reason
	return e
}

// pending returns how many requests of account wait.
func (s *Server) pending(ctx context.Context, account identity.Account) (int64, error) {
	list, err := s.store.AccountRecords(ctx, account, RecordKnock, "", max(s.cfg.Rates.Pending, s.cfg.Rates.YoungPending, 0)+1)
	return int64(len(list)), err
}

// beginKnock notes that own's request to other waits, which room is opened for:
// rate_limited where too many do. It belongs to this room alone, so that what comes of
// an attempt to open another one doesn't touch it.
func (s *Server) beginKnock(ctx context.Context, own, other identity.Account, room identity.Room) error {
	young, err := s.young(ctx, own)
	if err != nil {
		return err
	}
	most := s.cfg.Rates.Pending
	if young {
		most = s.cfg.Rates.YoungPending
	}
	if most < 0 {
		most = wire.MaxRelations
	}
	u := RecordUpdate{
		Account: own, Kind: RecordKnock, New: true, Max: most,
		Put: []KeyValue{{Key: knockKey(other, room), Value: cbor.MustMarshal(knockRecord{Version: 1, AtMS: s.nowMS()})}},
	}
	err = s.store.UpdateRecords(ctx, u)
	if errors.Is(err, ErrTooMany) {
		if err = s.ageKnocks(ctx, own, most); err == nil {
			err = s.store.UpdateRecords(ctx, u)
		}
	}
	switch {
	case errors.Is(err, ErrExists):
		return nil
	case errors.Is(err, ErrTooMany):
		e := wire.Refuse(wire.CodeRateLimited, "Too many people haven't answered this account's messages yet; wait until some do.")
		e.RetryAfter = time.Hour.Milliseconds()
		return e
	case errors.Is(err, ErrNotFound):
		return errUnauthorized
	}
	return err
}

// ageKnocks sets those of own's requests apart that are old.
func (s *Server) ageKnocks(ctx context.Context, own identity.Account, most int) error {
	list, err := s.store.AccountRecords(ctx, own, RecordKnock, "", most)
	if err != nil {
		return err
	}
	asked := RecordUpdate{Account: own, Kind: RecordAsked, Max: wire.MaxRelations}
	knocks := RecordUpdate{Account: own, Kind: RecordKnock, Max: wire.MaxRelations}
	for _, kv := range list {
		var k knockRecord
		if err := cbor.Unmarshal(kv.Value, &k); err != nil {
			return errEntry
		}
		if s.nowMS()-k.AtMS >= pendingTime.Milliseconds() {
			asked.Put, knocks.Delete = append(asked.Put, kv), append(knocks.Delete, kv.Key)
		}
	}
	if len(asked.Put) == 0 {
		return nil
	}
	if err := s.store.UpdateRecords(ctx, asked); err != nil { // first, so that none is missing in between
		return err
	}
	return s.store.UpdateRecords(ctx, knocks)
}

// dropKnock forgets the request of a room that wasn't made.
func (s *Server) dropKnock(ctx context.Context, own, other identity.Account, room identity.Room) error {
	err := s.store.UpdateRecords(ctx, RecordUpdate{
		Account: own, Kind: RecordKnock, Delete: []string{knockKey(other, room)}, Max: wire.MaxRelations,
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// endKnock forgets own's requests to other: they were accepted.
func (s *Server) endKnock(ctx context.Context, own, other identity.Account) error {
	for _, kind := range []string{RecordSaid, RecordAsked, RecordKnock} { // the request goes last, so that nothing is left of it
		list, err := s.store.AccountRecords(ctx, own, kind, ofOther(other), maxKnocksOfPair)
		if err != nil {
			return err
		}
		u := RecordUpdate{Account: own, Kind: kind, Max: wire.MaxRelations}
		for _, kv := range list {
			if strings.HasPrefix(kv.Key, ofOther(other)) {
				u.Delete = append(u.Delete, kv.Key)
			}
		}
		if len(u.Delete) == 0 {
			continue
		}
		if err := s.store.UpdateRecords(ctx, u); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// maxKnocksOfPair bounds the records of a pair that go at once. There is one
// request, beside those of rooms that are being opened just now.
const maxKnocksOfPair = 100

// knockOf reports whether own's request to other waits, which room was opened for.
func (s *Server) knockOf(ctx context.Context, own, other identity.Account, room identity.Room) (bool, error) {
	for _, kind := range []string{RecordKnock, RecordAsked} {
		_, err := s.store.AccountRecord(ctx, own, kind, knockKey(other, room))
		if !errors.Is(err, ErrNotFound) {
			return err == nil, err
		}
	}
	return false, nil
}

// sides returns the account of sender in a room of two, and the other one. A group
// that only two are left in, or ever were, is a conversation as a direct one is:
// else an accomplice who brings two together and leaves would be a way around what
// keeps them apart.
func sides(room *Room, sender identity.Device) (own, other identity.Account, ok bool) {
	if len(room.Accounts) != 2 {
		return "", "", false
	}
	own, other = room.Accounts[0], room.Accounts[1]
	if owns(other, sender) {
		own, other = other, own
	}
	return own, other, true
}

// writesTo decides on a message to a room: of two, by how they stand; of more, by
// whether its author may write at all. Who writes accepts who has knocked. It is
// nearly always remembered.
func (s *Server) writesTo(ctx context.Context, room *Room, op OperationID, req *wire.SendRequest) error {
	p := s.inForce()
	if p == nil {
		return nil
	}
	own, other, ok := sides(room, op.Device)
	switch {
	case len(room.Accounts) < 2: // the own devices among themselves
		return nil
	case !ok:
		return s.writesAtAll(ctx, p, op.Device.Account())
	}
	pair, now := verdictPair{own, other}, s.steady()
	if s.verdicts.passes(pair, now) {
		return nil
	}
	mark := s.verdicts.mark(pair)
	d, err := s.mayMessage(ctx, p, own, other)
	if err != nil {
		return err
	}
	if d.Effect == EffectDeny {
		return d.refusal()
	}
	mine, err := s.knockOf(ctx, own, other, room.Room)
	switch {
	case err != nil:
		return err
	case mine && d.Effect != EffectAllow:
		return s.knock(ctx, pair, op, req)
	case mine:
		if err := s.endKnock(ctx, own, other); err != nil {
			return err
		}
	}
	theirs, err := s.knockOf(ctx, other, own, room.Room)
	switch {
	case err != nil:
		return err
	case theirs && req.Quiet:
		return nil
	case theirs:
		if err := s.endKnock(ctx, other, own); err != nil {
			return err
		}
	}
	s.verdicts.put(pair, mark, now)
	return nil
}

// knock takes a message of a request that waits, if it may bring it.
func (s *Server) knock(ctx context.Context, pair verdictPair, op OperationID, req *wire.SendRequest) error {
	places := maxKnockTries
	switch {
	case len(req.Blobs) > 0:
		return requestPending(wire.ReasonMedia)
	case len(req.Message) > maxKnock:
		return tooLarge("The message is too large for somebody who hasn't accepted yet.")
	case req.Quiet:
		places = maxKnockQuiet
	}
	said := cbor.MustMarshal(saidRecord{Version: 1, AtMS: s.nowMS(), Device: op.Device, ID: op.ID})
	for i := range places {
		key := saidKey(pair.to, req.Quiet, i)
		u := RecordUpdate{Account: pair.from, Kind: RecordSaid, Put: []KeyValue{{Key: key, Value: said}}, New: true, Max: wire.MaxRelations}
		if err := s.store.UpdateRecords(ctx, u); !errors.Is(err, ErrExists) {
			return err
		}
		if next, err := s.saidBefore(ctx, pair, key, op, req.Quiet); err != nil || !next {
			return err
		}
	}
	return requestPending("")
}

// saidBefore judges a message whose place another one has, or it itself. next
// reports whether it may try the next place: there is one more of those that wake
// nobody, and one after a message that was never stored.
func (s *Server) saidBefore(ctx context.Context, pair verdictPair, key string, op OperationID, quiet bool) (next bool, err error) {
	value, err := s.store.AccountRecord(ctx, pair.from, RecordSaid, key)
	if errors.Is(err, ErrNotFound) {
		return false, nil // accepted meanwhile
	}
	var first saidRecord
	if err == nil {
		err = cbor.Unmarshal(value, &first)
	}
	if err != nil {
		return false, err
	}
	age := time.Duration(s.nowMS()-first.AtMS) * time.Millisecond
	same := first.Device == op.Device && bytes.Equal(first.ID, op.ID)
	switch {
	case same && age < saidKnown:
		return false, nil // the same once more
	case quiet:
		return true, nil
	case age < saidTime || age >= saidKnown:
		return false, requestPending("")
	}
	r, err := s.receipt(ctx, OperationID{Kind: wire.EventMessage, Device: first.Device, ID: first.ID})
	if err != nil || r != nil {
		return false, cmpError(err, requestPending(""))
	}
	return true, nil // it was never stored
}

// cmpError returns err, or otherwise where it is nil.
func cmpError(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// unheard reports whether what the sender does in a room of two is told to nobody:
// its request to the other one waits, or the policy keeps them apart.
func (s *Server) unheard(ctx context.Context, room *Room, sender identity.Device) (bool, error) {
	p := s.inForce()
	own, other, ok := sides(room, sender)
	if p == nil || !ok || s.verdicts.passes(verdictPair{own, other}, s.steady()) {
		return false, nil
	}
	if waits, err := s.knockOf(ctx, own, other, room.Room); err != nil || waits {
		return waits, err
	}
	d, err := s.mayMessage(ctx, p, own, other)
	return d.Effect == EffectDeny, err
}
