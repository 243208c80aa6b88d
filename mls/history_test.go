package mls_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// history is a group that lives through a random history, with a server's view
// beside it.
type history struct {
	t       *testing.T
	rng     *rand.Rand
	suite   *public.Suite
	members []*mlstest.Client
	names   int
	server  *public.Group
}

// TestRandomHistories: members are added, removed, update, rejoin, talk, race and
// restart; all that are in the group agree on its epoch, as does the server
// (RFC 9420, Section 12.4.1, RFC 9420, Section 12.4.2,
// RFC 9420, Section 12.4.3.2, RFC 9420, Section 8.7).
func TestRandomHistories(t *testing.T) {
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	for i := range rounds {
		seed := uint64(time.Now().UnixNano()) + uint64(i)
		s := []*public.Suite{public.X25519(), public.X25519(), public.XWing(public.SuiteXWing)}[i%3]
		t.Run(fmt.Sprintf("%s/seed=%d", s.Name(), seed), func(t *testing.T) { runHistory(t, s, seed, 40) })
	}
}

func runHistory(t *testing.T, s *public.Suite, seed uint64, steps int) {
	h := &history{t: t, rng: rand.New(rand.NewPCG(seed, 0)), suite: s}
	first := h.client()
	first.Create(t, "history")
	h.members = []*mlstest.Client{first}
	info, err := first.Group.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	cfg := &public.Config{Suites: mlstest.Suites(), Now: time.Now}
	if h.server, err = public.NewGroup(cfg, info); err != nil {
		t.Fatal(err)
	}
	for step := range steps {
		h.step()
		h.check(step)
		if t.Failed() {
			t.FailNow()
		}
	}
}

func (h *history) client() *mlstest.Client {
	h.names++
	return mlstest.NewClient(h.t, h.suite, fmt.Sprintf("client-%d", h.names))
}

func (h *history) pick() *mlstest.Client { return h.members[h.rng.IntN(len(h.members))] }

func (h *history) step() {
	switch n := h.rng.IntN(10); {
	case n < 4 && len(h.members) < 20:
		h.add(1 + h.rng.IntN(3))
	case n < 5 && len(h.members) > 1:
		h.remove()
	case n < 6:
		h.commit(h.pick(), mls.CommitOptions{Update: true}, nil)
	case n < 7:
		h.external()
	case n < 8:
		h.race()
	default:
		h.talk()
	}
}

// add adds n clients, now and then with a path, and sometimes removes another.
func (h *history) add(n int) {
	author := h.pick()
	opts := mls.CommitOptions{Update: h.rng.IntN(2) == 0}
	joiners := map[*mlstest.Client]*mls.KeyPackageSecrets{}
	for range n {
		c := h.client()
		k, secrets := c.KeyPackage(h.t)
		opts.Add = append(opts.Add, k)
		joiners[c] = secrets
	}
	if h.rng.IntN(3) == 0 {
		if gone := h.pick(); gone != author {
			opts.Remove = []public.LeafIndex{gone.Group.OwnIndex()}
		}
	}
	h.commit(author, opts, joiners)
}

func (h *history) remove() {
	author, gone := h.pick(), h.pick()
	if author != gone {
		h.commit(author, mls.CommitOptions{Remove: []public.LeafIndex{gone.Group.OwnIndex()}}, nil)
	}
}

// commit lets author commit, the server check it, and everyone follow.
func (h *history) commit(author *mlstest.Client, opts mls.CommitOptions, joiners map[*mlstest.Client]*mls.KeyPackageSecrets) {
	staged, changes, err := author.Group.Commit(opts)
	if err != nil {
		h.t.Fatal(err)
	}
	author.Records.Write(changes)
	message, welcome := staged.CommitMessage(), staged.Welcome()
	h.serve(message, staged.GroupInfo())
	if h.rng.IntN(2) == 0 {
		author.Reload(h.t)
	}
	h.follow(message)
	for c, secrets := range joiners {
		c.Join(h.t, welcome, secrets)
		h.members = append(h.members, c)
	}
}

// serve is what the server does with a commit.
func (h *history) serve(message, info []byte) {
	h.t.Helper()
	staged, err := h.server.Stage(message)
	if err != nil {
		h.t.Fatalf("server: %v", err)
	}
	if err := h.server.CheckGroupInfo(staged, info); err != nil {
		h.t.Fatalf("server: %v", err)
	}
	if err := h.server.Merge(staged); err != nil {
		h.t.Fatal(err)
	}
}

// follow lets every member merge the commit; who is removed leaves.
func (h *history) follow(message []byte) {
	var left []*mlstest.Client
	for _, c := range h.members {
		if c.Follow(h.t, message).SelfRemoved() {
			if len(c.Records) != 0 || !c.Group.Removed() {
				h.t.Errorf("%s was removed and keeps %d records", c.Identity, len(c.Records))
			}
			continue
		}
		left = append(left, c)
	}
	h.members = left
}

// external lets a member rejoin, or a stranger join.
func (h *history) external() {
	info, err := h.pick().Group.GroupInfo()
	if err != nil {
		h.t.Fatal(err)
	}
	joiner := h.client()
	if h.rng.IntN(2) == 0 {
		joiner = h.pick()
	}
	staged, err := mls.JoinExternal(joiner.Config, info, joiner.Identity, joiner.Signer, mls.ExternalOptions{Resync: true})
	if err != nil {
		h.t.Fatal(err)
	}
	message := staged.CommitMessage()
	h.serve(message, staged.GroupInfo())
	h.follow(message) // an old self is removed, and its records go
	g, changes, err := staged.Join()
	if err != nil {
		h.t.Fatal(err)
	}
	joiner.Group, joiner.Records = g, mlstest.Records{}
	joiner.Records.Write(changes)
	h.members = append(h.members, joiner)
}

// race lets two members commit at once: the loser follows the winner.
func (h *history) race() {
	winner, loser := h.pick(), h.pick()
	if winner == loser {
		return
	}
	_, changes, err := loser.Group.Commit(mls.CommitOptions{Update: true})
	if err != nil {
		h.t.Fatal(err)
	}
	loser.Records.Write(changes)
	h.commit(winner, mls.CommitOptions{Update: true}, nil)
	if loser.Group.HasPending() {
		h.t.Error("the loser's commit is still pending")
	}
}

// talk sends some messages, which arrive in any order; some are lost.
func (h *history) talk() {
	author := h.pick()
	var messages [][]byte
	var texts []string
	for i := range 1 + h.rng.IntN(5) {
		texts = append(texts, fmt.Sprintf("%d", i))
		messages = append(messages, author.Send(h.t, texts[i]))
	}
	for _, c := range h.members {
		if c == author {
			continue
		}
		for _, i := range h.rng.Perm(len(messages)) {
			if h.rng.IntN(4) == 0 {
				continue
			}
			if got := c.Receive(h.t, messages[i]); got != texts[i] {
				h.t.Errorf("%s: got %q, want %q", c.Identity, got, texts[i])
			}
		}
	}
}

// check compares all members, some of them after a restart, and the server.
func (h *history) check(step int) {
	agree(h.t, h.members...)
	for _, c := range h.members {
		if h.rng.IntN(3) == 0 {
			c.Reload(h.t)
		}
	}
	agree(h.t, h.members...)
	one := h.pick().Group
	if !h.server.Context().Equal(one.Context()) {
		h.t.Errorf("step %d: the server's context differs", step)
	}
	if got := len(one.Members()); got != len(h.members) {
		h.t.Errorf("step %d: %d members, want %d", step, got, len(h.members))
	}
	for _, c := range h.members {
		m, ok := one.Member(c.Group.OwnIndex())
		if !ok || !bytes.Equal(m.Identity, c.Identity) {
			h.t.Errorf("step %d: leaf %d is not %s", step, c.Group.OwnIndex(), c.Identity)
		}
	}
}
