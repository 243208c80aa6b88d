package pebblestore

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// fillRandom sets the fields of an envelope, each to something or to nothing. A
// field of a type that it doesn't know fails the test: encode must learn it.
func fillRandom(t *testing.T, rng *rand.Rand, e *wire.Envelope) {
	t.Helper()
	sizes := []int{0, 1, 23, 24, 255, 256, 65535, 65536}
	v := reflect.ValueOf(e).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		n := rng.Uint64() >> rng.IntN(64)
		if rng.IntN(3) == 0 {
			n = 0
		}
		switch f.Interface().(type) {
		case uint64, uint32:
			f.SetUint(n & (1<<f.Type().Bits() - 1))
		case int64:
			f.SetInt(int64(n) * int64(1-2*rng.IntN(2)))
		case []byte:
			f.SetBytes(make([]byte, sizes[rng.IntN(len(sizes))]))
		case *wire.Franking:
			if rng.IntN(4) == 0 {
				f.Set(reflect.ValueOf(&wire.Franking{HubKey: []byte("hub key!"), Frank: make([]byte, 32), LeafIndex: n, TreeSize: 300, Path: make([]byte, 32*rng.IntN(9)), Signature: make([]byte, 64)}))
			}
		default:
			if f.Kind() != reflect.String {
				t.Fatalf("the envelope's field %s is of a new type", v.Type().Field(i).Name)
			}
			f.SetString(string(bytes.Repeat([]byte("x"), sizes[rng.IntN(6)])))
		}
	}
}

// TestDraft: an envelope encoded by hand is what cbor makes of it.
func TestDraft(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		var e wire.Envelope
		fillRandom(t, rng, &e)
		d := draftOf(&e, e.Seq != 0, rng.IntN(2) == 0)
		if len(d.buf) != cap(d.buf) && e.Kind != "" {
			t.Fatalf("a draft of %d bytes has room for %d", len(d.buf), cap(d.buf))
		}
		got, want := d.finish(e.Seq, e.Franking), cbor.MustMarshal(e)
		if !bytes.Equal(got, want) {
			t.Fatalf("%+v is encoded as\n%x; want\n%x", e, got[:min(len(got), 100)], want[:min(len(want), 100)])
		}
	}
}

// TestRecord: what appendHeader writes, readRecord reads.
func TestRecord(t *testing.T) {
	e := &entry{accepted: -5, hasOp: true, op: receiptID{1, 2, 3}}
	e.receipt.Created, e.receipt.Epoch = true, 1<<40
	for i, name := range []identity.Account{"", "mimi://example.org/u/a", "mimi://example.org/u/abc", "mimi://example.org/u/b"} {
		e.places = append(e.places, place{&box{account: name}, uint64(i) << 20})
	}
	data := append(appendHeader(nil, e), "envelope"...)
	r, err := readRecord(data)
	if err != nil {
		t.Fatal(err)
	}
	if r.op != e.op || !r.hasOp || !r.created || r.epoch != 1<<40 || r.accepted != -5 || string(r.envelope) != "envelope" || r.refs != 4 {
		t.Errorf("the record is %+v", r)
	}
	for i, p := range r.places {
		if p.account != e.places[i].box.account || p.pos != e.places[i].pos {
			t.Errorf("place %d is %+v", i, p)
		}
	}
	if raw, err := envelopeOf(data); err != nil || string(raw) != "envelope" {
		t.Errorf("envelopeOf = %q, %v", raw, err)
	}
}

func FuzzRecord(f *testing.F) {
	e := &entry{hasOp: true, places: []place{{&box{account: "mimi://example.org/u/a"}, 7}, {&box{account: "mimi://example.org/u/b"}, 9}}}
	f.Add(append(appendHeader(nil, e), "envelope"...))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := readRecord(data)
		raw, errRaw := envelopeOf(data)
		if (err == nil) != (errRaw == nil) && len(data) > 0 && data[0] == recordVersion {
			t.Errorf("readRecord: %v, envelopeOf: %v", err, errRaw)
		}
		if err == nil && errRaw == nil && !bytes.Equal(r.envelope, raw) {
			t.Error("two envelopes in one record")
		}
	})
}
