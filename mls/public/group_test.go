package public

import (
	"bytes"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"testing"
)

// TestStageThenMerge follows a group through commits of every kind
// (RFC 9420, Section 12.4.2), with a second group that takes up each epoch from
// its GroupInfo (RFC 9420, Section 12.4.3.1).
func TestStageThenMerge(t *testing.T) {
	for _, s := range []*Suite{X25519(), ChaCha20(), P256(), XWing(SuiteXWing)} {
		t.Run(s.Name(), func(t *testing.T) {
			w := newWorldOf(t, s, 5)
			w.step(w.commit(2))
			w.step(w.raw(1, &Commit{Proposals: inline(w.adds(1)...)}))
			w.step(w.commit(4, &Remove{Removed: 0}, &Add{KeyPackage: *w.keyPackage(nil)}))
			byRef := []ProposalOrRef{w.propose(1, w.update(1, nil)), w.propose(2, &Remove{Removed: 3})}
			w.step(w.raw(4, w.pathCommit(MemberSender(4), w.group.tree.Leaf(4), byRef)))
			w.step(w.external(&w.keyPackage(nil).LeafNode, w.externalInit()))
			w.step(w.external(w.group.tree.Leaf(2), w.externalInit(), &Remove{Removed: 2}))
			w.step(w.commit(1, &GroupContextExtensions{Extensions{{AppDataDictionaryExtension, []byte{0}}}}))
		})
	}
}

// step merges commit, and compares with a group that begins at the new epoch.
func (w *world) step(commit []byte) {
	w.t.Helper()
	before := w.group.Marshal()
	staged := w.stage(commit)
	info := w.info(staged, nil)
	w.must(w.group.CheckGroupInfo(staged, info))
	if !bytes.Equal(w.group.Marshal(), before) {
		w.t.Error("Stage changed the group")
	}
	w.must(w.group.Merge(staged))
	joined, err := NewGroup(w.cfg, info)
	w.must(err)
	w.same(w.group, joined)
	if err := w.group.Merge(staged); !errors.Is(err, ErrStaged) {
		w.t.Errorf("second Merge: %v; want ErrStaged", err)
	}
}

// TestEffects checks what a StagedCommit tells about itself.
func TestEffects(t *testing.T) {
	w := newWorldOf(t, X25519(), 4)
	removed := w.group.tree.Leaf(3)
	added := w.keyPackage(nil)
	ref := w.propose(2, w.update(2, nil))
	c := w.pathCommit(MemberSender(1), w.group.tree.Leaf(1), append(inline(&Remove{3}, &Add{*added}), ref))
	staged := w.stage(w.raw(1, c))
	if got := staged.Epoch(); got != 2 {
		t.Errorf("epoch %d, want 2", got)
	}
	if got := staged.Committer(); got.Index != 1 || staged.External() || !staged.HasPath() {
		t.Errorf("committer %d, external %v, path %v", got.Index, staged.External(), staged.HasPath())
	}
	if len(staged.Removed) != 1 || staged.Removed[0].Index != 3 || staged.Removed[0].Node != removed {
		t.Errorf("removed %v", staged.Removed)
	}
	if len(staged.Added) != 1 || staged.Added[0].Index != 3 || !bytes.Equal(staged.Added[0].Ref, added.Ref(w.suite)) {
		t.Errorf("added %v", staged.Added)
	}
	if len(staged.Updated) != 2 || staged.Updated[0].Index != 2 || staged.Updated[1].Index != 1 {
		t.Errorf("updated %v", staged.Updated)
	}
	if leaf, ok := staged.Leaf(3); !ok || !bytes.Equal(leaf.Identity(), added.Identity()) {
		t.Error("the new member is not at the removed one's leaf")
	}
}

// TestStageErrors gives each sentinel of Stage its commit.
func TestStageErrors(t *testing.T) {
	w := newWorldOf(t, X25519(), 3)
	old := w.commit(0)
	w.merge(w.commit(0))
	sign := func(change func(*AuthenticatedContent)) []byte {
		a := w.content(FramedContent{
			Sender: MemberSender(1), ContentType: ContentCommit,
			Commit: w.pathCommit(MemberSender(1), w.group.tree.Leaf(1), nil),
		}, w.key(1))
		change(a)
		return w.message(a)
	}
	good := w.commit(1)
	for _, c := range []struct {
		name   string
		commit []byte
		want   error
	}{
		{"no message", nil, ErrMalformed},
		{"cut short", good[:len(good)-1], ErrMalformed},
		{"longer", append(bytes.Clone(good), 0), ErrMalformed},
		{"version", append([]byte{0, 2}, good[2:]...), ErrVersion},
		{"another kind", w.keyPackage(nil).Message(), ErrWireFormat},
		{"unknown kind", append([]byte{0, 1, 0, 9}, good[4:]...), ErrWireFormat},
		{"old epoch", old, ErrWrongEpoch},
		{"group", sign(func(a *AuthenticatedContent) { a.Content.GroupID = []byte("other") }), ErrWrongGroup},
		{"blank sender", sign(func(a *AuthenticatedContent) { a.Content.Sender.Index = 3 }), ErrSender},
		{"sender outside", sign(func(a *AuthenticatedContent) { a.Content.Sender.Index = 1 << 31 }), ErrSender},
		{"external sender", sign(func(a *AuthenticatedContent) { a.Content.Sender.Type = SenderExternal }), ErrSender},
		{"new member", sign(func(a *AuthenticatedContent) { a.Content.Sender.Type = SenderNewMemberProposal }), ErrSender},
		{"another's signature", sign(func(a *AuthenticatedContent) { a.Content.Sender.Index = 2 }), ErrSignature},
		{"content changed", sign(func(a *AuthenticatedContent) { a.Content.AuthenticatedData = []byte("x") }), ErrSignature},
		{"unknown reference", w.raw(1, &Commit{Proposals: []ProposalOrRef{{Reference: []byte("?")}}}), ErrUnknownProposal},
		{"proposal", w.message(w.content(FramedContent{
			Sender: MemberSender(1), ContentType: ContentProposal,
			Proposal: &Remove{2},
		}, w.key(1))), ErrNotCommit},
		{"application data", w.message(w.content(FramedContent{
			Sender:      MemberSender(1),
			ContentType: ContentApplication,
		}, w.key(1))), ErrWireFormat},
	} {
		if _, err := w.group.Stage(c.commit); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", c.name, err, c.want)
		}
	}
	w.merge(good)
}

// TestUnsupportedProposal checks that a proposal of a GREASE type is refused
// (RFC 9420, Section 13.5), though every leaf lists it.
func TestUnsupportedProposal(t *testing.T) {
	w := newWorldOf(t, X25519(), 2)
	for _, kind := range []ProposalType{0x2a2a, 0, 0x0a0a} {
		p := &CustomProposal{Kind: kind, Data: []byte("x")}
		if _, err := w.group.Stage(w.raw(0, &Commit{Proposals: inline(p)})); !errors.Is(err, ErrUnsupportedProposal) {
			t.Errorf("Stage: %v; want ErrUnsupportedProposal", err)
		}
	}
}

// TestReInit checks that a ReInit ends the group (RFC 9420, Section 12.1.5).
func TestReInit(t *testing.T) {
	w := newWorldOf(t, X25519(), 2)
	w.merge(w.raw(0, &Commit{Proposals: inline(&ReInit{GroupID: []byte("new"), Version: MLS10, CipherSuite: SuiteX25519})}))
	if got := w.group.ReInit(); got == nil || string(got.GroupID) != "new" {
		t.Fatalf("ReInit = %v", got)
	}
	if _, err := w.group.Stage(w.raw(0, &Commit{})); !errors.Is(err, ErrReInit) {
		t.Errorf("Stage: %v; want ErrReInit", err)
	}
	loaded, err := UnmarshalGroup(w.cfg, w.group.Marshal())
	w.must(err)
	w.same(w.group, loaded)
}

// TestNewGroupErrors gives each sentinel of NewGroup its GroupInfo.
func TestNewGroupErrors(t *testing.T) {
	w := newWorldOf(t, X25519(), 5)
	noTree := w.currentInfo(func(i *GroupInfo) { i.Extensions = nil })
	if _, err := NewGroup(w.cfg, noTree); !errors.Is(err, ErrNoTree) {
		t.Errorf("no tree: %v", err)
	}
	if _, err := NewGroup(&Config{Suites: []*Suite{ChaCha20()}}, w.currentInfo(nil)); !errors.Is(err, ErrUnsupportedSuite) {
		t.Errorf("suite: %v", err)
	}
	small := *w.cfg
	small.MaxLeaves = 4
	if _, err := NewGroup(&small, w.currentInfo(nil)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("large: %v", err)
	}
	if _, err := NewGroup(w.cfg, w.commit(0)); !errors.Is(err, ErrWireFormat) {
		t.Errorf("commit: %v", err)
	}
	info, err := ParseGroupInfo(noTree)
	w.must(err)
	g, err := NewGroupFromInfo(w.cfg, info, w.group.TreeBytes())
	w.must(err)
	w.same(w.group, g)
}

// TestTooLarge checks that a commit can't grow a tree past the limit.
func TestTooLarge(t *testing.T) {
	w := newWorldOf(t, X25519(), 4)
	w.cfg.MaxLeaves = 4
	if _, err := w.group.Stage(w.raw(0, &Commit{Proposals: inline(w.adds(1)...)})); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Stage: %v; want ErrTooLarge", err)
	}
}

// TestStaged checks that a staged commit serves only the epoch it is from.
func TestStaged(t *testing.T) {
	w := newWorldOf(t, X25519(), 3)
	a, b := w.stage(w.commit(0)), w.stage(w.commit(1))
	info := w.info(a, nil)
	w.must(w.group.Merge(b))
	if err := w.group.Merge(a); !errors.Is(err, ErrStaged) {
		t.Errorf("Merge: %v; want ErrStaged", err)
	}
	if err := w.group.CheckGroupInfo(a, info); !errors.Is(err, ErrStaged) {
		t.Errorf("CheckGroupInfo: %v; want ErrStaged", err)
	}
}

// TestRecords keeps a group in records only: what each commit changes brings a
// store from one epoch to the next.
func TestRecords(t *testing.T) {
	w := newWorldOf(t, X25519(), 6)
	store := make(map[string][]byte)
	put := func(records ...Record) {
		for _, r := range records {
			if store[r.Key] = r.Value; r.Value == nil {
				delete(store, r.Key)
			}
		}
	}
	load := func() *Group {
		t.Helper()
		g, err := LoadGroup(w.cfg, func(key string) ([]byte, error) { return store[key], nil })
		w.must(err)
		return g
	}
	put(w.group.Records()...)
	w.same(w.group, load())
	for step, commit := range []func() []byte{
		func() []byte { return w.commit(3) },
		func() []byte { return w.commit(1, w.adds(4)...) },
		func() []byte { return w.commit(0, &Remove{9}, &Remove{8}) },
		func() []byte { return w.external(w.group.tree.Leaf(5), w.externalInit(), &Remove{5}) },
		func() []byte {
			ref := w.propose(2, w.update(2, nil))
			put(w.group.ProposalsRecord())
			w.same(w.group, load())
			return w.raw(1, w.pathCommit(MemberSender(1), w.group.tree.Leaf(1), []ProposalOrRef{ref}))
		},
	} {
		staged := w.stage(commit())
		put(staged.Records()...)
		w.must(w.group.Merge(staged))
		w.same(w.group, load())
		if got, want := len(store)+1, len(w.group.Records()); got != want {
			t.Errorf("step %d: %d records, want %d", step, got, want)
		}
	}
}

// TestStateErrors checks that a damaged state is told as such.
func TestStateErrors(t *testing.T) {
	w := newWorldOf(t, X25519(), 3)
	state := w.group.Marshal()
	for i := range state {
		bad := bytes.Clone(state)
		bad[i] ^= 1
		_, err := UnmarshalGroup(w.cfg, bad)
		if err != nil && !errors.Is(err, ErrState) && !errors.Is(err, ErrUnsupportedSuite) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	if _, err := UnmarshalGroup(w.cfg, nil); !errors.Is(err, ErrState) {
		t.Errorf("nothing: %v", err)
	}
	failed := errors.New("disk")
	if _, err := LoadGroup(w.cfg, func(string) ([]byte, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("LoadGroup: %v", err)
	}
}

// TestRandomHistory applies random commits; at each epoch the cached tree hashes
// are those of a tree read anew, and the whole tree is valid.
func TestRandomHistory(t *testing.T) {
	seed := mathrand.Uint64()
	t.Logf("seed %d", seed)
	random := mathrand.New(mathrand.NewPCG(seed, 1))
	w := newWorldOf(t, X25519(), 3)
	for range 60 {
		leaves := w.group.Leaves()
		by := leaves[random.IntN(len(leaves))].Index
		var list []Proposal
		for range random.IntN(3) {
			list = append(list, w.adds(1)...)
		}
		for _, l := range leaves {
			if l.Index != by && random.IntN(4) == 0 {
				list = append(list, &Remove{l.Index})
			}
		}
		switch victim := leaves[random.IntN(len(leaves))]; random.IntN(4) {
		case 0:
			w.step(w.external(&w.keyPackage(nil).LeafNode, w.externalInit()))
		case 1:
			w.step(w.external(victim.Node, w.externalInit(), &Remove{victim.Index}))
		case 2:
			w.step(w.raw(by, &Commit{Proposals: inline(w.adds(1 + random.IntN(3))...)}))
		default:
			w.step(w.commit(by, list...))
		}
		if t.Failed() {
			t.Fatalf("failed with seed %d", seed)
		}
	}
}

func BenchmarkUpdateCommit(b *testing.B) {
	for _, s := range []*Suite{X25519(), XWing(SuiteXWing)} {
		for _, n := range []int{2, 32, 1000} {
			w := newWorldOf(b, s, n)
			for i := 0; i < n; i += 2 { // give every parent a key
				w.merge(w.commit(LeafIndex(i)))
			}
			for _, withTree := range []bool{true, false} {
				b.Run(fmt.Sprintf("suite=%04x/n=%d/tree=%v", uint16(s.ID()), n, withTree), func(b *testing.B) {
					w.benchmark(b, withTree)
				})
			}
		}
	}
}

// benchmark checks and merges one commit with its GroupInfo, again and again.
func (w *world) benchmark(b *testing.B, withTree bool) {
	commit := w.commit(0)
	info := w.info(w.stage(commit), func(i *GroupInfo) {
		if !withTree {
			i.Extensions = i.Extensions[1:]
		}
	})
	b.ReportAllocs()
	for b.Loop() {
		g := *w.group // Merge changes the copy
		staged, err := g.Stage(commit)
		if err != nil {
			b.Fatal(err)
		}
		if err := g.CheckGroupInfo(staged, info); err != nil {
			b.Fatal(err)
		}
		if err := g.Merge(staged); err != nil {
			b.Fatal(err)
		}
	}
}
