package mls_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// chaos is a group of up to 50 members on a network that loses, repeats and
// reorders, with a delivery service that checks what it can, and mallory, a
// member who forges.
type chaos struct {
	*testing.T
	rng     *rand.Rand
	members []*peer // mallory the first
	server  *public.Group
	info    []byte // GroupInfo of the server's epoch
	texts   map[string]bool
	names   int
	gen     int // of the group: grows by branching
	// What happened, so that a history without it fails.
	shown, refused, rejoins, forks, bad int
}

// peer is a member with what the network has for it.
type peer struct {
	*mlstest.Client
	inbox   [][]byte
	waiting mls.Waiting
	shown   map[string]bool
}

// TestChaos: in random histories with loss, reordering, duplication, restarts and
// a malicious member all honest members agree, or detect that they don't and come
// back; nothing forged is shown, and nothing twice (RFC 9420, Section 14,
// RFC 9420, Section 15.3, RFC 9420, Section 12.4.2, RFC 9420, Section 8.7,
// RFC 9420, Section 11.3).
func TestChaos(t *testing.T) {
	rounds, steps := 2, 60
	if testing.Short() {
		rounds, steps = 1, 40
	}
	var total chaos
	for i := range rounds {
		seed := uint64(time.Now().UnixNano()) + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			h := runChaos(t, seed, steps)
			total.shown, total.refused, total.rejoins = total.shown+h.shown, total.refused+h.refused, total.rejoins+h.rejoins
			t.Logf("%d members, %d generations: %d shown, %d refused, %d rejoins, %d forks found, %d bad commits",
				len(h.members), h.gen+1, h.shown, h.refused, h.rejoins, h.forks, h.bad)
		})
	}
	if total.shown == 0 || total.refused == 0 || total.rejoins == 0 {
		t.Error("the histories tested nothing")
	}
}

func runChaos(t *testing.T, seed uint64, steps int) *chaos {
	h := &chaos{T: t, rng: rand.New(rand.NewPCG(seed, 1)), texts: map[string]bool{}}
	mallory := h.client("mallory")
	mallory.Create(t, "chaos#0")
	h.members = []*peer{mallory}
	h.takeUp(mallory)
	h.add(12)
	for range steps {
		h.step()
		if t.Failed() {
			t.FailNow()
		}
	}
	h.settle()
	return h
}

func (h *chaos) client(name string) *peer {
	if name == "" {
		h.names++
		name = fmt.Sprintf("client-%d", h.names)
	}
	return &peer{Client: mlstest.NewClient(h, public.X25519(), name), shown: map[string]bool{}}
}

// takeUp begins the server's view with the group of p.
func (h *chaos) takeUp(p *peer) {
	h.Helper()
	var err error
	if h.info, err = p.Group.GroupInfo(); err != nil {
		h.Fatal(err)
	}
	if h.server, err = public.NewGroup(&public.Config{Suites: mlstest.Suites(), Now: time.Now}, h.info); err != nil {
		h.Fatal(err)
	}
}

func (h *chaos) step() {
	switch n := h.rng.IntN(12); {
	case n < 2 && len(h.members) < 50:
		h.add(1 + h.rng.IntN(6))
	case n < 3 && len(h.members) > 4:
		h.commit(mls.CommitOptions{Remove: []public.LeafIndex{h.honest().Group.OwnIndex()}}, nil)
	case n < 4:
		h.commit(mls.CommitOptions{Update: true}, nil)
	case n < 5:
		h.propose()
	case n < 6:
		h.forge()
	case n < 7:
		h.settle()
	case n < 8 && h.rng.IntN(3) == 0:
		h.badCommit()
	default:
		h.talk()
	}
	h.deliver(h.rng.IntN(3) > 0)
}

// honest returns a member other than mallory.
func (h *chaos) honest() *peer { return h.members[1+h.rng.IntN(len(h.members)-1)] }

// upToDate returns an honest member in the server's epoch, nil if the first few
// tried are not.
func (h *chaos) upToDate() *peer {
	for range 8 {
		if p := h.honest(); p.Group.Epoch() == h.server.Epoch() {
			return p
		}
	}
	return nil
}

// post puts a message into each inbox but that of from: lost, repeated or late as
// chance has it.
func (h *chaos) post(message []byte, from *peer) {
	for _, p := range h.members {
		if p == from || h.rng.IntN(20) == 0 {
			continue
		}
		for range 1 + h.rng.IntN(6)/5 {
			p.inbox = slices.Insert(p.inbox, h.rng.IntN(len(p.inbox)+1), message)
		}
	}
}

// accept is what the delivery service does with a commit.
func (h *chaos) accept(message, info []byte) bool {
	staged, err := h.server.Stage(message)
	if err != nil || h.server.CheckGroupInfo(staged, info) != nil {
		return false
	}
	if err := h.server.Merge(staged); err != nil {
		h.Fatal(err)
	}
	h.info = info
	return true
}

func (h *chaos) add(n int) {
	author := h.members[0]
	if len(h.members) > 1 {
		author = h.upToDate()
	}
	if author == nil {
		return
	}
	var opts mls.CommitOptions
	joiners := map[*peer]*mls.KeyPackageSecrets{}
	for range min(n, 50-len(h.members)) {
		p := h.client("")
		k, secrets := p.KeyPackage(h)
		opts.Add, joiners[p] = append(opts.Add, k), secrets
	}
	h.commitBy(author, opts, joiners)
}

func (h *chaos) commit(opts mls.CommitOptions, joiners map[*peer]*mls.KeyPackageSecrets) {
	if author := h.upToDate(); author != nil && !slices.Contains(opts.Remove, author.Group.OwnIndex()) {
		h.commitBy(author, opts, joiners)
	}
}

// commitBy lets author commit; now and then it restarts before the service
// answers.
func (h *chaos) commitBy(author *peer, opts mls.CommitOptions, joiners map[*peer]*mls.KeyPackageSecrets) {
	h.Helper()
	opts.Received = true
	staged, changes, err := author.Group.Commit(opts)
	var rule *public.RuleError
	if errors.As(err, &rule) && (rule.Rule == public.RuleLeafTwice || rule.Rule == public.RuleRemoveBlank) {
		return // somebody proposed what opts asks for, or it is done: who is gone may not know yet
	}
	if err != nil {
		h.Fatalf("%s: %v", author.Identity, err)
	}
	author.Records.Write(changes)
	if h.rng.IntN(2) == 0 {
		author.Reload(h)
	}
	if !h.accept(staged.CommitMessage(), staged.GroupInfo()) {
		author.Records.Write(author.Group.DropPending()) // it knew fewer proposals than the server
		return
	}
	author.Follow(h, staged.CommitMessage())
	h.post(staged.CommitMessage(), author)
	for p, secrets := range joiners {
		p.Join(h, staged.Welcome(), secrets)
		h.members = append(h.members, p)
	}
}

// propose sends a proposal, which the server sees and some members may not.
func (h *chaos) propose() {
	p := h.upToDate()
	if p == nil {
		return
	}
	var message []byte
	var changes mls.Changes
	var err error
	if h.rng.IntN(2) == 0 {
		message, _, changes, err = p.Group.ProposeUpdate(mls.LeafOptions{}, mls.ProposeOptions{})
	} else {
		message, _, changes, err = p.Group.Propose(&public.SelfRemove{}, mls.ProposeOptions{})
	}
	if err != nil {
		if public.RuleOf(err) != public.RuleSelfRemoveTwice && !errors.Is(err, mls.ErrTooManyUpdates) {
			h.Fatal(err)
		}
		return
	}
	p.Records.Write(changes)
	if _, err := h.server.ReceiveProposal(message); err == nil { // else p is on a fork
		h.post(message, p)
	}
}

// talk sends a few messages.
func (h *chaos) talk() {
	p := h.upToDate()
	if p == nil {
		return
	}
	for range 1 + h.rng.IntN(4) {
		text := fmt.Sprintf("%s %d", p.Identity, len(h.texts))
		message, changes, err := p.Group.Encrypt(nil, []byte(text))
		if errors.Is(err, mls.ErrProposals) {
			h.commitBy(p, mls.CommitOptions{}, nil)
			return
		}
		if err != nil {
			h.Fatal(err)
		}
		p.Records.Write(changes)
		h.texts[text] = true
		h.post(message, p)
	}
}

// forge lets mallory send what only members can make, and nobody must take.
func (h *chaos) forge() {
	mallory := h.members[0]
	victim := h.honest()
	if mallory.Group.Epoch() != h.server.Epoch() {
		return
	}
	h.post(mallory.Group.EncryptAs(victim.Group.OwnIndex(), mallory.Signer, public.ContentApplication, []byte("forged")), mallory)
	h.post(mallory.Group.EncryptPadded(h, 7), mallory)
	staged, _, err := mallory.Group.Commit(mls.CommitOptions{Update: true})
	if err != nil {
		h.Fatal(err)
	}
	h.post(mallory.Group.WrongSecrets(h, staged), mallory) // past the server
	h.post(mallory.Group.Reseal(staged.CommitMessage(), func(m *public.AuthenticatedContent) bool {
		m.Content.Sender = public.MemberSender(victim.Group.OwnIndex())
		return true
	}), mallory)
	h.post(flip(staged.CommitMessage(), h.rng.IntN(len(staged.CommitMessage()))), mallory)
	if h.rng.IntN(2) == 0 { // a fork: a good commit that only one gets
		victim.inbox = append(victim.inbox, staged.CommitMessage())
	}
	mallory.Group.DropPending()
	mallory.Reload(h)
}

// deliver empties some inboxes, or all, after some restarts.
func (h *chaos) deliver(some bool) {
	for _, p := range slices.Clone(h.members) {
		if some && h.rng.IntN(2) == 0 {
			continue
		}
		if h.rng.IntN(4) == 0 {
			p.Reload(h)
		}
		inbox := p.inbox
		p.inbox = nil
		for _, message := range inbox {
			h.receive(p, message)
		}
	}
	h.members = slices.DeleteFunc(h.members, func(p *peer) bool { return p.Group.Removed() })
}

// receive is what a client does with a message; what it can't use it leaves.
func (h *chaos) receive(p *peer, message []byte) {
	if p.Group.Removed() {
		return
	}
	header, err := public.PeekMessage(message)
	if err != nil || string(header.GroupID) != string(p.Group.GroupID()) {
		return // flipped
	}
	if header.Epoch > p.Group.Epoch() {
		p.waiting.Add(header.Epoch, message)
		return
	}
	before := maps.Clone(p.Records)
	switch header.ContentType {
	case public.ContentApplication:
		err = h.show(p, message)
	case public.ContentProposal:
		_, changes, e := p.Group.ReceiveProposal(message)
		if err = e; err == nil {
			p.Records.Write(changes)
		}
	case public.ContentCommit:
		err = h.follow(p, message)
	}
	if err != nil {
		h.refused++
	}
	if err != nil && !maps.EqualFunc(before, p.Records, func(a, b []byte) bool { return string(a) == string(b) }) {
		h.Errorf("%s: a refused message changed something: %v", p.Identity, err)
	}
}

// show decrypts an application message.
func (h *chaos) show(p *peer, message []byte) error {
	m, changes, err := p.Group.Decrypt(message)
	if err != nil {
		return err
	}
	p.Records.Write(changes)
	text := string(m.Data)
	if !h.texts[text] || p.shown[text] || fmt.Sprintf("%s ", m.SenderIdentity) != text[:len(m.SenderIdentity)+1] {
		h.Errorf("%s shows %q of %s: again: %v", p.Identity, text, m.SenderIdentity, p.shown[text])
	}
	p.shown[text] = true
	h.shown++
	return nil
}

// follow merges a commit that is good, and then what waited for its epoch.
func (h *chaos) follow(p *peer, message []byte) error {
	staged, err := p.Group.Stage(message)
	if err != nil {
		return err
	}
	p.Merge(h, staged)
	if p.Group.Removed() {
		return nil
	}
	for _, m := range p.waiting.Take(p.Group.Epoch()) {
		h.receive(p, m)
	}
	return nil
}

// settle delivers everything; who is not where the server is then has lost a
// commit, or is on a fork, and rejoins. All agree with each other and the server.
func (h *chaos) settle() {
	h.deliver(false)
	for range 3 { // a rejoin may come while others are away
		for _, p := range slices.Clone(h.members) {
			if h.astray(p) {
				h.rejoin(p)
				h.deliver(false)
			}
		}
	}
	h.members = slices.DeleteFunc(h.members, func(p *peer) bool { return !h.listed(p) })
	var all []*mlstest.Client
	for _, p := range h.members {
		all = append(all, p.Client)
	}
	agree(h, all...)
	if !h.server.Context().Equal(all[0].Group.Context()) {
		h.Error("the server is elsewhere")
	}
}

// reference returns a member that is where the server is, and another than p.
func (h *chaos) reference(p *peer) *peer {
	for _, other := range h.members {
		if other != p && h.server.Context().Equal(other.Group.Context()) {
			return other
		}
	}
	return nil
}

// astray reports whether p is elsewhere than the server, as its own checks tell.
func (h *chaos) astray(p *peer) bool {
	ref := h.reference(p)
	if p.Group.Removed() || ref == nil {
		return false
	}
	err := p.Group.CheckEpoch(h.server.Epoch(), ref.Group.EpochAuthenticator())
	if errors.Is(err, mls.ErrFork) {
		h.forks++
	}
	if err == nil && p.Group.Epoch() > h.server.Epoch() { // a fork that began just now
		h.forks++
	}
	if p.Group.Epoch() > h.server.Epoch() { // not back in time
		h.commitBy(ref, mls.CommitOptions{Update: true}, nil)
		h.deliver(false)
	}
	return err != nil || p.Group.Epoch() != h.server.Epoch() || !p.Group.Context().Equal(h.server.Context())
}

func (h *chaos) listed(p *peer) bool {
	return slices.ContainsFunc(h.server.Leaves(), func(l public.LeafView) bool { return string(l.Identity()) == string(p.Identity) })
}

// rejoin brings p back by an external commit, if it is still a member.
func (h *chaos) rejoin(p *peer) {
	if !h.listed(p) {
		return // removed while it was away
	}
	h.rejoins++
	staged, err := p.Group.Rejoin(h.info, false, mls.ExternalOptions{})
	if err != nil {
		h.Fatalf("%s: %v", p.Identity, err)
	}
	if !h.accept(staged.CommitMessage(), staged.GroupInfo()) {
		h.Fatalf("the rejoin of %s is refused", p.Identity)
	}
	g, changes, err := staged.Join()
	if err != nil {
		h.Fatal(err)
	}
	p.Group, p.Records, p.inbox, p.waiting = g, mlstest.Records{}, nil, mls.Waiting{}
	p.Records.Write(changes)
	for _, other := range h.members { // these arrive, else nobody comes to rest
		if other != p {
			other.inbox = append(other.inbox, staged.CommitMessage())
		}
	}
}

// badCommit lets mallory commit with a tag that the server can't check: all
// honest members refuse it, and one opens the next group without mallory.
func (h *chaos) badCommit() {
	h.settle()
	mallory := h.members[0]
	if string(mallory.Identity) != "mallory" || mallory.Group.Epoch() != h.server.Epoch() || len(h.members) < 3 {
		return
	}
	staged, _, err := mallory.Group.Commit(mls.CommitOptions{Update: true})
	if err != nil {
		h.Fatal(err)
	}
	message := mallory.Group.Reseal(staged.CommitMessage(), func(m *public.AuthenticatedContent) bool {
		m.Auth.ConfirmationTag[0] ^= 1
		return false
	})
	info, err := public.ParseGroupInfo(staged.GroupInfo())
	if err != nil {
		h.Fatal(err)
	}
	info.ConfirmationTag[0] ^= 1
	if err := info.Sign(mallory.Suite, mallory.Signer); err != nil {
		h.Fatal(err)
	}
	if !h.accept(message, info.Message()) {
		h.Fatal("the server sees what it can't see")
	}
	honest := h.members[1:]
	h.bad++
	for _, p := range honest {
		refusedStage(h.T, p.Client, message, mls.ErrConfirmationTag)
	}
	h.branch(honest)
}

// branch opens the next group from the last epoch that was good. Then another
// mallory is added.
func (h *chaos) branch(honest []*peer) {
	good := h.server.Epoch() - 1
	author := honest[h.rng.IntN(len(honest))]
	var opts mls.BranchOptions
	joiners := map[*peer]*mls.KeyPackageSecrets{}
	for _, p := range honest {
		if p != author {
			k, secrets := p.KeyPackage(h)
			opts.Add, joiners[p] = append(opts.Add, k), secrets
		}
	}
	h.gen++
	staged, err := mls.Branch(author.Config, author.Group, good, fmt.Appendf(nil, "chaos#%d", h.gen), opts)
	if err != nil {
		h.Fatal(err)
	}
	enter := func(p *peer, g *mls.Group, changes mls.Changes, err error) {
		if err != nil {
			h.Fatalf("%s: %v", p.Identity, err)
		}
		p.Group, p.Records, p.inbox, p.waiting = g, mlstest.Records{}, nil, mls.Waiting{}
		p.Records.Write(changes)
	}
	for p, secrets := range joiners {
		g, changes, err := mls.JoinBranch(p.Config, p.Group, staged.Welcome(), []*mls.KeyPackageSecrets{secrets}, p.Signer)
		enter(p, g, changes, err)
	}
	g, changes, err := staged.Join()
	enter(author, g, changes, err)
	h.takeUp(author)
	h.members = append([]*peer{h.client("mallory")}, honest...)
	k, secrets := h.members[0].KeyPackage(h)
	added := author.Commit(h, mls.CommitOptions{Add: [][]byte{k}})
	if !h.accept(added.CommitMessage(), added.GroupInfo()) {
		h.Fatal("mallory is not added")
	}
	h.members[0].Join(h, added.Welcome(), secrets)
	for _, p := range honest {
		if p != author {
			p.Follow(h, added.CommitMessage())
		}
	}
}
