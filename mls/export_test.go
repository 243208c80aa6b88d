package mls

import (
	"slices"
	"testing"

	"parley/mls/internal/secrettree"
	"parley/mls/internal/suite"
	"parley/mls/public"
)

// What the official vectors reach into.

// OpenPrivate decrypts m with the tree and secret of its epoch, and uses up the
// key. The signature is not verified.
func OpenPrivate(s *public.Suite, m *public.PrivateMessage, tree *secrettree.Tree, senderDataSecret suite.Secret) (*public.AuthenticatedContent, error) {
	own := *m // it is decrypted in place
	own.EncryptedSenderData, own.Ciphertext = slices.Clone(m.EncryptedSenderData), slices.Clone(m.Ciphertext)
	m = &own
	senderAAD, aad := m.AAD()
	d, err := openSenderData(s, m, senderAAD, senderDataSecret)
	if err != nil {
		return nil, err
	}
	use, err := tree.Find(d.leaf, ratchetOf(m.ContentType), d.generation)
	if err != nil {
		return nil, err
	}
	use.Commit(func(string, []byte) {})
	return openContent(s, m, d, aad, &use.Key)
}

// SealPrivate encrypts a, which is signed.
func SealPrivate(s *public.Suite, a *public.AuthenticatedContent, tree *secrettree.Tree, senderDataSecret suite.Secret) (*public.PrivateMessage, error) {
	key, err := tree.Next(public.LeafIndex(a.Content.Sender.Index), ratchetOf(a.Content.ContentType), func(string, []byte) {})
	if err != nil {
		return nil, err
	}
	message, err := seal(s, nil, a, &key, senderDataSecret)
	if err != nil {
		return nil, err
	}
	return parsePrivate(message)
}

// GroupSecrets is groupSecrets.
type GroupSecrets = groupSecrets

// Joiner returns joiner_secret.
func (g *groupSecrets) Joiner() suite.Secret { return g.joiner }

// OpenedWelcome is a Welcome that was opened without pre-shared keys.
type OpenedWelcome struct {
	Info   *public.GroupInfo
	Joiner suite.Secret
}

// OpenWelcome opens what welcome holds for the key package.
func OpenWelcome(cfg *Config, welcome []byte, secrets *KeyPackageSecrets) (*OpenedWelcome, error) {
	o, err := findWelcome(cfg, welcome, []*KeyPackageSecrets{secrets})
	if err != nil {
		return nil, err
	}
	if err := o.openSecrets(); err != nil {
		return nil, err
	}
	if err := o.openGroupInfo(nil); err != nil {
		return nil, err
	}
	return &OpenedWelcome{Info: o.info, Joiner: o.group.joiner}, nil
}

// JoinWelcomeWithTree is JoinWelcome with the ratchet tree from elsewhere.
func JoinWelcomeWithTree(cfg *Config, welcome, tree []byte, secrets *KeyPackageSecrets, signer public.SignaturePrivateKey) (*Group, Changes, error) {
	return join(cfg, welcome, joinWith{secrets: []*KeyPackageSecrets{secrets}, signer: signer, tree: tree})
}

// Keys are the private keys of a member.
type Keys = privateKeys

// ReceivePath opens our part of an update path by sender, which tree has merged.
func ReceivePath(tree *public.Tree, sender, own public.LeafIndex, keys Keys, path *public.UpdatePath, context []byte) (pathSecret, commitSecret suite.Secret, err error) {
	p := &receivedPath{
		nodes: path.Nodes, path: tree.FilteredDirectPath(sender), own: own, keys: keys, context: context,
		recipients: func(at public.PathNode) []public.NodeIndex { return tree.Resolution(at.Copath) },
	}
	_, commitSecret, err = p.open(tree.Suite())
	if err != nil {
		return nil, nil, err
	}
	for i, at := range p.path {
		if at.Copath.Covers(own.Node()) {
			pathSecret, err = p.decrypt(tree.Suite(), i)
		}
	}
	return pathSecret, commitSecret, err
}

// PathKey returns the key that a path secret gives.
func PathKey(s *public.Suite, pathSecret suite.Secret) (public.HPKEPrivateKey, public.HPKEPublicKey, error) {
	steps, _, err := climb(s, make([]public.PathNode, 1), pathSecret)
	if err != nil {
		return nil, nil, err
	}
	return steps[0].priv, steps[0].pub, nil
}

// MadePath is a path that MakePath made.
type MadePath struct {
	Path   *public.UpdatePath
	Tree   *public.Tree // with the path
	Commit suite.Secret
}

// MakePath renews the path of leaf in a copy of tree. context gives the encoded
// GroupContext for a tree hash.
func MakePath(tree *public.Tree, leaf public.LeafIndex, signer public.SignaturePrivateKey, groupID []byte, context func(treeHash []byte) []byte) (*MadePath, error) {
	s := tree.Suite()
	tree = tree.Clone()
	p, err := makePath(s, nil, tree.FilteredDirectPath(leaf))
	if err != nil {
		return nil, err
	}
	hash, err := tree.SetPath(leaf, p.publicKeys())
	if err != nil {
		return nil, err
	}
	node, err := p.leaf(s, ownLeaf{index: leaf, node: *tree.Leaf(leaf), parentHash: hash, groupID: groupID, signer: signer})
	if err != nil {
		return nil, err
	}
	tree.SetLeaf(leaf, node)
	nodes, err := p.encrypt(tree, func(at public.PathNode) []public.NodeIndex { return tree.Resolution(at.Copath) }, context(tree.Hash()))
	return &MadePath{Path: &public.UpdatePath{LeafNode: *node, Nodes: nodes}, Tree: tree, Commit: p.commit}, err
}

// Reseal changes a PublicMessage of g as its author could: change alters it, and
// then, unless it keeps them, signature and membership tag are made anew.
func (g *Group) Reseal(message []byte, change func(m *public.AuthenticatedContent) (sign bool)) []byte {
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil {
		panic(err)
	}
	content := m.PublicMessage.Authenticated()
	if change(content) {
		if err := content.Sign(g.suite, g.signer, g.current.context); err != nil {
			panic(err)
		}
	}
	out := &public.PublicMessage{Content: content.Content, Auth: content.Auth}
	out.MembershipTag = g.suite.MAC(g.secrets.Membership, content.TBM(g.current.context))
	return out.Message()
}

// EncryptAs is Encrypt with another sender's leaf, signed by signer, as a member
// with that leaf's secrets could forge it; generation is the ratchet's.
func (g *Group) EncryptAs(leaf public.LeafIndex, signer public.SignaturePrivateKey, t public.ContentType, data []byte) []byte {
	a := &public.AuthenticatedContent{WireFormat: public.WirePrivateMessage}
	a.Content = g.frame(t, nil)
	a.Content.Sender = public.MemberSender(leaf)
	a.Content.ApplicationData = data
	if err := a.Sign(g.suite, signer, g.current.context); err != nil {
		panic(err)
	}
	m, err := SealPrivate(g.suite, a, g.current.tree, g.current.senderData)
	if err != nil {
		panic(err)
	}
	return m.Message()
}

// EncryptContent sends a handshake as a PrivateMessage.
func (g *Group) EncryptContent(content *public.AuthenticatedContent) []byte {
	m, err := SealPrivate(g.suite, content, g.current.tree, g.current.senderData)
	if err != nil {
		panic(err)
	}
	return m.Message()
}

// ProposeRaw returns a proposal of ours, not kept, as a PublicMessage.
func (g *Group) ProposeRaw(p public.Proposal) []byte {
	a := &public.AuthenticatedContent{WireFormat: public.WirePublicMessage, Content: g.frame(public.ContentProposal, nil)}
	a.Content.Proposal = p
	if err := a.Sign(g.suite, g.signer, g.current.context); err != nil {
		panic(err)
	}
	m := &public.PublicMessage{Content: a.Content, Auth: a.Auth}
	m.MembershipTag = g.suite.MAC(g.secrets.Membership, a.TBM(g.current.context))
	return m.Message()
}

// Secrets returns the secrets of the current epoch that are kept.
func (g *Group) Secrets() []suite.Secret {
	var out []suite.Secret
	for _, secret := range g.secrets.List() {
		if len(*secret) > 0 {
			out = append(out, slices.Clone(*secret))
		}
	}
	return out
}

// PrivateKeys returns our private keys.
func (g *Group) PrivateKeys() Keys {
	out := Keys{}
	for x, key := range g.keys {
		out[x] = slices.Clone(key)
	}
	return out
}

// JoinExternalRemoving is JoinExternal that removes any leaf.
func JoinExternalRemoving(cfg *Config, groupInfo, identity []byte, signer public.SignaturePrivateKey, remove public.LeafIndex) (*StagedCommit, error) {
	info, err := public.ParseGroupInfo(groupInfo)
	if err != nil {
		return nil, err
	}
	view, err := public.NewGroupFromInfo(cfg.public(), info, nil)
	if err != nil {
		return nil, err
	}
	d, err := externalDraft(cfg, view, info, signer)
	if err != nil {
		return nil, err
	}
	leaf, _, err := newLeaf(cfg, view.Suite(), identity, signer, KeyPackageOptions{})
	if err != nil {
		return nil, err
	}
	d.leaf = *leaf
	d.proposals = append(d.proposals, public.ProposalOrRef{Proposal: &public.Remove{Removed: remove}})
	if err := d.make(); err != nil {
		return nil, err
	}
	staged, err := view.Stage((&public.PublicMessage{Content: d.staged.Content().Content, Auth: d.staged.Content().Auth}).Message())
	if err != nil {
		return nil, err
	}
	return &StagedCommit{public: staged}, nil
}

// CommitPrivately returns an Update commit of ours as a PrivateMessage. g is of
// no use afterwards.
func (g *Group) CommitPrivately(t testing.TB) []byte {
	t.Helper()
	d := &draft{
		cfg: g.cfg, suite: g.suite, signer: g.signer, leafSigner: g.signer, group: g.public, update: true, init: g.secrets.Init, old: g,
		content: g.frame(public.ContentCommit, nil), leaf: *g.public.Tree().Leaf(g.own), format: public.WirePrivateMessage,
	}
	if err := d.make(); err != nil {
		t.Fatal(err)
	}
	return g.EncryptContent(d.staged.Content())
}

// Settle fills every parent node of the tree, as Update commits of the members at
// odd leaves would, and gives them other signature keys. g can add members
// afterwards by commits without a path, and nothing else.
func (g *Group) Settle() error {
	tree := g.public.Tree().Clone()
	for i := public.LeafIndex(1); uint32(i) < tree.Size(); i += 2 {
		if tree.Leaf(i) == nil {
			continue
		}
		if err := g.settle(tree, i); err != nil {
			return err
		}
	}
	context := *g.public.Context()
	context.TreeHash = tree.Hash()
	view, err := public.NewGroupFromTree(g.cfg.public(), &context, tree, g.public.ConfirmationTag())
	if err != nil {
		return err
	}
	g.public, g.current.context = view, view.Context()
	return nil
}

// settle renews the path of leaf i in tree.
func (g *Group) settle(tree *public.Tree, i public.LeafIndex) error {
	signer, key, err := g.suite.GenerateSignatureKey(nil)
	if err != nil {
		return err
	}
	p, err := makePath(g.suite, nil, tree.FilteredDirectPath(i))
	if err != nil {
		return err
	}
	hash, err := tree.SetPath(i, p.publicKeys())
	if err != nil {
		return err
	}
	node := *tree.Leaf(i)
	node.SignatureKey = key
	leaf, err := p.leaf(g.suite, ownLeaf{index: i, node: node, parentHash: hash, groupID: g.GroupID(), signer: signer})
	if err != nil {
		return err
	}
	tree.SetLeaf(i, leaf)
	return nil
}

// Parents counts the parent nodes that are not blank.
func (g *Group) Parents() int {
	n := 0
	tree := g.public.Tree()
	for x := public.NodeIndex(1); uint32(x) < 2*tree.Size()-1; x += 2 {
		if tree.Parent(x) != nil {
			n++
		}
	}
	return n
}

// Leaf returns the leaf node of a member.
func (g *Group) Leaf(t testing.TB, i public.LeafIndex) *public.LeafNode {
	t.Helper()
	leaf := g.public.Tree().Leaf(i)
	if leaf == nil {
		t.Fatalf("leaf %d is blank", i)
	}
	return leaf
}
