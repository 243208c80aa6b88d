package memstore_test

import (
	"testing"

	"parley/client"
	"parley/client/memstore"
	"parley/client/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) client.Store { return memstore.New() })
}

func TestShared(t *testing.T) {
	storetest.RunShared(t, func(*testing.T) func() client.Store {
		s := memstore.New()
		return func() client.Store { return s.Again() }
	})
}
