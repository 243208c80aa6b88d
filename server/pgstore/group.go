package pgstore

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/internal/cbor"
	"parley/server"
)

// A group is appends that are written in one transaction.
type group struct {
	s     *Store
	all   []*appending
	known map[key]*cachedRoom // the rooms' rosters, as far as they were needed
	boxes map[key][]key       // the mailboxes of each room's roster

	places   map[key]*place // of the rooms, locked
	heads    map[key]int64  // of the mailboxes, locked
	receipts map[key]server.Receipt

	fresh []delivery // what is to be stored
}

// A place is a row of grp.
type place struct {
	at      server.Epoch
	seq     int64
	change  int64
	pending bool
	grown   bool
}

// A delivery is an append with what it is stored as.
type delivery struct {
	*appending
	seq   int64
	boxes []key
	pos   []int64 // in boxes
	body  []byte
}

func newGroup(s *Store, all []*appending) *group {
	return &group{
		s: s, all: all, known: map[key]*cachedRoom{}, boxes: map[key][]key{},
		places: map[key]*place{}, heads: map[key]int64{}, receipts: map[key]server.Receipt{},
	}
}

// prepare learns the roster of each room: the one of an epoch never changes, so
// that one from memory is as good as one read under the lock.
func (g *group) prepare(ctx context.Context, c *pgx.Conn) error {
	var missing []key
	for _, a := range g.all {
		if g.known[a.room] != nil {
			continue
		}
		r := g.s.rooms.get(a.room)
		if r == nil || r.room.At() != a.at() {
			missing = append(missing, a.room)
			continue
		}
		g.known[a.room] = r
	}
	if len(missing) > 0 {
		read, err := readRooms(ctx, c, sorted(missing))
		if err != nil {
			return err
		}
		for k, r := range read {
			g.s.rooms.put(k, r)
			g.known[k] = r
		}
	}
	for k, r := range g.known {
		g.boxes[k] = r.mailboxes()
	}
	return nil
}

const (
	lockRooms   = `SELECT room, generation, epoch, seq, change, pending IS NOT NULL FROM grp WHERE room = ANY($1) ORDER BY room FOR UPDATE`
	lockHeads   = `SELECT mailbox, pos FROM head WHERE mailbox = ANY($1) ORDER BY mailbox FOR UPDATE`
	seeReceipts = `SELECT op, body FROM receipt WHERE op = ANY($1) AND week = ANY($2)`
	begin       = `BEGIN ISOLATION LEVEL READ COMMITTED`
)

// lock begins the transaction, locks rooms and mailboxes, and reads the receipts:
// one round trip.
func (g *group) lock(ctx context.Context, c *pgx.Conn) error {
	var rooms, boxes, ops []key
	var when []int32
	for _, a := range g.all {
		rooms, ops = append(rooms, a.room), append(ops, a.op)
		when = append(when, weeks(a.e.AcceptedMS)...)
	}
	rooms = sorted(rooms)
	for _, r := range rooms {
		boxes = append(boxes, g.boxes[r]...)
	}
	slices.Sort(when)
	batch := &pgx.Batch{}
	batch.Queue(begin)
	batch.Queue(lockRooms, rooms).Query(g.scanPlaces)
	batch.Queue(seeReceipts, sorted(ops), slices.Compact(when)).Query(g.scanReceipts)
	batch.Queue(lockHeads, sorted(boxes)).Query(g.scanHeads)
	return c.SendBatch(ctx, batch).Close()
}

func (g *group) scanPlaces(rows pgx.Rows) error {
	var k key
	var p place
	_, err := pgx.ForEachRow(rows, []any{&k, &p.at.Generation, (*unsigned)(&p.at.Epoch), &p.seq, &p.change, &p.pending}, func() error {
		q := p
		g.places[k] = &q
		return nil
	})
	return err
}

func (g *group) scanHeads(rows pgx.Rows) error {
	var k key
	var pos int64
	_, err := pgx.ForEachRow(rows, []any{&k, &pos}, func() error {
		g.heads[k] = pos
		return nil
	})
	return err
}

func (g *group) scanReceipts(rows pgx.Rows) error {
	var k key
	var body []byte
	_, err := pgx.ForEachRow(rows, []any{&k, &body}, func() error {
		r, err := decode[server.Receipt](body)
		if err == nil {
			g.receipts[k] = *r
		}
		return err
	})
	return err
}

// decide gives each append its receipt or its error, and those that are new their
// places. errAgain if a roster that was prepared is not the one of the epoch.
func (g *group) decide() error {
	for _, a := range g.all {
		err := g.take(a)
		if errors.Is(err, errAgain) {
			return err
		}
		a.err = err
	}
	return nil
}

// take decides on one append.
func (g *group) take(a *appending) error {
	if r, ok := g.receipts[a.op]; ok {
		a.receipt = r
		return nil
	}
	p := g.places[a.room]
	switch {
	case p == nil:
		return server.ErrNotFound
	case p.at != a.at():
		g.s.rooms.outdated(a.room, p.change)
		return server.ErrStale
	case p.pending:
		g.s.rooms.outdated(a.room, p.change)
		return server.ErrPending
	case g.known[a.room] == nil || g.known[a.room].room.At() != p.at:
		g.s.rooms.outdated(a.room, p.change)
		return errAgain
	}
	p.seq++
	p.grown = true
	a.e.Seq = uint64(p.seq)
	d := delivery{appending: a, seq: p.seq}
	for _, k := range g.boxes[a.room] {
		if head, ok := g.heads[k]; ok {
			g.heads[k] = head + 1
			d.boxes, d.pos = append(d.boxes, k), append(d.pos, head+1)
		}
	}
	g.fresh = append(g.fresh, d)
	a.receipt = server.Receipt{
		Room: a.e.Room, Generation: a.e.Generation, Seq: a.e.Seq, Epoch: a.e.Epoch, AcceptedMS: a.e.AcceptedMS,
	}
	g.receipts[a.op] = a.receipt
	return nil
}

const (
	moveRooms = `UPDATE grp SET seq = d.seq FROM unnest($1::uuid[], $2::bigint[]) AS d(room, seq) WHERE grp.room = d.room`
	moveHeads = `UPDATE head SET pos = d.pos FROM unnest($1::uuid[], $2::bigint[]) AS d(mailbox, pos) WHERE head.mailbox = d.mailbox`
	addEnvs   = `INSERT INTO env (owner, seq, at, refs, winner, body)
		SELECT d.owner, d.seq, d.at, d.refs, d.winner, d.body
		FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::integer[], $5::boolean[], $6::bytea[]) AS d(owner, seq, at, refs, winner, body)`
	addBoxes = `INSERT INTO box (mailbox, pos, owner, seq, at, size)
		SELECT d.mailbox, d.pos, d.owner, d.seq, d.at, d.size
		FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::integer[]) AS d(mailbox, pos, owner, seq, at, size)`
	addReceipts = `INSERT INTO receipt (op, week, body)
		SELECT d.op, d.week, d.body FROM unnest($1::uuid[], $2::integer[], $3::bytea[]) AS d(op, week, body)`
)

// frank franks what is new and encodes it. Where the group is written again, its
// messages may have other seqs: they are franked again, too.
func (g *group) frank() {
	batch := make([]server.Stamped, len(g.fresh))
	for i := range g.fresh {
		a := g.fresh[i].appending
		a.e.Franking = nil
		batch[i] = server.Stamped{Stamp: a.stamp, Envelope: &a.e}
	}
	server.FrankAll(batch)
	for i := range g.fresh {
		g.fresh[i].body = cbor.MustMarshal(&g.fresh[i].e)
	}
}

// write stores what is new and commits: one round trip.
func (g *group) write(ctx context.Context, c *pgx.Conn) error {
	batch := &pgx.Batch{}
	var rooms []key
	var seqs []int64
	for k, p := range g.places {
		if p.grown {
			rooms, seqs = append(rooms, k), append(seqs, p.seq)
		}
	}
	batch.Queue(moveRooms, rooms, seqs)
	var w writes
	for i := range g.fresh {
		w.envelope(&g.fresh[i])
	}
	w.queue(batch, g.heads)
	batch.Queue("COMMIT")
	if err := c.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return confirmed(ctx, c)
}

// commitAnew has a transaction that writes nothing else wait for the standby, behind all
// that was committed before.
const commitAnew = `SELECT pg_logical_emit_message(true, 'parley', '')`

// confirm ends the transaction of a group that only gives receipts again: what they are
// of may be waiting for the standby still, so that it commits something behind it, which
// waits too.
func (g *group) confirm(ctx context.Context, c *pgx.Conn) error {
	batch := &pgx.Batch{}
	batch.Queue(commitAnew)
	batch.Queue("COMMIT")
	if err := c.SendBatch(ctx, batch).Close(); err != nil {
		c.Exec(ctx, "ROLLBACK")
		return err
	}
	return confirmed(ctx, c)
}

// writes are columns of the rows that deliver envelopes.
type writes struct {
	owner  []key
	seq    []int64
	at     []int64
	refs   []int32
	winner []bool
	body   [][]byte

	mailbox       []key
	pos           []int64
	boxOwner      []key
	boxSeq, boxAt []int64
	boxSize       []int32
	op            []key
	week          []int32
	receipt       [][]byte
}

// envelope adds an append.
func (w *writes) envelope(d *delivery) {
	w.deliver(d.room, d.seq, d.e.AcceptedMS, false, d.body, d.boxes, d.pos)
	w.addReceipt(d.op, d.receipt)
}

func (w *writes) addReceipt(op key, r server.Receipt) {
	w.op, w.week, w.receipt = append(w.op, op), append(w.week, week(r.AcceptedMS)), append(w.receipt, cbor.MustMarshal(r))
}

// deliver adds an envelope and its places.
func (w *writes) deliver(owner key, seq, at int64, winner bool, body []byte, boxes []key, pos []int64) {
	w.owner, w.seq, w.at = append(w.owner, owner), append(w.seq, seq), append(w.at, at)
	w.refs, w.winner, w.body = append(w.refs, int32(len(boxes))), append(w.winner, winner), append(w.body, body)
	for i, k := range boxes {
		w.mailbox, w.pos = append(w.mailbox, k), append(w.pos, pos[i])
		w.boxOwner, w.boxSeq, w.boxAt = append(w.boxOwner, owner), append(w.boxSeq, seq), append(w.boxAt, at)
		w.boxSize = append(w.boxSize, int32(len(body)))
	}
}

// queue adds the statements to batch. heads are the mailboxes' new heads.
func (w *writes) queue(batch *pgx.Batch, heads map[key]int64) {
	var grown []key
	var pos []int64
	seen := map[key]bool{}
	for _, k := range w.mailbox {
		if !seen[k] {
			seen[k] = true
			grown, pos = append(grown, k), append(pos, heads[k])
		}
	}
	if len(grown) > 0 {
		batch.Queue(moveHeads, grown, pos)
		batch.Queue(addBoxes, w.mailbox, w.pos, w.boxOwner, w.boxSeq, w.boxAt, w.boxSize)
	}
	batch.Queue(addEnvs, w.owner, w.seq, w.at, w.refs, w.winner, w.body)
	if len(w.op) > 0 {
		batch.Queue(addReceipts, w.op, w.week, w.receipt)
	}
}
