package public

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"testing"
)

// A breach is one way to break one rule.
type breach struct {
	rule Rule
	name string
	// run makes the forbidden thing in w and returns what the check says.
	run func(w *world) error
}

// TestRules breaks each rule alone, on a group of four members in epoch 2 whose
// fourth leaf is unmerged at the root. The rules are those of
// RFC 9420, Section 7.3, RFC 9420, Section 10.1, RFC 9420, Section 12.1,
// RFC 9420, Section 12.2, RFC 9420, Section 12.4 and its subsections.
func TestRules(t *testing.T) {
	tested := make(map[Rule]bool)
	for _, list := range [][]breach{
		keyPackageBreaches, leafBreaches, memberBreaches, proposalBreaches,
		listBreaches, externalBreaches, pathBreaches, treeBreaches, groupInfoBreaches, extensionBreaches, framingBreaches,
	} {
		for _, b := range list {
			tested[b.rule] = true
			t.Run(string(b.rule)+"/"+b.name, func(t *testing.T) {
				w := newRuleWorld(t)
				if err := b.run(w); RuleOf(err) != b.rule {
					t.Errorf("got %v; want rule %s", err, b.rule)
				}
			})
		}
	}
	source, err := os.ReadFile("rules.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`Rule = "(.+)"`).FindAllSubmatch(source, -1) {
		if !tested[Rule(m[1])] {
			t.Errorf("no test breaks rule %s", m[1])
		}
	}
}

// newRuleWorld returns the group that the breaches start from.
func newRuleWorld(t testing.TB) *world {
	w := newWorldOf(t, X25519(), 3)
	w.merge(w.raw(1, &Commit{Proposals: inline(w.adds(1)...)}))
	return w
}

// stageErr stages commit and returns the error. The group must not change.
func (w *world) stageErr(commit []byte) error {
	w.t.Helper()
	before := w.group.Marshal()
	_, err := w.group.Stage(commit)
	if !bytes.Equal(before, w.group.Marshal()) {
		w.t.Error("Stage changed the group")
	}
	return err
}

// byMember stages a commit by the member at 1 of the proposals, without path.
func (w *world) byMember(list ...Proposal) error {
	w.t.Helper()
	return w.stageErr(w.raw(1, &Commit{Proposals: inline(list...)}))
}

// validate validates a key package changed before it is signed.
func validate(change func(w *world, k *KeyPackage)) func(*world) error {
	return func(w *world) error {
		_, err := w.cfg.ValidateKeyPackage(w.keyPackage(func(k *KeyPackage) { change(w, k) }))
		return err
	}
}

// add stages an Add of such a key package.
func add(change func(w *world, k *KeyPackage)) func(*world) error {
	return func(w *world) error {
		return w.byMember(&Add{*w.keyPackage(func(k *KeyPackage) { change(w, k) })})
	}
}

// useKey gives k the signature key pub, whose private key is said to be that of
// the client that k was made for.
func (w *world) useKey(k *KeyPackage, pub SignaturePublicKey) {
	if _, ok := w.keys[string(pub)]; !ok {
		w.keys[string(pub)] = w.keys[string(k.LeafNode.SignatureKey)]
	}
	k.LeafNode.SignatureKey = pub
}

var keyPackageBreaches = []breach{
	{RuleKeyPackageVersion, "2", validate(func(_ *world, k *KeyPackage) { k.Version = 2 })},
	{RuleKeyPackageSuite, "another", add(func(_ *world, k *KeyPackage) { k.CipherSuite = SuiteChaCha20 })},
	{RuleKeyPackageInitKey, "same", validate(func(_ *world, k *KeyPackage) { k.InitKey = k.LeafNode.EncryptionKey })},
	{RuleInitKey, "short", validate(func(_ *world, k *KeyPackage) { k.InitKey = k.InitKey[1:] })},
	{RuleDuplicateExtension, "key package", validate(func(_ *world, k *KeyPackage) {
		k.Extensions = Extensions{{0x5a5a, nil}, {0x6a6a, nil}, {0x5a5a, nil}}
	})},
	{RuleKeyPackageSignature, "changed", func(w *world) error {
		k := w.keyPackage(nil)
		k.Signature[3] ^= 1
		_, err := w.cfg.ValidateKeyPackage(k)
		return err
	}},
	{RuleLeafSignature, "key package", func(w *world) error {
		k := w.keyPackage(nil)
		k.LeafNode.Signature[3] ^= 1
		w.must(k.Sign(w.suite, w.keys[string(k.LeafNode.SignatureKey)]))
		_, err := w.cfg.ValidateKeyPackage(k)
		return err
	}},
	{RuleLeafSource, "key package", validate(func(_ *world, k *KeyPackage) { k.LeafNode.Source = SourceUpdate })},
	{RuleLeafLifetime, "ended", validate(func(_ *world, k *KeyPackage) { k.LeafNode.Lifetime.NotAfter = uint64(testNow.Unix()) - 1 })},
	{RuleLeafLifetime, "to come", add(func(_ *world, k *KeyPackage) { k.LeafNode.Lifetime.NotBefore = uint64(testNow.Unix()) + 1 })},
	{RuleLeafLifetime, "backwards", validate(func(_ *world, k *KeyPackage) {
		k.LeafNode.Lifetime = Lifetime{k.LeafNode.Lifetime.NotAfter, k.LeafNode.Lifetime.NotBefore}
	})},
	{RuleLeafLifetimeTotal, "101 days", validate(func(_ *world, k *KeyPackage) {
		k.LeafNode.Lifetime.NotAfter = k.LeafNode.Lifetime.NotBefore + 101*24*3600
	})},
}

var leafBreaches = []breach{
	{RuleLeafVersion, "none", validate(func(_ *world, k *KeyPackage) { k.LeafNode.Capabilities.Versions = nil })},
	{RuleLeafSuite, "GREASE only", validate(func(_ *world, k *KeyPackage) {
		k.LeafNode.Capabilities.CipherSuites = []CipherSuite{0x0a0a}
	})},
	{RuleLeafCredential, "GREASE only", add(func(_ *world, k *KeyPackage) {
		k.LeafNode.Capabilities.Credentials = []CredentialType{0x3a3a}
	})},
	{RuleDuplicateExtension, "leaf", validate(func(_ *world, k *KeyPackage) {
		k.LeafNode.Extensions = Extensions{{ApplicationIDExtension, nil}, {ApplicationIDExtension, nil}}
	})},
	{RuleLeafExtension, "unlisted", validate(func(_ *world, k *KeyPackage) {
		k.LeafNode.Extensions = Extensions{{0x2a2a, nil}}
	})},
	{RuleLeafEncryptionKey, "long", add(func(_ *world, k *KeyPackage) {
		k.LeafNode.EncryptionKey = append(k.LeafNode.EncryptionKey, 0)
	})},
	{RuleLeafSignatureKey, "small order", validate(func(w *world, k *KeyPackage) {
		w.useKey(k, append(SignaturePublicKey{1}, make([]byte, 31)...))
	})},
	{RuleApplication, "added", func(w *world) error {
		refused := errors.New("unknown device")
		w.cfg.CheckLeaf = func(leaf LeafView, replaced *LeafNode) error {
			if leaf.Index != 4 || replaced != nil {
				w.t.Errorf("asked about leaf %d", leaf.Index)
			}
			return refused
		}
		err := w.byMember(w.adds(1)...)
		if !errors.Is(err, refused) {
			w.t.Errorf("%v doesn't wrap the application's error", err)
		}
		return err
	}},
	{RuleApplication, "committer", func(w *world) error {
		commit, old := w.commit(2), w.group.tree.Leaf(2)
		w.cfg.CheckLeaf = func(leaf LeafView, replaced *LeafNode) error {
			if leaf.Index != 2 || replaced != old {
				w.t.Errorf("asked about leaf %d", leaf.Index)
			}
			return errors.New("no")
		}
		return w.stageErr(commit)
	}},
	{RuleSuccessor, "committer", func(w *world) error {
		return w.changedPath(func(leaf *LeafNode) { leaf.Credential = NewBasicCredential([]byte("somebody else")) })
	}},
	{RuleSuccessor, "resync", func(w *world) error {
		return w.externalPath(&w.keyPackage(nil).LeafNode, nil, w.externalInit(), &Remove{2})
	}},
	{RuleApplication, "in the tree", func(w *world) error {
		w.cfg.CheckLeaf = func(LeafView, *LeafNode) error { return errors.New("no") }
		_, err := NewGroup(w.cfg, w.currentInfo(nil))
		return err
	}},
}

// require makes the GroupContext require c, without asking the members.
func (w *world) require(c RequiredCapabilities) {
	w.group.context.Extensions = Extensions{{RequiredCapabilitiesExtension, Marshal(&c)}}
}

var memberBreaches = []breach{
	{RuleRequiredCapabilities, "extension", func(w *world) error {
		w.require(RequiredCapabilities{Extensions: []ExtensionType{AppDataDictionaryExtension, ExternalSendersExtension}})
		return add(func(_ *world, k *KeyPackage) { k.LeafNode.Capabilities.Extensions = nil })(w)
	}},
	{RuleRequiredCapabilities, "proposal", func(w *world) error {
		w.require(RequiredCapabilities{Proposals: []ProposalType{ProposalAdd, 0x2a2a}})
		return add(func(_ *world, k *KeyPackage) { k.LeafNode.Capabilities.Proposals = nil })(w)
	}},
	{RuleRequiredCapabilities, "credential", func(w *world) error {
		w.require(RequiredCapabilities{Credentials: []CredentialType{0x3a3a}})
		return add(func(_ *world, k *KeyPackage) { k.LeafNode.Capabilities.Credentials = []CredentialType{BasicCredential} })(w)
	}},
	{RuleRequiredCapabilities, "new requirement", func(w *world) error {
		data := Marshal(&RequiredCapabilities{Extensions: []ExtensionType{0x1111}})
		return w.byMember(&GroupContextExtensions{Extensions{{RequiredCapabilitiesExtension, data}}})
	}},
	{RuleGroupExtension, "added", func(w *world) error {
		w.group.context.Extensions = Extensions{{0x1a1a, nil}}
		return add(func(_ *world, k *KeyPackage) { k.LeafNode.Capabilities.Extensions = nil })(w)
	}},
	{RuleGroupExtension, "new extension", func(w *world) error {
		return w.byMember(&GroupContextExtensions{Extensions{{0x1111, nil}}})
	}},
	{RuleCredentialSupport, "not by the others", add(func(_ *world, k *KeyPackage) {
		k.LeafNode.Credential.Type = 0x5555
		k.LeafNode.Capabilities.Credentials = []CredentialType{BasicCredential, 0x5555}
	})},
	{RuleCredentialSupport, "not by the new one", add(func(_ *world, k *KeyPackage) {
		k.LeafNode.Credential.Type = 0x3a3a
		k.LeafNode.Capabilities.Credentials = []CredentialType{0x3a3a}
	})},
	{RuleDuplicateSignature, "member's", add(func(w *world, k *KeyPackage) { w.useKey(k, w.group.tree.Leaf(2).SignatureKey) })},
	{RuleDuplicateEncryption, "member's", add(func(w *world, k *KeyPackage) {
		k.LeafNode.EncryptionKey = w.group.tree.Leaf(2).EncryptionKey
	})},
	{RuleDuplicateEncryption, "parent's", add(func(w *world, k *KeyPackage) {
		k.LeafNode.EncryptionKey = w.group.tree.PublicKey(3)
	})},
	{RuleDuplicateSignature, "in the path", func(w *world) error {
		return w.changedPath(func(leaf *LeafNode) { leaf.SignatureKey = w.group.tree.Leaf(2).SignatureKey })
	}},
}
