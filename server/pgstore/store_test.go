package pgstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/server"
	"parley/server/pgstore"
	"parley/server/pgstore/pgtest"
)

func TestOpenRefuses(t *testing.T) {
	dsn := pgtest.Database(t)
	if _, err := pgstore.Open(t.Context(), dsn, pgstore.Options{}); !errors.Is(err, pgstore.ErrSchema) {
		t.Errorf("an empty database without Migrate: %v; want ErrSchema", err)
	}
	open(t, dsn)
	if _, err := pgstore.Open(t.Context(), dsn+" options='-c synchronous_commit=off'", pgstore.Options{}); !errors.Is(err, pgstore.ErrNotDurable) {
		t.Errorf("synchronous_commit off: %v; want ErrNotDurable", err)
	}
	for _, c := range []struct {
		dsn  string
		want error
	}{
		{"host=/nowhere password=hunter2 connect_timeout=1", server.ErrUnavailable},
		{"postgres://parley:hunter2@127.0.0.1:1/db?sslmode=disable", server.ErrUnavailable},
		{"postgres://parley:hunter2@127.0.0.1:port/db", pgstore.ErrConfig},
		{strings.Replace(dsn, "user=parley", "user=nobody_hunter2", 1), server.ErrUnavailable},
	} {
		_, err := pgstore.Open(t.Context(), c.dsn, pgstore.Options{})
		if !errors.Is(err, c.want) {
			t.Errorf("Open = %v; want %v", err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error quotes the connection string: %v", err)
		}
	}
}

// TestMigrateAtOnce: nodes that start together migrate once.
func TestMigrateAtOnce(t *testing.T) {
	dsn := pgtest.Database(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			s, err := pgstore.Open(t.Context(), dsn+patience, patient(pgstore.Options{}))
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	wg.Wait()
	s, err := pgstore.Open(t.Context(), dsn+patience, pgstore.Options{})
	if err != nil {
		t.Fatalf("without Migrate after it: %v", err)
	}
	s.Close()
}

// TestHeals: a database that is killed costs errors that say so, and the store
// works again by itself after it is back, with all that it acknowledged. The log
// says each change once, and quotes nothing.
func TestHeals(t *testing.T) {
	db := pgtest.Start(t, pgtest.Options{})
	var log safeBuffer
	s, err := pgstore.Open(t.Context(), db.DSN("postgres")+patience, patient(pgstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := benchRooms(t, s, 1)[0]
	before, err := s.Append(t.Context(), benchOp(r, 1), benchMessage(r, 1), server.Stamp{})
	if err != nil {
		t.Fatal(err)
	}
	db.Kill()
	d := r.Leaves[0].Device
	for what, call := range map[string]func() error{
		"Append": func() error {
			_, err := s.Append(t.Context(), benchOp(r, 2), benchMessage(r, 2), server.Stamp{})
			return err
		},
		"Acknowledge": func() error { return s.Acknowledge(t.Context(), d, 1) },
		"Read":        func() error { _, err := s.Read(t.Context(), d, 0, 10, 1000); return err },
		"Account":     func() error { _, err := s.Account(t.Context(), d.Account()); return err },
		"Sweep":       func() error { return s.Sweep(t.Context(), server.SweepLimits{}) },
		"Ready":       func() error { return s.Ready(t.Context()) },
	} {
		err := call()
		if !errors.Is(err, server.ErrUnavailable) || strings.Contains(err.Error(), "parley ") {
			t.Errorf("%s without a database: %v; want ErrUnavailable", what, err)
		}
	}
	if err := db.Start(); err != nil {
		t.Fatal(err)
	}
	again, err := s.Append(t.Context(), benchOp(r, 1), benchMessage(r, 1), server.Stamp{})
	for deadline := time.Now().Add(time.Minute); errors.Is(err, server.ErrUnavailable) && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
		again, err = s.Append(t.Context(), benchOp(r, 1), benchMessage(r, 1), server.Stamp{})
	}
	if err != nil || again != before {
		t.Errorf("the message that was acknowledged, again: %+v, %v; want %+v", again, err, before)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("Ready: %v", err)
	}
	text := log.String()
	if strings.Count(text, "is unavailable") != 1 || strings.Count(text, "available again") != 1 || strings.Contains(text, "host=") || strings.Contains(text, "INSERT") {
		t.Errorf("the log is\n%s", text)
	}
}

// A safeBuffer may be written while it is read.
type safeBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

const day = 24 * 3600 * 1000 // milliseconds

// openToday opens a store and returns a time of the day when it was opened: the parts
// that it made begin with that day's. One that the database was too busy for is made by
// another Open, or Sweep.
func openToday(t *testing.T, dsn string) (s *pgstore.Store, now int64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		now = time.Now().UnixMilli()
		s = open(t, dsn)
		made := pgtest.SQL(t, dsn, fmt.Sprintf("SELECT count(*) FROM pg_inherits WHERE inhparent = 'env'::regclass AND inhrelid::regclass::text BETWEEN 'env_%d' AND 'env_%d'", now/day, now/day+3))
		if made == "4" {
			return s, now
		}
		s.Close()
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the parts of the day and of three ahead aren't made")
	return nil, 0
}

// sweepDay sweeps all until the end of a day, and demands that its part goes: at
// once, or later where the database's own work is in its way for a moment.
func sweepDay(t *testing.T, s *pgstore.Store, dsn string, n int64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if err := s.Sweep(t.Context(), server.SweepLimits{Envelopes: (n + 1) * day}); err != nil {
			t.Fatal(err)
		}
		if pgtest.SQL(t, dsn, fmt.Sprintf("SELECT to_regclass('env_%d') IS NULL", n)) == "t" {
			return
		}
	}
	t.Error("the day that is over is still there")
}

// TestPartitions: an append goes to its day's part, or to the default one; Sweep
// drops days as a whole, and what is read after it is whole.
func TestPartitions(t *testing.T) {
	dsn := database(t)
	s, now := openToday(t, dsn)
	r := benchRooms(t, s, 1)[0]
	today := now / day
	d := r.Leaves[1].Device
	for i, at := range []int64{now, now + day, now + 1000*day, 5} {
		e := benchMessage(r, int64(i))
		e.AcceptedMS = at
		if _, err := s.Append(t.Context(), benchOp(r, int64(i)), e, server.Stamp{}); err != nil {
			t.Fatal(err)
		}
	}
	count := func(table string) string { return pgtest.SQL(t, dsn, "SELECT count(*) FROM "+table) }
	for table, want := range map[string]string{
		fmt.Sprintf("env_%d", today): "1", fmt.Sprintf("env_%d", today+1): "1", "env_other": "3", fmt.Sprintf("env_%d", today+3): "0",
	} {
		if got := count(table); got != want {
			t.Errorf("%s has %s envelopes; want %s", table, got, want)
		}
	}
	sweepDay(t, s, dsn, today)
	reply, err := s.Read(t.Context(), d, 0, 10, 1<<20)
	if err != nil || len(reply.Events) != 2 || reply.First != 3 || reply.Events[0].Pos != 3 || reply.Head != 5 {
		// The last one, accepted by a clock that was wrong, is behind what is kept.
		t.Errorf("Read = %d events, %+v, %v; want positions 3 and 4 for now", len(reply.Events), reply, err)
	}
	reply, err = s.Read(t.Context(), d, 4, 10, 1<<20)
	if err != nil || len(reply.Events) != 0 || reply.First != 6 {
		t.Errorf("behind a gap: %+v, %v; want first 6", reply, err)
	}
}

// TestSweepBesideReader: a day isn't dropped while somebody reads everything, and
// nothing waits for that.
func TestSweepBesideReader(t *testing.T) {
	dsn := database(t)
	s, now := openToday(t, dsn)
	r := benchRooms(t, s, 1)[0]
	message := benchMessage(r, 1)
	message.AcceptedMS = now
	if _, err := s.Append(t.Context(), benchOp(r, 1), message, server.Stamp{}); err != nil {
		t.Fatal(err)
	}
	tomorrow := server.SweepLimits{Envelopes: (now/day + 1) * day}
	part := fmt.Sprintf("SELECT to_regclass('env_%d') IS NULL", now/day)
	err := s.Dump(t.Context(), func(record *server.Record) error {
		if record.Envelope == nil {
			return nil
		}
		if err := s.Sweep(t.Context(), tomorrow); err != nil {
			t.Errorf("Sweep: %v", err)
		}
		if pgtest.SQL(t, dsn, part) == "t" {
			t.Error("the day was dropped under a reader")
		}
		_, err := s.Append(t.Context(), benchOp(r, 2), benchMessage(r, 2), server.Stamp{})
		return err
	})
	if err != nil {
		t.Errorf("Dump: %v", err)
	}
	sweepDay(t, s, dsn, now/day)
}

// TestBusy: who can't be stored soon is told at once, and nothing of it is kept.
func TestBusy(t *testing.T) {
	dsn := database(t)
	s, err := pgstore.Open(t.Context(), dsn+patience, patient(pgstore.Options{Batch: 1, Queue: 4}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := benchRooms(t, s, 1)[0]
	var wg sync.WaitGroup
	errs := make([]error, 200)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = s.Append(t.Context(), benchOp(r, int64(i)), benchMessage(r, int64(i)), server.Stamp{})
		})
	}
	wg.Wait()
	stored := 0
	for _, err := range errs {
		switch {
		case err == nil:
			stored++
		case !errors.Is(err, server.ErrBusy):
			t.Errorf("Append: %v; want ErrBusy", err)
		}
	}
	reply, err := s.Read(t.Context(), r.Leaves[0].Device, 0, 500, 1<<20)
	if err != nil || len(reply.Events) != stored+1 || stored == len(errs) {
		t.Errorf("%d of %d were stored, and %d events are read (%v)", stored, len(errs), len(reply.Events)-1, err)
	}
}

// TestCancelled: who gives up waiting doesn't hurt others.
func TestCancelled(t *testing.T) {
	s := open(t, database(t))
	r := benchRooms(t, s, 1)[0]
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if i%2 == 0 {
				s.Append(ctx, benchOp(r, int64(i)), benchMessage(r, int64(i)), server.Stamp{})
				return
			}
			if i == 25 {
				cancel()
			}
			if _, err := s.Append(t.Context(), benchOp(r, int64(i)), benchMessage(r, int64(i)), server.Stamp{}); err != nil {
				t.Errorf("Append: %v", err)
			}
		})
	}
	wg.Wait()
	cancel()
	if s.Stats().Appends < 25 {
		t.Errorf("Stats = %+v", s.Stats())
	}
}

// TestUnconfirmed: where a synchronous standby that must confirm doesn't, nothing is
// acknowledged, though the database, told by its operator to wait no longer,
// answers as if all were well.
func TestUnconfirmed(t *testing.T) {
	db := pgtest.Start(t, pgtest.Options{})
	s, err := pgstore.Open(t.Context(), db.DSN("postgres")+patience, patient(pgstore.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := benchRooms(t, s, 1)[0]
	db.Configure(map[string]string{"synchronous_standby_names": "nobody"})
	db.AwaitStandby()
	send := func() error {
		_, err := s.Append(t.Context(), benchOp(r, 1), benchMessage(r, 1), server.Stamp{})
		return err
	}
	for _, c := range []struct {
		what string
		call func() error
	}{
		{"Append", send},
		{"Append, repeated", send},
		{"Receipt", func() error { _, err := s.Receipt(t.Context(), benchOp(r, 1), benchNow); return err }},
		{"Acknowledge", func() error { return s.Acknowledge(t.Context(), r.Leaves[0].Device, 1) }},
		{"Meta", func() error { _, err := s.Meta(t.Context(), "name", []byte("value")); return err }},
	} {
		done := make(chan struct{})
		var err error
		go func() { defer close(done); err = c.call() }()
		waited := db.CancelWaiting(done)
		if !errors.Is(err, server.ErrUnavailable) {
			t.Errorf("%s without the standby: %v; want ErrUnavailable", c.what, err)
		}
		if !waited {
			t.Errorf("%s didn't wait for the standby", c.what)
		}
	}
	db.Configure(map[string]string{"synchronous_standby_names": ""})
	var receipt server.Receipt
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if receipt, err = s.Append(t.Context(), benchOp(r, 1), benchMessage(r, 1), server.Stamp{}); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil || receipt.Seq != 2 {
		t.Errorf("the same message later: %+v, %v; want seq 2", receipt, err)
	}
	if reply, err := s.Read(t.Context(), r.Leaves[1].Device, 0, 10, 1<<20); err != nil || len(reply.Events) != 2 {
		t.Errorf("%+v, %v; want the room and one message", reply, err)
	}
}
