package client

import (
	"parley/identity"
	"parley/mls"
	"parley/mls/public"
)

// author returns the device that signed a commit of g's current epoch: a member,
// or a listed device that joins by it (RFC 9420, Section 12.4.3.2). It returns ""
// where the signature proves nobody: an honest server takes no such commit. As with
// leaves, t.need then names the account whose newest list may say otherwise.
func (t *tx) author(g *mls.Group, commit []byte) (identity.Device, error) {
	m, err := public.Parse[public.MLSMessage](commit)
	if err != nil || m.PublicMessage == nil {
		return "", nil
	}
	a := m.PublicMessage.Authenticated()
	c := &a.Content
	if c.Commit == nil || string(c.GroupID) != string(g.GroupID()) || c.Epoch != g.Epoch() {
		return "", nil
	}
	var id, key []byte
	joins := c.Sender.Type == public.SenderNewMemberCommit && c.Commit.Path != nil
	if joins {
		leaf := &c.Commit.Path.LeafNode
		id, key = leaf.Credential.Identity(), leaf.SignatureKey
	} else if member, ok := g.Member(public.LeafIndex(c.Sender.Index)); ok && c.Sender.Type == public.SenderMember {
		id, key = member.Identity, member.SignatureKey
	}
	device, parsed, err := parseLeaf(id, key)
	if err != nil || a.VerifySignature(g.Suite(), key, g.Context()) != nil {
		return "", nil
	}
	if !joins {
		return device, nil
	}
	k, err := t.contact(device.Account())
	if err != nil {
		return "", err
	}
	if !k.Chain.Lists(device, parsed, t.c.resetFinal(k)) {
		if !t.fresh[device.Account()] {
			t.need = append(t.need, device.Account())
		}
		return "", nil
	}
	return device, nil
}
