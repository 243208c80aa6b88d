package server

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"parley/identity"
	"parley/wire"
)

// erasedTime is for how long the name of an account that was erased can't be signed
// up: who is looked for under it isn't found to be somebody else.
const erasedTime = 180 * 24 * time.Hour

// Erased returns the room as it is once account is erased, and whether its group is
// forgotten: a direct room's, in which nothing can be said any more. A group that
// the account hasn't left keeps its leaves, which nobody can read by, until a member
// removes them.
func (r *Room) Erased(account identity.Account) (next *Room, forget bool) {
	others := func(list []identity.Account) []identity.Account {
		return slices.DeleteFunc(slices.Clone(list), func(a identity.Account) bool { return a == account })
	}
	ofOthers := func(list []Leaf) []Leaf {
		return slices.DeleteFunc(slices.Clone(list), func(l Leaf) bool { return l.Device.Account() == account })
	}
	n := *r
	n.Accounts, n.Set = others(r.Accounts), others(r.Set)
	if n.Kind == wire.KindDirect {
		n.Leaves, n.Pending, n.Set = ofOthers(r.Leaves), ofOthers(r.Pending), nil
		return &n, true
	}
	return &n, false
}

// over reports whether an account of a direct room was erased: see [Room.Erased].
func (r *Room) over() bool { return r.Kind == wire.KindDirect && len(r.Set) == 0 }

// withoutErased returns accounts, which have a leaf, without those that were erased: who
// has a leaf now, but isn't of the room's accounts, and isn't leaving.
func (r *Room) withoutErased(accounts []identity.Account) []identity.Account {
	return slices.DeleteFunc(accounts, func(a identity.Account) bool {
		if r.Has(a) {
			return false
		}
		return slices.ContainsFunc(r.Leaves, func(l Leaf) bool { return l.Device.Account() == a && !r.leaves(l) })
	})
}

// Erase erases the session's account, which its login proves.
func (s *Server) Erase(ctx context.Context, from string, session *Session, req *wire.EraseRequest) (*wire.Empty, error) {
	account := session.account
	if req.Account != account {
		return nil, badRequest("The session is another account's.")
	}
	if err := s.prove(ctx, from, account, proof{req.Login, req.Passkey, []byte("erase " + string(account))}); err != nil {
		return nil, err
	}
	if req.Ask {
		return &wire.Empty{}, nil
	}
	if err := s.keepName(ctx, account); err != nil {
		return nil, err
	}
	if err := s.eraseNotes(ctx, account); err != nil {
		return nil, err
	}
	if err := s.store.EraseAccount(ctx, account); err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	s.forgetAccount(account)
	s.stats.erased.Add(1)
	// Once more: another of its devices may have been at work meanwhile.
	return &wire.Empty{}, s.eraseNotes(ctx, account)
}

// eraseNotes removes what the ledger says of account.
func (s *Server) eraseNotes(ctx context.Context, account identity.Account) error {
	if err := s.eraseBlobs(ctx, account); err != nil {
		return err
	}
	return s.eraseMarks(ctx, account)
}

// forgetAccount ends what this node, and by a hint the others, remember of account.
func (s *Server) forgetAccount(account identity.Account) {
	s.blocks.forget(account)
	s.verdicts.forget(account)
	s.pushes.forget(account)
	for _, session := range append(s.sessions.touch(account), s.hub.sessions(account)...) {
		session.end()
	}
	s.hub.notify([]identity.Account{account})
	s.publish(Hint{Lists: []identity.Account{account}, Relations: []identity.Account{account}})
}

// erasedKey is the key of the entry that account was erased: a keyed hash, so that
// what is kept doesn't say who it was.
func (s *Server) erasedKey(ctx context.Context, account identity.Account) (string, error) {
	fresh := make([]byte, secretSize)
	rand.Read(fresh) // never fails: crypto/rand ends the program instead
	key, err := s.store.Meta(ctx, "erased", fresh)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("parley/erased-name/v1\x00" + string(account)))
	return prefixErased + string(mac.Sum(nil)), nil
}

// keepName keeps account's name from being signed up for a while.
func (s *Server) keepName(ctx context.Context, account identity.Account) error {
	key, err := s.erasedKey(ctx, account)
	if err != nil {
		return err
	}
	until := binary.BigEndian.AppendUint64(nil, uint64(s.nowMS()+erasedTime.Milliseconds()))
	return s.store.UpdateLedger(ctx, LedgerUpdate{Put: []KeyValue{{Key: key, Value: until}}})
}

// nameKept returns name_taken if an account of this name was erased not long ago.
func (s *Server) nameKept(ctx context.Context, account identity.Account) error {
	key, err := s.erasedKey(ctx, account)
	if err != nil {
		return err
	}
	values, err := s.store.Entries(ctx, []string{key})
	if err != nil || len(values[0]) != 8 || int64(binary.BigEndian.Uint64(values[0])) <= s.nowMS() {
		return err
	}
	return wire.Refuse(wire.CodeNameTaken, "The name is taken.")
}

// eraseBlobs gives up all that account has to do with blobs. Those that nobody else
// refers to are deleted at once, unless they were taken down.
func (s *Server) eraseBlobs(ctx context.Context, account identity.Account) error {
	prefix := prefixHold + string(account) + "\x00"
	for {
		list, err := s.store.EntryRange(ctx, prefix, prefixEnd(prefix), rangeStep)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, kv := range list {
			if len(kv.Key) != len(prefix)+len(BlobID{}) {
				return errEntry
			}
			if err := s.eraseHold(ctx, account, BlobID([]byte(kv.Key[len(prefix):]))); err != nil {
				return err
			}
		}
	}
}

// eraseHold removes account's hold of a blob, with its references.
func (s *Server) eraseHold(ctx context.Context, account identity.Account, b BlobID) error {
	refs, err := s.refsOf(ctx, account, b)
	if err != nil {
		return err
	}
	key, doomed, now := holdKey(account, b), false, s.nowMS()
	err = s.changeLedger(ctx, func(t *ledgerTx) error {
		if err := t.load(ctx, append([]string{key, blobKey(b), quotaKey(account)}, refs...)...); err != nil {
			return err
		}
		for _, ref := range refs {
			if r, err := getEntry[refEntry](t, ref); err == nil && r != nil {
				t.set(dueKey(r.UntilMS, ref), nil)
			}
			t.set(ref, nil)
		}
		h, err := getEntry[holdEntry](t, key)
		if err != nil || h == nil {
			return err
		}
		t.set(dueKey(s.holdUntil(h), key), nil)
		t.set(key, nil)
		doomed, err = s.letGo(t, account, b, now)
		return err
	})
	if err != nil || !doomed || s.cfg.Blobs.Store == nil {
		return err
	}
	return s.sweepBlob(ctx, dueKey(now, blobKey(b)), now, b, now)
}

// refsOf returns the keys of account's references to a blob.
func (s *Server) refsOf(ctx context.Context, account identity.Account, b BlobID) (keys []string, err error) {
	prefix := prefixRef + string(b[:])
	for from := prefix; ; {
		list, err := s.store.EntryRange(ctx, from, prefixEnd(prefix), rangeStep)
		if err != nil {
			return nil, err
		}
		for _, kv := range list {
			if _, of, _ := strings.Cut(kv.Key[len(prefix):], "\x00"); of == string(account) {
				keys = append(keys, kv.Key)
			}
		}
		if len(list) < rangeStep {
			return keys, nil
		}
		from = list[len(list)-1].Key + "\x00"
	}
}

// eraseMarks forgets which reports account sent. A report that waits stays, for
// whom it is about: the desk alone can open it.
func (s *Server) eraseMarks(ctx context.Context, account identity.Account) error {
	for {
		list, err := s.store.EntryRange(ctx, marksOf(account), prefixEnd(marksOf(account)), rangeStep)
		if err != nil || len(list) == 0 {
			return err
		}
		err = s.changeLedger(ctx, func(t *ledgerTx) error {
			for _, kv := range list {
				if err := t.load(ctx, kv.Key); err != nil {
					return err
				}
				if m, err := getEntry[markEntry](t, kv.Key); err == nil && m != nil {
					t.set(markDue(m.AtMS+markTime.Milliseconds(), kv.Key), nil)
				}
				t.set(kv.Key, nil)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
