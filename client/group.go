package client

import (
	"errors"
	"slices"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

var (
	// errUnlisted is the judgement of a leaf whose device is on no list that
	// counts.
	errUnlisted = errors.New("client: a leaf's device is not on its account's list")
	// errRoomRules is a group or commit that breaks a rule of rooms.
	errRoomRules = errors.New("client: breaks a rule of the room")
)

// mlsConfig is what groups are loaded and joined with.
func (c *Client) mlsConfig() *mls.Config {
	return &mls.Config{Suites: c.cfg.Suites, Now: c.now, CheckMember: c.checkLeaf}
}

// signer is the device's key as mls takes it.
func (c *Client) signer() public.SignaturePrivateKey {
	k, _, err := c.cfg.Suites[0].NewSignaturePrivateKey(c.self.Seed)
	if err != nil {
		panic("client: device key: " + err.Error())
	}
	return k
}

func (c *Client) newKeyPackage(lastResort bool, life time.Duration) ([]byte, *mls.KeyPackageSecrets, error) {
	return mls.NewKeyPackage(c.mlsConfig(), c.cfg.Suites[0], []byte(c.self.Device), c.signer(), mls.KeyPackageOptions{
		LastResort: lastResort, Lifetime: life,
		GroupExtensions: []public.ExtensionType{public.ExtensionType(wire.RoomExtensionType), rolesExtension},
	})
}

// checkLeaf judges a leaf by its account's pinned lists, the current one or the
// one before. It runs within a step.
func (c *Client) checkLeaf(leaf public.LeafView) error {
	device, key, err := parseLeaf(leaf.Identity(), leaf.SignatureKey())
	if err != nil {
		return err
	}
	if device == c.self.Device && key == c.key().Public() {
		return nil
	}
	t := c.current
	if t == nil {
		panic("client: a leaf judged outside a step")
	}
	k, err := t.contact(device.Account())
	if err != nil {
		return err
	}
	if !k.Chain.Lists(device, key, c.resetFinal(k)) {
		if !t.fresh[device.Account()] {
			t.need = append(t.need, device.Account())
		}
		return errUnlisted
	}
	return nil
}

// ready returns a room and its group for sending, or why that can't be.
func (t *tx) ready(room identity.Room) (*roomRecord, *mls.Group, error) {
	r, err := t.room(room)
	switch {
	case err != nil:
		return nil, nil, err
	case r == nil:
		return nil, nil, ErrUnknownRoom
	case r.Status == statusLeft:
		return nil, nil, ErrNotMember
	}
	waits, err := t.unconfirmedIn(r)
	if err != nil {
		return nil, nil, err
	}
	if len(waits) > 0 {
		return nil, nil, ErrConfirmReset
	}
	g, err := t.group(r.group())
	if err == nil && g == nil {
		err = ErrNotJoined
	}
	return r, g, err
}

// checkGroup judges a group that this device was added to, or wants to rejoin.
func (c *Client) checkGroup(t *tx, room identity.Room, generation uint32, g *mls.Group) (*wire.RoomExtension, []identity.Account, error) {
	if string(g.GroupID()) != string(room.GroupID(generation)) {
		return nil, nil, errRoomRules
	}
	ext, err := roomExtension(g.Context())
	if err != nil {
		return nil, nil, err
	}
	ms, err := members(g)
	if err != nil {
		return nil, nil, err
	}
	accounts := accountsOf(ms)
	if !slices.Contains(accounts, c.self.Account) || twice(ms) || ext.Kind == wire.KindDirect && len(accounts) > 2 {
		return nil, nil, errRoomRules
	}
	if roles, err := rolesOf(g.Context().Extensions); err != nil || roles != nil && ext.Kind != wire.KindGroup {
		return nil, nil, errRoomRules
	}
	best, err := c.bestSuite(t, accounts)
	if err != nil {
		return nil, nil, err
	}
	if c.rank(g.Suite().ID()) > c.rank(best.ID()) {
		return nil, nil, errRoomRules // weaker than all its members share
	}
	return ext, accounts, nil
}

// twice reports whether a device has two leaves.
func twice(ms []member) bool {
	seen := map[identity.Device]bool{}
	for _, m := range ms {
		if seen[m.device] {
			return true
		}
		seen[m.device] = true
	}
	return false
}

// roomExtension returns what the members of a room agree on.
func roomExtension(context *public.GroupContext) (*wire.RoomExtension, error) {
	data, ok := context.Extensions.Find(public.ExtensionType(wire.RoomExtensionType))
	if !ok {
		return nil, errRoomRules
	}
	ext, err := wire.ParseRoomExtension(data)
	if err != nil || ext.Version != 1 || ext.Mode != wire.ModePrivate || len(ext.FrankingKey) != identity.PublicKeySize ||
		ext.Kind != wire.KindDirect && ext.Kind != wire.KindGroup {
		return nil, errRoomRules
	}
	return ext, nil
}

// bestSuite returns the best suite that all devices of some accounts have.
func (c *Client) bestSuite(t *tx, accounts []identity.Account) (*public.Suite, error) {
	for _, s := range c.cfg.Suites {
		all, err := t.allHave(accounts, uint16(s.ID()))
		if err != nil {
			return nil, err
		}
		if all {
			return s, nil
		}
	}
	return nil, errNoSuite
}

var errNoSuite = errors.New("client: the people's devices have no cipher suite in common")

func (t *tx) allHave(accounts []identity.Account, suite uint16) (bool, error) {
	for _, a := range accounts {
		k, err := t.contact(a)
		if err != nil {
			return false, err
		}
		list := t.c.effective(k)
		if list == nil {
			return false, nil
		}
		for _, d := range list.Devices {
			if !slices.Contains(d.Suites, suite) {
				return false, nil
			}
		}
	}
	return true, nil
}

// rank is a suite's place among the client's: 0 is the best.
func (c *Client) rank(id public.CipherSuite) int {
	for i, s := range c.cfg.Suites {
		if s.ID() == id {
			return i
		}
	}
	return len(c.cfg.Suites)
}

// checkCommit applies the rules of rooms to a commit that MLS finds in order.
func (t *tx) checkCommit(r *roomRecord, g *mls.Group, s *mls.StagedCommit) error {
	if s.Effects().ReInit != nil || !onlyRoles(g.Context().Extensions, s.Context().Extensions) {
		return errRoomRules
	}
	before, err := members(g)
	if err != nil {
		return err
	}
	after, err := staged(s)
	if err != nil {
		return err
	}
	was, is := accountsOf(before), accountsOf(after)
	if twice(after) || r.Kind == wire.KindDirect && !slices.Equal(was, is) {
		return errRoomRules
	}
	if s.External() {
		if err := checkRejoin(before, after, s, selfRemoving(g)); err != nil {
			return err
		}
	}
	return t.checkRoles(r, g, s, before, after)
}

// checkRejoin checks that an external commit brings back one device in the place
// of its own old leaf, and changes nothing else but to take out who asked to go.
func checkRejoin(before, after []member, s *mls.StagedCommit, asked map[public.LeafIndex]bool) error {
	by, own := string(s.Committer().Identity()), 0
	for _, gone := range s.Removed() {
		switch {
		case string(gone.Identity()) == by:
			own++
		case !asked[gone.Index]:
			return errRoomRules
		}
	}
	if own != 1 || len(s.Added()) != 0 || s.Effects().ContextChanged || len(before)-len(s.Removed())+1 != len(after) {
		return errRoomRules
	}
	return nil
}

// diffMembers returns the leaves that are only after and those only before. A
// leaf counts as the same where place, device and key are.
func diffMembers(before, after []member) (added, removed []member) {
	for _, m := range after {
		if !slices.Contains(before, m) {
			added = append(added, m)
		}
	}
	for _, m := range before {
		if !slices.Contains(after, m) {
			removed = append(removed, m)
		}
	}
	return added, removed
}

// staged returns the members after a commit.
func staged(s *mls.StagedCommit) ([]member, error) {
	var out []member
	for _, m := range s.Members() {
		device, key, err := parseLeaf(m.Identity, m.SignatureKey)
		if err != nil {
			return nil, err
		}
		out = append(out, member{m.Index, device, key})
	}
	return out, nil
}
