package client

import (
	"bytes"
	"crypto/rand"
	"testing"

	"parley/internal/cbor"
)

// The record is the one that v0.1.0 wrote.
func TestOwedRecord(t *testing.T) {
	type before struct {
		_   struct{} `cbor:",toarray"`
		IDs []MessageID
	}
	var old before
	var rec reportRecord
	for n := range 300 {
		want := cbor.MustMarshal(&old)
		if got := cbor.MustMarshal(&rec); !bytes.Equal(got, want) {
			t.Fatalf("%d ids: %x; want %x", n, got, want)
		}
		var read reportRecord
		if err := cbor.Unmarshal(want, &read); err != nil {
			t.Fatalf("%d ids: %v", n, err)
		}
		if got := read.IDs.all(); len(got) != n || n > 0 && got[n-1] != old.IDs[n-1] {
			t.Fatalf("%d ids are read as %d", n, len(got))
		}
		if n > 0 && cbor.Unmarshal(want[:len(want)-1], &read) == nil {
			t.Fatalf("%d ids that are cut short are read", n)
		}
		var id MessageID
		rand.Read(id[:])
		old.IDs, rec.IDs = append(old.IDs, id), rec.IDs.with(id)
	}
	wrong := cbor.MustMarshal(&rec)
	wrong[len(wrong)-owedSize] ^= 1
	if cbor.Unmarshal(wrong, &rec) == nil {
		t.Error("another kind of item is read")
	}
}

// The oldest go where there are too many.
func TestOwedBound(t *testing.T) {
	var ids owedIDs
	for n := range maxOwed + 2 {
		ids = ids.with(MessageID{byte(n >> 8), byte(n)})
	}
	if all := ids.all(); len(all) != maxOwed || all[0] != (MessageID{0, 2}) {
		t.Errorf("%d are kept, from %x; want %d, from the third", len(all), all[0][:2], maxOwed)
	}
}
