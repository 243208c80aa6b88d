package server

import (
	"context"
	"errors"
	"slices"
	"strings"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

var errEntry = errors.New("server: an entry of the ledger can't be decoded")

// Refusals about blobs. That there is no such blob, that nothing in the room refers
// to it, and that the account isn't in the room look the same.
var (
	errUnknownBlob = wire.Refuse(wire.CodeUnknownBlob, "There is no such attachment here.")
	errBlobTaken   = wire.Refuse(wire.CodeBlobTaken, "The attachment was taken down.")
	errQuota       = wire.Refuse(wire.CodeQuota, "This account keeps as much as it may.")
)

// parseBlobs reads the names that a message brings.
func parseBlobs(names [][]byte) ([]BlobID, error) {
	if len(names) > wire.MaxMessageBlobs {
		return nil, tooLarge("These are too many attachments for one message.")
	}
	blobs := make([]BlobID, len(names))
	for i, n := range names {
		if len(n) != wire.BlobIDSize {
			return nil, badRequest("An attachment's name has 32 bytes.")
		}
		blobs[i] = BlobID(n)
	}
	slices.SortFunc(blobs, func(a, b BlobID) int { return strings.Compare(string(a[:]), string(b[:])) })
	return slices.Compact(blobs), nil
}

// keepBlob notes that account has uploaded blob, before its bytes are there.
func (s *Server) keepBlob(ctx context.Context, account identity.Account, blob BlobID, size int64) error {
	return s.changeLedger(ctx, func(t *ledgerTx) error {
		if err := t.load(ctx, blobKey(blob), holdKey(account, blob), quotaKey(account)); err != nil {
			return err
		}
		e, err := getEntry[blobEntry](t, blobKey(blob))
		switch {
		case err != nil:
			return err
		case e == nil:
			e = &blobEntry{Version: 1, Size: size}
		case e.TakenMS != 0:
			return errBlobTaken
		case e.DoomedMS != 0: // its bytes are being deleted: they would go from under it
			return unavailable("The attachment is being removed; send it again.", retryAfter)
		}
		h, err := s.hold(t, account, blob, e)
		if err == nil && h.Refs == 0 && h.SinceMS < s.nowMS() {
			// Uploaded anew it waits anew; and who lets an old hold go meanwhile finds
			// that it has changed, so that no bytes come that nothing knows of.
			h.SinceMS = s.nowMS()
			setEntry(t, holdKey(account, blob), h)
			t.mark(dueKey(s.holdUntil(h), holdKey(account, blob)))
		}
		return err
	})
}

// hold returns the hold of account, and makes it where there is none: quota. The
// caller has loaded blob, hold and quota.
func (s *Server) hold(t *ledgerTx, account identity.Account, blob BlobID, e *blobEntry) (*holdEntry, error) {
	h, err := getEntry[holdEntry](t, holdKey(account, blob))
	if err != nil || h != nil {
		return h, err
	}
	q, err := getEntry[quotaEntry](t, quotaKey(account))
	if err != nil {
		return nil, err
	}
	if q == nil {
		q = &quotaEntry{Version: 1}
	}
	q.Bytes += countBytes(e.Size)
	q.Blobs++
	if s.cfg.Blobs.Quota > 0 && q.Bytes > s.cfg.Blobs.Quota {
		return nil, errQuota
	}
	e.Holds++
	h = &holdEntry{Version: 1, SinceMS: s.nowMS()}
	setEntry(t, quotaKey(account), q)
	setEntry(t, blobKey(blob), e)
	setEntry(t, holdKey(account, blob), h)
	t.mark(dueKey(s.holdUntil(h), holdKey(account, blob)))
	return h, nil
}

// holdUntil is when a hold goes that has no references.
func (s *Server) holdUntil(h *holdEntry) int64 {
	if h.Used {
		return h.SinceMS + s.cfg.Blobs.Evidence.Milliseconds()
	}
	return h.SinceMS + blobOrphan.Milliseconds()
}

// A referral is what a message refers to.
type referral struct {
	room  identity.Room // where the message is
	from  identity.Room // where its account says that it has them from, or empty
	blobs []BlobID
	until int64 // Unix milliseconds; 0: as long as the server keeps references
}

// referTo notes that the message op refers to blobs: to all of them, or none.
func (s *Server) referTo(ctx context.Context, op OperationID, to referral) error {
	account := op.Device.Account()
	now := s.nowMS()
	most := now + s.cfg.Blobs.Retention.Milliseconds()
	if to.until == 0 || to.until > most {
		to.until = most
	}
	if to.until <= now {
		return badRequest("The attachments would have expired already.")
	}
	return s.changeLedger(ctx, func(t *ledgerTx) error {
		keys := []string{quotaKey(account)}
		for _, b := range to.blobs {
			keys = append(keys, blobKey(b), holdKey(account, b), refKey(b, to.room, account))
		}
		if err := t.load(ctx, keys...); err != nil {
			return err
		}
		for _, b := range to.blobs {
			if err := s.refer(ctx, t, account, &to, b); err != nil {
				return err
			}
		}
		if t.forwards > 0 && s.inForce() != nil {
			return s.spend(ctx, payerOf(op), SpendForward, t.forwards, false)
		}
		return nil
	})
}

// refer adds one reference. The caller has loaded all that it concerns.
func (s *Server) refer(ctx context.Context, t *ledgerTx, account identity.Account, to *referral, b BlobID) error {
	e, err := getEntry[blobEntry](t, blobKey(b))
	if err != nil {
		return err
	}
	if e == nil {
		return errUnknownBlob
	}
	if t.get(holdKey(account, b)) == nil { // not its own: a forward
		if err := s.mayForward(ctx, account, to, b); err != nil {
			return err
		}
		t.forwards++
	}
	switch {
	case e.TakenMS != 0:
		return errBlobTaken
	case e.DoomedMS != 0:
		return errUnknownBlob
	}
	h, err := s.hold(t, account, b, e)
	if err != nil {
		return err
	}
	key := refKey(b, to.room, account)
	ref, err := getEntry[refEntry](t, key)
	switch {
	case err != nil:
		return err
	case ref == nil:
		h.Refs, h.Used = h.Refs+1, true
		setEntry(t, holdKey(account, b), h)
	case ref.UntilMS >= to.until:
		return nil
	default:
		t.set(dueKey(ref.UntilMS, key), nil)
	}
	setEntry(t, key, &refEntry{Version: 1, UntilMS: to.until})
	t.mark(dueKey(to.until, key))
	return nil
}

// maxForwardLook bounds how many references are looked at to find that an
// account may forward a blob, where it doesn't say from where.
const maxForwardLook = 4096

// mayForward returns unknown_blob unless account is in a room that refers to
// the blob.
func (s *Server) mayForward(ctx context.Context, account identity.Account, to *referral, b BlobID) error {
	if live, err := s.referred(ctx, to.room, b); err != nil || live {
		return err
	}
	if to.from != "" {
		if has, err := s.hasFrom(ctx, account, to.from, b); err != nil || has {
			return err
		}
	}
	prefix := prefixRef + string(b[:])
	from, now := prefix, s.nowMS()
	var last identity.Room
	for range maxForwardLook / rangeStep {
		list, err := s.store.EntryRange(ctx, from, prefixEnd(prefix), rangeStep)
		if err != nil {
			return err
		}
		for _, kv := range list {
			name, _, _ := strings.Cut(kv.Key[len(prefix):], "\x00")
			if !liveRef(kv.Value, now) || identity.Room(name) == last {
				continue
			}
			last = identity.Room(name)
			if in, err := s.isIn(ctx, account, last); err != nil || in {
				return err
			}
		}
		if len(list) < rangeStep {
			break
		}
		from = list[len(list)-1].Key + "\x00"
	}
	return errUnknownBlob
}

// hasFrom reports whether account is in a room that refers to a blob.
func (s *Server) hasFrom(ctx context.Context, account identity.Account, room identity.Room, b BlobID) (bool, error) {
	if in, err := s.isIn(ctx, account, room); err != nil || !in {
		return false, err
	}
	return s.referred(ctx, room, b)
}

func (s *Server) isIn(ctx context.Context, account identity.Account, name identity.Room) (bool, error) {
	room, err := s.store.Room(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && room.Has(account), err
}

// rangeStep is how many entries are read at once.
const rangeStep = 256

// referred reports whether a message in room refers to blob.
func (s *Server) referred(ctx context.Context, room identity.Room, b BlobID) (bool, error) {
	prefix, now := roomRefs(b, room), s.nowMS()
	from := prefix
	for {
		list, err := s.store.EntryRange(ctx, from, prefixEnd(prefix), rangeStep)
		if err != nil {
			return false, err
		}
		for _, kv := range list {
			if liveRef(kv.Value, now) {
				return true, nil
			}
		}
		if len(list) < rangeStep {
			return false, nil
		}
		from = list[len(list)-1].Key + "\x00"
	}
}

// liveRef reports whether value is that of a reference that hasn't expired.
func liveRef(value []byte, now int64) bool {
	var ref refEntry
	return cbor.Unmarshal(value, &ref) == nil && ref.UntilMS > now
}

// prefixEnd is the first key behind all that begin with prefix. None of our
// prefixes ends in 0xff alone.
func prefixEnd(prefix string) string {
	end := []byte(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return string(end[:i+1])
		}
	}
	return "\xff"
}

// release notes that messages of account in room refer to blobs no more. Where
// they didn't, nothing happens.
func (s *Server) release(ctx context.Context, account identity.Account, room identity.Room, blobs []BlobID) error {
	return s.changeLedger(ctx, func(t *ledgerTx) error {
		var keys []string
		for _, b := range blobs {
			keys = append(keys, holdKey(account, b), refKey(b, room, account))
		}
		if err := t.load(ctx, keys...); err != nil {
			return err
		}
		for _, b := range blobs {
			if err := s.unrefer(t, account, b, refKey(b, room, account), s.nowMS()); err != nil {
				return err
			}
		}
		return nil
	})
}

// unrefer removes one reference, which ended at a time. The caller has loaded
// it, and its hold.
func (s *Server) unrefer(t *ledgerTx, account identity.Account, b BlobID, key string, at int64) error {
	ref, err := getEntry[refEntry](t, key)
	if err != nil || ref == nil {
		return err
	}
	t.set(key, nil)
	t.set(dueKey(ref.UntilMS, key), nil)
	h, err := getEntry[holdEntry](t, holdKey(account, b))
	if err != nil || h == nil {
		return err
	}
	if h.Refs--; h.Refs <= 0 {
		h.Refs, h.SinceMS = 0, at
		t.mark(dueKey(s.holdUntil(h), holdKey(account, b)))
	}
	setEntry(t, holdKey(account, b), h)
	return nil
}
