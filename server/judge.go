package server

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// A judge says whether a group's leaves are listed devices. It remembers by
// which lists it judged, so that the store can refuse if one has changed since.
type judge struct {
	s        *Server
	listings map[identity.Account]*listing
}

func (s *Server) newJudge() *judge {
	return &judge{s: s, listings: map[identity.Account]*listing{}}
}

// versions returns the versions of the lists that were looked at.
func (j *judge) versions() map[identity.Account]uint64 {
	v := map[identity.Account]uint64{}
	for a, l := range j.listings {
		v[a] = l.account.Current.Version
	}
	return v
}

// listed reports whether leaf is a device that the server takes, with the key
// that it is listed with.
func (j *judge) listed(ctx context.Context, leaf Leaf) (bool, error) {
	account := leaf.Device.Account()
	l := j.listings[account]
	if l == nil {
		var err error
		if l, err = j.s.listing(ctx, account); errors.Is(err, errUnknownAccount) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		j.listings[account] = l
	}
	return slices.Contains(l.listed(), leaf), nil
}

// check returns unlisted_device unless all of leaves are listed.
func (j *judge) check(ctx context.Context, leaves ...Leaf) error {
	for _, l := range leaves {
		ok, err := j.listed(ctx, l)
		if err != nil {
			return err
		}
		if !ok {
			return errUnlisted
		}
	}
	return nil
}

// toLeaf reads a leaf's credential and key, or returns bad_commit: rooms have
// devices as members, with Ed25519 keys.
func toLeaf(n *public.LeafNode) (Leaf, error) {
	device, err := identity.ParseDevice(string(n.Credential.Identity()))
	if err != nil {
		return Leaf{}, badCommit("a member isn't a device")
	}
	key, err := identity.ParsePublicKey(n.SignatureKey)
	if err != nil {
		return Leaf{}, badCommit("a member's signature key isn't one of Ed25519")
	}
	return Leaf{Device: device, Key: key}, nil
}

// groupLeaves returns the members of g, none twice, and their accounts, sorted.
func groupLeaves(g *public.Group) (leaves []Leaf, accounts []identity.Account, err error) {
	seen := map[identity.Device]bool{}
	for _, v := range g.Leaves() {
		l, err := toLeaf(v.Node)
		if err != nil {
			return nil, nil, err
		}
		if seen[l.Device] {
			return nil, nil, badCommit("a device is a member twice")
		}
		seen[l.Device] = true
		leaves = append(leaves, l)
		accounts = append(accounts, l.Device.Account())
	}
	slices.Sort(accounts)
	return leaves, slices.Compact(accounts), nil
}

func badCommit(why string) error {
	return wire.Refuse(wire.CodeBadCommit, "The commit is refused: "+why+".")
}

func badGroupInfo(why string) error {
	return wire.Refuse(wire.CodeBadGroupInfo, "The group info is refused: "+why+".")
}

// stageError turns what public.Group.Stage says into a refusal. The rules' names
// are ours, not the peer's.
func stageError(err error) error {
	if rule := public.RuleOf(err); rule != "" {
		return badCommit("it breaks rule " + string(rule))
	}
	return badCommit("it can't be checked against the group")
}

// checkInfo checks that message is a GroupInfo that a joiner can use without
// anything else.
func checkInfo(message []byte, needExternalPub bool) error {
	info, err := public.ParseGroupInfo(message)
	if err != nil {
		return badGroupInfo("it can't be decoded")
	}
	if _, ok := info.Extensions.Find(public.RatchetTreeExtension); !ok {
		return badGroupInfo("it has no ratchet tree")
	}
	if _, ok := info.Extensions.Find(public.ExternalPubExtension); !ok && needExternalPub {
		return badGroupInfo("it has no external key")
	}
	return nil
}

// checkWelcome checks that message welcomes exactly those that are added, and is
// empty where nobody is (RFC 9420, Section 12.4.3.1).
func checkWelcome(message []byte, suite *public.Suite, added []public.AddedMember) error {
	bad := func(why string) error {
		return wire.Refuse(wire.CodeBadWelcome, "The welcome is refused: "+why+".")
	}
	if len(added) == 0 {
		if len(message) > 0 {
			return bad("nobody is added")
		}
		return nil
	}
	w, err := public.PeekWelcome(message)
	if err != nil {
		return bad("it can't be decoded")
	}
	if w.CipherSuite != suite.ID() || len(w.NewMembers) != len(added) {
		return bad("it is for others than are added")
	}
	refs := map[string]bool{}
	for _, ref := range w.NewMembers {
		refs[string(ref)] = true
	}
	for _, a := range added {
		if !refs[string(a.Ref)] {
			return bad("it is for others than are added")
		}
	}
	return nil
}

// roomExtension returns the room's extension from a group's context.
func roomExtension(c *public.GroupContext) (*wire.RoomExtension, []byte, error) {
	raw, ok := c.Extensions.Find(public.ExtensionType(wire.RoomExtensionType))
	if !ok {
		return nil, nil, badCommit("the group has no room extension")
	}
	e, err := wire.ParseRoomExtension(raw)
	if err != nil {
		return nil, nil, badCommit("the room extension can't be decoded")
	}
	return e, raw, nil
}

// checkNewContext checks the extensions of a new group, of a new room or of a
// room's next generation.
func (s *Server) checkNewContext(c *public.GroupContext, accounts int, newRoom bool) (wire.Kind, error) {
	e, _, err := roomExtension(c)
	if err != nil {
		return "", err
	}
	switch {
	case e.Version != 1:
		return "", badCommit("the room extension has an unknown version")
	case e.Mode != wire.ModePrivate:
		return "", badCommit("the room has an unknown mode")
	case e.Kind != wire.KindDirect && e.Kind != wire.KindGroup:
		return "", badCommit("the room has an unknown kind")
	case !s.ring.pins(e.FrankingKey, newRoom, s.nowMS()):
		return "", badCommit("the room pins another franking key than this server's")
	case e.Kind == wire.KindDirect && accounts > 2:
		return "", wire.Refuse(wire.CodeRoleRefused, "A direct room has two accounts.")
	}
	return e.Kind, checkNoExternalSenders(c)
}

// checkSameContext checks that a room keeps its extension, and all others but the
// roles.
func checkSameContext(before, after *public.GroupContext) error {
	_, old, err := roomExtension(before)
	if err != nil {
		return err
	}
	if _, now, err := roomExtension(after); err != nil || !bytes.Equal(old, now) {
		return badCommit("it changes the room extension")
	}
	if !sameButRoles(before.Extensions, after.Extensions) {
		return badCommit("it changes another extension than the roles")
	}
	return checkNoExternalSenders(after)
}

// checkNoExternalSenders: nobody outside a room proposes anything in it.
func checkNoExternalSenders(c *public.GroupContext) error {
	if _, ok := c.Extensions.Find(public.ExternalSendersExtension); ok {
		return badCommit("the group has external senders")
	}
	return nil
}
