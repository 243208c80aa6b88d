package public

import "testing"

// TestUnlistedSuite: a leaf whose capabilities leave the group's suite out is
// accepted where refusing it would part a member from the others, and nowhere
// else (RFC 9420, Section 7.3, RFC 9420, Section 11.1).
func TestUnlistedSuite(t *testing.T) {
	unlist := func(leaf *LeafNode) { leaf.Capabilities.CipherSuites = []CipherSuite{0x0a0a} }
	for name, run := range map[string]func(*world) error{
		"update": func(w *world) error {
			_, err := w.group.Provision(MemberSender(1), []CommittedProposal{{Proposal: w.update(2, unlist), Sender: MemberSender(2)}})
			return err
		},
		"in the tree": setLeaf(func(_ *world, leaf *LeafNode) { unlist(leaf) }),
		"added":       add(func(_ *world, k *KeyPackage) { unlist(&k.LeafNode) }),
	} {
		if err := run(newRuleWorld(t)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
