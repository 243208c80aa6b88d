package simtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"parley/identity"
	"parley/internal/cbor"
	"parley/mls"
	"parley/mls/public"
	"parley/server"
	"parley/wire"
)

// An account is a person. What is here is what all of the person's devices know.
type account struct {
	name    identity.Account
	list    *identity.DeviceList // the newest that was acknowledged
	devices []*device            // listed
	putting *listChange          // not yet acknowledged
}

// A device is one client: what it would have on its disk.
type device struct {
	s       *sim
	n       int
	name    identity.Device
	account *account
	key     identity.PrivateKey
	secrets []*mls.KeyPackageSecrets
	rooms   map[identity.Room]*membership

	node    int // where it calls
	token   []byte
	stream  *stream
	asleep  bool   // it doesn't read for now
	after   uint64 // has everything up to here
	opening map[string]*mls.Group
	pending *request
}

// gone reports whether the store has taken the device off its list.
func (d *device) gone() bool {
	d.s.ledger.mu.Lock()
	defer d.s.ledger.mu.Unlock()
	return d.s.ledger.gone[d.name]
}

// errLost is a request whose outcome the client doesn't know.
var errLost = errors.New("simtest: no answer")

// A request is an operation that a device repeats until it knows what came of it.
type request struct {
	what    string
	op      operation
	room    identity.Room
	do      func(ctx context.Context, s *server.Server) (uint64, error) // returns the seq
	refused func(*wire.Error)
}

func (s *sim) newDevice(a *account) *device {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], s.rng.Uint64())
	id[15] = byte(len(s.devices))
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(s.rng.Uint32())
	}
	key, err := identity.NewPrivateKey(seed[:])
	if err != nil {
		panic(err)
	}
	d := &device{
		s: s, n: len(s.devices), name: identity.NewDevice(a.name, id), account: a, key: key,
		rooms: map[identity.Room]*membership{}, opening: map[string]*mls.Group{}, node: s.rng.IntN(len(s.nodes)),
	}
	s.devices = append(s.devices, d)
	return d
}

func (d *device) entry() identity.ListedDevice {
	return identity.ListedDevice{Device: d.name, SignatureKey: d.key.Public(), Suites: []uint16{uint16(suite.ID())}}
}

func (d *device) signer() public.SignaturePrivateKey {
	key := d.key.Public()
	return append(d.key.Seed(), key[:]...)
}

func (d *device) String() string { return fmt.Sprintf("d%d", d.n) }

// roomNames returns the rooms that d is in, sorted.
func (d *device) roomNames() []identity.Room { return slices.Sorted(maps.Keys(d.rooms)) }

// call runs one call at the device's node, or what the network makes of it.
func (d *device) call(what string, do func(ctx context.Context, s *server.Server, session *server.Session) error) error {
	s := d.s
	n := s.nodes[d.node]
	fate := s.fate()
	if n.server == nil || fate == lostBefore {
		d.elsewhere()
		return errLost
	}
	session, err := d.session(n)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if f := s.failure(); f != nil {
		ctx = withFailure(ctx, f)
	}
	if fate == late {
		s.late = append(s.late, lateCall{n.n, d, what, do})
		d.elsewhere()
		return errLost
	}
	err = do(ctx, n.server, session)
	s.settled() // who was told of it has read before anything else happens
	if fate == lostAfter {
		d.elsewhere()
		return errLost
	}
	return d.judge(err)
}

// judge sorts what a call answers: errLost where the device has to try again.
func (d *device) judge(err error) error {
	e := server.AsWire(err)
	switch {
	case e == nil:
		return nil
	case e.Code == wire.CodeUnauthorized:
		d.token = nil
		return errLost
	case e.Code == wire.CodeUnavailable, e.Code == wire.CodeRateLimited:
		d.elsewhere()
		return errLost
	case e.Code == wire.CodeInternal:
		d.s.fail("an operation answers internal: %v", err)
	}
	return e
}

// elsewhere has the device try another node next.
func (d *device) elsewhere() {
	if d.s.rng.IntN(2) == 0 {
		d.node = d.s.rng.IntN(len(d.s.nodes))
	}
}

// session returns the device's session at a node, and opens one if it has none
// that the node takes.
func (d *device) session(n *node) (*server.Session, error) {
	if d.token != nil {
		if session, err := authenticate(n.server, d.token); err == nil {
			return session, nil
		}
	}
	ctx := context.Background()
	c, err := n.server.Challenge(ctx, &wire.ChallengeRequest{Device: d.name})
	if err != nil {
		return nil, d.judge(err)
	}
	claim := (&wire.SessionClaim{Origin: origin, Device: d.name, Nonce: c.Nonce, Expires: c.Expires}).Marshal()
	opened, err := n.server.OpenSession(ctx, &wire.OpenSessionRequest{Claim: claim, Signature: d.key.SignStatement(wire.UseSession, claim)})
	if err != nil {
		if d.gone() && errors.Is(err, &wire.Error{Code: wire.CodeUnlistedDevice}) {
			return nil, err
		}
		d.s.fail("a listed device gets no session: %v", err)
		return nil, errLost
	}
	if d.gone() {
		d.s.fail("a device gets a session after its removal")
	}
	d.token = opened.Token
	session, err := authenticate(n.server, d.token)
	if err != nil {
		d.s.fail("a new session isn't one: %v", err)
		return nil, errLost
	}
	return session, nil
}

func authenticate(s *server.Server, token []byte) (*server.Session, error) {
	return s.Authenticate(token)
}

// try calls the pending request.
func (d *device) try() {
	r := d.pending
	var seq uint64
	d.s.check.tried[r.op] = true
	err := d.call(r.what, func(ctx context.Context, s *server.Server, _ *server.Session) error {
		n, err := r.do(ctx, s)
		if err == nil {
			seq = n
		}
		return err
	})
	d.s.trace("%v %s: %v", d, r.what, outcome(seq, err))
	refusal := (*wire.Error)(nil)
	switch {
	case err == nil:
		d.pending = nil
		if seq != 0 {
			d.s.check.acknowledged(r.op, r.room, seq)
		}
	case errors.Is(err, errLost):
	case errors.As(err, &refusal):
		d.pending = nil
		if refusal.Code == wire.CodeStaleEpoch {
			d.s.check.refused(r.op)
		}
		if !d.s.ledger.refuses(d.name, r.room, refusal.Code) {
			d.s.fail("%s for a reason that isn't so any more: %s", r.what, refusal.Code)
		}
		r.refused(refusal)
	}
}

func outcome(seq uint64, err error) string {
	if e := (*wire.Error)(nil); errors.As(err, &e) {
		return string(e.Code)
	}
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(seq)
}

// connect opens a stream, or ends the one there is.
func (d *device) connect() {
	if d.stream != nil {
		d.stream.close()
		d.stream = nil
		d.s.trace("%v disconnects", d)
		return
	}
	n := d.s.nodes[d.node]
	if n.server == nil {
		d.elsewhere()
		return
	}
	session, err := d.session(n)
	if err != nil {
		return
	}
	d.stream = n.open(session, d.after, 1+d.s.rng.IntN(20))
	d.s.trace("%v connects to n%d after %d", d, n.n, d.after)
}

// receive takes what the stream has brought.
func (d *device) receive() {
	for d.stream != nil {
		select {
		case reply := <-d.stream.in:
			d.take(d.after, reply, true)
			d.s.settled()
			continue
		default:
		}
		if d.stream.ended() {
			d.stream.close()
			d.stream = nil
			d.s.trace("%v is cut off", d)
		}
		return
	}
}

// read asks for the mailbox without a stream. Sometimes it asks for what it has.
func (d *device) read() {
	after := d.after - min(d.after, uint64(d.s.rng.IntN(3)))
	var reply *wire.ReadReply
	err := d.call("read", func(ctx context.Context, s *server.Server, session *server.Session) error {
		r, err := s.Read(ctx, session, &wire.ReadRequest{After: after, Max: 1 + d.s.rng.IntN(30)})
		if err == nil {
			reply = r
		}
		return err
	})
	if err != nil {
		d.s.trace("%v read after %d: %v", d, after, outcome(0, err))
		return
	}
	d.take(after, reply, false)
}

// take takes what is new in a reply to a read after a position.
func (d *device) take(after uint64, reply *wire.ReadReply, pushed bool) {
	if len(reply.Events) > 0 && reply.Events[0].Pos <= d.after {
		after = reply.Events[0].Pos - 1 // of a stream that began earlier
	}
	d.s.check.replied(d.name, after, reply, pushed)
	if reply.First > d.after+1 {
		d.s.check.skips(d.name, reply.First)
		d.after = reply.First - 1
		for _, m := range d.rooms {
			m.broken = true
		}
	}
	for i := range reply.Events {
		if e := &reply.Events[i]; e.Pos > d.after {
			d.s.check.got(d.name, e)
			d.after = e.Pos
			d.apply(&e.Envelope)
		}
	}
	d.s.trace("%v has %d of %d", d, d.after, reply.Head)
}

// acknowledge moves the cursor, at times to where it was before.
func (d *device) acknowledge() {
	pos := d.after - min(d.after, uint64(d.s.rng.IntN(3)))
	err := d.call("acknowledge", func(ctx context.Context, s *server.Server, _ *server.Session) error {
		_, err := s.Acknowledge(ctx, d.name, &wire.AcknowledgeRequest{Pos: pos})
		return err
	})
	if err != nil && !errors.Is(err, errLost) && !d.gone() {
		d.s.fail("acknowledge %d: %v", pos, err)
	}
	d.s.trace("%v acknowledges %d: %v", d, pos, outcome(0, err))
}

// A listChange is a device list on its way.
type listChange struct {
	list   *identity.DeviceList
	signed identity.SignedDeviceList
	by     *device
	joins  *device
	leaves *device
}

// enroll has a new device ask to be added.
func (d *device) enroll() bool {
	claim := cbor.MustMarshal(wire.EnrollClaim{Device: d.name, SignatureKey: d.key.Public(), Suites: []uint16{uint16(suite.ID())}, Name: "laptop"})
	req := &wire.EnrollRequest{
		Login: login(d.account), Claim: claim, Signature: d.key.SignStatement(wire.UseEnroll, claim),
		KeyPackages: d.keyPackages(3), LastResort: d.keyPackage(true),
	}
	n := d.s.nodes[d.node]
	if n.server == nil {
		return false
	}
	_, err := n.server.Enroll(context.Background(), "addr", req)
	d.s.trace("%v enrolls: %v", d, outcome(0, err))
	return err == nil
}

func login(a *account) []byte {
	proof := make([]byte, wire.LoginSize)
	copy(proof, a.name.Name())
	return proof
}

// put sends the account's list change once more.
func (c *listChange) put() {
	d := c.by
	err := d.call("put_device_list", func(ctx context.Context, s *server.Server, _ *server.Session) error {
		_, err := s.PutDeviceList(ctx, d.name, &wire.PutDeviceListRequest{List: c.signed})
		return err
	})
	d.s.trace("%v puts list %d: %v", d, c.list.Version, outcome(0, err))
	if errors.Is(err, errLost) {
		return
	}
	d.account.putting = nil
	if err != nil {
		d.s.fail("a device list is refused: %v", err)
		return
	}
	d.s.listed(c)
}
