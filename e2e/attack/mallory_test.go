package attack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parley/client/nettransport"
	"parley/content"
	"parley/identity"
	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
	"parley/wire"
)

// A device is mallory's: a client with an account of its own and raw control over
// what it sends. It checks nothing.
type device struct {
	site   *site
	net    *nettransport.Transport
	device identity.Device
	key    identity.PrivateKey
	signer public.SignaturePrivateKey
	cfg    *mls.Config
	suite  *public.Suite
	list   *identity.DeviceList
	token  []byte

	secrets  []*mls.KeyPackageSecrets
	groups   map[identity.Room]*group
	after    uint64 // the mailbox is read up to here
	seen     []capture
	prepared []byte // a message that was encrypted and not sent
}

// A group is mallory's state of a room.
type group struct {
	*mls.Group
	room       identity.Room
	generation uint32
	records    mlstest.Records
}

// A capture is a message as it came.
type capture struct {
	wire.Envelope
	data []byte // decrypted
	text string
	id   content.MessageID
}

// newDevice returns a device of account that is on no list.
func newDevice(s *site, account identity.Account) (*device, error) {
	transport, err := nettransport.New(s.url, nettransport.Options{})
	if err != nil {
		return nil, err
	}
	d := &device{
		site: s, net: transport, device: identity.RandomDevice(account), key: identity.GenerateKey(),
		cfg: &mls.Config{Suites: suites(), Now: time.Now}, groups: map[identity.Room]*group{},
	}
	d.suite = d.cfg.Suites[0]
	d.signer, _, err = d.suite.NewSignaturePrivateKey(d.key.Seed())
	return d, err
}

func (d *device) listed() identity.ListedDevice {
	var ids []uint16
	for _, s := range d.cfg.Suites {
		ids = append(ids, uint16(s.ID()))
	}
	return identity.ListedDevice{Device: d.device, SignatureKey: d.key.Public(), Suites: ids, Name: "x", AddedAt: 1}
}

// call performs an operation as d.
func call[Reply any](d *device, op wire.Operation, request any) (*Reply, error) {
	return callWith[Reply](d, op, d.token, request)
}

func callWith[Reply any](d *device, op wire.Operation, token []byte, request any) (*Reply, error) {
	body, err := wire.Marshal(request)
	if err != nil {
		return nil, err
	}
	answer, err := d.net.Call(context.Background(), op, token, body)
	if err != nil {
		return nil, err
	}
	reply := new(Reply)
	return reply, wire.Unmarshal(answer, reply)
}

// signUp makes d the first device of its account.
func (d *device) signUp() error {
	d.list = &identity.DeviceList{
		Account: d.device.Account(), Version: 1, Change: identity.Create, At: 1, Devices: []identity.ListedDevice{d.listed()},
	}
	login := make([]byte, wire.LoginSize)
	if _, err := call[wire.Empty](d, wire.OpSignUp, wire.SignUpRequest{Login: login, List: d.list.Sign(d.device, d.key)}); err != nil {
		return err
	}
	if err := d.openSession(); err != nil {
		return err
	}
	var request wire.PublishKeyPackagesRequest
	for range 5 {
		kp, err := d.keyPackage()
		if err != nil {
			return err
		}
		request.KeyPackages = append(request.KeyPackages, kp)
	}
	_, err := call[wire.KeyPackageCount](d, wire.OpPublishKeyPackages, request)
	return err
}

// keyPackage makes one and keeps its secrets.
func (d *device) keyPackage() ([]byte, error) {
	kp, secrets, err := mls.NewKeyPackage(d.cfg, d.suite, []byte(d.device), d.signer, mls.KeyPackageOptions{
		Lifetime:        30 * 24 * time.Hour,
		GroupExtensions: []public.ExtensionType{public.ExtensionType(wire.RoomExtensionType)},
	})
	d.secrets = append(d.secrets, secrets)
	return kp, err
}

func (d *device) openSession() error {
	ch, err := call[wire.Challenge](d, wire.OpChallenge, wire.ChallengeRequest{Device: d.device})
	if err != nil {
		return err
	}
	s, err := d.answer(wire.SessionClaim{Origin: d.site.url, Device: d.device, Nonce: ch.Nonce, Expires: ch.Expires}, d.key)
	if err == nil {
		d.token = s.Token
	}
	return err
}

// answer asks for a session by a claim that key signs.
func (d *device) answer(claim wire.SessionClaim, key identity.PrivateKey) (*wire.Session, error) {
	body := claim.Marshal()
	return callWith[wire.Session](d, wire.OpOpenSession, nil, wire.OpenSessionRequest{Claim: body, Signature: key.SignStatement(wire.UseSession, body)})
}

// open makes a room of a kind with people.
func (d *device) open(kind wire.Kind, names []string) (*group, error) {
	info, err := call[wire.Info](d, wire.OpInfo, wire.InfoRequest{})
	if err != nil {
		return nil, err
	}
	accounts := []identity.Account{d.device.Account()}
	var add [][]byte
	for _, name := range names {
		accounts = append(accounts, accountOf(name))
		kp, err := d.claim(name)
		if err != nil {
			return nil, err
		}
		add = append(add, kp...)
	}
	slices.Sort(accounts)
	room := identity.RandomRoom(info.Domain)
	ext := wire.RoomExtension{Version: 1, Mode: wire.ModePrivate, Kind: kind, FrankingKey: info.FrankingKey}
	mg, changes, err := mls.Create(d.cfg, d.suite, room.GroupID(0), []byte(d.device), d.signer, mls.CreateOptions{
		Extensions: public.Extensions{{Type: public.ExtensionType(wire.RoomExtensionType), Data: ext.Marshal()}},
	})
	if err != nil {
		return nil, err
	}
	g := &group{Group: mg, room: room, records: mlstest.Records{}}
	g.records.Write(changes)
	first, err := mg.GroupInfo()
	if err != nil {
		return nil, err
	}
	s, err := g.commit(mls.CommitOptions{Add: add, Update: true})
	if err != nil {
		return nil, err
	}
	_, err = call[wire.OpenRoomReply](d, wire.OpOpenRoom, wire.OpenRoomRequest{
		ID: newID(), Room: room, Accounts: accounts, GroupInfo: first, Commit: s.CommitMessage(), Welcome: s.Welcome(), Next: s.GroupInfo(),
	})
	if err != nil {
		return nil, err
	}
	d.groups[room] = g
	return g, g.merge(s)
}

// claim takes a key package of each device of somebody.
func (d *device) claim(name string) ([][]byte, error) {
	got, err := call[wire.ClaimedKeyPackages](d, wire.OpClaimKeyPackages,
		wire.ClaimKeyPackagesRequest{Account: accountOf(name), Suites: []uint16{uint16(d.suite.ID())}})
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, p := range got.KeyPackages {
		out = append(out, p.KeyPackage)
	}
	return out, nil
}

func (g *group) commit(opts mls.CommitOptions) (*mls.StagedCommit, error) {
	s, changes, err := g.Commit(opts)
	g.records.Write(changes)
	return s, err
}

func (g *group) merge(s *mls.StagedCommit) error {
	changes, err := g.Merge(s)
	g.records.Write(changes)
	return err
}

// sync reads the mailbox and follows what it can.
func (d *device) sync() error {
	for {
		reply, err := call[wire.ReadReply](d, wire.OpRead, wire.ReadRequest{After: d.after})
		if err != nil || len(reply.Events) == 0 {
			return err
		}
		for _, e := range reply.Events {
			d.after = e.Pos
			if err := d.event(&e.Envelope); err != nil {
				return err
			}
		}
	}
}

func (d *device) event(e *wire.Envelope) error {
	g := d.groups[e.Room]
	switch {
	case e.Kind == wire.EventDevices || e.Sender == d.device:
		return nil
	case e.Kind == wire.EventMessage && g != nil:
		d.capture(g, e)
		return nil
	case e.Kind == wire.EventMessage:
		return nil
	case g == nil || e.Generation > g.generation:
		return d.join(e)
	case e.Epoch == g.Epoch() && !g.Removed():
		s, err := g.Stage(e.Message)
		if err == nil && !s.SelfRemoved() { // a removal is not heeded
			err = g.merge(s)
		}
		return err
	}
	return nil
}

func (d *device) join(e *wire.Envelope) error {
	mg, changes, err := mls.JoinWelcome(d.cfg, e.Welcome, d.secrets, d.signer)
	if err != nil {
		return nil // not for us
	}
	g := &group{Group: mg, room: e.Room, generation: e.Generation, records: mlstest.Records{}}
	g.records.Write(changes)
	d.groups[e.Room] = g
	return nil
}

// capture keeps a message with what it says.
func (d *device) capture(g *group, e *wire.Envelope) {
	c := capture{Envelope: *e}
	if m, changes, err := g.Decrypt(bytes.Clone(e.Message)); err == nil {
		g.records.Write(changes)
		c.data = m.Data
		if msg, id, err := content.Decode(m.Data); err == nil {
			c.text, c.id = msg.Summary().Text, id
		}
	}
	d.seen = append(d.seen, c)
}

var errNothing = errors.New("mallory has seen no such message")

// captured returns the newest capture with a text.
func (d *device) captured(text string) (*capture, error) {
	for i := len(d.seen) - 1; i >= 0; i-- {
		if d.seen[i].text == text {
			return &d.seen[i], nil
		}
	}
	return nil, fmt.Errorf("%w: %q", errNothing, text)
}
