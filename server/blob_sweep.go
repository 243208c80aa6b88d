package server

import (
	"context"
	"encoding/binary"
	"strings"
	"time"

	"parley/identity"
)

const (
	// maxSweepBlobs bounds what one sweep looks at, so that it ends.
	maxSweepBlobs = 10_000
	// deleteTime bounds the deletion of a blob's bytes. Who began one and died
	// leaves it to others after claimTime, which must be longer by far: a late
	// deletion would meet a blob that was uploaded anew.
	deleteTime = time.Minute
	claimTime  = time.Hour
)

// sweepBlobs lets go what is due: references that expired, holds without
// references, blobs without holds.
func (s *Server) sweepBlobs(ctx context.Context, now int64) error {
	if s.cfg.Blobs.Store == nil {
		return nil
	}
	if err := s.cfg.Blobs.Store.ExpireUploads(ctx, now); err != nil {
		return err
	}
	from := prefixDue
	for done := 0; done < maxSweepBlobs; {
		list, err := s.store.EntryRange(ctx, from, dueKey(now+1, ""), rangeStep)
		if err != nil {
			return err
		}
		for _, kv := range list {
			if err := s.sweepDue(ctx, kv.Key, now); err != nil {
				return err
			}
		}
		if done += len(list); len(list) < rangeStep {
			return nil
		}
		from = list[len(list)-1].Key + "\x00"
	}
	return nil
}

// sweepDue looks at what one entry says is due.
func (s *Server) sweepDue(ctx context.Context, due string, now int64) error {
	if len(due) <= dueSize {
		return errEntry
	}
	at, key := int64(binary.BigEndian.Uint64([]byte(due[len(prefixDue):dueSize]))), due[dueSize:]
	rest := key[1:]
	switch key[:1] {
	case prefixRef:
		if len(rest) < len(BlobID{}) {
			return errEntry
		}
		_, account, _ := strings.Cut(rest[len(BlobID{}):], "\x00")
		return s.sweepRef(ctx, due, key, BlobID([]byte(rest[:len(BlobID{})])), identity.Account(account), now)
	case prefixHold:
		account, blob, ok := strings.Cut(rest, "\x00")
		if !ok || len(blob) != len(BlobID{}) {
			return errEntry
		}
		return s.sweepHold(ctx, due, identity.Account(account), BlobID([]byte(blob)), now)
	case prefixBlob:
		if len(rest) != len(BlobID{}) {
			return errEntry
		}
		return s.sweepBlob(ctx, due, at, BlobID([]byte(rest)), now)
	}
	return errEntry
}

// sweepRef removes a reference that expired.
func (s *Server) sweepRef(ctx context.Context, due, key string, b BlobID, account identity.Account, now int64) error {
	return s.changeLedger(ctx, func(t *ledgerTx) error {
		if err := t.load(ctx, key, holdKey(account, b)); err != nil {
			return err
		}
		t.set(due, nil)
		ref, err := getEntry[refEntry](t, key)
		if err != nil || ref == nil || ref.UntilMS > now {
			return err
		}
		return s.unrefer(t, account, b, key, ref.UntilMS)
	})
}

// sweepHold removes a hold that has been without references for long enough,
// and dooms the blob with its last one.
func (s *Server) sweepHold(ctx context.Context, due string, account identity.Account, b BlobID, now int64) error {
	key, doomed := holdKey(account, b), false
	err := s.changeLedger(ctx, func(t *ledgerTx) error {
		doomed = false
		if err := t.load(ctx, key, blobKey(b), quotaKey(account)); err != nil {
			return err
		}
		t.set(due, nil)
		h, err := getEntry[holdEntry](t, key)
		if err != nil || h == nil || h.Refs > 0 {
			return err
		}
		if until := s.holdUntil(h); until > now { // there were references meanwhile, or the setting changed
			t.mark(dueKey(until, key))
			return nil
		}
		t.set(key, nil)
		doomed, err = s.letGo(t, account, b, now)
		return err
	})
	if err != nil || !doomed {
		return err
	}
	return s.sweepBlob(ctx, dueKey(now, blobKey(b)), now, b, now)
}

// letGo notes that account has nothing to do with a blob any more. It reports
// whether the blob is doomed by that.
func (s *Server) letGo(t *ledgerTx, account identity.Account, b BlobID, now int64) (doomed bool, err error) {
	e, err := getEntry[blobEntry](t, blobKey(b))
	if err != nil || e == nil {
		return false, err
	}
	q, err := getEntry[quotaEntry](t, quotaKey(account))
	if err != nil {
		return false, err
	}
	if q != nil {
		q.Bytes, q.Blobs = max(q.Bytes-countBytes(e.Size), 0), max(q.Blobs-1, 0)
		setEntry(t, quotaKey(account), q)
		if q.Blobs == 0 {
			t.set(quotaKey(account), nil)
		}
	}
	if e.Holds--; e.Holds <= 0 && e.TakenMS == 0 {
		e.DoomedMS, doomed = now, true
		t.mark(dueKey(now, blobKey(b)))
	}
	if e.Holds <= 0 && e.TakenMS != 0 && !e.Deleted { // nobody is left who could appeal
		t.mark(dueKey(max(now, s.takenUntil(e)), blobKey(b)))
	}
	setEntry(t, blobKey(b), e)
	return doomed, nil
}

// sweepBlob deletes the bytes of a blob that is doomed, or was taken down long
// enough ago.
func (s *Server) sweepBlob(ctx context.Context, due string, at int64, b BlobID, now int64) error {
	claim, claimed := dueKey(now+claimTime.Milliseconds(), blobKey(b)), false
	err := s.changeLedger(ctx, func(t *ledgerTx) error {
		claimed = false
		if err := t.load(ctx, due, blobKey(b)); err != nil {
			return err
		}
		if t.get(due) == nil { // another node has it
			return nil
		}
		e, err := getEntry[blobEntry](t, blobKey(b))
		if err != nil {
			return err
		}
		t.set(due, nil)
		if e == nil || e.DoomedMS == 0 && e.TakenMS == 0 || e.Deleted {
			return nil
		}
		if until := s.takenUntil(e); e.TakenMS != 0 && until > now && until > at {
			t.mark(dueKey(until, blobKey(b)))
			return nil
		}
		t.mark(claim)
		claimed = true
		return nil
	})
	if err != nil || !claimed {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, deleteTime)
	defer cancel()
	if err := s.cfg.Blobs.Store.Delete(bounded, b); err != nil {
		return err
	}
	s.stats.blobsDeleted.Add(1)
	return s.forgetBlob(ctx, claim, b)
}

// forgetBlob notes that a blob's bytes are gone.
func (s *Server) forgetBlob(ctx context.Context, claim string, b BlobID) error {
	return s.changeLedger(ctx, func(t *ledgerTx) error {
		if err := t.load(ctx, claim, blobKey(b)); err != nil {
			return err
		}
		e, err := getEntry[blobEntry](t, blobKey(b))
		if err != nil || e == nil || t.get(claim) == nil {
			return err
		}
		t.set(claim, nil)
		if e.TakenMS == 0 {
			t.set(blobKey(b), nil)
			return nil
		}
		e.Deleted = true
		setEntry(t, blobKey(b), e)
		return nil
	})
}
