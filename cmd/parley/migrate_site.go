package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"parley/internal/cbor"
	"parley/server"
)

// A target is a store that a site is moved to.
type target interface {
	server.Dumper
	server.Loader
	BeginMove(ctx context.Context) error
	EndMove(ctx context.Context) error
}

// moveSite copies from into to and compares what both hold then. The target stays
// refused to servers unless they hold the same. The table is nil if the copy failed;
// the target is then as empty as before.
func moveSite(ctx context.Context, from server.Dumper, to target, note func(string, ...any)) (*moveTable, error) {
	if err := to.BeginMove(ctx); err != nil {
		return nil, targetError(err)
	}
	t := &moveTable{kinds: recordKinds}
	var err error
	note("copying")
	if t.source, err = copySite(ctx, from, to); err != nil {
		return nil, errors.Join(targetError(err), to.EndMove(context.WithoutCancel(ctx)))
	}
	note("checking")
	if t.target, err = tallySite(ctx, to); err != nil {
		return nil, targetError(err)
	}
	if !t.equal() {
		return t, errors.New("PostgreSQL doesn't hold what the embedded store holds: drop the database and move again (not_same)")
	}
	return t, to.EndMove(ctx)
}

// recordKinds are the kinds of [server.Record], in the order of its fields.
var recordKinds = []string{
	"settings", "accounts", "enrollments", "records", "key packages", "used key packages", "rooms", "receipts", "envelopes",
}

func kindOf(r *server.Record) string {
	for i, set := range []bool{
		r.Meta != nil, r.Account != nil, r.Enrollment != nil, r.Record != nil, r.KeyPackage != nil, r.UsedPackage != nil, r.Room != nil, r.Receipt != nil, r.Envelope != nil,
	} {
		if set {
			return recordKinds[i]
		}
	}
	return "unknown"
}

// A tally is how many records there are, and the sum of their hashes modulo
// 2^256: the same in whatever order they come, and another if one comes twice.
type tally struct {
	count int
	sum   [sha256.Size]byte // little-endian
}

func (t tally) add(encoded []byte) tally {
	h := sha256.Sum256(encoded)
	carry := 0
	for i := range t.sum {
		n := int(t.sum[i]) + int(h[i]) + carry
		t.sum[i], carry = byte(n), n>>8
	}
	t.count++
	return t
}

// hash returns the first half of the sum.
func (t tally) hash() string { return hex.EncodeToString(t.sum[:16]) }

// tallySite reads all that a store holds.
func tallySite(ctx context.Context, from server.Dumper) (map[string]tally, error) {
	all := map[string]tally{}
	err := from.Dump(ctx, func(r *server.Record) error {
		all[kindOf(r)] = all[kindOf(r)].add(cbor.MustMarshal(r))
		return nil
	})
	return all, err
}

// copySite moves what from holds into to, and returns what that was.
func copySite(ctx context.Context, from server.Dumper, to server.Loader) (map[string]tally, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	all := map[string]tally{}
	records := make(chan []byte, 64)
	var failed error // of the source; set before records is closed
	go func() {
		defer close(records)
		failed = from.Dump(ctx, func(r *server.Record) error {
			encoded := cbor.MustMarshal(r) // the source keeps what it gave
			all[kindOf(r)] = all[kindOf(r)].add(encoded)
			select {
			case records <- encoded:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	err := to.Load(ctx, func() (*server.Record, error) {
		encoded, ok := <-records
		if !ok {
			if failed != nil {
				return nil, failed
			}
			return nil, io.EOF
		}
		r := new(server.Record)
		return r, cbor.UnmarshalLenient(encoded, r)
	})
	cancel()
	for range records { // until the source has ended
	}
	return all, err
}
