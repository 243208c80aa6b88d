package attack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// An evil is something that the server does against its people.
type evil func(s *site, ts *testscript.TestScript, args []string) error

// evils are what the server can do. Those in the second part hold until "evil
// honest"; what was put into mailboxes stays.
var evils = map[string]evil{
	"honest": func(s *site, _ *testscript.TestScript, _ []string) error {
		s.tampers, s.colluding, s.keyless = nil, false, false
		return nil
	},
	"replay": evilReplay, // replay NAME: NAME's last message once more, with a new number
	"event":  evilEvent,  // event KEY=VALUE…: an event that nobody sent

	"collude":     func(s *site, _ *testscript.TestScript, _ []string) error { s.colluding = true; return nil }, // take whatever mallory sends
	"stamp":       evilStamp,                                                                                    // stamp NAME OTHER: name OTHER as the sender of NAME's messages
	"swap":        evilSwap,                                                                                     // swap NAME OTHER: exchange their last messages
	"mailbox":     evilMailbox,                                                                                  // mailbox gap|reorder|renumber|repeat|jump
	"keep-info":   evilKeepInfo,                                                                                 // keep $ROOM's GroupInfo …
	"stale-info":  evilStaleInfo,                                                                                // … and show it later
	"lists":       evilLists,                                                                                    // lists NAME fork|rollback|made-up|number|gone: show false lists of NAME
	"key-package": evilKeyPackage,                                                                               // key-package NAME: another's key package as NAME's
	"number":      evilNumber,                                                                                   // number NAME: acknowledge with the number of NAME's last message
	"stamps":      evilStamps,                                                                                   // stamps swap|none|wrong-key|far|ahead|of NAME [OTHER]: on NAME's messages
	"keys":        evilKeys,                                                                                     // keys own|stranger|forged: a statement for the key of "stamps wrong-key"
	"relay":       evilRelay,                                                                                    // relay: stamp nothing anew, as who stands before the server can't
	"time":        evilTime,                                                                                     // time MS: say that everything was accepted then
}

func cmdEvil(ts *testscript.TestScript, _ bool, args []string) {
	s := siteOf(ts)
	do := evils[args[0]]
	if do == nil {
		ts.Fatalf("evil %s?", strings.Join(args, " "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := do(s, ts, args[1:]); err != nil {
		ts.Fatalf("evil %s: %v", strings.Join(args, " "), err)
	}
}

func (s *site) tamper(t tamper) { s.tampers = append(s.tampers, t) }

// room returns $ROOM as the server has it.
func (s *site) room(ts *testscript.TestScript) (*server.Room, error) {
	return s.store.Room(context.Background(), identity.Room(ts.Getenv("ROOM")))
}

// last returns somebody's newest message in $ROOM.
func (s *site) last(ts *testscript.TestScript, name string) (*wire.Envelope, error) {
	all, err := s.messages(ts, name)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s wrote nothing", name)
	}
	return &all[len(all)-1], nil
}

// messages returns what somebody wrote in $ROOM.
func (s *site) messages(ts *testscript.TestScript, name string) ([]wire.Envelope, error) {
	d, err := s.deviceOf(name)
	if err != nil {
		return nil, err
	}
	raw, err := s.store.Read(context.Background(), d, 0, wire.MaxReadEvents, wire.MaxReadBytes)
	if err != nil {
		return nil, err
	}
	reply, err := raw.Decode()
	if err != nil {
		return nil, err
	}
	var out []wire.Envelope
	for _, e := range reply.Events {
		_, injected := s.injected[string(e.Envelope.ID)]
		if e.Envelope.Kind == wire.EventMessage && e.Envelope.Sender == d && string(e.Envelope.Room) == ts.Getenv("ROOM") && !injected {
			out = append(out, e.Envelope)
		}
	}
	return out, nil
}

func evilReplay(s *site, ts *testscript.TestScript, a []string) error {
	e, err := s.last(ts, a[0])
	if err != nil {
		return err
	}
	e.ID = newID()
	_, err = s.store.Append(context.Background(), server.OperationID{Kind: e.Kind, Device: e.Sender, ID: e.ID}, *e, server.Stamp{})
	return err
}

// evilEvent puts an event into the mailboxes of $ROOM. A value that isn't given
// is what the room's next event would have.
//
//	kind=message|commit|open|devices   sender=NAME      account=NAME version=N (kind=devices)
//	message=junk|random|prepared|last:NAME              welcome=junk:NAME
//	epoch=±N generation=±N seq=±N      added to the right one
func evilEvent(s *site, ts *testscript.TestScript, a []string) error {
	r, err := s.room(ts)
	if err != nil {
		return err
	}
	e := wire.Envelope{
		Kind: wire.EventMessage, Room: r.Room, Generation: r.Generation, Epoch: r.Epoch, AcceptedMS: time.Now().UnixMilli(), ID: newID(),
	}
	place := e
	for _, arg := range a {
		key, value, _ := strings.Cut(arg, "=")
		if err := s.set(ts, &e, key, value); err != nil {
			return err
		}
	}
	place.Sender = r.Leaves[0].Device
	s.injected[string(e.ID)] = e
	_, err = s.store.Append(context.Background(), server.OperationID{Kind: place.Kind, Device: place.Sender, ID: place.ID}, place, server.Stamp{})
	return err
}

func (s *site) set(ts *testscript.TestScript, e *wire.Envelope, key, value string) (err error) {
	n, _ := strconv.ParseInt(value, 10, 64)
	switch key {
	case "kind":
		if e.Kind = wire.EventKind(value); e.Kind == wire.EventDevices {
			*e = wire.Envelope{Kind: e.Kind, ID: e.ID, AcceptedMS: e.AcceptedMS}
		}
	case "sender":
		e.Sender, err = s.deviceOf(value)
	case "account":
		e.Account = accountOf(value)
	case "version":
		e.Version = uint64(n)
	case "epoch":
		e.Epoch += uint64(n)
	case "generation":
		e.Generation += uint32(n)
	case "seq":
		e.Seq = uint64(n)
	case "message":
		e.Message, err = s.message(ts, e, value)
	case "welcome":
		e.Welcome, err = s.welcome(strings.TrimPrefix(value, "junk:"))
	default:
		err = fmt.Errorf("%s?", key)
	}
	return err
}

func (s *site) message(ts *testscript.TestScript, e *wire.Envelope, value string) ([]byte, error) {
	switch value {
	case "junk":
		return junkMessage(e.Room.GroupID(e.Generation), e.Epoch), nil
	case "random":
		return random(1000), nil
	case "prepared":
		return s.mallory.prepared, nil
	}
	last, err := s.last(ts, strings.TrimPrefix(value, "last:"))
	if err != nil {
		return nil, err
	}
	return last.Message, nil
}

// welcome makes one that names a key package of somebody, which the server has.
func (s *site) welcome(name string) ([]byte, error) {
	d, err := s.deviceOf(name)
	if err != nil {
		return nil, err
	}
	suite := suites()[0]
	kps, err := s.store.ClaimKeyPackages(context.Background(), []identity.Device{d}, []uint16{uint16(suite.ID())}, time.Now().Unix())
	if err != nil || len(kps) == 0 {
		return nil, errors.Join(err, errors.New("no key package"))
	}
	return junkWelcome(suite, kps[0].Ref), nil
}

func evilStamp(s *site, ts *testscript.TestScript, a []string) error {
	from, err := s.deviceOf(a[0])
	if err != nil {
		return err
	}
	to, err := s.deviceOf(a[1])
	if err != nil {
		return err
	}
	s.tamper(onReply(wire.OpRead, func(_ identity.Account, _ *wire.ReadRequest, reply *wire.ReadReply) {
		for i := range reply.Events {
			if e := &reply.Events[i].Envelope; e.Sender == from && e.Kind == wire.EventMessage {
				e.Sender = to
			}
		}
	}))
	return nil
}

func evilSwap(s *site, ts *testscript.TestScript, a []string) error {
	one, err := s.messages(ts, a[0])
	if err != nil {
		return err
	}
	two, err := s.messages(ts, a[1])
	if err != nil {
		return err
	}
	x, y := one[len(one)-1], two[len(two)-1]
	if a[0] == a[1] {
		x = one[len(one)-2]
	}
	s.tamper(onReply(wire.OpRead, func(_ identity.Account, _ *wire.ReadRequest, reply *wire.ReadReply) {
		for i := range reply.Events {
			switch e := &reply.Events[i].Envelope; string(e.ID) {
			case string(x.ID):
				e.Message = y.Message
			case string(y.ID):
				e.Message = x.Message
			}
		}
	}))
	return nil
}

func evilMailbox(s *site, ts *testscript.TestScript, a []string) error {
	s.tamper(onReply(wire.OpRead, func(who identity.Account, _ *wire.ReadRequest, reply *wire.ReadReply) {
		if len(reply.Events) < 2 && a[0] != "repeat" && a[0] != "jump" {
			return
		}
		ev := reply.Events
		switch a[0] {
		case "gap": // the first is left out
			reply.Events = ev[1:]
		case "reorder": // with their positions
			ev[0], ev[1] = ev[1], ev[0]
		case "renumber": // in another order, as if it were the true one
			ev[0].Envelope, ev[1].Envelope = ev[1].Envelope, ev[0].Envelope
			ev[0].Envelope.Seq, ev[1].Envelope.Seq = ev[1].Envelope.Seq, ev[0].Envelope.Seq
		case "repeat": // old events for ever
			if len(ev) == 0 {
				reply.Events = s.firstEvents(who)
			}
		case "jump": // as if all before had expired
			for i := range ev {
				ev[i].Pos += big
			}
			reply.First, reply.Head = big+1, reply.Head+big
			if len(ev) > 0 {
				reply.First = ev[0].Pos
			}
		}
	}))
	return nil
}

// firstEvents returns the oldest events of a mailbox.
func (s *site) firstEvents(who identity.Account) []wire.Event {
	d, err := s.deviceOf(who.Name())
	if err != nil {
		return nil
	}
	raw, err := s.store.Read(context.Background(), d, 0, 3, wire.MaxReadBytes)
	if err != nil {
		return nil
	}
	reply, err := raw.Decode()
	if err != nil {
		return nil
	}
	return reply.Events
}

func evilKeepInfo(s *site, ts *testscript.TestScript, _ []string) error {
	g, err := s.store.Group(context.Background(), identity.Room(ts.Getenv("ROOM")))
	if err == nil {
		s.kept, err = wire.Marshal(wire.GroupInfo{Generation: g.At.Generation, Epoch: g.At.Epoch, Seq: g.Seq, GroupInfo: g.Info})
	}
	return err
}

func evilStaleInfo(s *site, _ *testscript.TestScript, _ []string) error {
	s.tamper(tamper{wire.OpGroupInfo, func(identity.Account, []byte, []byte) ([]byte, error) { return s.kept, nil }})
	return nil
}

func evilLists(s *site, ts *testscript.TestScript, a []string) error {
	about := accountOf(a[0])
	fork, _, err := s.mallory.nextList() // follows the newest one that mallory knows of
	if err != nil {
		return err
	}
	record, err := s.store.Account(context.Background(), about)
	if err != nil {
		return err
	}
	newest, err := record.Current.List.Parse()
	if err != nil {
		return err
	}
	if a[1] == "gone" {
		s.gone = about
		return nil
	}
	s.tamper(onReply(wire.OpDeviceLists, func(who identity.Account, req *wire.DeviceListsRequest, reply *wire.DeviceLists) {
		if req.Account != about || len(a) > 2 && who != accountOf(a[2]) {
			return
		}
		switch a[1] {
		case "fork": // another list of the newest version, signed as it should be
			reply.Lists[len(reply.Lists)-1] = fork
		case "rollback":
			reply.Newest, reply.Lists = 1, reply.Lists[:0]
			first, err := s.store.Lists(context.Background(), about, 1, 1)
			if err == nil {
				reply.Lists = first
			}
		case "made-up": // a next version that the server signs itself
			next := newest.Next(identity.Add, 9)
			d, err := newDevice(s, about)
			if err == nil {
				next.Devices = append(slices.Clone(newest.Devices), d.listed())
				reply.Lists, reply.Newest = append(reply.Lists, next.Sign(newest.Devices[0].Device, d.key)), next.Version
			}
		case "own-word": // … and says that the new device signed it
			next := newest.Next(identity.Add, 9)
			d, err := newDevice(s, about)
			if err == nil {
				next.Devices = append(slices.Clone(newest.Devices), d.listed())
				reply.Lists, reply.Newest = append(reply.Lists, next.Sign(d.device, d.key)), next.Version
			}
		case "number": // a newest version that isn't shown
			reply.Newest = 99
		}
	}))
	return nil
}

func evilKeyPackage(s *site, ts *testscript.TestScript, a []string) error {
	d, err := s.deviceOf(a[0])
	if err != nil {
		return err
	}
	fake := *s.mallory // with the person's name, and keys of the server's
	fake.device = d
	s.tamper(onReply(wire.OpClaimKeyPackages, func(_ identity.Account, _ *wire.ClaimKeyPackagesRequest, reply *wire.ClaimedKeyPackages) {
		for i := range reply.KeyPackages {
			if reply.KeyPackages[i].Device == d {
				reply.KeyPackages[i].KeyPackage, _ = fake.keyPackage()
			}
		}
	}))
	return nil
}

func evilNumber(s *site, ts *testscript.TestScript, a []string) error {
	e, err := s.last(ts, a[0])
	if err != nil {
		return err
	}
	s.tamper(onReply(wire.OpSend, func(_ identity.Account, _ *wire.SendRequest, reply *wire.SendReply) { reply.Seq = e.Seq }))
	return nil
}

func evilRelay(s *site, _ *testscript.TestScript, _ []string) error {
	s.keyless = true
	return nil
}

func evilTime(s *site, ts *testscript.TestScript, a []string) error {
	ms, err := strconv.ParseInt(a[0], 10, 64)
	if err != nil {
		return err
	}
	s.tamper(onReply(wire.OpRead, func(_ identity.Account, _ *wire.ReadRequest, reply *wire.ReadReply) {
		for i := range reply.Events {
			reply.Events[i].Envelope.AcceptedMS = ms
		}
	}))
	return nil
}
