package server

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// Reports and appeals are sealed for the safety desk. They wait here, in the
// [Ledger], until the desk has them; the server can't open them. N is 8 bytes, big-endian,
// ID 16, TIME 8:
//
//	Sq N 0          queuedEntry: a report or an appeal that waits
//	Sq N 1 PART2    a part of its sealed bytes
//	Sn              queueEntry: what waits in all, and the last N
//	Si account 0 ID markEntry: the account sent ID; stays for a while after it was taken
//	Sx TIME key     empty; the mark at key may go then
const (
	prefixQueued    = "Sq"
	keyQueue        = "Sn"
	prefixMark      = "Si"
	prefixMarkDue   = "Sx"
	prefixErased    = "Se" // erase.go
	keyDeskKey      = "Sd" // desk_key.go
	queuedPart      = 32 << 10
	maxReportsSwept = 1000
)

// Defaults of [ReportConfig].
const (
	DefaultReportsWaiting = 20_000
	DefaultReportBytes    = 2 << 30
	DefaultReportsOf      = 50
)

// A ReportConfig bounds what waits for the desk. A zero field is the default.
type ReportConfig struct {
	Waiting int   // reports and appeals in all
	Bytes   int64 // of them
	Of      int   // that wait of one account
}

func (c *ReportConfig) setDefaults() {
	orDefault(&c.Waiting, DefaultReportsWaiting)
	orDefault(&c.Bytes, DefaultReportBytes)
	orDefault(&c.Of, DefaultReportsOf)
}

// A queuedEntry is a report or an appeal without its sealed bytes.
type queuedEntry struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8    // 1
	Account    identity.Account
	ID         []byte // 16 bytes
	Kind       wire.ReportKind
	ReceivedMS int64
	Size       int64
}

// A queueEntry sums up the queue.
type queueEntry struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	Last    uint64
	Waiting int
	Bytes   int64
}

// A markEntry says that an account sent something.
type markEntry struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	N       uint64   // of the queue; 0: the desk has it
	AtMS    int64
}

func queuedKey(n uint64) string {
	return string(append(binary.BigEndian.AppendUint64([]byte(prefixQueued), n), 0))
}

func partKey(n uint64, part int) string {
	return string(binary.BigEndian.AppendUint16(append(binary.BigEndian.AppendUint64([]byte(prefixQueued), n), 1), uint16(part)))
}

func marksOf(account identity.Account) string { return prefixMark + string(account) + "\x00" }

func markKey(account identity.Account, id []byte) string { return marksOf(account) + string(id) }

func markDue(ms int64, key string) string {
	return string(binary.BigEndian.AppendUint64([]byte(prefixMarkDue), uint64(max(ms, 0)))) + key
}

// markTime is how long a report's id is remembered.
const markTime = wire.IdempotentDays * 24 * time.Hour

// parts returns how many parts size bytes have.
func parts(size int64) int { return int((size + queuedPart - 1) / queuedPart) }

// Report leaves a sealed report or appeal for the desk.
func (s *Server) Report(ctx context.Context, device identity.Device, req *wire.ReportRequest) (*wire.Empty, error) {
	account := device.Account()
	if err := s.checkReport(ctx, account, req); err != nil {
		return nil, err
	}
	if sent, err := s.reported(ctx, account, req.ID); err != nil || sent {
		return &wire.Empty{}, err
	}
	release, err := s.limiters.reserve(s.steady(), attempt{s.limiters.report, string(account)})
	if err != nil {
		return nil, err
	}
	if err := s.queueReport(ctx, account, req); err != nil {
		release()
		return nil, err
	}
	s.stats.reports.Add(1)
	return &wire.Empty{}, nil
}

// checkReport checks a report's form, and that there is a desk.
func (s *Server) checkReport(ctx context.Context, account identity.Account, req *wire.ReportRequest) error {
	if err := checkID(req.ID); err != nil {
		return err
	}
	switch n := len(req.Sealed); {
	case n == 0:
		return badRequest("A report isn't empty.")
	case n > wire.MaxReport:
		return tooLarge("The report is too large.")
	}
	switch req.Kind {
	case wire.ReportAppeal:
	case wire.ReportReport:
		if err := s.barred(ctx, account, wire.StandingSuspended); err != nil {
			return err
		}
	default:
		return badRequest("There is no such kind of report.")
	}
	if key, err := s.DeskKey(ctx); err != nil || len(key) == 0 {
		return errors.Join(err, wire.Refuse(wire.CodeForbidden, "Nobody takes reports here."))
	}
	return nil
}

// reported reports whether account has sent id before.
func (s *Server) reported(ctx context.Context, account identity.Account, id []byte) (bool, error) {
	values, err := s.store.Entries(ctx, []string{markKey(account, id)})
	return err == nil && values[0] != nil, err
}

var errQueueFull = unavailable("There are too many reports just now.", time.Minute)

// queueReport adds to the queue: all of it, or nothing.
func (s *Server) queueReport(ctx context.Context, account identity.Account, req *wire.ReportRequest) error {
	now := s.nowMS()
	return s.changeLedger(ctx, func(t *ledgerTx) error {
		mark := markKey(account, req.ID)
		if err := t.load(ctx, keyQueue, mark); err != nil || t.get(mark) != nil {
			return err
		}
		q, err := getEntry[queueEntry](t, keyQueue)
		if err != nil {
			return err
		}
		if q == nil {
			q = &queueEntry{Version: 1}
		}
		if q.Waiting >= s.cfg.Reports.Waiting || q.Bytes+int64(len(req.Sealed)) > s.cfg.Reports.Bytes {
			return errQueueFull
		}
		switch waiting, err := s.waitingOf(ctx, account); {
		case err != nil:
			return err
		case waiting >= s.cfg.Reports.Of:
			return wire.Refuse(wire.CodeQuota, "Too many reports of this account wait to be looked at.")
		}
		q.Last, q.Waiting, q.Bytes = q.Last+1, q.Waiting+1, q.Bytes+int64(len(req.Sealed))
		setEntry(t, keyQueue, q)
		setEntry(t, queuedKey(q.Last), &queuedEntry{
			Version: 1, Account: account, ID: req.ID, Kind: req.Kind, ReceivedMS: now, Size: int64(len(req.Sealed)),
		})
		for i := range parts(int64(len(req.Sealed))) {
			t.set(partKey(q.Last, i), req.Sealed[i*queuedPart:min((i+1)*queuedPart, len(req.Sealed))])
		}
		setEntry(t, mark, &markEntry{Version: 1, N: q.Last, AtMS: now})
		t.mark(markDue(now+markTime.Milliseconds(), mark))
		return nil
	})
}

// maxMarks bounds the marks of an account that are looked at.
const maxMarks = 1000

// waitingOf returns how many reports of account wait.
func (s *Server) waitingOf(ctx context.Context, account identity.Account) (n int, err error) {
	list, err := s.store.EntryRange(ctx, marksOf(account), prefixEnd(marksOf(account)), maxMarks)
	for _, kv := range list {
		var m markEntry
		if cbor.Unmarshal(kv.Value, &m) == nil && m.N != 0 {
			n++
		}
	}
	return n, err
}

// A QueuedReport is one that waits for the desk.
type QueuedReport struct {
	N          uint64
	Account    identity.Account // who sent it
	Kind       wire.ReportKind
	ReceivedMS int64
	Sealed     []byte
}

// QueuedReports returns what waits after a place in the queue, in the order in
// which it came: at most most, and at most maxBytes of Sealed unless the first alone is
// larger. more says that there is more.
func (s *Server) QueuedReports(ctx context.Context, after uint64, most, maxBytes int) (list []QueuedReport, more bool, err error) {
	size := 0
	for at := after; ; at = list[len(list)-1].N {
		head, err := s.store.EntryRange(ctx, queuedKey(at+1), prefixEnd(prefixQueued), 1)
		if err != nil || len(head) == 0 || at == ^uint64(0) {
			return list, false, err
		}
		r, n, err := s.queued(ctx, head[0], len(list) > 0, maxBytes-size)
		if err != nil {
			return nil, false, err
		}
		if len(list) == most || n > 0 {
			return list, true, nil
		}
		list, size = append(list, *r), size+len(r.Sealed)
	}
}

// queued reads the report of an entry. It isn't read, and its size is returned, where bound is set and it has
// more than room bytes.
func (s *Server) queued(ctx context.Context, head KeyValue, bound bool, room int) (r *QueuedReport, over int64, err error) {
	var e queuedEntry
	if len(head.Key) != len(prefixQueued)+9 || cbor.Unmarshal([]byte(head.Value), &e) != nil {
		return nil, 0, errEntry
	}
	if bound && e.Size > int64(room) {
		return nil, e.Size, nil
	}
	n := binary.BigEndian.Uint64([]byte(head.Key[len(prefixQueued):]))
	all, err := s.store.EntryRange(ctx, partKey(n, 0), queuedKey(n+1), parts(e.Size))
	if err != nil {
		return nil, 0, err
	}
	r = &QueuedReport{N: n, Account: e.Account, Kind: e.Kind, ReceivedMS: e.ReceivedMS}
	for _, part := range all {
		r.Sealed = append(r.Sealed, part.Value...)
	}
	return r, 0, nil
}

// AcknowledgeReport takes a report, which the desk has for good, out of the queue.
// To take what isn't there is no error.
func (s *Server) AcknowledgeReport(ctx context.Context, n uint64) error {
	return s.changeLedger(ctx, func(t *ledgerTx) error {
		key := queuedKey(n)
		if err := t.load(ctx, key, keyQueue); err != nil {
			return err
		}
		e, err := getEntry[queuedEntry](t, key)
		if err != nil || e == nil {
			return err
		}
		q, err := getEntry[queueEntry](t, keyQueue)
		if err != nil || q == nil {
			return errors.Join(err, errEntry)
		}
		q.Waiting, q.Bytes = max(q.Waiting-1, 0), max(q.Bytes-e.Size, 0)
		setEntry(t, keyQueue, q)
		t.set(key, nil)
		for i := range parts(e.Size) {
			t.set(partKey(n, i), nil)
		}
		mark := markKey(e.Account, e.ID)
		if err := t.load(ctx, mark); err != nil {
			return err
		}
		if m, err := getEntry[markEntry](t, mark); err != nil || m == nil {
			return err
		}
		setEntry(t, mark, &markEntry{Version: 1, AtMS: e.ReceivedMS})
		return nil
	})
}

// sweepMarks forgets the ids of reports that the desk has, once they are old.
func (s *Server) sweepMarks(ctx context.Context, now int64) error {
	list, err := s.store.EntryRange(ctx, prefixMarkDue, markDue(now+1, ""), maxReportsSwept)
	for _, due := range list {
		if err != nil {
			return err
		}
		err = s.changeLedger(ctx, func(t *ledgerTx) error {
			key := due.Key[min(len(due.Key), len(prefixMarkDue)+8):]
			if err := t.load(ctx, key, due.Key); err != nil {
				return err
			}
			t.set(due.Key, nil)
			m, err := getEntry[markEntry](t, key)
			switch {
			case err != nil || m == nil:
				return err
			case m.N != 0: // it waits still
				t.mark(markDue(now+dayMS, key))
			default:
				t.set(key, nil)
			}
			return nil
		})
	}
	return err
}
