package simtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"parley/franking"
	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/server"
	"parley/wire"
)

// A membership is a room as a device has it.
type membership struct {
	group   *mls.Group
	broken  bool              // mail of the room has expired unread: rejoin
	staged  *mls.StagedCommit // of our own that may be on its way
	pending string            // its id
}

func mlsConfig() *mls.Config { return &mls.Config{Suites: []*public.Suite{suite}} }

func (d *device) keyPackage(lastResort bool) []byte {
	k, secrets, err := mls.NewKeyPackage(mlsConfig(), suite, []byte(d.name), d.signer(), mls.KeyPackageOptions{
		LastResort: lastResort, GroupExtensions: []public.ExtensionType{public.ExtensionType(wire.RoomExtensionType)},
	})
	if err != nil {
		panic(err)
	}
	d.secrets = append(d.secrets, secrets)
	return k
}

func (d *device) keyPackages(n int) (all [][]byte) {
	for range n {
		all = append(all, d.keyPackage(false))
	}
	return all
}

// id returns the id of a new operation.
func (s *sim) id() []byte {
	s.ids++
	return binary.BigEndian.AppendUint64(make([]byte, 8), s.ids)
}

// openRoom has d open a room of d's account and others.
func (d *device) openRoom(others ...*account) {
	s := d.s
	kind := wire.KindGroup
	if len(others) <= 1 && s.rng.IntN(2) == 0 {
		kind = wire.KindDirect
	}
	add, names, ok := d.claimAll(append(others, d.account))
	if !ok {
		return
	}
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], s.rng.Uint64())
	room := s.roomName(raw)
	req, group, err := d.founding(room, kind, add)
	if err != nil {
		s.fail("a group can't be made: %v", err)
		return
	}
	req.ID, req.Accounts = s.id(), names
	d.opening[string(req.ID)] = group
	d.pending = &request{
		what: fmt.Sprintf("open %s %d with %d", s.short(room), s.ids, len(names)), op: operation{wire.EventOpen, d.name, string(req.ID)}, room: room,
		do: func(ctx context.Context, srv *server.Server) (uint64, error) {
			reply, err := srv.OpenRoom(ctx, d.name, req)
			if err != nil || !reply.Created {
				return 0, err
			}
			return reply.Seq, nil
		},
		refused: func(*wire.Error) {},
	}
}

// founding makes a group of d alone, and the commit that adds everyone else.
func (d *device) founding(room identity.Room, kind wire.Kind, add [][]byte) (*wire.OpenRoomRequest, *mls.Group, error) {
	ext := public.Extensions{{
		Type: public.ExtensionType(wire.RoomExtensionType),
		Data: (&wire.RoomExtension{Version: 1, Mode: wire.ModePrivate, Kind: kind, FrankingKey: d.s.franking}).Marshal(),
	}}
	g, _, err := mls.Create(mlsConfig(), suite, room.GroupID(0), []byte(d.name), d.signer(), mls.CreateOptions{Extensions: ext})
	if err != nil {
		return nil, nil, err
	}
	req := &wire.OpenRoomRequest{Room: room}
	if req.GroupInfo, err = g.GroupInfo(); err != nil || len(add) == 0 {
		return req, g, err
	}
	c, _, err := g.Commit(mls.CommitOptions{Add: add})
	if err != nil {
		return nil, nil, err
	}
	req.Commit, req.Welcome, req.Next = c.CommitMessage(), c.Welcome(), c.GroupInfo()
	_, err = g.Merge(c)
	return req, g, err
}

// claimAll claims key packages of each device of accounts but d. It returns the
// accounts that gave one, with d's.
func (d *device) claimAll(accounts []*account) (add [][]byte, names []identity.Account, ok bool) {
	names = append(names, d.account.name)
	for _, a := range accounts {
		var devices []identity.Device
		for _, o := range a.devices {
			if o != d {
				devices = append(devices, o.name)
			}
		}
		packages, err := d.claim(a.name, devices)
		if err != nil {
			return nil, nil, false
		}
		if add = append(add, packages...); len(packages) > 0 {
			names = append(names, a.name)
		}
	}
	slices.Sort(names)
	return add, slices.Compact(names), true
}

func (d *device) claim(a identity.Account, devices []identity.Device) (packages [][]byte, err error) {
	if len(devices) == 0 {
		return nil, nil
	}
	err = d.call("claim_key_packages", func(ctx context.Context, s *server.Server, _ *server.Session) error {
		reply, err := s.ClaimKeyPackages(ctx, d.name, &wire.ClaimKeyPackagesRequest{Account: a, Devices: devices, Suites: []uint16{uint16(suite.ID())}})
		if err == nil {
			for _, k := range reply.KeyPackages {
				packages = append(packages, k.KeyPackage)
			}
		}
		return err
	})
	d.s.trace("%v claims %d: %v", d, len(devices), outcome(uint64(len(packages)), err))
	return packages, err
}

// send has d send a message to a room.
func (d *device) send(room identity.Room, m *membership) {
	id := d.s.id()
	d.sendAs(room, m, id)
}

func (d *device) sendAs(room identity.Room, m *membership, id []byte) {
	message, _, err := m.group.Encrypt(franking.AAD(tagOf(id)), id)
	if err != nil {
		d.s.fail("a message can't be sealed: %v", err)
		return
	}
	req := &wire.SendRequest{ID: id, Room: room, Message: message}
	op := operation{wire.EventMessage, d.name, string(id)}
	d.pending = &request{
		what: fmt.Sprintf("send %s %d in epoch %d", d.s.short(room), d.s.ids, m.group.Epoch()), op: op, room: room,
		do: func(ctx context.Context, srv *server.Server) (uint64, error) {
			reply, err := srv.Send(ctx, d.name, req)
			if err != nil {
				return 0, err
			}
			return reply.Seq, nil
		},
		refused: func(*wire.Error) {},
	}
}

// commit has d end the epoch of a room: first what has to be mended, else
// something at random.
func (d *device) commit(room identity.Room, m *membership) {
	opts, ok := d.mending(m)
	if !ok {
		return
	}
	if len(opts.Add)+len(opts.Remove) == 0 && d.s.rng.IntN(3) == 0 {
		if opts, ok = d.another(m); !ok {
			return
		}
	}
	m.group.DropPending()
	c, _, err := m.group.Commit(opts)
	if err != nil {
		d.s.trace("%v makes no commit: %v", d, err)
		return
	}
	what := fmt.Sprintf("commit %s +%d -%d in epoch %d", d.s.short(room), len(opts.Add), len(opts.Remove), m.group.Epoch())
	d.committing(room, m, c, what)
}

// visit has every node know the device's session.
func (d *device) visit() {
	for n := range d.s.nodes {
		d.node = n
		d.read()
	}
}

// haunt has a device that was just removed try what it could do before, wherever
// its session may still be thought of as good.
func (d *device) haunt() {
	d.node = d.s.rng.IntN(len(d.s.nodes))
	for _, room := range d.roomNames() {
		m := d.rooms[room]
		if m.broken {
			continue
		}
		token := d.token
		m.group.DropPending()
		if c, _, err := m.group.Commit(mls.CommitOptions{}); err == nil {
			d.committing(room, m, c, fmt.Sprintf("haunt %s in epoch %d", d.s.short(room), m.group.Epoch()))
			d.try()
		}
		d.token = token
		d.send(room, m)
		d.try()
	}
	d.read()
}

// committing makes a commit the pending request.
func (d *device) committing(room identity.Room, m *membership, c *mls.StagedCommit, what string) {
	req := &wire.CommitRequest{ID: d.s.id(), Room: room, Commit: c.CommitMessage(), Welcome: c.Welcome(), GroupInfo: c.GroupInfo()}
	m.staged, m.pending = c, string(req.ID)
	d.pending = &request{
		what: what, op: operation{wire.EventCommit, d.name, string(req.ID)}, room: room,
		do: func(ctx context.Context, srv *server.Server) (uint64, error) {
			reply, err := srv.Commit(ctx, d.name, req)
			if err != nil {
				return 0, err
			}
			return reply.Seq, nil
		},
		refused: func(*wire.Error) {
			if m.pending == string(req.ID) {
				m.staged, m.pending = nil, ""
			}
		},
	}
}

// mending returns what brings the leaves of a room in line with the device lists.
func (d *device) mending(m *membership) (opts mls.CommitOptions, ok bool) {
	leaves := map[identity.Account][]mls.Member{}
	var accounts []identity.Account
	for _, leaf := range m.group.Members() {
		device := identity.Device(leaf.Identity)
		a := device.Account()
		if leaves[a] == nil {
			accounts = append(accounts, a)
		}
		leaves[a] = append(leaves[a], leaf)
	}
	for _, a := range accounts {
		list, err := d.listOf(a)
		if err != nil {
			return opts, false
		}
		var missing []identity.Device
		for _, entry := range list.Devices {
			if !slices.ContainsFunc(leaves[a], func(l mls.Member) bool { return string(l.Identity) == string(entry.Device) }) {
				missing = append(missing, entry.Device)
			}
		}
		for _, leaf := range leaves[a] {
			if _, listed := list.Find(identity.Device(leaf.Identity)); !listed {
				opts.Remove = append(opts.Remove, leaf.Index)
			}
		}
		packages, err := d.claim(a, missing)
		if err != nil {
			return opts, false
		}
		opts.Add = append(opts.Add, packages...)
	}
	return opts, true
}

func (d *device) listOf(a identity.Account) (list *identity.DeviceList, err error) {
	err = d.call("device_lists", func(ctx context.Context, s *server.Server, _ *server.Session) error {
		reply, err := s.DeviceLists(ctx, d.name, &wire.DeviceListsRequest{Account: a, From: 1 << 40})
		if err != nil {
			return err
		}
		list, err = reply.Lists[len(reply.Lists)-1].Parse()
		return err
	})
	return list, err
}

// another returns what adds or removes a whole account. The server refuses it in a
// direct room.
func (d *device) another(m *membership) (opts mls.CommitOptions, ok bool) {
	a := d.s.accounts[d.s.rng.IntN(len(d.s.accounts))]
	for _, leaf := range m.group.Members() {
		if identity.Device(leaf.Identity).Account() == a.name && a != d.account {
			opts.Remove = append(opts.Remove, leaf.Index)
		}
	}
	if len(opts.Remove) > 0 || a == d.account {
		return opts, true
	}
	var devices []identity.Device
	for _, o := range a.devices {
		devices = append(devices, o.name)
	}
	packages, err := d.claim(a.name, devices)
	opts.Add = packages
	return opts, err == nil
}

// rejoin has d come back into a room by an external commit.
func (d *device) rejoin(room identity.Room, m *membership) {
	var info *wire.GroupInfo
	err := d.call("group_info", func(ctx context.Context, s *server.Server, _ *server.Session) error {
		r, err := s.GroupInfo(ctx, d.name, &wire.GroupInfoRequest{Room: room})
		if err == nil {
			info = r
		}
		return err
	})
	if errors.Is(err, errLost) {
		return
	}
	if err != nil { // not in the room any more
		delete(d.rooms, room)
		return
	}
	c, err := mls.JoinExternal(mlsConfig(), info.GroupInfo, []byte(d.name), d.signer(), mls.ExternalOptions{Resync: true})
	if err != nil || len(c.Removed()) == 0 {
		d.s.trace("%v can't rejoin: %v", d, err)
		delete(d.rooms, room)
		return
	}
	d.committing(room, m, c, fmt.Sprintf("rejoin %s in epoch %d", d.s.short(room), info.Epoch))
}

// apply takes an event into the device's groups.
func (d *device) apply(e *wire.Envelope) {
	m := d.rooms[e.Room]
	switch e.Kind {
	case wire.EventMessage:
		if m != nil && !m.broken {
			d.open(m, e)
		}
	case wire.EventOpen:
		if g := d.opening[string(e.ID)]; g != nil && e.Sender == d.name {
			d.rooms[e.Room] = &membership{group: g}
			return
		}
		d.join(e)
	case wire.EventCommit:
		if m == nil {
			d.join(e)
			return
		}
		d.follow(m, e)
		if m.group.Removed() {
			delete(d.rooms, e.Room)
		}
	}
}

// open decrypts a message, which must be as it was sealed.
func (d *device) open(m *membership, e *wire.Envelope) {
	if e.Epoch != m.group.Epoch() {
		d.s.fail("a member in epoch %d is given a message of epoch %d: an ended epoch", m.group.Epoch(), e.Epoch)
		return
	}
	if err := d.s.checkFrank(e); err != nil {
		d.s.fail("the frank of seq %d: %v", e.Seq, err)
	}
	if e.Sender == d.name {
		return
	}
	got, _, err := m.group.Decrypt(e.Message)
	if err != nil {
		d.s.fail("a message of seq %d can't be opened: %v", e.Seq, err)
	} else if string(got.Data) != string(e.ID) || string(got.SenderIdentity) != string(e.Sender) {
		d.s.fail("a message of seq %d isn't as it was sealed", e.Seq)
	}
}

func (d *device) join(e *wire.Envelope) {
	if len(e.Welcome) == 0 {
		return
	}
	g, _, err := mls.JoinWelcome(mlsConfig(), e.Welcome, d.secrets, d.signer())
	switch {
	case err == nil:
		d.rooms[e.Room] = &membership{group: g}
	case !errors.Is(err, mls.ErrNotForUs):
		d.s.fail("a welcome can't be used: %v", err)
	}
}

// follow takes a commit.
func (d *device) follow(m *membership, e *wire.Envelope) {
	if e.Sender == d.name {
		d.followOwn(m, e)
		return
	}
	m.staged, m.pending = nil, ""
	if m.broken {
		return
	}
	m.group.DropPending()
	staged, err := m.group.Stage(e.Message)
	if err == nil {
		_, err = m.group.Merge(staged)
	}
	if err != nil {
		d.s.fail("a member in epoch %d can't follow a commit of epoch %d: %v", m.group.Epoch(), e.Epoch, err)
		m.broken = true
	}
}

func (d *device) followOwn(m *membership, e *wire.Envelope) {
	c := m.staged
	mine := m.pending == string(e.ID)
	m.staged, m.pending = nil, ""
	if !mine || m.broken != c.External() {
		m.broken = true // taken late, after it was given up
		return
	}
	var err error
	if c.External() {
		m.group, _, err = c.Join()
		m.broken = false
	} else {
		_, err = m.group.Merge(c)
	}
	if err != nil {
		d.s.fail("an own commit can't be merged: %v", err)
		m.broken = true
	}
}
