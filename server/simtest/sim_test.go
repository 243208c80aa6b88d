package simtest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// A sim is one run. Everything is done by one goroutine; the only others are the
// streams, which wait, and read when they are told to.
type sim struct {
	rng       *rand.Rand
	check     *checker
	ledger    *ledger
	net       *network
	nodes     []*node
	accounts  []*account
	devices   []*device
	late      []lateCall
	names     []identity.Room
	franking  []byte
	ids       uint64
	lines     []string
	calm      bool // no faults any more
	storm     int  // faults in 100 calls
	remembers bool // nodes remember rooms
}

// A lateCall is a request that arrives after its client gave it up.
type lateCall struct {
	node int
	d    *device
	what string
	do   func(ctx context.Context, s *server.Server, session *server.Session) error
}

// steps is the length of a run.
const steps = 300

// simulate runs seed. It must be called in a bubble of synctest. spoil, if not
// nil, stands between the ledger and the store.
func simulate(seed uint64, spoil func(server.Store) server.Store) *sim {
	s := &sim{rng: rand.New(rand.NewPCG(seed, 0x5eed)), check: newChecker(), net: newNetwork()}
	store := server.Store(memstore.New())
	if spoil != nil {
		store = spoil(store)
	}
	s.ledger = newLedger(store, s.fail)
	s.check.ledger = s.ledger
	s.storm = []int{0, 3, 8, 15}[s.rng.IntN(4)]
	s.remembers = s.rng.IntN(2) == 0
	defer s.end()
	s.calm = true
	s.begin()
	s.calm = false
	for n := range steps {
		s.step(n)
		synctest.Wait()
		if len(s.check.errors) > 0 && spoil == nil {
			return s
		}
	}
	s.settle()
	return s
}

func (s *sim) fail(format string, args ...any) {
	s.check.fail(format, args...)
}

// trace notes what happened: the same for the same seed.
func (s *sim) trace(format string, args ...any) {
	s.lines = append(s.lines, time.Now().Format("02 15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// hash is that of the trace.
func (s *sim) hash() [32]byte { return sha256.Sum256([]byte(strings.Join(s.lines, "\n"))) }

// settled waits until every stream waits.
func (s *sim) settled() { synctest.Wait() }

// chance is true in percent of the cases.
func (s *sim) chance(percent int) bool { return s.rng.IntN(100) < percent }

// What the network may make of a request.
const (
	arrives = iota
	lostBefore
	lostAfter
	late
)

func (s *sim) fate() int {
	if s.calm || !s.chance(s.storm) {
		return arrives
	}
	return 1 + s.rng.IntN(3)
}

// failure returns what befalls the store in the next call; nil if nothing does.
func (s *sim) failure() *failure {
	if s.calm || !s.chance(s.storm) {
		return nil
	}
	f := &failure{at: s.rng.IntN(5)}
	switch s.rng.IntN(3) {
	case 0:
		f.err = server.ErrBusy
	case 1:
		f.err = server.ErrUnavailable
	case 2:
		f.err, f.after = server.ErrUnavailable, true
	}
	return f
}

// begin makes the nodes, the people and a first room.
func (s *sim) begin() {
	for n := range 1 + s.rng.IntN(4) {
		s.nodes = append(s.nodes, &node{s: s, n: n, streams: map[*stream]bool{}})
		if err := s.nodes[n].start(); err != nil {
			s.fail("a node doesn't start: %v", err)
			return
		}
	}
	info, _ := s.nodes[0].server.Info(context.Background(), nil)
	s.franking = info.FrankingKey
	for i := range 2 + s.rng.IntN(4) {
		s.signUp(fmt.Sprintf("person%d", i))
	}
	s.trace("%d nodes, %d accounts, %d faults in 100 calls, nodes remember: %v", len(s.nodes), len(s.accounts), s.storm, s.remembers)
	for range 1 + s.rng.IntN(3) {
		d := s.devices[s.rng.IntN(len(s.devices))]
		if d.pending == nil {
			s.found(d)
		}
	}
}

func (s *sim) signUp(name string) {
	a := &account{name: identity.Account("mimi://" + domain + "/u/" + name)}
	d := s.newDevice(a)
	a.devices = []*device{d}
	a.list = &identity.DeviceList{Account: a.name, Version: 1, Change: identity.Create, Devices: []identity.ListedDevice{d.entry()}}
	s.accounts = append(s.accounts, a)
	srv := s.nodes[d.node].server
	_, err := srv.SignUp(context.Background(), "addr", &wire.SignUpRequest{Login: login(a), List: a.list.Sign(d.name, d.key)})
	if err != nil {
		s.fail("sign up: %v", err)
	}
	s.check.began(d.name, 0)
	_, err = srv.PublishKeyPackages(context.Background(), d.name, &wire.PublishKeyPackagesRequest{KeyPackages: d.keyPackages(4), LastResort: d.keyPackage(true)})
	if err != nil {
		s.fail("publish key packages: %v", err)
	}
}

// found has d open a room with some others.
func (s *sim) found(d *device) {
	var others []*account
	for _, i := range s.rng.Perm(len(s.accounts))[:1+s.rng.IntN(len(s.accounts))] {
		if s.accounts[i] != d.account {
			others = append(others, s.accounts[i])
		}
	}
	d.openRoom(others...)
}

func (s *sim) roomName(raw [16]byte) identity.Room {
	room := identity.Room("mimi://" + domain + "/r/" + base64.RawURLEncoding.EncodeToString(raw[:]))
	s.names = append(s.names, room)
	return room
}

func (s *sim) short(room identity.Room) string {
	return fmt.Sprintf("r%d", slices.Index(s.names, room))
}

// step is one thing that happens.
func (s *sim) step(n int) {
	time.Sleep(time.Duration(s.rng.IntN(2000)) * time.Millisecond)
	synctest.Wait()
	s.hints()
	switch k := s.rng.IntN(1000); {
	case k < 600:
		s.act(s.devices[s.rng.IntN(len(s.devices))])
	case k < 850:
		s.look(s.devices[s.rng.IntN(len(s.devices))])
	case k < 900:
		s.devices[s.rng.IntN(len(s.devices))].connect()
	case k < 920:
		d := s.devices[s.rng.IntN(len(s.devices))]
		d.asleep = !d.asleep
	case k < 940:
		s.arriveLate()
	case k < 970:
		s.upset()
	case k < 980:
		s.sweep()
	default:
		s.changeList(s.accounts[s.rng.IntN(len(s.accounts))])
	}
}

// act has a device do what it was about to, or something new.
func (s *sim) act(d *device) {
	if d.pending != nil {
		d.try()
		return
	}
	if s.chance(15) {
		d.acknowledge()
		return
	}
	if len(d.rooms) == 0 || s.chance(3) {
		if s.chance(30) {
			s.found(d)
		}
		return
	}
	rooms := d.roomNames()
	room := rooms[s.rng.IntN(len(rooms))]
	switch m := d.rooms[room]; {
	case m.broken:
		d.rejoin(room, m)
	case m.staged != nil: // it waits for its own commit to come back
	case s.chance(25):
		d.commit(room, m)
	default:
		d.send(room, m)
	}
	if d.pending != nil {
		d.try()
	}
}

// look has a device take what there is.
func (s *sim) look(d *device) {
	switch {
	case d.asleep:
	case d.stream != nil:
		d.receive()
	default:
		d.read()
	}
}

// hints decides on each hint that is under way.
func (s *sim) hints() {
	for _, p := range s.net.take() {
		for _, n := range s.nodes {
			if n.end == p.from || n.server == nil || s.chance(s.storm) && !s.calm {
				continue // lost
			}
			if f := s.net.listener(n.end); f != nil {
				f(p.hint)
			}
		}
		if s.chance(s.storm) { // once more, later
			s.net.put(p)
		}
	}
	synctest.Wait()
}

// arriveLate has a request arrive that its client gave up.
func (s *sim) arriveLate() {
	if len(s.late) == 0 {
		return
	}
	i := s.rng.IntN(len(s.late))
	c := s.late[i]
	s.late = slices.Delete(s.late, i, i+1)
	n := s.nodes[c.node]
	if n.server == nil || c.d.token == nil {
		return
	}
	session, err := authenticate(n.server, c.d.token)
	if err == nil {
		err = c.do(context.Background(), n.server, session)
		s.settled()
	}
	s.trace("%v: %s arrives late at n%d: %v", c.d, c.what, c.node, outcome(0, err))
}

// upset crashes or starts a node, moves its clock, or lets time pass.
func (s *sim) upset() {
	n := s.nodes[s.rng.IntN(len(s.nodes))]
	switch {
	case n.server == nil:
		err := n.start()
		s.trace("n%d starts: %v", n.n, err)
	case s.storm == 0:
	case s.chance(40):
		n.crash()
		s.trace("n%d crashes", n.n)
	case s.chance(60):
		n.skew = time.Duration(s.rng.IntN(3600)-1800) * time.Second
		s.trace("the clock of n%d is off by %v", n.n, n.skew)
	default:
		d := time.Duration(s.rng.IntN(180)) * time.Minute
		time.Sleep(d)
		s.trace("%v pass", d)
	}
}

func (s *sim) sweep() {
	n := s.nodes[s.rng.IntN(len(s.nodes))]
	if n.server == nil {
		return
	}
	ctx := context.Background()
	if f := s.failure(); f != nil {
		ctx = withFailure(ctx, f)
	}
	err := n.server.Sweep(ctx)
	s.trace("n%d sweeps: %v", n.n, err)
}

// changeList adds a device to an account, or removes one, or goes on with what is
// under way.
func (s *sim) changeList(a *account) {
	if a.putting == nil {
		if a.putting = s.newChange(a); a.putting == nil {
			return
		}
	}
	a.putting.put()
}

func (s *sim) newChange(a *account) *listChange {
	c := &listChange{by: a.devices[s.rng.IntN(len(a.devices))]}
	if len(a.devices) > 1 && s.chance(50) {
		c.leaves = a.devices[s.rng.IntN(len(a.devices))]
		if c.leaves == c.by {
			return nil
		}
		c.leaves.visit()
		c.list = a.list.Next(identity.Remove, 0)
		c.list.Devices = slices.DeleteFunc(c.list.Devices, func(d identity.ListedDevice) bool { return d.Device == c.leaves.name })
	} else {
		if len(a.devices) >= 4 {
			return nil
		}
		c.joins = s.newDevice(a)
		if !c.joins.enroll() {
			s.devices = s.devices[:len(s.devices)-1]
			return nil
		}
		s.devices = s.devices[:len(s.devices)-1] // not before it is listed
		c.list = a.list.Next(identity.Add, 0)
		c.list.Devices = append(c.list.Devices, c.joins.entry())
	}
	c.signed = c.list.Sign(c.by.name, c.by.key)
	return c
}

// listed takes a list that was acknowledged.
func (s *sim) listed(c *listChange) {
	a := c.by.account
	a.list = c.list
	if c.leaves != nil {
		a.devices = slices.DeleteFunc(slices.Clone(a.devices), func(d *device) bool { return d == c.leaves })
		c.leaves.haunt()
		return
	}
	d := c.joins
	s.ledger.mu.Lock()
	d.after = s.ledger.boxes[a.name].cursors[d.name]
	s.ledger.mu.Unlock()
	d.n = len(s.devices)
	s.devices = append(s.devices, d)
	a.devices = append(slices.Clone(a.devices), d)
	s.check.began(d.name, d.after)
}

// end stops what still runs, so that the bubble can end.
func (s *sim) end() {
	for _, n := range s.nodes {
		n.crash()
	}
}
