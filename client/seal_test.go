package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"parley/identity"
)

const testAccount = identity.Account("mimi://example.com/u/alice")

func TestDeriveKeys(t *testing.T) {
	login, seal := DeriveKeys("correct horse", testAccount)
	again, sealAgain := DeriveKeys("correct horse", testAccount)
	if !bytes.Equal(login, again) || seal != sealAgain {
		t.Error("the same passphrase gives other keys")
	}
	if bytes.Equal(login, seal.Bytes()) || len(login) != 32 {
		t.Error("login and seal key are not two keys of 32 bytes")
	}
	for _, other := range []struct {
		pass    string
		account identity.Account
	}{{"correct horsf", testAccount}, {"correct horse", "mimi://example.com/u/bob"}} {
		if l, s := DeriveKeys(other.pass, other.account); bytes.Equal(l, login) || s == seal {
			t.Errorf("%v gives the same keys", other)
		}
	}
	if got := fmt.Sprintf("%v %x %+v %s", seal, seal, seal, seal); bytes.Contains([]byte(got), fmt.Appendf(nil, "%x", seal.Bytes()[:4])) {
		t.Errorf("a seal key prints as %q", got)
	}
}

func TestSealedRecords(t *testing.T) {
	ctx := context.Background()
	s := newFakeStore()
	sealed := newSealedStore(s, SealKey{key: [32]byte{1}})
	if err := sealed.write(ctx, 0, []Change{{"msg/a", []byte("the secret text")}, {"msg/b", []byte("other")}}); err != nil {
		t.Fatal(err)
	}
	got, err := sealed.get(ctx, "msg/a")
	if err != nil || string(got) != "the secret text" {
		t.Fatalf("get = %q, %v", got, err)
	}
	for key, value := range s.values {
		if bytes.Contains(value, []byte("secret")) || bytes.Contains(value, []byte("other")) {
			t.Errorf("%s is stored in clear: %q", key, value)
		}
	}
	if _, err := newSealedStore(s, SealKey{key: [32]byte{2}}).get(ctx, "msg/a"); !errors.Is(err, ErrWrongSeal) {
		t.Errorf("another key: %v; want ErrWrongSeal", err)
	}
	// The attacker has the file and puts one record in the place of another.
	s.values["msg/a"] = s.values["msg/b"]
	if _, err := sealed.get(ctx, "msg/a"); !errors.Is(err, ErrWrongSeal) {
		t.Errorf("a swapped record: %v; want ErrWrongSeal", err)
	}
}

func TestStepRunsAgainAfterAConflict(t *testing.T) {
	ctx := context.Background()
	s := newFakeStore()
	c := newClient(Config{Store: s}, SealKey{})
	runs := 0
	err := c.step(ctx, func(t *tx) error {
		if runs++; runs == 1 { // another process writes between this step's read and write
			if err := newSealedStore(s, SealKey{}).write(ctx, 0, []Change{{"x", []byte("theirs")}}); err != nil {
				return err
			}
		}
		seen, err := t.get("x")
		t.put("y", append(seen, '!'))
		return err
	})
	got, _ := c.store.get(ctx, "y")
	if err != nil || runs != 2 || string(got) != "theirs!" {
		t.Errorf("%d runs, y = %q, %v; want 2 runs and what the other wrote", runs, got, err)
	}
}

func TestStepWritesNothingOnError(t *testing.T) {
	ctx := context.Background()
	s := newFakeStore()
	c := newClient(Config{Store: s}, SealKey{})
	boom := errors.New("boom")
	if err := c.step(ctx, func(t *tx) error { t.put("x", nil); return boom }); !errors.Is(err, boom) {
		t.Fatalf("step: %v", err)
	}
	if len(s.values) != 0 {
		t.Errorf("%d records were written", len(s.values))
	}
}

func TestRollbackOfAPartOfAStep(t *testing.T) {
	ctx := context.Background()
	c := newClient(Config{Store: newFakeStore()}, SealKey{})
	err := c.step(ctx, func(t *tx) error {
		t.put("a", []byte("1"))
		mark := t.mark()
		t.put("a", []byte("2"))
		t.put("b", []byte("3"))
		t.rollback(mark)
		return nil
	})
	a, _ := c.store.get(ctx, "a")
	b, _ := c.store.get(ctx, "b")
	if err != nil || string(a) != "1" || b != nil {
		t.Errorf("a = %q, b = %q, %v; want 1 and nothing", a, b, err)
	}
}

// fakeStore is a Store for tests of this package, which can't import memstore.
type fakeStore struct {
	values  map[string][]byte
	version uint64
}

func newFakeStore() *fakeStore { return &fakeStore{values: map[string][]byte{}} }

func (s *fakeStore) Get(_ context.Context, key string) ([]byte, error) {
	return bytes.Clone(s.values[key]), nil
}

func (s *fakeStore) List(_ context.Context, prefix, after string, limit int) ([]Record, error) {
	byKey := map[string][]byte{}
	for k, v := range s.values {
		if len(k) >= len(prefix) && k[:len(prefix)] == prefix && k > after {
			byKey[k] = bytes.Clone(v)
		}
	}
	out := sortedRecords(byKey)
	return out[:min(limit, len(out))], nil
}

func (s *fakeStore) Version(context.Context) (uint64, error) { return s.version, nil }

func (s *fakeStore) Write(_ context.Context, base uint64, changes []Change) error {
	if base != s.version {
		return ErrConflict
	}
	for _, c := range changes {
		delete(s.values, c.Key)
		if c.Value != nil {
			s.values[c.Key] = bytes.Clone(c.Value)
		}
	}
	s.version++
	return nil
}

func (s *fakeStore) Close() error { return nil }

// A message in a room of 1,000 people doesn't rewrite who is in it.
func TestRosterIsWrittenOnlyWhenItChanges(t *testing.T) {
	s := newFakeStore()
	c := newClient(Config{Store: s}, SealKey{})
	r := &roomRecord{Version: 1, Room: identity.RandomRoom("example.com")}
	for i := range 1000 {
		a, err := identity.NewAccount("example.com", fmt.Sprintf("account.%04d", i))
		if err != nil {
			t.Fatal(err)
		}
		r.Accounts = append(r.Accounts, a)
	}
	save := func(change func(*roomRecord)) (written int) {
		err := c.step(t.Context(), func(tx *tx) error {
			if kept, err := tx.room(r.Room); err != nil || kept != nil {
				r = kept
			}
			change(r)
			tx.saveRoom(r)
			for _, ch := range tx.final() {
				written += len(ch.Value)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return written
	}
	if n := save(func(*roomRecord) {}); n < 20_000 {
		t.Errorf("a new room of 1,000 writes %d bytes: where is the roster?", n)
	}
	if n := save(func(r *roomRecord) { r.LastSeq++ }); n > 1024 {
		t.Errorf("a message writes %d bytes of the room; want at most 1,024", n)
	}
	if n := save(func(r *roomRecord) { r.Accounts = r.Accounts[1:] }); n < 20_000 {
		t.Errorf("a removal writes %d bytes: the roster isn't kept", n)
	}
	save(func(r *roomRecord) {
		if len(r.Accounts) != 999 || r.LastSeq != 1 {
			t.Errorf("%d accounts, seq %d; want 999 and 1", len(r.Accounts), r.LastSeq)
		}
	})
}
