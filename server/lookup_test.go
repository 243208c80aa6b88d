package server_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// A readsStore counts what is read.
type readsStore struct {
	server.Store
	reads map[string]int
}

func (s *readsStore) Account(ctx context.Context, a identity.Account) (*server.Account, error) {
	s.reads["account"]++
	return s.Store.Account(ctx, a)
}

func (s *readsStore) AccountRecord(ctx context.Context, a identity.Account, kind, key string) ([]byte, error) {
	s.reads["record "+kind]++
	return s.Store.AccountRecord(ctx, a, kind, key)
}

func (s *readsStore) AccountRecords(ctx context.Context, a identity.Account, kind, after string, max int) ([]server.KeyValue, error) {
	s.reads["records "+kind]++
	return s.Store.AccountRecords(ctx, a, kind, after, max)
}

func (s *readsStore) Meet(ctx context.Context, a, b identity.Account) (bool, error) {
	s.reads["meet"]++
	return s.Store.Meet(ctx, a, b)
}

func (s *readsStore) Lists(ctx context.Context, a identity.Account, from uint64, max int) ([]identity.SignedDeviceList, error) {
	s.reads["lists"]++
	return s.Store.Lists(ctx, a, from, max)
}

// looks are the operations by which somebody is looked for.
func (d *device) looks(a identity.Account) map[string]error {
	ctx := d.w.t.Context()
	_, lists := d.w.DeviceLists(ctx, d.name, &wire.DeviceListsRequest{Account: a})
	_, claim := d.w.ClaimKeyPackages(ctx, d.name, &wire.ClaimKeyPackagesRequest{Account: a, Suites: []uint16{uint16(suite.ID())}})
	return map[string]error{"device_lists": lists, "claim_key_packages": claim}
}

// TestLookupsAlike: that there is no such account, that it has blocked who looks, and
// that its age keeps the two apart look the same, and are the same work.
func TestLookupsAlike(t *testing.T) {
	store := &readsStore{Store: memstore.New(), reads: map[string]int{}}
	w := ruled(t, func(c *server.Config) { c.Store = store })
	mallory, blocker, child, teen := w.person("mallory"), w.person("blocker"), w.person("child"), w.person("teen")
	blocker.relate(wire.RelationBlocked, mallory)
	for i := range 1100 / wire.MaxRelate { // more than are read at once
		req := &wire.RelateRequest{Relation: wire.RelationBlocked}
		for j := range wire.MaxRelate {
			req.Accounts = append(req.Accounts, w.newDevice(fmt.Sprintf("other%d", i*wire.MaxRelate+j)).account)
		}
		if _, err := w.Relate(t.Context(), blocker.name, req); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.PutFacts(t.Context(), child.account, server.Facts{Age: server.AgeUnder16}),
		w.PutFacts(t.Context(), teen.account, server.Facts{Age: server.Age16To17, Region: "FR"})); err != nil {
		t.Fatal(err)
	}
	nobody := w.newDevice("nobody").account
	type outcome struct{ operation, refusal string }
	var want map[outcome]map[string]int
	for _, a := range []identity.Account{nobody, blocker.account, child.account, teen.account} {
		got := map[outcome]map[string]int{}
		for range 2 { // the second time as the first
			for _, op := range []string{"device_lists", "claim_key_packages"} {
				clear(store.reads)
				err := mallory.looks(a)[op]
				body, _ := wire.Marshal(server.AsWire(err))
				got[outcome{op, fmt.Sprintf("%x", body)}] = maps.Clone(store.reads)
			}
		}
		if len(got) != 2 {
			t.Errorf("%s: the second look differs from the first: %v", a.Name(), got)
		}
		if want == nil {
			want = got
			continue
		}
		for o, reads := range want {
			if !maps.Equal(got[o], reads) {
				t.Errorf("%s, %s: %v; of nobody it is %v", a.Name(), o.operation, got[o], reads)
			}
		}
	}
	for o := range want {
		var e wire.Error
		body := []byte{}
		fmt.Sscanf(o.refusal, "%x", &body)
		if err := wire.Unmarshal(body, &e); err != nil || e.Code != wire.CodeUnknownAccount {
			t.Errorf("%s: %+v; want unknown_account", o.operation, e)
		}
	}
}

// TestLookupsAlikeByRule: whatever rules an operator has, with reasons too, who isn't
// there and who can't be reached are one answer.
func TestLookupsAlikeByRule(t *testing.T) {
	for what, when := range map[string]string{
		"regions": `sender.region != recipient.region`, "age": "recipient.age != adult", "days": "recipient.days > 30",
		"strangers": "relationship.stranger", "followers": "!relationship.follows", "a failure": "1 / recipient.days > 0",
	} {
		w := newWorld(t, func(c *server.Config) {
			c.Policy = rules(t, "p", "rule a\n  on message, group_add\n  when "+when+"\n  then deny operator\nrule rest\n  on message, group_add\n  then knock\n")
		})
		mallory, near, far, child := w.person("mallory"), w.person("near"), w.person("far"), w.person("child")
		for who, f := range map[*device]server.Facts{mallory: {Region: "DE"}, near: {Region: "DE", Age: server.AgeAdult}, far: {Region: "FR"}, child: {Region: "DE", Age: server.AgeUnder16}} {
			if err := w.PutFacts(t.Context(), who.account, f); err != nil {
				t.Fatal(err)
			}
		}
		w.follow(t, mallory, near, true)
		near.relate(wire.RelationBlocked, mallory)
		far.relate(wire.RelationBlocked, mallory)
		child.relate(wire.RelationBlocked, mallory)
		want := server.AsWire(mallory.looks(w.newDevice("nobody").account)["device_lists"])
		for _, who := range []*device{near, far, child} {
			for op, err := range mallory.looks(who.account) {
				if got := server.AsWire(err); got == nil || got.Code != want.Code || got.Reason != want.Reason || got.Message != want.Message {
					t.Errorf("%s, %s, %s: %v; of nobody it is %v", what, who.account.Name(), op, got, want)
				}
			}
		}
	}
}

// TestLookupsOfNeighbours: who is in a room together sees each other's devices,
// whatever else is between them.
func TestLookupsOfNeighbours(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	alice.room(wire.KindGroup, bob)
	w.SetPolicy(rules(t, "default", ""))
	bob.relate(wire.RelationBlocked, alice)
	if err := w.PutFacts(t.Context(), bob.account, server.Facts{Age: server.AgeUnder16}); err != nil {
		t.Fatal(err)
	}
	if err := alice.looks(bob.account)["device_lists"]; err != nil {
		t.Errorf("in a room together: %v", err)
	}
}

// TestNamesCannotBeTried: a look for who isn't there costs, and so does one at a
// stranger; one at a friend doesn't.
func TestNamesCannotBeTried(t *testing.T) {
	w := ruled(t, func(c *server.Config) {
		c.Rates.YoungLookup, c.Rates.Challenge = server.Rate{Burst: 10, Every: time.Minute}, server.Rate{Burst: 2, Every: time.Hour}
	})
	mallory, friend := w.person("mallory"), w.person("friend")
	friend.relate(wire.RelationAccepted, mallory)
	var codes []wire.Code
	for i := range 12 {
		name := w.newDevice(fmt.Sprintf("guess%d", i)).account
		_, err := w.DeviceLists(t.Context(), mallory.name, &wire.DeviceListsRequest{Account: name})
		codes = append(codes, server.AsWire(err).Code)
	}
	if codes[9] != wire.CodeUnknownAccount || codes[10] != wire.CodeChallenge || codes[11] != wire.CodeChallenge {
		t.Errorf("12 guesses: %v", codes)
	}
	for range 20 {
		if err := mallory.looks(friend.account)["device_lists"]; err != nil {
			t.Fatalf("a friend: %v", err)
		}
	}
}

// TestLookupsCostAlike: to be told that somebody isn't there takes as much as to be
// told so of somebody who is, as far as allocations tell: a list is read either way.
func TestLookupsCostAlike(t *testing.T) {
	w := ruled(t, func(c *server.Config) { c.Rates.YoungLookup = server.Rate{Burst: -1} })
	mallory, blocker := w.person("mallory"), w.person("blocker")
	blocker.relate(wire.RelationBlocked, mallory)
	cost := func(a identity.Account) float64 {
		return testing.AllocsPerRun(100, func() {
			_, err := w.DeviceLists(t.Context(), mallory.name, &wire.DeviceListsRequest{Account: a})
			if !errors.Is(err, &wire.Error{Code: wire.CodeUnknownAccount}) {
				t.Fatal(err)
			}
		})
	}
	nobody, somebody := cost(w.newDevice("nobodys").account), cost(blocker.account)
	if diff := (somebody - nobody) / somebody; diff < -0.12 || diff > 0.12 { // a list that isn't read is a quarter
		t.Errorf("%v allocations for nobody, %v for somebody", nobody, somebody)
	}
}
