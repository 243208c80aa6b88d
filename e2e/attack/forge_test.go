package attack

import (
	"crypto/rand"
	"encoding/binary"
	"errors"

	"parley/mls/public"
	"parley/wire"
)

// newID returns the id of a request.
func newID() []byte {
	id := make([]byte, wire.IDSize)
	rand.Read(id)
	return id
}

// Places of an epoch's secrets in the record "g" of package mls.
const (
	membershipSecret = 5
	initSecret       = 8
)

// secret returns one of the current epoch's secrets, which mallory has like any
// member: after version, epoch and leaf they stand one after the other, each
// with its length (RFC 9420, Section 2.1.2).
func (g *group) secret(n int) []byte {
	b := g.records["g"][1+8+4:]
	for ; ; n-- {
		size := int(b[0])
		b = b[1:]
		if size >= 0x40 { // two bytes of length
			size = (size&0x3f)<<8 | int(b[0])
			b = b[1:]
		}
		if n == 0 {
			return b[:size]
		}
		b = b[size:]
	}
}

// sealCommit makes the membership tag of a commit (RFC 9420, Section 6.2).
func (g *group) sealCommit(a *public.AuthenticatedContent) []byte {
	m := &public.PublicMessage{Content: a.Content, Auth: a.Auth}
	m.MembershipTag = g.Suite().MAC(g.secret(membershipSecret), a.TBM(g.Context()))
	return m.Message()
}

// A forged commit is what goes into a commit operation.
type forged struct{ commit, welcome, info []byte }

// badTag makes a commit in order, but for its confirmation tag, which nobody but
// members can check. The GroupInfo that comes with it agrees.
func (d *device) badTag(g *group) (*forged, error) {
	s, err := g.Update()
	if err != nil {
		return nil, err
	}
	m, err := public.Parse[public.MLSMessage](s.commit)
	if err != nil {
		return nil, err
	}
	a := m.PublicMessage.Authenticated()
	a.Auth.ConfirmationTag[0] ^= 1
	info, err := public.ParseGroupInfo(s.info)
	if err != nil {
		return nil, err
	}
	info.ConfirmationTag = a.Auth.ConfirmationTag
	if err := info.Sign(g.Suite(), d.signer); err != nil {
		return nil, err
	}
	return &forged{commit: g.sealCommit(a), info: info.Message()}, nil
}

// A step is a node of mallory's path with its secret.
type step struct {
	public.PathNode
	secret []byte
	pub    public.HPKEPublicKey
}

// badPath makes a commit whose path secret for one member is wrong. All the
// others can follow it: its confirmation tag is right.
func (d *device) badPath(g *group, victim string) (*forged, error) {
	info, err := g.GroupInfo()
	if err != nil {
		return nil, err
	}
	view, err := public.NewGroup(&public.Config{Suites: d.cfg.Suites}, info)
	if err != nil {
		return nil, err
	}
	commit := &public.Commit{}
	sender := public.MemberSender(g.OwnIndex())
	list, err := view.Resolve(sender, commit)
	if err != nil {
		return nil, err
	}
	p, err := view.Provision(sender, list)
	if err != nil {
		return nil, err
	}
	leaf, ok := view.Leaf(g.OwnIndex())
	if !ok {
		return nil, errors.New("mallory has no leaf")
	}
	commitSecret, err := d.forgePath(g, p, commit, leaf.Node)
	if err != nil {
		return nil, err
	}
	spoil(g, p, commit, victim)
	a := &public.AuthenticatedContent{WireFormat: public.WirePublicMessage, Content: public.FramedContent{
		GroupID: g.GroupID(), Epoch: g.Epoch(), Sender: sender, ContentType: public.ContentCommit, Commit: commit,
	}}
	if err := a.Sign(g.Suite(), d.signer, view.Context()); err != nil {
		return nil, err
	}
	staged, err := p.Finish(a)
	if err != nil {
		return nil, err
	}
	return d.finish(g, staged, commitSecret)
}

// forgePath adds a fresh path to a commit and returns the commit secret
// (RFC 9420, Section 7.4 and RFC 9420, Section 7.5).
func (d *device) forgePath(g *group, p *public.Provisional, commit *public.Commit, node *public.LeafNode) ([]byte, error) {
	s := g.Suite()
	_, leafKey, err := s.GenerateHPKEKey(nil)
	if err != nil {
		return nil, err
	}
	secret, err := s.RandomSecret(nil)
	if err != nil {
		return nil, err
	}
	var steps []step
	var keys []public.HPKEPublicKey
	for _, at := range p.Path() {
		_, pub, err := s.DeriveHPKEKey(s.DeriveSecret(secret, "node"))
		if err != nil {
			return nil, err
		}
		steps, keys = append(steps, step{at, secret, pub}), append(keys, pub)
		secret = s.DeriveSecret(secret, "path")
	}
	hash, err := p.SetPath(keys)
	if err != nil {
		return nil, err
	}
	leaf := *node
	leaf.EncryptionKey, leaf.ParentHash = leafKey, hash
	leaf.Source, leaf.Lifetime = public.SourceCommit, public.Lifetime{}
	if err := leaf.Sign(s, d.signer, g.GroupID(), g.OwnIndex()); err != nil {
		return nil, err
	}
	p.SetLeaf(&leaf)
	commit.Path = &public.UpdatePath{LeafNode: leaf}
	context := public.Marshal(p.Context())
	for _, st := range steps {
		n := public.UpdatePathNode{EncryptionKey: st.pub}
		for _, x := range p.Recipients(st.PathNode) {
			kem, ct, err := s.EncryptWithLabel(p.Tree().PublicKey(x), "UpdatePathNode", context, st.secret)
			if err != nil {
				return nil, err
			}
			n.PathSecrets = append(n.PathSecrets, public.HPKECiphertext{KEMOutput: kem, Ciphertext: ct})
		}
		commit.Path.Nodes = append(commit.Path.Nodes, n)
	}
	return secret, nil
}

// spoil breaks the ciphertext that is for victim.
func spoil(g *group, p *public.Provisional, commit *public.Commit, victim string) {
	for _, m := range g.Members() {
		if deviceName(m.Identity) != victim {
			continue
		}
		for i, at := range p.Path() {
			for k, x := range p.Recipients(at) {
				if x.Covers(m.Index.Node()) {
					commit.Path.Nodes[i].PathSecrets[k].Ciphertext[0] ^= 1
				}
			}
		}
	}
}

// finish gives a commit its confirmation tag, by the key schedule of
// RFC 9420, Section 8, and the GroupInfo that goes with it.
func (d *device) finish(g *group, staged *public.StagedCommit, commitSecret []byte) (*forged, error) {
	s := g.Suite()
	context := public.Marshal(staged.Context())
	joiner := s.ExpandWithLabel(s.Extract(g.secret(initSecret), commitSecret), "joiner", context, s.HashSize())
	epoch := s.ExpandWithLabel(s.Extract(joiner, s.Zero()), "epoch", context, s.HashSize())
	staged.SetConfirmationTag(s.MAC(s.DeriveSecret(epoch, "confirm"), staged.Context().ConfirmedTranscriptHash))
	_, external, err := s.DeriveHPKEKey(s.DeriveSecret(epoch, "external"))
	if err != nil {
		return nil, err
	}
	info := &public.GroupInfo{
		GroupContext: *staged.Context(), ConfirmationTag: staged.ConfirmationTag(), Signer: g.OwnIndex(),
		Extensions: public.Extensions{
			{Type: public.RatchetTreeExtension, Data: public.Marshal(staged.Tree())},
			{Type: public.ExternalPubExtension, Data: public.Marshal(&public.ExternalPub{Key: external})},
		},
	}
	if err := info.Sign(s, d.signer); err != nil {
		return nil, err
	}
	return &forged{commit: g.sealCommit(staged.Content()), info: info.Message()}, nil
}

// junkWelcome makes a Welcome of random bytes for a key package.
func junkWelcome(s *public.Suite, ref []byte) []byte {
	return (&public.Welcome{
		CipherSuite: s.ID(), EncryptedGroupInfo: random(300),
		Secrets: []public.EncryptedGroupSecrets{{
			NewMember:             ref,
			EncryptedGroupSecrets: public.HPKECiphertext{KEMOutput: random(s.KEMOutputSize()), Ciphertext: random(120)},
		}},
	}).Message()
}

// junkMessage makes a PrivateMessage of application data of random bytes.
func junkMessage(groupID []byte, epoch uint64) []byte {
	m := &public.PrivateMessage{
		GroupID: groupID, Epoch: epoch, ContentType: public.ContentApplication,
		EncryptedSenderData: random(28), Ciphertext: random(300),
	}
	return m.Message()
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// big is a number that no mailbox or room reaches.
var big = binary.BigEndian.Uint64([]byte{0x10, 0, 0, 0, 0, 0, 0, 0})
