package mls

import (
	"bytes"
	"io"
	"slices"

	"parley/mls/internal/parallel"
	"parley/mls/internal/suite"
	"parley/mls/public"
)

// privateKeys are the private keys that a member holds: of its own leaf and of
// nodes above it (RFC 9420, Section 4.2).
type privateKeys map[public.NodeIndex]public.HPKEPrivateKey

// kept returns the keys that are still those of their nodes in next.
func (k privateKeys) kept(old, next *public.Tree) privateKeys {
	out := privateKeys{}
	for x, key := range k {
		pub := next.PublicKey(x)
		if pub != nil && bytes.Equal(pub, old.PublicKey(x)) {
			out[x] = key
		}
	}
	return out
}

// eraseExcept overwrites the keys that are not among next.
func (k privateKeys) eraseExcept(next privateKeys) {
	for x, key := range k {
		if !key.Equal(next[x]) {
			key.Erase()
		}
	}
}

// pathStep is a node of an update path with its fresh secrets.
type pathStep struct {
	public.PathNode
	secret suite.Secret // path_secret
	priv   public.HPKEPrivateKey
	pub    public.HPKEPublicKey
}

// climb derives the steps of path from the path secret of its first node, and
// the commit secret that follows the last (RFC 9420, Section 7.4).
func climb(s *public.Suite, path []public.PathNode, first suite.Secret) ([]pathStep, suite.Secret, error) {
	secret := first
	steps := make([]pathStep, 0, len(path))
	for _, at := range path {
		node := s.DeriveSecret(secret, "node")
		priv, pub, err := s.DeriveHPKEKey(node)
		node.Erase()
		if err != nil {
			return nil, nil, err
		}
		steps = append(steps, pathStep{PathNode: at, secret: secret, priv: priv, pub: pub})
		secret = s.DeriveSecret(secret, "path")
	}
	return steps, secret, nil
}

// newPath is an update path that this member makes.
type newPath struct {
	steps    []pathStep
	leafPriv public.HPKEPrivateKey
	leafPub  public.HPKEPublicKey
	commit   suite.Secret // commit_secret
}

// makePath makes fresh secrets for path, a filtered direct path, and for the
// leaf below it (RFC 9420, Section 7.4).
func makePath(s *public.Suite, random io.Reader, path []public.PathNode) (*newPath, error) {
	priv, pub, err := s.GenerateHPKEKey(random)
	if err != nil {
		return nil, err
	}
	first, err := s.RandomSecret(random)
	if err != nil {
		return nil, err
	}
	steps, commit, err := climb(s, path, first)
	if err != nil {
		return nil, err
	}
	return &newPath{steps: steps, leafPriv: priv, leafPub: pub, commit: commit}, nil
}

// publicKeys returns the keys of the steps.
func (p *newPath) publicKeys() []public.HPKEPublicKey {
	keys := make([]public.HPKEPublicKey, len(p.steps))
	for i := range p.steps {
		keys[i] = p.steps[i].pub
	}
	return keys
}

// privateKeys returns the private keys of the leaf at own and of the steps.
func (p *newPath) privateKeys(own public.LeafIndex) privateKeys {
	keys := privateKeys{own.Node(): p.leafPriv}
	for _, step := range p.steps {
		keys[step.Node] = step.priv
	}
	return keys
}

// erase overwrites the path secrets, as RFC 9420, Section 7.5 asks once they are
// sent.
func (p *newPath) erase() {
	for _, step := range p.steps {
		step.secret.Erase()
	}
	p.commit.Erase()
}

// secretFor returns the path secret to send to the new member at leaf: that of
// the lowest node above both (RFC 9420, Section 12.4.3.1); nil if there is none.
func (p *newPath) secretFor(leaf public.LeafIndex) suite.Secret {
	for _, step := range p.steps {
		if step.Node.Covers(leaf.Node()) {
			return step.secret
		}
	}
	return nil
}

// ownLeaf is what the new leaf of a path is made of.
type ownLeaf struct {
	index      public.LeafIndex
	node       public.LeafNode // its key, source, parent hash and signature are replaced
	parentHash []byte
	groupID    []byte
	signer     public.SignaturePrivateKey
}

// leaf returns the new leaf of the path (RFC 9420, Section 7.5).
func (p *newPath) leaf(s *public.Suite, at ownLeaf) (*public.LeafNode, error) {
	leaf := at.node
	leaf.EncryptionKey, leaf.ParentHash = p.leafPub, at.parentHash
	leaf.Source, leaf.Lifetime = public.SourceCommit, public.Lifetime{}
	return &leaf, leaf.Sign(s, at.signer, at.groupID, at.index)
}

// pathLabel is the label of RFC 9420, Section 7.6.
const pathLabel = "UpdatePathNode"

// A recipientsFunc returns the nodes to which the path secret of a node is
// encrypted, in their order.
type recipientsFunc func(public.PathNode) []public.NodeIndex

// encrypt returns the nodes of the UpdatePath: each path secret to its
// recipients in tree (RFC 9420, Section 7.5). context is the encoded provisional
// GroupContext.
func (p *newPath) encrypt(tree *public.Tree, recipients recipientsFunc, context []byte) ([]public.UpdatePathNode, error) {
	nodes := make([]public.UpdatePathNode, len(p.steps))
	var seals []pathSeal
	for i, step := range p.steps {
		to := recipients(step.PathNode)
		nodes[i] = public.UpdatePathNode{EncryptionKey: step.pub, PathSecrets: make([]public.HPKECiphertext, len(to))}
		for k, x := range to {
			seals = append(seals, pathSeal{secret: step.secret, to: x, out: &nodes[i].PathSecrets[k]})
		}
	}
	_, err := parallel.Do(len(seals), func(i int) (err error) {
		seal := &seals[i]
		seal.out.KEMOutput, seal.out.Ciphertext, err = tree.Suite().EncryptWithLabel(
			tree.PublicKey(seal.to), pathLabel, context, seal.secret)
		return err
	})
	if err != nil {
		return nil, err
	}
	return nodes, nil
}

// pathSeal is one encryption of a path secret.
type pathSeal struct {
	secret suite.Secret
	to     public.NodeIndex
	out    *public.HPKECiphertext
}

// receivedPath is an update path of another member.
type receivedPath struct {
	nodes      []public.UpdatePathNode
	path       []public.PathNode // the sender's filtered direct path
	recipients recipientsFunc
	own        public.LeafIndex
	keys       privateKeys // ours that are still valid after the proposals
	context    []byte      // encoded provisional GroupContext
}

// open decrypts our part of the path (RFC 9420, Section 7.5). It returns our
// keys of the new epoch, the path secret that it found and the commit secret.
// The error is [ErrPath].
func (p *receivedPath) open(s *public.Suite) (privateKeys, suite.Secret, error) {
	i := slices.IndexFunc(p.path, func(at public.PathNode) bool { return at.Copath.Covers(p.own.Node()) })
	if i < 0 || len(p.path) != len(p.nodes) {
		return nil, nil, broken(RulePathSecret, ErrPath)
	}
	first, err := p.decrypt(s, i)
	if err != nil {
		return nil, nil, err
	}
	steps, commit, err := climb(s, p.path[i:], first)
	if err != nil {
		return nil, nil, broken(RulePathSecret, ErrPath)
	}
	keys := privateKeys{}
	for x, key := range p.keys {
		if !slices.ContainsFunc(p.path, func(at public.PathNode) bool { return at.Node == x }) {
			keys[x] = key
		}
	}
	for k, step := range steps {
		step.secret.Erase()
		if !bytes.Equal(step.pub, p.nodes[i+k].EncryptionKey) {
			return nil, nil, broken(RulePathPublicKey, ErrPath)
		}
		keys[step.Node] = step.priv
	}
	return keys, commit, nil
}

// decrypt returns the path secret of node i.
func (p *receivedPath) decrypt(s *public.Suite, i int) (suite.Secret, error) {
	for k, x := range p.recipients(p.path[i]) {
		key, ok := p.keys[x]
		if !ok || k >= len(p.nodes[i].PathSecrets) {
			continue
		}
		c := p.nodes[i].PathSecrets[k]
		secret, err := s.DecryptWithLabel(key, pathLabel, p.context, c.KEMOutput, c.Ciphertext)
		if err != nil || len(secret) != s.HashSize() {
			return nil, broken(RulePathSecret, ErrPath)
		}
		return secret, nil
	}
	return nil, broken(RulePathSecret, ErrPath)
}
