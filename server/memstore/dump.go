package memstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

var (
	_ server.Dumper = (*Store)(nil)
	_ server.Loader = (*Store)(nil)
)

// Dump implements [server.Dumper].
func (s *Store) Dump(ctx context.Context, f func(*server.Record) error) error {
	for _, r := range s.records() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// records returns all that the store keeps.
func (s *Store) records() (all []*server.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add := func(r server.Record) { all = append(all, &r) }
	for _, name := range slices.Sorted(maps.Keys(s.meta)) {
		add(server.Record{Meta: &server.MetaDump{Name: name, Value: bytes.Clone(s.meta[name])}})
	}
	accounts := slices.Sorted(maps.Keys(s.accounts))
	for _, name := range accounts {
		add(server.Record{Account: s.accounts[name].dump(name)})
	}
	for _, name := range accounts {
		for _, d := range slices.Sorted(maps.Keys(s.accounts[name].waiting)) {
			add(server.Record{Enrollment: &server.EnrollmentDump{Account: name, Enrollment: cloneEnrollment(s.accounts[name].waiting[d])}})
		}
	}
	for _, name := range accounts {
		for _, r := range s.accounts[name].recordDumps(name) {
			add(server.Record{Record: &r})
		}
	}
	devices := slices.Sorted(maps.Keys(s.keyPackages))
	for _, d := range devices {
		for _, k := range s.keyPackages[d].all() {
			add(server.Record{KeyPackage: &k})
		}
	}
	for _, d := range devices {
		for _, u := range s.keyPackages[d].everUsed(d) {
			add(server.Record{UsedPackage: &u})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.rooms)) {
		r := s.rooms[name]
		add(server.Record{Room: &server.RoomDump{
			Room: *r.now, Seq: r.seq, State: bytes.Clone(r.state), Info: bytes.Clone(r.info), Named: s.sets[setKey(r.now.Set)] == name,
		}})
	}
	for op, r := range s.receipts {
		add(server.Record{Receipt: &server.ReceiptDump{Op: op, Receipt: r}})
	}
	for _, e := range s.envelopeDumps() {
		add(server.Record{Envelope: e})
	}
	for _, key := range slices.Sorted(maps.Keys(s.ledger)) {
		add(server.Record{Entry: &server.EntryDump{Key: []byte(key), Value: clone(s.ledger[key])}})
	}
	return all
}

func (a *account) dump(name identity.Account) *server.AccountDump {
	d := &server.AccountDump{Account: name, Credential: bytes.Clone(a.credential), ResetDone: a.resetDone, First: a.first, Head: a.head()}
	for _, l := range a.lists {
		l.List = cloneList(l.List)
		d.Lists = append(d.Lists, l)
	}
	for _, device := range slices.Sorted(maps.Keys(a.cursors)) {
		d.Cursors = append(d.Cursors, server.CursorDump{Device: device, Pos: a.cursors[device]})
	}
	return d
}

// all returns the key packages there are.
func (k *keyPackages) all() (list []server.KeyPackage) {
	for _, p := range k.single {
		list = append(list, cloneKeyPackage(p))
	}
	if k.lastResort != nil {
		list = append(list, cloneKeyPackage(*k.lastResort))
	}
	return list
}

// everUsed returns what may not be added again.
func (k *keyPackages) everUsed(d identity.Device) (list []server.UsedPackageDump) {
	for _, p := range k.single {
		list = append(list, server.UsedPackageDump{Device: d, Ref: bytes.Clone(p.Ref), NotAfter: p.NotAfter})
	}
	for ref, notAfter := range k.used {
		list = append(list, server.UsedPackageDump{Device: d, Ref: []byte(ref), NotAfter: notAfter})
	}
	return list
}

func (s *Store) envelopeDumps() (list []*server.EnvelopeDump) {
	places := map[*envelope][]server.PlaceDump{}
	for name, a := range s.accounts {
		for i, e := range a.box {
			places[e] = append(places[e], server.PlaceDump{Account: name, Pos: a.first + uint64(i)})
		}
	}
	byAge := func(a, b *envelope) int { return cmp.Compare(a.n, b.n) }
	for _, e := range slices.SortedFunc(maps.Keys(places), byAge) {
		d := &server.EnvelopeDump{Envelope: bytes.Clone(e.raw), Places: places[e]}
		slices.SortFunc(d.Places, func(a, b server.PlaceDump) int { return cmp.Compare(a.Account, b.Account) })
		if r := s.rooms[e.Room]; r != nil {
			d.Winner = r.winners[server.Epoch{Generation: e.Generation, Epoch: e.Epoch}] == e
		}
		list = append(list, d)
	}
	return list
}

var errRecord = errors.New("memstore: a record can't be loaded")

// Load implements [server.Loader].
func (s *Store) Load(ctx context.Context, next func() (*server.Record, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.meta)+len(s.ledger)+len(s.accounts)+len(s.rooms)+len(s.receipts)+len(s.keyPackages) > 0 {
		return server.ErrExists
	}
	fresh := New()
	for {
		r, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = fresh.load(r)
		}
		if err != nil {
			return err
		}
	}
	s.meta, s.accounts, s.keyPackages, s.rooms = fresh.meta, fresh.accounts, fresh.keyPackages, fresh.rooms
	s.sets, s.receipts, s.envelopes, s.count, s.ledger = fresh.sets, fresh.receipts, fresh.envelopes, fresh.count, fresh.ledger
	return nil
}

func (s *Store) load(r *server.Record) error {
	switch {
	case r.Meta != nil:
		s.meta[r.Meta.Name] = bytes.Clone(r.Meta.Value)
	case r.Account != nil:
		return s.loadAccount(r.Account)
	case r.Enrollment != nil:
		a := s.accounts[r.Enrollment.Account]
		if a == nil {
			return errRecord
		}
		a.waiting[r.Enrollment.Enrollment.Device] = cloneEnrollment(r.Enrollment.Enrollment)
	case r.Record != nil:
		a := s.accounts[r.Record.Account]
		if a == nil {
			return errRecord
		}
		a.setRecord(r.Record.Kind, r.Record.Key, r.Record.Value)
	case r.KeyPackage != nil:
		s.packagesOf(r.KeyPackage.Device).add(*r.KeyPackage)
	case r.UsedPackage != nil:
		if u := r.UsedPackage; !s.packagesOf(u.Device).known(u.Ref) {
			s.packagesOf(u.Device).used[string(u.Ref)] = u.NotAfter
		}
	case r.Room != nil:
		s.loadRoom(r.Room)
	case r.Receipt != nil:
		s.receipts[r.Receipt.Op] = r.Receipt.Receipt
	case r.Envelope != nil:
		return s.loadEnvelope(r.Envelope)
	case r.Entry != nil:
		s.ledger[string(r.Entry.Key)] = clone(r.Entry.Value)
	default:
		return errRecord
	}
	return nil
}

func (s *Store) loadAccount(d *server.AccountDump) error {
	if len(d.Lists) == 0 {
		return errRecord
	}
	a := &account{
		credential: bytes.Clone(d.Credential), resetDone: d.ResetDone, first: d.First,
		waiting: map[identity.Device]server.Enrollment{}, cursors: map[identity.Device]uint64{},
	}
	for _, l := range d.Lists {
		l.List = cloneList(l.List)
		a.lists = append(a.lists, l)
	}
	newest, err := d.Lists[len(d.Lists)-1].List.Parse()
	a.reset = err == nil && newest.Change == identity.Reset
	for _, c := range d.Cursors {
		a.cursors[c.Device] = c.Pos
	}
	if d.Head+1 > d.First {
		a.box = make([]*envelope, d.Head+1-d.First)
	}
	s.accounts[d.Account] = a
	return nil
}

func (s *Store) loadRoom(d *server.RoomDump) {
	s.rooms[d.Room.Room] = &room{
		now: cloneRoom(d.Room), state: bytes.Clone(d.State), info: bytes.Clone(d.Info), seq: d.Seq, winners: map[server.Epoch]*envelope{},
	}
	if d.Named {
		s.sets[setKey(d.Room.Set)] = d.Room.Room
	}
}

func (s *Store) loadEnvelope(d *server.EnvelopeDump) error {
	s.count++
	e := &envelope{n: s.count, raw: bytes.Clone(d.Envelope)}
	if err := wire.Unmarshal(e.raw, &e.Envelope); err != nil {
		return err
	}
	if !bytes.Equal(cbor.MustMarshal(e.Envelope), e.raw) {
		return errRecord
	}
	for _, p := range d.Places {
		a := s.accounts[p.Account]
		if a == nil || p.Pos < a.first || p.Pos > a.head() {
			return errRecord
		}
		a.box[p.Pos-a.first] = e
		e.refs++
	}
	s.envelopes[e] = true
	if r := s.rooms[e.Room]; d.Winner && r != nil {
		r.winners[server.Epoch{Generation: e.Generation, Epoch: e.Epoch}] = e
	}
	return nil
}
