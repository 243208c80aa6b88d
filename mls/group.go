package mls

import (
	"bytes"
	"slices"

	"parley/mls/internal/schedule"
	"parley/mls/internal/secrettree"
	"parley/mls/internal/suite"
	"parley/mls/public"
)

// Group is an MLS group as one member holds it. It is not safe for concurrent
// use. When the client fails to write an operation's Changes it throws the Group
// away and loads it again.
type Group struct {
	cfg    *Config
	suite  *public.Suite
	signer public.SignaturePrivateKey

	public  *public.Group // what anyone may see of the current epoch
	own     public.LeafIndex
	keys    privateKeys
	current messageEpoch
	secrets *schedule.Epoch // without those that are used up: Encryption, Confirmation

	past     []*pastEpoch // the newest first
	pending  *pendingCommit
	updates  []*ownUpdate         // our Update proposals of the epoch
	exporter *secrettree.Exporter // nil if the epoch began before there was one
	rotated  bool                 // signer is kept in the records
	removed  bool
}

// LeafIndex is the place of a member among the leaves.
type LeafIndex = public.LeafIndex

// Member is a leaf of the group.
type Member struct {
	Index        LeafIndex
	Identity     []byte // of its credential: the body of a basic one
	SignatureKey public.SignaturePublicKey
}

// GroupID returns the group's identifier.
func (g *Group) GroupID() []byte { return slices.Clone(g.public.GroupID()) }

// Epoch returns the number of the current epoch.
func (g *Group) Epoch() uint64 { return g.public.Epoch() }

// Suite returns the group's cipher suite.
func (g *Group) Suite() *public.Suite { return g.suite }

// OwnIndex returns our leaf.
func (g *Group) OwnIndex() public.LeafIndex { return g.own }

// Removed reports whether a merged commit removed us. The group's records are
// deleted then, and every operation gives [ErrRemoved].
func (g *Group) Removed() bool { return g.removed }

// Context returns the GroupContext of the current epoch. The caller must not
// change it.
func (g *Group) Context() *public.GroupContext { return g.public.Context() }

// Members returns the members from left to right, us included.
func (g *Group) Members() []Member {
	var out []Member
	for i, leaf := range g.public.Tree().Leaves() {
		out = append(out, g.cfg.memberAt(i, leaf))
	}
	return out
}

// Member returns the member at leaf i, and whether there is one.
func (g *Group) Member(i public.LeafIndex) (Member, bool) {
	leaf := g.public.Tree().Leaf(i)
	if leaf == nil {
		return Member{}, false
	}
	return g.cfg.memberAt(i, leaf), true
}

func (c *Config) memberAt(i public.LeafIndex, leaf *public.LeafNode) Member {
	return Member{
		Index: i, Identity: bytes.Clone(c.identity(&leaf.Credential)),
		SignatureKey: slices.Clone(leaf.SignatureKey),
	}
}

// RatchetTree returns the ratchet tree of the current epoch, as joiners need it
// who get it out of band ([Config.TreeOutOfBand]). Anyone may see it.
func (g *Group) RatchetTree() []byte { return g.public.TreeBytes() }

// GroupInfo returns a signed GroupInfo of the current epoch, as an MLSMessage,
// with the ratchet tree (unless [Config.TreeOutOfBand]) and the key by which a
// client can join (RFC 9420, Section 12.4.3). Errors: [ErrRemoved], and those of
// Config.Rand.
func (g *Group) GroupInfo() ([]byte, error) { return g.GroupInfoWith(nil) }

// GroupInfoWith is [Group.GroupInfo] with data of components in the
// app_data_dictionary of the GroupInfo (draft-ietf-mls-extensions-10, Section 4.6).
// Who gets the GroupInfo sees them. Errors are the same.
func (g *Group) GroupInfoWith(data public.AppDataDictionary) ([]byte, error) {
	if g.removed {
		return nil, ErrRemoved
	}
	info, err := signGroupInfo(g.cfg, g.suite, g.signer, infoParts{
		tree: g.public.Tree(), context: g.current.context, external: g.secrets.External,
		tag: g.public.ConfirmationTag(), signer: g.own, data: data,
	})
	if err != nil {
		return nil, err
	}
	return info.Message(), nil
}

// infoParts is what a GroupInfo is made of.
type infoParts struct {
	tree     *public.Tree
	context  *public.GroupContext
	external suite.Secret // external_secret
	tag      []byte       // confirmation tag
	signer   public.LeafIndex
	data     public.AppDataDictionary // for who gets it
}

// signGroupInfo makes a GroupInfo with ratchet_tree, external_pub, the data of
// components if there are any, and GREASE.
func signGroupInfo(cfg *Config, s *public.Suite, key public.SignaturePrivateKey, p infoParts) (*public.GroupInfo, error) {
	_, pub, err := s.DeriveHPKEKey(p.external)
	if err != nil {
		return nil, err
	}
	info := &public.GroupInfo{
		GroupContext: *p.context, ConfirmationTag: p.tag, Signer: p.signer,
	}
	if !cfg.TreeOutOfBand {
		info.Extensions = public.Extensions{{Type: public.RatchetTreeExtension, Data: public.Marshal(p.tree)}}
	}
	info.Extensions = append(info.Extensions, public.Extension{
		Type: public.ExternalPubExtension, Data: public.Marshal(&public.ExternalPub{Key: pub}),
	})
	data, err := cfg.greaseDictionary(p.data)
	if err != nil {
		return nil, err
	}
	if len(data) > 0 {
		info.Extensions = append(info.Extensions, data.Extension())
	}
	if info.Extensions, err = cfg.greaseExtension(info.Extensions); err != nil {
		return nil, err
	}
	return info, info.Sign(s, key)
}

// newGroup is a group that begins, or that this member joins.
type newGroup struct {
	cfg     *Config
	signer  public.SignaturePrivateKey
	public  *public.Group
	own     public.LeafIndex
	keys    privateKeys
	secrets *schedule.Epoch
}

// start returns the group and all of its first records.
func (n *newGroup) start() (*Group, Changes) {
	var changes Changes
	g := &Group{cfg: n.cfg, suite: n.public.Suite(), signer: n.signer, public: n.public, own: n.own}
	g.enter(n.keys, n.secrets, &changes)
	changes.putPublic(n.public.Records()...)
	changes.put(stateKey, g.marshalState())
	return g, changes
}

// enter begins the epoch that the public state has reached, with keys and
// secrets, and puts the root of its secret tree. Secrets that are of no more use
// are erased (RFC 9420, Section 9.2).
func (g *Group) enter(keys privateKeys, secrets *schedule.Epoch, c *Changes) {
	secrets.Confirmation.Erase()
	secrets.Confirmation = nil
	g.keys.eraseExcept(keys)
	g.keys, g.secrets = keys, secrets
	size := g.public.Tree().Size()
	g.current = messageEpoch{
		context: g.public.Context(), size: size, senderData: secrets.SenderData,
		tree: secrettree.New(g.suite, size, secrets.Encryption, c.under(treePrefix(g.Epoch()))),
	}
	g.exporter = nil
	if len(secrets.ApplicationExport) > 0 { // none in a pending commit of v0.1.0
		g.exporter = secrettree.NewExporter(g.suite, secrets.ApplicationExport, c.under(exporterPrefix(g.Epoch())))
	}
	secrets.Encryption, secrets.ApplicationExport = nil, nil
}
