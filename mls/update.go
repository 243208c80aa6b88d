package mls

import (
	"bytes"
	"slices"

	"parley/mls/internal/codec"
	"parley/mls/public"
)

// updatesKey is the key of the record of our own Update proposals.
const updatesKey = "u"

// maxOwnUpdates bounds the Update proposals that we make in one epoch: only one
// can be committed.
const maxOwnUpdates = 8

// ownUpdate holds the secrets of an Update proposal of ours until the epoch ends,
// since anyone may commit it.
type ownUpdate struct {
	key    public.HPKEPublicKey
	priv   public.HPKEPrivateKey
	signer public.SignaturePrivateKey // nil if it stays
}

func (u *ownUpdate) erase() { u.priv.Erase() }

// ProposeUpdate makes a proposal to replace our own leaf by a fresh one
// (RFC 9420, Section 12.1.2), and with opts our signature key, credential or
// extensions too. It takes effect when another member commits it; until then the
// group's records hold its keys. The results are those of [Group.Propose].
//
// Errors: those of [Group.Propose]; [ErrSigner] for a key that isn't one of the
// suite; [ErrTooManyUpdates].
func (g *Group) ProposeUpdate(leaf LeafOptions, opts ProposeOptions) (message, ref []byte, changes Changes, err error) {
	if err := g.mayPropose(&opts); err != nil {
		return nil, nil, nil, err
	}
	if len(g.updates) >= maxOwnUpdates {
		return nil, nil, nil, ErrTooManyUpdates
	}
	node, signer, err := leaf.apply(g.cfg, g.suite, *g.public.Tree().Leaf(g.own), g.signer)
	if err != nil {
		return nil, nil, nil, err
	}
	u := &ownUpdate{signer: slices.Clone(leaf.Signer)}
	if u.priv, u.key, err = g.suite.GenerateHPKEKey(g.cfg.Rand); err != nil {
		return nil, nil, nil, err
	}
	node.EncryptionKey, node.Source = u.key, public.SourceUpdate
	node.Lifetime, node.ParentHash = public.Lifetime{}, nil
	if err := node.Sign(g.suite, signer, g.GroupID(), g.own); err != nil {
		return nil, nil, nil, err
	}
	if err := g.checkUpdate(&node); err != nil {
		return nil, nil, nil, err
	}
	if message, ref, changes, err = g.send(&public.Update{LeafNode: node}, opts); err != nil {
		return nil, nil, nil, err
	}
	g.updates = append(g.updates, u)
	changes.put(updatesKey, g.marshalUpdates())
	return message, ref, changes, nil
}

// checkUpdate checks a new leaf of ours as the others will.
func (g *Group) checkUpdate(leaf *public.LeafNode) error {
	update := public.CommittedProposal{Proposal: &public.Update{LeafNode: *leaf}, Sender: public.MemberSender(g.own), ByReference: true}
	if err := g.public.CheckProposal(update); err != nil {
		return err
	}
	if err := g.cfg.checkLeaf(public.LeafView{Index: g.own, Node: leaf}, g.public.Tree().Leaf(g.own)); err != nil {
		return broken(public.RuleApplication, err)
	}
	return nil
}

// committedUpdate returns our Update that c covers, nil if it covers none. The
// error is [ErrOwnUpdate] if its keys are gone.
func (g *Group) committedUpdate(c *public.StagedCommit) (*ownUpdate, error) {
	i := slices.IndexFunc(c.Updated, func(m public.UpdatedMember) bool { return m.Index == g.own })
	if i < 0 {
		return nil, nil
	}
	for _, u := range g.updates {
		if bytes.Equal(u.key, c.Updated[i].New.EncryptionKey) {
			return u, nil
		}
	}
	return nil, ErrOwnUpdate
}

// dropUpdates forgets our Updates at the end of their epoch. Keys that are in
// use now stay.
func (g *Group) dropUpdates(c *Changes) {
	for _, u := range g.updates {
		if !u.priv.Equal(g.keys[g.own.Node()]) {
			u.erase()
		}
	}
	if g.updates != nil {
		g.updates = nil
		c.delete(updatesKey)
	}
}

func (g *Group) marshalUpdates() []byte {
	w := codec.NewWriter(512)
	w.Uint8(recordVersion)
	w.Nested(func(w *codec.Writer) {
		for _, u := range g.updates {
			w.Vector(u.key)
			w.Vector(u.priv)
			w.Vector(u.signer)
		}
	})
	return w.Bytes()
}

// parseUpdates reads what marshalUpdates wrote, or returns [ErrState].
func parseUpdates(record []byte) ([]*ownUpdate, error) {
	r := codec.NewReader(slices.Clone(record))
	if r.Uint8() != recordVersion {
		return nil, ErrState
	}
	var list []*ownUpdate
	for in := r.Nested(); !in.Empty(); {
		list = append(list, &ownUpdate{key: in.Vector(), priv: in.Vector(), signer: readSigner(in)})
	}
	if r.Finish() != nil {
		return nil, ErrState
	}
	return list, nil
}
