package public

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"testing"
	"time"
)

// A world is a group with the signature keys of its members. It has no secret of
// the group: path secrets, membership tags and confirmation tags are random.
type world struct {
	t     testing.TB
	cfg   *Config
	suite *Suite
	group *Group
	keys  map[string]SignaturePrivateKey // by public key
	made  int                            // clients made
}

var testNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// newWorld returns a group with one member, at leaf 0.
func newWorld(t testing.TB, s *Suite) *world {
	w := &world{
		t: t, suite: s, keys: make(map[string]SignaturePrivateKey),
		cfg: &Config{Suites: []*Suite{s}, Now: func() time.Time { return testNow }},
	}
	creator := w.keyPackage(nil)
	w.create(&creator.LeafNode, nil)
	return w
}

// newWorldOf returns a group of n members, which the creator added in one commit
// with a path.
func newWorldOf(t testing.TB, s *Suite, n int) *world {
	w := newWorld(t, s)
	if n > 1 {
		w.merge(w.commit(0, w.adds(n-1)...))
	}
	return w
}

// adds returns proposals to add n new clients.
func (w *world) adds(n int) []Proposal {
	var list []Proposal
	for range n {
		list = append(list, &Add{KeyPackage: *w.keyPackage(nil)})
	}
	return list
}

// create starts the group anew, in epoch 0.
func (w *world) create(leaf *LeafNode, extensions Extensions) {
	w.t.Helper()
	tree := NewTree(w.suite, leaf)
	context := &GroupContext{
		Version: MLS10, CipherSuite: w.suite.ID(), GroupID: []byte("group"),
		TreeHash: tree.Hash(), Extensions: extensions,
	}
	g, err := NewGroupFromTree(w.cfg, context, tree, w.random(w.suite.HashSize()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.group = g
}

func (w *world) random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// hpkeKey returns a fresh public key.
func (w *world) hpkeKey() HPKEPublicKey {
	w.t.Helper()
	_, pub, err := w.suite.GenerateHPKEKey(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return pub
}

// keyPackage returns one of a new client. change, if any, is made before it is
// signed.
func (w *world) keyPackage(change func(*KeyPackage)) *KeyPackage {
	w.t.Helper()
	priv, pub, err := w.suite.GenerateSignatureKey(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.keys[string(pub)] = priv
	w.made++
	k := &KeyPackage{
		Version: MLS10, CipherSuite: w.suite.ID(), InitKey: w.hpkeKey(),
		LeafNode: LeafNode{
			EncryptionKey: w.hpkeKey(), SignatureKey: pub,
			Credential: NewBasicCredential(fmt.Appendf(nil, "client %d", w.made)),
			Capabilities: Capabilities{
				Versions: []ProtocolVersion{MLS10}, CipherSuites: []CipherSuite{w.suite.ID(), 0x0a0a},
				Extensions: []ExtensionType{AppDataDictionaryExtension, SupportedWireFormatsExtension, RequiredWireFormatsExtension, 0x1a1a}, Proposals: []ProposalType{
					0x2a2a, testProposal, ProposalAppDataUpdate, ProposalAppEphemeral, ProposalSelfRemove,
				},
				Credentials: []CredentialType{BasicCredential, 0x3a3a},
			},
			Source:   SourceKeyPackage,
			Lifetime: Lifetime{uint64(testNow.Unix()) - 3600, uint64(testNow.Unix()) + 3600},
		},
	}
	if change != nil {
		change(k)
	}
	w.must(k.LeafNode.Sign(w.suite, w.keys[string(k.LeafNode.SignatureKey)], nil, 0))
	w.must(k.Sign(w.suite, w.keys[string(k.LeafNode.SignatureKey)]))
	return k
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// key returns the private signature key of the member at i.
func (w *world) key(i LeafIndex) SignaturePrivateKey {
	w.t.Helper()
	return w.keys[string(w.group.tree.Leaf(i).SignatureKey)]
}

// content returns a signed message.
func (w *world) content(c FramedContent, key SignaturePrivateKey) *AuthenticatedContent {
	w.t.Helper()
	c.GroupID, c.Epoch = w.group.GroupID(), w.group.Epoch()
	a := &AuthenticatedContent{WireFormat: WirePublicMessage, Content: c}
	w.must(a.Sign(w.suite, key, w.group.context))
	if c.ContentType == ContentCommit {
		a.Auth.ConfirmationTag = w.random(w.suite.HashSize())
	}
	return a
}

// message encodes a as an MLSMessage.
func (w *world) message(a *AuthenticatedContent) []byte {
	m := &PublicMessage{Content: a.Content, Auth: a.Auth}
	if a.Content.Sender.Type == SenderMember {
		m.MembershipTag = w.random(w.suite.HashSize())
	}
	return m.Message()
}

// raw returns a signed commit by the member at i, whatever it holds.
func (w *world) raw(i LeafIndex, c *Commit) []byte {
	w.t.Helper()
	return w.message(w.content(FramedContent{
		Sender: MemberSender(i), ContentType: ContentCommit, Commit: c,
	}, w.key(i)))
}

// inline returns proposals as they stand in a commit.
func inline(list ...Proposal) []ProposalOrRef {
	var out []ProposalOrRef
	for _, p := range list {
		out = append(out, ProposalOrRef{Proposal: p})
	}
	return out
}

// propose has the group receive a proposal of the member at i, and returns it as
// it stands in a commit.
func (w *world) propose(i LeafIndex, p Proposal) ProposalOrRef {
	w.t.Helper()
	a := w.content(FramedContent{Sender: MemberSender(i), ContentType: ContentProposal, Proposal: p}, w.key(i))
	ref, err := w.group.ReceiveProposal(w.message(a))
	w.must(err)
	return ProposalOrRef{Reference: ref}
}

// update returns an Update proposal of the member at i.
func (w *world) update(i LeafIndex, change func(*LeafNode)) *Update {
	w.t.Helper()
	leaf := w.group.tree.Leaf(i).Clone()
	leaf.Source, leaf.EncryptionKey = SourceUpdate, w.hpkeKey()
	if change != nil {
		change(leaf)
	}
	w.must(leaf.Sign(w.suite, w.keys[string(leaf.SignatureKey)], w.group.GroupID(), i))
	return &Update{LeafNode: *leaf}
}

// commit returns a commit of proposals by the member at i, with a path.
func (w *world) commit(i LeafIndex, list ...Proposal) []byte {
	w.t.Helper()
	return w.raw(i, w.pathCommit(MemberSender(i), w.group.tree.Leaf(i), inline(list...)))
}

// pathCommit returns a Commit with a path that fits the proposals. leaf is the
// committer's, to be renewed.
func (w *world) pathCommit(sender Sender, leaf *LeafNode, proposals []ProposalOrRef) *Commit {
	w.t.Helper()
	c := &Commit{Proposals: proposals}
	list, err := w.group.Resolve(sender, c)
	w.must(err)
	p, err := w.group.Provision(sender, list)
	w.must(err)
	c.Path = w.path(p, leaf, nil)
	return c
}

// path returns a path that fits p. change, if any, is made to the leaf before it
// is signed.
func (w *world) path(p *Provisional, leaf *LeafNode, change func(*LeafNode)) *UpdatePath {
	w.t.Helper()
	path := &UpdatePath{LeafNode: *leaf.Clone()}
	var keys []HPKEPublicKey
	for _, at := range p.Path() {
		node := UpdatePathNode{EncryptionKey: w.hpkeKey()}
		for range p.Recipients(at) {
			node.PathSecrets = append(node.PathSecrets, HPKECiphertext{
				KEMOutput: w.random(w.suite.KEMOutputSize()), Ciphertext: w.random(w.suite.HashSize() + aeadTagSize),
			})
		}
		path.Nodes = append(path.Nodes, node)
		keys = append(keys, node.EncryptionKey)
	}
	parentHash, err := p.SetPath(keys)
	w.must(err)
	path.LeafNode.Source, path.LeafNode.ParentHash = SourceCommit, parentHash
	path.LeafNode.EncryptionKey = w.hpkeKey()
	if change != nil {
		change(&path.LeafNode)
	}
	key := w.keys[string(path.LeafNode.SignatureKey)]
	w.must(path.LeafNode.Sign(w.suite, key, w.group.GroupID(), p.Committer()))
	return path
}

// external returns an external commit by the owner of leaf.
func (w *world) external(leaf *LeafNode, list ...Proposal) []byte {
	w.t.Helper()
	sender := Sender{Type: SenderNewMemberCommit}
	return w.rawExternal(w.pathCommit(sender, leaf, inline(list...)))
}

// rawExternal returns an external commit signed by the leaf of its path.
func (w *world) rawExternal(c *Commit) []byte {
	w.t.Helper()
	return w.message(w.content(FramedContent{
		Sender: Sender{Type: SenderNewMemberCommit}, ContentType: ContentCommit, Commit: c,
	}, w.keys[string(c.Path.LeafNode.SignatureKey)]))
}

// externalInit returns an ExternalInit proposal.
func (w *world) externalInit() *ExternalInit {
	return &ExternalInit{KEMOutput: w.random(w.suite.KEMOutputSize())}
}

// stage stages commit.
func (w *world) stage(commit []byte) *StagedCommit {
	w.t.Helper()
	staged, err := w.group.Stage(commit)
	w.must(err)
	return staged
}

// merge stages and merges commit.
func (w *world) merge(commit []byte) *StagedCommit {
	w.t.Helper()
	staged := w.stage(commit)
	w.must(w.group.Merge(staged))
	return staged
}

// info returns the GroupInfo of the epoch that staged begins, by its committer.
// change, if any, is made before it is signed.
func (w *world) info(staged *StagedCommit, change func(*GroupInfo)) []byte {
	w.t.Helper()
	return w.groupInfo(staged.Context(), staged.Tree(), staged.ConfirmationTag(), staged.Committer().Index, change)
}

// currentInfo returns the GroupInfo of the current epoch, by leaf 0.
func (w *world) currentInfo(change func(*GroupInfo)) []byte {
	w.t.Helper()
	g := w.group
	return w.groupInfo(g.context, g.tree, g.tag, 0, change)
}

func (w *world) groupInfo(context *GroupContext, tree *Tree, tag []byte, signer LeafIndex, change func(*GroupInfo)) []byte {
	w.t.Helper()
	key := w.keys[string(tree.Leaf(signer).SignatureKey)]
	info := &GroupInfo{
		GroupContext: *context, ConfirmationTag: tag, Signer: signer,
		Extensions: Extensions{
			{RatchetTreeExtension, Marshal(tree)},
			{ExternalPubExtension, Marshal(&ExternalPub{w.hpkeKey()})},
			{0x4a4a, []byte("grease")},
		},
	}
	if change != nil {
		change(info)
	}
	w.must(info.Sign(w.suite, key))
	return info.Message()
}

// same fails the test unless g and other are in the same state.
func (w *world) same(g, other *Group) {
	w.t.Helper()
	if !bytes.Equal(g.Marshal(), other.Marshal()) || !bytes.Equal(g.interim, other.interim) {
		w.t.Error("the groups differ")
	}
}
