package memstore_test

import (
	"bytes"
	"testing"

	"parley/internal/cbor"
	"parley/server"
	"parley/server/clientapi/apitest"
	"parley/server/memstore"
)

// TestErasedBytes: once an account is erased nothing that the store can give away
// names it, nor holds what it had.
func TestErasedBytes(t *testing.T) {
	s := memstore.New()
	search := func(needles [][]byte) (n int) {
		err := s.Dump(t.Context(), func(r *server.Record) error {
			raw := cbor.MustMarshal(r)
			for _, needle := range needles {
				if bytes.Contains(raw, needle) {
					t.Logf("%q is in %+v", needle, r)
					n++
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	needles := apitest.New(t, apitest.Options{Store: s}).Erasure(func(needles [][]byte) {
		if n := search(needles); n < 10 {
			t.Fatalf("the search finds %d of what is there before", n)
		}
	})
	if n := search(needles); n != 0 {
		t.Errorf("%d records are there after the erasure", n)
	}
}
