package mls_test

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"slices"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// A breach is one way to break one rule of the member's side.
type breach struct {
	rule  public.Rule
	match error // what a caller sees with errors.Is
	// run makes the forbidden thing in w and returns what the check says.
	run func(w *ruleWorld) error
}

// ruleWorld is a group of three, of whom mallory is the attacker, and others
// that the cases make.
type ruleWorld struct {
	*testing.T
	alice, bob, mallory *mlstest.Client
}

// TestMemberRules breaks each rule that needs the secrets of a member alone. That
// nothing changes by it, TestForgedCommits and TestForgedMessages see to.
func TestMemberRules(t *testing.T) {
	tested := map[public.Rule]bool{}
	for _, b := range slices.Concat(messageBreaches, commitBreaches, welcomeBreaches, linkBreaches) {
		tested[b.rule] = true
		t.Run(string(b.rule), func(t *testing.T) {
			w := &ruleWorld{T: t}
			w.alice, w.bob, w.mallory = trio(t)
			if err := b.run(w); public.RuleOf(err) != b.rule || !errors.Is(err, b.match) {
				t.Errorf("got %v; want rule %s and %v", err, b.rule, b.match)
			}
		})
	}
	source, err := os.ReadFile("rules.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`public\.Rule = "(.+)"`).FindAllSubmatch(source, -1) {
		if !tested[public.Rule(m[1])] {
			t.Errorf("no test breaks rule %s", m[1])
		}
	}
}

// decrypt gives alice a message.
func (w *ruleWorld) decrypt(message []byte) error {
	_, _, err := w.alice.Group.Decrypt(message)
	return err
}

var messageBreaches = []breach{
	// RFC 9420, Section 6.3.1
	{mls.RulePadding, mls.ErrMessage, func(w *ruleWorld) error { return w.decrypt(w.mallory.Group.EncryptPadded(w, 1)) }},
	{mls.RuleContentEncryption, mls.ErrMessage, func(w *ruleWorld) error {
		return w.decrypt(altered(w.T, w.bob.Send(w, "x"), func(m *public.PrivateMessage) {
			m.Ciphertext[len(m.Ciphertext)-1] ^= 1 // past what the sender data's key is made of
		}))
	}},
	// RFC 9420, Section 6.3.2
	{mls.RuleSenderData, mls.ErrMessage, func(w *ruleWorld) error {
		return w.decrypt(altered(w.T, w.bob.Send(w, "x"), func(m *public.PrivateMessage) { m.EncryptedSenderData[0] ^= 1 }))
	}},
	// RFC 9420, Section 12.4.2
	{mls.RuleGroupID, mls.ErrWrongGroup, func(w *ruleWorld) error {
		return w.decrypt(altered(w.T, w.bob.Send(w, "x"), func(m *public.PrivateMessage) { m.GroupID[0] ^= 1 }))
	}},
	// RFC 9420, Section 6.3.2
	{mls.RuleSenderLeaf, mls.ErrMessage, func(w *ruleWorld) error {
		return w.decrypt(w.mallory.Group.EncryptAs(3, w.mallory.Signer, public.ContentApplication, nil))
	}},
	// RFC 9420, Section 6.1
	{mls.RuleMessageSignature, mls.ErrMessage, func(w *ruleWorld) error {
		return w.decrypt(w.mallory.Group.EncryptAs(w.bob.Group.OwnIndex(), w.mallory.Signer, public.ContentApplication, nil))
	}},
	// RFC 9420, Section 9.2
	{mls.RuleGenerationUsed, mls.ErrReplayed, func(w *ruleWorld) error {
		message := w.bob.Send(w, "x")
		w.alice.Receive(w, message)
		return w.decrypt(message)
	}},
	// RFC 9420, Section 15.3
	{mls.RuleGenerationAhead, mls.ErrTooFarAhead, func(w *ruleWorld) error {
		for range 1001 {
			w.bob.Send(w, "x")
		}
		return w.decrypt(w.bob.Send(w, "x"))
	}},
}

// altered returns a PrivateMessage that change altered.
func altered(t testing.TB, message []byte, change func(*public.PrivateMessage)) []byte {
	t.Helper()
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil {
		t.Fatal(err)
	}
	change(m.PrivateMessage)
	return public.Marshal(m)
}

// resigned returns the PublicMessage of a joiner, changed and signed again by it
// for the epoch of member.
func resigned(t testing.TB, member *mlstest.Client, message []byte, signer public.SignaturePrivateKey, change func(*public.AuthenticatedContent)) []byte {
	t.Helper()
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil {
		t.Fatal(err)
	}
	a := m.PublicMessage.Authenticated()
	change(a)
	if err := a.Sign(member.Suite, signer, member.Group.Context()); err != nil {
		t.Fatal(err)
	}
	return (&public.PublicMessage{Content: a.Content, Auth: a.Auth}).Message()
}

// commit returns a commit of mallory and, if change is not nil, what becomes of
// its message.
func (w *ruleWorld) commit(opts mls.CommitOptions, change func(*public.AuthenticatedContent) bool) []byte {
	w.Helper()
	staged, _, err := w.mallory.Group.Commit(opts)
	if err != nil {
		w.Fatal(err)
	}
	if change == nil {
		return staged.CommitMessage()
	}
	return w.mallory.Group.Reseal(staged.CommitMessage(), change)
}

// stage gives alice a commit.
func (w *ruleWorld) stage(commit []byte) error {
	_, err := w.alice.Group.Stage(commit)
	return err
}

var commitBreaches = []breach{
	// RFC 9420, Section 6.2
	{mls.RuleMembershipTag, mls.ErrMembershipTag, func(w *ruleWorld) error {
		commit := w.commit(mls.CommitOptions{}, nil)
		return w.stage(flip(commit, len(commit)-1))
	}},
	// RFC 9420, Section 6
	{mls.RuleApplicationPublic, mls.ErrMessage, func(w *ruleWorld) error {
		return w.stage(w.commit(mls.CommitOptions{}, func(m *public.AuthenticatedContent) bool {
			m.Content.ContentType, m.Content.Commit, m.Content.ApplicationData = public.ContentApplication, nil, []byte("x")
			return true
		}))
	}},
	// RFC 9420, Section 12.4.2
	{mls.RuleEpoch, mls.ErrWrongEpoch, func(w *ruleWorld) error {
		commit := w.commit(mls.CommitOptions{}, nil)
		w.alice.Follow(w, w.bob.Commit(w, mls.CommitOptions{}).CommitMessage())
		return w.stage(commit)
	}},
	{mls.RuleGroupID, mls.ErrWrongGroup, func(w *ruleWorld) error {
		return w.stage(w.commit(mls.CommitOptions{}, func(m *public.AuthenticatedContent) bool {
			m.Content.GroupID = []byte("another")
			return true
		}))
	}},
	// RFC 9420, Section 8.3
	{mls.RuleExternalInit, mls.ErrPath, func(w *ruleWorld) error {
		info, err := w.alice.Group.GroupInfo()
		if err != nil {
			w.Fatal(err)
		}
		carol := mlstest.NewClient(w, w.alice.Suite, "carol")
		joining, err := mls.JoinExternal(carol.Config, info, carol.Identity, carol.Signer, mls.ExternalOptions{})
		if err != nil {
			w.Fatal(err)
		}
		return w.stage(resigned(w.T, w.alice, joining.CommitMessage(), carol.Signer, func(m *public.AuthenticatedContent) {
			init := m.Content.Commit.Proposals[0].Proposal.(*public.ExternalInit)
			clear(init.KEMOutput) // of small order: no shared secret
		}))
	}},
	{mls.RulePSKAvailable, mls.ErrPSK, func(w *ruleWorld) error {
		w.mallory.Config.ExternalPSK = func([]byte) []byte { return []byte("only mallory's") }
		return w.stage(w.commit(mls.CommitOptions{ExternalPSKs: [][]byte{[]byte("id")}}, nil))
	}},
	// RFC 9420, Section 7.5
	{mls.RulePathSecret, mls.ErrPath, func(w *ruleWorld) error {
		return w.stage(w.commit(mls.CommitOptions{}, func(m *public.AuthenticatedContent) bool {
			for i := range m.Content.Commit.Path.Nodes {
				for k := range m.Content.Commit.Path.Nodes[i].PathSecrets {
					m.Content.Commit.Path.Nodes[i].PathSecrets[k].Ciphertext[0] ^= 1
				}
			}
			return true
		}))
	}},
	{mls.RulePathPublicKey, mls.ErrPath, func(w *ruleWorld) error {
		staged, _, err := w.mallory.Group.Commit(mls.CommitOptions{})
		if err != nil {
			w.Fatal(err)
		}
		return w.stage(w.mallory.Group.WrongSecrets(w, staged))
	}},
	{mls.RuleConfirmationTag, mls.ErrConfirmationTag, func(w *ruleWorld) error {
		return w.stage(w.commit(mls.CommitOptions{}, func(m *public.AuthenticatedContent) bool {
			m.Auth.ConfirmationTag = bytes.Repeat([]byte{1}, len(m.Auth.ConfirmationTag))
			return false
		}))
	}},
}

// welcomed returns what carol says to a Welcome of alice that f forges. prepare
// may change both before.
func welcomed(f mls.Forgery, opts mls.CommitOptions, prepare func(w *ruleWorld, carol *mlstest.Client)) func(*ruleWorld) error {
	return func(w *ruleWorld) error {
		carol := mlstest.NewClient(w, w.alice.Suite, "carol")
		k, secrets := carol.KeyPackage(w)
		opts.Add = [][]byte{k}
		if prepare != nil {
			prepare(w, carol)
		}
		welcome := w.alice.Group.ForgeWelcome(w, opts, f)
		_, changes, err := mls.JoinWelcome(carol.Config, welcome, []*mls.KeyPackageSecrets{secrets}, carol.Signer)
		if err == nil || changes != nil {
			w.Error("carol joins")
		}
		return err
	}
}

// onInfo is welcomed for a changed GroupInfo.
func onInfo(change func(*public.GroupInfo)) func(*ruleWorld) error {
	return welcomed(mls.Forgery{Info: change}, mls.CommitOptions{}, nil)
}

// The steps of RFC 9420, Section 12.4.3.1, and one of RFC 9420, Section 12.4.3.2.
var welcomeBreaches = []breach{
	{mls.RuleWelcomeRecipient, mls.ErrNotForUs, func(w *ruleWorld) error {
		_, bob, welcome, _ := invite(w.T, mls.KeyPackageOptions{})
		_, other := bob.KeyPackage(w)
		_, _, err := mls.JoinWelcome(bob.Config, welcome, []*mls.KeyPackageSecrets{other}, bob.Signer)
		return err
	}},
	{mls.RuleWelcomeSecrets, mls.ErrWelcome, func(w *ruleWorld) error {
		_, bob, welcome, secrets := invite(w.T, mls.KeyPackageOptions{})
		m, err := public.Parse[public.MLSMessage](welcome)
		if err != nil {
			w.Fatal(err)
		}
		m.Welcome.Secrets[0].EncryptedGroupSecrets.Ciphertext[0] ^= 1
		_, _, err = mls.JoinWelcome(bob.Config, public.Marshal(m), []*mls.KeyPackageSecrets{secrets}, bob.Signer)
		return err
	}},
	{mls.RuleWelcomePSK, mls.ErrPSK, welcomed(mls.Forgery{}, mls.CommitOptions{ExternalPSKs: [][]byte{[]byte("id")}}, func(w *ruleWorld, _ *mlstest.Client) {
		w.alice.Config.ExternalPSK = func([]byte) []byte { return []byte("only alice's") }
	})},
	{mls.RuleWelcomeGroupInfo, mls.ErrWelcome, welcomed(mls.Forgery{WrongPSK: true}, mls.CommitOptions{}, nil)},
	{mls.RuleWelcomeSuite, mls.ErrWelcome, onInfo(func(i *public.GroupInfo) { i.GroupContext.CipherSuite = public.SuiteChaCha20 })},
	{mls.RuleWelcomeGroupID, mls.ErrGroupExists, welcomed(mls.Forgery{}, mls.CommitOptions{}, func(_ *ruleWorld, carol *mlstest.Client) {
		carol.Config.HasGroup = func(id []byte) bool { return string(id) == "group" }
	})},
	{mls.RuleWelcomeLeaf, mls.ErrWelcome, func(w *ruleWorld) error {
		message, err := w.alice.Group.GroupInfo()
		if err != nil {
			w.Fatal(err)
		}
		before, err := public.ParseGroupInfo(message)
		if err != nil {
			w.Fatal(err)
		}
		return onInfo(func(i *public.GroupInfo) { *i = *before })(w)
	}},
	{mls.RuleWelcomePath, mls.ErrWelcome, welcomed(mls.Forgery{WrongPath: true}, mls.CommitOptions{Update: true}, nil)},
	{mls.RuleWelcomeTag, mls.ErrConfirmationTag, onInfo(func(i *public.GroupInfo) { i.ConfirmationTag[0] ^= 1 })},
	{mls.RuleLinkedTwice, mls.ErrBranch, welcomed(mls.Forgery{Linked: []public.PreSharedKeyID{
		linkedTo("old", 1, public.UsageBranch), linkedTo("old", 2, public.UsageReInit),
	}}, mls.CommitOptions{}, haveAll)},
	{mls.RuleExternalPub, mls.ErrWelcome, func(w *ruleWorld) error {
		info := w.alice.Group.ForgeInfo(w, func(i *public.GroupInfo) {
			i.Extensions = slices.DeleteFunc(i.Extensions, func(e public.Extension) bool { return e.Type == public.ExternalPubExtension })
		})
		carol := mlstest.NewClient(w, w.alice.Suite, "carol")
		_, err := mls.JoinExternal(carol.Config, info, carol.Identity, carol.Signer, mls.ExternalOptions{})
		return err
	}},
}

// linkedTo names a resumption PSK of a usage of its own.
func linkedTo(group string, epoch uint64, usage public.ResumptionPSKUsage) public.PreSharedKeyID {
	return public.PreSharedKeyID{
		Type: public.ResumptionPSK, Usage: usage, GroupID: []byte(group), Epoch: epoch, Nonce: make([]byte, 32),
	}
}

// haveAll lets alice and carol have every resumption PSK.
func haveAll(w *ruleWorld, carol *mlstest.Client) {
	for _, c := range []*mlstest.Client{w.alice, w.mallory, carol} {
		c.Config.ResumptionPSK = func([]byte, uint64) []byte { return []byte("resumption") }
	}
}

// A follows says how mallory makes a group that bob is to take for one that
// follows his.
type follows struct {
	groupID string
	suite   *public.Suite
	usage   public.ResumptionPSKUsage // of the pre-shared key
	expect  public.ResumptionPSKUsage // by bob
	add     bool                      // alice too
	ahead   bool                      // the group is in epoch 2
	epoch   uint64                    // of the pre-shared key
	reinit  bool                      // bob's group was shut down
}

// breach makes the group, and returns what bob says.
func (f follows) breach(w *ruleWorld) error {
	if f.reinit {
		commit := w.mallory.Commit(w, mls.CommitOptions{Values: []public.Proposal{&public.ReInit{
			GroupID: []byte("next"), Version: public.MLS10, CipherSuite: public.SuiteX25519,
		}}}).CommitMessage()
		w.bob.Follow(w, commit)
		w.alice.Follow(w, commit)
	}
	psk := func(_ []byte, epoch uint64) []byte {
		secret, err := w.bob.Group.ResumptionPSK(epoch)
		if err != nil {
			w.Fatal(err)
		}
		return secret
	}
	w.mallory.Config.ResumptionPSK = psk
	next := mlstest.NewClient(w, f.suite, string(w.mallory.Identity))
	next.Config = w.mallory.Config
	next.Create(w, f.groupID)
	if f.ahead {
		next.Commit(w, mls.CommitOptions{})
	}
	var opts mls.CommitOptions
	k, secrets := fresh(w.T, f.suite, w.bob)
	opts.Add = [][]byte{k}
	if f.add {
		other, _ := fresh(w.T, f.suite, w.alice)
		opts.Add = append(opts.Add, other)
	}
	forgery := mls.Forgery{Linked: []public.PreSharedKeyID{linkedTo("group", f.epoch, f.usage)}}
	welcome := next.Group.ForgeWelcome(w, opts, forgery)
	_, _, err := mls.JoinWelcomeWith(w.bob.Config, welcome, []*mls.KeyPackageSecrets{secrets}, w.bob.Signer,
		mls.JoinOptions{Old: w.bob.Group, Link: f.expect})
	return err
}

// stranger is follows.breach with somebody else in the place of mallory.
func (f follows) stranger(w *ruleWorld) error {
	w.mallory.Identity = []byte("stranger")
	return f.breach(w)
}

// The rules of RFC 9420, Section 11.2, RFC 9420, Section 11.3 and
// RFC 9420, Section 12.4.3.1 about groups that follow others.
var linkBreaches = []breach{
	{mls.RuleLinkedUnexpected, mls.ErrBranch, follows{
		groupID: "next", suite: public.X25519(), epoch: 1, usage: public.UsageBranch, add: true,
	}.breach},
	{mls.RuleLinkedUnexpected, mls.ErrSuccessor, follows{
		groupID: "next", suite: public.X25519(), epoch: 2, usage: public.UsageBranch, expect: public.UsageReInit, add: true, reinit: true,
	}.breach},
	{mls.RuleLinkedEpoch, mls.ErrBranch, follows{
		groupID: "next", suite: public.X25519(), epoch: 1, usage: public.UsageBranch, expect: public.UsageBranch, ahead: true,
	}.breach},
	{mls.RuleSuccessorLink, mls.ErrSuccessor, follows{
		groupID: "next", suite: public.X25519(), epoch: 1, usage: public.UsageReInit, expect: public.UsageReInit, add: true, reinit: true,
	}.breach},
	{mls.RuleSuccessorContext, mls.ErrSuccessor, follows{
		groupID: "another", suite: public.X25519(), epoch: 2, usage: public.UsageReInit, expect: public.UsageReInit, add: true, reinit: true,
	}.breach},
	{mls.RuleSuccessorMembers, mls.ErrSuccessor, follows{
		groupID: "next", suite: public.X25519(), epoch: 2, usage: public.UsageReInit, expect: public.UsageReInit, reinit: true,
	}.breach},
	{mls.RuleBranchContext, mls.ErrBranch, follows{
		groupID: "next", suite: public.ChaCha20(), epoch: 1, usage: public.UsageBranch, expect: public.UsageBranch,
	}.breach},
	{mls.RuleBranchMembers, mls.ErrBranch, follows{
		groupID: "next", suite: public.X25519(), epoch: 1, usage: public.UsageBranch, expect: public.UsageBranch,
	}.stranger},
}

// TestExternalSenderRefused: a member asks its application, and the verifier of
// the type, about the external senders of a group (RFC 9420, Section 5.3.1).
func TestExternalSenderRefused(t *testing.T) {
	w := &ruleWorld{T: t}
	w.alice, w.bob, w.mallory = trio(t)
	w.alice.Config.CheckExternalSender = func(s public.ExternalSender) error {
		if got := string(s.Credential.Identity()); got != "agent" {
			t.Errorf("asked about %q", got)
		}
		return errors.New("unknown agent")
	}
	_, key, err := w.bob.Suite.NewSignaturePrivateKey(w.bob.Signer)
	if err != nil {
		t.Fatal(err)
	}
	senders := public.ExternalSenders{{SignatureKey: key, Credential: public.NewBasicCredential([]byte("agent"))}}
	extensions := public.Extensions{senders.Extension()}
	err = w.stage(w.commit(mls.CommitOptions{Extensions: &extensions}, nil))
	if public.RuleOf(err) != public.RuleExternalSender {
		t.Errorf("refused by the application: got %v, want rule %s", err, public.RuleExternalSender)
	}
	senders[0].Credential = public.Credential{Type: 0x3a3a}
	extensions[0] = senders.Extension()
	if _, _, err = w.bob.Group.Commit(mls.CommitOptions{Extensions: &extensions}); public.RuleOf(err) != public.RuleExternalSender {
		t.Errorf("a type without a verifier: got %v, want rule %s", err, public.RuleExternalSender)
	}
}
