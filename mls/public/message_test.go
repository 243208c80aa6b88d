package public

import (
	"bytes"
	"errors"
	"testing"
)

// TestPeek checks what a server reads of messages (RFC 9420, Section 6.3,
// RFC 9420, Section 12.4.3.1).
func TestPeek(t *testing.T) {
	w := newWorldOf(t, X25519(), 2)
	private := (&PrivateMessage{
		GroupID: []byte("g"), Epoch: 9, ContentType: ContentApplication,
		AuthenticatedData: []byte("aad"), EncryptedSenderData: []byte("s"), Ciphertext: []byte("c"),
	}).Message()
	commit := w.commit(1)
	welcome := (&Welcome{
		CipherSuite: SuiteXWing, EncryptedGroupInfo: []byte("i"),
		Secrets: []EncryptedGroupSecrets{{NewMember: []byte("a")}, {NewMember: []byte("b")}},
	}).Message()

	h, err := PeekPrivateMessage(private)
	if err != nil || string(h.GroupID) != "g" || h.Epoch != 9 || h.ContentType != ContentApplication ||
		string(h.AuthenticatedData) != "aad" || h.WireFormat != WirePrivateMessage {
		t.Errorf("PeekPrivateMessage = %+v, %v", h, err)
	}
	h, err = PeekMessage(commit)
	if err != nil || string(h.GroupID) != "group" || h.Epoch != 1 || h.ContentType != ContentCommit || h.WireFormat != WirePublicMessage {
		t.Errorf("PeekMessage = %+v, %v", h, err)
	}
	wh, err := PeekWelcome(welcome)
	if err != nil || wh.CipherSuite != SuiteXWing || len(wh.NewMembers) != 2 || string(wh.NewMembers[1]) != "b" {
		t.Errorf("PeekWelcome = %+v, %v", wh, err)
	}
	for _, c := range []struct {
		message []byte
		want    WireFormat
	}{
		{commit, WirePublicMessage},
		{private, WirePrivateMessage},
		{welcome, WireWelcome},
		{w.currentInfo(nil), WireGroupInfo},
		{w.keyPackage(nil).Message(), WireKeyPackage},
	} {
		if got, err := MessageType(c.message); got != c.want || err != nil {
			t.Errorf("MessageType = %d, %v; want %d", got, err, c.want)
		}
	}
}

// TestPeekErrors checks that what can't be peeked into is refused whole.
func TestPeekErrors(t *testing.T) {
	private := (&PrivateMessage{GroupID: []byte("g"), ContentType: ContentApplication}).Message()
	badType := bytes.Clone(private)
	badType[bytes.Index(badType, []byte("g"))+9] = 4
	for _, c := range []struct {
		name    string
		message []byte
		want    error
	}{
		{"cut short", private[:len(private)-1], ErrMalformed},
		{"longer", append(bytes.Clone(private), 0), ErrMalformed},
		{"content type", badType, ErrMalformed},
		{"another kind", (&Welcome{}).Message(), ErrWireFormat},
		{"version", append([]byte{0, 9}, private[2:]...), ErrVersion},
	} {
		if _, err := PeekPrivateMessage(c.message); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", c.name, err, c.want)
		}
	}
	if _, err := PeekWelcome(private); !errors.Is(err, ErrWireFormat) {
		t.Errorf("PeekWelcome of a PrivateMessage: %v", err)
	}
	for _, message := range [][]byte{nil, {0, 1}, {0, 1, 0, 0}, {0, 1, 0, 6}, {0, 2, 0, 1}} {
		if f, err := MessageType(message); err == nil {
			t.Errorf("MessageType(%x) = %d", message, f)
		}
	}
}

// TestKeyPackage checks what a server asks of a key package
// (RFC 9420, Section 10.1).
func TestKeyPackage(t *testing.T) {
	w := newWorld(t, X25519())
	plain := w.keyPackage(nil)
	last := w.keyPackage(func(k *KeyPackage) { k.Extensions = Extensions{{0x0b0b, []byte("?")}, LastResortExtension()} })
	other := w.keyPackage(func(k *KeyPackage) {
		dict := AppDataDictionary{{ID: 3}, {ID: 5, Data: []byte("x")}}
		k.Extensions = Extensions{{AppDataDictionaryExtension, Marshal(dict)}}
	})
	for _, c := range []struct {
		name string
		k    *KeyPackage
		last bool
	}{{"plain", plain, false}, {"last resort", last, true}, {"other component", other, false}} {
		k, err := ParseKeyPackage(c.k.Message())
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.cfg.ValidateKeyPackage(k); err != nil || s != w.suite {
			t.Errorf("%s: ValidateKeyPackage = %v, %v", c.name, s, err)
		}
		if got := k.LastResort(); got != c.last {
			t.Errorf("%s: LastResort = %v", c.name, got)
		}
		if !bytes.Equal(k.Ref(w.suite), c.k.Ref(w.suite)) || !bytes.Equal(k.Identity(), c.k.Identity()) {
			t.Errorf("%s: ref or identity differs", c.name)
		}
	}
	if bytes.Equal(plain.Ref(w.suite), last.Ref(w.suite)) {
		t.Error("two key packages have one reference")
	}
	if _, err := (&Config{}).ValidateKeyPackage(plain); !errors.Is(err, ErrUnsupportedSuite) {
		t.Errorf("no suite: %v", err)
	}
	if _, err := ParseKeyPackage(w.currentInfo(nil)); !errors.Is(err, ErrWireFormat) {
		t.Errorf("GroupInfo: %v", err)
	}
	if _, err := ParseKeyPackage(w.keyPackage(func(k *KeyPackage) { k.Version = 2 }).Message()); !errors.Is(err, ErrVersion) {
		t.Errorf("version: %v", err)
	}
}

// TestCredentials checks the forms of credentials (RFC 9420, Section 5.3).
func TestCredentials(t *testing.T) {
	c, err := Parse[Credential]([]byte{0, 2, 5, 1, 'a', 2, 'b', 'c'})
	if err != nil || c.Identity() != nil {
		t.Fatalf("x509: %v, identity %q", err, c.Identity())
	}
	if certs := c.Certificates(); len(certs) != 2 || string(certs[1]) != "bc" {
		t.Errorf("certificates %q", certs)
	}
	if _, err := Parse[Credential]([]byte{0, 2, 2, 3, 'a'}); !errors.Is(err, ErrMalformed) {
		t.Errorf("cut certificate: %v", err)
	}
	grease, err := Parse[Credential]([]byte{0x0a, 0x0a, 2, 3, 'a'})
	if err != nil || grease.Identity() != nil || grease.Certificates() != nil {
		t.Errorf("unknown type: %v", err)
	}
	basic := NewBasicCredential([]byte("bob"))
	if string(basic.Identity()) != "bob" || basic.Certificates() != nil || basic.Equal(c) || !basic.Equal(&basic) {
		t.Error("basic credential")
	}
}

// TestExternalProposals checks who may propose from outside
// (RFC 9420, Section 12.1.8).
func TestExternalProposals(t *testing.T) {
	w := newWorldOf(t, X25519(), 3)
	a := w.externalProposal(&Remove{2})
	ref, err := w.group.ReceiveProposal(w.message(a))
	w.must(err)
	a.Content.Sender.Index = 1
	if _, err := w.group.ReceiveProposal(w.message(a)); !errors.Is(err, ErrSender) {
		t.Errorf("unlisted sender: %v; want ErrSender", err)
	}
	joiner := w.keyPackage(nil)
	newMember := func(p Proposal) ([]byte, error) {
		return w.group.ReceiveProposal(w.message(w.content(FramedContent{
			Sender: Sender{Type: SenderNewMemberProposal}, ContentType: ContentProposal, Proposal: p,
		}, w.keys[string(joiner.LeafNode.SignatureKey)])))
	}
	add, err := newMember(&Add{*joiner})
	w.must(err)
	if _, err := newMember(&Remove{1}); !errors.Is(err, ErrSender) {
		t.Errorf("Remove by a new member: %v; want ErrSender", err)
	}
	if _, err := newMember(&Add{*w.keyPackage(nil)}); !errors.Is(err, ErrSignature) {
		t.Errorf("Add of another: %v; want ErrSignature", err)
	}
	if _, err := w.group.ReceiveProposal(w.commit(0)); !errors.Is(err, ErrNotProposal) {
		t.Errorf("commit: %v; want ErrNotProposal", err)
	}
	staged := w.merge(w.raw(0, w.pathCommit(MemberSender(0), w.group.tree.Leaf(0), []ProposalOrRef{{Reference: ref}, {Reference: add}})))
	if len(staged.Added) != 1 || len(staged.Removed) != 1 || staged.Removed[0].Index != 2 {
		t.Errorf("added %d, removed %v", len(staged.Added), staged.Removed)
	}
	if len(w.group.Proposals()) != 0 {
		t.Error("proposals outlive their epoch")
	}
}

// TestBranchPSK checks that a branch PSK is allowed in the first commit of a
// group only (RFC 9420, Section 11.3).
func TestBranchPSK(t *testing.T) {
	w := newWorld(t, X25519())
	branch := w.psk(func(p *PreSharedKeyID) { p.Usage = UsageBranch })
	staged := w.merge(w.commit(0, append(w.adds(1), branch)...))
	if len(staged.PSKs) != 1 || staged.PSKs[0].Usage != UsageBranch {
		t.Errorf("PSKs %v", staged.PSKs)
	}
	if err := w.stageErr(w.raw(0, &Commit{Proposals: inline(branch)})); RuleOf(err) != RulePSKUsage {
		t.Errorf("later: %v; want rule %s", err, RulePSKUsage)
	}
}

// TestRuleError checks that a RuleError tells its rule and its cause.
func TestRuleError(t *testing.T) {
	err := error(&RuleError{Rule: RuleLeafSignature, Err: ErrSignature})
	if RuleOf(err) != RuleLeafSignature || !errors.Is(err, ErrSignature) {
		t.Errorf("%v", err)
	}
	if RuleOf(ErrSignature) != "" {
		t.Error("a sentinel has a rule")
	}
	if got, want := broken(RulePathLength).Error(), "mls: rule 7.6-path-length"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
